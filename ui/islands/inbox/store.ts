/**
 * What the person was told, as this page knows it: the number on the bell and the pop-ups that are not closed. The server
 * has the truth; the live channel says when to ask for it again, also after the connection was away.
 */
import { api } from "../api";
import { debounce } from "../dom";
import { t } from "../i18n";
import { onConnection, watch } from "../live";

export interface Notice {
  id: string;
  title: string;
  text: string;
  url: string;
  popup: boolean;
  at: string;
  read: boolean;
  app: { id: string; name: string } | null;
  /** Others were told the same. */
  shared: boolean;
  /** Who has seen to it for all of them; `by` is "" when it was no person. */
  settled: { by: string; mine: boolean; how: How; at: string } | null;
}

export type How = "kept" | "merged" | "done";

export interface Waiting {
  unread: number;
  popups: Notice[];
}

const listeners = new Set<(waiting: Waiting) => void>();
/** How long to wait for the live connection before asking without it. */
const patience = 1_500;
let waiting: Waiting = { unread: 0, popups: [] };
let started = false;
let asked = 0;

async function ask(): Promise<void> {
  const mine = ++asked;
  try {
    const answer = await api.get<Waiting>("/api/v1/me/notices/waiting");
    if (mine === asked) tell(answer);
  } catch {
    // Signed out, or no connection: the next one asks again.
  }
}

const askSoon = debounce(() => void ask(), 80);

function tell(now: Waiting): void {
  waiting = now;
  for (const listener of listeners) listener(waiting);
}

function start(): void {
  started = true;
  const person = document.documentElement.dataset.user;
  if (!person) return;
  watch([person], (change) => {
    if (change.table === person && change.kind === "reload") askSoon();
  });
  document.addEventListener("hb:notice", askSoon);
  const first = setTimeout(() => void ask(), patience);
  onConnection((connected) => {
    if (!connected) return;
    clearTimeout(first);
    askSoon();
  });
}

/** Call `listener` now and whenever something changes. Returns the way to stop. */
export function onWaiting(listener: (waiting: Waiting) => void): () => void {
  listeners.add(listener);
  if (!started) start();
  listener(waiting);
  return () => listeners.delete(listener);
}

/** What was seen to leaves the screen at once, and people go on: the word of it goes out all the same. */
const outlives = { keepalive: true };

/** Mark notices as read (or unread again); the bell follows at once. */
export async function markRead(notices: readonly Notice[], unread = false): Promise<void> {
  const ids = notices.map((one) => one.id);
  tell({ ...waiting, popups: waiting.popups.filter((one) => !ids.includes(one.id)) });
  const answer = await api.post<{ unread: number }>("/api/v1/me/notices/read", { ids, unread }, outlives);
  tell({ ...waiting, unread: answer.unread });
}

/** Mark everything as read that is not newer than `newest`. */
export async function markAllRead(newest: string | null): Promise<void> {
  const answer = await api.post<{ unread: number }>("/api/v1/me/notices/read", { up_to: newest }, outlives);
  tell({ unread: answer.unread, popups: answer.unread ? waiting.popups : [] });
}

/** Close pop-ups, here and in the person's other windows. They stay unread. */
export async function closePopups(notices: readonly Notice[]): Promise<void> {
  const ids = notices.map((one) => one.id);
  tell({ ...waiting, popups: waiting.popups.filter((one) => !ids.includes(one.id)) });
  await api.post("/api/v1/me/notices/close", { ids }, outlives);
}

/** Notices were seen to: all who were told the same are shown by whom, and need not look any more. */
export async function settle(notices: readonly Notice[], how: "kept" | "done"): Promise<void> {
  const ids = notices.map((one) => one.id);
  tell({ ...waiting, popups: waiting.popups.filter((one) => !ids.includes(one.id)) });
  const answer = await api.post<{ unread: number }>("/api/v1/me/notices/settle", { ids, how }, outlives);
  tell({ ...waiting, unread: answer.unread });
}

/** Who has seen to a notice, in words; "" when nobody has. */
export function settledWords({ settled }: Notice): string {
  if (!settled) return "";
  const { by: name, how, mine } = settled;
  if (how === "kept") return mine ? t("我选了都保留") : t("{name} 选了都保留", { name });
  if (how === "merged") return mine ? t("我已合并") : name ? t("{name} 已合并", { name }) : t("已合并");
  return mine ? t("我已处理") : name ? t("{name} 已处理", { name }) : t("已处理");
}

/** Go where a notice leads: within the product in this window, elsewhere in a new one. */
export function follow(notice: Notice): void {
  if (notice.url.startsWith("/")) location.assign(notice.url);
  else window.open(notice.url, "_blank", "noopener,noreferrer");
}

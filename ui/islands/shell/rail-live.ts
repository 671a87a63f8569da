/** The rail's numbers and dots while the page stays open: they follow what others and automations do. */
import { api } from "../api";
import { locale, t } from "../i18n";
import { watch } from "../live";

interface Rail {
  entries: { href: string; count: number | null; mark: string; mark_text: string }[];
  alerts: number;
}

/** At most this often; what changes in between is told at the end. */
const pauseMs = 3_000;
/** Topics that one connection asks for. */
const mostWatched = 60;

let timer: ReturnType<typeof setTimeout> | undefined;
let last = 0;

function entries(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>(".rail-scroll a.rail-i")];
}

/** Put what the server says into the rail that is there; entries that came or went wait for the next page. */
export function apply(rail: Rail): void {
  const told = new Map(rail.entries.map((entry) => [entry.href, entry]));
  const number = new Intl.NumberFormat(locale());
  for (const link of entries()) {
    const entry = told.get(link.getAttribute("href") ?? "");
    if (!entry) continue;
    const shown = link.querySelector(".n");
    if (shown && entry.count !== null) shown.textContent = number.format(entry.count);
    const dot = link.querySelector(".dot");
    if (!entry.mark) dot?.remove();
    else {
      const mark = dot ?? link.appendChild(document.createElement("span"));
      mark.className = `dot ${entry.mark}`;
      if (!entry.mark_text) continue;
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", entry.mark_text);
      mark.setAttribute("data-tip", entry.mark_text);
    }
  }
  const alerts = document.querySelector<HTMLElement>(".top [data-alerts]");
  if (!alerts) return;
  alerts.hidden = !rail.alerts;
  const words = t("{n} 件事要处理", { n: rail.alerts });
  alerts.setAttribute("aria-label", words);
  alerts.setAttribute("data-tip", words);
  alerts.querySelector(".badge")!.textContent = rail.alerts < 100 ? String(rail.alerts) : "99+";
}

async function look(app: string): Promise<void> {
  last = Date.now();
  try {
    apply(await api.get<Rail>(`/a/${app}/rail`));
  } catch {
    // Only a help: the next change, or the next page, says it again.
  }
}

function soon(app: string): void {
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    if (!document.hidden) void look(app);
  }, Math.max(300, last + pauseMs - Date.now()));
}

/** Follow the app whose rail this page shows, if it shows one. */
export function startRailLive(): void {
  const app = document.querySelector<HTMLElement>(".rail")?.dataset.app;
  if (!app) return;
  const topics = entries()
    .map((link) => /^\/(?:t|automations)\/(\w+)$/.exec(link.getAttribute("href") ?? "")?.[1] ?? "")
    .filter(Boolean);
  if (topics.length) watch(topics.slice(0, mostWatched), () => soon(app));
  document.addEventListener("visibilitychange", () => !document.hidden && topics.length && soon(app));
}

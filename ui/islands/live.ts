/**
 * Live changes of tables: one EventSource for the whole page, shared by everything that watches.
 *
 *     const stop = watch(["tbl…"], (change) => …);
 *
 * The browser reconnects by itself and sends `Last-Event-ID`, so the server catches up from the history. When the list of
 * tables changes the stream is opened anew with `last` = the newest id seen.
 */
export interface Change {
  id: string | number;
  /** The table's id, or another topic (`job…`, `run…`, the person's own `usr…`). */
  table: string;
  /** "reload": so much changed, or was missed, that everything shown is to be asked for again. */
  kind: "create" | "update" | "delete" | "computed" | "refresh" | "schema" | "job" | "run" | "reload";
  /** Public ids; empty means many. */
  records: string[];
  fields: string[];
  /** Id of the person whose page caused it, if any. */
  by?: string | null;
}

type Listener = (change: Change) => void;

const watchers = new Map<Listener, Set<string>>();
const stateListeners = new Set<(connected: boolean) => void>();
let stream: EventSource | null = null;
let streamTopics = "";
let lastId = "";
let connected = false;
let reopening = false;
let retryDelay = 2_000;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
/** A window nobody looks at gives its connection back after this: a browser has six per server, people have forty tabs. */
const hiddenFor = 20_000;
let asleep = false;
let sleepTimer: ReturnType<typeof setTimeout> | undefined;

function topics(): string {
  if (asleep) return "";
  return [...new Set([...watchers.values()].flatMap((tables) => [...tables]))].sort().join(",");
}

function setConnected(value: boolean): void {
  if (connected === value) return;
  connected = value;
  for (const listener of stateListeners) listener(value);
}

function reopen(): void {
  reopening = false;
  const wanted = topics();
  if (wanted === streamTopics) return;
  stream?.close();
  stream = null;
  streamTopics = wanted;
  if (!wanted) return setConnected(false);
  const query = new URLSearchParams({ tables: wanted });
  if (lastId) query.set("last", lastId);
  stream = new EventSource(`/api/v1/live?${query}`);
  stream.onopen = () => {
    retryDelay = 2_000;
    setConnected(true);
  };
  stream.onerror = () => failed();
  stream.onmessage = (event: MessageEvent<string>) => deliver(event);
  // Sent first, and after a catch-up: from here on nothing is missed.
  stream.addEventListener("ready", (event) => {
    lastId = (event as MessageEvent<string>).lastEventId || lastId;
  });
}

/** The browser reconnects after a broken connection; after a refusal (a restart behind a proxy, a sign-out) we do. */
function failed(): void {
  setConnected(false);
  if (stream?.readyState !== EventSource.CLOSED) return;
  clearTimeout(retryTimer);
  retryTimer = setTimeout(() => {
    streamTopics = "";
    reopenSoon();
  }, retryDelay);
  retryDelay = Math.min(retryDelay * 2, 60_000);
}

function deliver(event: MessageEvent<string>): void {
  if (event.lastEventId) lastId = event.lastEventId;
  setConnected(true);
  let change: Change & { topic?: string };
  try {
    change = JSON.parse(event.data) as Change & { topic?: string };
  } catch {
    return;
  }
  const table = change.table ?? change.topic ?? "";
  if ((change.kind as string) === "presence") {
    // Who is here, not what is: only `<hb-presence>` asks again.
    document.dispatchEvent(new CustomEvent("hb:presence-changed"));
    return;
  }
  if ((change.kind as string) === "notice") {
    // The person was told something: only the inbox asks again.
    document.dispatchEvent(new CustomEvent("hb:notice"));
    return;
  }
  for (const [listener, tables] of watchers) {
    if (!table || tables.has(table)) listener({ ...change, table, records: change.records ?? [], fields: change.fields ?? [] });
  }
}

function reopenSoon(): void {
  if (reopening) return;
  reopening = true;
  queueMicrotask(reopen);
}

/** Call `listener` for each change of `tables` (ids, or topics such as `job:…`). Returns the way to stop. */
export function watch(tables: readonly string[], listener: Listener): () => void {
  watchers.set(listener, new Set(tables));
  reopenSoon();
  return () => {
    watchers.delete(listener);
    reopenSoon();
  };
}

/** Call `listener` with true and false as the live connection comes and goes. Returns the way to stop. */
export function onConnection(listener: (connected: boolean) => void): () => void {
  stateListeners.add(listener);
  listener(connected);
  return () => stateListeners.delete(listener);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(sleepTimer);
  if (document.hidden) {
    sleepTimer = setTimeout(() => {
      asleep = true;
      reopenSoon();
    }, hiddenFor);
  } else if (asleep) {
    asleep = false;
    reopenSoon();
  }
});
addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  streamTopics = "";
  reopenSoon();
});

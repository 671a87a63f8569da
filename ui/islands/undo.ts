/**
 * Undo and redo of the person's own changes. The server keeps what can be undone; undoing is itself a change, so redo is
 * undoing that one. The ids to redo live as long as the tab.
 */
import { api, showError } from "./api";
import { t } from "./i18n";
import { saves } from "./savequeue/savequeue";
import { toast } from "./toast/toast";

interface Undone {
  change: string | null;
  message?: string;
  records?: string[];
  /** The change that was taken back. */
  undone?: string | null;
}

const storageKey = "hb-redo";
const togetherKey = "hb-together";

function read<T>(key: string): T[] {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "[]") as T[];
  } catch {
    return [];
  }
}

/** What can be redone, the last one last; changes that were taken back together are redone together. */
function redoList(): (string | string[])[] {
  return read<string | string[]>(storageKey);
}

/**
 * These changes are one deed of the person: a large one goes to the server in batches. Whichever of them is taken back,
 * the others go with it. The newest is the last.
 */
export function together(changes: readonly string[]): void {
  if (changes.length < 2) return;
  sessionStorage.setItem(togetherKey, JSON.stringify([...read<string[]>(togetherKey), changes].slice(-20)));
}

/** The changes that are to be taken back along with `id`, the newest first. */
function alongWith(id: string | null | undefined): string[] {
  const found = id ? read<string[]>(togetherKey).find((changes) => changes.includes(id)) : undefined;
  return (found ?? []).filter((change) => change !== id).reverse();
}

function setRedoList(ids: (string | string[])[]): void {
  sessionStorage.setItem(storageKey, JSON.stringify(ids.slice(-50)));
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-redo]")) button.disabled = ids.length === 0;
}

let busy: Promise<void> = Promise.resolve();

/**
 * One after the other, and after what is on its way: on a slow line a person presses the key before the last change is
 * stored, which is the one meant, and presses it twice before the first answer is there.
 */
function inTurn(step: () => Promise<void>): Promise<void> {
  const mine = busy.then(() => saves.settled()).then(step);
  busy = mine.catch(() => {});
  return mine;
}

/** Take back the change `id`, or the person's last one. Says what was undone; `hb:undone` tells the page to look again. */
export function undo(id?: string): Promise<void> {
  return inTurn(() => undoNow(id));
}

/** Do again what was undone last in this tab. */
export function redo(): Promise<void> {
  return inTurn(redoNow);
}

async function undoNow(id?: string): Promise<void> {
  const taken: string[] = [];
  let done = false;
  try {
    const undone = await api.post<Undone>("/api/v1/undo", id ? { change: id } : {});
    done = true;
    if (undone.change) taken.push(undone.change);
    let message = undone.message ?? t("已撤销");
    const others = alongWith(id ?? undone.undone);
    if (others.length) {
      let count = undone.records?.length ?? 0;
      for (const change of others) {
        const more = await api.post<Undone>("/api/v1/undo", { change });
        if (more.change) taken.push(more.change);
        count += more.records?.length ?? 0;
      }
      message = t("已撤销,{count} 条记录恢复原样", { count });
    }
    toast(message);
  } catch (failure) {
    showError(failure);
  }
  if (!done) return;
  if (taken.length) setRedoList([...redoList(), taken.length > 1 ? taken : taken[0]!]);
  document.dispatchEvent(new CustomEvent("hb:undone"));
}

async function redoNow(): Promise<void> {
  const ids = redoList();
  const last = ids.pop();
  if (!last) {
    toast(t("没有可重做的"), { kind: "info" });
    return;
  }
  try {
    const again: string[] = [];
    for (const change of [last].flat().reverse()) {
      const { change: made } = await api.post<Undone>("/api/v1/undo", { change });
      if (made) again.push(made);
    }
    together(again); // what was one deed is one again
    setRedoList(ids);
    toast(t("已重做"));
    document.dispatchEvent(new CustomEvent("hb:undone"));
  } catch (failure) {
    showError(failure);
  }
}

/** A new change makes what was undone before it impossible to redo. */
export function forgetRedo(): void {
  if (redoList().length) setRedoList([]);
}

/** Wire the top bar's `data-undo` and `data-redo` buttons. */
export function startUndo(): void {
  setRedoList(redoList());
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-undo],[data-redo]") : null;
    if (button instanceof HTMLElement) void ("undo" in button.dataset ? undo() : redo());
  });
}

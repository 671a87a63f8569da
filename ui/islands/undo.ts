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
}

const storageKey = "hb-redo";

function redoList(): string[] {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey) ?? "[]") as string[];
  } catch {
    return [];
  }
}

function setRedoList(ids: string[]): void {
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
  try {
    const undone = await api.post<Undone>("/api/v1/undo", id ? { change: id } : {});
    if (undone.change) setRedoList([...redoList(), undone.change]);
    toast(undone.message ?? t("已撤销"));
    document.dispatchEvent(new CustomEvent("hb:undone"));
  } catch (failure) {
    showError(failure);
  }
}

async function redoNow(): Promise<void> {
  const ids = redoList();
  const last = ids.pop();
  if (!last) {
    toast(t("没有可重做的"), { kind: "info" });
    return;
  }
  try {
    await api.post("/api/v1/undo", { change: last });
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

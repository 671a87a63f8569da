/**
 * A message for the next page: what was just done, with Undo where it can be taken back by one request. The server sends it
 * with a redirect (`HX-Trigger: hb:flash`), code calls {@link flash} before it goes on to another page.
 */
import { api, showError } from "../api";
import { t } from "../i18n";
import { toast } from "./toast";

export interface Flash {
  message: string;
  /** The request that takes it back, and where to go then. */
  undo?: { method: "DELETE" | "POST"; path: string; then: string };
  /** Said after taking it back. */
  done?: string;
}

const key = "hb-flash";

/** Say this on the page that opens next. */
export function flash(what: Flash): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(what));
  } catch {
    // Without storage the next page is silent.
  }
}

/** Say it here and now. */
export function showFlash(what: Flash): void {
  const { undo, done } = what;
  if (!undo) {
    toast(what.message);
    return;
  }
  const take = async () => {
    try {
      await (undo.method === "DELETE" ? api.delete(undo.path) : api.post(undo.path));
      flash({ message: done ?? t("已撤销") });
      location.assign(undo.then);
    } catch (failure) {
      showError(failure);
    }
  };
  toast(what.message, { action: t("撤销"), run: () => void take() });
}

export function startFlash(): void {
  document.addEventListener("hb:flash", (event) => {
    // htmx puts the element into the detail, which cannot be stored.
    const { message, undo, done } = (event as CustomEvent<Flash>).detail;
    flash({ message, ...(undo ? { undo } : {}), ...(done ? { done } : {}) });
  });
  let waiting: Flash | null = null;
  try {
    waiting = JSON.parse(sessionStorage.getItem(key) ?? "null") as Flash | null;
    sessionStorage.removeItem(key);
  } catch {
    waiting = null;
  }
  if (waiting) showFlash(waiting);
}

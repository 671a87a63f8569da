/** Messages at the foot of the page: what happened, with Undo for ten seconds, or why something did not. */
import { html, nothing, render } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";

export interface ToastOptions {
  kind?: "done" | "bad" | "info";
  /** Text of the one action, e.g. 撤销. */
  action?: string;
  run?: () => void;
  /** Milliseconds until it goes; errors stay until they are closed. */
  life?: number;
  /** A code in small print, for support. */
  code?: string;
}

function tray(): HTMLElement {
  const found = document.querySelector<HTMLElement>(".toasts");
  if (found) return found;
  const made = document.createElement("div");
  made.className = "toasts";
  made.setAttribute("role", "status");
  made.setAttribute("aria-live", "polite");
  if ("popover" in made) made.popover = "manual";
  document.body.append(made);
  return made;
}

/** Show `message`; returns a function that takes it away. */
export function toast(message: string, options: ToastOptions = {}): () => void {
  const kind = options.kind ?? "done";
  const life = options.life ?? (options.action ? 10_000 : kind === "bad" ? 0 : 4_000);
  const box = document.createElement("div");
  box.className = `toast ${kind}`;
  if (kind === "bad") box.setAttribute("role", "alert");
  const close = () => box.remove();
  const act = () => {
    close();
    options.run?.();
  };
  render(
    html`${icon(kind === "bad" ? "circle-alert" : kind === "info" ? "info" : "check")}<span
        >${message}${options.code ? html`<small>${options.code}</small>` : nothing}</span
      >${options.action ? html`<button type="button" class="u" @click=${act}>${options.action}</button>` : nothing}<button
        type="button"
        class="icb ${options.action ? "" : "end"}"
        aria-label=${t("关闭提示")}
        @click=${close}
      >
        ${icon("x", 14)}</button
      >${life && options.action ? html`<i class="life"></i>` : nothing}`,
    box,
  );
  const host = tray();
  host.append(box);
  while (host.childElementCount > 4) host.firstElementChild?.remove();
  // The top layer is a stack: a tray opened before a dialog would lie under it, so it is raised for each message.
  if (host.popover === "manual") {
    if (host.matches(":popover-open")) host.hidePopover();
    host.showPopover();
  }
  if (life) fadeAfter(box, life, close);
  return close;
}

function fadeAfter(box: HTMLElement, life: number, close: () => void): void {
  box.style.setProperty("--life", `${life}ms`);
  let left = life;
  let started = Date.now();
  let timer = setTimeout(close, left);
  const pause = () => {
    clearTimeout(timer);
    left -= Date.now() - started;
  };
  const resume = () => {
    started = Date.now();
    clearTimeout(timer);
    timer = setTimeout(close, Math.max(left, 1_000));
  };
  box.addEventListener("pointerenter", pause);
  box.addEventListener("pointerleave", resume);
  box.addEventListener("focusin", pause);
  box.addEventListener("focusout", resume);
}

let closeLastUndo: () => void = () => {};

/** Say that something was done and offer to undo it for ten seconds; what was said so before goes. */
export function toastUndo(message: string, undo: () => void): () => void {
  closeLastUndo();
  closeLastUndo = toast(message, { action: t("撤销"), run: undo });
  return closeLastUndo;
}

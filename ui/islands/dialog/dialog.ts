/**
 * Dialogs are native `<dialog class="dlg">`. Ways to use them:
 *
 * - in HTML: `<button data-dialog="rename">` opens `<dialog id="rename" class="dlg">`; `data-close` closes the nearest one;
 * - by htmx: `hx-get="…" hx-target="#dialog"`; the answer's `.dlg-h/.dlg-b/.dlg-f` open in the page's `<hb-dialog id="dialog">`;
 *   an empty answer, or the response header `HX-Trigger: hb:close-dialog`, closes it;
 * - from code: `await openDialog({…})`, `await confirmDialog({…})`.
 *
 * Focus goes to `[autofocus]` or the first field, and returns to where it was.
 */
import { html, nothing, render, type TemplateResult } from "lit";
import { define } from "../base";
import { delegate, focusable, uniqueId } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";

/** Open a dialog element, and bring focus back to where it was when it closes. */
export function showDialog(dialog: HTMLDialogElement, returnTo?: HTMLElement | null): void {
  if (dialog.open) return;
  const back = returnTo ?? (document.activeElement instanceof HTMLElement ? document.activeElement : null);
  dialog.showModal();
  focusInto(dialog);
  dialog.addEventListener("close", () => back?.isConnected && back.focus(), { once: true });
}

function focusInto(dialog: HTMLElement): void {
  const wanted = dialog.querySelector<HTMLElement>("[autofocus]");
  const body = dialog.querySelector<HTMLElement>(".dlg-b") ?? dialog;
  const first = focusable(body).find((element) => element.matches("input, textarea, select, .sel-box"));
  const main = dialog.querySelector<HTMLElement>(".dlg-f .btn.p, .dlg-f .btn.d");
  (wanted ?? first ?? main ?? focusable(dialog)[0])?.focus();
}

export interface DialogAction<T> {
  label: string;
  value: T;
  kind?: "p" | "d" | "";
}

export interface DialogOptions<T> {
  heading: string;
  body?: TemplateResult | string | Node;
  size?: "" | "m" | "l" | "xl";
  actions?: DialogAction<T>[];
  /** Called when an action is chosen; false keeps the dialog open (something is still wrong in it). */
  before?: (value: T, dialog: HTMLDialogElement) => boolean | Promise<boolean>;
}

/** Show a dialog built in code; resolves with the chosen action's value, or null if it was dismissed. */
export function openDialog<T>(options: DialogOptions<T>): Promise<T | null> {
  const dialog = document.createElement("dialog");
  dialog.className = `dlg ${options.size ?? ""}`;
  const headingId = uniqueId("dlg");
  dialog.setAttribute("aria-labelledby", headingId);
  return new Promise((resolve) => {
    let answer: T | null = null;
    const choose = async (action: DialogAction<T>, button: HTMLElement) => {
      if (options.before) {
        button.setAttribute("aria-busy", "true");
        const good = await options.before(action.value, dialog);
        button.removeAttribute("aria-busy");
        if (!good) return;
      }
      answer = action.value;
      dialog.close();
    };
    render(
      html`<div class="dlg-h">
          <h2 id=${headingId}>${options.heading}</h2>
          <button type="button" class="icb" aria-label=${t("关闭")} @click=${() => dialog.close()}>${icon("x")}</button>
        </div>
        ${options.body ? html`<div class="dlg-b">${options.body}</div>` : nothing}
        ${options.actions?.length
          ? html`<div class="dlg-f">
              ${options.actions.map(
                (action) =>
                  html`<button
                    type="button"
                    class="btn ${action.kind ?? ""}"
                    @click=${(event: Event) => void choose(action, event.currentTarget as HTMLElement)}
                  >
                    ${action.label}
                  </button>`,
              )}
            </div>`
          : nothing}`,
      dialog,
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    showDialog(dialog);
  });
}

export interface ConfirmOptions {
  heading: string;
  /** What will happen, in numbers. */
  text?: string | TemplateResult;
  /** The verb on the button. */
  action: string;
  danger?: boolean;
}

/** Ask before something that matters; true if the person goes on. */
export async function confirmDialog(options: ConfirmOptions): Promise<boolean> {
  const answer = await openDialog<boolean>({
    heading: options.heading,
    ...(options.text ? { body: html`<p class="f2">${options.text}</p>` } : {}),
    actions: [
      { label: t("取消"), value: false },
      { label: options.action, value: true, kind: options.danger ? "d" : "p" },
    ],
  });
  return answer === true;
}

/** The page's place for dialogs that the server sends: `<hb-dialog id="dialog">` (see above). */
export class HbDialog extends HTMLElement {
  #dialog: HTMLDialogElement | null = null;
  /** Where the focus was before the first dialog of a row of dialogs. */
  #back: HTMLElement | null = null;
  #observer = new MutationObserver(() => this.#arrived());

  connectedCallback(): void {
    this.#observer.observe(this, { childList: true });
    document.addEventListener("hb:close-dialog", this.#closeAll);
    this.#arrived(); // what htmx brought before this element was known
  }

  disconnectedCallback(): void {
    this.#observer.disconnect();
    document.removeEventListener("hb:close-dialog", this.#closeAll);
  }

  readonly #closeAll = () => this.#dialog?.close();

  /** htmx has put new content into the element: move it into a dialog and open it. */
  #arrived(): void {
    const content = [...this.children].filter((child) => child !== this.#dialog);
    if (!content.length) {
      if (!this.#dialog?.isConnected) this.#dialog = null;
      return;
    }
    if (!this.#dialog && document.activeElement instanceof HTMLElement) this.#back = document.activeElement;
    const given = content[0];
    this.#observer.disconnect();
    this.#dialog?.remove();
    const dialog = given instanceof HTMLDialogElement ? given : document.createElement("dialog");
    if (dialog !== given) {
      dialog.className = `dlg ${(given as HTMLElement).dataset.size ?? ""}`;
      dialog.append(...content);
      this.append(dialog);
    }
    const heading = dialog.querySelector<HTMLElement>(".dlg-h h2");
    if (heading) dialog.setAttribute("aria-labelledby", (heading.id ||= uniqueId("dlg")));
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (this.#dialog === dialog) this.#dialog = null;
    });
    this.#dialog = dialog;
    this.#observer.observe(this, { childList: true });
    showDialog(dialog, this.#back);
  }
}

/** Wire the `data-dialog` and `data-close` buttons of the whole page. */
export function startDialogs(): void {
  delegate<MouseEvent>("click", "[data-dialog]", (event, button) => {
    const dialog = document.getElementById(button.dataset.dialog ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    showDialog(dialog);
  });
  delegate<MouseEvent>("click", "[data-close]", (event, button) => {
    const dialog = button.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    dialog.close();
  });
  // A click on the scrim closes a dialog, unless something in it was typed.
  delegate<MouseEvent>("pointerdown", "dialog.dlg", (event, dialog) => {
    if (event.target === dialog && !dialog.querySelector("form")) (dialog as HTMLDialogElement).close();
  });
  define("hb-dialog", HbDialog);
}

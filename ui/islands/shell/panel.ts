/**
 * The side panel: `<hb-panel id="panel" class="panel" hidden><div id="panel-body" class="panel-body">…`.
 *
 * Fill it by htmx (`hx-get="…" hx-target="#panel-body"`) or `openPanel(url)`; it opens when content comes and pushes the
 * thing beside it. Esc or a `data-close-panel` button closes it, and the focus returns to where it was. Its width is
 * dragged (or moved with the arrow keys on its edge) and remembered. Events on the document: `hb:panel-open`,
 * `hb:panel-close`. From the server: `HX-Trigger: hb:close-panel`.
 */
import htmx from "htmx.org";
import { define } from "../base";
import { delegate } from "../dom";
import { t } from "../i18n";

const least = 320;
/** The width in the style sheet, before anybody has dragged the edge. */
const standard = 432;
const widthKey = "hb-panel-width";

export class HbPanel extends HTMLElement {
  #back: HTMLElement | null = null;
  #observer = new MutationObserver(() => this.#filled());

  get body(): HTMLElement {
    return this.querySelector<HTMLElement>(".panel-body")!;
  }

  connectedCallback(): void {
    this.#addGrip();
    const width = Number(localStorage.getItem(widthKey));
    if (width) this.#setWidth(width);
    this.#observer.observe(this.body, { childList: true });
    this.addEventListener("keydown", this.#key);
    document.addEventListener("hb:close-panel", this.#closeNow);
  }

  disconnectedCallback(): void {
    this.#observer.disconnect();
    document.removeEventListener("hb:close-panel", this.#closeNow);
  }

  /** Show the panel; the element that has the focus gets it back on closing. */
  open(): void {
    if (!this.hidden) return;
    const active = document.activeElement;
    this.#back = active instanceof HTMLElement && !this.contains(active) ? active : null;
    this.hidden = false;
    document.dispatchEvent(new CustomEvent("hb:panel-open"));
  }

  close(): void {
    if (this.hidden) return;
    this.hidden = true;
    this.#observer.disconnect();
    this.body.replaceChildren();
    this.#observer.observe(this.body, { childList: true });
    document.dispatchEvent(new CustomEvent("hb:panel-close"));
    if (this.#back?.isConnected) this.#back.focus();
  }

  readonly #closeNow = () => this.close();

  readonly #key = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    event.stopPropagation();
    this.close();
  };

  #filled(): void {
    if (this.body.childElementCount) this.open();
  }

  #setWidth(width: number): void {
    const most = Math.max(least, innerWidth - 360);
    const now = Math.round(Math.max(least, Math.min(width, most)));
    this.style.width = `${now}px`;
    const grip = this.querySelector(".panel-grip");
    for (const [name, value] of Object.entries({ valuemin: least, valuemax: Math.round(most), valuenow: now })) grip?.setAttribute(`aria-${name}`, String(value));
  }

  #addGrip(): void {
    if (this.querySelector(".panel-grip")) return;
    const grip = document.createElement("div");
    grip.className = "panel-grip";
    grip.tabIndex = 0;
    grip.setAttribute("role", "separator");
    grip.setAttribute("aria-orientation", "vertical");
    grip.setAttribute("aria-controls", this.id);
    grip.setAttribute("aria-label", t("调整面板宽度,用左右方向键"));
    grip.addEventListener("pointerdown", (event) => this.#drag(event, grip));
    grip.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowLeft" ? 24 : event.key === "ArrowRight" ? -24 : 0;
      if (!step) return;
      event.preventDefault();
      this.#setWidth(this.offsetWidth + step);
      this.#keepWidth();
    });
    this.prepend(grip);
    grip.setAttribute("aria-valuenow", String(Math.round(Number(localStorage.getItem(widthKey)) || standard)));
  }

  #keepWidth(): void {
    localStorage.setItem(widthKey, String(this.offsetWidth));
  }

  #drag(event: PointerEvent, grip: HTMLElement): void {
    event.preventDefault();
    const start = event.clientX;
    const width = this.offsetWidth;
    grip.setPointerCapture(event.pointerId);
    grip.classList.add("drag");
    const move = (moved: PointerEvent) => this.#setWidth(width + start - moved.clientX);
    const end = () => {
      grip.classList.remove("drag");
      grip.removeEventListener("pointermove", move);
      this.#keepWidth();
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", end, { once: true });
  }
}

function panel(): HbPanel | null {
  return document.querySelector<HbPanel>("hb-panel");
}

/** Load `url` (an HTML fragment with `.panel-h` first) into the side panel and open it. */
export async function openPanel(url: string): Promise<void> {
  const found = panel();
  if (!found) return location.assign(url);
  await htmx.ajax("get", url, { target: found.body, swap: "innerHTML" });
}

/** Close the side panel, if it is open. */
export function closePanel(): void {
  panel()?.close();
}

export function startPanel(): void {
  delegate("click", "[data-close-panel]", () => closePanel());
  define("hb-panel", HbPanel);
}

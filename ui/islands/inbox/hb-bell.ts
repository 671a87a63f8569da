/** `<hb-bell>`: how many notices are unread, and the box with the newest of them. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/inbox.css";
import { define, HbElement } from "../base";
import { hide, isOpen, show } from "../floating";
import { icon } from "../icons";
import { loadIsland } from "../islands";
import { t } from "../i18n";
import { onWaiting } from "./store";

class HbBell extends HbElement {
  static override properties = { unread: { state: true } };
  declare private unread: number;
  #stop: () => void = () => {};
  #box: HTMLElement | null = null;

  constructor() {
    super();
    this.unread = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = onWaiting(({ unread }) => {
      this.unread = unread;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  #toggle(button: HTMLElement): void {
    if (this.#box && isOpen(this.#box)) {
      hide(this.#box);
      return;
    }
    loadIsland("hb-inbox");
    const box = document.createElement("div");
    box.className = "pop sheet inbox-pop";
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", t("通知"));
    const inbox = document.createElement("hb-inbox");
    inbox.setAttribute("compact", "");
    box.append(inbox);
    this.#box = box;
    show(box, button, {
      align: "end",
      onClose: () => {
        if (box.contains(document.activeElement) || document.activeElement === document.body) button.focus();
        setTimeout(() => box.remove());
      },
    });
    box.tabIndex = -1;
    box.focus();
  }

  override render(): TemplateResult {
    const label = this.unread ? t("通知,{n} 条未读", { n: this.unread }) : t("通知");
    return html`<button type="button" class="icb" aria-haspopup="dialog" aria-expanded="false" aria-label=${label} data-tip=${label} @click=${(event: Event) => this.#toggle(event.currentTarget as HTMLElement)}>
      ${icon("bell")}${this.unread ? html`<span class="badge" aria-hidden="true">${this.unread < 100 ? this.unread : "99+"}</span>` : nothing}
    </button>`;
  }
}

define("hb-bell", HbBell);

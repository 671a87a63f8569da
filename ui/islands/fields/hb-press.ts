/**
 * `<hb-press>`: a button field of a record. Set `.field`, `.record`; `wide` also says in words how the run ended. Pressing
 * shows that it runs, then how it ended with the way to the run.
 */
import { html, nothing, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import { icon } from "../icons";
import { t } from "../i18n";
import type { Field } from "./field";
import { isBusy, labelOf, onPress, press, pressKey, pressState, type PressState } from "./press";

export class HbPress extends HbElement {
  static override properties = { field: { attribute: false }, record: { attribute: false }, wide: { type: Boolean } };

  declare field: Field;
  declare record: string;
  declare wide: boolean;
  #stop: (() => void) | null = null;

  constructor() {
    super();
    this.record = "";
    this.wide = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = onPress((key) => this.field && key === pressKey(this.field, this.record) && this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
    this.#stop = null;
  }

  readonly #pressed = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
    void press(this.field, this.record);
  };

  protected override render(): TemplateResult {
    if (!this.field || !this.record) return html``;
    const state = pressState(pressKey(this.field, this.record));
    const busy = isBusy(state);
    const blocked = blockedWords(this.field);
    return html`<button
        type="button"
        class="press-b c-${String(this.field.options.color ?? "blue")} ${blocked ? "off" : ""}"
        tabindex=${this.wide ? nothing : "-1"}
        aria-disabled=${blocked ? "true" : nothing}
        aria-busy=${busy ? "true" : nothing}
        data-tip=${blocked || nothing}
        @click=${this.#pressed}
      >
        ${busy ? html`<span class="spin" aria-hidden="true"></span>` : icon(blocked ? "lock" : String(this.field.options.icon ?? "zap"), 14)}<span class="cut">${labelOf(this.field)}</span>
      </button>${state ? this.#ended(state) : nothing}`;
  }

  #ended(state: PressState): TemplateResult | typeof nothing {
    const words: Record<string, string> = { sending: t("正在运行"), waiting: t("正在运行"), running: t("正在运行"), finished: t("已完成"), failed: t("没有完成"), nothing: t("没有运行") };
    const said = words[state.state] ?? "";
    const shown = html`<span role="status" class=${this.wide ? "" : "sr"}>${said}</span>`;
    if (isBusy(state)) return html`<span class="press-s f2">${shown}</span>`;
    const good = state.state === "finished";
    const look = html`${icon(good ? "circle-check" : "circle-alert", 14)}${shown}`;
    const tip = state.message ?? said;
    return state.run
      ? html`<a class="press-s ${good ? "ok" : "bad"}" href="/runs/${state.run}" tabindex=${this.wide ? nothing : "-1"} data-tip=${`${tip} · ${t("看步骤")}`} @click=${(event: Event) => event.stopPropagation()}>${look}</a>${this.wide && state.message ? html`<span class="press-m">${state.message}</span>` : nothing}`
      : html`<span class="press-s f2" data-tip=${tip}>${look}</span>`;
  }
}

/** Why the button cannot be pressed by anybody, or by this person; "" where it can. */
export function blockedWords(field: Field): string {
  if (field.blocked === "role") return t("你只能查看,不能按;要按请联系应用的所有者");
  if (field.blocked === "automation") return field.options.automation ? t("按不了:要运行的自动化已停用或已删除") : t("按不了:还没有选要运行的自动化");
  return "";
}

define("hb-press", HbPress);

/**
 * `<hb-button-form>`: the settings of a button field: what it runs, how it looks, what is asked before, when it is shown.
 * Set `.host` (the panel's), `.table`, `.name` (of the field).
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api, showError } from "../api";
import { define, HbElement } from "../base";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo } from "../table/info";
import type { Filter } from "./field";
import { colorName, openColors } from "./colors";
import { optionRow, textInput, type OptionsHost } from "./option-forms";
import { choose as select } from "../select/choose";
import { buttonIcons } from "./types/button";

interface AutomationRef {
  id: string;
  name: string;
  enabled: boolean;
  trigger: { kind: string; table: string };
}

function iconWords(): Record<string, string> {
  return { zap: t("闪电"), play: t("播放"), send: t("纸飞机"), check: t("对勾"), bell: t("铃铛"), truck: t("货车"), printer: t("打印机"), "refresh-cw": t("循环") };
}

export class HbButtonForm extends HbElement {
  static override properties = { host: { attribute: false }, options: { attribute: false }, table: { attribute: false }, name: { attribute: false }, found: { state: true }, busy: { state: true } };

  declare host: OptionsHost;
  /** The host's options, so that a change of them draws the form anew. */
  declare options: OptionsHost["options"];
  declare table: TableInfo;
  declare name: string;
  declare private found: AutomationRef[] | null;
  declare private busy: boolean;
  #where: Filter | null | undefined;

  constructor() {
    super();
    this.name = "";
    this.found = null;
    this.busy = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#again); // it may have been switched on in the other tab
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#again);
  }

  readonly #again = () => void (document.visibilityState === "visible" && this.#load());

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("table") && this.table && this.found === null) void this.#load();
    if (this.#where === undefined && this.host) this.#where = (this.host.options.where as Filter | null | undefined) ?? null;
  }

  async #load(): Promise<void> {
    try {
      const { automations } = await api.get<{ automations: AutomationRef[] }>(`/api/v1/apps/${this.table.app}/automations`);
      this.found = automations.filter((one) => one.trigger.kind === "button" && one.trigger.table === this.table.id);
    } catch (failure) {
      this.found ??= [];
      showError(failure);
    }
  }

  /** Make an automation that waits for this button, and open its editor beside. */
  async #make(): Promise<void> {
    const tab = window.open("", "_blank");
    this.busy = true;
    try {
      const name = String(this.host.options.label ?? "").trim() || this.name.trim() || t("按钮");
      const made = await api.post<AutomationRef>(`/api/v1/apps/${this.table.app}/automations`, { name: await this.#free(name), enabled: false, trigger: { kind: "button", table: this.table.id }, steps: [] });
      this.host.set({ automation: made.id });
      this.found = [...(this.found ?? []), made];
      if (tab) tab.location.href = `/automations/${made.id}`;
    } catch (failure) {
      tab?.close();
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  /** A name that no automation of the app has. */
  async #free(name: string): Promise<string> {
    const { automations } = await api.get<{ automations: AutomationRef[] }>(`/api/v1/apps/${this.table.app}/automations`);
    const taken = new Set(automations.map((one) => one.name));
    for (let number = 2; ; number++) {
      const tried = number === 2 && !taken.has(name) ? name : `${name} ${number}`;
      if (!taken.has(tried)) return tried;
    }
  }

  #automation(): TemplateResult {
    const { host } = this;
    const chosen = String(host.options.automation ?? "");
    const found = this.found ?? [];
    const one = found.find((automation) => automation.id === chosen);
    const options = found.map((automation) => ({ value: automation.id, label: automation.name, icon: "zap", sub: automation.enabled ? undefined : t("停用") }));
    const lost = chosen && this.found && !one ? [{ value: chosen, label: t("已删除的自动化"), icon: "triangle-alert", disabled: true }] : [];
    const hint = one
      ? html`${one.enabled ? nothing : html`${t("还停用着,配好步骤再启用")} · `}<a href="/automations/${one.id}" target="_blank">${t("编辑它的步骤")}</a>`
      : t("由「按按钮时」触发的自动化");
    return optionRow(
      host,
      "automation",
      t("按下后运行"),
      html`${options.length || lost.length ? select(host, t("按下后运行"), chosen, [...lost, ...options], (id) => host.set({ automation: id }), t("选一个自动化")) : nothing}
        <button type="button" class="btn s" ?disabled=${host.locked || this.busy} @click=${() => void this.#make()}>${icon("plus", 14)}${t("新建自动化")}</button>`,
      hint,
    );
  }

  protected override render(): TemplateResult {
    if (!this.host || !this.table) return html``;
    const { host } = this;
    const { options } = host;
    const color = String(options.color ?? "blue");
    const shape = String(options.icon ?? "zap");
    const text = (path: string, label: string, placeholder: string, max: number, hint = "") => optionRow(host, path, label, textInput(host, path, label, String(options[path] ?? ""), (value) => host.set({ [path]: value }), { placeholder, max }), hint);
    const others = this.table.fields.filter((field) => field.type !== "button");
    return html`${this.#automation()}
      ${text("label", t("按钮上的字"), this.name || t("和字段名一样"), 40)}
      ${optionRow(host, "icon", t("图标"), html`<span class="seg" role="group" aria-label=${t("图标")}>
        ${buttonIcons.map((name) => html`<button type="button" ?disabled=${host.locked} aria-pressed=${name === shape ? "true" : "false"} aria-label=${iconWords()[name]!} data-tip=${iconWords()[name]!} @click=${() => host.set({ icon: name })}>${icon(name, 16)}</button>`)}
      </span>`)}
      ${optionRow(host, "color", t("颜色"), html`<button type="button" class="btn s ft-color" ?disabled=${host.locked} aria-label=${t("颜色:{name}", { name: colorName(color) })} @click=${(event: Event) => openColors(event.currentTarget as HTMLElement, color, (next) => host.set({ color: next }))}>
        <span class="fe-dot c-${color}"></span>${colorName(color)}
      </button>`)}
      ${text("confirm", t("按之前问一句"), t("不填就直接运行"), 200)}
      ${optionRow(host, "where", t("只在符合时显示"), html`<hb-filter .fields=${others} .value=${this.#where ?? null} ?disabled=${host.locked} @change=${(event: Event) => {
        event.stopPropagation();
        host.set({ where: (event.currentTarget as HbFilter).value });
      }}></hb-filter>`, t("不加条件就一直显示"))}`;
  }
}

define("hb-button-form", HbButtonForm);

/** `<hb-widget-form>`: the form of one widget, beside the dashboard. Set `.widget` and `.tables`; sends `hb:widget` with the changed one. */
import { html, nothing, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import "../filter/hb-sorts";
import { fieldIcon, type Field, type Filter, type Sort } from "../fields/field";
import { placeBuckets } from "../fields/divisions";
import { icon } from "../icons";
import { t } from "../i18n";
import { dated, fresh, groupable, kinds, summable } from "./kinds";
import type { Table, Widget, WidgetConfig } from "./types";

interface Choice {
  value: string;
  label: string;
}

class HbWidgetForm extends HbElement {
  static override properties = { widget: { attribute: false }, tables: { attribute: false }, problem: { attribute: false } };
  declare widget: Widget | null;
  declare tables: Table[];
  declare problem: string;

  constructor() {
    super();
    this.widget = null;
    this.tables = [];
    this.problem = "";
  }

  #table(): Table | undefined {
    return this.tables.find((table) => table.id === this.widget?.config.table);
  }

  #change(part: Partial<WidgetConfig>): void {
    if (!this.widget) return;
    this.widget = { ...this.widget, config: { ...this.widget.config, ...part } };
    this.emit("hb:widget", this.widget);
  }

  #title(event: Event): void {
    if (!this.widget) return;
    this.widget = { ...this.widget, title: (event.target as HTMLInputElement).value };
    this.emit("hb:widget", this.widget);
  }

  #select(label: string, id: string, value: string, choices: Choice[], choose: (value: string) => void): TemplateResult {
    return html`<div class="field">
      <label class="lab" for=${id}>${label}</label>
      <span class="sel"><select class="inp" id=${id} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
        ${choices.map((choice) => html`<option value=${choice.value} ?selected=${choice.value === value}>${choice.label}</option>`)}
      </select></span>
    </div>`;
  }

  #fields(fields: Field[], none = ""): Choice[] {
    return [...(none ? [{ value: "", label: none }] : []), ...fields.map((field) => ({ value: field.id, label: field.name }))];
  }

  #aggregate(table: Table): TemplateResult {
    const { aggregate } = this.widget!.config;
    const value = aggregate?.field ? `${aggregate.fn}:${aggregate.field}` : "count";
    const words: Record<string, string> = { sum: t("合计"), avg: t("平均"), max: t("最大"), min: t("最小") };
    const choices = [
      { value: "count", label: t("记录数") },
      ...summable(table.fields).flatMap((field) => Object.entries(words).map(([fn, word]) => ({ value: `${fn}:${field.id}`, label: `${field.name} · ${word}` }))),
    ];
    return this.#select(t("统计什么"), "wf-aggregate", value, choices, (chosen) => {
      const [fn, field] = chosen.split(":");
      this.#change({ aggregate: field ? { fn: fn!, field } : { fn: "count" } });
    });
  }

  /** At which level addresses are counted. */
  #places(table: Table): TemplateResult | typeof nothing {
    const { config } = this.widget!;
    if (table.fields.find((field) => field.id === config.field)?.type !== "location") return nothing;
    return this.#select(t("地址分到哪一级"), "wf-place", config.bucket ?? "province", placeBuckets(), (bucket) => this.#change({ bucket }));
  }

  #own(table: Table): TemplateResult | typeof nothing {
    const { config } = this.widget!;
    const groups = groupable(table.fields);
    switch (config.kind) {
      case "number":
        return html`${this.#aggregate(table)}
          <div class="field"><label class="lab" for="wf-unit">${t("单位")}<span class="opt">${t("可不填")}</span></label>
            <input class="inp" id="wf-unit" maxlength="12" .value=${config.unit ?? ""} @change=${(event: Event) => this.#change({ unit: (event.target as HTMLInputElement).value })} /></div>`;
      case "donut":
        return html`${this.#select(t("按哪个字段分"), "wf-field", config.field ?? "", this.#fields(groups), (field) => this.#change({ field, bucket: undefined }))}${this.#places(table)}${this.#aggregate(table)}`;
      case "bar":
        return html`${this.#select(t("按哪个字段分"), "wf-field", config.field ?? "", this.#fields(groups), (field) => this.#change({ field, bucket: undefined }))}${this.#places(table)}
          ${this.#select(t("再按哪个字段拆分"), "wf-split", config.split ?? "", this.#fields(groups, t("不拆分")), (split) => this.#change({ split: split || null }))}${this.#aggregate(table)}`;
      case "trend":
        return this.#trend(table, groups);
      case "list":
        return this.#list(table);
      default:
        return nothing;
    }
  }

  #trend(table: Table, groups: Field[]): TemplateResult {
    const { config } = this.widget!;
    const buckets = [
      { value: "hour", label: t("每小时") },
      { value: "day", label: t("每天") },
      { value: "week", label: t("每周") },
      { value: "month", label: t("每月") },
    ];
    const dates = this.#fields(dated(table.fields));
    return html`${this.#select(t("按哪个时间"), "wf-date", config.date_field ?? "", dates, (date_field) => this.#change({ date_field }))}
      <div class="row">
        <div class="grow">${this.#select(t("多久一个点"), "wf-bucket", config.bucket ?? "day", buckets, (bucket) => this.#change({ bucket }))}</div>
        <div class="field grow"><label class="lab" for="wf-periods">${t("看多少个点")}</label>
          <input class="inp" id="wf-periods" type="number" min="2" max="400" .value=${String(config.periods ?? 30)} @change=${(event: Event) => this.#change({ periods: Math.max(2, Math.min(400, Number((event.target as HTMLInputElement).value) || 30)) })} /></div>
      </div>
      ${this.#select(t("每个什么一条线"), "wf-split", config.split ?? "", this.#fields(groups, t("只画一条")), (split) => this.#change({ split: split || null }))}
      ${this.#aggregate(table)}
      <label class="opt-row"><input class="sw" type="checkbox" role="switch" ?checked=${config.until_last ?? false} @change=${(event: Event) => this.#change({ until_last: (event.target as HTMLInputElement).checked })} /><span>${t("画到数据里最新的一天")}<span class="hint">${t("看过去的数据时打开;不打开就画到今天")}</span></span></label>`;
  }

  #list(table: Table): TemplateResult {
    const { config } = this.widget!;
    const options = table.fields.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }));
    return html`<div class="field"><span class="lab">${t("显示哪些字段")}</span>
        <hb-select multiple label=${t("显示哪些字段")} .options=${options} .value=${config.fields ?? []} @change=${(event: Event) => this.#change({ fields: (event.target as HbSelect).value as string[] })}></hb-select></div>
      <div class="field"><span class="lab">${t("排序")}</span>
        <hb-sorts .fields=${table.fields} .value=${config.sorts ?? []} @change=${(event: Event) => this.#change({ sorts: (event.target as unknown as { value: Sort[] }).value })}></hb-sorts></div>
      <div class="field"><label class="lab" for="wf-limit">${t("最多显示几条")}</label>
        <input class="inp" id="wf-limit" type="number" min="1" max="100" .value=${String(config.limit ?? 20)} @change=${(event: Event) => this.#change({ limit: Math.max(1, Math.min(100, Number((event.target as HTMLInputElement).value) || 20)) })} /></div>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const widget = this.widget;
    const table = this.#table();
    if (!widget || !table) return nothing;
    const kind = kinds.find((one) => one.kind === widget.config.kind)!;
    return html`<div class="panel-h">${icon(kind.icon)}<b class="grow cut">${t(kind.name)}</b>
        <button type="button" class="icb" aria-label=${t("删除组件")} data-tip=${t("删除组件")} @click=${() => this.emit("hb:widget-delete", widget.id)}>${icon("trash-2")}</button>
        <button type="button" class="icb" data-close-panel aria-label=${t("关闭")}>${icon("x")}</button></div>
      <div class="panel-b stack">
        ${this.problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${this.problem}</p>` : nothing}
        <div class="field"><label class="lab" for="wf-title">${t("标题")}</label><input class="inp" id="wf-title" maxlength="60" .value=${widget.title} @change=${(event: Event) => this.#title(event)} /></div>
        ${this.#select(t("数据表"), "wf-table", table.id, this.tables.map((one) => ({ value: one.id, label: one.name })), (id) => {
          const next = this.tables.find((one) => one.id === id)!;
          this.widget = { ...widget, config: fresh(widget.config.kind, next) };
          this.emit("hb:widget", this.widget);
        })}
        ${this.#own(table)}
        <div class="field"><span class="lab">${t("只统计符合条件的记录")}</span>
          <hb-filter .fields=${table.fields} .value=${widget.config.where ?? null} @change=${(event: Event) => this.#change({ where: (event.target as HbFilter).value as Filter | null })}></hb-filter></div>
      </div>`;
  }
}

export type { HbWidgetForm };
define("hb-widget-form", HbWidgetForm);

/**
 * `<hb-unique-rules>`: combinations of fields that may not repeat in a table. Set `.table`, and `.start` (a field) to begin a new
 * rule with it; `.value` is the rules as the API takes them. What stands against a rule is looked up while its fields are
 * chosen; `hb:show-records` ({where}) asks to see such records, `hb:rules-changed` says that the rules are others now.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import "../../styles/fields.css";
import { api, ApiError, Disconnected, showError } from "../api";
import { define, HbElement } from "../base";
import { openDialog } from "../dialog/dialog";
import { fieldIcon, type Field, type Filter } from "../fields/field";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import { toast } from "../toast/toast";
import type { TableInfo } from "./info";

export interface Rule {
  fields: string[];
}

interface Repeats {
  groups: number;
  records: number;
  examples: { text: string; count: number; where: Filter }[];
}

interface Row extends Rule {
  key: number;
  /** What stands against it; null while that is being asked for, undefined where nobody asked. */
  repeats?: Repeats | null;
  problem?: string;
}

/** Types that a rule can combine, as the server has them. */
const combinable = new Set([
  "text", "email", "url", "phone", "barcode", "number", "currency", "duration", "date", "datetime", "auto_number",
  "single_select", "cascade", "rating", "percent", "progress", "checkbox",
]);
const mostFields = 5;
const mostRules = 10;
let counter = 0;
const row = (fields: string[]): Row => ({ key: (counter += 1), fields });
const same = (one: readonly string[], other: readonly string[]) => JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());

/** Whether a field can be part of a rule. */
export const canCombine = (field: Field): boolean => combinable.has(field.type);

/** The other fields that a field may not repeat together with, a list for each rule. */
export function combinedWith(table: TableInfo, field: string): string[][] {
  const names = new Map(table.fields.map((one) => [one.id, one.name]));
  return (table.unique ?? []).filter((rule) => rule.fields.includes(field)).map((rule) => rule.fields.filter((id) => id !== field).map((id) => names.get(id) ?? ""));
}

export class HbUniqueRules extends HbElement {
  static override properties = { table: { attribute: false }, start: { type: String }, rows: { state: true } };

  declare table: TableInfo;
  declare start: string;
  declare private rows: Row[];
  #ask = 0;

  constructor() {
    super();
    this.start = "";
    this.rows = [];
  }

  /** The rules, without those nobody has chosen two fields for. */
  get value(): Rule[] {
    return this.rows.filter((one) => one.fields.length > 1).map(({ fields }) => ({ fields }));
  }

  /** What keeps the rules from being saved; "" when nothing is known of. */
  get complaint(): string {
    if (this.rows.some((one) => one.fields.length === 1)) return t("一条规则至少选两个字段");
    return this.rows.some((one) => one.repeats?.groups) ? t("现有记录里有重复的,先改成各不相同") : "";
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("table") || !this.table || this.rows.length) return;
    this.rows = (this.table.unique ?? []).map((rule) => row([...rule.fields]));
    if (this.start || !this.rows.length) this.rows = [...this.rows, row(this.start ? [this.start] : [])];
  }

  #put(key: number, part: Partial<Row>): void {
    this.rows = this.rows.map((one) => (one.key === key ? { ...one, ...part } : one));
  }

  #choose(key: number, fields: string[]): void {
    const kept = (this.table.unique ?? []).some((rule) => same(rule.fields, fields));
    const wanted = fields.length > 1 && !kept;
    this.#put(key, { fields, repeats: wanted ? null : undefined, problem: undefined });
    if (wanted) void this.#look(key, fields);
  }

  async #look(key: number, fields: string[]): Promise<void> {
    const ask = (this.#ask += 1);
    try {
      const repeats = await api.post<Repeats>(`/api/v1/tables/${this.table.id}/repeats`, { fields });
      if (ask === this.#ask) this.#put(key, { repeats });
    } catch (failure) {
      if (failure instanceof ApiError || failure instanceof Disconnected) this.#put(key, { repeats: undefined, problem: failure.message });
      else showError(failure);
    }
  }

  #against(one: Row): TemplateResult | typeof nothing {
    if (one.problem) return html`<p class="hint bad">${icon("circle-alert", 14)}${one.problem}</p>`;
    if (one.repeats === undefined) return nothing;
    if (one.repeats === null) return html`<p class="hint" aria-busy="true">${t("正在核对现有的记录…")}</p>`;
    const { groups, records, examples } = one.repeats;
    if (!groups) return html`<p class="hint">${icon("check", 14)}${t("现有记录没有重复,可以设")}</p>`;
    return html`<div class="notice warn ur-against" role="status">
      ${icon("triangle-alert")}
      <div>
        <b>${t("现有 {groups} 组重复,共 {records} 条记录,先改成各不相同:", { groups: formatNumber(groups), records: formatNumber(records) })}</b>
        <ul>
          ${examples.map(
            ({ text, count, where }) =>
              html`<li><span class="cut">${text}</span><button type="button" class="btn s g" @click=${() => this.emit("hb:show-records", { where })}>${t("看这 {n} 条", { n: count })}</button></li>`,
          )}
        </ul>
      </div>
    </div>`;
  }

  #row(one: Row, at: number): TemplateResult {
    const options = this.table.fields.filter(canCombine).map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }));
    const label = t("第 {n} 条规则的字段", { n: at + 1 });
    const chosen = (event: Event) => {
      event.stopPropagation();
      this.#choose(one.key, (event.currentTarget as HbSelect).value as string[]);
    };
    return html`<li class="ur-rule">
      <div class="ur-line">
        <hb-select class="grow" multiple label=${label} placeholder=${t("选两个以上的字段")} .options=${options} .value=${one.fields} @change=${chosen}></hb-select>
        <button type="button" class="icb" aria-label=${t("去掉第 {n} 条规则", { n: at + 1 })} @click=${() => (this.rows = this.rows.filter((other) => other !== one))}>${icon("x")}</button>
      </div>
      ${one.fields.length > mostFields ? html`<p class="hint bad">${icon("circle-alert", 14)}${t("一条规则最多 {n} 个字段", { n: mostFields })}</p>` : this.#against(one)}
    </li>`;
  }

  protected override render(): TemplateResult {
    if (!this.table) return html``;
    return html`<p class="f2">${t("选中的字段合起来不能和别的记录一样,如平台加平台单号。有一格空着就不算。导入、粘贴、接口和恢复记录时也一样核对。")}</p>
      <ul class="ur">${this.rows.map((one, at) => this.#row(one, at))}</ul>
      ${this.rows.length < mostRules ? html`<button type="button" class="btn s g" @click=${() => (this.rows = [...this.rows, row([])])}>${icon("plus", 14)}${t("加一条规则")}</button>` : nothing}`;
  }
}

define("hb-unique-rules", HbUniqueRules);

/** Ask for the rules in a dialog and store them. `show` gets a filter when somebody wants to see records that repeat. */
export async function openUniqueRules(table: TableInfo, start: string, show: (where: Filter) => void): Promise<boolean> {
  const editor = document.createElement("hb-unique-rules") as HbUniqueRules;
  editor.table = table;
  editor.start = start;
  editor.addEventListener("hb:show-records", (event) => {
    editor.closest("dialog")?.close();
    show((event as CustomEvent<{ where: Filter }>).detail.where);
  });
  const done = await openDialog<boolean>({
    heading: t("不能重复的组合"),
    body: editor,
    size: "m",
    actions: [
      { label: t("取消"), value: false },
      { label: t("保存"), value: true, kind: "p" },
    ],
    before: async (wanted) => !wanted || store(table, editor),
  });
  return done === true;
}

async function store(table: TableInfo, editor: HbUniqueRules): Promise<boolean> {
  if (editor.complaint) {
    toast(editor.complaint, { kind: "bad" });
    return false;
  }
  try {
    await api.patch(`/api/v1/tables/${table.id}`, { unique: editor.value });
    toast(t("已保存不能重复的组合"));
    return true;
  } catch (failure) {
    showError(failure);
    return false;
  }
}

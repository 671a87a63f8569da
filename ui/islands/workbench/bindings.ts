/** Which field plays which part: a row for each part with its field, and the value a real record has there. */
import { html, nothing, type TemplateResult } from "lit";
import { fieldIcon, isEmpty, type Field, type RecordData } from "../fields/field";
import { textOf } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { optionTemplate } from "../record/value";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import type { TableInfo } from "../table/info";

export interface Part {
  part: string;
  name: string;
  required: boolean;
  /** Ids of the fields (for `stock`: stock definitions) that can play it, best first. */
  candidates: readonly string[];
}

export interface BindingOptions {
  parts: readonly Part[];
  table: TableInfo;
  stocks: readonly { id: string; name: string }[];
  chosen: Readonly<Record<string, string | null>>;
  /** A record to take example values from; null while the table is empty. */
  example: RecordData | null;
  /** What the example has for a stock part, e.g. "A区-03排-02架". */
  exampleStock: string;
  problems: Readonly<Record<string, string>>;
  choose(part: string, id: string | null): void;
}

/** How many parts are bound, and how many required ones are not. */
export function standing(parts: readonly Part[], chosen: Readonly<Record<string, string | null>>): { bound: number; lacking: Part[] } {
  return { bound: parts.filter((part) => chosen[part.part]).length, lacking: parts.filter((part) => part.required && !chosen[part.part]) };
}

export function bindingsTemplate(options: BindingOptions): TemplateResult {
  return html`<div class="bd" role="table" aria-label=${t("绑定字段")}>
    <div class="bd-row bd-head" role="row"><span role="columnheader">${t("工作台需要")}</span><span role="columnheader">${t("「{table}」里的字段", { table: options.table.name })}</span><span role="columnheader">${t("例子")}</span></div>
    ${options.parts.map((part) => row(part, options))}
  </div>`;
}

function row(part: Part, options: BindingOptions): TemplateResult {
  const value = options.chosen[part.part] ?? "";
  const problem = options.problems[part.part];
  return html`<div class="bd-row" role="row" data-part=${part.part}>
    <div role="cell" class="bd-part"><b class="m">${part.name}</b>${part.required ? html`<span class="need">${t("必填")}</span>` : nothing}</div>
    <div role="cell">
      <hb-select small clearable .label=${part.name} .options=${choices(part, options)} .value=${value} .placeholder=${part.candidates.length ? (part.required ? t("选一个字段") : t("选字段,或留空不显示")) : t("表里没有合适的字段")}
        ?invalid=${Boolean(problem) || (part.required && !value)} ?disabled=${!part.candidates.length}
        @change=${(event: Event) => options.choose(part.part, ((event.target as HbSelect).value as string) || null)}></hb-select>
      ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : nothing}
    </div>
    <div role="cell" class="bd-example">${example(part, value, options)}</div>
  </div>`;
}

function choices(part: Part, options: BindingOptions): Option[] {
  if (part.part === "stock") return options.stocks.filter((stock) => part.candidates.includes(stock.id)).map((stock) => ({ value: stock.id, label: stock.name, icon: "warehouse" }));
  const fields = part.candidates.map((id) => options.table.fields.find((field) => field.id === id)).filter((field): field is Field => field !== undefined);
  const list: Option[] = fields.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }));
  return part.required ? list : [...list, { value: "", label: t("不显示这一项"), icon: "eye-off" }];
}

function example(part: Part, value: string, options: BindingOptions): TemplateResult {
  if (!value) return part.required ? html`<span class="danger-t">${t("还没有选")}</span>` : html`<span class="f3">${t("留空时不显示这一栏")}</span>`;
  if (part.part === "stock") return options.exampleStock ? shown(html`<span class="cut">${options.exampleStock}</span>`) : html`<span class="f3">${t("这一单没有明细")}</span>`;
  const field = options.table.fields.find((one) => one.id === value);
  const held = field && options.example ? options.example.fields[field.id] : null;
  if (!field || !options.example || isEmpty(held)) return html`<span class="f3">${options.example ? t("这一单是空的") : t("表里还没有记录")}</span>`;
  return shown(field.type === "single_select" ? optionTemplate(field, String(held)) : html`<span class="cut">${textOf(field, held)}</span>`);
}

function shown(value: TemplateResult): TemplateResult {
  return html`<span class="ok-t">${icon("check", 14)}</span>${value}`;
}

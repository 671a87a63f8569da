/** The second step's heart: a row for each column of the file with what is in it and where it goes. */
import { html, nothing, type TemplateResult } from "lit";
import { fieldIcon, type Field } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import type { TableInfo } from "../table/info";
import { asNew, readAs, tellingDate, type ColumnPlan, type Fault, type Target } from "./plan";
import type { DateOrder, FileColumn, Kind } from "./types";

export interface MappingOptions {
  columns: readonly FileColumn[];
  plans: readonly ColumnPlan[];
  /** The table that is filled; null for a new one. */
  table: TableInfo | null;
  types: readonly Kind[];
  canBuild: boolean;
  faults: ReadonlyMap<number, Fault>;
  change(column: number, part: Partial<ColumnPlan>): void;
}

const exampleCount = 3;

export function mappingTemplate(options: MappingOptions): TemplateResult {
  const targets = targetOptions(options.table);
  return html`<div class="im-map" role="table" aria-label=${t("每一列放到哪个字段")}>
    <div class="im-row im-head" role="row">
      <span role="columnheader">${t("文件里的列")}</span><span role="columnheader">${t("前几个值")}</span><span role="columnheader">${t("放到")}</span>
    </div>
    ${options.plans.map((plan) => {
      const column = options.columns[plan.column];
      return column ? rowTemplate(column, plan, targets, options) : nothing;
    })}
  </div>`;
}

/** Fields of the table that an import may fill. */
function targetOptions(table: TableInfo | null): Option[] {
  return (table?.fields ?? [])
    .filter((field) => !field.readonly)
    .map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field), group: t("已有的字段") }));
}

function rowTemplate(column: FileColumn, plan: ColumnPlan, targets: Option[], options: MappingOptions): TemplateResult {
  const kind = options.types.find((one) => one.name === column.kind);
  const fault = options.faults.get(plan.column);
  const skipped = plan.target.kind === "skip";
  return html`<div class="im-row ${skipped ? "off" : ""} ${fault ? "bad" : ""}" role="row" data-column=${column.column}>
    <div class="im-col" role="cell">
      <b class="m cut" title=${column.name}>${column.name}</b>
      <span class="t12 f3 im-guess">${kind ? html`${icon(kind.icon, 13)}${kind.label}` : nothing}${column.reason ? html`<span class="im-reason">${column.reason}</span>` : nothing}</span>
    </div>
    <div class="im-examples" role="cell">${column.examples.length
      ? column.examples.slice(0, exampleCount).map((text) => html`<span class="cut" title=${text}>${text}</span>`)
      : html`<span class="f3">${t("这一列是空的")}</span>`}</div>
    <div class="im-target" role="cell">
      ${options.table || !options.canBuild ? existing(column, plan, targets, fault !== undefined, options) : nothing}
      ${plan.target.kind === "new" ? newField(plan.column, plan.target, column, options) : nothing}
      ${!options.table && options.canBuild && skipped ? leftOut(column, plan, options) : nothing}
      ${fault ? html`<p class="hint bad">${icon("circle-alert", 14)}${faultText(fault)}</p>` : nothing}
      ${details(column, plan, options)}
    </div>
  </div>`;
}

function existing(column: FileColumn, plan: ColumnPlan, targets: Option[], invalid: boolean, options: MappingOptions): TemplateResult {
  return html`<hb-select small .label=${t("「{name}」放到", { name: column.name })} ?invalid=${invalid} .options=${choicesFor(column, targets, options)}
    .value=${valueOf(plan.target)} @change=${(event: Event) => options.change(plan.column, { target: targetOf((event.target as HbSelect).value as string, column) })}></hb-select>`;
}

/** A column of a new table that is not imported, and the way to take it after all. */
function leftOut(column: FileColumn, plan: ColumnPlan, options: MappingOptions): TemplateResult {
  return html`<div class="im-left"><span class="f3 t13">${t("不导入这一列")}</span>
    <button type="button" class="btn s g" aria-label=${t("还是导入「{name}」", { name: column.name })} @click=${() => options.change(plan.column, { target: asNew(column) })}>${icon("plus", 14)}${t("导入")}</button></div>`;
}

function valueOf(target: Target): string {
  return target.kind === "field" ? target.field : target.kind;
}

function targetOf(value: string, column: FileColumn): Target {
  if (value === "skip") return { kind: "skip" };
  return value === "new" ? asNew(column) : { kind: "field", field: value };
}

function choicesFor(column: FileColumn, targets: Option[], options: MappingOptions): Option[] {
  const other = targets.length ? t("其他") : undefined;
  const made: Option = options.canBuild
    ? { value: "new", label: t("新建字段"), icon: "plus", group: other }
    : { value: "new", label: t("新建字段"), icon: "lock", group: other, sub: t("要搭建者权限"), disabled: true };
  const rest: Option[] = [made, { value: "skip", label: t("不导入这一列"), icon: "ban", group: other }];
  // The field that was guessed stands first, so that it is found again after looking elsewhere.
  const guessed = targets.filter((option) => option.value === column.field);
  return [...guessed, ...targets.filter((option) => option.value !== column.field), ...rest];
}

function newField(place: number, target: { name: string; type: string }, column: FileColumn, options: MappingOptions): TemplateResult {
  const change = (part: Partial<{ name: string; type: string }>) => options.change(place, { target: { kind: "new", name: target.name, type: target.type, ...part } });
  return html`<div class="im-new ${options.table ? "" : "alone"}">
    <input class="inp s" aria-label=${t("「{name}」的字段名", { name: column.name })} maxlength="100" autocomplete="off" .value=${target.name}
      @input=${(event: Event) => change({ name: (event.target as HTMLInputElement).value })} />
    <hb-select small .label=${t("「{name}」的字段类型", { name: column.name })} .options=${options.types.map((kind) => ({ value: kind.name, label: kind.label, icon: kind.icon, sub: kind.name === column.kind ? t("猜的") : undefined }))}
      .value=${target.type} @change=${(event: Event) => change({ type: (event.target as HbSelect).value as string })}></hb-select>
    ${options.table
      ? nothing
      : html`<button type="button" class="icb" aria-label=${t("不导入「{name}」", { name: column.name })} data-tip=${t("不导入这一列")} @click=${() => options.change(place, { target: { kind: "skip" } })}>${icon("x", 14)}</button>`}
  </div>`;
}

function faultText(fault: Fault): string {
  if (fault.code === "nameless") return t("给字段起个名字");
  if (fault.code === "twice") return t("有两列都对到了「{field}」,只留一列", { field: fault.name });
  return t("已经有叫「{field}」的字段,选它,或换个名字", { field: fault.name });
}

/** What else there is to decide for the kind of field that the column goes into. */
function details(column: FileColumn, plan: ColumnPlan, options: MappingOptions): TemplateResult | typeof nothing {
  const { target } = plan;
  if (target.kind === "skip") return nothing;
  const field = target.kind === "field" ? options.table?.fields.find((one) => one.id === target.field) : undefined;
  const type = target.kind === "new" ? target.type : field?.type;
  if ((type === "date" || type === "datetime") && column.order_ambiguous) return dateQuestion(column, plan, options);
  if (type === "percent") return percentQuestion(column, plan, options);
  if (field) return ofField(field, plan, options);
  return nothing;
}

const dateOrders: readonly DateOrder[] = ["mdy", "dmy", "ymd"];

function dateQuestion(column: FileColumn, plan: ColumnPlan, options: MappingOptions): TemplateResult {
  const example = tellingDate(column.examples);
  const readings = dateOrders.map((order) => [order, readAs(example, order)] as const).filter(([, text]) => text);
  return html`<fieldset class="im-ask">
    <legend>${icon("circle-help", 14)}${t("「{text}」是哪一天", { text: example })}</legend>
    <div class="seg" role="group">${readings.map(
      ([order, text]) => html`<button type="button" aria-pressed=${String(plan.dateOrder === order)} @click=${() => options.change(plan.column, { dateOrder: order })}>${text}</button>`,
    )}</div>
  </fieldset>`;
}

function percentQuestion(column: FileColumn, plan: ColumnPlan, options: MappingOptions): TemplateResult | typeof nothing {
  const example = column.examples.find((text) => /^-?[\d.,]+$/.test(text));
  if (!example) return nothing; // written with a percent sign: nothing to ask
  const number = Number(example.replace(/,/g, ""));
  const choices = [
    { value: true, text: `${number}%` },
    { value: false, text: `${Math.round(number * 10_000) / 100}%` },
  ];
  return html`<fieldset class="im-ask">
    <legend>${icon("circle-help", 14)}${t("「{text}」是多少", { text: example })}</legend>
    <div class="seg" role="group">${choices.map(
      (choice) => html`<button type="button" aria-pressed=${String(plan.hundredths === choice.value)} @click=${() => options.change(plan.column, { hundredths: choice.value })}>${choice.text}</button>`,
    )}</div>
  </fieldset>`;
}

function ofField(field: Field, plan: ColumnPlan, options: MappingOptions): TemplateResult | typeof nothing {
  if (field.type === "link") return html`<p class="hint">${t("按名字找对应的记录;找不到的行会列出来,不会导入")}</p>`;
  if ((field.type !== "single_select" && field.type !== "multi_select") || field.options.machine) return nothing;
  if (!options.canBuild) return html`<p class="hint">${t("表里没有的选项,那一行会列出来,不会导入")}</p>`;
  return html`<label class="im-check"><input class="ck" type="checkbox" .checked=${plan.addOptions} @change=${(event: Event) => options.change(plan.column, { addOptions: (event.target as HTMLInputElement).checked })} />${t("表里没有的选项自动加上")}</label>`;
}

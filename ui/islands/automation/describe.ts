/** Conditions and values in one line, with names as chips: what a card says. */
import { html, nothing, type TemplateResult } from "lit";
import { stateGlyph, type Choice, type Condition, type Field, type Filter } from "../fields/field";
import { typeUi } from "../fields/types";
import { operandLabel, operatorLabel, periodLabel, unitLabel, valueKind } from "../filter/operators";
import { glyph } from "../icons";
import { t } from "../i18n";
import { tableFor } from "./made";
import { find } from "./tree";
import { valueIn } from "../filter/values";
import type { Aim, Assignment, Definition, PageData, StepValue, Table, Test } from "./types";
import { shiftLabel, stepLabel, tableOf } from "./values";

type Line = TemplateResult | typeof nothing;

/** Stands for what is still to be filled in. */
export const missing = () => html`<span class="au-missing">${t("还没填")}</span>`;

/** An option of a select: a pill with its glyph for states, a tag for others. */
export function choicePill(field: Field, choice: Choice | undefined, small = false): TemplateResult {
  if (!choice) return html`<span class="tag">?</span>`;
  const shape = stateGlyph(field, choice);
  if (!field.options.machine) return html`<span class="tag c-${choice.color}"><span class="cut">${choice.name}</span></span>`;
  return html`<span class="pill c-${choice.color} ${shape ? "" : "plain"} ${small ? "s" : ""}">${shape ? glyph(shape) : nothing}<span class="cut">${choice.name}</span></span>`;
}

export function isEmptyFilter(filter: Filter | null | undefined): boolean {
  return !filter || (filter.kind === "group" && (filter.items ?? []).every(isEmptyFilter));
}

/** The fields of a table, and its records' own times where no field shows them. */
export function withSystem(table: Table): Field[] {
  const has = (type: string) => table.fields.some((field) => field.type === type);
  return [
    ...table.fields,
    ...(has("created_time") ? [] : [{ id: "$created_at", name: t("创建时间"), type: "created_time", options: {} }]),
    ...(has("updated_time") ? [] : [{ id: "$updated_at", name: t("更新时间"), type: "updated_time", options: {} }]),
  ];
}

/** What values in conditions are described by. */
export interface Whole {
  page: PageData;
  definition: Definition;
}

/** A filter in words. `whole`: its operands may be values. */
export function describeFilter(table: Table, filter: Filter, whole?: Whole): Line {
  if (filter.kind === "condition") return describeCondition(table, filter, whole);
  const items = (filter.items ?? []).filter((item) => !isEmptyFilter(item));
  const word = filter.conjunction === "or" ? t("或") : t("且");
  return html`${items.map((item, index) => html`${index ? html`<span class="au-and">${word}</span>` : nothing}${item.kind === "group" && items.length > 1 ? html`(${describeFilter(table, item, whole)})` : describeFilter(table, item, whole)}`)}`;
}

function describeCondition(table: Table, condition: Condition, whole?: Whole): Line {
  const field = withSystem(table).find((one) => one.id === condition.field);
  const people: Record<string, string> = { $created_by: t("创建人"), $updated_by: t("更新人") };
  if (!field) return html`<span class="chip">${people[condition.field] ?? "?"}</span>${operatorLabel(condition.op)}`;
  return html`<span class="chip">${field.name}</span>${operatorLabel(condition.op, field)} ${describeOperand(field, condition, whole)}`;
}

function describeOperand(field: Field, condition: Condition, whole?: Whole): Line | string {
  const { value } = condition;
  const inside = valueIn(value);
  if (inside && whole) return html`${inside.kind === "field" ? html`<span class="f3">${whoseField(whole, inside)}</span>` : nothing}${describeValue(whole.page, whole.definition, field, inside)}`;
  const kind = valueKind(field, condition.op);
  if (kind === "none") return nothing;
  if (kind === "yes") return value ? t("勾选") : t("没勾选");
  if (kind === "period") return periodLabel(String(value));
  if (kind === "duration") {
    const { amount, unit } = value as { amount: number; unit: string };
    return `${amount} ${unitLabel(unit)}`;
  }
  if (kind === "choice" || kind === "choices") {
    const names = Array.isArray(value) ? value.map(String) : [String(value)];
    if (typeUi(field.type)) return html`${names.map((name) => html`<span class="chip">${operandLabel(field, name) ?? name}</span>`)}`;
    return html`${names.map((name) => choicePill(field, field.options.choices?.find((choice) => choice.name === name) ?? { id: 0, name, color: "grey" }))}`;
  }
  if (Array.isArray(value)) return value.map((item) => (typeof item === "object" && item !== null ? ((item as { name?: string }).name ?? "…") : String(item))).join(kind === "range" || kind === "date-range" ? ` ${t("到")} ` : t("、"));
  return String(value ?? "");
}

/** Whose field a value in a condition is: it stands beside a field of the record that is looked for. */
function whoseField({ page, definition }: Whole, value: StepValue): string {
  const of = String(value.of ?? "trigger");
  const step = of === "trigger" ? undefined : find(definition.steps, of);
  return step ? stepLabel(page, definition, step) : t("触发的记录");
}

/** A test in words. */
export function describeTest(page: PageData, definition: Definition, test: Test | null | undefined): TemplateResult {
  if (!test) return html`<span class="f3">${t("其他情况")}</span>`;
  if (test.kind === "outcome_is") {
    const step = find(definition.steps, test.step);
    if (!step) return html`${missing()}`;
    const kind = page.kinds.find((found) => found.id === step.config.kind);
    const outcome = kind?.outcomes.find((found) => found.key === test.outcome);
    return html`<span class="chip">${stepLabel(page, definition, step)}</span>${t("结果是")} <span>${outcome?.label ?? "?"}</span>`;
  }
  if (test.kind === "tests") return describeTests(page, definition, test);
  if (test.kind === "compare") {
    const op = test.op ?? "eq";
    const right = op === "is_empty" || op === "is_not_empty" ? nothing : test.right ? describeValue(page, definition, undefined, test.right) : missing();
    return html`${test.left.kind === "literal" ? missing() : describeValue(page, definition, undefined, test.left)} ${operatorLabel(op)} ${right}`;
  }
  if (test.kind === "formula_holds") return html`${test.formula.source ? describeValue(page, definition, undefined, test.formula) : missing()}`;
  if (isEmptyFilter(test.where)) return html`${missing()}`;
  const table = tableOf(page, tableFor(page, definition, test.of));
  return table ? html`${describeFilter(table, test.where, { page, definition })}` : html`${missing()}`;
}

function describeTests(page: PageData, definition: Definition, test: Extract<Test, { kind: "tests" }>): TemplateResult {
  const items = test.items ?? [];
  if (!items.length) return html`${missing()}`;
  const word = test.match === "any" ? t("或") : t("且");
  const none = test.match === "none" ? html`<span class="au-and">${t("都不符合")}</span>` : nothing;
  return html`${none}${items.map((item, index) => html`${index ? html`<span class="au-and">${word}</span>` : nothing}${item.kind === "tests" && items.length > 1 ? html`(${describeTest(page, definition, item)})` : describeTest(page, definition, item)}`)}`;
}

/** Which records a step is about. `always`: said even where it is the trigger's own. */
export function describeAim(page: PageData, definition: Definition, aim: Aim, always = false): Line {
  const own = !aim.of || aim.of === "trigger";
  if (own && !aim.via) return always ? html`<span class="vchip">${t("触发的记录")}</span>` : nothing;
  const step = own ? undefined : find(definition.steps, aim.of!);
  const from = step ? stepLabel(page, definition, step) : t("触发的记录");
  const link = tableOf(page, tableFor(page, definition, aim.of))?.fields.find((field) => field.id === aim.via);
  const tail = always ? nothing : html`<span class="f3">·</span>`;
  const words = aim.every ? t("{step} 找到的全部", { step: from }) : aim.via ? t("{record} 的「{field}」", { record: from, field: link?.name ?? "?" }) : from;
  return html`<span class="vchip">${words}</span>${tail}`;
}

/** A value in a few words, as a chip. */
export function describeValue(page: PageData, definition: Definition, field: Field | undefined, value: StepValue): Line | string {
  switch (value.kind) {
    case "literal": {
      const given = value.value;
      if (given === null || given === undefined || given === "") return html`<span class="f3">${t("空")}</span>`;
      if (typeof given === "boolean") return given ? t("勾选") : t("不勾选");
      const choice = field?.options.choices?.find((one) => one.name === given || one.id === given);
      if (field && choice) return choicePill(field, choice);
      if (Array.isArray(given)) return given.map((item) => (typeof item === "object" && item ? ((item as { name?: string }).name ?? "…") : String(item))).join(t("、"));
      if (typeof given === "object") return (given as { name?: string }).name ?? "…";
      return html`<span class="cut">${String(given)}</span>`;
    }
    case "field": {
      let table = tableOf(page, tableFor(page, definition, value.of as string | undefined));
      const names: string[] = [];
      for (const link of (value.via as string[] | undefined) ?? []) {
        const found = table?.fields.find((one) => one.id === link);
        names.push(found?.name ?? "?");
        table = tableOf(page, found?.options.table ?? "");
      }
      const source = table?.fields.find((one) => one.id === value.field);
      names.push(value.field === "$id" ? t("记录的名称") : value.field === "$created_at" ? t("创建它的时间") : (source?.name ?? "?"));
      return html`<span class="vchip">${names.join(" › ")}</span>`;
    }
    case "before": {
      const source = tableOf(page, tableFor(page, definition, undefined))?.fields.find((one) => one.id === value.field);
      return html`<span class="vchip">${t("{field}(改动前)", { field: source?.name ?? "?" })}</span>`;
    }
    case "person":
      return html`<span class="vchip">${value.who === "creator" ? t("创建它的人") : value.who === "updater" ? t("更新人") : t("触发它的人")}</span>`;
    case "records":
      return html`<span class="vchip">${t("找到的全部")}</span>`;
    case "shifted":
      return html`${describeValue(page, definition, undefined, value.base as StepValue)}<span>${shiftLabel("", Number(value.amount), String(value.unit))}</span>`;
    case "formula":
      return html`<span class="vchip"><span class="cut">ƒ ${formulaWords(page, definition, value)}</span></span>`;
    case "output": {
      const step = find(definition.steps, String(value.step));
      const kind = page.kinds.find((found) => found.id === step?.config.kind);
      return html`<span class="vchip">${kind?.outputs.find((output) => output.key === value.key)?.label ?? "?"}</span>`;
    }
    case "now":
      return html`<span class="vchip">${t("当时的时间")}</span>`;
    case "record_url":
      return html`<span class="vchip">${t("打开记录的链接")}</span>`;
    default:
      return html`${describeParts(page, definition, (value.parts ?? []) as (string | StepValue)[])}`;
  }
}

/** Text with values, on one line. */
export function describeParts(page: PageData, definition: Definition, parts: readonly (string | StepValue)[]): Line {
  return html`${parts.map((part) => (typeof part === "string" ? part : describeValue(page, definition, undefined, part)))}`;
}

function formulaWords(page: PageData, definition: Definition, value: StepValue): string {
  const table = tableOf(page, tableFor(page, definition, value.of as string | undefined));
  return String(value.source ?? "").replace(/\{(fld[0-9A-Za-z]{14})\}/g, (whole, id: string) => {
    const field = table?.fields.find((one) => one.id === id);
    return field ? `{${field.name}}` : whole;
  });
}

function howLabel(field: Field | undefined, how: Assignment["how"]): string {
  if (how === "clear") return t("清空");
  const list = field && ["multi_select", "attachment", "link", "member", "text", "long_text"].includes(field.type);
  if (how === "add") return list ? t("追加") : t("加上");
  if (how === "remove") return list ? t("移除") : t("减去");
  return t("设为");
}

/** Fields and what they are set to, the first three. */
export function describeSet(page: PageData, definition: Definition, table: Table | undefined, set: readonly Assignment[]): Line {
  if (!set.length) return missing();
  const shown = set.slice(0, 3);
  return html`${shown.map((one, index) => {
      const field = table?.fields.find((found) => found.id === one.field);
      return html`${index ? html`<span class="au-and">,</span>` : nothing}<span class="chip">${field?.name ?? "?"}</span>${howLabel(field, one.how)} ${one.how === "clear" || !one.value ? nothing : describeValue(page, definition, field, one.value)}`;
    })}${set.length > shown.length ? html`<span class="f3">${t("等 {n} 个字段", { n: set.length })}</span>` : nothing}`;
}

/** Where something goes. */
export function describeConnector(page: PageData, id: string): TemplateResult {
  const connector = page.connectors.find((one) => one.id === id);
  return connector ? html`<span>${connector.name}</span>` : missing();
}

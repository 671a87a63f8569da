/** Triggers, conditions and steps in one line, with names as chips: what a card says. */
import { html, nothing, type TemplateResult } from "lit";
import { stateGlyph, type Choice, type Condition, type Field, type Filter } from "../fields/field";
import { typeUi } from "../fields/types";
import { operandLabel, operatorLabel, periodLabel, unitLabel, valueKind } from "../filter/operators";
import { glyph } from "../icons";
import { t } from "../i18n";
import { find } from "./tree";
import type { Definition, PageData, Step, StepValue, Table, Test, Trigger } from "./types";
import { stepLabel, tableOf } from "./values";

type Line = TemplateResult | typeof nothing;

const none = () => html`<span class="au-missing">${t("还没填")}</span>`;

/** An option of a select: a pill with its glyph for states, a tag for others. */
export function choicePill(field: Field, choice: Choice | undefined, small = false): TemplateResult {
  if (!choice) return html`<span class="tag">?</span>`;
  const shape = stateGlyph(field, choice);
  if (!field.options.machine) return html`<span class="tag c-${choice.color}"><span class="cut">${choice.name}</span></span>`;
  return html`<span class="pill c-${choice.color} ${shape ? "" : "plain"} ${small ? "s" : ""}">${shape ? glyph(shape) : nothing}<span class="cut">${choice.name}</span></span>`;
}

function choices(field: Field, numbers: readonly number[] | undefined): Line {
  if (!numbers?.length) return html`<span class="f3">${t("任意状态")}</span>`;
  return html`${numbers.map((number) => choicePill(field, field.options.choices?.find((choice) => choice.id === number)))}`;
}

/** What sets an automation off. */
export function describeTrigger(page: PageData, trigger: Trigger): TemplateResult {
  const table = tableOf(page, trigger.table);
  if (!table) return html`${none()}`;
  const where = trigger.where && !isEmptyFilter(trigger.where) ? html`<span class="au-and">${t("且")}</span>${describeFilter(table, trigger.where)}` : nothing;
  const name = html`<span>${table.name}</span>`;
  if (trigger.kind === "record_created" || trigger.kind === "button") return html`${name}${where}`;
  if (trigger.kind === "record_updated") {
    const fields = (trigger.fields ?? []).map((id) => table.fields.find((field) => field.id === id)?.name ?? "?");
    return html`${name}<span class="f3">·</span>${fields.length ? fields.map((field) => html`<span class="chip">${field}</span>`) : html`<span class="f3">${t("任意字段")}</span>`}${where}`;
  }
  const field = table.fields.find((one) => one.id === trigger.field);
  if (!field) return html`${name}${none()}`;
  return html`${name}<span class="f3">·</span>${choices(field, trigger.sources)}<span aria-label=${t("变成")}>→</span>${choices(field, trigger.targets)}${where}`;
}

export function isEmptyFilter(filter: Filter | null | undefined): boolean {
  return !filter || (filter.kind === "group" && (filter.items ?? []).every(isEmptyFilter));
}

/** A filter in words. */
export function describeFilter(table: Table, filter: Filter): Line {
  if (filter.kind === "condition") return describeCondition(table, filter);
  const items = (filter.items ?? []).filter((item) => !isEmptyFilter(item));
  const word = filter.conjunction === "or" ? t("或") : t("且");
  return html`${items.map((item, index) => html`${index ? html`<span class="au-and">${word}</span>` : nothing}${item.kind === "group" && items.length > 1 ? html`(${describeFilter(table, item)})` : describeFilter(table, item)}`)}`;
}

function describeCondition(table: Table, condition: Condition): Line {
  const field = table.fields.find((one) => one.id === condition.field);
  const system: Record<string, string> = { $created_at: t("创建时间"), $updated_at: t("更新时间"), $created_by: t("创建人"), $updated_by: t("更新人") };
  if (!field) return html`<span class="chip">${system[condition.field] ?? "?"}</span>${operatorLabel(condition.op)}`;
  return html`<span class="chip">${field.name}</span>${operatorLabel(condition.op, field)} ${describeOperand(field, condition)}`;
}

function describeOperand(field: Field, condition: Condition): Line | string {
  const { value } = condition;
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
  if (Array.isArray(value)) return value.map((item) => (typeof item === "object" && item !== null ? ((item as { name?: string }).name ?? "…") : String(item))).join(kind === "range" || kind === "date-range" ? ` ${t("到")} ` : "、");
  return String(value ?? "");
}

/** A test in words. */
export function describeTest(page: PageData, definition: Definition, test: Test | null | undefined): TemplateResult {
  if (!test) return html`<span class="f3">${t("其他情况")}</span>`;
  if (test.kind === "outcome_is") {
    const step = find(definition.steps, test.step);
    if (!step) return html`${none()}`;
    const kind = page.kinds.find((found) => found.id === step.config.kind);
    const outcome = kind?.outcomes.find((found) => found.key === test.outcome);
    return html`<span class="chip">${stepLabel(page, definition, step)}</span>${t("结果是")} <span>${outcome?.label ?? "?"}</span>`;
  }
  if (isEmptyFilter(test.where)) return html`${none()}`;
  const table = tableOf(page, tableFor(definition, test.of));
  return table ? html`${describeFilter(table, test.where)}` : html`${none()}`;
}

/** The table of the record that a step calls `of`. */
export function tableFor(definition: Definition, of: string | undefined): string {
  if (!of || of === "trigger") return definition.trigger.table;
  const step = find(definition.steps, of);
  return step?.config.kind === "create_record" ? step.config.table : "";
}

function describeValue(page: PageData, definition: Definition, field: Field | undefined, value: StepValue): Line | string {
  switch (value.kind) {
    case "literal": {
      const given = value.value;
      if (given === null || given === undefined || given === "") return html`<span class="f3">${t("空")}</span>`;
      if (typeof given === "boolean") return given ? t("勾选") : t("不勾选");
      const choice = field?.options.choices?.find((one) => one.name === given || one.id === given);
      if (field && choice) return choicePill(field, choice);
      if (Array.isArray(given)) return given.map((item) => (typeof item === "object" && item ? ((item as { name?: string }).name ?? "…") : String(item))).join("、");
      if (typeof given === "object") return (given as { name?: string }).name ?? "…";
      return html`<span class="cut">${String(given)}</span>`;
    }
    case "field": {
      const table = tableOf(page, tableFor(definition, value.of as string | undefined));
      const source = table?.fields.find((one) => one.id === value.field);
      return html`<span class="vchip">${value.field === "$id" ? t("记录的名称") : (source?.name ?? "?")}</span>`;
    }
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

function assignments(page: PageData, definition: Definition, table: Table | undefined, set: readonly { field: string; value: StepValue }[]): Line {
  if (!set.length) return none();
  const shown = set.slice(0, 3);
  return html`${shown.map((one, index) => {
      const field = table?.fields.find((found) => found.id === one.field);
      return html`${index ? html`<span class="au-and">,</span>` : nothing}<span class="chip">${field?.name ?? "?"}</span>${t("设为")} ${describeValue(page, definition, field, one.value)}`;
    })}${set.length > shown.length ? html`<span class="f3">${t("等 {n} 个字段", { n: set.length })}</span>` : nothing}`;
}

/** What a step does. */
export function describeStep(page: PageData, definition: Definition, step: Step): Line {
  const { config } = step;
  switch (config.kind) {
    case "only_if":
      return describeTest(page, definition, config.test);
    case "branch":
      return nothing;
    case "reserve_stock":
    case "release_stock": {
      const stock = page.stocks.find((one) => one.id === config.stock);
      if (!stock) return none();
      return html`<span class="chip">${stock.name}</span>${config.kind === "reserve_stock" ? t("每条明细都占到,不然一件也不占") : t("把占着的放回去")}`;
    }
    case "update_record":
      return assignments(page, definition, tableOf(page, tableFor(definition, config.of)), config.set);
    case "create_record": {
      const table = tableOf(page, config.table);
      return table ? html`<span>${table.name}</span><span class="f3">·</span>${config.set?.length ? assignments(page, definition, table, config.set) : html`<span class="f3">${t("空记录")}</span>`}` : none();
    }
    case "send_wecom":
    case "http_post": {
      const connector = page.connectors.find((one) => one.id === config.connector);
      const to = connector ? html`<span>${connector.name}</span>` : none();
      if (config.kind === "http_post") return html`${to}<span class="f3">·</span>${t("{n} 项内容", { n: Object.keys(config.body ?? {}).length })}`;
      const mention = config.mention?.length ? html`<span class="f3">·</span>${t("提到")} ${config.mention.map((who) => html`<span class="chip">${who}</span>`)}` : nothing;
      return html`${to}${mention}<span class="au-said cut">${config.text.parts.length ? describeParts(page, definition, config.text.parts) : none()}</span>`;
    }
  }
}

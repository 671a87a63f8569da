/** Conditions in words: which operators a field has, what they are called, and what kind of value they take. */
import type { Field, Value } from "../fields/field";
import { typeUi } from "../fields/types";
import { stateTimeKind } from "../fields/types/state-time";
import { t } from "../i18n";
import { valueIn } from "./values";

export type ValueKind = "none" | "text" | "number" | "range" | "date" | "date-range" | "duration" | "period" | "choice" | "choices" | "yes" | "links" | "texts";

const text = ["contains", "not_contains", "is", "is_not", "starts_with", "ends_with", "is_any_of", "is_none_of", "is_empty", "is_not_empty"];
const number = ["eq", "ne", "gt", "ge", "lt", "le", "between", "is_empty", "is_not_empty"];
const date = ["on", "before", "after", "between", "in_period", "older_than", "newer_than", "within_next", "is_empty", "is_not_empty"];

const byType: Record<string, string[]> = {
  number,
  currency: number,
  percent: number,
  rollup: number,
  date,
  datetime: date,
  created_time: date,
  updated_time: date,
  checkbox: ["is"],
  single_select: ["is", "is_not", "is_any_of", "is_none_of", "is_empty", "is_not_empty"],
  multi_select: ["has_all_of", "is_any_of", "is_none_of", "is_empty", "is_not_empty"],
  link: ["is_any_of", "is_none_of", "contains", "is_empty", "is_not_empty"],
};

/** What a field's conditions behave like: computed fields as their result. */
export function kindOf(field: Field): string {
  if (field.type === "formula" || (field.type === "rollup" && field.options.result)) return { number: "number", boolean: "checkbox", date: "date", datetime: "datetime" }[field.options.result ?? "text"] ?? "text";
  if (field.type === "rollup") return "number";
  if (field.type === "state_time") return stateTimeKind(field);
  if (field.type === "lookup") return field.operators?.includes("eq") && !field.operators.includes("contains") ? "number" : "text";
  return field.type;
}

/** The operators of a field, as the server says, or by its type; in our order. */
export function operatorsOf(field: Field): string[] {
  const known = byType[kindOf(field)] ?? typeUi(kindOf(field))?.operators ?? text;
  if (!field.operators) return known;
  const allowed = new Set(field.operators);
  const listed = known.filter((op) => allowed.has(op));
  return listed.length ? listed : field.operators;
}

const dated = new Set(["date", "datetime", "created_time", "updated_time"]);

/** An operator in words; dates read a little differently. */
export function operatorLabel(op: string, field?: Field): string {
  const isDate = field !== undefined && dated.has(kindOf(field));
  const labels: Record<string, string> = {
    is: t("是"),
    is_not: t("不是"),
    contains: t("包含"),
    not_contains: t("不包含"),
    starts_with: t("开头是"),
    ends_with: t("结尾是"),
    is_any_of: t("是其中之一"),
    is_none_of: t("不是其中任何一个"),
    has_all_of: t("包含全部"),
    within: t("属于"),
    not_within: t("不属于"),
    is_empty: t("为空"),
    is_not_empty: t("不为空"),
    eq: t("等于"),
    ne: t("不等于"),
    gt: t("大于"),
    ge: t("大于等于"),
    lt: t("小于"),
    le: t("小于等于"),
    between: t("介于"),
    on: t("是这天"),
    before: t("早于"),
    after: t("晚于"),
    older_than: t("已过去超过"),
    newer_than: t("在过去"),
    within_next: t("在未来"),
    in_period: t("在"),
  };
  if (isDate && op === "is") return t("是这天");
  const label = labels[op] ?? op;
  return (field && typeUi(kindOf(field))?.operatorLabel?.(op, label)) ?? label;
}

/** One operand in words: choices that are stored by number or id by their label. */
export function operandLabel(field: Field | undefined, value: Value): string | undefined {
  return field && typeUi(field.type)?.options?.(field).find((option) => option.value === value)?.label;
}

export function periodLabel(period: string): string {
  const labels: Record<string, string> = {
    today: t("今天"),
    yesterday: t("昨天"),
    this_week: t("本周"),
    last_week: t("上周"),
    this_month: t("本月"),
    last_month: t("上月"),
    this_year: t("今年"),
    last_7_days: t("近 7 天"),
    last_30_days: t("近 30 天"),
  };
  return labels[period] ?? period;
}

export const periods = ["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_year", "last_7_days", "last_30_days"];
export const units = ["minute", "hour", "day", "week", "month"];

export function unitLabel(unit: string): string {
  const labels: Record<string, string> = { minute: t("分钟"), hour: t("小时"), day: t("天"), week: t("周"), month: t("个月") };
  return labels[unit] ?? unit;
}

/** The kind of value that `field op` takes. */
export function valueKind(field: Field, op: string): ValueKind {
  const kind = kindOf(field);
  if (op === "is_empty" || op === "is_not_empty") return "none";
  const ui = typeUi(kind);
  if (ui) return ui.valueKind(op);
  if (op === "in_period") return "period";
  if (op === "older_than" || op === "newer_than" || op === "within_next") return "duration";
  if (dated.has(kind)) return op === "between" ? "date-range" : "date";
  if (op === "between") return "range";
  if (kind === "checkbox") return "yes";
  if (kind === "single_select") return op === "is" || op === "is_not" ? "choice" : "choices";
  if (kind === "multi_select") return "choices";
  if (kind === "link" && op !== "contains") return "links";
  if (["number", "currency", "percent"].includes(kind)) return "number";
  return op === "is_any_of" || op === "is_none_of" ? "texts" : "text";
}

/** Whether a value from elsewhere can stand as the operand. */
export function takesValues(field: Field, op: string): boolean {
  return !["none", "period", "duration", "range", "date-range", "yes"].includes(valueKind(field, op));
}

/** The value a condition starts with when its field or operator is chosen; what fits of the old one is kept. */
export function startValue(field: Field, op: string, old: Value): Value {
  if (valueIn(old) && takesValues(field, op)) return old;
  switch (valueKind(field, op)) {
    case "none":
      return undefined;
    case "period":
      return typeof old === "string" && periods.includes(old) ? old : "today";
    case "duration":
      return isDuration(old) ? old : { amount: 24, unit: "hour" };
    case "range":
    case "date-range":
      return Array.isArray(old) && old.length === 2 ? old : [null, null];
    case "choices":
    case "links":
    case "texts":
      return Array.isArray(old) ? old : typeof old === "string" && old ? [old] : [];
    case "yes":
      return typeof old === "boolean" ? old : true;
    case "choice":
    case "text":
      return typeof old === "string" ? old : Array.isArray(old) && typeof old[0] === "string" ? old[0] : "";
    default:
      return typeof old === "string" || typeof old === "number" ? old : null;
  }
}

export interface Duration {
  amount: number;
  unit: string;
}

export function isDuration(value: Value): value is Duration {
  return typeof value === "object" && value !== null && "amount" in value && "unit" in value;
}

/** Whether the condition says something: nothing left to fill in. */
export function isComplete(field: Field, op: string, value: Value): boolean {
  if (valueIn(value)) return takesValues(field, op);
  switch (valueKind(field, op)) {
    case "none":
    case "yes":
      return true;
    case "range":
    case "date-range":
      return Array.isArray(value) && value.length === 2 && value.every((item) => item !== null && item !== "");
    case "choices":
    case "links":
    case "texts":
      return Array.isArray(value) && value.length > 0;
    case "duration":
      return isDuration(value) && value.amount > 0;
    default:
      return value !== null && value !== undefined && value !== "";
  }
}

/** The kinds of widget: what a menu says of them, and what a new one begins with. */
import type { Field } from "../fields/field";
import { N_ } from "../i18n";
import type { Table, WidgetConfig } from "./types";

export interface Kind {
  kind: WidgetConfig["kind"];
  name: string;
  icon: string;
  text: string;
  size: { w: number; h: number };
}

export const kinds: Kind[] = [
  { kind: "number", name: N_("数字"), icon: "hash", text: N_("一个数:多少单、合计多少钱"), size: { w: 3, h: 2 } },
  { kind: "donut", name: N_("环形图"), icon: "chart-pie", text: N_("各状态、各渠道占多少"), size: { w: 5, h: 7 } },
  { kind: "bar", name: N_("柱形图"), icon: "chart-column", text: N_("按选项比较多少,可以再拆分"), size: { w: 6, h: 7 } },
  { kind: "trend", name: N_("趋势折线图"), icon: "chart-line", text: N_("随时间的变化,每个渠道一条线"), size: { w: 7, h: 7 } },
  { kind: "list", name: N_("记录列表"), icon: "list", text: N_("需要有人处理的记录"), size: { w: 12, h: 7 } },
];

/** Fields that can make slices or bars. */
export function groupable(fields: Field[]): Field[] {
  return fields.filter((field) => ["single_select", "checkbox", "link", "text", "phone", "location"].includes(field.type));
}

/** Fields that are moments or days. */
export function dated(fields: Field[]): Field[] {
  return fields.filter((field) => ["date", "datetime", "created_time", "updated_time"].includes(field.type));
}

/** Fields whose numbers add up. */
export function summable(fields: Field[]): Field[] {
  return fields.filter((field) => field.aggregates?.includes("sum"));
}

/** A widget of that kind over a table, with the fields one would choose first. */
export function fresh(kind: WidgetConfig["kind"], table: Table): WidgetConfig {
  const selects = groupable(table.fields).sort((a, b) => Number(b.type === "single_select") - Number(a.type === "single_select"));
  const base: WidgetConfig = { kind, table: table.id };
  if (kind === "donut" || kind === "bar") return { ...base, field: selects[0]?.id ?? "", aggregate: { fn: "count" } };
  if (kind === "trend") return { ...base, date_field: dated(table.fields)[0]?.id ?? "", bucket: "day", periods: 30, aggregate: { fn: "count" } };
  if (kind === "list") return { ...base, fields: table.fields.filter((field) => field.type !== "long_text").slice(0, 6).map((field) => field.id), limit: 20 };
  return { ...base, aggregate: { fn: "count" } };
}

/** The first table that a widget of this kind can be about. */
export function suitable(kind: WidgetConfig["kind"], tables: Table[]): Table | undefined {
  if (kind === "trend") return tables.find((table) => dated(table.fields).length > 0);
  if (kind === "donut" || kind === "bar") return tables.find((table) => groupable(table.fields).some((field) => field.type === "single_select")) ?? tables.find((table) => groupable(table.fields).length > 0);
  return tables[0];
}

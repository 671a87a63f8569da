/** Columns as a view keeps them: their order, what is hidden, widths and summaries. */
import type { Field } from "../fields/field";
import { defaultSummary } from "../grid/actions";
import { allStates } from "../grid/columns";
import type { ColumnState } from "../grid/types";
import { same } from "./draft";
import type { TableInfo, View, ViewColumn } from "./info";

/** The grid's columns as the view keeps them: the usual number under a column is not written down, none at all is. */
export function toColumns(columns: readonly ColumnState[], fields: readonly Field[]): ViewColumn[] {
  return columns.map((column) => {
    const field = fields.find((one) => one.id === column.field);
    const usual = field ? defaultSummary(field) : null;
    const summary = column.summary ?? null;
    return { field: column.field, hidden: column.hidden ?? false, width: column.width ?? null, summary: summary === usual ? null : (summary ?? "none") };
  });
}

/** Number of fields that the view hides. */
export function hiddenCount(table: TableInfo, view: View): number {
  const known = new Set(table.fields.map((field) => field.id));
  return view.columns.filter((column) => column.hidden && known.has(column.field) && column.field !== table.primary).length;
}

/** Ids of all fields in the view's order, and of those it shows. */
export function orderOf(table: TableInfo, view: View): { all: string[]; shown: string[] } {
  const states = allStates(table.fields, view.columns, table.primary);
  return { all: states.map((state) => state.field), shown: states.filter((state) => !state.hidden || state.field === table.primary).map((state) => state.field) };
}

/** The view's columns in another order, other ones hidden; widths and summaries stay. */
export function columnsOf(view: View, all: readonly string[], shown: readonly string[]): ViewColumn[] {
  const before = new Map(view.columns.map((column) => [column.field, column]));
  const visible = new Set(shown);
  return all.map((field) => ({ ...before.get(field), field, hidden: !visible.has(field) }));
}

/** Whether two lists of columns show the same: what a list leaves out stands at its end, shown, as wide as usual. */
export function sameColumns(table: TableInfo, one: readonly ViewColumn[], other: readonly ViewColumn[]): boolean {
  const whole = (columns: readonly ViewColumn[]) => allStates(table.fields, columns, table.primary);
  return same(whole(one), whole(other));
}

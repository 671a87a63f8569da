/** The columns that are shown: order, widths, and which of them are in sight. */
import { typeUi } from "../fields/types";
import type { ColumnState, Field } from "./types";

export const leastWidth = 64;
export const numberWidth = 56;

const widths: Record<string, number> = {
  checkbox: 72,
  number: 112,
  currency: 112,
  percent: 96,
  date: 112,
  datetime: 148,
  created_time: 148,
  updated_time: 148,
  single_select: 128,
  multi_select: 176,
  phone: 136,
  long_text: 220,
  link: 200,
  lookup: 168,
  auto_number: 160,
  created_by: 112,
  updated_by: 112,
};

export interface Column {
  field: Field;
  width: number;
  /** Pixels from the left edge of the first column (row numbers not counted). */
  left: number;
  summary: string | null;
}

/** The columns of a view: its own order first, fields it does not name at the end; hidden ones left out; primary first. */
export function visibleColumns(fields: readonly Field[], states: readonly ColumnState[], primary: string | null): Column[] {
  const byField = new Map(states.map((state) => [state.field, state]));
  const rank = new Map(states.map((state, index) => [state.field, index]));
  const ordered = [...fields].sort((a, b) => (rank.get(a.id) ?? states.length) - (rank.get(b.id) ?? states.length));
  const first = ordered.findIndex((field) => field.id === primary);
  if (first > 0) ordered.unshift(...ordered.splice(first, 1));
  let left = 0;
  return ordered
    .filter((field) => field.id === primary || !byField.get(field.id)?.hidden)
    .map((field) => {
      const state = byField.get(field.id);
      const width = Math.max(leastWidth, state?.width ?? usualWidth(field));
      const column = { field, width, left, summary: state?.summary ?? null };
      left += width;
      return column;
    });
}

function usualWidth(field: Field): number {
  if (field.type === "link" && field.options.many === false) return 136;
  if (field.type === "datetime" && field.options.seconds === true) return 176; // also a year ago: "2020-02-27 00:12:34"
  return widths[field.type] ?? typeUi(field.type)?.width ?? 160;
}

/** The states of all fields after `change` of one of them, complete and in the order shown. */
export function changedStates(fields: readonly Field[], states: readonly ColumnState[], primary: string | null, id: string, change: Partial<ColumnState>): ColumnState[] {
  return allStates(fields, states, primary).map((state) => (state.field === id ? { ...state, ...change } : state));
}

/** Every field's state in the order of the view, hidden ones included. */
export function allStates(fields: readonly Field[], states: readonly ColumnState[], primary: string | null): ColumnState[] {
  const known = new Set(fields.map((field) => field.id));
  const listed = states.filter((state) => known.has(state.field));
  const missing = fields.filter((field) => !listed.some((state) => state.field === field.id)).map((field) => ({ field: field.id }));
  const all: ColumnState[] = [...listed, ...missing];
  const first = all.findIndex((state) => state.field === primary);
  if (first > 0) all.unshift(...all.splice(first, 1));
  return all;
}

/** Move a field before another (or to the end, for null). The primary field stays first. */
export function movedStates(fields: readonly Field[], states: readonly ColumnState[], primary: string | null, id: string, before: string | null): ColumnState[] {
  if (id === primary || id === before) return allStates(fields, states, primary);
  const all = allStates(fields, states, primary);
  const moved = all.find((state) => state.field === id);
  if (!moved) return all;
  const rest = all.filter((state) => state !== moved);
  const place = before === null ? -1 : rest.findIndex((state) => state.field === before);
  rest.splice(place < 0 ? rest.length : place, 0, moved);
  return allStates(fields, rest, primary);
}

/** First and last index of the columns (after the frozen one) that touch the stretch from `left` to `right`. */
export function columnsInSight(columns: readonly Column[], left: number, right: number): { from: number; to: number } {
  let from = 1;
  while (from < columns.length - 1 && columns[from]!.left + columns[from]!.width < left) from += 1;
  let to = from;
  while (to < columns.length - 1 && columns[to + 1]!.left <= right) to += 1;
  return { from, to: Math.min(to, columns.length - 1) };
}

/** The width of all columns. */
export function totalWidth(columns: readonly Column[]): number {
  const last = columns.at(-1);
  return last ? last.left + last.width : 0;
}

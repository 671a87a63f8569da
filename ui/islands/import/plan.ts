/** Where each column of a file goes: what is proposed, what is wrong with it, and how it is told to the server. */
import type { Field } from "../fields/field";
import type { TableInfo } from "../table/info";
import type { DateOrder, FileColumn, Preview } from "./types";

/** An existing field, a new one, or nowhere. */
export type Target = { kind: "field"; field: string } | { kind: "new"; name: string; type: string } | { kind: "skip" };

export interface ColumnPlan {
  column: number;
  target: Target;
  /** Give a select the options of the file that it lacks. */
  addOptions: boolean;
  dateOrder: DateOrder;
  hundredths: boolean;
}

/** Everything decided in the second step. */
export interface Plan {
  /** Id of the table that is filled; null for a new one. */
  table: string | null;
  newTable: string;
  columns: ColumnPlan[];
  statesAsIs: boolean;
  runAutomations: boolean;
}

/** How the file is read: which sheet, which row holds the names. */
export interface Reading {
  sheet: string | null;
  headerRow: number | null;
  /** Let the server find the header row. */
  guessHeader: boolean;
  /** Of a text file; null: as the server found it. */
  encoding: string | null;
}

/** The first proposal: the server's guesses; columns without any value go nowhere. */
export function propose(preview: Preview, canBuild: boolean): ColumnPlan[] {
  return preview.columns.map((column) => ({
    column: column.column,
    target: proposedTarget(column, preview.table !== null, canBuild),
    addOptions: canBuild,
    dateOrder: column.date_order,
    hundredths: column.hundredths,
  }));
}

function proposedTarget(column: FileColumn, intoTable: boolean, canBuild: boolean): Target {
  if (column.field) return { kind: "field", field: column.field };
  if (intoTable || !canBuild || column.empty_share === 1) return { kind: "skip" };
  return asNew(column);
}

/** The column as a new field of its guessed kind. */
export function asNew(column: FileColumn): Target {
  return { kind: "new", name: column.new.name, type: column.new.type };
}

/** "订单 2026" out of "订单 2026.xlsx". */
export function tableName(filename: string): string {
  return filename.replace(/\.[^.]{1,5}$/, "").trim().slice(0, 80) || filename;
}

export type Fault = { code: "twice"; name: string } | { code: "taken"; name: string } | { code: "nameless" };

/** What is wrong with single columns, by column: two into one field, a name that is taken or missing. */
export function faults(plan: Plan, table: TableInfo | null): Map<number, Fault> {
  const found = new Map<number, Fault>();
  const fieldNames = new Map((table?.fields ?? []).map((field) => [field.id, field.name]));
  const existing = new Set((table?.fields ?? []).map((field) => field.name.trim().toLowerCase()));
  const seen = new Set<string>();
  for (const { column, target } of plan.columns) {
    if (target.kind === "skip") continue;
    const name = target.kind === "field" ? (fieldNames.get(target.field) ?? "") : target.name.trim();
    const key = target.kind === "field" ? target.field : `new:${name.toLowerCase()}`;
    if (target.kind === "new" && !name) found.set(column, { code: "nameless" });
    else if (seen.has(key)) found.set(column, { code: "twice", name });
    else if (target.kind === "new" && existing.has(name.toLowerCase())) found.set(column, { code: "taken", name });
    seen.add(key);
  }
  return found;
}

/** Required fields of the table that no column fills: every row would be refused. */
export function unfilled(plan: Plan, table: TableInfo | null): Field[] {
  const filled = new Set(plan.columns.flatMap(({ target }) => (target.kind === "field" ? [target.field] : [])));
  return (table?.fields ?? []).filter((field) => field.required && !field.readonly && field.default == null && !filled.has(field.id));
}

export interface Tally {
  existing: number;
  added: number;
  skipped: number;
}

/** How many columns go where. */
export function tally(plan: Plan): Tally {
  const count = (kind: Target["kind"]) => plan.columns.filter(({ target }) => target.kind === kind).length;
  return { existing: count("field"), added: count("new"), skipped: count("skip") };
}

/** The fields of the table that columns go into. */
export function filledFields(plan: Plan, table: TableInfo | null): Field[] {
  const filled = new Set(plan.columns.flatMap(({ target }) => (target.kind === "field" ? [target.field] : [])));
  return (table?.fields ?? []).filter((field) => filled.has(field.id));
}

/** The body of `POST /imports/{job}/start`. */
export function decisionOf(plan: Plan, reading: Reading, preview: Preview): Record<string, unknown> {
  const columns = plan.columns
    .filter(({ target }) => target.kind !== "skip")
    .map(({ column, target, addOptions, dateOrder, hundredths }) => ({
      column,
      date_order: dateOrder,
      hundredths,
      ...(target.kind === "field" ? { field: target.field, add_options: addOptions } : {}),
      ...(target.kind === "new" ? { new: specOf(target, preview.columns[column]) } : {}),
    }));
  return {
    columns,
    table: plan.table,
    new_table: plan.table ? "" : plan.newTable.trim(),
    sheet: reading.sheet ?? preview.sheet,
    header_row: reading.headerRow,
    guess_header: reading.guessHeader,
    encoding: reading.encoding,
    states_as_is: plan.statesAsIs,
    run_automations: plan.table !== null && plan.runAutomations,
  };
}

function specOf(target: { name: string; type: string }, column: FileColumn | undefined): Record<string, unknown> {
  const guessed = column?.new.type === target.type;
  return { name: target.name.trim(), type: target.type, options: guessed ? column.new.options : optionsOf(target.type) };
}

function optionsOf(type: string): Record<string, unknown> {
  return type === "single_select" || type === "multi_select" ? { choices: [] } : {};
}

/** A date of figures only, read in an order: "03/04/2026" as "2026-04-03"; "" when it cannot be. */
export function readAs(text: string, order: DateOrder): string {
  const figures = /^\D*(\d{1,4})\D(\d{1,2})\D(\d{1,4})/.exec(text);
  if (!figures) return "";
  const places = { ymd: [1, 2, 3], mdy: [3, 1, 2], dmy: [3, 2, 1] }[order];
  const [year, month, day] = places.map((place) => Number(figures[place]));
  if (!month || !day || month > 12 || day > 31 || year === undefined) return "";
  const full = year < 100 ? 2000 + year : year;
  return `${full}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** The example that tells two orders apart best, e.g. "03/04/2026" rather than "05/05/2026". */
export function tellingDate(examples: readonly string[]): string {
  return examples.find((text) => readAs(text, "mdy") !== readAs(text, "dmy")) ?? examples[0] ?? "";
}

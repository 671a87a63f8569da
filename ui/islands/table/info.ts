/** Tables as the page knows them, and a cache of the others it shows records of. */
import { api } from "../api";
import type { Field, Filter, Sort } from "../fields/field";
import { watch } from "../live";

export interface GroupLevel {
  field?: string | null;
  bucket?: string | null;
  buckets?: unknown[];
  descending?: boolean;
}

export interface ViewColumn {
  field: string;
  hidden?: boolean;
  width?: number | null;
  /** Number under the column: one of the aggregate functions. */
  summary?: string | null;
}

export type RowHeight = "short" | "medium" | "tall";

export interface View {
  id: string;
  version: number;
  name: string;
  type: string;
  columns: ViewColumn[];
  where: Filter | null;
  sorts: Sort[];
  groups: GroupLevel[];
  row_height: RowHeight;
}

export interface TableInfo {
  id: string;
  app: string;
  name: string;
  icon: string;
  description: string;
  /** What one record is called (订单); "" for the general word. */
  record_noun: string;
  primary: string | null;
  /** Combinations of fields that may not repeat. */
  unique?: { fields: string[] }[];
  fields: Field[];
  views: View[];
  estimate: number | null;
  role: string | null;
  /** Members of the app, whom cells may hold. */
  people?: { id: string; name: string; email?: string }[];
}

export interface TableRef {
  id: string;
  name: string;
  icon: string;
}

const known = new Map<string, Promise<TableInfo>>();
const watched = new Set<string>();

/** Keep a description that came with the page, or newer than what is kept. */
export function rememberTable(table: TableInfo): void {
  known.set(table.id, Promise.resolve(table));
  follow(table.id);
}

/** A table's description; asked for once, and again when its structure changes. */
export function tableInfo(id: string): Promise<TableInfo> {
  let found = known.get(id);
  if (!found) {
    found = api.get<TableInfo>(`/api/v1/tables/${id}`);
    known.set(id, found);
    found.then(
      () => follow(id),
      () => known.delete(id),
    );
  }
  return found;
}

/** Ask for a table's description anew. */
export function refreshTable(id: string): Promise<TableInfo> {
  known.delete(id);
  return tableInfo(id);
}

function follow(id: string): void {
  if (watched.has(id)) return;
  watched.add(id);
  watch([id], (change) => {
    if (change.kind === "schema") known.delete(id);
  });
}

/** The field that names records. */
export function primaryOf(table: TableInfo): Field | undefined {
  return table.fields.find((field) => field.id === table.primary) ?? table.fields[0];
}

/** The first state machine of the table. */
export function machineOf(table: TableInfo): Field | undefined {
  return table.fields.find((field) => field.options.machine);
}

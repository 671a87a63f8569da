/** What the server says of a file that is to be imported, and of the import itself (`/api/v1/imports…`). */
import type { Problem } from "../api";
import type { TableRef } from "../table/info";

export type DateOrder = "ymd" | "mdy" | "dmy";

/** A field to be made, as the API takes it. */
export interface FieldSpec {
  name: string;
  type: string;
  options: Record<string, unknown>;
}

/** A column of the file: what it seems to hold and the field proposed for it. */
export interface FileColumn {
  column: number;
  name: string;
  kind: string;
  reason: string;
  examples: string[];
  empty_share: number;
  field: string | null;
  new: FieldSpec;
  date_order: DateOrder;
  order_ambiguous: boolean;
  hundredths: boolean;
}

export interface Preview {
  id: string;
  filename: string;
  sheets: string[];
  sheet: string;
  /** Number of the row that holds the names, from 1; null when there is none. */
  header_row: number | null;
  row_estimate: number;
  notices: string[];
  columns: FileColumn[];
  rows: string[][];
  top: [number, string[]][];
  encoding: string | null;
  table: string | null;
}

export interface BadRow {
  row: number;
  problems: Problem[];
  cells: string[];
}

export type JobStatus = "draft" | "queued" | "running" | "finished" | "cancelled" | "failed";

export interface Job {
  id: string;
  status: JobStatus;
  filename: string;
  app: string;
  table: string | null;
  total: number | null;
  done: number;
  created: number;
  failed: number;
  message: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** Field id → place of its column among the cells of a row. */
  columns: Record<string, number>;
  bad: BadRow[];
}

/** A kind that a new field can have. */
export interface Kind {
  name: string;
  label: string;
  icon: string;
  description: string;
}

export interface PastImport {
  id: string;
  filename: string;
  status: JobStatus;
  created: number;
  failed: number;
  done: number;
  total: number | null;
  at: string;
  table_name: string | null;
}

export interface AppRef {
  id: string;
  name: string;
  icon?: string;
}

/** What comes with the page. */
export interface PageData {
  job: string | null;
  app: AppRef | null;
  apps: AppRef[];
  table: string | null;
  tables: TableRef[];
  recent: PastImport[];
  can_build: boolean;
  types: Kind[];
  max_mb: number;
}

import type { Field, Filter, RecordData, Sort, Value } from "../fields/field";
import type { Problem } from "../api";
import type { Move } from "../record/types";

export type { Field, Filter, RecordData, Sort, Value };

/** A row of the grid: a record, and what only this page knows of it. */
export interface Row extends RecordData {
  /** Typed but not (yet) stored, by field: shown in place, with the reason if it was refused. */
  drafts?: Record<string, Draft>;
}

export interface Draft {
  value: Value;
  /** Why it was refused; absent while it is being saved. */
  problem?: string;
}

export interface PageRequest {
  /** Position of the first row, within the group if one is given. */
  at: number;
  limit: number;
  group: GroupInfo | null;
}

export interface Page {
  records: RecordData[];
  /** Rows in all, as far as known; exact if `end`. */
  total: number | null;
  /** `total` is a count, no estimate. */
  exact?: boolean;
  /** No row follows this page. */
  end: boolean;
}

export interface GroupInfo {
  /** Wire value of the field grouped by. */
  key: Value;
  label: string;
  count: number;
  /** The footer's numbers for the group, by field. */
  values: Record<string, Value>;
}

export interface Patch {
  id: string;
  fields: Record<string, Value>;
}

export interface SaveResult {
  id: string | null;
  version?: number;
  fields?: Record<string, Value>;
  problems?: Problem[];
}

export interface SaveAnswer {
  results: SaveResult[];
  /** What "undo" takes back. */
  change: string | null;
}

export interface ChoiceRecord {
  id: string;
  name: string;
  details?: string;
}

export interface RowChange {
  kind: "update" | "create" | "delete" | "schema" | "computed" | "reload";
  records: string[];
  fields: string[];
  /** This person caused it (here or in another window). */
  own?: boolean;
}

export interface Summary {
  field: string | null;
  fn: string;
}

/** Where the grid's rows come from and go to. `ApiSource` speaks to the server, `MemorySource` to an array. */
export interface GridSource {
  page(request: PageRequest, signal: AbortSignal): Promise<Page>;
  /** The groups, when the view groups by a field. */
  groups(summaries: Summary[]): Promise<GroupInfo[]>;
  /** These records as they are now; ones that are gone are missing. */
  read(ids: string[]): Promise<RecordData[]>;
  save(patches: Patch[], options?: { typecast?: boolean }): Promise<SaveAnswer>;
  create(records: Record<string, Value>[], options?: { typecast?: boolean }): Promise<SaveAnswer>;
  remove(ids: string[]): Promise<SaveAnswer>;
  /** One number per summary, over all rows of the view. */
  summarise(summaries: Summary[]): Promise<Value[]>;
  /** Records that a link field may point at, in this record. */
  choices(field: Field, words: string, record?: string): Promise<ChoiceRecord[]>;
  /** The ways on from a record's states; without it, those that its state machines draw. */
  moves?(record: string): Promise<Move[]>;
  /** Hear of changes that others make. */
  watch(listener: (change: RowChange) => void): () => void;
  /** Start pages anew (the view's filter, sort or rows have changed). */
  restart(): void;
}

/** How one field stands in the view. */
export interface ColumnState {
  field: string;
  width?: number | null;
  hidden?: boolean;
  summary?: string | null;
}

/** A rule that colours rows: the grid asks it for each row. */
export type RowMark = "danger" | "warn" | null;

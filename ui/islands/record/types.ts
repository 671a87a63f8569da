/** What the server says of a record and all that stands beside it (`GET /api/v1/records/{record}/panel` and `…/history`). */
import type { RecordData, Value } from "../fields/field";

export interface Move {
  field: string;
  source: string;
  target: string;
  label: string;
  color: string;
  allowed: boolean;
  /** Why this person cannot take it. */
  locked: string | null;
  /** Ids of fields that have to be filled with it. */
  missing: string[];
}

/** Where the record stands in a state machine. */
export interface Standing {
  field: string;
  since: string | null;
  /** Until when it may stay. */
  due: string | null;
  late: boolean;
  /** Why it cannot go on. */
  note: string | null;
}

export interface Related {
  /** `linked`: what the record points at; `siblings`: others that point at the same record. */
  kind: "linked" | "siblings";
  /** The link field they come through. */
  field: string;
  title: string;
  table: string;
  table_name: string;
  columns: string[];
  records: RecordData[];
  total: number;
}

export interface Panel {
  record: RecordData;
  table: string;
  name: string;
  can_edit: boolean;
  moves: Move[];
  related: Related[];
  standing?: Standing[];
}

export interface FieldChange {
  field: string;
  name: string;
  type: string;
  before: Value;
  after: Value;
  before_text: string;
  after_text: string;
}

export interface Entry {
  id: number;
  at: string;
  change: string;
  action: "create" | "update" | "delete" | "restore" | "press";
  version: number;
  actor: { kind: string; id: string; name: string };
  channel: string;
  source: string | null;
  reason: string | null;
  changes: FieldChange[];
  /** States were taken over as they are, brought in from elsewhere. */
  as_is?: boolean;
  /** The merge that it was: of the record that stayed its change, of the others that they went. */
  merged?: { into: LinkedName; others: LinkedName[] } | null;
}

export interface LinkedName {
  id: string;
  name: string;
}

export interface History {
  entries: Entry[];
  next_before: number | null;
}

/** Where the record stands among those of the grid. */
export interface Neighbours {
  /** From 0; -1 when it is not among them. */
  index: number;
  total: number;
  exact: boolean;
  previous: boolean;
  next: boolean;
}

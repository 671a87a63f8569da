/** State machines as the API speaks them (`runtime/definitions/states.py`). The editor is `hb-state-editor.ts` beside this file. */
import type { Problem } from "../api";
import type { Field, Filter } from "../fields/field";

export type StateKind = "open" | "waiting" | "done" | "cancelled";

/** What a field of a new record gets: a value, the value of field `source`, or what a formula gives. */
export interface Fill {
  field: string;
  value?: unknown;
  source?: string;
  formula?: string;
}

export type Effect =
  | { kind: "set_field"; field: string; value: unknown; formula?: string }
  | { kind: "create_record"; table: string; link: string; fields: Fill[] }
  | { kind: "reserve_stock"; stock: string }
  | { kind: "release_stock"; stock: string }
  | { kind: "consume_stock"; stock: string };

export interface Transition {
  source: number;
  target: number;
  label?: string;
  roles?: string[];
  /** People who may, by id. */
  members?: string[];
  automations_only?: boolean;
  /** A formula that has to give yes, "" for none. */
  formula?: string;
  guard?: Filter | null;
  refusal?: string;
  required?: string[];
  effects?: Effect[];
}

export interface Machine {
  initial: number[];
  transitions: Transition[];
  states: { choice: number; kind: StateKind; limit?: number | null }[];
}

/** An automation that a move of this field sets off. Empty lists mean any state. */
export interface Listener {
  id: string;
  name: string;
  enabled: boolean;
  sources: number[];
  targets: number[];
}

export interface PageData {
  table: { id: string; name: string };
  field: Field;
  fields: Field[];
  stocks: { id: string; name: string }[];
  automations: Listener[];
  people: { id: string; name: string; gone?: boolean }[];
  /** All tables of the app. */
  tables: { id: string; name: string; icon: string }[];
  can_build: boolean;
}

/** A machine tried out on a record. */
export interface Trial {
  name: string;
  choice: number | null;
  moves: { target: number; reasons: string[]; roles: string[] }[];
}

/** What `POST /fields/{field}/machine/check` found. */
export interface Check {
  problems: Problem[];
  warnings: Problem[];
  states: { choice: number | null; records: number; stuck: boolean }[];
  transitions: { source: number; target: number; records: number; held_back: number; moves: number }[];
  trial?: Trial | null;
}

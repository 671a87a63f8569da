/** State machines as the API speaks them (`runtime/definitions/states.py`). The editor is `hb-state-editor.ts` beside this file. */
import type { Filter } from "../fields/field";

export type StateKind = "open" | "waiting" | "done" | "cancelled";

export type Effect =
  | { kind: "set_field"; field: string; value: unknown }
  | { kind: "reserve_stock"; stock: string }
  | { kind: "release_stock"; stock: string }
  | { kind: "consume_stock"; stock: string };

export interface Transition {
  source: number;
  target: number;
  label?: string;
  roles?: string[];
  guard?: Filter | null;
  refusal?: string;
  required?: string[];
  effects?: Effect[];
}

export interface Machine {
  initial: number[];
  transitions: Transition[];
  states: { choice: number; kind: StateKind }[];
}

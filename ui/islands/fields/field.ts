/** Fields, records and conditions as the API speaks them (`docs/dev-contracts.md`), shared by every island. */
import { typeUi } from "./types";

export interface Choice {
  id: number;
  name: string;
  color: string;
  archived?: boolean;
}

export interface Transition {
  source: number;
  target: number;
  label?: string;
  automations_only?: boolean;
}

export interface StateMachine {
  initial: number[];
  transitions: Transition[];
  states: { choice: number; kind: "open" | "waiting" | "done" | "cancelled"; limit?: number | null }[];
}

export interface FieldOptions {
  choices?: Choice[];
  machine?: StateMachine | null;
  decimals?: number;
  unit?: string;
  thousands?: boolean;
  currency?: string;
  format?: string;
  seconds?: boolean;
  table?: string;
  many?: boolean;
  result?: string;
  minimum?: number | null;
  maximum?: number | null;
  max_length?: number;
  [more: string]: unknown;
}

export interface Field {
  id: string;
  name: string;
  type: string;
  options: FieldOptions;
  /** Nobody writes it by hand: the system does, or it was set so (`read_only`). */
  readonly?: boolean;
  read_only?: boolean;
  validation?: { formula: string; message: string } | null;
  required?: boolean;
  unique?: boolean;
  /** What a new record begins with. */
  default?: unknown;
  /** A formula for it in place of a fixed value, "" for none. */
  default_formula?: string;
  description?: string;
  icon?: string;
  operators?: string[];
  aggregates?: string[];
  /** What kind of value it is matched as; null where it cannot be. */
  compares?: string | null;
  sortable?: boolean;
  groupable?: boolean;
  /** Why a button cannot be pressed: its automation cannot run, or this person may only look. */
  blocked?: "automation" | "role" | null;
  /** Of a field that holds people: whom it may hold. */
  people?: { id: string; name: string; email?: string }[];
}

export interface LinkValue {
  id: string;
  name: string;
}

export interface ErrorValue {
  error: string;
}

export type Value = unknown;

export interface RecordData {
  id: string;
  version: number;
  fields: Record<string, Value>;
  created_at?: string | null;
  updated_at?: string | null;
}

export interface Condition {
  kind: "condition";
  field: string;
  op: string;
  value?: Value;
}

export interface Group {
  kind: "group";
  conjunction?: "and" | "or";
  items?: Filter[];
}

export type Filter = Condition | Group;

export interface Sort {
  field: string;
  descending?: boolean;
}

const icons: Record<string, string> = {
  text: "type",
  long_text: "align-left",
  email: "mail",
  url: "link-2",
  phone: "phone",
  number: "hash",
  currency: "banknote",
  percent: "percent",
  checkbox: "square-check",
  date: "calendar",
  datetime: "calendar-clock",
  single_select: "circle-dot",
  multi_select: "tags",
  auto_number: "list-ordered",
  link: "link",
  lookup: "file-search",
  rollup: "sigma",
  formula: "calculator",
  created_time: "clock",
  updated_time: "clock-arrow-up",
};

/** The icon of a field: what the server says, else its type's. */
export function fieldIcon(field: Field): string {
  return field.icon ?? icons[field.type] ?? typeUi(field.type)?.icon ?? "type";
}

/** A field that shows numbers, aligned at the right. */
export function isNumeric(field: Field): boolean {
  if (["number", "currency", "percent"].includes(field.type)) return true;
  if (field.type === "state_time") return ["time_in_state", "time_spent"].includes(String(field.options.shows));
  if (field.type === "rollup") return (field.options.result ?? "number") === "number";
  const ui = typeUi(field.type);
  if (ui) return ui.amount === true;
  return field.type === "formula" && field.options.result === "number";
}

/** Empty as the server means it: nothing, empty text, empty list. */
export function isEmpty(value: Value): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

/** The choice of a select by its name. */
export function choiceOf(field: Field, name: Value): Choice | undefined {
  return field.options.choices?.find((choice) => choice.name === name);
}

const openGlyphs = ["start", "quarter", "half", "most"];

/**
 * The glyph of a state: ends (done, cancelled) by their kind, the others by how far along the way to the first end they
 * stand; what comes behind an end, such as a return, has the turning arrow. "" for a select that is no state machine.
 * (`ui/looks.py` says the same.)
 */
export function stateGlyph(field: Field, choice: Choice | undefined): string {
  const machine = field.options.machine;
  if (!machine || !choice) return "";
  const kinds = new Map(machine.states.map((state) => [state.choice, state.kind]));
  const ends = { done: "done", cancelled: "closed" } as Record<string, string>;
  const endOf = (id: number) => ends[kinds.get(id) ?? "open"];
  const own = endOf(choice.id);
  if (own) return own;
  const way: number[] = [];
  for (const other of field.options.choices ?? []) {
    if (!endOf(other.id)) way.push(other.id);
    else if (way.length) break;
  }
  const place = way.indexOf(choice.id);
  if (place < 0) return "back";
  if (place === 0) return "start";
  const last = openGlyphs.length - 1;
  return openGlyphs[way.length <= openGlyphs.length ? place : Math.max(1, Math.round((place / (way.length - 1)) * last))]!;
}

/** Names of the states that a record in state `from` may move to; null from a record that has none yet. */
export function allowedMoves(field: Field, from: string | null): string[] {
  const { choices = [], machine } = field.options;
  if (!machine) return choices.filter((choice) => !choice.archived).map((choice) => choice.name);
  const nameOf = new Map(choices.map((choice) => [choice.id, choice.name]));
  const source = choices.find((choice) => choice.name === from);
  const targets = source
    ? machine.transitions.filter((move) => move.source === source.id && !move.automations_only).map((move) => move.target)
    : machine.initial;
  return targets.map((id) => nameOf.get(id)).filter((name): name is string => name !== undefined);
}

/** Equal as wire values: a missing value, nothing and an empty text are the same; files are with their names. */
export function same(one: Value, other: Value): boolean {
  if (isEmpty(one) && isEmpty(other)) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    const keys = (list: unknown[]) => list.map((item) => (typeof item === "object" && item ? ("size" in item ? `${String((item as { id?: string }).id)} ${String((item as { name?: string }).name)}` : (item as { id?: string }).id) : item));
    return JSON.stringify(keys(one)) === JSON.stringify(keys(other));
  }
  const id = (value: Value) => (typeof value === "object" && value !== null ? (value as { id?: string }).id : undefined);
  if (id(one) !== undefined && id(one) === id(other)) return true;
  if (typeof one === "object" && typeof other === "object") return JSON.stringify(one) === JSON.stringify(other); // an address, JSON
  return one === other;
}

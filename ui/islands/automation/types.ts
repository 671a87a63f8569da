/** Automations as the API speaks them (`runtime/definitions/automations.py`, `runtime/api/automations.py`). */
import type { Problem } from "../api";
import type { Field, Filter, Sort } from "../fields/field";
import type { PartValue } from "../template-text/parts";

export type Trigger =
  | { kind: "record_created"; table: string; where?: Filter | null }
  | { kind: "record_updated"; table: string; fields?: string[]; where?: Filter | null; sources?: unknown[]; targets?: unknown[] }
  | { kind: "record_deleted"; table: string; where?: Filter | null }
  | { kind: "record_restored"; table: string; where?: Filter | null }
  | { kind: "conditions_met"; table: string; where?: Filter | null }
  | { kind: "state_entered"; table: string; field: string; states?: number[]; where?: Filter | null }
  | { kind: "state_left"; table: string; field: string; states?: number[]; where?: Filter | null }
  | { kind: "state_overdue"; table: string; field: string; states?: number[]; seconds?: number | null; where?: Filter | null }
  | { kind: "date_reached"; table: string; field: string; amount?: number; unit?: "minute" | "hour" | "day" | "week"; after?: boolean; at?: string; where?: Filter | null }
  | { kind: "manual"; table?: string | null; where?: Filter | null; who?: "editor" | "builder" }
  | { kind: "schedule"; plan: Plan; zone?: string | null; missed?: "once" | "all" | "skip"; most?: number }
  | { kind: "webhook"; values?: HookValue[]; key_header?: string; key_path?: (string | number)[]; signature?: HookSignature | null }
  | { kind: "button"; table: string; where?: Filter | null }
  | { kind: "form_submitted"; form: string; table: string; where?: Filter | null }
  | { kind: "state_moved"; table: string; field: string; sources?: number[]; targets?: number[]; where?: Filter | null };

/** When a schedule comes (`runtime/definitions/schedules.py`). Days of the week from 1, Monday; -1 is the last. */
export type Plan =
  | { kind: "every"; amount: number; unit?: "minute" | "hour" }
  | { kind: "daily"; times: string[] }
  | { kind: "weekly"; days: number[]; times: string[] }
  | { kind: "monthly"; days: number[]; times: string[] }
  | { kind: "nth_weekday"; nth: number; weekday: number; times: string[] }
  | { kind: "cron"; text: string };

export interface HookValue {
  key: string;
  name: string;
  path: (string | number)[];
  type?: "text" | "number" | "boolean" | "list" | "json";
}

export interface HookSignature {
  header?: string;
  encoding?: "hex" | "base64";
  prefix?: string;
  timestamp_header?: string;
  tolerance?: number;
}

export type CompareOp = "eq" | "ne" | "gt" | "ge" | "lt" | "le" | "contains" | "not_contains" | "is_empty" | "is_not_empty";

export type Test =
  | { kind: "record_meets"; where: Filter; of?: string }
  | { kind: "outcome_is"; step: string; outcome: string }
  | { kind: "compare"; left: StepValue; op?: CompareOp; right?: StepValue | null }
  | { kind: "formula_holds"; formula: StepValue }
  | { kind: "tests"; items?: Test[]; match?: "all" | "any" | "none" };

/** A value from a picker, a fixed one, or text with values in it. */
export type StepValue = PartValue;

/** How a field is set: replaced, added to (numbers, texts, lists), taken from, emptied. */
export type How = "set" | "add" | "remove" | "clear";

export interface Assignment {
  field: string;
  value?: StepValue;
  how?: How;
}

/** Which records a step is about: one, all that a step found (`every`), or those that a link of one points at (`via`). */
export interface Aim {
  of?: string;
  every?: boolean;
  via?: string;
}

export interface Arm {
  name: string;
  steps: Step[];
  test?: Test | null;
  /** What it is known by, whatever its place; the server gives one where it is missing. */
  id?: string;
}

export type SpanUnit = "seconds" | "minutes" | "hours" | "days";

export interface Span {
  amount: number;
  unit: SpanUnit;
}

export type Until =
  | { kind: "span"; span: Span }
  | { kind: "field"; field: string; of?: string; shift?: Span | null }
  | { kind: "time"; at: string }
  | { kind: "meets"; where: Filter; limit: Span; of?: string };

/** What a loop goes over. */
export type Over = { kind: "found"; step: string } | { kind: "linked"; field: string; of?: string } | { kind: "list"; value: StepValue };

export type StepConfig =
  | { kind: "loop"; over: Over; steps: Step[] }
  | { kind: "wait"; until: Until }
  | { kind: "run_automation"; automation: string; of?: string | null; wait?: boolean }
  | { kind: "stop"; failed?: boolean; text?: { kind: "text"; parts: (string | PartValue)[] } }
  | { kind: "only_if"; test: Test }
  | { kind: "branch"; arms: Arm[] }
  | { kind: "reserve_stock"; stock: string; of?: string }
  | { kind: "release_stock"; stock: string; of?: string }
  | { kind: "consume_stock"; stock: string; of?: string }
  | { kind: "fill_backorders"; stock: string; of?: string }
  | ({ kind: "update_record"; set: Assignment[] } & Aim)
  | { kind: "find_records"; table: string; where?: Filter | null; sorts?: Sort[]; limit?: number; others?: boolean }
  | { kind: "aggregate"; table: string; where?: Filter | null; fn?: string; field?: string | null; group?: string | null; others?: boolean }
  | { kind: "upsert_record"; table: string; match?: Assignment[]; set?: Assignment[]; create?: Assignment[] }
  | { kind: "link_record"; link: string; match?: Assignment[]; set?: Assignment[]; of?: string; missing?: "create" | "leave"; keep?: boolean }
  | ({ kind: "delete_record" } & Aim)
  | ({ kind: "move_state"; field: string; to: number } & Aim)
  | { kind: "create_record"; table: string; set?: Assignment[] }
  | { kind: "send_wecom"; connector: string; text: { kind: "text"; parts: (string | PartValue)[] }; mention?: string[]; markdown?: boolean }
  | { kind: "http_post"; connector: string; body?: Record<string, StepValue> }
  | { kind: "notify"; title: TextParts; text?: TextParts; people?: string[]; roles?: ("owner" | "builder" | "editor" | "viewer")[]; values?: PartValue[]; popup?: boolean; link?: string; merge?: string }
  | { kind: "send_email"; connector: string; subject: TextParts; text: TextParts; to?: string[]; values?: PartValue[] }
  | HttpRequestConfig;

/** Text with values in it. */
export interface TextParts {
  kind: "text";
  parts: (string | PartValue)[];
  [more: string]: unknown;
}

export interface HttpPair {
  name: string;
  value: StepValue;
}

/** A value picked in an answer: the output it becomes, and where it stands. */
export interface AnswerValue {
  key: string;
  name: string;
  place: (string | number)[];
  example?: unknown;
}

export interface HttpRequestConfig {
  kind: "http_request";
  connector: string;
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path?: TextParts;
  query?: HttpPair[];
  headers?: HttpPair[];
  body?: "none" | "json" | "form" | "text";
  fields?: HttpPair[];
  text?: TextParts;
  content_type?: string;
  answer?: AnswerValue[];
  any_status?: boolean;
  wait?: boolean;
}

export type StepKind = StepConfig["kind"];

export interface Step {
  id: string;
  config: StepConfig;
  name?: string;
  attempts?: number;
  on_failure?: "stop" | "continue";
}

export interface Definition {
  name: string;
  trigger: Trigger;
  steps: Step[];
  enabled: boolean;
  description?: string;
}

export interface Automation extends Definition {
  id: string;
  version: number;
}

export interface Draft {
  trigger: Trigger;
  steps: Step[];
  revision: number;
  base: number;
  at: string;
  by: string;
  problems: Problem[];
}

export interface Version {
  number: number;
  at: string;
  by: string;
  note: string;
  current: boolean;
  trigger: Trigger;
  steps: Step[];
}

export interface Pause {
  /** Of the app or automation; null for the whole installation. */
  id: string | null;
  scope: "all" | "app" | "automation";
  mode: "pause" | "drain";
  since: string;
  by: string;
  reason: string;
  held: number;
}

export interface Statistics {
  days: { day: string; runs: number; failed: number; p50: number | null; p95: number | null }[];
  runs: number;
  failed: number;
  last_run: string | null;
}

export interface Table {
  id: string;
  name: string;
  icon: string;
  /** The field that names records. */
  primary: string | null;
  fields: Field[];
}

export interface Connector {
  id: string;
  kind: string;
  name: string;
  icon?: string;
  status: string;
  message?: string | null;
  shown?: string;
}

/** A kind of step as the server describes it, in the reader's language. */
export interface KindInfo {
  id: StepKind;
  name: string;
  description: string;
  icon: string;
  outcomes: { key: string; label: string }[];
  outputs: { key: string; label: string; type?: string }[];
}

export interface PageData {
  automation: Automation;
  app: string;
  /** Who belongs to the app, and who does no more but is named here. */
  people?: { id: string; name: string; gone: boolean }[];
  tables: Table[];
  stocks: { id: string; name: string }[];
  connectors: Connector[];
  kinds: KindInfo[];
  can_build: boolean;
  runs: number;
  failed: number;
  /** The other automations of the app, with the table of their trigger (null: no record sets them off). */
  automations?: { id: string; name: string; table: string | null }[];
  /** The forms of the app, with the tables that they fill. */
  forms?: { id: string; name: string; table: string }[];
  /** What is edited and not published yet. */
  draft?: Draft | null;
  /** How many versions were published; the newest runs. */
  published?: number;
  pause?: Pause | null;
  statistics?: Statistics | null;
  /** Why what is published cannot do its work as things are. */
  trouble?: Trouble | null;
}

/** An automation that people count on misses something. `stopped`: a deletion has switched it off; `href`: where it is mended. */
export interface Trouble {
  stopped: boolean;
  href: string;
  problems: string[];
}

export interface Failure {
  code: string;
  message: string;
  problems: Problem[];
}

/** A step of a test run. */
export interface Rehearsed {
  path: string;
  step: string;
  kind: string;
  name: string;
  status: "done" | "failed";
  outcome: string | null;
  input: Record<string, unknown> | null;
  output: Record<string, unknown> | null;
  failure: Failure | null;
  milliseconds: number;
}

export interface Rehearsal {
  status: "finished" | "failed";
  record: string;
  record_name: string;
  steps: Rehearsed[];
  notes: string[];
  milliseconds: number;
}

/** Automations as the API speaks them (`runtime/definitions/automations.py`, `runtime/api/automations.py`). */
import type { Problem } from "../api";
import type { Field, Filter } from "../fields/field";
import type { PartValue } from "../template-text/parts";

export type Trigger =
  | { kind: "record_created"; table: string; where?: Filter | null }
  | { kind: "record_updated"; table: string; fields?: string[]; where?: Filter | null }
  | { kind: "button"; table: string; where?: Filter | null }
  | { kind: "state_moved"; table: string; field: string; sources?: number[]; targets?: number[]; where?: Filter | null };

export type Test = { kind: "record_meets"; where: Filter; of?: string } | { kind: "outcome_is"; step: string; outcome: string };

/** A value from a picker, a fixed one, or text with values in it. */
export type StepValue = PartValue;

export interface Assignment {
  field: string;
  value: StepValue;
}

export interface Arm {
  name: string;
  steps: Step[];
  test?: Test | null;
}

export type StepConfig =
  | { kind: "only_if"; test: Test }
  | { kind: "branch"; arms: Arm[] }
  | { kind: "reserve_stock"; stock: string; of?: string }
  | { kind: "release_stock"; stock: string; of?: string }
  | { kind: "consume_stock"; stock: string; of?: string }
  | { kind: "fill_backorders"; stock: string; of?: string }
  | { kind: "update_record"; set: Assignment[]; of?: string }
  | { kind: "create_record"; table: string; set?: Assignment[] }
  | { kind: "send_wecom"; connector: string; text: { kind: "text"; parts: (string | PartValue)[] }; mention?: string[]; markdown?: boolean }
  | { kind: "http_post"; connector: string; body?: Record<string, StepValue> };

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
  outputs: { key: string; label: string }[];
}

export interface PageData {
  automation: Automation;
  app: string;
  tables: Table[];
  stocks: { id: string; name: string }[];
  connectors: Connector[];
  kinds: KindInfo[];
  can_build: boolean;
  runs: number;
  failed: number;
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

/** Runs as the API answers them (`runtime/api/automations.py`). */
import type { Field } from "../fields/field";
import type { Failure, KindInfo, Statistics } from "../automation/types";

export type RunStatus = "held" | "queued" | "running" | "waiting" | "finished" | "failed" | "handled";

export interface Run {
  id: string;
  automation: string | null;
  automation_name: string;
  status: RunStatus;
  record: string | null;
  record_name: string;
  table: string | null;
  table_name: string;
  trigger: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  wake_at: string | null;
  seconds: number | null;
  steps: number;
  /** A run can finish all the same, when their failures do not matter. */
  failed_steps: number;
  failure: Failure | null;
  handled_by: string | null;
  handled_at: string | null;
  version: number | null;
  /** What a waiting run waits for. */
  waits: "retry" | "time" | "condition" | "run" | "answer" | "turn" | null;
  /** The run that this one was called by. */
  parent: string | null;
}

export interface RunsAnswer {
  runs: Run[];
  next_cursor: string | null;
  failed: number;
}

export interface RunsPageData {
  app: string;
  automation: string | null;
  automations: { id: string; name: string }[];
  status: RunStatus | null;
  page: RunsAnswer;
  can_edit: boolean;
  statistics: Statistics | null;
}

export interface Delivery {
  key: string;
  status: "waiting" | "sent" | "failed";
  connector: string;
  message: { kind?: string; content?: string; users?: string[]; mobiles?: string[]; body?: unknown; to?: string; subject?: string; text?: string; method?: string; path?: string; query?: [string, string][] };
  attempts: number;
  next_attempt_at: string | null;
  sent_at: string | null;
  answer: { errcode: number; errmsg: string; raw: Record<string, unknown>; merged?: number } | null;
  failure: Failure | null;
  /** It waits for its connector to go on. */
  paused: boolean;
}

export interface TracedStep {
  path: string;
  step: string;
  kind: string;
  name: string;
  status: "not_reached" | "running" | "waiting" | "done" | "failed" | "skipped";
  outcome: string | null;
  attempts: number;
  input: Record<string, unknown> | null;
  output: Record<string, unknown> | null;
  failure: Failure | null;
  started_at: string | null;
  finished_at: string | null;
  deliveries: Delivery[];
  loop?: { total: number; begun: number; failed: number } | null;
}

/** An item of a loop with its steps. */
export interface LoopItem {
  number: number;
  record: string | null;
  name: string;
  status: string;
  steps: TracedStep[];
}

/** What a run did to a record, and whether it can be taken back. */
export interface Effect {
  id: string;
  name: string;
  table: string;
  table_name: string;
  kind: "created" | "deleted" | "restored" | "changed" | "stock";
  fields: { field: string; name: string; before: string; after: string; later: boolean }[];
  why_not: string | null;
}

export interface EffectsAnswer {
  records: Effect[];
  messages: number;
  more: boolean;
  reverted: boolean;
}

export interface RunAnswer {
  run: Run;
  app: string;
  steps: TracedStep[];
  changed: { id: string; name: string; table: string; table_name: string; action: string; entry: number }[];
}

export interface RunPageData {
  answer: RunAnswer;
  kinds: KindInfo[];
  tables: { id: string; name: string; fields: Field[] }[];
  can_edit: boolean;
  list: string;
}

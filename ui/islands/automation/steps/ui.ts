/** What the editor has to know of a kind of step. Names and texts come from the server, in the reader's language. */
import type { TemplateResult, nothing } from "lit";
import type { SetHost } from "../set-form";
import type { Definition, PageData, StepConfig, StepKind, Test } from "../types";
import type { MessageHost } from "../message-form";

/** The host of every step's form: what the sample is called, dialogs of connectors and stocks, problems. */
export interface StepHost extends SetHost, MessageHost {
  /** Open the dialog that makes a stock definition; the new one's id, or null. */
  newStock(): Promise<string | null>;
}

/** What can be guessed for a new step. `connector`: the only one of a kind, or "". */
export interface Known {
  table: string;
  stock: string;
  /** The trigger's table. */
  own?: string;
  /** The state machine of the trigger's table, if it has one. */
  machine?: string;
  connector: (kind: string) => string;
  test: Test;
}

/** The headings of the menu of steps, in its order. */
export type StepGroup = "conditions" | "course" | "records" | "outside";

export interface StepUi<K extends StepKind = StepKind> {
  kind: K;
  /** The option colour of its icon. */
  color: string;
  group: StepGroup;
  /** What "when it fails" says: nothing to set for steps that only decide; calls to the outside are tried again later. */
  failure: "none" | "inside" | "outside";
  /** A new one, with what can be guessed filled in. */
  fresh(known: Known): Extract<StepConfig, { kind: K }>;
  form(host: StepHost, config: Extract<StepConfig, { kind: K }>, set: (config: StepConfig) => void): TemplateResult;
  /** One line on the card, names as chips. */
  describe(page: PageData, definition: Definition, config: Extract<StepConfig, { kind: K }>): TemplateResult | typeof nothing;
}

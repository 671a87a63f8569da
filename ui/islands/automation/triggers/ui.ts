/** What the editor has to know of a kind of trigger. */
import type { TemplateResult, nothing } from "lit";
import type { Field, Filter } from "../../fields/field";
import type { TriggerHost } from "../trigger-form";
import type { PageData, Table, Trigger } from "../types";

export type TriggerKind = Trigger["kind"];
export type Of<K extends TriggerKind> = Extract<Trigger, { kind: K }>;

export interface TriggerUi<K extends TriggerKind = TriggerKind> {
  kind: K;
  icon: string;
  name(): string;
  description(): string;
  /** A new one over a table; `where` is what is kept of the one before. */
  fresh(page: PageData, table: string, where: Filter | null): Of<K>;
  /** Rows of the form between the table and the condition. */
  rows(host: TriggerHost, trigger: Of<K>, fields: readonly Field[]): TemplateResult | typeof nothing;
  /** What the card says behind the table's name. */
  describe(page: PageData, trigger: Of<K>, table: Table): TemplateResult | typeof nothing;
  /** True for triggers that no record sets off: they have neither table nor condition. `describe` then gets no table. */
  alone?(trigger: Of<K>): boolean;
  /** The label and the hint of the condition, where it is not one more thing that has to hold. */
  where?(): { label: string; hint: string; /** The hint also holds when there are conditions. */ always?: boolean };
}

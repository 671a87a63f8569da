/** Which table a record is of that steps call `of`: the trigger's, or what an earlier step makes or finds. */
import { find } from "./tree";
import type { Definition, StepConfig, Trigger } from "./types";

/** The table whose records set an automation off; "" where none do. */
export function triggerTable(trigger: Trigger): string {
  return "table" in trigger ? trigger.table : "";
}

/** The table of the record that a step gives to later ones; "" where it gives none. */
export function madeBy(config: StepConfig): string {
  return config.kind === "create_record" ? config.table : "";
}

/** The table of the record called `of`. */
export function tableFor(definition: Definition, of: string | undefined): string {
  if (!of || of === "trigger") return triggerTable(definition.trigger);
  const step = find(definition.steps, of);
  return step ? madeBy(step.config) : "";
}

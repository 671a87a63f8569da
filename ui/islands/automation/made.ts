/** Which table a record is of that steps call `of`: the trigger's, or what an earlier step makes or finds. */
import { find } from "./tree";
import type { Definition, Over, PageData, StepConfig, Trigger } from "./types";

/** The table whose records set an automation off; "" where none do. */
export function triggerTable(trigger: Trigger): string {
  return "table" in trigger ? (trigger.table ?? "") : "";
}

/** The table of the record that a step gives to later ones; "" where it gives none. */
export function madeBy(page: PageData, definition: Definition, config: StepConfig): string {
  switch (config.kind) {
    case "create_record":
    case "find_records":
    case "upsert_record":
      return config.table;
    case "loop":
      return loopTable(page, definition, config.over);
    case "link_record":
      return linkTarget(page, tableFor(page, definition, config.of), config.link);
    default:
      return "";
  }
}

/** The table of the records that a loop goes over; "" for values. */
export function loopTable(page: PageData, definition: Definition, over: Over): string {
  if (over.kind === "linked") return linkTarget(page, tableFor(page, definition, over.of), over.field);
  const step = over.kind === "found" ? find(definition.steps, over.step) : undefined;
  return step ? listedBy(step.config) : "";
}

/** The table of the list that a step gives to later ones; "" where it gives none. */
export function listedBy(config: StepConfig): string {
  return config.kind === "find_records" ? config.table : "";
}

/** The table of the record called `of`. */
export function tableFor(page: PageData, definition: Definition, of: string | undefined): string {
  if (!of || of === "trigger") return triggerTable(definition.trigger);
  const step = find(definition.steps, of);
  return step ? madeBy(page, definition, step.config) : "";
}

/** The table that a link field of a table points at; "" where it is none. */
export function linkTarget(page: PageData, table: string, link: string): string {
  const field = page.tables.find((one) => one.id === table)?.fields.find((one) => one.id === link);
  return field?.type === "link" ? (field.options.table ?? "") : "";
}

/** The table of the records that a step is about. */
export function aimedTable(page: PageData, definition: Definition, aim: { of?: string; every?: boolean; via?: string }): string {
  const table = tableFor(page, definition, aim.of);
  return aim.via ? linkTarget(page, table, aim.via) : table;
}

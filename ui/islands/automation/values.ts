/** Which values a step can put into fields and messages, and what they would be for the sample record. */
import { fieldIcon, type Field, type RecordData } from "../fields/field";
import { textOf } from "../fields/format";
import { t } from "../i18n";
import type { PartValue, ValueOption } from "../template-text/parts";
import { madeBy, triggerTable } from "./made";
import { before, numbers } from "./tree";
import type { Definition, PageData, Rehearsal, Step, Table } from "./types";

/** A record that a step can use: the trigger's, or one that an earlier step makes. */
export interface Reachable {
  of: string;
  label: string;
  table: Table;
}

/** What forms need to know beside their own step. */
export interface Surroundings {
  page: PageData;
  definition: Definition;
  /** The step being edited; "" stands for a place behind all steps. */
  step: string;
  sample: RecordData | null;
  /** What the last test run gave, for examples of outputs. */
  rehearsal: Rehearsal | null;
}

/** What a record is called. */
export function nameOf(table: Table, record: RecordData): string {
  const primary = table.fields.find((field) => field.id === table.primary) ?? table.fields[0];
  return primary ? textOf(primary, record.fields[primary.id]) : "";
}

export function tableOf(page: PageData, id: string): Table | undefined {
  return page.tables.find((table) => table.id === id);
}

/** What a step is called: its own name, or its kind's, with its number. */
export function stepLabel(page: PageData, definition: Definition, step: Step): string {
  const number = numbers(definition.steps).get(step.id) ?? 0;
  const kind = page.kinds.find((found) => found.id === step.config.kind);
  return t("步骤 {n} · {name}", { n: number, name: step.name || (kind?.name ?? "") });
}

/** The records in reach of a step, the trigger's first. */
export function reachable(around: Surroundings): Reachable[] {
  const { page, definition, step } = around;
  const found: Reachable[] = [];
  const table = tableOf(page, triggerTable(definition.trigger));
  if (table) found.push({ of: "trigger", label: t("触发的记录 · {table}", { table: table.name }), table });
  for (const earlier of before(definition.steps, step)) {
    const made = tableOf(page, madeBy(earlier.config));
    if (made) found.push({ of: earlier.id, label: `${stepLabel(page, definition, earlier)} · ${made.name}`, table: made });
  }
  return found;
}

/** Earlier steps whose outcome can be asked for. */
export function withOutcomes(around: Surroundings): Step[] {
  return before(around.definition.steps, around.step).filter((step) => around.page.kinds.some((kind) => kind.id === step.config.kind && kind.outcomes.length && !["only_if"].includes(kind.id)));
}

function example(field: Field, record: RecordData | null): string | undefined {
  if (!record) return undefined;
  return textOf(field, record.fields[field.id]) || t("(空)");
}

function fieldOptions(one: Reachable, sample: RecordData | null, names: (table: Table) => string): ValueOption[] {
  const record = one.of === "trigger" ? sample : null;
  const itself: ValueOption = { value: { kind: "field", field: "$id", of: one.of }, label: t("记录的名称"), icon: "tag", group: one.label };
  const name = record ? names(one.table) : "";
  if (name) itself.example = name;
  const fields = one.table.fields.map((field): ValueOption => {
    const option: ValueOption = { value: { kind: "field", field: field.id, of: one.of }, label: field.name, icon: fieldIcon(field), group: one.label };
    const shown = example(field, record);
    if (shown !== undefined) option.example = shown;
    return option;
  });
  const url: ValueOption = { value: { kind: "record_url", of: one.of }, label: t("打开记录的链接"), icon: "link", group: one.label };
  return [...fields, itself, url];
}

function outputOptions(around: Surroundings): ValueOption[] {
  const { page, definition, step, rehearsal } = around;
  return before(definition.steps, step).flatMap((earlier) => {
    const kind = page.kinds.find((found) => found.id === earlier.config.kind);
    const run = rehearsal?.steps.find((found) => found.step === earlier.id);
    return (kind?.outputs ?? []).map((output): ValueOption => {
      const option: ValueOption = { value: { kind: "output", step: earlier.id, key: output.key }, label: output.label, icon: kind!.icon, group: stepLabel(page, definition, earlier) };
      const shown = run?.output?.[output.key];
      if (shown !== undefined && shown !== null && shown !== "") option.example = String(shown);
      return option;
    });
  });
}

/** Everything that can be put into a text at a step. */
export function valueOptions(around: Surroundings): ValueOption[] {
  const name = (table: Table) => (around.sample ? nameOf(table, around.sample) : "");
  return [
    ...reachable(around).flatMap((one) => fieldOptions(one, around.sample, name)),
    ...outputOptions(around),
    { value: { kind: "now" }, label: t("当时的时间"), icon: "clock", group: t("其他") },
  ];
}

const moments = new Set(["date", "datetime"]);
const texts = new Set(["text", "long_text", "url", "email", "phone", "barcode", "location", "json"]);
const amounts = new Set(["number", "currency", "percent", "rating", "progress", "duration", "rollup"]);

/** Whether a field takes text, so that words and values can be mixed in it. */
export function takesText(field: Field): boolean {
  return texts.has(field.type);
}

/** The values that can go into a field that is no text. */
export function fitting(field: Field, options: readonly ValueOption[], around: Surroundings): ValueOption[] {
  const tables = new Map(reachable(around).map((one) => [one.of, one.table]));
  return options.filter((option) => {
    const { value } = option;
    if (value.kind === "now") return moments.has(field.type);
    if (value.kind !== "field") return value.kind === "output" && amounts.has(field.type);
    const table = tables.get(String(value.of ?? "trigger"));
    if (value.field === "$id") return field.type === "link" && field.options.table === table?.id;
    const source = table?.fields.find((found) => found.id === value.field);
    return source !== undefined && fits(source, field);
  });
}

function fits(source: Field, target: Field): boolean {
  if (target.type === "link") return source.type === "link" && source.options.table === target.options.table;
  if (source.type === "link") return false;
  if (source.type === target.type) return true;
  const result = source.type === "formula" ? source.options.result : source.type;
  if (amounts.has(target.type)) return amounts.has(String(result));
  if (moments.has(target.type)) return ["date", "datetime", "created_time", "updated_time"].includes(String(result));
  if (target.type === "checkbox") return result === "boolean";
  return texts.has(source.type) || source.type === "single_select";
}

/** Parts of a text as the value of a field: a fixed text, one value, or both mixed. */
export function fromParts(parts: readonly (string | PartValue)[]): PartValue {
  if (parts.length === 0) return { kind: "literal", value: "" };
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return typeof only === "string" ? { kind: "literal", value: only } : only;
  return { kind: "text", parts: [...parts] };
}

/** The value of a field as parts of a text. */
export function toParts(value: PartValue): (string | PartValue)[] {
  if (value.kind === "text") return value.parts as (string | PartValue)[];
  if (value.kind === "literal") return value.value === null || value.value === undefined || value.value === "" ? [] : [String(value.value)];
  return [value];
}

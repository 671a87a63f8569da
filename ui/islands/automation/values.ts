/** Which values a step can put into fields, conditions and messages, and what they would be for the sample record. */
import { fieldIcon, type Field, type RecordData } from "../fields/field";
import { textOf } from "../fields/format";
import { t } from "../i18n";
import { valueKey, type PartValue, type ValueOption } from "../template-text/parts";
import { listedBy, madeBy, triggerTable } from "./made";
import { before, find, holds, numbers } from "./tree";
import { triggerOutputs } from "./trigger-outputs";
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

/** How far links can be followed from a record. */
const deepest = 3;

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
    if (earlier.config.kind === "loop" && !holds(earlier, step)) continue; // its record is there only in the loop
    const made = tableOf(page, madeBy(page, definition, earlier.config));
    if (made) found.push({ of: earlier.id, label: `${stepLabel(page, definition, earlier)} · ${made.name}`, table: made });
  }
  return found;
}

/** The lists that earlier steps found. */
export function lists(around: Surroundings): Reachable[] {
  const { page, definition, step } = around;
  return before(definition.steps, step).flatMap((earlier) => {
    const table = tableOf(page, listedBy(earlier.config));
    return table ? [{ of: earlier.id, label: t("{step} 找到的全部 · {table}", { step: stepLabel(page, definition, earlier), table: table.name }), table }] : [];
  });
}

/** Earlier steps whose outcome can be asked for. */
export function withOutcomes(around: Surroundings): Step[] {
  return before(around.definition.steps, around.step).filter((step) => around.page.kinds.some((kind) => kind.id === step.config.kind && kind.outcomes.length && !["only_if"].includes(kind.id)));
}

function example(field: Field, record: RecordData | null): string | undefined {
  if (!record) return undefined;
  return textOf(field, record.fields[field.id]) || t("(空)");
}

/** What a field's values are, as a field of that type would hold them: results of formulas as such. */
export function typeOf(field: Field): string {
  const result = field.options.result as string | undefined;
  if (field.type === "formula" || (field.type === "rollup" && result)) return { number: "number", boolean: "checkbox", date: "date", datetime: "datetime" }[result ?? "text"] ?? "text";
  return { created_time: "datetime", updated_time: "datetime", created_by: "member", updated_by: "member" }[field.type] ?? field.type;
}

function fieldOption(page: PageData, field: Field, value: PartValue, group: string, via: readonly string[]): ValueOption {
  const option: ValueOption = { value, label: field.name, icon: fieldIcon(field), group, type: typeOf(field) };
  if (field.type !== "link") return option;
  const target = tableOf(page, field.options.table ?? "");
  option.table = field.options.table ?? "";
  if (target && via.length < deepest) option.more = () => linkedOptions(page, target, String(value.of ?? "trigger"), [...via, field.id], `${group} › ${field.name}`);
  return option;
}

function linkedOptions(page: PageData, table: Table, of: string, via: readonly string[], group: string): ValueOption[] {
  const itself: ValueOption = { value: { kind: "field", field: "$id", of, via: [...via] }, label: t("记录的名称"), icon: "tag", group, type: "record", table: table.id };
  return [...table.fields.map((field) => fieldOption(page, field, { kind: "field", field: field.id, of, via: [...via] }, group, via)), itself];
}

function recordOptions(page: PageData, one: Reachable, sample: RecordData | null, names: (table: Table) => string): ValueOption[] {
  const record = one.of === "trigger" ? sample : null;
  const itself: ValueOption = { value: { kind: "field", field: "$id", of: one.of }, label: t("记录的名称"), icon: "tag", group: one.label, type: "record", table: one.table.id };
  const name = record ? names(one.table) : "";
  if (name) itself.example = name;
  const fields = one.table.fields.map((field): ValueOption => {
    const option = fieldOption(page, field, { kind: "field", field: field.id, of: one.of }, one.label, []);
    const shown = example(field, record);
    if (shown !== undefined) option.example = shown;
    return option;
  });
  return [
    ...fields,
    itself,
    { value: { kind: "record_url", of: one.of }, label: t("打开记录的链接"), icon: "link", group: one.label, type: "url" },
    { value: { kind: "person", who: "creator", of: one.of }, label: t("创建它的人"), icon: "user", group: one.label, type: "member" },
    { value: { kind: "field", field: "$created_at", of: one.of }, label: t("创建它的时间"), icon: "calendar-clock", group: one.label, type: "datetime" },
  ];
}

/** Whether an output of a loop is of use at a step: the item's only in the loop, and its value only where it goes over values. */
function inLoop(page: PageData, definition: Definition, loop: Step, step: string, key: string): boolean {
  if (key === "count") return true;
  if (!holds(loop, step)) return false;
  return key !== "item" || madeBy(page, definition, loop.config) === "";
}

function outputOptions(around: Surroundings): ValueOption[] {
  const { page, definition, step, rehearsal } = around;
  return before(definition.steps, step).flatMap((earlier) => {
    const kind = page.kinds.find((found) => found.id === earlier.config.kind);
    const run = rehearsal?.steps.find((found) => found.step === earlier.id);
    const outputs = [...(kind?.outputs ?? []), ...answerOutputs(earlier)].filter((output) => earlier.config.kind !== "loop" || inLoop(page, definition, earlier, step, output.key));
    return outputs.map((output): ValueOption => {
      const option: ValueOption = { value: { kind: "output", step: earlier.id, key: output.key }, label: output.label, icon: kind!.icon, group: stepLabel(page, definition, earlier), type: output.type ?? "output" };
      const shown = run?.output?.[output.key] ?? (output as { example?: unknown }).example;
      if (shown !== undefined && shown !== null && shown !== "") option.example = String(shown);
      return option;
    });
  });
}

/** What was picked in the answer of an interface. */
function answerOutputs(step: Step): { key: string; label: string; type?: string; example?: unknown }[] {
  if (step.config.kind !== "http_request") return [];
  return (step.config.answer ?? []).map((one) => ({ key: one.key, label: one.name, type: typeof one.example === "number" ? "number" : "text", example: one.example }));
}

const changing = new Set(["record_updated", "state_moved", "state_left", "state_entered"]);

/** What fields of the trigger's record held before the change. */
function beforeOptions(around: Surroundings): ValueOption[] {
  const { page, definition } = around;
  const table = tableOf(page, triggerTable(definition.trigger));
  if (!table || !changing.has(definition.trigger.kind)) return [];
  return table.fields
    .filter((field) => !field.readonly && field.type !== "button")
    .map((field) => {
      const option: ValueOption = { value: { kind: "before", field: field.id }, label: t("{field}(改动前)", { field: field.name }), icon: fieldIcon(field), group: t("改动前的值"), type: typeOf(field) };
      if (field.type === "link") option.table = field.options.table ?? "";
      return option;
    });
}

/** Everything that can be put somewhere at a step, but what has to be worked out first. */
export function valueOptions(around: Surroundings): ValueOption[] {
  const name = (table: Table) => (around.sample ? nameOf(table, around.sample) : "");
  return [
    ...reachable(around).flatMap((one) => recordOptions(around.page, one, around.sample, name)),
    ...triggerOutputs(around.definition.trigger),
    ...outputOptions(around),
    ...lists(around).map((list): ValueOption => ({ value: { kind: "records", step: list.of }, label: list.label, icon: "list", group: t("一组记录"), type: "records", table: list.table.id })),
    ...beforeOptions(around),
    { value: { kind: "now" }, label: t("当时的时间"), icon: "clock", group: t("其他"), type: "datetime" },
    { value: { kind: "person", who: "actor" }, label: t("触发它的人"), icon: "user", group: t("其他"), type: "member" },
  ];
}

const moments = new Set(["date", "datetime"]);
const texts = new Set(["text", "long_text", "url", "email", "phone", "barcode", "location", "json"]);
const amounts = new Set(["number", "currency", "percent", "rating", "progress", "duration", "rollup"]);

/** Whether a field takes text, so that words and values can be mixed in it. */
export function takesText(field: Field): boolean {
  return texts.has(field.type);
}

/** The values that can go into a field that is no text; links stay where something behind them fits. */
export function fitting(field: Field, options: readonly ValueOption[], depth = 0): ValueOption[] {
  return options.flatMap((option): ValueOption[] => {
    const good = option.make ? option.type === "any" || fits(option, field) : !option.only && fits(option, field);
    const { more, ...plain } = option;
    const inner = more && depth < 2 ? () => fitting(field, more(), depth + 1) : undefined;
    const leads = inner !== undefined && inner().length > 0;
    if (!good && !leads) return [];
    return [{ ...plain, ...(leads ? { more: inner } : {}), ...(good ? {} : { only: true }) }];
  });
}

function fits(option: ValueOption, target: Field): boolean {
  const { type } = option;
  if (target.type === "link") return (type === "record" || type === "link" || type === "records") && option.table === target.options.table;
  if (type === "link" || type === "records" || type === "record") return false;
  if (type === target.type) return true;
  if (type === "output") return amounts.has(target.type);
  if (amounts.has(target.type)) return amounts.has(String(type)) || (type === "text" && option.value.kind === "output");
  if (moments.has(target.type)) return moments.has(String(type));
  if (target.type === "checkbox") return type === "checkbox" || type === "boolean";
  if (["member", "attachment", "location"].includes(target.type)) return false;
  return texts.has(String(type)) || type === "single_select";
}

/** What a value is called, wherever it leads; undefined when what it names is gone. */
export function optionOf(around: Surroundings, value: PartValue, options: readonly ValueOption[] = valueOptions(around)): ValueOption | undefined {
  const found = options.find((option) => !option.make && !option.only && valueKey(option.value) === valueKey(value));
  if (found) return found;
  const via = (value.via as string[] | undefined) ?? [];
  if (value.kind === "field" && via.length) {
    const start = options.find((option) => valueKey(option.value) === valueKey({ kind: "field", field: via[0]!, of: value.of ?? "trigger" }));
    let level = start?.more?.();
    for (const link of via.slice(1)) level = level?.find((option) => option.value.field === link)?.more?.();
    const last = level?.find((option) => option.value.field === value.field);
    return last ? { ...last, label: `${last.group?.split(" › ").slice(1).join(" › ") ?? ""} › ${last.label}` } : undefined;
  }
  if (value.kind === "shifted") {
    const base = optionOf(around, value.base as PartValue, options);
    return base ? { value, label: shiftLabel(base.label, Number(value.amount), String(value.unit)), icon: "calendar-clock", type: ["minute", "hour"].includes(String(value.unit)) ? "datetime" : (base.type ?? "date"), group: base.group ?? "" } : undefined;
  }
  if (value.kind === "formula") return { value, label: shownFormula(around, value), icon: "square-function", type: "any", group: t("公式") };
  return undefined;
}

/** A moment so much later or earlier, in words. */
export function shiftLabel(base: string, amount: number, unit: string): string {
  const words = { minute: t("分钟"), hour: t("小时"), day: t("天"), week: t("周"), month: t("个月"), year: t("年") }[unit] ?? unit;
  return amount < 0 ? t("{base}往前 {n} {unit}", { base, n: -amount, unit: words }) : t("{base}往后 {n} {unit}", { base, n: amount, unit: words });
}

/** The table whose fields a formula names without saying whose they are. */
export function formulaTable(around: Surroundings, of: string | undefined): Table | undefined {
  return reachable(around).find((one) => one.of === (of ?? "trigger"))?.table;
}

/** A formula with names in the place of ids. */
export function shownFormula(around: Surroundings, value: PartValue): string {
  const table = formulaTable(around, value.of as string | undefined);
  return String(value.source ?? "").replace(/\{(fld[0-9A-Za-z]{14})\}/g, (whole, id: string) => {
    const field = table?.fields.find((one) => one.id === id);
    return field ? `{${field.name.replaceAll("}", "}}")}}` : whole;
  });
}

/** The step that an output or a list belongs to. */
export function stepOf(definition: Definition, value: PartValue): Step | undefined {
  return find(definition.steps, String(value.step));
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

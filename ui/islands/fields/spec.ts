/** A field while it is being edited: what a person has typed so far, and what of it goes to the server. */
import type { Field, FieldOptions } from "./field";
import { typeUi } from "./types";

/** A choice in the making; `key` tells rows apart that have no number yet. */
export interface ChoiceDraft {
  key: string;
  id: number | null;
  name: string;
  color: string;
}

export interface FieldDraft {
  name: string;
  type: string;
  /** Without `choices`, which stand beside it. */
  options: FieldOptions;
  choices: ChoiceDraft[];
  description: string;
  required: boolean;
  unique: boolean;
  default: unknown;
  /** The formula that gives the default, "" for a fixed one. */
  defaultFormula: string;
  readOnly: boolean;
  /** The formula that values must fulfil, "" for none, and what to say where they do not. */
  formula: string;
  message: string;
}

export const colors = ["red", "orange", "amber", "lime", "green", "teal", "cyan", "blue", "indigo", "violet", "pink", "grey"];
/** Neighbours look different, and the first ones are calm; the server colours in the same order. */
const palette = ["blue", "green", "amber", "violet", "cyan", "pink", "lime", "indigo", "orange", "teal", "red", "grey"];

let counter = 0;

/** A choice with the next colour. */
export function newChoice(name: string, existing: readonly ChoiceDraft[]): ChoiceDraft {
  const last = existing.at(-1)?.color;
  const at = last ? palette.indexOf(last) + 1 : 0;
  return { key: `new-${(counter += 1)}`, id: null, name, color: palette[at % palette.length]! };
}

/** What the panel begins with for a field that exists. */
export function draftOf(field: Field): FieldDraft {
  const { choices = [], ...options } = field.options;
  return {
    name: field.name,
    type: field.type,
    options: { ...options },
    choices: choices.filter((choice) => !choice.archived).map((choice) => ({ key: `c-${choice.id}`, id: choice.id, name: choice.name, color: choice.color })),
    description: field.description ?? "",
    required: field.required ?? false,
    unique: field.unique ?? false,
    default: field.default ?? null,
    defaultFormula: field.default_formula ?? "",
    readOnly: field.read_only ?? false,
    formula: field.validation?.formula ?? "",
    message: field.validation?.message ?? "",
  };
}

export const emptyDraft: FieldDraft = { name: "", type: "text", options: {}, choices: [], description: "", required: false, unique: false, default: null, defaultFormula: "", readOnly: false, formula: "", message: "" };

export const isSelect = (type: string): boolean => type === "single_select" || type === "multi_select";
export const isComputed = (type: string): boolean => ["formula", "lookup", "rollup", "state_time"].includes(type);
/** Types whose values come from the system. */
export const isAutomatic = (type: string): boolean => isComputed(type) || ["auto_number", "created_time", "updated_time", "created_by", "updated_by", "button"].includes(type);
export const canBeRequired = (type: string): boolean => !isAutomatic(type) && type !== "checkbox";
export const canBeUnique = (type: string): boolean => ["text", "email", "url", "phone", "number", "currency", "date", "datetime"].includes(type) || typeUi(type)?.canBeUnique === true;
/** Whether it can be closed to people, or carry a validation formula. */
export const canHaveRules = (type: string): boolean => !isAutomatic(type);
export const canBeValidated = (type: string): boolean => canHaveRules(type) && type !== "link";
export const canHaveDefault = (type: string): boolean => !isAutomatic(type) && type !== "link" && type !== "attachment";

/** The draft with another type: what both types understand is kept, the rest starts anew. */
export function withType(draft: FieldDraft, type: string, original: Field | null): FieldDraft {
  if (type === draft.type) return draft;
  if (original && type === original.type) {
    const back = draftOf(original);
    return { ...back, name: draft.name, description: draft.description };
  }
  const keepChoices = isSelect(type) && isSelect(draft.type);
  const keepDecimals = ["number", "currency", "percent"].includes(type) && draft.options.decimals !== undefined && type !== "percent";
  return {
    ...draft,
    type,
    options: { ...startOptions(type), ...(keepDecimals && draft.type !== "percent" ? { decimals: draft.options.decimals! } : {}) },
    choices: keepChoices ? draft.choices : [],
    required: draft.required && canBeRequired(type),
    unique: draft.unique && canBeUnique(type),
    default: null,
    defaultFormula: canHaveDefault(type) ? draft.defaultFormula : "",
    readOnly: draft.readOnly && canHaveRules(type),
    ...(canHaveRules(type) ? {} : { formula: "", message: "" }),
  };
}

/** Options a type begins with in the form, where they differ from the server's own. */
export function startOptions(type: string): FieldOptions {
  if (type === "auto_number") return { segments: [{ kind: "sequence", text: "", width: 4 }], restart: "never" };
  if (type === "link") return { many: true, two_way: true };
  if (type === "rollup") return { fn: "count" };
  if (type === "formula") return { source: "", decimals: 2 };
  if (type === "currency") return { currency: "CNY", decimals: 2 };
  if (type === "percent") return { decimals: 1 };
  if (type === "number") return { decimals: 0 };
  if (type === "phone") return { format: "mainland" };
  return { ...typeUi(type)?.start };
}

/** The options as the API takes them. */
export function optionsOf(draft: FieldDraft, original: Field | null = null): FieldOptions {
  const options: FieldOptions = { ...draft.options };
  delete options.result;
  delete options.inverse;
  delete options.limit_open;
  if (isSelect(draft.type)) {
    const typed = draft.choices.filter((choice) => choice.name.trim());
    // A field that becomes a select, and is given no choices, gets them from its values.
    const fromValues = original !== null && !isSelect(original.type) && !typed.length;
    if (!fromValues) options.choices = typed.map(({ id, name, color }) => ({ ...(id === null ? {} : { id }), name: name.trim(), color })) as never;
  }
  if (draft.type === "multi_select") delete options.machine;
  if (draft.type === "rollup" && options.fn === "count") options.field = null;
  if (draft.type === "lookup" && options.field === null) delete options.field;
  return options;
}

/** The body of `POST /tables/{table}/fields`. */
export function specOf(draft: FieldDraft): Record<string, unknown> {
  return {
    name: draft.name.trim(),
    type: draft.type,
    options: optionsOf(draft),
    description: draft.description.trim(),
    required: draft.required,
    unique: draft.unique,
    default: draft.default,
    default_formula: draft.defaultFormula.trim(),
    read_only: draft.readOnly,
    validation: validationOf(draft),
  };
}

function validationOf(draft: FieldDraft): { formula: string; message: string } | null {
  return draft.formula.trim() ? { formula: draft.formula, message: draft.message.trim() } : null;
}

const equal = (one: unknown, other: unknown): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** The body of `PATCH /fields/{field}`: only what differs; null when nothing does. */
export function patchOf(draft: FieldDraft, original: Field): Record<string, unknown> | null {
  const before = draftOf(original);
  const patch: Record<string, unknown> = {};
  if (draft.name.trim() !== before.name) patch.name = draft.name.trim();
  if (draft.description.trim() !== before.description) patch.description = draft.description.trim();
  if (draft.required !== before.required) patch.required = draft.required;
  if (draft.unique !== before.unique) patch.unique = draft.unique;
  if (!equal(draft.default, before.default)) patch.default = draft.default;
  if (draft.defaultFormula.trim() !== before.defaultFormula) patch.default_formula = draft.defaultFormula.trim();
  if (draft.readOnly !== before.readOnly) patch.read_only = draft.readOnly;
  if (!equal(validationOf(draft), validationOf(before))) patch.validation = validationOf(draft);
  const options = optionsOf(draft, original);
  if (draft.type !== before.type) Object.assign(patch, { type: draft.type, options });
  else if (!equal(options, optionsOf(before, original))) patch.options = options;
  return Object.keys(patch).length ? patch : null;
}

/** Whether the change touches values, so that its effect is worth foretelling. */
export function changesValues(patch: Record<string, unknown> | null): boolean {
  return patch !== null && ["type", "options", "required", "unique"].some((key) => key in patch && patch[key] !== false);
}

/** A form in the making: what its page would get, and changes of its questions. Pure. */
import type { Field, Value } from "../fields/field";
import { without } from "./without";
import type { EditorData, FillData, FormDef, Question, QuestionDef, StoredForm } from "./types";

/** What is stored of a form, without what the server adds. */
export function definitionOf(form: StoredForm): FormDef {
  const { id: _id, version: _version, app: _app, problems: _problems, missing: _missing, ...definition } = form;
  return definition;
}

/** A question for a field that is put into the form. */
export function freshQuestion(field: Field): QuestionDef {
  return { field: field.id, label: "", help: "", required: field.required === true, hidden: false, default: null, where: null, choose: field.type === "link" };
}

/** The definition as the page would show it. */
export function previewOf(data: EditorData, draft: FormDef): FillData {
  const fields = new Map((data.table?.fields ?? []).map((field) => [field.id, field]));
  const known = new Set<string>();
  const questions: Question[] = [];
  for (const one of draft.questions) {
    const field = fields.get(one.field);
    if (!field || !data.askable.includes(field.id)) continue;
    if ((field.type === "link" && !one.choose) || (field.type === "member" && draft.audience !== "members")) continue;
    const where = without(one.where, known);
    known.add(field.id);
    if (!one.hidden) questions.push({ id: field.id, type: field.type, label: one.label || field.name, help: one.help, required: one.required || field.required === true, where, options: optionsOf(field), value: begins(one.default ?? (field.type === "member" ? null : field.default), field) });
  }
  return {
    form: data.form.id,
    secret: "",
    title: draft.title || draft.name,
    description: draft.description,
    color: draft.color,
    submit: draft.submit,
    after: draft.after,
    thanks: draft.thanks,
    again: draft.again && !draft.once,
    redirect: draft.redirect,
    person: "",
    questions,
  };
}

function optionsOf(field: Field): Question["options"] {
  const { machine, choices, ...others } = field.options;
  const offered = (choices ?? []).filter((choice) => !choice.archived && (!machine?.initial.length || machine.initial.includes(choice.id)));
  return { ...others, ...(choices ? { choices: offered } : {}), ...(field.people ? { people: field.people } : {}) };
}

function begins(value: Value, field: Field): Value {
  if (value !== "$now") return value ?? null;
  const now = new Date().toISOString();
  return field.type === "date" ? now.slice(0, 10) : now;
}

/** `list` with the entry at `from` put before what stands at `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [one] = next.splice(from, 1);
  next.splice(to > from ? to - 1 : to, 0, one!);
  return next;
}

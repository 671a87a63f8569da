/** One question with its control: large targets, the phone's own keyboards and choosers, what is wrong beneath it. */
import { html, nothing, type TemplateResult } from "lit";
import type { Field, LinkValue, Value } from "../fields/field";
import { fromLocal, toLocal } from "../fields/format";
import { typeUi } from "../fields/types";
import type { FileValue } from "../files/file";
import { editText, readTyped } from "../grid/editor";
import { icon } from "../icons";
import { t } from "../i18n";
import "./hb-form-choose";
import "./hb-form-files";
import type { Answers, Question } from "./types";

export interface QuestionHost {
  readonly secret: string;
  readonly answers: Answers;
  answer(question: Question, value: Value): void;
  problem(question: Question): string;
}

/** So many choices are all shown at once. */
const mostShown = 12;
const keyboards: Record<string, string> = { phone: "tel", email: "email", url: "url", number: "decimal", currency: "decimal", percent: "decimal", progress: "decimal" };

/** The question as the controls of cells know fields. */
export function fieldOf(question: Question): Field {
  const people = question.options.people as Field["people"];
  return { id: question.id, name: question.label, type: question.type, options: question.options, required: question.required, readonly: false, people: people ?? [] };
}

/** The whole question. */
export function questionTemplate(host: QuestionHost, question: Question): TemplateResult {
  const id = `q-${question.id}`;
  const problem = host.problem(question);
  const grouped = question.type === "multi_select" || question.type === "rating" || (question.type === "single_select" && choices(question).length <= mostShown);
  const notes = [question.help ? `${id}-help` : "", problem ? `${id}-bad` : ""].filter(Boolean).join(" ");
  const mark = question.required ? html` <span class="req" aria-hidden="true">*</span>` : nothing;
  const label = question.type === "checkbox" ? nothing : grouped ? html`<legend class="fm-label">${question.label}${mark}</legend>` : html`<label class="fm-label" for=${id}>${question.label}${mark}</label>`;
  const inner = html`${label}
    ${question.help ? html`<p class="fm-help" id="${id}-help">${question.help}</p>` : nothing}
    ${control(host, question, id, notes, problem !== "")}
    ${problem ? html`<p class="hint bad" id="${id}-bad" role="alert">${icon("circle-alert", 14)}${problem}</p>` : nothing}`;
  const common = `fm-q ${problem ? "bad" : ""}`;
  return grouped ? html`<fieldset class=${common} data-q=${question.id} aria-describedby=${notes || nothing}>${inner}</fieldset>` : html`<div class=${common} data-q=${question.id}>${inner}</div>`;
}

function choices(question: Question): { name: string; color: string }[] {
  return question.options.choices ?? [];
}

function control(host: QuestionHost, question: Question, id: string, notes: string, bad: boolean): TemplateResult {
  const value = host.answers[question.id];
  const set = (next: Value) => host.answer(question, next);
  switch (question.type) {
    case "single_select":
      return choices(question).length <= mostShown ? radios(question, id, value, set) : dropdown(question, id, value, set, notes, bad);
    case "multi_select":
      return boxes(question, id, value, set);
    case "checkbox":
      return html`<label class="fm-opt"><input type="checkbox" class="ck" id=${id} aria-describedby=${notes || nothing} aria-invalid=${bad ? "true" : nothing} .checked=${value === true} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)} /><span>${question.label}${question.required ? html` <span class="req" aria-hidden="true">*</span>` : nothing}</span></label>`;
    case "date":
    case "datetime":
      return day(question, id, value, set, notes, bad);
    case "long_text":
    case "json":
      return html`<textarea class="inp" id=${id} rows="4" maxlength=${question.options.max_length ?? nothing} aria-required=${question.required ? "true" : nothing} aria-describedby=${notes || nothing} aria-invalid=${bad ? "true" : nothing} .value=${shownText(question, value)} @input=${(event: Event) => set((event.target as HTMLTextAreaElement).value || null)}></textarea>`;
    case "attachment":
      return html`<hb-form-files .question=${question} .value=${(Array.isArray(value) ? value : []) as FileValue[]} secret=${host.secret} control=${id} @hb:files=${(event: CustomEvent<FileValue[]>) => set(event.detail.length ? event.detail : null)}></hb-form-files>`;
    case "link":
      return html`<hb-form-choose .question=${question} .value=${(Array.isArray(value) ? value : []) as LinkValue[]} .answers=${host.answers} secret=${host.secret} control=${id} @hb:links=${(event: CustomEvent<LinkValue[]>) => set(event.detail.length ? event.detail : null)}></hb-form-choose>`;
    case "rating":
    case "cascade":
    case "location":
    case "member":
      return typeUi(question.type)!.control!(fieldOf(question), { id, value, invalid: bad, describedBy: notes || undefined, commit: set, cancel: () => undefined, choices: async () => [] });
    default:
      return line(question, id, value, set, notes, bad);
  }
}

function radios(question: Question, id: string, value: Value, set: (value: Value) => void): TemplateResult {
  return html`<div class="fm-opts">
    ${choices(question).map(
      (choice, n) => html`<label class="fm-opt ${value === choice.name ? "on" : ""}"><input type="radio" class="rd" id="${id}${n ? `-${n}` : ""}" name=${id} .checked=${value === choice.name} @change=${() => set(choice.name)} /><span class="fm-dot c-${choice.color}"></span><span>${choice.name}</span></label>`,
    )}
    ${!question.required && value ? html`<button type="button" class="btn s g" @click=${() => set(null)}>${t("清空选择")}</button>` : nothing}
  </div>`;
}

function dropdown(question: Question, id: string, value: Value, set: (value: Value) => void, notes: string, bad: boolean): TemplateResult {
  return html`<span class="sel"><select class="inp" id=${id} aria-describedby=${notes || nothing} aria-invalid=${bad ? "true" : nothing} @change=${(event: Event) => set((event.target as HTMLSelectElement).value || null)}>
    <option value="" ?selected=${!value}>${t("选一个")}</option>
    ${choices(question).map((choice) => html`<option value=${choice.name} ?selected=${value === choice.name}>${choice.name}</option>`)}
  </select></span>`;
}

function boxes(question: Question, id: string, value: Value, set: (value: Value) => void): TemplateResult {
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const toggle = (name: string, on: boolean) => {
    const next = choices(question).map((choice) => choice.name).filter((one) => (one === name ? on : chosen.includes(one)));
    set(next.length ? next : null);
  };
  return html`<div class="fm-opts">${choices(question).map(
    (choice, n) => html`<label class="fm-opt ${chosen.includes(choice.name) ? "on" : ""}"><input type="checkbox" class="ck" id="${id}${n ? `-${n}` : ""}" .checked=${chosen.includes(choice.name)} @change=${(event: Event) => toggle(choice.name, (event.target as HTMLInputElement).checked)} /><span class="fm-dot c-${choice.color}"></span><span>${choice.name}</span></label>`,
  )}</div>`;
}

function day(question: Question, id: string, value: Value, set: (value: Value) => void, notes: string, bad: boolean): TemplateResult {
  const withTime = question.type === "datetime";
  const given = typeof value === "string" ? value : "";
  return html`<input class="inp" id=${id} type=${withTime ? "datetime-local" : "date"} max=${withTime ? "9999-12-31T23:59" : "9999-12-31"} step=${withTime && question.options.seconds ? "1" : nothing} aria-required=${question.required ? "true" : nothing} aria-describedby=${notes || nothing} aria-invalid=${bad ? "true" : nothing}
    .value=${!given ? "" : withTime ? toLocal(given, question.options.seconds === true) : given.slice(0, 10)} @change=${(event: Event) => {
      const text = (event.target as HTMLInputElement).value;
      set(text ? (withTime ? fromLocal(text) : text) : null);
    }} />`;
}

function shownText(question: Question, value: Value): string {
  if (value === null || value === undefined) return "";
  return question.type === "long_text" ? String(value) : typeof value === "string" ? value : JSON.stringify(value);
}

function line(question: Question, id: string, value: Value, set: (value: Value) => void, notes: string, bad: boolean): TemplateResult {
  const field = fieldOf(question);
  const unit = question.type === "percent" ? "%" : String(question.options.unit ?? (question.type === "currency" ? question.options.currency : "") ?? "");
  const text = editText(field, value);
  const given = question.type === "percent" ? text.replace(/%$/, "") : text;
  const type = question.type === "phone" ? "tel" : question.type === "email" ? "email" : "text";
  const complete: Record<string, string> = { phone: "tel", email: "email", url: "url" };
  const input = html`<input class=${unit ? "" : "inp"} id=${id} type=${type} inputmode=${keyboards[question.type] ?? "text"} autocomplete=${complete[question.type] ?? "off"} maxlength=${question.options.max_length ?? nothing} aria-required=${question.required ? "true" : nothing} aria-describedby=${notes || nothing} aria-invalid=${bad ? "true" : nothing} placeholder=${question.type === "duration" ? t("例如 1:30 或 90m") : nothing}
    .value=${given} @input=${(event: Event) => set((event.target as HTMLInputElement).value === "" ? null : draftOf(field, (event.target as HTMLInputElement).value))} @change=${(event: Event) => set(readTyped(field, (event.target as HTMLInputElement).value))} />`;
  return unit ? html`<span class="inp">${input}<span class="f3">${unit}</span></span>` : input;
}

/** While it is typed: a whole number counts at once (conditions look at it); what may go on stays as it is written. */
function draftOf(field: Field, text: string): Value {
  return ["number", "currency"].includes(field.type) && /^-?\d+$/.test(text.trim()) && String(Number(text)) === text.trim() ? Number(text) : text;
}

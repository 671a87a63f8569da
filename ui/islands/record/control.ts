/** The control with which a field is edited in a panel or a form: the same reading of what is typed as in the grid. */
import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { allowedMoves, isNumeric, stateGlyph, type Field, type LinkValue, type Value } from "../fields/field";
import { fromLocal, lastDay, toLocal } from "../fields/format";
import { markdownKey, markdownTools } from "../fields/markdown-tools";
import { takeNewChoices } from "../fields/new-choice";
import { typeUi } from "../fields/types";
import { editText, readTyped } from "../grid/editor";
import { chooseLinks } from "../grid/link-chooser";
import type { ChoiceRecord } from "../grid/types";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";

export interface ControlOptions {
  id: string;
  /** Where the value stands while it is edited (what the server has, or a draft). */
  value: Value;
  /** State the record is in now, for state machines: only its moves are offered. */
  state?: string | null;
  invalid?: boolean;
  describedBy?: string | undefined;
  /** Begin at once, with the focus in it (in-place editing). */
  immediate?: boolean;
  /** A new value is there: after leaving the control, pressing Enter, choosing. */
  commit(value: Value): void;
  /** Leave without a change. */
  cancel(): void;
  choices(field: Field, words: string): Promise<ChoiceRecord[]>;
  /** The record that is edited, where it is stored already. */
  record?: string;
  /** Of choices, only those that are there: the field itself is being edited. */
  listed?: boolean;
  /** Take a new value and stay open; without it, `commit` does. */
  keep?(value: Value): void;
}

const inputModes: Record<string, string> = { phone: "tel", number: "decimal", currency: "decimal", percent: "decimal", email: "email", url: "url" };

/** Whether a person can set the field at all. */
export function isEditable(field: Field): boolean {
  return !field.readonly;
}

/** The control for one field. */
export function controlTemplate(field: Field, options: ControlOptions): TemplateResult {
  const ui = typeUi(field.type);
  if (ui?.control) return ui.control(field, options);
  switch (field.type) {
    case "checkbox":
      return checkbox(field, options);
    case "single_select":
    case "multi_select":
      return select(field, options);
    case "date":
    case "datetime":
      return date(field, options);
    case "link":
      return link(field, options);
    case "long_text":
      return long(field, options);
    default:
      return typed(field, options);
  }
}

function once(options: ControlOptions): { commit(value: Value): void; cancel(): void } {
  // Enter commits and takes the control away, which makes it lose the focus and commit again.
  let done = false;
  return {
    commit(value) {
      if (done && options.immediate) return;
      done = true;
      options.commit(value);
    },
    cancel() {
      if (done && options.immediate) return;
      done = true;
      options.cancel();
    },
  };
}

function focusNow(options: ControlOptions, select = false): unknown {
  if (!options.immediate) return nothing;
  return ref((element) => {
    if (!(element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) || element.dataset.begun) return;
    element.dataset.begun = "1";
    queueMicrotask(() => {
      element.focus();
      if (select) element.select();
    });
  });
}

function typed(field: Field, options: ControlOptions): TemplateResult {
  const { commit, cancel } = once(options);
  const before = editText(field, options.value);
  const take = (input: HTMLInputElement) => {
    if (input.value === before && !options.invalid) cancel();
    else commit(readTyped(field, input.value));
  };
  return html`<input
    class="inp s ${isNumeric(field) ? "m" : ""}"
    id=${options.id}
    name=${field.id}
    type="text"
    autocomplete="off"
    inputmode=${inputModes[field.type] ?? "text"}
    aria-label=${field.name}
    aria-invalid=${options.invalid ? "true" : nothing}
    aria-describedby=${options.describedBy ?? nothing}
    .value=${before}
    ${focusNow(options, true) as ReturnType<typeof ref>}
    @keydown=${(event: KeyboardEvent) => keys(event, () => take(event.target as HTMLInputElement), () => cancelInto(event, before, cancel), options)}
    @blur=${(event: Event) => options.immediate && take(event.target as HTMLInputElement)}
    @change=${(event: Event) => !options.immediate && take(event.target as HTMLInputElement)}
  />`;
}

function cancelInto(event: KeyboardEvent, before: string, cancel: () => void): void {
  (event.target as HTMLInputElement).value = before;
  cancel();
}

function keys(event: KeyboardEvent, take: () => void, cancel: () => void, options: ControlOptions): void {
  if (event.isComposing || !options.immediate) return;
  if (event.key === "Enter") {
    event.preventDefault();
    event.stopPropagation();
    take();
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    cancel();
  }
}

function long(field: Field, options: ControlOptions): TemplateResult {
  const { commit, cancel } = once(options);
  const before = editText(field, options.value);
  const take = (area: HTMLTextAreaElement) => {
    if (area.value === before && !options.invalid) cancel();
    else commit(readTyped(field, area.value));
  };
  const marked = field.options.markdown === true;
  const area = html`<textarea
    class="inp rc-area"
    id=${options.id}
    name=${field.id}
    rows=${Math.min(10, Math.max(3, before.split("\n").length + 1))}
    aria-label=${field.name}
    aria-invalid=${options.invalid ? "true" : nothing}
    aria-describedby=${options.describedBy ?? nothing}
    .value=${before}
    ${focusNow(options) as ReturnType<typeof ref>}
    @keydown=${(event: KeyboardEvent) => {
      if (marked && markdownKey(event)) return;
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) return;
      keys(event, () => take(event.target as HTMLTextAreaElement), () => cancelInto(event, before, cancel), options);
    }}
    @blur=${(event: Event) => options.immediate && !marked && take(event.target as HTMLTextAreaElement)}
    @change=${(event: Event) => !options.immediate && take(event.target as HTMLTextAreaElement)}
  ></textarea>`;
  if (!marked) return area;
  const leave = (event: FocusEvent) => {
    const box = event.currentTarget as HTMLElement;
    if (options.immediate && !box.contains(event.relatedTarget as Node | null)) take(box.querySelector("textarea")!);
  };
  return html`<div class="ft-mdbox" @focusout=${leave}>${markdownTools()} ${area}<hb-markdown hidden></hb-markdown></div>`;
}

function checkbox(field: Field, options: ControlOptions): TemplateResult {
  return html`<input
    type="checkbox"
    class="ck"
    id=${options.id}
    name=${field.id}
    aria-label=${field.name}
    .checked=${options.value === true}
    @change=${(event: Event) => options.commit((event.target as HTMLInputElement).checked)}
  />`;
}

function date(field: Field, options: ControlOptions): TemplateResult {
  const { commit, cancel } = once(options);
  const withTime = field.type === "datetime";
  const seconds = field.options.seconds === true;
  const given = typeof options.value === "string" ? options.value : "";
  const before = !given ? "" : withTime ? toLocal(given, seconds) : given.slice(0, 10);
  const take = (input: HTMLInputElement) => {
    if (input.value === before && !options.invalid) cancel();
    else commit(input.value ? (withTime ? fromLocal(input.value) : input.value) : null);
  };
  return html`<input
    class="inp s"
    id=${options.id}
    name=${field.id}
    type=${withTime ? "datetime-local" : "date"}
    step=${withTime && seconds ? "1" : nothing}
    max=${lastDay(withTime)}
    aria-label=${field.name}
    aria-invalid=${options.invalid ? "true" : nothing}
    aria-describedby=${options.describedBy ?? nothing}
    .value=${before}
    ${focusNow(options) as ReturnType<typeof ref>}
    @keydown=${(event: KeyboardEvent) => keys(event, () => take(event.target as HTMLInputElement), () => cancelInto(event, before, cancel), options)}
    @blur=${(event: Event) => options.immediate && take(event.target as HTMLInputElement)}
    @change=${(event: Event) => !options.immediate && take(event.target as HTMLInputElement)}
  />`;
}

function select(field: Field, options: ControlOptions): TemplateResult {
  const multiple = field.type === "multi_select";
  const { machine } = field.options;
  const state = options.state ?? null;
  const moves = new Set(allowedMoves(field, state));
  const offered = (field.options.choices ?? []).filter((choice) => !choice.archived && (!machine || choice.name === state || moves.has(choice.name)));
  let chosen: Value | undefined;
  const changed = (event: Event) => {
    const value = (event.target as HbSelect).value;
    chosen = multiple ? value : value || null;
    if (!options.immediate) options.commit(chosen);
  };
  const closed = () => {
    if (!options.immediate) return;
    if (chosen === undefined) options.cancel();
    else options.commit(chosen);
  };
  const begin = (element: Element | undefined) => {
    const box = element as HbSelect | undefined;
    if (box && !options.listed) takeNewChoices(box, field);
    if (!box || !options.immediate || box.dataset.begun) return;
    box.dataset.begun = "1";
    void box.updateComplete.then(() => box.open());
  };
  return html`<hb-select
    id=${options.id}
    small
    .label=${field.name}
    .look=${machine ? "pill" : "tag"}
    ?multiple=${multiple}
    ?clearable=${!multiple && !field.required && !machine}
    ?invalid=${options.invalid ?? false}
    .options=${[
      ...(!multiple && !field.required && !machine ? [{ value: "", label: t("(空)") }] : []),
      ...offered.map((choice) => ({ value: choice.name, label: choice.name, color: choice.color, glyph: stateGlyph(field, choice) || undefined })),
    ]}
    .value=${multiple ? (Array.isArray(options.value) ? options.value.map(String) : []) : typeof options.value === "string" ? options.value : ""}
    ${ref(begin)}
    @change=${changed}
    @hb:close=${closed}
  ></hb-select>`;
}

function link(field: Field, options: ControlOptions): TemplateResult {
  const links = (Array.isArray(options.value) ? options.value : []) as LinkValue[];
  const choose = async () => {
    const chosen = await chooseLinks(field, links, (words) => options.choices(field, words));
    if (chosen) options.commit(chosen);
    else options.cancel();
  };
  const begin = (element: Element | undefined) => {
    if (!(element instanceof HTMLElement) || !options.immediate || element.dataset.begun) return;
    element.dataset.begun = "1";
    queueMicrotask(() => void choose());
  };
  return html`<button type="button" class="inp s rc-links" id=${options.id} aria-label=${field.name} aria-haspopup="dialog" ?data-invalid=${options.invalid} ${ref(begin)} @click=${() => void choose()}>
    ${links.length ? links.map((item) => html`<span class="chip"><span class="cut">${item.name || "—"}</span></span>`) : html`<span class="f3">${t("选择记录")}</span>`}
  </button>`;
}

/** JSON: one line in cells, laid out and checked while it is edited. */
import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { icon } from "../../icons";
import { t } from "../../i18n";
import type { ControlOptions } from "../../record/control";
import type { Field, Value } from "../field";
import type { TypeUi } from "./ui";

/** On one line. A text is JSON already: what is being typed, or numbers that only the server can hold. */
export function lineJson(value: Value): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Laid out over several lines; a text that is no JSON stays as it is. */
export function prettyJson(value: Value): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  return losesNumbers(value) ? value : reformatted(value);
}

function reformatted(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Whether laying it out here would change a number: more digits than a browser holds. */
function losesNumbers(text: string): boolean {
  return /\d{16,}/.test(text);
}

/** What is wrong with a text as JSON, in words; "" when nothing is. */
export function jsonFault(text: string): string {
  if (!text.trim()) return "";
  try {
    JSON.parse(text);
    return "";
  } catch (failure) {
    const place = /position (\d+)/.exec(String(failure));
    const before = place ? text.slice(0, Number(place[1])) : text;
    const lines = before.split("\n");
    return t("JSON 写得不对:第 {line} 行第 {column} 个字附近", { line: lines.length, column: lines.at(-1)!.length + 1 });
  }
}

function control(field: Field, options: ControlOptions): TemplateResult {
  const before = prettyJson(options.value);
  let done = false;
  const area = (box: Element) => box.querySelector("textarea")!;
  const say = (box: Element) => {
    const fault = jsonFault(area(box).value);
    const line = box.querySelector(".ft-json-state")!;
    line.textContent = fault || (area(box).value.trim() ? t("格式正确") : "");
    line.classList.toggle("bad", fault !== "");
  };
  const take = (box: Element) => {
    if (done && options.immediate) return;
    done = true;
    const text = area(box).value;
    if (text === before && !options.invalid) options.cancel();
    else options.commit(text.trim() ? text : null);
  };
  const box = (event: Event) => (event.target as Element).closest(".ft-json")!;
  const keys = (event: KeyboardEvent) => {
    if (event.isComposing || !options.immediate) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      done = true;
      options.cancel();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      take(box(event));
    }
  };
  const begin = (element: Element | undefined) => {
    if (!element || (element as HTMLElement).dataset.begun) return;
    (element as HTMLElement).dataset.begun = "1";
    queueMicrotask(() => {
      say(element);
      if (options.immediate) area(element).focus();
    });
  };
  return html`<div class="ft-json" ${ref(begin)} @keydown=${keys} @focusout=${(event: FocusEvent) => {
    const own = event.currentTarget as HTMLElement;
    if (options.immediate && !own.contains(event.relatedTarget as Node | null)) take(own);
  }}>
    <textarea class="inp" id=${options.id} name=${field.id} rows=${Math.min(12, Math.max(4, before.split("\n").length))} spellcheck="false" autocomplete="off" aria-label=${field.name} aria-invalid=${options.invalid ? "true" : nothing} aria-describedby=${options.describedBy ?? nothing} .value=${before} @input=${(event: Event) => say(box(event))} @change=${(event: Event) => {
      event.stopPropagation();
      if (!options.immediate) take(box(event));
    }}></textarea>
    <div class="ft-json-foot"><span class="ft-json-state" role="status"></span><button type="button" class="btn s g" @pointerdown=${(event: Event) => event.preventDefault()} @click=${(event: Event) => {
      const own = box(event);
      if (!losesNumbers(area(own).value)) area(own).value = reformatted(area(own).value);
      say(own);
      if (!options.immediate) take(own);
    }}>${icon("align-left", 14)}${t("排好版")}</button></div>
  </div>`;
}

export const json: TypeUi = {
  icon: "braces",
  width: 200,
  wide: true,
  operators: ["contains", "not_contains", "is_empty", "is_not_empty"],
  valueKind: () => "text",
  text: (_field, value) => lineJson(value),
  copy: (_field, value) => lineJson(value),
  editText: (_field, value) => prettyJson(value),
  cell(box, _field, value) {
    const code = document.createElement("code");
    code.className = "cut ft-code-line";
    code.textContent = lineJson(value).replace(/\s*\n\s*/g, " ");
    box.append(code);
  },
  template: (_field, value, small) => (small ? html`<code class="cut ft-code-line">${lineJson(value)}</code>` : html`<pre class="ft-pre">${prettyJson(value)}</pre>`),
  control,
  room: { width: 380, height: 180 },
  start: {},
  settings: [],
  cannotBePrimary: true,
};

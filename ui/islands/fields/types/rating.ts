/** Ratings: stars to click, to choose by arrow keys or to type as a digit. */
import { html, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { icon, iconElement } from "../../icons";
import { t } from "../../i18n";
import type { ControlOptions } from "../../record/control";
import type { Field, Value } from "../field";
import { amountKind, numberOperators, type TypeUi } from "./ui";

export const ratingIcons = ["star", "heart", "thumbs-up", "flame", "flag"];

const most = (field: Field): number => Number(field.options.maximum ?? 5);
const shape = (field: Field): string => (field.options.icon as string | undefined) ?? "star";
const color = (field: Field): string => (field.options.color as string | undefined) ?? "amber";

function cell(box: HTMLElement, field: Field, value: Value): void {
  const given = Number(value);
  const row = document.createElement("span");
  row.className = `ft-stars c-${color(field)}`;
  row.setAttribute("role", "img");
  row.setAttribute("aria-label", t("{n} 分,满分 {most}", { n: given, most: most(field) }));
  for (let n = 1; n <= Math.max(most(field), given); n++) {
    const mark = iconElement(shape(field), 15);
    if (n <= given) mark.classList.add("on");
    row.append(mark);
  }
  box.append(row);
}

function template(field: Field, value: Value): TemplateResult {
  const given = Number(value);
  return html`<span class="ft-stars c-${color(field)}" role="img" aria-label=${t("{n} 分,满分 {most}", { n: given, most: most(field) })}>
    ${Array.from({ length: Math.max(most(field), given) }, (_none, n) => icon(shape(field), 16, n < given ? "on" : ""))}
  </span>`;
}

/** What the arrow and digit keys make of a rating; undefined for other keys. */
export function keyedRating(key: string, now: number, maximum: number): number | null | undefined {
  if (/^\d$/.test(key)) return Number(key) === 0 ? null : Math.min(Number(key), maximum);
  if (key === "ArrowRight" || key === "ArrowUp") return Math.min(now + 1, maximum);
  if (key === "ArrowLeft" || key === "ArrowDown") return now > 1 ? now - 1 : null;
  if (key === "Delete" || key === "Backspace") return null;
  if (key === "End") return maximum;
  if (key === "Home") return 1;
  return undefined;
}

function control(field: Field, options: ControlOptions): TemplateResult {
  const given = Number(options.value) || 0;
  const maximum = most(field);
  let chosen: number | null | undefined;
  const show = (box: Element, upTo: number) => box.querySelectorAll(".i").forEach((mark, n) => mark.classList.toggle("on", n < upTo));
  const keys = (event: KeyboardEvent) => {
    const box = event.currentTarget as HTMLElement;
    if (event.key === "Escape" && options.immediate) {
      event.stopPropagation();
      return options.cancel();
    }
    if (event.key === "Enter" && options.immediate) {
      event.preventDefault();
      event.stopPropagation();
      return chosen === undefined ? options.cancel() : options.commit(chosen);
    }
    const next = keyedRating(event.key, chosen === undefined ? given : (chosen ?? 0), maximum);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    chosen = next;
    show(box, next ?? 0);
    box.setAttribute("aria-valuenow", String(next ?? 0));
    box.setAttribute("aria-valuetext", t("{n} 分", { n: next ?? 0 }));
    if (!options.immediate) options.commit(next);
  };
  const leave = (event: FocusEvent) => {
    if (!options.immediate || (event.currentTarget as HTMLElement).contains(event.relatedTarget as Node | null)) return;
    if (chosen === undefined) options.cancel();
    else options.commit(chosen);
  };
  const begin = (element: Element | undefined) => {
    if (!(element instanceof HTMLElement) || !options.immediate || element.dataset.begun) return;
    element.dataset.begun = "1";
    queueMicrotask(() => element.focus());
  };
  return html`<span
    class="ft-stars ft-choose c-${color(field)}"
    id=${options.id}
    tabindex="0"
    role="slider"
    aria-label=${field.name}
    aria-valuemin="0"
    aria-valuemax=${maximum}
    aria-valuenow=${given}
    aria-valuetext=${t("{n} 分", { n: given })}
    ${ref(begin)}
    @keydown=${keys}
    @focusout=${leave}
    @pointerleave=${(event: Event) => show(event.currentTarget as Element, chosen === undefined ? given : (chosen ?? 0))}
  >
    ${Array.from(
      { length: maximum },
      (_none, n) =>
        html`<span class="ft-star" data-n=${n + 1} @pointerenter=${(event: Event) => show((event.currentTarget as Element).parentElement!, n + 1)} @click=${(event: Event) => {
          event.stopPropagation();
          chosen = n + 1 === given ? null : n + 1;
          options.commit(chosen);
        }}>${icon(shape(field), 20, n < given ? "on" : "")}</span>`,
    )}
  </span>`;
}

export const rating: TypeUi = {
  icon: "star",
  width: 128,
  amount: true,
  left: true,
  typed: true,
  operators: numberOperators,
  valueKind: amountKind,
  text: (_field, value) => String(value),
  copy: (_field, value) => String(value),
  editText: (_field, value) => String(value),
  read: (_field, text) => (/^\d+$/.test(text) ? Number(text) || null : text),
  cell,
  template,
  control,
  room: { width: 40, height: 34 },
  start: { maximum: 5, icon: "star", color: "amber" },
  settings: ["maximum", "icon", "color"],
};

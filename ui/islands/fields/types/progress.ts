/** Progress: a bar between a start and an end, with its figure. */
import { html, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import type { ControlOptions } from "../../record/control";
import type { Field, Value } from "../field";
import { formatNumber } from "../format";
import { amountKind, numberOperators, type TypeUi } from "./ui";

const bounds = (field: Field): [number, number] => [Number(field.options.start ?? 0), Number(field.options.end ?? 100)];
const places = (field: Field): number => field.options.decimals ?? 0;
const color = (field: Field): string => (field.options.color as string | undefined) ?? "blue";

/** Whether the figure is a percentage: the usual scale. */
function percent(field: Field): boolean {
  const [start, end] = bounds(field);
  return start === 0 && end === 100;
}

/** How full the bar is, from 0 to 100. */
export function fullness(field: Field, value: Value): number {
  const [start, end] = bounds(field);
  return Math.min(100, Math.max(0, ((Number(value) - start) / (end - start)) * 100));
}

function text(field: Field, value: Value): string {
  if (typeof value !== "number") return String(value);
  const figure = formatNumber(value, { decimals: places(field), thousands: false });
  return percent(field) ? `${figure}%` : figure;
}

function cell(box: HTMLElement, field: Field, value: Value): void {
  const row = document.createElement("span");
  row.className = `ft-progress c-${color(field)}`;
  const bar = document.createElement("span");
  bar.className = "ft-bar";
  const fill = document.createElement("i");
  fill.style.width = `${fullness(field, value)}%`;
  bar.append(fill);
  const figure = document.createElement("span");
  figure.className = "m";
  figure.textContent = text(field, value);
  row.append(bar, figure);
  box.append(row);
}

function template(field: Field, value: Value): TemplateResult {
  return html`<span class="ft-progress c-${color(field)}"><span class="ft-bar"><i style="width:${fullness(field, value)}%"></i></span><span class="m">${text(field, value)}</span></span>`;
}

/** What was typed as a number on the field's own scale; a percentage is a share of the way. */
export function readProgress(field: Field, typed: string): Value {
  const plain = typed.normalize("NFKC").replace(/[,\s]/g, "");
  const share = plain.endsWith("%");
  const number = Number(share ? plain.slice(0, -1) : plain);
  if (plain === "" || plain === "%" || !Number.isFinite(number)) return typed;
  const [start, end] = bounds(field);
  return Number((share ? start + ((end - start) * number) / 100 : number).toFixed(places(field)));
}

function control(field: Field, options: ControlOptions): TemplateResult {
  const [start, end] = bounds(field);
  const given = typeof options.value === "number" ? options.value : null;
  let chosen: Value | undefined;
  const step = Number((10 ** -places(field)).toFixed(places(field)));
  const slide = (event: Event) => {
    const slider = event.target as HTMLInputElement;
    chosen = Number(slider.value);
    slider.parentElement!.querySelector<HTMLInputElement>("input[type=text]")!.value = text(field, chosen);
  };
  const type = (event: Event) => {
    const typed = (event.target as HTMLInputElement).value.trim();
    chosen = typed ? readProgress(field, typed) : null;
    const slider = (event.target as HTMLElement).parentElement!.querySelector<HTMLInputElement>("input[type=range]")!;
    slider.value = String(typeof chosen === "number" ? chosen : start);
  };
  const end_ = () => (chosen === undefined ? options.cancel() : options.commit(chosen));
  const keys = (event: KeyboardEvent) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    if (!options.immediate && event.key === "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") options.cancel();
    else end_();
  };
  const leave = (event: FocusEvent) => {
    if (options.immediate && !(event.currentTarget as HTMLElement).contains(event.relatedTarget as Node | null)) end_();
  };
  const begin = (element: Element | undefined) => {
    if (!(element instanceof HTMLElement) || !options.immediate || element.dataset.begun) return;
    element.dataset.begun = "1";
    queueMicrotask(() => element.querySelector<HTMLInputElement>("input[type=text]")?.select());
  };
  return html`<span class="ft-slide c-${color(field)}" ${ref(begin)} @keydown=${keys} @focusout=${leave} @change=${(event: Event) => {
    event.stopPropagation();
    if (!options.immediate && chosen !== undefined) options.commit(chosen);
  }}>
    <input type="range" tabindex="-1" aria-label=${field.name} min=${start} max=${end} step=${step} .value=${String(given ?? start)} @input=${slide} />
    <input class="inp s m" type="text" id=${options.id} name=${field.id} inputmode="decimal" autocomplete="off" aria-label=${field.name} aria-invalid=${options.invalid ? "true" : "false"} .value=${options.value === null || options.value === undefined ? "" : text(field, options.value)} @input=${type} />
  </span>`;
}

export const progress: TypeUi = {
  icon: "gauge",
  width: 160,
  amount: true,
  left: true,
  typed: true,
  operators: numberOperators,
  valueKind: amountKind,
  text,
  copy: text,
  editText: text,
  read: readProgress,
  cell,
  template,
  control,
  room: { width: 240, height: 36 },
  start: { start: 0, end: 100, decimals: 0, color: "blue" },
  settings: ["start", "end", "decimals", "color"],
};

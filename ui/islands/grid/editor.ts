/**
 * Editing one cell. Texts and numbers are typed into the grid's own textarea (which has the focus anyway, so the first key
 * and input methods just work); the other types get their control over the cell.
 */
import { render } from "lit";
import { isNumeric, allowedMoves, stateGlyph, type Field, type LinkValue, type Value } from "../fields/field";
import { fromLocal, lastDay, toLocal } from "../fields/format";
import { takeNewChoices } from "../fields/new-choice";
import { typeUi } from "../fields/types";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import { controlTemplate } from "../record/control";
import { chooseLinks } from "./link-chooser";
import type { ChoiceRecord } from "./types";

export interface EditorHost {
  readonly input: HTMLTextAreaElement;
  /** Where editors stand; coordinates are the wrap's. */
  readonly wrap: HTMLElement;
  cellBox(): { left: number; top: number; width: number; height: number } | null;
  /** The record that is being edited. */
  readonly record: string;
  commit(value: Value, then: Then): void;
  closed(): void;
  choices(field: Field, words: string): Promise<ChoiceRecord[]>;
}

/** Where the active cell goes after an edit. */
export type Then = "stay" | "down" | "up" | "right" | "left";

const typed = new Set(["text", "long_text", "email", "url", "phone", "number", "currency", "percent"]);

/** Whether a field is edited by typing into the cell. */
export function isTyped(field: Field): boolean {
  return typed.has(field.type) || typeUi(field.type)?.typed === true;
}

/** The text with which editing of a value begins. */
export function editText(field: Field, value: Value): string {
  if (value === null || value === undefined) return "";
  const ui = typeUi(field.type);
  if (ui) return (ui.editText ?? ui.text)(field, value);
  if (field.type === "percent" && typeof value === "number") return `${Number((value * 100).toFixed(10))}%`;
  return String(value);
}

/**
 * What was typed as a wire value: numbers are read as people write them (¥1,299.00, １２, 12%), the rest stays text for
 * the server to judge. An empty text is an empty cell.
 */
export function readTyped(field: Field, text: string): Value {
  const trimmed = field.type === "long_text" ? text : text.trim();
  if (trimmed === "") return null;
  const ui = typeUi(field.type);
  if (ui) return ui.read?.(field, trimmed) ?? trimmed;
  if (!["number", "currency", "percent"].includes(field.type)) return trimmed;
  const plain = trimmed.normalize("NFKC").replace(/[,\s¥$€£元]/g, "");
  const percent = plain.endsWith("%");
  const number = Number(percent ? plain.slice(0, -1) : plain);
  if (plain === "" || !Number.isFinite(number)) return trimmed;
  return percent || field.type === "percent" ? Number((number / 100).toFixed(12)) : number;
}

export class Editor {
  #field: Field | null = null;
  #value: Value = null;
  #over: HTMLElement | null = null;

  constructor(private readonly host: EditorHost) {}

  get open(): boolean {
    return this.#field !== null;
  }

  /** The typing editor is open (not a control over the cell). */
  get typing(): boolean {
    return this.#field !== null && isTyped(this.#field) && this.#over === null;
  }

  /** Begin. `how`: "keep" the text there, or "replace" it by what is being typed. */
  start(field: Field, value: Value, how: "keep" | "replace"): void {
    if (this.open) return;
    this.#field = field;
    this.#value = value;
    const ui = typeUi(field.type);
    if (ui?.control && (how === "keep" || !ui.typed)) this.#control(field, value, ui.room);
    else if (isTyped(field)) this.#type(field, value, how);
    else if (field.type === "single_select" || field.type === "multi_select") this.#select(field, value);
    else if (field.type === "date" || field.type === "datetime") this.#date(field, value);
    else if (field.type === "link") void this.#link(field, value);
    else this.#end();
  }

  #type(field: Field, value: Value, how: "keep" | "replace"): void {
    const { input } = this.host;
    if (how === "keep") input.value = editText(field, value);
    input.classList.add("open");
    input.classList.toggle("r", isNumeric(field));
    this.grow();
    if (how === "keep") input.setSelectionRange(input.value.length, input.value.length);
  }

  /** Fit the typing editor to its text. */
  grow(): void {
    const box = this.host.cellBox();
    if (!box || !this.typing) return;
    const { input, wrap } = this.host;
    const long = this.#field?.type === "long_text";
    const room = wrap.clientWidth - box.left - 8;
    const width = Math.min(Math.max(box.width, long ? 280 : 0) + 1, Math.max(box.width, room));
    Object.assign(input.style, { left: `${box.left - 1}px`, top: `${box.top - 1}px`, width: `${width}px`, height: `${box.height + 1}px` });
    if (!long && input.scrollWidth > input.clientWidth) input.style.width = `${Math.min(input.scrollWidth + 20, room)}px`;
    const needed = Math.min(Math.max(input.scrollHeight + 4, long ? 84 : 0), 240);
    if (long || input.scrollHeight > input.clientHeight + 2) input.style.height = `${Math.max(box.height + 1, needed)}px`;
  }

  /** Keep a control over its cell while the grid scrolls. */
  follow(): void {
    if (this.typing) return this.grow();
    const box = this.host.cellBox();
    if (this.#over && box) Object.assign(this.#over.style, { left: `${box.left - 1}px`, top: `${box.top - 1}px` });
  }

  #place(): HTMLElement {
    const box = this.host.cellBox() ?? { left: 0, top: 0, width: 160, height: 32 };
    const over = document.createElement("div");
    over.className = "g-over";
    Object.assign(over.style, { left: `${box.left - 1}px`, top: `${box.top - 1}px`, width: `${Math.max(box.width, 120) + 1}px`, height: `${box.height + 1}px` });
    over.addEventListener("keydown", (event) => event.stopPropagation());
    this.host.wrap.append(over);
    this.#over = over;
    return over;
  }

  #select(field: Field, value: Value): void {
    const over = this.#place();
    const select = document.createElement("hb-select") as HbSelect;
    const multiple = field.type === "multi_select";
    const current = typeof value === "string" ? value : null;
    const moves = new Set(allowedMoves(field, current));
    const choices = (field.options.choices ?? []).filter((choice) => !choice.archived);
    const shown = multiple || !field.options.machine ? choices : choices.filter((choice) => choice.name === current || moves.has(choice.name));
    select.label = field.name;
    select.multiple = multiple;
    select.look = field.options.machine ? "pill" : "tag";
    select.search = choices.length > 8;
    select.options = shown.map((choice) => ({ value: choice.name, label: choice.name, color: choice.color, glyph: stateGlyph(field, choice) || undefined }));
    if (!multiple && !field.required && !field.options.machine) select.options = [{ value: "", label: t("(空)") }, ...select.options];
    select.value = multiple ? (Array.isArray(value) ? value.map(String) : []) : (current ?? "");
    takeNewChoices(select, field);
    let chosen: Value | undefined;
    select.addEventListener("change", () => {
      chosen = multiple ? select.value : select.value || null;
    });
    select.addEventListener("hb:close", () => this.#finish(chosen));
    over.append(select);
    void select.updateComplete.then(() => select.open());
  }

  /** The control that panels use, over the cell. */
  #control(field: Field, value: Value, room?: { width: number; height: number }): void {
    const over = this.#place();
    over.classList.add("ft-over");
    if (room) {
      over.style.minWidth = `${Math.max(over.offsetWidth, room.width)}px`;
      over.style.width = "max-content";
      over.style.height = "auto";
      over.style.minHeight = `${Math.max(over.offsetHeight, room.height)}px`;
    }
    render(
      controlTemplate(field, {
        id: "g-control",
        value,
        immediate: true,
        record: this.host.record,
        keep: (next) => this.host.commit(next, "stay"),
        commit: (next) => this.#finish(next),
        cancel: () => this.#finish(undefined),
        choices: (one, words) => this.host.choices(one, words),
      }),
      over,
    );
    this.#within(over);
  }

  /** Keep a control inside the grid's box: to the left, and above its cell where there is no room below. */
  #within(over: HTMLElement): void {
    const { wrap } = this.host;
    const right = over.offsetLeft + over.offsetWidth - (wrap.clientWidth - 8);
    if (right > 0) over.style.left = `${Math.max(4, over.offsetLeft - right)}px`;
    const below = over.offsetTop + over.offsetHeight - (wrap.clientHeight - 8);
    if (below > 0) over.style.top = `${Math.max(4, over.offsetTop - below)}px`;
  }

  #finish(value: Value | undefined, then: Then = "stay"): void {
    if (!this.open) return;
    this.#end();
    if (value !== undefined) this.host.commit(value, then);
    this.host.closed();
  }

  #date(field: Field, value: Value): void {
    const over = this.#place();
    const input = document.createElement("input");
    const withTime = field.type === "datetime";
    const seconds = field.options.seconds === true;
    input.type = withTime ? "datetime-local" : "date";
    if (withTime && seconds) input.step = "1";
    input.max = lastDay(withTime);
    input.setAttribute("aria-label", field.name);
    if (typeof value === "string") input.value = withTime ? toLocal(value, seconds) : value.slice(0, 10);
    const before = input.value;
    const read = (): Value | undefined => {
      if (input.value === before) return undefined;
      return withTime && input.value ? fromLocal(input.value) : input.value || null;
    };
    input.addEventListener("keydown", (event) => {
      const then: Then | null = event.key === "Enter" ? (event.shiftKey ? "up" : "down") : event.key === "Tab" ? (event.shiftKey ? "left" : "right") : null;
      if (event.key === "Escape") {
        event.preventDefault();
        this.#finish(undefined);
      } else if (then) {
        event.preventDefault();
        const wire = read();
        this.#finish(wire === undefined ? value : wire, then);
      }
    });
    input.addEventListener("blur", () => this.#finish(read()));
    over.style.width = `${Math.max(over.offsetWidth, withTime ? 200 : 140)}px`;
    over.append(input);
    input.focus();
  }

  async #link(field: Field, value: Value): Promise<void> {
    const before = Array.isArray(value) ? (value as LinkValue[]) : [];
    const chosen = await chooseLinks(field, before, (words) => this.host.choices(field, words));
    this.#finish(chosen ?? undefined);
  }

  /** Take what was typed, and go on. */
  commitTyping(then: Then): void {
    if (!this.typing) return;
    const field = this.#field!;
    const before = this.#value;
    const text = this.host.input.value;
    const value = text === editText(field, before) ? before : readTyped(field, text);
    this.#end();
    this.host.commit(value, then);
    this.host.closed();
  }

  /** Give up what was typed. */
  cancel(): void {
    if (!this.open) return;
    this.#end();
    this.host.closed();
  }

  #end(): void {
    this.#field = null;
    this.#over?.remove();
    this.#over = null;
    const { input } = this.host;
    input.value = "";
    input.classList.remove("open", "r");
    input.removeAttribute("style");
  }
}

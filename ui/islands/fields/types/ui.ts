/** What a field type with a look of its own brings to the browser; what it leaves out is done as for a line of text. */
import type { TemplateResult } from "lit";
import type { ControlOptions } from "../../record/control";
import type { ValueKind } from "../../filter/operators";
import type { Option } from "../../select/options";
import type { Field, FieldOptions, Value } from "../field";

export interface TypeUi {
  icon: string;
  /** Usual width of its column, in pixels. */
  width: number;
  /** Its values are numbers: they add up, and stand at the right unless `left`. */
  amount?: boolean;
  left?: boolean;
  /** Typed into the grid's own text box; with a `control` as well, that one opens where nothing has been typed. */
  typed?: boolean;
  /** Wants a whole line of the record panel. */
  wide?: boolean;
  /** Holds files: they can be dropped and pasted into a cell, and its control stands in the panel all the time. */
  files?: boolean;
  operators: string[];
  /** The kind of value that an operator takes. */
  valueKind(op: string): ValueKind;
  /** What an operator is called for this type, where its usual name would not say enough. */
  operatorLabel?(op: string, label: string): string;
  /** What conditions choose from. */
  options?(field: Field): Option[];
  /** As a person reads it in one line. */
  text(field: Field, value: Value): string;
  /** As another program should get it from the clipboard; without it, the text. */
  copy?(field: Field, value: Value): string;
  /** The text with which typing begins, and the value of what was typed (text that cannot be read goes to the server). */
  editText?(field: Field, value: Value): string;
  read?(field: Field, text: string): Value;
  /** Fill a cell of the grid that holds something. */
  cell?(cell: HTMLElement, field: Field, value: Value, width: number): void;
  /** The value in the record panel and on cards. */
  template?(field: Field, value: Value, small?: boolean): TemplateResult;
  /** The control with which it is edited in panels and forms and over a cell. */
  control?(field: Field, options: ControlOptions): TemplateResult;
  /** The least room its control needs over a cell. */
  room?: { width: number; height: number };
  /** What the settings begin with, and which of them the form shows. */
  start: FieldOptions;
  settings: readonly string[];
  canBeUnique?: boolean;
  cannotBePrimary?: boolean;
}

export const numberOperators = ["eq", "ne", "gt", "ge", "lt", "le", "between", "is_empty", "is_not_empty"];

/** Conditions on numbers. */
export function amountKind(op: string): ValueKind {
  return op === "between" ? "range" : "number";
}

/** Buttons: the value is the record they run their automation for, nothing where they are not shown. */
import { html } from "lit";
import { iconElement } from "../../icons";
import type { Field, Value } from "../field";
import "../hb-press";
import type { HbPress } from "../hb-press";
import { labelOf } from "../press";
import type { TypeUi } from "./ui";

export const buttonIcons = ["zap", "play", "send", "check", "bell", "truck", "printer", "refresh-cw"];

function cell(box: HTMLElement, field: Field, value: Value): void {
  const element = document.createElement("hb-press") as HbPress;
  Object.assign(element, { field, record: String(value) });
  // until the element is defined, and while it draws itself, the cell is not empty
  element.append(iconElement(String(field.options.icon ?? "zap"), 14), labelOf(field));
  for (const kind of ["pointerdown", "mousedown", "dblclick"]) {
    element.addEventListener(kind, (event) => (event.target as Element).closest("button, a") && event.stopPropagation());
  }
  box.append(element);
}

export const button: TypeUi = {
  icon: "square-mouse-pointer",
  width: 136,
  operators: [],
  valueKind: () => "none",
  text: (field, value) => (value ? labelOf(field) : ""),
  copy: () => "",
  cell,
  template: (field, value) => html`<hb-press wide .field=${field} .record=${String(value)}></hb-press>`,
  start: { automation: "", label: "", icon: "zap", color: "blue", confirm: "", where: null },
  settings: ["automation", "label", "icon", "color", "confirm", "where"],
  cannotBePrimary: true,
};

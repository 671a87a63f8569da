/** Barcodes and QR codes: a text that shows its code. */
import { html, type TemplateResult } from "lit";
import { hide, show } from "../../floating";
import { iconElement } from "../../icons";
import { t } from "../../i18n";
import { loadIsland } from "../../islands";
import type { Field, Value } from "../field";
import type { TypeUi } from "./ui";

const format = (field: Field): string => String(field.options.format ?? "qr");

/** Show the code large beside `anchor`. */
function enlarge(anchor: HTMLElement, field: Field, value: string): void {
  const box = document.createElement("div");
  box.className = "pop ft-code-pop";
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", t("{name}的码", { name: field.name }));
  box.tabIndex = -1;
  const code = document.createElement("hb-code") as HTMLElement & { value: string; format: string };
  Object.assign(code, { value, format: format(field) });
  loadIsland("hb-code");
  const words = document.createElement("span");
  words.className = "m";
  words.textContent = value;
  box.append(code, words);
  box.addEventListener("keydown", (event) => event.key === "Escape" && hide(box));
  show(box, anchor, { onClose: () => setTimeout(() => box.remove()) });
  box.focus();
}

function cell(box: HTMLElement, field: Field, value: Value): void {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ft-code-open";
  button.tabIndex = -1;
  button.setAttribute("aria-label", t("看「{value}」的码", { value: String(value) }));
  button.append(iconElement(format(field) === "qr" ? "qr-code" : "barcode", 15));
  for (const kind of ["pointerdown", "mousedown", "dblclick"]) button.addEventListener(kind, (event) => event.stopPropagation());
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    enlarge(button, field, String(value));
  });
  const words = document.createElement("span");
  words.className = "cut";
  words.textContent = String(value);
  box.append(button, words);
}

function template(field: Field, value: Value, small?: boolean): TemplateResult {
  if (small) return html`<span class="cut">${String(value)}</span>`;
  return html`<span class="ft-code"><hb-code .value=${String(value)} .format=${format(field)}></hb-code><span class="rc-text">${String(value)}</span></span>`;
}

export const barcode: TypeUi = {
  icon: "qr-code",
  width: 176,
  typed: true,
  wide: true,
  operators: ["contains", "not_contains", "is", "is_not", "starts_with", "ends_with", "is_any_of", "is_none_of", "is_empty", "is_not_empty"],
  valueKind: (op) => (op === "is_any_of" || op === "is_none_of" ? "texts" : "text"),
  text: (_field, value) => String(value),
  editText: (_field, value) => String(value),
  cell,
  template,
  start: { format: "qr" },
  settings: ["format"],
  canBeUnique: true,
};

/** What stands in a cell, by the type of its field: plain elements, made fast. */
import { glyphElement, iconElement } from "../icons";
import { choiceOf, isEmpty, isNumeric, stateGlyph, type Field, type LinkValue, type Value } from "../fields/field";
import { looksOf, typeUi } from "../fields/types";
import { formatMoney, textOf } from "../fields/format";

function element(tag: string, className: string, text?: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A select's option as a state pill or a tag. */
export function optionElement(field: Field, name: string): HTMLElement {
  const choice = choiceOf(field, name);
  const color = `c-${choice?.color ?? "grey"}`;
  const glyph = stateGlyph(field, choice);
  if (!field.options.machine) {
    const tag = element("span", `tag ${color}`);
    tag.append(element("span", "cut", name));
    return tag;
  }
  const pill = element("span", `pill ${color}${glyph ? "" : " plain"}`);
  if (glyph) pill.append(glyphElement(glyph));
  pill.append(element("span", "cut", name));
  return pill;
}

/** About how wide a text is at 13 px: enough to tell how many chips fit. */
export function roughWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += letter.charCodeAt(0) > 0x2e80 ? 13 : 7.2;
  return width;
}

/** How many of `texts` fit into `width` as chips with `padding` around each; at least one. */
export function fitting(texts: readonly string[], width: number, padding: number): number {
  const moreWidth = 26;
  let used = 0;
  for (let index = 0; index < texts.length; index++) {
    used += roughWidth(texts[index]!) + padding + 4;
    const reserve = index < texts.length - 1 ? moreWidth : 0;
    if (used + reserve > width) return Math.max(1, index);
  }
  return texts.length;
}

function several(cell: HTMLElement, texts: readonly string[], width: number, padding: number, make: (text: string, index: number) => HTMLElement): void {
  const shown = fitting(texts, width, padding);
  cell.append(...texts.slice(0, shown).map(make));
  if (shown < texts.length) cell.append(element("span", "chip more", `+${texts.length - shown}`));
}

function links(value: Value): LinkValue[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((item): item is LinkValue => typeof item === "object" && item !== null && "name" in item);
}

/** Fill `cell` with `value`; `width` is the room inside. `draft`: what was typed may not yet have the field's form. */
export function fillCell(cell: HTMLElement, field: Field, value: Value, width: number, draft = false): void {
  cell.replaceChildren();
  if (field.type === "checkbox") {
    cell.append(element("span", value === true ? "ck on" : "ck"));
    return;
  }
  if (isEmpty(value)) return;
  if (typeof value === "object" && value !== null && "error" in value) {
    cell.append(element("span", "g-error", String((value as { error: unknown }).error)));
  } else if (field.type === "single_select") {
    cell.append(optionElement(field, String(value)));
  } else if (field.type === "multi_select" && Array.isArray(value)) {
    several(cell, value.map(String), width, 12, (text) => optionElement(field, text));
  } else if (!draft && looksOf(field, value)?.cell) {
    looksOf(field, value)!.cell!(cell, field, value, width);
  } else if (field.type === "link" || (field.type === "lookup" && Array.isArray(value))) {
    const names = links(value).map((item) => item.name);
    const texts = names.length ? names : (Array.isArray(value) ? value : [value]).map((item) => textOf({ ...field, type: "text" }, item));
    several(cell, texts, width, 16, (text) => {
      const chip = element("span", "chip");
      chip.append(element("span", "cut", text || "—"));
      return chip;
    });
  } else if (field.type === "url" || field.type === "email") {
    const link = element("a", "g-link cut", String(value)) as HTMLAnchorElement;
    const address = String(value);
    if (field.type === "email") link.href = `mailto:${address}`;
    else if (/^https?:\/\//i.test(address)) link.href = address;
    link.tabIndex = -1;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    cell.append(link);
  } else {
    // Amounts in a column share a currency: the symbol stands in the footer, not in each cell.
    const plain = field.type === "currency" && !draft ? formatMoney(value as number, field.options.currency, field.options.decimals ?? 2, false) : draft && !typeUi(field.type) ? String(value) : textOf(field, value);
    cell.append(element("span", field.type === "long_text" ? "cut g-long" : "cut", plain));
  }
}

/** Whether the cell's content stands at the right. */
export function alignRight(field: Field): boolean {
  return isNumeric(field) && !typeUi(field.type)?.left;
}

/** The corner of a cell whose save was refused. */
export function problemMark(message: string): HTMLElement {
  const mark = element("i", "g-bad");
  mark.dataset.tip = message;
  return mark;
}

/** A bone of the skeleton, where a row has not come yet. */
export function bone(seed: number): HTMLElement {
  const bone = element("span", "g-bone");
  bone.style.width = `${40 + ((seed * 37) % 40)}%`;
  return bone;
}

export { iconElement };

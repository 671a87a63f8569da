/** Text with values in it, as a list of parts: strings and values (`runtime.definitions.values`). */
import { t } from "../i18n";

/** A value as the definition has it: `{kind: "field", field, of}`, `{kind: "output", step, key}`, `{kind: "now"}` … */
export type PartValue = { kind: string; [more: string]: unknown };
export type Part = string | PartValue;

/** A value one can insert: what it is called, and what it would be for an example record. */
export interface ValueOption {
  value: PartValue;
  label: string;
  icon?: string;
  example?: string;
  /** Heading in the picker: the trigger's record, or a step. */
  group?: string;
  /** What kind of value it is, as a field of that type would hold it; for links the table they point at. */
  type?: string;
  table?: string;
  /** Values one can go on to from here: fields of the linked record. */
  more?: () => ValueOption[];
  /** It only leads on; it is no value itself. */
  only?: boolean;
  /** It has to be filled in first (a formula, so many days later); null when it was not. */
  make?: () => Promise<PartValue | null>;
}

/** Equal values are equal as JSON with their keys in order; `of: "trigger"` and an empty list are what is meant when left out. */
export function valueKey(value: PartValue): string {
  const entries = Object.entries(value).filter(([key, item]) => item !== undefined && item !== null && !(key === "of" && item === "trigger") && !(Array.isArray(item) && item.length === 0));
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Neighbouring strings as one, empty ones gone. */
export function joined(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part !== "string") result.push(part);
    else if (typeof last === "string") result[result.length - 1] = last + part;
    else if (part) result.push(part);
  }
  return result;
}

/** The text as a reader would get it, with example values. */
export function previewText(parts: readonly Part[], options: readonly ValueOption[], named: (value: PartValue) => ValueOption | undefined = () => undefined): string {
  const byKey = new Map(options.map((option) => [valueKey(option.value), option]));
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      const option = byKey.get(valueKey(part)) ?? named(part);
      return option ? (option.example ?? t("「{field}」", { field: option.label })) : "…";
    })
    .join("");
}

/** Read the parts out of an editor's content; chips carry their value in `data-value`. */
export function readParts(root: Node): Part[] {
  const parts: Part[] = [];
  const walk = (node: Node, first: boolean) => {
    if (node.nodeType === Node.TEXT_NODE) parts.push((node.textContent ?? "").replaceAll("\u200b", "").replaceAll("\u00a0", " "));
    else if (node instanceof HTMLElement && node.dataset.value) parts.push(JSON.parse(node.dataset.value) as PartValue);
    else if (node instanceof HTMLElement && node.tagName === "BR") {
      if (!node.dataset.tail) parts.push("\n");
    } else if (node instanceof HTMLElement) {
      // Browsers wrap lines in blocks; each block after the first begins a line.
      if (!first && /^(DIV|P)$/.test(node.tagName)) parts.push("\n");
      node.childNodes.forEach((child, index) => walk(child, index === 0));
    }
  };
  root.childNodes.forEach((child, index) => walk(child, index === 0));
  return joined(parts);
}

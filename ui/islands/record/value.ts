/** A value as the record panel shows it: pills, tags, chips that open their record, links, amounts with their currency. */
import { html, nothing, type TemplateResult } from "lit";
import { choiceOf, isEmpty, isNumeric, stateGlyph, type Field, type LinkValue, type Value } from "../fields/field";
import { textOf, timeZone } from "../fields/format";
import { looksOf, typeUi } from "../fields/types";
import { glyph } from "../icons";
import { t } from "../i18n";

/** A select's option: a state as a round pill with its glyph, any other as a tag. */
export function optionTemplate(field: Field, name: string): TemplateResult {
  const choice = choiceOf(field, name);
  const color = `c-${choice?.color ?? "grey"}`;
  if (!field.options.machine) return html`<span class="tag ${color}"><span class="cut">${name}</span></span>`;
  const shape = stateGlyph(field, choice);
  return html`<span class="pill ${color} ${shape ? "" : "plain"}">${shape ? glyph(shape) : nothing}<span class="cut">${name}</span></span>`;
}

/** Links as a list, whatever form they came in. */
export function linksOf(value: Value): LinkValue[] {
  const list = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
  return list.filter((item): item is LinkValue => typeof item === "object" && item !== null && "id" in item);
}

/** Whether an entry stands for the linked records that an answer leaves out; sent back, they stay. */
export function isRest(item: LinkValue): boolean {
  return item.id === "more";
}

/** The exact moment with seconds, in the page's zone, for tooltips. */
export function exactMoment(iso: string): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  return new Intl.DateTimeFormat("sv-SE", { timeZone: timeZone(), dateStyle: "short", timeStyle: "medium" }).format(moment);
}

export interface ValueOptions {
  /** Called with the id of a linked record that is clicked; without it chips are plain. */
  open?: ((record: string) => void) | undefined;
}

/** The value, or nothing visible for an empty one. */
export function valueTemplate(field: Field, value: Value, options: ValueOptions = {}): TemplateResult | typeof nothing {
  if (field.type === "checkbox") return html`<span class="ck ${value === true ? "on" : ""}" role="img" aria-label=${value === true ? t("是") : t("否")}></span>`;
  if (isEmpty(value)) return nothing;
  if (typeof value === "object" && value !== null && "error" in value) {
    return html`<span class="g-error">${String((value as { error: unknown }).error)}</span>`;
  }
  const look = looksOf(field, value)?.template;
  if (look) return look(field, value);
  switch (field.type) {
    case "single_select":
      return optionTemplate(field, String(value));
    case "multi_select":
      return html`${(value as string[]).map((name) => optionTemplate(field, name))}`;
    case "link":
      return html`${linksOf(value).map((item) => chip(item, options))}`;
    case "email":
      return html`<a class="g-link cut" href="mailto:${String(value)}">${String(value)}</a>`;
    case "phone":
      return html`<a class="rc-tel" href="tel:${String(value).replace(/[^\d+]/g, "")}">${textOf(field, value)}</a>`;
    case "url":
      return /^https?:\/\//i.test(String(value))
        ? html`<a class="g-link cut" href=${String(value)} target="_blank" rel="noopener noreferrer">${String(value)}</a>`
        : html`<span class="cut">${String(value)}</span>`;
    case "long_text":
      return field.options.markdown ? html`<hb-markdown class="rc-long" .value=${String(value)}></hb-markdown>` : html`<span class="rc-long">${String(value)}</span>`;
    case "datetime":
    case "created_time":
    case "updated_time":
      return html`<span data-tip=${exactMoment(String(value))}>${textOf(field, value)}</span>`;
    case "lookup":
      if (Array.isArray(value)) return html`${value.map((item) => html`<span class="chip"><span class="cut">${textOf({ ...field, type: "text" }, item)}</span></span>`)}`;
      return html`<span class="cut">${textOf(field, value)}</span>`;
    default:
      return html`<span class=${isNumeric(field) ? "" : "rc-text"}>${textOf(field, value)}</span>`;
  }
}

function chip(item: LinkValue, options: ValueOptions): TemplateResult {
  const name = item.name || "—";
  if (isRest(item)) return html`<span class="chip more" data-tip=${t("只列出前 100 条;其余的都还在")}>${name}</span>`;
  if (!options.open) return html`<span class="chip"><span class="cut">${name}</span></span>`;
  const open = (event: Event) => {
    event.stopPropagation();
    options.open!(item.id);
  };
  return html`<button type="button" class="chip" aria-label=${t("打开「{name}」", { name })} @click=${open}>
    <span class="cut">${name}</span>
  </button>`;
}

/** Fields whose values want a whole line. */
export function isWide(field: Field, value: Value): boolean {
  if (["long_text", "link", "multi_select", "url", "lookup"].includes(field.type)) return true;
  const ui = typeUi(field.type);
  if (ui) return ui.wide === true;
  return typeof value === "string" && !["datetime", "created_time", "updated_time", "date"].includes(field.type) && width(value) > 13;
}

function width(text: string): number {
  let sum = 0;
  for (const letter of text) sum += letter.charCodeAt(0) > 0x2e80 ? 2 : 1;
  return sum;
}

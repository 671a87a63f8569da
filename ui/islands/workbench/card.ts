/** The card of a record: what a picker or a clerk needs, the remark largest, the shelf second. */
import { html, nothing, type TemplateResult } from "lit";
import { choiceOf, isEmpty, type Field, type RecordData, type Value } from "../fields/field";
import { formatNumber, textOf } from "../fields/format";
import { labelOf } from "../fields/press";
import { looksOf, typeUi } from "../fields/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { exceptionOf } from "../record/head";
import { controlTemplate, isEditable } from "../record/control";
import { linksOf, optionTemplate, valueTemplate } from "../record/value";
import type { TableInfo } from "../table/info";
import { courierOf } from "./codes";
import type { Bindings, Card, Place } from "./types";

export interface CardOptions {
  table: TableInfo;
  bindings: Bindings;
  /** Ids of the further fields. */
  fields: readonly string[];
  card: Card;
  /** Show all of the same customer's records that came. */
  unfolded?: boolean;
  unfold?(): void;
  /** Show all further fields, not only the first, so that the customer's other records stand on the first screen. */
  allFacts?: boolean;
  showFacts?(): void;
  /** Open another record's card; without it rows are plain (in a preview). */
  open?(record: string): void;
  /** Store the files of a field; without it they are only shown. */
  saveFiles?(field: Field, value: Value): void;
}

const fewOthers = 3;
const fewFacts = 2;

function fieldOf(options: { table: TableInfo }, id: string | null | undefined): Field | undefined {
  return id ? options.table.fields.find((field) => field.id === id) : undefined;
}

/** The text of a part, "" when it is not bound or empty. */
export function partText(options: { table: TableInfo; bindings: Bindings }, part: keyof Bindings, record: RecordData): string {
  const field = fieldOf(options, options.bindings[part]);
  return field ? textOf(field, record.fields[field.id]) : "";
}

/** What the record is called on the page: its number. */
export function numberOf(options: { table: TableInfo; bindings: Bindings }, record: RecordData): string {
  return partText(options, "number", record) || partText(options, "waybill", record) || t("没有编号");
}

/** The state as a pill. */
export function statusOf(options: { table: TableInfo; bindings: Bindings }, record: RecordData): TemplateResult | typeof nothing {
  const field = fieldOf(options, options.bindings.status);
  const value = field ? record.fields[field.id] : null;
  return field && typeof value === "string" && value ? optionTemplate(field, value) : nothing;
}

/** Who the record is for: the linked customer's name, else the phone. */
export function customerOf(options: { table: TableInfo; bindings: Bindings }, record: RecordData): string {
  const field = fieldOf(options, options.bindings.customer);
  const name = (field ? linksOf(record.fields[field.id])[0]?.name : "") ?? "";
  const phone = partText(options, "phone", record);
  return isSame(name, phone) ? phone : name || phone;
}

/** Customers are often called by their phone number: say it once, as it is read best. */
function isSame(name: string, phone: string): boolean {
  return name.replace(/\s/g, "") === phone.replace(/\s/g, "");
}

export function cardTemplate(options: CardOptions): TemplateResult {
  const { table, card } = options;
  const exception = exceptionOf(table, card.record);
  return html`${tags(options)}
    ${exception ? html`<div class="note wb-alert" role="alert">${icon("triangle-alert", 18)}<span><b>${exception.title}</b> ${exception.reason}</span></div>` : nothing}
    ${remark(options)} ${places(options)} ${presses(options)} ${facts(options)} ${attached(options)} ${others(options)}`;
}

/** Fields of the card by how they are shown. */
function sorted(options: CardOptions): { channel: Field | undefined; tags: Field[]; pressed: Field[]; facts: Field[] } {
  const { bindings, card } = options;
  const bound = new Set(Object.values(bindings));
  const shown = options.fields.map((id) => fieldOf(options, id)).filter((field): field is Field => field !== undefined && !bound.has(field.id) && !isEmpty(card.record.fields[field.id]) && card.record.fields[field.id] !== false);
  const pressed = shown.filter((field) => field.type === "button");
  const channel = shown.find((field) => field.type === "single_select" && !field.options.machine);
  const said = exceptionOf(options.table, card.record);
  const tagged = shown.filter((field) => field.type === "multi_select" || (field.type === "checkbox" && field.name !== said?.title));
  const reasons = said ? new Set([said.title, `${said.title}原因`, `${said.title}说明`]) : new Set<string>();
  const facts = shown.filter((field) => field !== channel && !tagged.includes(field) && !pressed.includes(field) && !looksOf(field, card.record.fields[field.id])?.files && !reasons.has(field.name));
  return { channel, tags: tagged, pressed, facts };
}

function tags(options: CardOptions): TemplateResult {
  const { record } = options.card;
  const { channel, tags: tagged } = sorted(options);
  const name = channel ? String(record.fields[channel.id]) : "";
  return html`<div class="wb-tags">
    ${statusOf(options, record)}
    ${tagged.map((field) => (field.type === "checkbox" ? html`<span class="tag c-amber">${field.name}</span>` : html`${(record.fields[field.id] as string[]).map((value) => optionTemplate(field, value))}`))}
    ${channel ? html`<span class="chan end c-${choiceOf(channel, name)?.color ?? "grey"}">${name}</span>` : nothing}
  </div>`;
}

function remark(options: CardOptions): TemplateResult | typeof nothing {
  const field = fieldOf(options, options.bindings.remark);
  const text = field ? textOf(field, options.card.record.fields[field.id]) : "";
  if (!field || !text) return nothing;
  return html`<section class="wb-remark">
    <h3>${icon("message-square-quote", 16)}${field.name}</h3>
    <p class=${text.length > 40 ? "long" : ""}>${text}</p>
  </section>`;
}

function places({ card }: CardOptions): TemplateResult | typeof nothing {
  if (!card.places.length) return nothing;
  return html`<section class="wb-box wb-places"><h3 class="sr">${t("库位")}</h3>${card.places.map(place)}</section>`;
}

function place(one: Place): TemplateResult {
  const quantity = typeof one.quantity === "number" ? one.quantity : null;
  const status = quantity === null ? one.status : t("{status} {n} 件", { status: one.status, n: formatNumber(quantity) });
  return html`<div class="wb-place">
    <div class="row"><span class="f2 t13 grow">${t("库位")}</span>${one.status ? html`<span class="tag c-${one.status_color}">${status}</span>` : nothing}</div>
    <b class="wb-shelf">${one.location || t("没有库位")}</b>
    <div class="wb-item">${one.title}${quantity !== null ? html` <b>×${formatNumber(quantity)}</b>` : nothing}${one.available !== null && one.location
      ? html`<span class="f2">${t(",架上还能用 {n} 件", { n: formatNumber(one.available) })}</span>`
      : nothing}</div>
  </div>`;
}

/** Buttons: what can be done with the record from here. */
function presses(options: CardOptions): TemplateResult | typeof nothing {
  const { pressed } = sorted(options);
  if (!pressed.length) return nothing;
  return html`<div class="wb-press">${pressed.map((field) => (options.open ? valueTemplate(field, options.card.record.fields[field.id]) : html`<span class="press-b c-${String(field.options.color ?? "blue")}">${labelOf(field)}</span>`))}</div>`;
}

/** Files, and the camera: also where there are none yet, for that is when somebody takes a picture. */
function attached(options: CardOptions): TemplateResult[] {
  const { record } = options.card;
  const fields = options.fields.map((id) => fieldOf(options, id)).filter((field): field is Field => field !== undefined && (typeUi(field.type) ?? looksOf(field, record.fields[field.id]))?.files === true);
  const { saveFiles } = options;
  return fields
    .filter((field) => (saveFiles && isEditable(field)) || !isEmpty(record.fields[field.id]))
    .map((field) => {
      const value = record.fields[field.id] ?? null;
      const control = { id: `wb-${field.id}`, value, record: record.id, commit: (next: Value) => saveFiles?.(field, next), cancel: () => undefined, choices: () => Promise.resolve([]) };
      return html`<section class="wb-box wb-files"><h3>${field.name}</h3>${saveFiles && isEditable(field) ? controlTemplate(field, control) : valueTemplate(field, value)}</section>`;
    });
}

function facts(options: CardOptions): TemplateResult | typeof nothing {
  const { record } = options.card;
  const further = sorted(options).facts;
  // One more is shown rather than a button that shows one more.
  const shown = options.allFacts || further.length <= fewFacts + 1 ? further : further.slice(0, fewFacts);
  const rows = [waybillRow(options), customerRow(options), ...shown.map((field) => html`<dt>${field.name}</dt><dd>${valueTemplate(field, record.fields[field.id])}</dd>`)].filter((row) => row !== nothing);
  if (!rows.length) return nothing;
  return html`<div class="wb-box wb-factbox"><dl class="wb-facts">${rows.map((row) => html`<div>${row}</div>`)}</dl>
    ${shown.length < further.length ? html`<button type="button" class="wb-row wb-more" @click=${() => options.showFacts?.()}><span class="grow">${t("还有 {n} 项", { n: further.length - shown.length })}</span>${icon("chevron-down", 18)}</button>` : nothing}</div>`;
}

function waybillRow(options: CardOptions): TemplateResult | typeof nothing {
  const number = partText(options, "waybill", options.card.record);
  if (!number) return nothing;
  const courier = courierOf(number);
  return html`<dt>${t("快递")}</dt><dd class="wb-code"><span>${courier ? `${t(courier)} ` : ""}<b class="m">${number}</b></span>
    ${options.open ? html`<button type="button" class="icb" data-copy=${number} aria-label=${t("复制快递单号")}>${icon("copy", 18)}</button>` : nothing}</dd>`;
}

function customerRow(options: CardOptions): TemplateResult | typeof nothing {
  const { record } = options.card;
  const link = fieldOf(options, options.bindings.customer);
  const name = link ? (linksOf(record.fields[link.id])[0]?.name ?? "") : "";
  const phone = partText(options, "phone", record);
  if (!name && !phone) return nothing;
  const shown = isSame(name, phone) ? "" : name;
  return html`<dt>${t("客户")}</dt><dd class="wb-code"><span>${shown ? html`${shown} ` : nothing}${phone ? (options.open ? html`<a class="link m" href="tel:${phone.replace(/[^\d+]/g, "")}">${phone}</a>` : html`<b class="m">${phone}</b>`) : nothing}</span></dd>`;
}

function others(options: CardOptions): TemplateResult | typeof nothing {
  const { card, unfolded } = options;
  if (!card.others_total) return nothing;
  const shown = unfolded ? card.others : card.others.slice(0, fewOthers);
  const more = card.others_total - shown.length;
  const beyond = unfolded ? card.others_total - card.others.length : 0;
  return html`<section class="wb-others">
    <h3><span class="grow">${t("同客户订单")}</span><span class="f3">${t("另有 {n} 单", { n: formatNumber(card.others_total) })}</span></h3>
    <ul class="wb-list">${shown.map((record) => html`<li>${rowTemplate(options, record, options.open)}</li>`)}
      ${more > 0 && !unfolded && options.unfold ? html`<li><button type="button" class="wb-row wb-more" @click=${() => options.unfold?.()}><span class="grow">${t("还有 {n} 单", { n: formatNumber(more) })}</span>${icon("chevron-down", 18)}</button></li>` : nothing}
      ${beyond > 0 ? html`<li class="wb-row f3">${t("只列最近 {n} 单", { n: card.others.length })}</li>` : nothing}</ul>
  </section>`;
}

/** A record as a row of a list: number, whom for, state. */
export function rowTemplate(options: { table: TableInfo; bindings: Bindings }, record: RecordData, open?: (record: string) => void): TemplateResult {
  const inner = html`<span class="grow"><b class="m cut">${numberOf(options, record)}</b><span class="f2 cut">${sub(options, record)}</span></span>${statusOf(options, record)}`;
  return open ? html`<button type="button" class="wb-row" @click=${() => open(record.id)}>${inner}</button>` : html`<div class="wb-row">${inner}</div>`;
}

function sub(options: { table: TableInfo; bindings: Bindings }, record: RecordData): string {
  const remarked = partText(options, "remark", record);
  return [customerOf(options, record), partText(options, "waybill", record), remarked].filter(Boolean).slice(0, 2).join(" · ");
}

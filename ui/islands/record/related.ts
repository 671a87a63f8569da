/** Records beside the record: what it is linked with, and the others that point at the same record. */
import { html, nothing, type TemplateResult } from "lit";
import { api } from "../api";
import { isEmpty, isNumeric, type Field, type Filter, type RecordData, type Value } from "../fields/field";
import { formatMoney, formatNumber, textOf } from "../fields/format";
import { t } from "../i18n";
import { icon } from "../icons";
import { primaryOf, type TableInfo } from "../table/info";
import type { Panel, Related } from "./types";
import { linksOf, optionTemplate } from "./value";

export const expandedLimit = 100;
/** So many are shown at first: what follows below should stay in sight. */
const firstShown = 5;

/** Which records of the other table these are, as a filter; null when the link cannot be asked from its other end. */
export function whereOf(related: Related, panel: Panel, table: TableInfo): Filter | null {
  const field = table.fields.find((one) => one.id === related.field);
  if (!field) return null;
  if (related.kind === "siblings") {
    const [pointed] = linksOf(panel.record.fields[field.id]);
    if (!pointed) return null;
    return {
      kind: "group",
      conjunction: "and",
      items: [
        { kind: "condition", field: field.id, op: "is_any_of", value: [pointed.id] },
        { kind: "condition", field: "$id", op: "is_not", value: panel.record.id },
      ],
    };
  }
  const inverse = field.options.inverse;
  return typeof inverse === "string" ? { kind: "condition", field: inverse, op: "is_any_of", value: [panel.record.id] } : null;
}

/** More of them than the panel brought, the newest first. */
export async function loadAll(related: Related, panel: Panel, table: TableInfo): Promise<RecordData[]> {
  const where = whereOf(related, panel, table);
  if (!where) return related.records;
  const body = { where, sorts: [{ field: "$created_at", descending: true }], limit: expandedLimit };
  return (await api.post<{ records: RecordData[] }>(`/api/v1/tables/${related.table}/query`, body)).records;
}

/** The sum of an amount over all of them, for the heading; null where it cannot be known. */
export function totalOf(related: Related, info: TableInfo): { field: Field; sum: number } | null {
  const field = amountOf(related, info);
  if (!field || related.total > related.records.length) return null;
  const sum = related.records.reduce((all, record) => all + Number(record.fields[field.id] ?? 0), 0);
  return { field, sum: Math.round(sum * 1e6) / 1e6 };
}

function amountOf(related: Related, info: TableInfo): Field | undefined {
  const columns = related.columns.map((id) => info.fields.find((field) => field.id === id));
  return columns.find((field) => field?.type === "currency");
}

/** Ask the server for the sum when not all records are here. */
export async function askTotal(related: Related, panel: Panel, table: TableInfo, info: TableInfo): Promise<{ field: Field; sum: number } | null> {
  const field = amountOf(related, info);
  const where = whereOf(related, panel, table);
  if (!field || !where) return null;
  const body = { where, aggregates: [{ fn: "sum", field: field.id }] };
  const { groups } = await api.post<{ groups: { values: Value[] }[] }>(`/api/v1/tables/${related.table}/aggregate`, body);
  return { field, sum: Number(groups[0]?.values[0] ?? 0) };
}

export interface RelatedOptions {
  /** The related table; null while its description is on the way. */
  info: TableInfo | null;
  /** All of them, once asked for. */
  all: readonly RecordData[] | null;
  total: { field: Field; sum: number } | null;
  canEdit: boolean;
  open(record: string): void;
  expand(): void;
  /** The link may hold several. */
  many: boolean;
  /** Choose what the link points at; missing where it cannot be changed. */
  choose?: (() => void) | undefined;
}

/** The heading: "周雨桐的其他订单" for siblings, the link's name for linked records. */
export function titleOf(related: Related, panel: Panel, info: TableInfo | null): string {
  if (related.kind === "linked") return related.title;
  const [pointed] = linksOf(panel.record.fields[related.field]);
  const noun = info?.record_noun || t("记录").toLowerCase();
  return pointed?.name ? t("{name} 的其他{noun}", { name: pointed.name, noun }) : t("同{field}的其他{noun}", { field: related.title, noun });
}

export function relatedTemplate(related: Related, panel: Panel, options: RelatedOptions): TemplateResult {
  const { info, total } = options;
  const records = options.all ?? related.records.slice(0, firstShown);
  const more = related.total - records.length;
  return html`<section class="sec rc-related">
    <h3>
      <span class="cut">${titleOf(related, panel, info)}</span><span class="n">${formatNumber(related.total)}</span>
      <span class="end">${total ? html`<span class="m">${t("合计 {sum}", { sum: formatMoney(total.sum, total.field.options.currency, total.field.options.decimals ?? 2) })}</span>` : nothing}${options.choose
        ? html`<button type="button" class="icb" aria-label=${t("选择「{name}」", { name: related.title })} data-tip=${t("选择「{name}」", { name: related.title })} @click=${options.choose}>${icon(options.many ? "plus" : "pencil", 14)}</button>`
        : nothing}</span>
    </h3>
    ${info
      ? html`<ul class="rc-list">
          ${records.map((record) => html`<li>${line(record, related, info, options)}</li>`)}
        </ul>`
      : html`<div class="stack" aria-hidden="true">${related.records.slice(0, 3).map(() => html`<div class="sk"></div>`)}</div>`}
    ${more > 0 && !options.all
      ? html`<button type="button" class="rc-more" @click=${options.expand}>${t("再看 {n} 条", { n: formatNumber(Math.min(more, expandedLimit - records.length)) })}</button>`
      : nothing}
  </section>`;
}

function line(record: RecordData, related: Related, info: TableInfo, options: RelatedOptions): TemplateResult {
  const primary = primaryOf(info);
  const fields = related.columns.map((id) => info.fields.find((field) => field.id === id)).filter((field): field is Field => field !== undefined);
  const name = primary ? textOf(primary, record.fields[primary.id]) : "";
  return html`<button type="button" class="rc-row" @click=${() => options.open(record.id)}>
    <span class="rc-name cut m">${name || "—"}</span>${fields.filter((field) => field !== primary).map((field) => piece(field, record.fields[field.id]))}
  </button>`;
}

function piece(field: Field, value: Value): TemplateResult | typeof nothing {
  if (isEmpty(value) || (typeof value === "object" && value !== null && "error" in value)) return nothing;
  if (field.type === "single_select") return html`<span class="rc-pill">${optionTemplate(field, String(value))}</span>`;
  if (field.type === "currency") return html`<span class="rc-num m">${formatMoney(value as number, field.options.currency, field.options.decimals ?? 2, false)}</span>`;
  if (isNumeric(field)) return html`<span class="rc-num m">${textOf(field, value)}</span>`;
  if (field.type === "datetime" || field.type === "date") return html`<span class="rc-date m">${textOf(field, value).slice(0, 10).trim()}</span>`;
  return html`<span class="rc-words cut">${textOf(field, value)}</span>`;
}

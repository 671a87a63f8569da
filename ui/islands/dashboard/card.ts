/** One widget as a card: its head, and its data drawn. */
import { html, nothing, type TemplateResult } from "lit";
import { colorAt, formatted, type ChartInput } from "../charts/hb-chart";
import { choiceOf, isNumeric, stateGlyph, type Field, type RecordData } from "../fields/field";
import { textOf } from "../fields/format";
import { glyph, icon } from "../icons";
import { t } from "../i18n";
import type { Slice, Table, Widget, WidgetData } from "./types";

/** The text of a slice or series; a record without a value has a name too. */
export function labelOf(label: string, key: unknown): string {
  if (key === "$rest") return t("其他");
  return label || t("(空)");
}

function share(slice: Slice, total: number): string {
  return total ? `${((100 * slice.value) / total).toFixed(1)}%` : "";
}

function donut(data: Extract<WidgetData, { kind: "donut" }>): TemplateResult {
  if (!data.slices.length) return empty();
  const chart: ChartInput = {
    kind: "donut",
    format: data.format,
    slices: data.slices.map((slice) => ({ label: labelOf(slice.label, slice.key), value: slice.value, color: slice.color })),
    center: formatted(data.total, data.format),
    centerLabel: t("总计"),
  };
  return html`<div class="db-split">
    <hb-chart .data=${chart}></hb-chart>
    <div class="db-legend">
      ${data.slices.map(
        (slice, index) =>
          html`<span class="row c-${slice.color ?? colorAt(index)}"><i></i><span class="cut">${labelOf(slice.label, slice.key)}</span><b>${formatted(slice.value, data.format)}</b><em>${share(slice, data.total)}</em></span>`,
      )}
    </div>
  </div>`;
}

function chart(widget: Widget, data: Extract<WidgetData, { kind: "chart" }>): TemplateResult {
  if (!data.labels.length || !data.series.length) return empty();
  const input: ChartInput = {
    kind: widget.config.kind === "bar" ? "bar" : "line",
    format: data.format,
    labels: data.labels.map((label) => label || t("(空)")),
    series: data.series.map((one) => ({ label: data.series.length > 1 || one.key !== null ? labelOf(one.label, one.key) : widget.title, values: one.values, color: one.color })),
  };
  return html`<hb-chart .data=${input}></hb-chart>`;
}

function cell(field: Field, record: RecordData): TemplateResult | string {
  const value = record.fields[field.id];
  if (field.type === "single_select" && typeof value === "string" && value) {
    const choice = choiceOf(field, value);
    const mark = stateGlyph(field, choice);
    return html`<span class="${mark ? "pill" : "tag"} c-${choice?.color ?? "grey"}">${mark ? glyph(mark) : nothing}<span class="cut">${value}</span></span>`;
  }
  return textOf(field, value);
}

function list(data: Extract<WidgetData, { kind: "list" }>, table: Table | undefined): TemplateResult {
  const fields = data.fields.map((id) => table?.fields.find((field) => field.id === id)).filter((field): field is Field => Boolean(field));
  if (!data.records.length) return html`<div class="empty small">${icon("circle-check", 20)}<p>${t("没有符合条件的记录")}</p></div>`;
  const open = (record: RecordData) => location.assign(`/t/${data.table}?record=${record.id}`);
  return html`<div class="db-list" tabindex="0" role="region" aria-label=${t("记录")}>
    <table>
      <thead><tr>${fields.map((field) => html`<th class=${isNumeric(field) ? "num" : ""}>${field.name}</th>`)}</tr></thead>
      <tbody>
        ${data.records.map(
          (record) =>
            html`<tr @click=${() => open(record)}>
              ${fields.map((field, index) => html`<td class=${isNumeric(field) ? "num" : ""}>${index ? cell(field, record) : html`<a href="/t/${data.table}?record=${record.id}">${cell(field, record)}</a>`}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function empty(): TemplateResult {
  return html`<div class="empty small">${icon("chart-no-axes-column", 20)}<p>${t("还没有数据")}</p></div>`;
}

/** The inside of a card. */
export function body(widget: Widget, data: WidgetData | undefined, tables: Table[]): TemplateResult {
  if (!data) return html`<div class="stack" aria-hidden="true"><div class="sk"></div><div class="sk"></div></div>`;
  switch (data.kind) {
    case "number":
      return html`<div class="db-number">${data.value === null ? "–" : formatted(Number(data.value), data.format)}${data.unit ? html`<small>${data.unit}</small>` : nothing}</div>`;
    case "donut":
      return donut(data);
    case "chart":
      return chart(widget, data);
    case "list":
      return list(data, tables.find((table) => table.id === data.table));
    default:
      return html`<p class="db-fail">${icon("circle-alert", 16)}<span>${data.message}</span></p>`;
  }
}

/** What stands at the right of a card's head: how many records a list has, or the span of a trend. */
export function aside(widget: Widget, data: WidgetData | undefined): TemplateResult | typeof nothing {
  if (data?.kind === "list") return html`<a href="/t/${data.table}">${t("共 {n} 条", { n: data.total })}</a>`;
  if (widget.config.kind === "trend") {
    const names: Record<string, string> = { hour: t("小时"), day: t("天"), week: t("周"), month: t("月"), quarter: t("季度"), year: t("年") };
    return html`${t("近 {n} {unit}", { n: widget.config.periods ?? 30, unit: names[widget.config.bucket ?? "day"] ?? "" })}`;
  }
  return nothing;
}

/** The second step: what the file is, where its columns go, how its rows are taken, and the button that begins. */
import { html, nothing, type TemplateResult } from "lit";
import type { Problem } from "../api";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { TableInfo } from "../table/info";
import { mappingTemplate } from "./mapping";
import { asNew, faults, filledFields, tally, unfilled, type ColumnPlan, type Plan } from "./plan";
import { encodingTemplate, headerTemplate, sheetTemplate, topTemplate, type ReadingOptions } from "./reading";
import type { PageData, Preview } from "./types";

export interface ColumnsStep {
  preview: Preview;
  plan: Plan;
  table: TableInfo | null;
  page: PageData;
  topOpen: boolean;
  busy: "" | "reading" | "starting";
  refusals: Problem[];
  setPlan(part: Partial<Plan>): void;
  setColumn(column: number, part: Partial<ColumnPlan>): void;
  chooseTable(table: string | null): void;
  chooseSheet(sheet: string): void;
  chooseHeader(row: number | null): void;
  chooseEncoding(encoding: string): void;
  toggleTop(): void;
  start(): void;
  discard(): void;
}

export function columnsStep(step: ColumnsStep): TemplateResult {
  const { preview, plan, table } = step;
  const wrong = faults(plan, table);
  const reading: ReadingOptions = { preview, open: step.topOpen, toggle: step.toggleTop, chooseSheet: step.chooseSheet, chooseEncoding: step.chooseEncoding, chooseHeader: step.chooseHeader };
  return html`<section class="card im-file">
      <div class="row">${icon("file-spreadsheet", 20)}<b class="m cut">${preview.filename}</b>
        <span class="f3 t13 im-size">${t("约 {n} 行,{m} 列", { n: formatNumber(preview.row_estimate), m: preview.columns.length })}</span>
        <button type="button" class="btn s g end" @click=${() => step.discard()}>${icon("replace", 14)}${t("换个文件")}</button></div>
      ${preview.notices.length ? html`<ul class="im-notices">${preview.notices.map((text) => html`<li>${icon("info", 14)}<span>${text}</span></li>`)}</ul>` : nothing}
      <div class="im-settings">${tableField(step)}${sheetTemplate(reading)}${encodingTemplate(reading)}${headerTemplate(reading)}</div>
      ${topTemplate(reading)}
    </section>
    <section class="card im-columns" aria-busy=${step.busy === "reading" ? "true" : nothing}>
      <div class="im-columns-h"><h2 class="h2 grow">${t("每一列放到哪里")}</h2>${fillButton(step)}</div>
      ${mappingTemplate({ columns: preview.columns, plans: plan.columns, table, types: step.page.types, canBuild: step.page.can_build, faults: wrong, change: step.setColumn })}
    </section>
    ${switches(step)}
    <div class="im-foot">
      ${problems(step)}
      <div class="im-foot-row"><span class="f2 t13 grow" role="status">${summary(plan)}</span>
        <button type="button" class="btn p l" aria-busy=${step.busy === "starting" ? "true" : nothing} ?disabled=${step.busy === "reading" || wrong.size > 0 || nothingChosen(plan) || nameMissing(plan)} @click=${() => step.start()}>
          ${icon("upload", 16)}${t("导入约 {n} 行", { n: formatNumber(preview.row_estimate) })}</button></div>
    </div>`;
}

function nothingChosen(plan: Plan): boolean {
  return plan.columns.every(({ target }) => target.kind === "skip");
}

function nameMissing(plan: Plan): boolean {
  return plan.table === null && !plan.newTable.trim();
}

function tableField(step: ColumnsStep): TemplateResult {
  const { plan, page } = step;
  const options = [
    ...page.tables.map((one) => ({ value: one.id, label: one.name, icon: one.icon, group: t("已有的数据表") })),
    page.can_build
      ? { value: "new", label: t("新建一张数据表"), icon: "plus", group: t("其他") }
      : { value: "new", label: t("新建一张数据表"), icon: "lock", group: t("其他"), sub: t("要搭建者权限"), disabled: true },
  ];
  const chosen = (value: string) => step.chooseTable(value === "new" ? null : value);
  return html`<div class="field">
      <div class="lab">${t("导入到")}</div>
      <hb-select .label=${t("导入到")} .options=${options} .value=${plan.table ?? (page.can_build ? "new" : "")} .placeholder=${t("选一张数据表")} ?disabled=${step.busy !== ""}
        @change=${(event: Event) => chosen((event.target as HbSelect).value as string)}></hb-select>
    </div>
    ${plan.table === null && page.can_build
      ? html`<div class="field">
          <label class="lab" for="im-new-table">${t("新表的名字")}</label>
          <input class="inp" id="im-new-table" maxlength="80" autocomplete="off" aria-invalid=${nameMissing(plan) ? "true" : nothing} .value=${plan.newTable}
            @input=${(event: Event) => step.setPlan({ newTable: (event.target as HTMLInputElement).value })} />
        </div>`
      : nothing}`;
}

/** One click for what an existing table does not have yet. */
function fillButton(step: ColumnsStep): TemplateResult | typeof nothing {
  const { plan, preview, page } = step;
  const left = plan.columns.filter(({ column, target }) => target.kind === "skip" && (preview.columns[column]?.empty_share ?? 1) < 1);
  if (!page.can_build || plan.table === null || !left.length) return nothing;
  const fill = () => step.setPlan({ columns: plan.columns.map((one) => (left.includes(one) ? { ...one, target: asNew(preview.columns[one.column]!) } : one)) });
  return html`<button type="button" class="btn s" @click=${fill}>${icon("list-plus", 14)}${t("没对上的 {n} 列都建成新字段", { n: left.length })}</button>`;
}

function switches(step: ColumnsStep): TemplateResult | typeof nothing {
  const { plan, table } = step;
  if (!table) return nothing;
  const machine = filledFields(plan, table).find((field) => field.options.machine);
  const set = (key: "statesAsIs" | "runAutomations") => (event: Event) => step.setPlan({ [key]: (event.target as HTMLInputElement).checked });
  return html`<section class="card card-p im-switches">
    ${machine
      ? html`<label class="opt-row"><input class="sw" type="checkbox" role="switch" .checked=${plan.statesAsIs} @change=${set("statesAsIs")} />
          <span>${t("状态按历史原样导入")}<span class="hint">${plan.statesAsIs ? t("「{field}」是什么就导入什么,不检查能不能流转到它", { field: machine.name }) : t("「{field}」只收新记录可以有的起始状态,其余的行会列出来", { field: machine.name })}</span></span></label>`
      : nothing}
    <label class="opt-row"><input class="sw" type="checkbox" role="switch" .checked=${plan.runAutomations} @change=${set("runAutomations")} />
      <span>${t("让自动化处理这些新记录")}<span class="hint">${plan.runAutomations ? t("每条新记录都会触发「新建记录」的自动化,可能发出很多消息") : t("历史订单一般不用再触发自动化,也不会发消息")}</span></span></label>
  </section>`;
}

function problems(step: ColumnsStep): TemplateResult | typeof nothing {
  const missing = unfilled(step.plan, step.table);
  const named = missing.map((field) => field.name).join(t("、"));
  return html`${missing.length
      ? html`<p class="note warn">${icon("triangle-alert", 16)}${t("「{fields}」必填,还没有列对到它,这样每一行都会被拒绝", { fields: named })}</p>`
      : nothing}${step.refusals.map((problem) => html`<p class="note" role="alert">${icon("circle-alert", 16)}${problem.message}</p>`)}`;
}

function summary(plan: Plan): string {
  const { existing, added, skipped } = tally(plan);
  const parts = [
    existing ? t("{n} 列进已有字段", { n: existing }) : "",
    added ? t("{n} 列建成新字段", { n: added }) : "",
    skipped ? t("{n} 列不导入", { n: skipped }) : "",
  ];
  return parts.filter(Boolean).join(t("、"));
}

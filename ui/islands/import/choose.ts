/** The first step: a file by click, drop or paste; what is too large or empty is said at once. */
import { html, nothing, type TemplateResult } from "lit";
import { formatDate, formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import { relative } from "../shell/times";
import type { AppRef, PastImport } from "./types";
import { sizeText } from "./upload";

export interface Sending {
  name: string;
  size: number;
  sent: number;
}

export interface ChooseOptions {
  maxMb: number;
  /** Apps to choose from, where the page has none; "new" in `app` makes one. */
  apps: AppRef[] | null;
  app: string;
  over: boolean;
  sending: Sending | null;
  /** Why the last file was refused, with its name. */
  problem: { name: string; message: string; code: string } | null;
  recent: PastImport[];
  chooseApp(app: string): void;
  pick(file: File): void;
  abort(): void;
}

const accepted = ".xlsx,.xlsm,.xls,.csv,.tsv,.txt,.ods";

export function chooseTemplate(options: ChooseOptions): TemplateResult {
  return html`${options.apps ? appTemplate(options) : nothing}
    ${options.sending ? sendingTemplate(options.sending, options.abort) : dropTemplate(options)}
    ${options.problem
      ? html`<div class="notice" role="alert" data-problem>${icon("circle-alert", 18)}
          <div><b>${t("「{name}」没有读成", { name: options.problem.name })}</b><div>${options.problem.message}</div><small>${options.problem.code}</small></div>
        </div>`
      : nothing}
    <ul class="im-tips">
      <li>${icon("file-spreadsheet", 16)}${t("Excel(xlsx、xls)、CSV、TSV、ODS 都可以,淘宝、抖音等后台导出的文件直接用")}</li>
      <li>${icon("languages", 16)}${t("GBK 编码、合并单元格、标题行、公式、「¥1,299.00」这样的金额都认得")}</li>
      <li>${icon("eye", 16)}${t("下一步先看每一列会变成什么,确认了才写入")}</li>
    </ul>
    ${options.recent.length && !options.sending ? recentTemplate(options.recent) : nothing}`;
}

function appTemplate(options: ChooseOptions): TemplateResult {
  const choices = [...(options.apps ?? []).map((app) => ({ value: app.id, label: app.name, icon: app.icon || "mark" })), { value: "new", label: t("新建一个应用"), icon: "plus" }];
  return html`<div class="field im-app">
    <div class="lab">${t("导入到哪个应用")}</div>
    <hb-select .label=${t("导入到哪个应用")} .options=${choices} .value=${options.app} ?disabled=${options.sending !== null}
      @change=${(event: Event) => options.chooseApp((event.target as HbSelect).value as string)}></hb-select>
  </div>`;
}

function dropTemplate(options: ChooseOptions): TemplateResult {
  const chosen = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = "";
    if (file) options.pick(file);
  };
  return html`<label class="drop im-drop ${options.over ? "over" : ""}">
    <input class="sr" type="file" accept=${accepted} @change=${chosen} />
    <span class="im-drop-ic">${icon("file-up", 28)}</span>
    <span><b class="t16 b">${options.over ? t("松手就开始读") : t("把 Excel 或 CSV 拖到这里")}</b>
      <span class="f3 drop-note">${t("也可以粘贴从 Excel 复制的单元格。最大 {n} MB", { n: options.maxMb })}</span></span>
    <span class="btn p im-drop-btn" aria-hidden="true">${icon("folder-open", 16)}${t("选择文件")}</span>
  </label>`;
}

function sendingTemplate(sending: Sending, abort: () => void): TemplateResult {
  const complete = sending.sent >= sending.size;
  const share = Math.floor((sending.sent / Math.max(1, sending.size)) * 100);
  return html`<div class="drop im-drop im-sending" role="status">
    <span class="im-drop-ic">${icon("file-up", 28)}</span>
    <span class="grow">
      <b class="m cut im-sending-name">${sending.name}</b>
      <progress class="barp" aria-label=${t("上传进度")} max="100" value=${complete ? nothing : share}></progress>
      <span class="t12 f3">${complete ? t("传完了,正在看里面有什么") : t("已传 {done},共 {total}", { done: sizeText(sending.sent), total: sizeText(sending.size) })}</span>
    </span>
    <button type="button" class="btn" @click=${abort}>${t("取消")}</button>
  </div>`;
}

/** How a past import stands, in a few words. */
export function standing(one: PastImport): string {
  switch (one.status) {
    case "draft":
      return t("还没开始");
    case "queued":
      return t("排队中");
    case "running":
      return one.total ? `${Math.min(99, Math.floor((one.done / one.total) * 100))}%` : t("正在导入");
    case "failed":
      return t("没有完成");
    case "cancelled":
      return t("已取消,导入了 {n} 条", { n: formatNumber(one.created) });
    default:
      return one.failed
        ? t("{n} 条,{m} 行没导入", { n: formatNumber(one.created), m: formatNumber(one.failed) })
        : t("{n} 条", { n: formatNumber(one.created) });
  }
}

function recentTemplate(recent: PastImport[]): TemplateResult {
  return html`<section class="im-recent">
    <h2>${t("最近的导入")}</h2>
    <ul>${recent.map(
      (one) => html`<li><a href="/imports/${one.id}">
        ${icon(one.status === "failed" ? "circle-alert" : one.status === "finished" ? "circle-check" : "file-spreadsheet", 16)}
        <span class="cut m">${one.filename}</span>
        <span class="cut f3 im-recent-table">${one.table_name ?? ""}</span>
        <span class="f2 t12 end">${standing(one)}</span>
        <time class="f3 t12" datetime=${one.at} data-relative>${relative(new Date(one.at)) ?? formatDate(one.at)}</time></a></li>`,
    )}</ul>
  </section>`;
}

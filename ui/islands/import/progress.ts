/** The third step: how far it is, and in the end what came in and what did not. */
import { html, nothing, type TemplateResult } from "lit";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { timeLeft } from "../shell/jobs";
import type { BadRow, Job } from "./types";

/** Rows that were done at a moment (milliseconds). */
export interface Sample {
  at: number;
  done: number;
}

const speedOver = 6_000;

/** Rows per second over the last seconds; null while that cannot be said. */
export function speed(samples: readonly Sample[]): number | null {
  const last = samples.at(-1);
  if (!last) return null;
  const first = samples.find((sample) => last.at - sample.at <= speedOver) ?? samples[0]!;
  const seconds = (last.at - first.at) / 1000;
  return seconds >= 0.5 && last.done > first.done ? (last.done - first.done) / seconds : null;
}

/** "12 秒", "3 分 5 秒". */
export function duration(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 60) return t("{n} 秒", { n: seconds });
  return t("{m} 分 {n} 秒", { m: Math.floor(seconds / 60), n: seconds % 60 });
}

export interface ProgressOptions {
  job: Job;
  samples: readonly Sample[];
  stopping: boolean;
  /** Names of the table's fields, where the server's sentence does not hold them. */
  again: string;
  unfolded: ReadonlySet<number>;
  cancel(): void;
  unfold(row: number): void;
}

export function progressTemplate(options: ProgressOptions): TemplateResult {
  const { job } = options;
  const body = job.status === "queued" || job.status === "running" ? running(options) : ended(options);
  return html`${body}${job.bad.length ? badRows(options) : nothing}`;
}

function running({ job, samples, stopping, cancel }: ProgressOptions): TemplateResult {
  const waiting = job.status === "queued";
  const total = job.total ?? 0;
  const share = total ? Math.min(100, Math.floor((job.done / total) * 100)) : 0;
  const rate = speed(samples);
  const first = samples[0];
  const left = first && total ? timeLeft(job.done, total, first.done, (samples.at(-1)?.at ?? first.at) - first.at) : "";
  return html`<section class="card im-run" aria-busy="true">
    <div class="row"><span class="spin"></span><h2 class="h2 grow cut">${stopping ? t("正在停下") : waiting ? t("排队中,马上开始") : t("正在导入「{name}」", { name: job.filename })}</h2>
      <button type="button" class="btn s" ?disabled=${stopping} @click=${cancel}>${t("停下")}</button></div>
    <progress class="barp im-bar" aria-label=${t("导入进度")} max=${total || 1} value=${waiting ? nothing : job.done}></progress>
    <div class="im-figures" role="status">
      <b class="im-share">${waiting ? "0%" : `${share}%`}</b>
      ${total ? html`<span>${t("{done} / {total} 行", { done: formatNumber(job.done), total: formatNumber(total) })}</span>` : nothing}
      ${rate ? html`<span>${t("每秒 {n} 行", { n: formatNumber(Math.round(rate)) })}</span>` : nothing}
      ${left ? html`<span>${left}</span>` : nothing}
      ${job.failed ? html`<span class="warn-t">${t("{n} 行有问题", { n: formatNumber(job.failed) })}</span>` : nothing}
    </div>
    <p class="hint">${t("可以离开这个页面,导入会继续;进度在每页的右下角")}</p>
  </section>`;
}

function ended({ job, again }: ProgressOptions): TemplateResult {
  const looks = {
    finished: job.failed ? ["triangle-alert", "warn-t"] : ["circle-check", "ok-t"],
    cancelled: ["circle-slash", "f3"],
    failed: ["circle-alert", "danger-t"],
  }[job.status as "finished"] ?? ["info", "f3"];
  const took = job.started_at && job.finished_at ? Date.parse(job.finished_at) - Date.parse(job.started_at) : null;
  return html`<section class="card im-run im-done">
    <span class="im-done-ic ${looks[1]!}">${icon(looks[0]!, 32)}</span>
    <h2 class="h1" tabindex="-1">${heading(job)}</h2>
    <p class="f2">${told(job)}${took !== null && job.status === "finished" ? html` <span class="f3">· ${t("用了 {time}", { time: duration(took) })}</span>` : nothing}</p>
    <div class="wrap im-acts">
      ${job.table && (job.status !== "failed" || job.created) ? html`<a class="btn p" href="/t/${job.table}">${icon("table-2", 16)}${t("打开数据表")}</a>` : nothing}
      <a class="btn" href=${again}>${icon("upload", 16)}${job.status === "failed" ? t("换个文件再试") : t("再导入一个文件")}</a>
    </div>
  </section>`;
}

function heading(job: Job): string {
  if (job.status === "cancelled") return t("导入停下了");
  if (job.status === "failed") return t("导入没有完成");
  return job.failed ? t("{n} 条进来了,{m} 行没有", { n: formatNumber(job.created), m: formatNumber(job.failed) }) : t("{n} 条都进来了", { n: formatNumber(job.created) });
}

function told(job: Job): string {
  if (job.status === "cancelled") return t("停下之前导入的 {n} 条留在表里,其余 {m} 行没有动", { n: formatNumber(job.created), m: formatNumber(Math.max(0, (job.total ?? job.done) - job.done)) });
  if (job.status === "failed") return [job.message ?? "", job.created ? t("已经导入的 {n} 条留在表里", { n: formatNumber(job.created) }) : ""].filter(Boolean).join(" ");
  return job.failed ? t("没进来的行在下面,改好以后只导入这些行就行") : t("来自「{name}」", { name: job.filename });
}

function badRows(options: ProgressOptions): TemplateResult {
  const { job } = options;
  return html`<section class="card im-bad" aria-label=${t("没有导入的行")}>
    <div class="im-bad-h"><h2 class="h2 grow">${t("没有导入的行")} <span class="count danger">${formatNumber(job.failed)}</span></h2>
      <a class="btn s" href="/api/v1/imports/${job.id}/errors.xlsx" download="import-errors.xlsx">${icon("download", 16)}${t("下载 errors.xlsx")}</a></div>
    <div class="scroll-x"><table class="tbl im-bad-t">
      <thead><tr><th class="num">${t("行号")}</th><th>${t("字段")}</th><th>${t("文件里的值")}</th><th>${t("原因")}</th></tr></thead>
      <tbody>${job.bad.flatMap((row) => badRow(row, options))}</tbody>
    </table></div>
    ${job.failed > job.bad.length ? html`<p class="hint">${t("这里列出前 {n} 行,全部 {total} 行都在 errors.xlsx 里", { n: formatNumber(job.bad.length), total: formatNumber(job.failed) })}</p>` : nothing}
  </section>`;
}

function badRow(row: BadRow, options: ProgressOptions): TemplateResult[] {
  const open = options.unfolded.has(row.row);
  const rows = row.problems.map((problem, index) => {
    const place = problem.field ? options.job.columns[problem.field] : undefined;
    const value = place === undefined ? "" : (row.cells[place] ?? "");
    return html`<tr>
      <td class="num">${index === 0
        ? html`<button type="button" class="im-rowno" aria-expanded=${String(open)} aria-label=${t("看第 {n} 行的全部内容", { n: row.row })} @click=${() => options.unfold(row.row)}>${icon(open ? "chevron-down" : "chevron-right", 14)}${formatNumber(row.row)}</button>`
        : nothing}</td>
      <td class="m">${problem.field_name ?? ""}</td>
      <td><span class="im-value cut" title=${value}>${value}</span></td>
      <td>${problem.message}</td>
    </tr>`;
  });
  if (open) rows.push(html`<tr class="im-cells"><td></td><td colspan="3">${row.cells.filter(Boolean).map((cell) => html`<span class="chip"><span class="cut">${cell}</span></span>`)}</td></tr>`);
  return rows;
}

/** How states of runs and steps look and read. */
import { html, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import { exactMoment } from "../record/value";
import { relative } from "../shell/times";
import { formatMoment } from "../fields/format";
import type { Run, RunStatus } from "./types";

export function statusLabel(status: RunStatus): string {
  const labels: Record<RunStatus, string> = {
    held: t("暂停中"),
    queued: t("排队中"),
    running: t("正在运行"),
    waiting: t("等待中"),
    finished: t("完成"),
    failed: t("失败"),
    handled: t("已处理"),
  };
  return labels[status];
}

const icons: Record<RunStatus, string> = { held: "pause", queued: "clock", running: "loader", waiting: "hourglass", finished: "circle-check", failed: "circle-alert", handled: "check-check" };

export function statusMark(status: RunStatus): TemplateResult {
  return html`<span class="ru-status ${status}">${icon(icons[status], 15)}${statusLabel(status)}</span>`;
}

/** The state of a run, and whether steps of a finished one failed. */
export function runMark(run: Run): TemplateResult {
  if (run.status === "waiting" && run.waits) return html`<span class="ru-status waiting">${icon(run.waits === "retry" ? "rotate-cw" : "hourglass", 15)}${waitsFor(run.waits)}</span>`;
  if (run.status !== "finished" || !run.failed_steps) return statusMark(run.status);
  return html`<span class="ru-status finished warned">${icon("circle-check", 15)}${statusLabel("finished")}<span class="tag c-amber">${t("{n} 步失败", { n: run.failed_steps })}</span></span>`;
}

/** What a run waits for. */
export function waitsFor(waits: NonNullable<Run["waits"]>): string {
  return { retry: t("等着再试"), time: t("等时间到"), condition: t("等记录符合条件"), run: t("等另一个自动化"), answer: t("等对方回答"), turn: t("等上一次运行结束") }[waits];
}

/** A moment as "3 minutes ago", exact on hover; a date when it is long ago. */
export function ago(iso: string): TemplateResult {
  return html`<time datetime=${iso} data-relative data-tip=${exactMoment(iso)}>${relative(new Date(iso)) ?? formatMoment(iso)}</time>`;
}

/** A duration: milliseconds under a second, then seconds, then minutes. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "";
  if (seconds < 1) return t("{ms} 毫秒", { ms: Math.max(1, Math.round(seconds * 1000)) });
  if (seconds < 60) return t("{seconds} 秒", { seconds: seconds.toFixed(1) });
  if (seconds < 3600) return t("{n} 分钟", { n: Math.round(seconds / 60) });
  return t("{n} 小时", { n: Math.round(seconds / 3600) });
}

/** How often an automation ran in the last 30 days, how often it failed, and how long it took, as a row of bars. */
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../i18n";
import { ago, duration } from "../runs/status";
import type { Statistics } from "./types";

const days = 30;

function dayKeys(): string[] {
  const now = new Date();
  return Array.from({ length: days }, (_, index) => {
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1 - index));
    return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
  });
}

/** The bars alone, for a list. */
export function bars(found: Statistics): TemplateResult {
  const known = new Map(found.days.map((day) => [day.day, day]));
  const most = Math.max(1, ...found.days.map((day) => day.runs));
  const words = t("30 天里运行 {n} 次,失败 {failed} 次", { n: found.runs, failed: found.failed });
  return html`<span class="st-bars" role="img" aria-label=${words}>${dayKeys().map((key) => {
    const day = known.get(key);
    if (!day) return html`<i data-tip="${key} · ${t("没有运行")}"></i>`;
    const tip = `${key} · ${t("运行 {n} 次", { n: day.runs })}${day.failed ? ` · ${t("失败 {n} 次", { n: day.failed })}` : ""}${day.p50 === null ? "" : ` · ${t("一半在 {half} 内,95% 在 {most} 内", { half: duration(day.p50), most: duration(day.p95 ?? day.p50) })}`}`;
    return html`<i data-tip=${tip} style="--h:${Math.max(6, Math.round((day.runs / most) * 100))}%;--f:${Math.round((day.failed / day.runs) * 100)}%" class=${day.failed ? "bad" : "on"}></i>`;
  })}</span>`;
}

/** The bars with the sums and the newest day's times. */
export function statisticsView(found: Statistics | null | undefined): TemplateResult | typeof nothing {
  if (!found?.last_run) return nothing;
  const timed = found.days.filter((day) => day.p50 !== null);
  const last = timed.at(-1);
  return html`<div class="st-row">${bars(found)}<span class="f2">${t("30 天运行 {n} 次", { n: found.runs })}</span>${found.failed ? html`<span class="danger-t">${t("失败 {n} 次", { n: found.failed })}</span>` : nothing}
    ${last ? html`<span class="f3">${t("一半在 {half} 内,95% 在 {most} 内", { half: duration(last.p50), most: duration(last.p95) })}</span>` : nothing}<span class="f3">${t("上次运行")} ${ago(found.last_run)}</span></div>`;
}

/** A field that the background is working on, in its panel: what is being done, how far, and that one may leave. */
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../i18n";
import { progressWords, type Progress } from "../refreshing";
import { trackJob } from "../shell/jobs";
import { toast } from "../toast/toast";

/** The notice at the top of the panel; nothing where nothing is being done. */
export function atWorkTemplate(progress: Progress | null): TemplateResult | typeof nothing {
  if (!progress) return nothing;
  const known = progress.total !== null && progress.total > 0;
  return html`<div class="notice info fe-work" role="status">
    <span class="spin"></span>
    <div>
      <b>${progressWords(progress)}</b>
      <progress class="barp" aria-label=${progressWords(progress)} max=${known ? progress.total! : 1} value=${known ? Math.min(progress.done, progress.total!) : nothing}></progress>
      <small>${progress.kind !== "refresh" ? t("可以关上这里去做别的;完成以前大家看到和填写的还是原来的内容") : t("可以关上这里去做别的;新填的和改过的记录已经是对的")}</small>
    </div>
  </div>`;
}

/** Show a conversion in the tray until it is done. */
export function trackConversion(job: string, name: string, type: string): void {
  trackJob({ id: job, title: t("把「{name}」改成{type}", { name, type }), address: `/api/v1/conversions/${job}`, keeps: t("字段会保持原样。") });
}

/** The answer of an undo of the structure. */
export interface Undone {
  what: string;
  /** The job that is still to do it; null: it is done. */
  converting: string | null;
}

/** Say that a change has been taken back, or show in the tray that it is being. */
export function sayUndone({ what, converting }: Undone): void {
  if (!converting) {
    toast(t("已撤销:{what}", { what }));
    return;
  }
  trackJob({ id: converting, title: t("撤销:{what}", { what }), address: `/api/v1/conversions/${converting}`, keeps: t("字段会保持原样。") });
  toast(t("记录很多,正在后台撤销;完成以前可以照常使用"));
}

/** A field that the background is working on, in its panel: what is being done, how far, and that one may leave. */
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../i18n";
import { progressWords, type Progress } from "../refreshing";
import { trackJob } from "../shell/jobs";

/** The notice at the top of the panel; nothing where nothing is being done. */
export function atWorkTemplate(progress: Progress | null): TemplateResult | typeof nothing {
  if (!progress) return nothing;
  const known = progress.total !== null && progress.total > 0;
  return html`<div class="notice info fe-work" role="status">
    <span class="spin"></span>
    <div>
      <b>${progressWords(progress)}</b>
      <progress class="barp" aria-label=${progressWords(progress)} max=${known ? progress.total! : 1} value=${known ? Math.min(progress.done, progress.total!) : nothing}></progress>
      <small>${progress.kind === "convert" ? t("可以关上这里去做别的;完成以前大家看到和填写的还是原来的内容") : t("可以关上这里去做别的;新填的和改过的记录已经是对的")}</small>
    </div>
  </div>`;
}

/** Show a conversion in the tray until it is done. */
export function trackConversion(job: string, name: string, type: string): void {
  trackJob({ id: job, title: t("把「{name}」改成{type}", { name, type }), address: `/api/v1/conversions/${job}`, keeps: t("字段会保持原样。") });
}

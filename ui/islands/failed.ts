/** What stands where something should be that could not be read: the reason, and a button that asks again. */
import { html, nothing, type TemplateResult } from "lit";
import { ApiError } from "./api";
import { icon } from "./icons";
import { t } from "./i18n";

/** The reason in the server's words where it has any; `again` asks once more. */
export function failedTemplate(failure: unknown, again: () => void): TemplateResult {
  const reason = failure instanceof Error ? failure.message : t("服务器没能完成,请再试一次");
  return html`<div class="empty" role="alert">
    <svg class="empty-art" width="148" height="92" viewBox="0 0 148 92" aria-hidden="true">
      <rect class="soft" x="14" y="6" width="120" height="80" rx="8" />
      <path d="M14 28h120M36 46h44M36 62h28" />
      <circle class="hot" cx="108" cy="58" r="17" />
      <path class="hotline" d="M108 50v9M108 65.5v.5" />
    </svg>
    <h2>${t("没有读出来")}</h2>
    <p>${reason}</p>
    <div class="wrap"><button type="button" class="btn" @click=${again}>${icon("refresh-cw")}${t("再试一次")}</button></div>
    ${failure instanceof ApiError ? html`<p class="t12 f3">${failure.status} ${failure.code}</p>` : nothing}
  </div>`;
}

/** The card as a phone will show it, small, while a workbench is being set up. */
import "../../styles/workbench.css";
import { html, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo } from "../table/info";
import { cardTemplate, numberOf } from "./card";
import type { Bindings, Card } from "./types";

export interface PreviewOptions {
  table: TableInfo;
  bindings: Bindings;
  fields: readonly string[];
  card: Card | null;
  loading: boolean;
}

export function previewTemplate(options: PreviewOptions): TemplateResult {
  const { card } = options;
  return html`<aside class="wb-preview" tabindex="0" aria-label=${t("手机上的样子")}>
    <p class="t12 f3">${card ? t("用「{table}」的数据预览", { table: options.table.name }) : t("手机上的样子")}</p>
    <div class="wb-phone ${options.loading ? "busy" : ""}" inert>
      ${card
        ? html`<b class="wb-number">${numberOf(options, card.record)}</b>${cardTemplate({ ...options, card })}
            <span class="btn p w">${icon("scan-line", 16)}${t("继续扫")}</span>`
        : html`<p class="f3 wb-phone-none">${t("表里还没有记录,有了第一条就能看到卡片的样子")}</p>`}
    </div>
  </aside>`;
}

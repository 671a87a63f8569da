/** What a formula, look-up or roll-up gives for some real records, while it is being made. */
import { html, type TemplateResult } from "lit";
import { t } from "../i18n";

/** A record by its name, with the value as text or the error. */
export interface Trial {
  name: string;
  text: string;
  error: string | null;
}

/** The records and their values; `none` says why there are none. */
export function trials(examples: readonly Trial[], none: string): TemplateResult {
  if (!examples.length) return html`<p class="hint">${none}</p>`;
  return html`<dl class="fx-ex">
    ${examples.map(
      (example) =>
        html`<div>
          <dt class="cut">${example.name || t("未命名")}</dt>
          <dd class=${example.error ? "bad" : ""}>${example.error ?? (example.text || html`<span class="fx-empty">${t("空")}</span>`)}</dd>
        </div>`,
    )}
  </dl>`;
}

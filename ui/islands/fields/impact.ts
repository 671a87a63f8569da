/** "What will happen": the effect of a change in numbers, examples and sentences, before it is saved. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import { formatNumber } from "./format";

export interface Impact {
  records: number;
  unreadable: number;
  examples: { before: string; after: string | null }[];
  notes: string[];
  /** The numbers come from a sample. */
  estimated?: boolean;
}

/** How many, as far as that is known. */
export function impactCount(impact: Impact, count: number): string {
  return impact.estimated ? t("约 {n}", { n: formatNumber(count) }) : formatNumber(count);
}

/** The block in the panel; nothing where nothing happens to any record. */
export function impactTemplate(impact: Impact | null, typeName: string, changesType: boolean, busy: boolean): TemplateResult | typeof nothing {
  if (!impact) return busy ? html`<div class="fe-impact" aria-busy="true"><div class="sk"></div></div>` : nothing;
  const converts = changesType && impact.records > 0;
  if (!converts && !impact.notes.length) return nothing;
  const bad = impact.unreadable > 0;
  return html`<div class="notice ${bad ? "warn" : "info"} fe-impact" role="status" aria-busy=${busy ? "true" : nothing}>
    ${icon(bad ? "triangle-alert" : "info")}
    <div>
      ${converts ? html`<p><b>${headline(impact, typeName)}</b></p>` : nothing}
      ${converts && impact.examples.length
        ? html`<ul class="fe-examples">
            ${impact.examples.slice(0, 6).map(
              (example) =>
                html`<li>
                  <span class="cut">${example.before}</span>${icon("arrow-right", 12)}${example.after === null
                    ? html`<span class="fe-lost">${t("留空")}</span>`
                    : html`<span class="cut">${example.after}</span>`}
                </li>`,
            )}
          </ul>`
        : nothing}
      ${impact.notes.length ? html`<ul class="fe-notes">${impact.notes.map((note) => html`<li>${note}</li>`)}</ul>` : nothing}
      ${converts ? html`<small>${t("原来的内容在回收站里留 30 天,随时可以撤销")}</small>` : nothing}
    </div>
  </div>`;
}

function headline(impact: Impact, typeName: string): string {
  const all = impactCount(impact, impact.records);
  if (!impact.unreadable) return t("{n} 条记录都能改成{type}", { n: all, type: typeName });
  return t("{n} 条记录里有 {bad} 条不能改成{type},会留空", { n: all, bad: impactCount(impact, impact.unreadable), type: typeName });
}

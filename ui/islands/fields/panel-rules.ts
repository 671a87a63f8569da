/** The rules of a field in its panel: required, unique (alone or with others), read-only, checked, and the default. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import { canCombine, combinedWith } from "../table/hb-unique-rules";
import { toggle } from "./option-forms";
import { defaultForm, validationForm, type PartsHost } from "./panel-parts";
import { canBeRequired, canBeUnique, canBeValidated, canHaveDefault, canHaveRules } from "./spec";

/** What must hold of a value, and what a new record begins with; nothing for types without rules. */
export function rulesForm(host: PartsHost): TemplateResult | typeof nothing {
  const { type, required, unique, options } = host.draft;
  if (!canBeRequired(type) && !canBeUnique(type) && !canHaveDefault(type)) return nothing;
  return html`<section class="fe-sec" aria-label=${t("规则")}>
    ${canBeRequired(type) ? toggle(host, t("必填"), required, (on) => host.change({ required: on })) : nothing}
    ${ruleProblem(host, "required")}
    ${canBeUnique(type) ? toggle(host, t("不能重复"), unique, (on) => host.change({ unique: on, ...(on ? { default: null, defaultFormula: "" } : {}) }), unique ? t("保存时逐条核对,导入和接口也一样") : "") : nothing}
    ${together(host)}
    ${canHaveRules(type) ? toggle(host, t("只读"), host.draft.readOnly, (on) => host.change({ readOnly: on }, ["read_only"]), host.draft.readOnly ? t("人和导入、接口都不能改;自动化、状态流转和默认值可以写") : "") : nothing}
    ${ruleProblem(host, "read_only")} ${canBeValidated(type) ? validationForm(host) : nothing}
    ${ruleProblem(host, "unique")} ${canHaveDefault(type) && !unique && !options.machine ? defaultForm(host) : nothing}
  </section>`;
}

/** With which other fields together it may not repeat, and the way to such rules. */
function together(host: PartsHost): TemplateResult | typeof nothing {
  const { original, table } = host;
  if (!original || !canCombine(original) || host.draft.type !== original.type) return nothing;
  const rules = combinedWith(table, original.id);
  const ask = () => document.dispatchEvent(new CustomEvent("hb:unique-rules", { detail: { field: rules.length ? "" : original.id } }));
  return html`<div class="fe-together">
    ${rules.map((names) => html`<p class="hint">${t("和「{names}」合起来不能重复", { names: names.join(" + ") })}</p>`)}
    <button type="button" class="btn s g" ?disabled=${host.locked} @click=${ask}>${rules.length ? t("改合起来的规则") : t("和别的字段合起来不能重复…")}</button>
  </div>`;
}

/** The problem of a place, where there is one. */
export function ruleProblem(host: PartsHost, path: string): TemplateResult | typeof nothing {
  const problem = host.messageAt(path);
  return problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : nothing;
}

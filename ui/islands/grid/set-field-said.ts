/** What is said of a field set in many records: before, what will happen; after, how many were changed, and who was refused why. */
import { html, nothing, type TemplateResult } from "lit";
import type { RecordData } from "../fields/field";
import { formatNumber, textOf } from "../fields/format";
import { icon } from "../icons";
import { N_, t } from "../i18n";
import { said } from "../record/said";
import { byReason, replaced, type Deed, type How, type Reach, type SetOutcome } from "./set-field";

const sentences: Record<How, string> = {
  set: N_("{n} 条记录的「{field}」改成「{value}」。"),
  add: N_("{n} 条记录的「{field}」加上「{value}」。"),
  remove: N_("{n} 条记录的「{field}」去掉「{value}」。"),
  clear: N_("{n} 条记录的「{field}」清空。"),
};
/** Letters of a value that are shown. */
const longest = 60;

/** Refused records that are named for one reason. */
const named = 50;

/** What will happen, in numbers. `reach`: the state that is chosen; without `records`, what they hold now is left out. */
export function foretold(deed: Deed, ids: readonly string[], records: ReadonlyMap<string, RecordData> | null, reach: Reach | undefined): TemplateResult {
  const { field, how, value } = deed;
  const text = field.type === "checkbox" ? (value === true ? t("勾上") : t("不勾")) : textOf(field, value).replace(/\s+/g, " ");
  const params = { n: formatNumber(reach ? reach.can : ids.length), field: field.name, value: text.length > longest ? `${text.slice(0, longest)}…` : text };
  const others = records ? replaced(deed, ids, records) : 0;
  return html`<p class="sf-say">
    <b>${t(sentences[how], params)}</b>
    ${others ? (how === "clear" ? t("其中 {n} 条现在有内容。", { n: formatNumber(others) }) : t("其中 {n} 条现在是别的内容,会换掉。", { n: formatNumber(others) })) : nothing}
    ${reach?.there ? t("{n} 条已经是「{value}」。", { n: formatNumber(reach.there), value: text }) : nothing}
    ${reach?.cannot ? t("{n} 条从现在的状态到不了,会原样留着。", { n: formatNumber(reach.cannot) }) : nothing}
    ${reach && !reach.back ? t("流转没有回头路,改了不能撤销。") : t("改完可以撤销。")}
  </p>`;
}

/** `field` is the field's name, `nameOf` what a record is called. */
export function resultTemplate({ changed, refused, left }: SetOutcome, field: string, nameOf: (id: string) => string): TemplateResult {
  return html`<p class="sf-say" role="status">
      <b>${changed.length ? t("{n} 条记录的「{field}」已改好。", { n: formatNumber(changed.length), field }) : t("一条也没有改。")}</b>
      ${refused.length ? t("{n} 条没有改,原因在下面。", { n: formatNumber(refused.length) }) : nothing}
      ${left.length ? t("{n} 条还没轮到就停下了。", { n: formatNumber(left.length) }) : nothing}
      ${t("没改的仍然选中着。")}
    </p>
    ${byReason(refused).map(
      ({ reason, ids }) =>
        html`<section class="sf-why">
          <h3>${icon("circle-alert", 14)}<span>${said(reason)}</span><span class="f3">${t("{n} 条", { n: formatNumber(ids.length) })}</span></h3>
          <ul>
            ${ids.slice(0, named).map((id) => html`<li><a class="chip" href="/r/${id}" target="_blank" rel="noopener"><span class="cut">${nameOf(id)}</span></a></li>`)}
            ${ids.length > named ? html`<li class="f3">${t("还有 {n} 条", { n: formatNumber(ids.length - named) })}</li>` : nothing}
          </ul>
        </section>`,
    )}`;
}

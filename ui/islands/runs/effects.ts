/** What a run did to records, and what of it can be taken back. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import type { Effect, EffectsAnswer } from "./types";

export function effectsView(found: EffectsAnswer): TemplateResult {
  return html`<div class="stack">
    ${found.reverted ? html`<p class="note info">${icon("info", 14)}<span>${t("这次运行的改动已经退回过")}</span></p>` : nothing}
    <p class="f2">${t("后来又有人改过的内容保留现在的样子。退回也会记在操作记录里,不会触发自动化。")}${found.messages ? html` ${t("发出去的 {n} 条消息收不回来。", { n: found.messages })}` : nothing}</p>
    ${found.more ? html`<p class="note warn">${icon("triangle-alert", 14)}<span>${t("改动太多,只列出和退回最早的一部分")}</span></p>` : nothing}
    <div class="ru-effects">${found.records.length ? found.records.map(one) : html`<p class="f3">${t("这次运行没有改动记录")}</p>`}</div>
  </div>`;
}

function one(effect: Effect): TemplateResult {
  const words = { created: t("新建的,会删到回收站"), deleted: t("删掉的,会恢复"), restored: t("恢复的,会删回去"), changed: t("改过的"), stock: t("库存的占用和出入库") };
  return html`<div class="ru-effect ${effect.why_not ? "not" : ""}">
    <div><a href="/t/${effect.table}?record=${effect.id}"><b>${effect.name || t("没有名字的记录")}</b></a><span class="f3">${effect.table_name} · ${words[effect.kind]}</span></div>
    ${effect.kind === "changed" ? effect.fields.map((field) => html`<div><span class="f3">${field.name}</span>${field.later ? html`<span>${field.after || t("空")}</span><span class="tag c-amber">${t("后来又改过,不动")}</span>` : html`<del>${field.after || t("空")}</del> → <ins>${field.before || t("空")}</ins>`}</div>`) : nothing}
    ${effect.why_not ? html`<div class="warn-t">${icon("triangle-alert", 13)}${effect.why_not}</div>` : nothing}
  </div>`;
}

/** The bar of an automation's editor, and the note below it while it is paused. */
import { html, nothing, type TemplateResult } from "lit";
import type { Problem } from "../api";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import type { Past } from "../past";
import { duplicate, removeAutomation, rename, setPause } from "./care";
import type { Drafting } from "./drafting";
import { startFor } from "./start";
import type { Definition, PageData } from "./types";

export interface BarHost {
  readonly page: PageData;
  readonly drafting: Drafting;
  readonly past: Past<Definition>;
  readonly problems: Map<string, Problem[]>;
  readonly saving: boolean;
  /** Whether the drawer of a test run is open. */
  readonly testing: boolean;
  undo(): void;
  test(): void;
  /** The automation is gone: the page is about to be left, without a question. */
  leave(): void;
}

function state(host: BarHost): TemplateResult {
  if (!host.page.can_build) return html`<span class="f3 t13">${t("只能查看;要修改,请联系应用的所有者")}</span>`;
  const missing = [...host.problems.values()].flat().length;
  if (host.drafting.unpublished) {
    const kept = host.saving || host.drafting.dirty ? t("正在存草稿…") : t("草稿已存");
    return html`<span class="draft">${icon("pencil", 14)}${t("有改动没发布")}</span><span class="f3 t13 au-wide" role="status">${missing ? t("还有 {n} 处要补上", { n: missing }) : kept}</span>`;
  }
  if (missing && !host.drafting.saved.enabled) return html`<span class="f3 t13">${t("还有 {n} 处要补上才能启用", { n: missing })}</span>`;
  if (missing) return html`<span class="danger-t t13" role="status">${t("有 {n} 处要改", { n: missing })}</span>`;
  return html`<span class="f3 t13" role="status">${host.page.published ? t("已发布 · 第 {n} 版", { n: host.page.published }) : t("还没有发布")}</span>`;
}

/** The bar over the flow: how the draft stands, switching on, the runs, trying, publishing. */
export function bar(host: BarHost): TemplateResult {
  const { enabled, id } = host.drafting.saved;
  const builds = host.page.can_build;
  return html`<div class="pub au-bar">
    <span class="row au-state">${state(host)}</span><span class="grow"></span>
    <label class="row au-switch" data-tip=${enabled ? t("停用后不再触发") : t("启用后,新的变化会触发它")}><input class="sw" type="checkbox" role="switch" aria-label=${t("启用")} .checked=${enabled} ?disabled=${!builds || host.saving} @change=${(event: Event) => {
      (event.target as HTMLInputElement).checked = enabled;
      void host.drafting.toggle();
    }} /><span>${enabled ? t("已启用") : t("已停用")}</span></label>
    <a class="tool" aria-label=${runsLabel(host.page)} data-tip=${t("运行记录")} href="/automations/${id}/runs">${icon("history")}<span class="au-word">${t("运行记录")}</span>${host.page.runs ? html`<span class="f3">${host.page.runs > 999 ? "999+" : host.page.runs}</span>` : nothing}${host.page.failed ? html`<span class="count danger">${host.page.failed}</span>` : nothing}</a>
    ${builds
      ? html`<button type="button" class="icb au-undo" aria-label=${t("撤销修改")} data-tip=${t("撤销修改")} ?disabled=${!host.past.any} @click=${() => host.undo()}>${icon("undo-2")}</button>
          <button type="button" class="icb" aria-label=${t("更多")} aria-haspopup="menu" @click=${(event: Event) => more(host, event)}>${icon("ellipsis")}</button>
          ${byHand(host)}<button type="button" class="btn s" aria-pressed=${host.testing} aria-label=${t("试运行")} @click=${() => host.test()}>${icon("play")}<span>${t("试运行")}</span></button>
          <button type="button" class="btn s p" ?disabled=${!host.drafting.unpublished} @click=${() => void host.drafting.publish()}>${t("发布")}</button>`
      : nothing}
  </div>`;
}

/** What the link to the runs is called where its word does not show: with how many there are, and how many wait. */
function runsLabel({ runs, failed }: PageData): string {
  const parts = [t("运行记录"), runs ? (runs > 999 ? "999+" : String(runs)) : "", failed ? t("{n} 次失败,等人处理", { n: failed }) : ""];
  return parts.filter(Boolean).join(" ");
}

function more(host: BarHost, event: Event): void {
  openMenu(event.currentTarget as HTMLElement, [
    { label: t("改名"), icon: "text-cursor-input", run: () => void rename(host.drafting) },
    { label: t("复制一份"), icon: "copy", run: () => void duplicate(host.drafting) },
    { label: t("历史版本"), icon: "history", run: () => void host.drafting.versions() },
    { label: t("丢掉草稿"), icon: "rotate-ccw", disabled: !host.drafting.unpublished, run: () => void host.drafting.revert() },
    "separator",
    ...(host.page.pause?.scope === "automation"
      ? [{ label: t("恢复运行"), icon: "play", run: () => void setPause(host.drafting, null) }]
      : [
          { label: t("暂停"), icon: "pause", sub: t("触发的先记着,恢复后接着跑"), run: () => void setPause(host.drafting, "pause") },
          { label: t("跑完排队的再停"), icon: "pause", sub: t("已在排队的跑完,新触发的先记着"), run: () => void setPause(host.drafting, "drain") },
        ]),
    "separator",
    { label: t("删除自动化"), icon: "trash-2", danger: true, run: () => void removeAutomation(host.drafting, () => host.leave()) },
  ]);
}

/** Says that it is paused, by whom and what waits; nothing where it is not. */
export function paused(host: BarHost): TemplateResult | typeof nothing {
  const { pause } = host.page;
  if (!pause) return nothing;
  const whose = { all: t("整个系统的自动化都暂停了"), app: t("这个应用的自动化都暂停了"), automation: t("这个自动化暂停了") }[pause.scope];
  return html`<div class="note warn au-paused" role="status">${icon("pause", 14)}<span><b>${pause.mode === "drain" ? t("跑完排队的就停") : whose}</b> ${pause.by ? t("{name} 暂停的", { name: pause.by }) : nothing} ${pause.reason} ${pause.held ? t("{n} 次运行等着恢复", { n: pause.held }) : t("触发的先记着,恢复后接着跑")}</span><span class="grow"></span>${host.page.can_build && pause.scope === "automation" ? html`<button type="button" class="btn s" @click=${() => void setPause(host.drafting, null)}>${t("恢复运行")}</button>` : nothing}</div>`;
}

/** Says that what is published misses something, until that is mended; who only looks is told whom to ask. */
export function troubled(host: BarHost): TemplateResult | typeof nothing {
  const { trouble, can_build: builds } = host.page;
  if (!trouble || (builds && !host.problems.size)) return nothing;
  const what = trouble.stopped ? t("用到的东西被删除,这个自动化停用了") : t("这个自动化用到的东西没有了");
  const todo = !builds ? t("请应用的搭建者来改") : trouble.stopped ? t("改好标出来的地方,发布,再启用") : t("改好标出来的地方,再发布");
  return html`<div class="note au-trouble" role="status">${icon("circle-alert", 14)}<div><b>${what}</b><div>${trouble.problems[0]}</div><div>${todo}</div></div></div>`;
}

/** The button that starts an automation made for that, where no record is asked for. */
function byHand(host: BarHost): TemplateResult | typeof nothing {
  const { trigger, enabled, id, name } = host.drafting.saved;
  if (trigger.kind !== "manual" || trigger.table || !enabled) return nothing;
  return html`<button type="button" class="btn s" ?disabled=${host.drafting.dirty} @click=${() => void startFor(id, name, [])}>${icon("zap")}<span>${t("运行")}</span></button>`;
}

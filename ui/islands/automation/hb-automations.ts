/** `<hb-automations>`: all automations of an app, how they have been doing for 30 days, and what is paused. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/automation.css";
import "../../styles/runs.css";
import { api, showError } from "../api";
import { define, HbElement } from "../base";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { ago, duration } from "../runs/status";
import { toast } from "../toast/toast";
import { bars } from "./statistics";
import type { Pause, Statistics, Trouble } from "./types";

interface Line {
  id: string;
  name: string;
  enabled: boolean;
  failed: number;
  trouble: Trouble | null;
  statistics: Statistics;
}

interface OverviewData {
  app: string;
  name: string;
  automations: Line[];
  pauses: Pause[];
  can_build: boolean;
  can_pause_all: boolean;
}

type Scope = Pause["scope"];

class HbAutomations extends HbElement {
  static override properties = { page: { state: true } };
  declare page: OverviewData;

  override connectedCallback(): void {
    this.page = this.pageData<OverviewData>()!;
    super.connectedCallback();
  }

  #find(scope: Scope, id: string | null = null): Pause | undefined {
    return this.page.pauses.find((one) => one.scope === scope && (scope !== "automation" || one.id === id));
  }

  async #pause(scope: Scope, id: string | null, mode: Pause["mode"] | null): Promise<void> {
    const address = { all: "/api/v1/automations/pause", app: `/api/v1/apps/${this.page.app}/automations/pause`, automation: `/api/v1/automations/${id}/pause` }[scope];
    try {
      await api.put(address, { mode });
      const { pauses } = await api.get<{ pauses: Pause[] }>(`/api/v1/apps/${this.page.app}/automations/pauses`);
      this.page = { ...this.page, pauses };
      toast(mode ? t("已暂停,触发的都记着,恢复后接着跑") : t("已恢复,记着的开始跑"));
    } catch (failure) {
      showError(failure);
    }
  }

  #choices(scope: Scope, id: string | null) {
    return [
      { label: t("暂停"), icon: "pause", sub: t("触发的先记着,恢复后接着跑"), run: () => void this.#pause(scope, id, "pause") },
      { label: t("跑完排队的再停"), icon: "pause", sub: t("已在排队的跑完,新触发的先记着"), run: () => void this.#pause(scope, id, "drain") },
    ];
  }

  #menu(event: Event): void {
    openMenu(event.currentTarget as HTMLElement, [
      { heading: t("「{name}」的全部自动化", { name: this.page.name }) },
      ...(this.#find("app") ? [{ label: t("恢复运行"), icon: "play", run: () => void this.#pause("app", null, null) }] : this.#choices("app", null)),
      ...(this.page.can_pause_all ? [{ heading: t("整个系统") }, ...(this.#find("all") ? [{ label: t("恢复运行"), icon: "play", run: () => void this.#pause("all", null, null) }] : this.#choices("all", null))] : []),
    ]);
  }

  #banner(pause: Pause): TemplateResult {
    const whose = pause.scope === "all" ? t("整个系统的自动化都暂停了") : t("这个应用的自动化都暂停了");
    const may = pause.scope === "all" ? this.page.can_pause_all : this.page.can_build;
    return html`<div class="note warn au-paused" role="status">${icon("pause", 14)}<span><b>${pause.mode === "drain" ? t("跑完排队的就停") : whose}</b> ${pause.by ? t("{name} 暂停的", { name: pause.by }) : nothing} ${pause.held ? t("{n} 次运行等着恢复", { n: pause.held }) : nothing}</span><span class="grow"></span>${may ? html`<button type="button" class="btn s" @click=${() => void this.#pause(pause.scope, null, null)}>${t("恢复运行")}</button>` : nothing}</div>`;
  }

  /** How many cannot do their work as things are, each with a way to where it is mended; nothing where all can. */
  #troubles(): TemplateResult | typeof nothing {
    const ill = this.page.automations.filter((one) => one.trouble);
    if (!ill.length) return nothing;
    return html`<div class="note au-trouble" role="status">${icon("circle-alert", 14)}<div class="grow"><b>${t("{n} 个自动化有问题", { n: ill.length })}</b>
      <ul>${ill.map((one) => html`<li><a href=${one.trouble!.href}>${one.name}</a>${one.trouble!.stopped ? html` <span class="tag c-red">${t("因此停用了")}</span>` : nothing} <span>${one.trouble!.problems[0]}</span>${one.trouble!.problems.length > 1 ? html` <span class="f2">${t("另有 {n} 处", { n: one.trouble!.problems.length - 1 })}</span>` : nothing}</li>`)}</ul></div></div>`;
  }

  #row(one: Line): TemplateResult {
    const pause = this.#find("automation", one.id);
    const { statistics } = one;
    const last = statistics.days.filter((day) => day.p50 !== null).at(-1);
    return html`<tr>
      <td class="ru-state"><a href="/automations/${one.id}">${one.name}</a> ${one.enabled ? nothing : html`<span class="tag">${t("已停用")}</span>`}${one.trouble ? html` <span class="tag c-red">${t("有问题")}</span>` : nothing}${pause ? html` <span class="tag c-amber" data-tip=${pause.reason || nothing}>${pause.mode === "drain" ? t("跑完排队的就停") : t("已暂停")}${pause.held ? ` · ${pause.held}` : ""}</span>` : nothing}</td>
      <td class="st-cell">${bars(statistics)}</td>
      <td class="num" data-word=${t("运行次数")}>${statistics.runs}</td>
      <td class="num" data-word=${t("失败")}>${one.failed ? html`<a class="danger-t" href="/automations/${one.id}/runs?status=failed">${t("{n} 待处理", { n: one.failed })}</a>` : statistics.failed || nothing}</td>
      <td class="num f2" data-word=${t("用时 一半 / 95%")}>${last ? html`${duration(last.p50)}<span class="f3"> / ${duration(last.p95)}</span>` : nothing}</td>
      <td class="ru-at f3">${statistics.last_run ? ago(statistics.last_run) : t("还没运行过")}</td>
      <td class="ru-do">${this.page.can_build ? (pause ? html`<button type="button" class="btn s" @click=${() => void this.#pause("automation", one.id, null)}>${t("恢复运行")}</button>` : html`<button type="button" class="icb" aria-label=${t("暂停「{name}」", { name: one.name })} aria-haspopup="menu" @click=${(event: Event) => openMenu(event.currentTarget as HTMLElement, this.#choices("automation", one.id))}>${icon("pause")}</button>`) : nothing}</td>
    </tr>`;
  }

  protected override render(): TemplateResult {
    const { page } = this;
    return html`<div class="bar"><span class="f2">${t("{n} 个自动化", { n: page.automations.length })}</span><span class="grow"></span><a class="tool" href="/a/${page.app}/runs">${icon("history")}${t("运行记录")}</a>${page.can_build ? html`<button type="button" class="btn s" aria-haspopup="menu" @click=${(event: Event) => this.#menu(event)}>${icon("pause", 14)}${t("暂停和恢复")}</button>` : nothing}</div>
      ${page.pauses.filter((one) => one.scope !== "automation").map((one) => this.#banner(one))}
      ${this.#troubles()}
      <div class="ru-page">${page.automations.length
        ? html`<table class="tbl ru-table st-table"><thead><tr><th>${t("自动化")}</th><th>${t("最近 30 天")}</th><th class="num">${t("运行次数")}</th><th class="num">${t("失败")}</th><th class="num">${t("用时 一半 / 95%")}</th><th>${t("上次运行")}</th><th></th></tr></thead><tbody>${[...page.automations.filter((one) => one.trouble), ...page.automations.filter((one) => !one.trouble)].map((one) => this.#row(one))}</tbody></table>`
        : html`<div class="empty">${icon("zap", 32)}<h2>${t("还没有自动化")}</h2><p>${t("记录变化、到了时间或收到推送时,自动化替人做事。点「自动化」旁边的加号新建第一个。")}</p></div>`}</div>`;
  }
}

define("hb-automations", HbAutomations);

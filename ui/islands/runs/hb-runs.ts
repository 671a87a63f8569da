/** `<hb-runs>`: the runs of an app or an automation, newest first, kept current; those that wait for a person can be mended. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/runs.css";
import { api, showError } from "../api";
import { statisticsView } from "../automation/statistics";
import { define, HbElement } from "../base";
import { confirmDialog } from "../dialog/dialog";
import { debounce } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch } from "../live";
import { toast } from "../toast/toast";
import { ago, duration, runMark, statusLabel } from "./status";
import type { Run, RunsAnswer, RunsPageData, RunStatus } from "./types";

const filters: (RunStatus | null)[] = [null, "failed", "waiting", "finished", "handled"];
const mostWatched = 60;

class HbRuns extends HbElement {
  static override properties = { page: { state: true }, busy: { state: true }, picked: { state: true } };
  declare page: RunsPageData;
  declare private busy: boolean;
  /** Failed runs that are ticked. */
  declare private picked: ReadonlySet<string>;
  #stop: (() => void) | null = null;
  readonly #refresh = debounce(() => void this.#load(), 500);

  constructor() {
    super();
    this.busy = false;
    this.picked = new Set();
  }

  override connectedCallback(): void {
    this.page = this.pageData<RunsPageData>()!;
    super.connectedCallback();
    const topics = this.page.automation ? [this.page.automation] : this.page.automations.slice(0, mostWatched).map((one) => one.id);
    if (topics.length) this.#stop = watch(topics, () => this.#refresh());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  get #address(): string {
    return this.page.automation ? `/api/v1/automations/${this.page.automation}/runs` : `/api/v1/apps/${this.page.app}/runs`;
  }

  /** Read the first page again, as many as are shown. */
  async #load(status = this.page.status): Promise<void> {
    try {
      const limit = Math.max(50, Math.min(200, status === this.page.status ? this.page.page.runs.length : 50));
      const answer = await api.get<RunsAnswer>(this.#address, { params: { status, limit } });
      this.page = { ...this.page, status, page: answer };
      const open = new Set(answer.runs.filter((run) => run.status === "failed").map((run) => run.id));
      this.picked = new Set([...this.picked].filter((id) => open.has(id)));
    } catch (failure) {
      showError(failure);
    }
  }

  async #more(): Promise<void> {
    this.busy = true;
    try {
      const answer = await api.get<RunsAnswer>(this.#address, { params: { status: this.page.status, cursor: this.page.page.next_cursor } });
      this.page = { ...this.page, page: { ...answer, runs: [...this.page.page.runs, ...answer.runs] } };
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  #filter(status: RunStatus | null): void {
    history.replaceState(history.state, "", status ? `${location.pathname}?status=${status}` : location.pathname);
    void this.#load(status);
  }

  /** One remedy for the ticked runs, or for all that failed. */
  async #remedy(remedy: "retry" | "retry_newest" | "skip" | "handled", all: boolean): Promise<void> {
    const n = all ? this.page.page.failed : this.picked.size;
    const texts = {
      retry: { heading: t("重试 {n} 次失败的运行?", { n }), text: t("从失败的那一步接着做,做完的不会再做一遍。按它们开始时的版本跑。先确认原因已经解决。"), action: t("重试") },
      retry_newest: { heading: t("用最新版重试 {n} 次失败的运行?", { n }), text: t("从失败的那一步接着做,做完的不会再做一遍。按现在发布的版本跑。"), action: t("用最新版重试") },
      skip: { heading: t("跳过 {n} 次运行里失败的那一步?", { n }), text: t("那一步不做了,接着做后面的。"), action: t("跳过") },
      handled: { heading: t("把 {n} 次运行标为已处理?", { n }), text: t("已经手工办好的,从待处理里拿掉;它们不再往下跑。"), action: t("标为已处理") },
    }[remedy];
    if (!(await confirmDialog(texts))) return;
    this.busy = true;
    try {
      const { done, passed } = await api.post<{ done: number; passed: number }>(`/api/v1/apps/${this.page.app}/runs/remedy`, { remedy, ...(all ? { automation: this.page.automation } : { runs: [...this.picked] }) });
      toast(passed ? t("{n} 次已处理,{passed} 次已经有人处理或不适用", { n: done, passed }) : t("{n} 次已处理", { n: done }));
      this.picked = new Set();
      await this.#load();
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  #bulk(): TemplateResult | typeof nothing {
    if (!this.picked.size) return nothing;
    return html`<div class="ru-bulk" role="toolbar" aria-label=${t("选中的运行")}><span>${t("选了 {n} 次", { n: this.picked.size })}</span>
      <button type="button" class="btn s p" aria-busy=${String(this.busy)} @click=${() => void this.#remedy("retry", false)}>${icon("rotate-cw", 14)}${t("重试")}</button>
      <button type="button" class="btn s" @click=${() => void this.#remedy("retry_newest", false)}>${t("用最新版重试")}</button>
      <button type="button" class="btn s" @click=${() => void this.#remedy("skip", false)}>${icon("skip-forward", 14)}${t("跳过失败的一步")}</button>
      <button type="button" class="btn s" @click=${() => void this.#remedy("handled", false)}>${icon("check-check", 14)}${t("标为已处理")}</button>
      <button type="button" class="btn s g" @click=${() => (this.picked = new Set())}>${t("不选了")}</button></div>`;
  }

  #pick(id: string, on: boolean): void {
    const next = new Set(this.picked);
    if (on) next.add(id);
    else next.delete(id);
    this.picked = next;
  }

  #pickAll(on: boolean): void {
    this.picked = new Set(on ? this.page.page.runs.filter((run) => run.status === "failed").map((run) => run.id) : []);
  }

  async #act(run: Run, act: "retry" | "skip" | "handled"): Promise<void> {
    try {
      await api.post(`/api/v1/runs/${run.id}/${act}`);
      await this.#load();
    } catch (failure) {
      showError(failure);
    }
  }

  get #picks(): boolean {
    return this.page.can_edit && this.page.page.runs.some((run) => run.status === "failed");
  }

  #row(run: Run): TemplateResult {
    const record = !run.table ? html`<span class="f3">—</span>` : run.record ? html`<a href="/t/${run.table}?record=${run.record}">${run.record_name || t("没有名字的记录")}</a>` : html`<span class="f3">${t("记录已删除")}</span>`;
    const why = run.failure ? (run.failure.problems[0]?.message ?? run.failure.message) : "";
    return html`<tr>
      ${this.#picks ? html`<td class="ru-pick">${run.status === "failed" ? html`<input class="ck" type="checkbox" aria-label=${t("选中这次运行")} .checked=${this.picked.has(run.id)} @change=${(event: Event) => this.#pick(run.id, (event.target as HTMLInputElement).checked)} />` : nothing}</td>` : nothing}
      <td class="ru-state"><a href="/runs/${run.id}">${runMark(run)}</a></td>
      ${this.page.automation ? nothing : html`<td class="ru-name">${run.automation ? html`<a href="/automations/${run.automation}">${run.automation_name}</a>` : html`${run.automation_name}<span class="f3"> · ${t("自动化已删除")}</span>`}</td>`}
      <td class="ru-record">${record}</td>
      <td class="ru-cause f2">${run.trigger}</td>
      <td class="ru-took num f3">${duration(run.seconds)}</td>
      <td class="ru-at f3">${ago(run.created_at)}</td>
      <td class="ru-why">${why ? html`<span class="ru-short" title=${why}>${why}</span>` : nothing}${run.status === "handled" && run.handled_by ? html`<span class="f3">${t("{name} 已处理", { name: run.handled_by })}</span>` : nothing}</td>
      <td class="ru-do">${run.status === "failed" && this.page.can_edit
        ? html`<span class="row"><button type="button" class="btn s" @click=${() => void this.#act(run, "retry")}>${t("重试")}</button><button type="button" class="btn s g" @click=${() => void this.#act(run, "handled")}>${t("标为已处理")}</button></span>`
        : html`<a class="tool" href="/runs/${run.id}">${t("查看")}</a>`}</td>
    </tr>`;
  }

  protected override render(): TemplateResult {
    const { page } = this;
    const { runs, failed, next_cursor: next } = page.page;
    return html`<div class="bar">
        <div class="seg" role="group" aria-label=${t("只看")}>
          ${filters.map((status) => html`<button type="button" aria-pressed=${page.status === status} @click=${() => this.#filter(status)}>${status ? (status === "failed" ? t("待处理") : statusLabel(status)) : t("全部")}${status === "failed" && failed ? html` <span class="count danger">${failed}</span>` : nothing}</button>`)}
        </div>
        <span class="grow"></span>
        ${failed && page.can_edit ? html`<button type="button" class="btn s" @click=${() => void this.#remedy("retry", true)}>${icon("rotate-cw", 14)}${t("全部重试")}</button>` : nothing}
      </div>
      ${this.#bulk()}
      <div class="ru-page">${statisticsView(page.statistics)}
        ${runs.length
          ? html`<table class="tbl ru-table">
              <thead><tr>${this.#picks ? html`<th class="ru-pick"><input class="ck" type="checkbox" aria-label=${t("全选")} .checked=${this.picked.size > 0 && runs.every((run) => run.status !== "failed" || this.picked.has(run.id))} @change=${(event: Event) => this.#pickAll((event.target as HTMLInputElement).checked)} /></th>` : nothing}<th>${t("运行结果")}</th>${page.automation ? nothing : html`<th>${t("所属自动化")}</th>`}<th>${t("触发记录")}</th><th>${t("因为什么")}</th><th class="num">${t("用时")}</th><th>${t("时间")}</th><th>${t("原因")}</th><th></th></tr></thead>
              <tbody>${runs.map((run) => this.#row(run))}</tbody>
            </table>
            ${next ? html`<div class="card-p"><button type="button" class="btn" aria-busy=${String(this.busy)} @click=${() => void this.#more()}>${t("更早的")}</button></div>` : nothing}`
          : this.#empty()}
      </div>`;
  }

  #empty(): TemplateResult {
    if (this.page.status) return html`<div class="empty">${icon("circle-check", 32)}<h2>${this.page.status === "failed" ? t("没有要处理的") : t("没有这样的运行")}</h2><p>${t("换一个筛选看看")}</p></div>`;
    return html`<div class="empty">${icon("history", 32)}<h2>${t("还没有运行过")}</h2><p>${t("启用以后,每次触发都会在这里留下记录:做了什么,结果怎样,用了多久。")}</p>${this.page.automation ? html`<a class="btn p" href="/automations/${this.page.automation}">${t("打开自动化")}</a>` : nothing}</div>`;
  }
}

define("hb-runs", HbRuns);

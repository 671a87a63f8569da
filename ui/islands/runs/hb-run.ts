/** `<hb-run>`: the trace of a run: each step with what went in and came out, messages and their answers, and what to do. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/runs.css";
import { api, showError } from "../api";
import { said } from "../automation/rehearsal";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { formatMoment } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch } from "../live";
import { exactMoment } from "../record/value";
import { toast } from "../toast/toast";
import { openDialog } from "../dialog/dialog";
import { effectsView } from "./effects";
import { ago, duration, runMark, waitsFor } from "./status";
import type { Delivery, EffectsAnswer, LoopItem, RunAnswer, RunPageData, TracedStep } from "./types";

class HbRun extends HbElement {
  static override properties = { answer: { state: true }, busy: { state: true }, items: { state: true } };
  declare private answer: RunAnswer;
  declare private busy: boolean;
  /** Items of loops that were asked for, by the loop's path. */
  declare private items: ReadonlyMap<string, { list: LoopItem[]; next: number | null; failed: boolean }>;
  #page!: RunPageData;
  #stop: (() => void) | null = null;
  readonly #refresh = debounce(() => void this.#load(), 200);

  constructor() {
    super();
    this.busy = false;
    this.items = new Map();
  }

  override connectedCallback(): void {
    this.#page = this.pageData<RunPageData>()!;
    this.answer = this.#page.answer;
    super.connectedCallback();
    this.#stop = watch([this.answer.run.id], () => this.#refresh());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  async #load(): Promise<void> {
    try {
      this.answer = await api.get<RunAnswer>(`/api/v1/runs/${this.answer.run.id}`);
    } catch (failure) {
      showError(failure);
    }
  }

  async #act(act: "retry" | "retry?newest=true" | "skip" | "handled", done: string): Promise<void> {
    this.busy = true;
    try {
      await api.post(`/api/v1/runs/${this.answer.run.id}/${act}`);
      toast(done);
      await this.#load();
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  #head(): TemplateResult {
    const { run } = this.answer;
    const record = !run.table ? t("没有记录") : run.record ? html`<a href="/t/${run.table}?record=${run.record}">${run.record_name || t("没有名字的记录")}</a>` : t("记录已删除");
    return html`<div class="ru-head">
      <div class="row wrap">${runMark(run)}<span class="f3">${run.trigger}</span></div>
      <dl class="ru-facts">
        <div><dt>${t("触发记录")}</dt><dd>${record}${run.table_name ? html`<span class="f3"> · ${run.table_name}</span>` : nothing}</dd></div>
        <div><dt>${t("开始")}</dt><dd>${ago(run.created_at)}</dd></div>
        ${run.seconds === null ? nothing : html`<div><dt>${t("用时")}</dt><dd>${duration(run.seconds)}</dd></div>`}
        ${run.wake_at && run.status === "waiting" && run.waits !== "turn" ? html`<div><dt>${run.waits === "retry" ? t("下次再试") : t("等到")}</dt><dd>${formatMoment(run.wake_at, true)}</dd></div>` : nothing}
        ${run.version ? html`<div><dt>${t("版本")}</dt><dd>${run.version}</dd></div>` : nothing}
        ${run.parent ? html`<div><dt>${t("由谁运行")}</dt><dd><a href="/runs/${run.parent}">${t("另一次运行")}</a></dd></div>` : nothing}
        ${run.handled_by ? html`<div><dt>${t("处理人")}</dt><dd>${run.handled_by}${run.handled_at ? html` · ${ago(run.handled_at)}` : nothing}</dd></div>` : nothing}
        <div><dt>${t("编号")}</dt><dd><code>${run.id}</code></dd></div>
      </dl>
      ${run.failure ? this.#failed() : nothing}
    </div>`;
  }

  #failed(): TemplateResult {
    const { run, steps } = this.answer;
    const failure = run.failure!;
    const sentences = failure.problems.length ? failure.problems.map((problem) => problem.message) : [failure.message];
    const skippable = steps.some((step) => step.status === "failed");
    const open = run.status === "failed" && this.#page.can_edit;
    return html`<div class="notice ${run.status === "failed" ? "" : "info"}">${icon("circle-alert", 18)}<div>
      ${sentences.map((sentence) => html`<div>${sentence}</div>`)}
      ${open
        ? html`<div class="ru-acts">
            <button type="button" class="btn s p" aria-busy=${String(this.busy)} @click=${() => void this.#act("retry", t("重新开始,从失败的一步接着做"))}>${icon("rotate-cw", 14)}${t("重试")}</button>
            <button type="button" class="btn s" data-tip=${t("重试按这次运行开始时的版本;改好并发布以后,用这个")} @click=${() => void this.#act("retry?newest=true", t("按最新版重新开始,从失败的一步接着做"))}>${t("用最新版重试")}</button>
            ${skippable ? html`<button type="button" class="btn s" @click=${() => void this.#act("skip", t("跳过了失败的一步,接着往下做"))}>${icon("skip-forward", 14)}${t("跳过这一步")}</button>` : nothing}
            <button type="button" class="btn s" @click=${() => void this.#act("handled", t("标为已处理"))}>${icon("check-check", 14)}${t("标为已处理")}</button>
          </div>`
        : nothing}
      <small>${failure.code}</small>
    </div></div>`;
  }

  #step(step: TracedStep, index: number): TemplateResult {
    const kind = this.#page.kinds.find((one) => one.id === step.kind);
    const depth = (step.path.match(/\/arm\d+\//g) ?? []).length;
    const icons: Record<TracedStep["status"], string> = { not_reached: "minus", running: "loader", waiting: "rotate-cw", done: "check", failed: "x", skipped: "skip-forward" };
    const took = step.started_at && step.finished_at ? (Date.parse(step.finished_at) - Date.parse(step.started_at)) / 1000 : null;
    return html`<li class="ru-step ${step.status} deep${Math.min(depth, 3)}">
      <span class="ru-ic ${step.status}">${icon(icons[step.status], 14)}</span>
      <h3>${icon(kind?.icon ?? "circle", 15)}${index + 1} ${step.name || (kind?.name ?? t("已去掉的步骤"))}${this.#word(step)}</h3>
      <span class="ru-when" data-tip=${step.started_at ? exactMoment(step.started_at) : nothing}>${duration(took)}</span>
      ${step.status === "not_reached" ? nothing : html`<div class="ru-body">${this.#body(step)}</div>`}
    </li>`;
  }

  #word(step: TracedStep): TemplateResult | typeof nothing {
    if (step.status === "not_reached") return html`<span class="f3 t12">${t("没走到")}</span>`;
    if (step.status === "skipped") return html`<span class="tag">${t("跳过了")}</span>`;
    if (step.status === "waiting" && !step.failure) return html`<span class="tag c-amber">${this.answer.run.waits ? waitsFor(this.answer.run.waits) : t("等待中")}</span>`;
    if (step.status === "waiting") return html`<span class="tag c-amber">${t("试了 {n} 次,还会再试", { n: step.attempts })}</span>`;
    return step.attempts > 1 ? html`<span class="tag">${t("试了 {n} 次", { n: step.attempts })}</span>` : nothing;
  }

  /* ---- loops ---- */

  async #open(path: string, failed: boolean, after = 0): Promise<void> {
    try {
      const { items, next_after: next } = await api.get<{ items: LoopItem[]; next_after: number | null }>(`/api/v1/runs/${this.answer.run.id}/items`, { params: { path, after, failed } });
      const known = after ? (this.items.get(path)?.list ?? []) : [];
      this.items = new Map(this.items).set(path, { list: [...known, ...items], next, failed });
    } catch (failure) {
      showError(failure);
    }
  }

  #loop(step: TracedStep): TemplateResult {
    const loop = step.loop!;
    const shown = this.items.get(step.path);
    return html`<div class="ru-loop-bar"><span>${t("一共 {total} 个,做到第 {begun} 个", { total: loop.total, begun: loop.begun })}</span>${loop.failed ? html`<span class="danger-t">${t("失败 {n} 步", { n: loop.failed })}</span>` : nothing}
        ${loop.begun ? html`<button type="button" class="btn s" aria-expanded=${String(shown !== undefined && !shown.failed)} @click=${() => void this.#open(step.path, false)}>${t("看每一个")}</button>` : nothing}
        ${loop.failed ? html`<button type="button" class="btn s" @click=${() => void this.#open(step.path, true)}>${t("只看失败的")}</button>` : nothing}</div>
      ${shown ? html`<ol class="ru-items">${shown.list.map((item) => this.#item(item))}</ol>${shown.next === null ? nothing : html`<div><button type="button" class="btn s" @click=${() => void this.#open(step.path, shown.failed, shown.next ?? 0)}>${t("后面的")}</button></div>`}` : nothing}`;
  }

  #item(item: LoopItem): TemplateResult {
    const mark = item.status === "failed" ? html`<span class="danger-t">${icon("x", 14)}</span>` : item.status === "waiting" ? html`<span class="warn-t">${icon("hourglass", 14)}</span>` : html`<span class="ok-t">${icon("check", 14)}</span>`;
    return html`<li><details ?open=${item.status === "failed"}><summary>${mark}<span class="num f3">${item.number}</span><span class="cut">${item.name || t("没有名字的记录")}</span></summary><ol>${item.steps.map((step, index) => this.#step(step, index))}</ol></details></li>`;
  }

  /* ---- taking back ---- */

  async #revert(): Promise<void> {
    const { id } = this.answer.run;
    let found: EffectsAnswer;
    try {
      found = await api.get<EffectsAnswer>(`/api/v1/runs/${id}/effects`);
    } catch (failure) {
      return showError(failure);
    }
    const good = found.records.filter((one) => !one.why_not).length;
    const go = await openDialog<boolean>({
      heading: t("退回这次运行对记录的改动"),
      size: "l",
      body: effectsView(found),
      actions: [{ label: t("取消"), value: false }, ...(good ? [{ label: t("退回 {n} 条记录", { n: good }), value: true, kind: "d" as const }] : [])],
    });
    if (!go) return;
    this.busy = true;
    try {
      const { done, left } = await api.post<{ done: number; left: { id: string; name: string; why: string }[] }>(`/api/v1/runs/${id}/revert`);
      if (left.length) await openDialog<boolean>({ heading: t("退回了 {n} 条,{left} 条没有退", { n: done, left: left.length }), body: html`<ul class="stack">${left.map((one) => html`<li><b>${one.name || one.id}</b> ${one.why}</li>`)}</ul>`, actions: [{ label: t("知道了"), value: true, kind: "p" }] });
      else toast(t("退回了 {n} 条记录", { n: done }));
      await this.#load();
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  #body(step: TracedStep): TemplateResult {
    if (step.loop) return this.#loop(step);
    const called = step.kind === "run_automation" ? (step.output?.run as string | undefined) : undefined;
    if (called) return html`<p>${said({ page: this.#page as never }, step)} <a href="/runs/${called}">${t("看那次运行")}</a></p>`;
    if (step.deliveries.length) return html`${step.failure ? html`<p class="danger-t">${step.failure.message}</p>` : nothing}${step.deliveries.map((delivery) => this.#delivery(delivery))}`;
    const record = (step.input?.record ?? null) as { id: string; name: string } | null;
    const target = record ? this.answer.changed.find((one) => one.id === record.id) : undefined;
    return html`<p>${said({ page: this.#page as never }, step)}</p>${target && step.kind === "update_record" ? html`<p><a href="/t/${target.table}?record=${target.id}">${target.name || t("打开记录")}</a> <span class="f3">· ${target.table_name}</span></p>` : nothing}`;
  }

  #delivery(delivery: Delivery): TemplateResult {
    const { message } = delivery;
    const who = [...(message.users ?? []), ...(message.mobiles ?? [])];
    return html`<div class="ru-message">
      ${message.kind === "email"
        ? html`<p><span class="f3">${message.to}</span> <b>${message.subject}</b></p><p>${message.text}</p>`
        : message.kind === "http"
          ? html`<p><b>${message.method}</b> <code>${message.path || "/"}${message.query?.length ? `?${new URLSearchParams(message.query)}` : ""}</code></p>${message.body ? html`<pre>${String(message.body)}</pre>` : nothing}${this.#came(delivery)}`
          : message.content === undefined ? html`<pre>${JSON.stringify(message.body, null, 2)}</pre>` : html`<p>${message.content}</p>`}
      ${who.length ? html`<span class="au-at">${who.map((one) => html`@${one === "@all" ? t("所有人") : one} `)}</span>` : nothing}
      <span class="f3">${this.#sent(delivery)}</span>
    </div>`;
  }

  /** The beginning of what an interface answered, or refused with. */
  #came(delivery: Delivery): TemplateResult | typeof nothing {
    const body = delivery.answer?.raw?.body;
    return typeof body === "string" && body ? html`<details><summary class="f3">${t("对方的回答")}</summary><pre>${body}</pre></details>` : nothing;
  }

  #sent(delivery: Delivery): TemplateResult {
    const to = delivery.connector || t("已删除的连接");
    if (delivery.status === "sent") {
      const merged = delivery.answer?.merged ?? 1;
      return html`<span class="ok-t">${icon("check", 13)} ${t("发到「{to}」", { to })}</span> · ${delivery.sent_at ? formatMoment(delivery.sent_at, true) : ""}${delivery.attempts > 1 ? html` · ${t("第 {n} 次发出", { n: delivery.attempts })}` : nothing}${merged > 1 ? html` · ${t("和另外 {n} 条合并成一条", { n: merged - 1 })}` : nothing} · ${t("对方回答 {answer}", { answer: `${delivery.message.content === undefined ? "" : (delivery.answer?.errcode ?? "")} ${delivery.answer?.errmsg ?? ""}`.trim() })}`;
    }
    if (delivery.status === "failed") return html`<span class="danger-t">${icon("x", 13)} ${t("没有发到「{to}」", { to })}</span> · ${delivery.failure?.message ?? ""}`;
    if (delivery.paused) return html`<span class="warn-t">${icon("clock", 13)} ${t("等着发到「{to}」", { to })}</span> · ${t("这个连接暂停着,恢复后发出去")}`;
    const turn = delivery.attempts === 0 && !delivery.failure && Date.parse(delivery.next_attempt_at ?? "") > Date.now() + 2_000 ? t("在排队:前面的还没发完,或这一分钟的条数到了上限") : "";
    const next = delivery.next_attempt_at ? t("预计 {time}", { time: formatMoment(delivery.next_attempt_at, true) }) : "";
    return html`<span class="warn-t">${icon("clock", 13)} ${t("等着发到「{to}」", { to })}</span> · ${next}${delivery.failure ? html` · ${delivery.failure.message}` : nothing}${turn ? html` · ${turn}` : nothing}`;
  }

  #changed(): TemplateResult | typeof nothing {
    const { changed } = this.answer;
    if (!changed.length) return nothing;
    const seen = [...new Map(changed.map((one) => [one.id, one])).values()];
    return html`<div class="ru-changed"><span>${t("动过的记录")}</span>${seen.map((one) => html`<a class="chip" href="/t/${one.table}?record=${one.id}"><span class="cut">${one.name || one.table_name}</span></a>`)}${this.#page.can_edit && ["finished", "failed", "handled"].includes(this.answer.run.status) ? html`<span class="grow"></span><button type="button" class="btn s" aria-busy=${String(this.busy)} @click=${() => void this.#revert()}>${icon("undo-2", 14)}${t("退回改动")}</button>` : nothing}</div>`;
  }

  protected override render(): TemplateResult {
    return html`<div class="bar"><a class="tool" href=${this.#page.list}>${icon("arrow-left")}${t("运行记录")}</a><span class="grow"></span>${this.answer.run.automation ? html`<a class="tool" href="/automations/${this.answer.run.automation}">${icon("zap")}${t("打开自动化")}</a>` : nothing}</div>
      <div class="ru-page">${this.#head()}<div class="ru-steps"><ol>${this.answer.steps.map((step, index) => this.#step(step, index))}</ol>${this.#changed()}</div></div>`;
  }
}

define("hb-run", HbRun);

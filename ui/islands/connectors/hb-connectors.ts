/** `<hb-connectors data-app="app…">`: the connectors of an app, in its settings. Nothing for who may not build. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/sections.css";
import { api, ApiError, showError } from "../api";
import { define, HbElement } from "../base";
import { confirmDialog } from "../dialog/dialog";
import { formatMoment, formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { toast } from "../toast/toast";
import { connectorDialog, connectorKinds, type Connector } from "./connector-dialog";

/** How often the queues are asked for while something waits. */
const often = 5_000;

class HbConnectors extends HbElement {
  static override properties = { connectors: { state: true }, denied: { state: true } };
  declare private connectors: Connector[] | null;
  declare private denied: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.connectors = null;
    this.denied = false;
  }

  get #app(): string {
    return this.dataset.app ?? "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  async #load(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.connectors = (await api.get<{ connectors: Connector[] }>(`/api/v1/apps/${this.#app}/connectors`)).connectors;
    } catch (failure) {
      if (failure instanceof ApiError && (failure.status === 403 || failure.status === 404)) this.denied = true;
      else showError(failure);
    }
    if (this.isConnected && this.connectors?.some((one) => one.waiting)) this.#timer = setTimeout(() => void (document.hidden ? undefined : this.#load()), often);
  }

  async #pause(connector: Connector): Promise<void> {
    try {
      await api.post(`/api/v1/connectors/${connector.id}/pause`, { paused: !connector.paused_at });
    } catch (failure) {
      showError(failure);
    }
    await this.#load();
  }

  async #add(event: Event): Promise<void> {
    const anchor = event.currentTarget as HTMLElement;
    const kinds = await connectorKinds();
    openMenu(anchor, kinds.map((kind) => ({ label: kind.name, sub: kind.description, icon: kind.icon, run: () => void this.#edit({ kind: kind.id }) })));
  }

  async #edit(options: { kind?: string; connector?: Connector }): Promise<void> {
    if (await connectorDialog(this.#app, options)) await this.#load();
  }

  async #test(connector: Connector): Promise<void> {
    try {
      await api.post(`/api/v1/connectors/${connector.id}/test`);
      toast(connector.kind === "http_api" ? t("连上了,凭证没有被拒绝") : connector.kind === "smtp" ? t("测试邮件发出去了,到收件箱里看看") : t("测试消息发出去了,到群里或对方系统里看看"));
    } catch (failure) {
      showError(failure);
    }
    await this.#load();
  }

  async #delete(connector: Connector): Promise<void> {
    if (!(await confirmDialog({ heading: t("删除连接「{name}」?", { name: connector.name }), text: t("地址和密钥会一起抹掉。用到它的自动化要先改好。"), action: t("删除"), danger: true }))) return;
    try {
      await api.delete(`/api/v1/connectors/${connector.id}`);
      await this.#load();
    } catch (failure) {
      showError(failure);
    }
  }

  #state(connector: Connector): TemplateResult {
    if (connector.status === "ok") return html`<div class="t12 f3 cut">${connector.shown ?? ""}</div>`;
    const words = connector.status === "needs_settings" ? t("还没填地址") : connector.message || t("这个连接现在用不了");
    return html`<div class="t12 ${connector.status === "needs_settings" ? "warn-t" : "danger-t"}">${words}</div>`;
  }

  /** What waits, and until when; the limit; that it is paused. */
  #queue(connector: Connector): TemplateResult | typeof nothing {
    if (connector.status === "needs_settings") return nothing;
    const { waiting = 0, retrying = 0 } = connector;
    const words: string[] = [];
    if (connector.limit) words.push(t("每分钟最多 {n} 条", { n: connector.limit }));
    if (connector.paused_at) words.push(waiting ? t("{n} 条等着,恢复后发", { n: formatNumber(waiting) }) : t("没有要发的"));
    else if (waiting) {
      const seconds = connector.empty_at ? (Date.parse(connector.empty_at) - Date.now()) / 1_000 : 0;
      words.push(seconds < 10 ? t("{n} 条正在发", { n: formatNumber(waiting) }) : t("{n} 条在排队,约 {when} 发完", { n: formatNumber(waiting), when: whenEmpty(connector.empty_at!, seconds) }));
      if (retrying) words.push(t("其中 {n} 条对方没收下,会再试", { n: formatNumber(retrying) }));
    }
    const paused = connector.paused_at ? html`<span class="draft">${icon("pause", 12)}${t("{name} 暂停了它", { name: connector.paused_by ?? "" })}</span>` : nothing;
    return words.length || connector.paused_at ? html`<div class="t12 f3 cn-queue">${paused}<span>${words.join(" · ")}</span></div>` : nothing;
  }

  #row(connector: Connector): TemplateResult {
    return html`<li class="set-two">${icon(connector.icon ?? "plug")}<div class="grow"><div class="cut">${connector.name}</div>${this.#state(connector)}${this.#queue(connector)}</div>
      ${connector.status === "needs_settings" ? nothing : html`<button type="button" class="btn s g" @click=${() => void this.#pause(connector)}>${connector.paused_at ? t("恢复") : t("暂停")}</button>`}
      ${connector.status === "needs_settings" ? nothing : html`<button type="button" class="btn s g" @click=${() => void this.#test(connector)}>${t("测试")}</button>`}
      <button type="button" class="btn s g" @click=${() => void this.#edit({ connector })}>${connector.status === "needs_settings" ? t("填上") : t("修改")}</button>
      <button type="button" class="btn s g" @click=${() => void this.#delete(connector)}>${t("删除")}</button></li>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.denied) return nothing;
    return html`<section class="card card-p set" aria-labelledby="connectors-title">
      <h2 id="connectors-title">${t("连接")}</h2>
      <p class="f3 t13 set-note">${t("自动化往外发消息、推数据的地方:企业微信群机器人、邮箱、别的系统的接口和网址")}</p>
      ${this.connectors === null
        ? html`<div class="sk"></div>`
        : html`<ul class="set-list">${this.connectors.map((one) => this.#row(one))}${this.connectors.length ? nothing : html`<li class="f3">${t("还没有连接")}</li>`}</ul>`}
      <button type="button" class="btn s" aria-haspopup="menu" @click=${(event: Event) => void this.#add(event)}>${icon("plus")}${t("新建连接")}</button>
    </section>`;
  }
}

/** When a queue will be empty: a time of day, or how many minutes where that says more. */
function whenEmpty(at: string, seconds: number): string {
  if (seconds < 90) return t("1 分钟后");
  if (seconds < 3_600) return t("{n} 分钟后", { n: Math.ceil(seconds / 60) });
  return formatMoment(at);
}

define("hb-connectors", HbConnectors);

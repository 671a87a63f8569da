/** `<hb-connectors data-app="app…">`: the connectors of an app, in its settings. Nothing for who may not build. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/sections.css";
import { api, ApiError, showError } from "../api";
import { define, HbElement } from "../base";
import { confirmDialog } from "../dialog/dialog";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { toast } from "../toast/toast";
import { connectorDialog, connectorKinds, type Connector } from "./connector-dialog";

class HbConnectors extends HbElement {
  static override properties = { connectors: { state: true }, denied: { state: true } };
  declare private connectors: Connector[] | null;
  declare private denied: boolean;

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

  async #load(): Promise<void> {
    try {
      this.connectors = (await api.get<{ connectors: Connector[] }>(`/api/v1/apps/${this.#app}/connectors`)).connectors;
    } catch (failure) {
      if (failure instanceof ApiError && (failure.status === 403 || failure.status === 404)) this.denied = true;
      else showError(failure);
    }
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
      toast(t("测试消息发出去了,到群里或对方系统里看看"));
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

  #row(connector: Connector): TemplateResult {
    return html`<li class="set-two">${icon(connector.icon ?? "plug")}<div class="grow"><div class="cut">${connector.name}</div>${this.#state(connector)}</div>
      ${connector.status === "needs_settings" ? nothing : html`<button type="button" class="btn s g" @click=${() => void this.#test(connector)}>${t("测试")}</button>`}
      <button type="button" class="btn s g" @click=${() => void this.#edit({ connector })}>${connector.status === "needs_settings" ? t("填上") : t("修改")}</button>
      <button type="button" class="btn s g" @click=${() => void this.#delete(connector)}>${t("删除")}</button></li>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.denied) return nothing;
    return html`<section class="card card-p set" aria-labelledby="connectors-title">
      <h2 id="connectors-title">${t("连接")}</h2>
      <p class="f3 t13 set-note">${t("自动化往外发消息、推数据的地方:企业微信群机器人、别的系统的网址")}</p>
      ${this.connectors === null
        ? html`<div class="sk"></div>`
        : html`<ul class="set-list">${this.connectors.map((one) => this.#row(one))}${this.connectors.length ? nothing : html`<li class="f3">${t("还没有连接")}</li>`}</ul>`}
      <button type="button" class="btn s" aria-haspopup="menu" @click=${(event: Event) => void this.#add(event)}>${icon("plus")}${t("新建连接")}</button>
    </section>`;
  }
}

define("hb-connectors", HbConnectors);

/** `<hb-stocks data-app="app…">`: the stock definitions of an app, in its settings. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/sections.css";
import { api, ApiError, showError } from "../api";
import { define, HbElement } from "../base";
import { confirmDialog } from "../dialog/dialog";
import type { Field } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import { toast } from "../toast/toast";
import { stockDialog, type Stock, type StockTable } from "./stock-dialog";

interface AppAnswer {
  tables: { id: string; name: string; icon?: string }[];
}

class HbStocks extends HbElement {
  static override properties = { stocks: { state: true }, tables: { state: true }, denied: { state: true } };
  declare private stocks: Stock[] | null;
  declare private tables: StockTable[];
  declare private denied: boolean;

  constructor() {
    super();
    this.stocks = null;
    this.tables = [];
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
      const [{ stocks }, { tables }] = await Promise.all([api.get<{ stocks: Stock[] }>(`/api/v1/apps/${this.#app}/stocks`), api.get<AppAnswer>(`/api/v1/apps/${this.#app}`)]);
      this.tables = await Promise.all(tables.map(async (table) => ({ ...table, fields: (await api.get<{ fields: Field[] }>(`/api/v1/tables/${table.id}`)).fields })));
      this.stocks = stocks;
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 403) this.denied = true;
      else showError(failure);
    }
  }

  async #edit(stock: Stock | null): Promise<void> {
    const saved = await stockDialog(this.#app, this.tables, stock);
    if (!saved) return;
    toast(stock ? t("已保存") : t("已新建库存设置,自动化里可以用它预占了"));
    await this.#load();
  }

  async #delete(stock: Stock): Promise<void> {
    if (!(await confirmDialog({ heading: t("删除库存设置「{name}」?", { name: stock.name }), text: t("表和数量都留着,只是不再能按它预占。用到它的自动化和流转要先改好。"), action: t("删除"), danger: true }))) return;
    try {
      await api.delete(`/api/v1/stocks/${stock.id}`);
      await this.#load();
    } catch (failure) {
      showError(failure);
    }
  }

  #name(id: string): string {
    return this.tables.find((table) => table.id === id)?.name ?? "?";
  }

  #row(stock: Stock): TemplateResult {
    return html`<li>${icon("warehouse")}<div class="grow"><div class="cut">${stock.name}</div><div class="t12 f3 cut">${t("货在「{shelf}」,由「{lines}」来占", { shelf: this.#name(stock.stock_table), lines: this.#name(stock.line_table) })}</div></div>
      ${this.dataset.locked === undefined
        ? html`<button type="button" class="btn s g" @click=${() => void this.#edit(stock)}>${t("修改")}</button><button type="button" class="btn s g" @click=${() => void this.#delete(stock)}>${t("删除")}</button>`
        : nothing}</li>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.denied) return nothing;
    return html`<section class="card card-p set" aria-labelledby="stocks-title">
      <h2 id="stocks-title">${t("库存设置")}</h2>
      <p class="f3 t13 set-note">${t("哪张表记着货、哪张表是订单明细;预占、释放、出库都按它来")}</p>
      ${this.stocks === null
        ? html`<div class="sk"></div>`
        : html`<ul class="set-list">${this.stocks.map((stock) => this.#row(stock))}${this.stocks.length ? nothing : html`<li class="f3">${t("还没有库存设置")}</li>`}</ul>`}
      ${this.dataset.locked === undefined ? html`<button type="button" class="btn s" ?disabled=${this.stocks === null} @click=${() => void this.#edit(null)}>${icon("plus")}${t("新建库存设置")}</button>` : nothing}
    </section>`;
  }
}

define("hb-stocks", HbStocks);

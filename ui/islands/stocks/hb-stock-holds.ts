/** `<hb-stock-holds .record .table>`: what an order or a line holds of the stock, or who holds a shelf. Empty for other records. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/stocks.css";
import { api, ApiError, showError } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch } from "../live";
import { ago } from "../runs/status";
import { toast } from "../toast/toast";
import { releaseOrder } from "./release";
import type { Concern, Hold } from "./types";
import { amount, nameOf } from "./words";

/** Tables of this page whose records no stock is about: they are not asked for again. */
const strangers = new Set<string>();

class HbStockHolds extends HbElement {
  static override properties = { record: { attribute: false }, table: { attribute: false }, editable: { attribute: false }, concerns: { state: true }, busy: { state: true } };
  declare record: string;
  declare table: string;
  /** Whether this person may fill what waits. */
  declare editable: boolean;
  declare private concerns: Concern[];
  declare private busy: boolean;
  #stop: (() => void) | null = null;
  readonly #refresh = debounce(() => void this.#load(), 400);

  constructor() {
    super();
    this.record = this.table = "";
    this.concerns = [];
    this.editable = this.busy = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
    this.#stop = null;
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has("record") || !this.record) return;
    this.concerns = [];
    this.#stop?.();
    this.#stop = null;
    void this.#load();
  }

  async #load(): Promise<void> {
    const { record, table } = this;
    if (strangers.has(table)) return;
    try {
      const { stocks } = await api.get<{ stocks: Concern[] }>(`/api/v1/records/${record}/stock`);
      if (record !== this.record) return;
      if (!stocks.length) strangers.add(table);
      else this.#stop ??= watch([table], () => this.#refresh());
      this.concerns = stocks;
    } catch (failure) {
      // the record itself says why it cannot be read
      if (!(failure instanceof ApiError)) return;
      this.concerns = [];
    }
  }

  /** Give the order's waiting lines what is there now. */
  async #fill(stock: string): Promise<void> {
    this.busy = true;
    try {
      const { orders } = await api.post<{ orders: number }>(`/api/v1/stocks/${stock}/fill`, { order: this.record });
      toast(orders ? t("补到货了") : t("现在没有能补的货"));
      await this.#load();
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  async #release(one: Concern): Promise<void> {
    if (await releaseOrder(one.stock, one.holds[0]!.order)) await this.#load();
  }

  protected override render(): TemplateResult | typeof nothing {
    const told = this.concerns.filter((one) => one.holds.length);
    return told.length ? html`${told.map((one) => this.#concern(one))}` : nothing;
  }

  #concern(one: Concern): TemplateResult {
    const narrowed = one.role === "shelf" ? `?tab=ledger&shelf=${this.record}` : one.role === "order" ? `?tab=ledger&order=${this.record}` : "?tab=holds";
    return html`<section class="sec">
      <h3><span class="cut">${one.role === "shelf" ? t("谁占着") : t("占用的库存")}</span><span class="n">${one.holds.length}</span><span class="end">${this.editable && one.role === "order" && one.holds.some((hold) => !hold.shelf) ? html`<button type="button" class="tool" aria-busy=${String(this.busy)} @click=${() => void this.#fill(one.stock)}>${t("补上缺货")}</button>` : nothing}${this.editable && one.role === "order" ? html`<button type="button" class="tool" @click=${() => void this.#release(one)}>${t("释放预占")}</button>` : nothing}<a class="tool" href="/stocks/${one.stock}${narrowed}">${t("库存流水")}</a></span></h3>
      <ul class="sk-held">${one.holds.map((hold) => html`<li>${this.#hold(one, hold)}</li>`)}</ul>
    </section>`;
  }

  #hold(one: Concern, hold: Hold): TemplateResult {
    const what = one.role === "shelf" ? nameOf(hold.order) : hold.shelf ? `${nameOf(hold.shelf)} ${hold.location}`.trim() : nameOf(hold.line);
    return html`<span class="f3">${icon(hold.shelf ? "package-check" : "clock", 14)}</span><span class="grow">${what} ${hold.shelf ? nothing : html`<span class="tag c-amber">${t("等补货")}</span>`}</span><span class="num">${amount(hold.quantity)}</span><span class="f3 t12">${hold.expires_at ? html`${t("到期")} ${ago(hold.expires_at)}` : ago(hold.since)}</span>`;
  }
}

define("hb-stock-holds", HbStockHolds);

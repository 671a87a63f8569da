/** Steps over the stock an order's lines take from: reserve, give back, send out, fill what waits. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { missing } from "../describe";
import { choose, row } from "../form-parts";
import type { PageData, StepConfig } from "../types";
import { reachable } from "../values";
import type { StepHost, StepUi } from "./ui";

type StockKind = "reserve_stock" | "release_stock" | "consume_stock" | "fill_backorders";
type StockConfig = Extract<StepConfig, { kind: StockKind }>;

function hintOf(kind: StockKind): string {
  const hints: Record<StockKind, string> = {
    reserve_stock: t("先锁住再占,不会超卖;从哪个库位占、缺货时等不等,在库存设置里选。缺货时后面的步骤能用到缺货原因"),
    release_stock: t("把订单的明细占着的都放回去,也不再等补货"),
    consume_stock: t("占着的真正扣掉:在库和预占一起减少"),
    fill_backorders: t("等补货的明细,现在有多少先占多少"),
  };
  return hints[kind];
}

function stockForm(host: StepHost, config: StockConfig, set: (config: StepConfig) => void): TemplateResult {
  const { stocks } = host.around.page;
  if (!stocks.length) {
    const make = async () => {
      const stock = await host.newStock();
      if (stock) set({ ...config, stock });
    };
    return html`<p class="note warn">${icon("triangle-alert", 14)}<span>${t("应用里还没有库存设置:先说明哪张表是库存、哪张表是订单明细")}</span></p>
      ${host.locked ? nothing : html`<div><button type="button" class="btn s p" @click=${() => void make()}>${icon("plus")}${t("新建库存设置")}</button></div>`}`;
  }
  const stock = row(host, t("哪套库存"), "config.stock", choose(host, t("哪套库存"), config.stock, stocks.map((one) => ({ value: one.id, label: one.name, icon: "warehouse" })), (stock) => set({ ...config, stock })), hintOf(config.kind));
  const records = reachable(host.around);
  const of = config.of ?? "trigger";
  if (records.length < 2 && records.some((one) => one.of === of)) return stock;
  const which = choose(host, t("哪个订单"), of, records.map((one) => ({ value: one.of, label: one.label, icon: one.table.icon })), (chosen) => set({ ...config, of: chosen }));
  return html`${row(host, t("哪个订单"), "config.of", which)}${stock}`;
}

function describeStock(page: PageData, config: StockConfig, words: string): TemplateResult {
  const stock = page.stocks.find((one) => one.id === config.stock);
  return stock ? html`<span class="chip">${stock.name}</span>${words}` : missing();
}

function stockStep<K extends StockKind>(kind: K, words: () => string): StepUi<K> {
  return {
    kind,
    color: "indigo",
    group: "records",
    failure: "inside",
    fresh: (known) => ({ kind, stock: known.stock }) as Extract<StepConfig, { kind: K }>,
    form: stockForm,
    describe: (page, _definition, config) => describeStock(page, config, words()),
  };
}

export const reserveStock = stockStep("reserve_stock", () => t("按明细预占,不会超卖"));
export const releaseStock = stockStep("release_stock", () => t("把占着的放回去"));
export const consumeStock = stockStep("consume_stock", () => t("占着的扣掉"));
export const fillBackorders = stockStep("fill_backorders", () => t("等补货的先补上"));

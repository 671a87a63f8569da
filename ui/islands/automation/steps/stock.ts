/** Steps that reserve an order's lines and give them back. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { missing } from "../describe";
import { choose, row } from "../form-parts";
import type { PageData, StepConfig } from "../types";
import type { StepHost, StepUi } from "./ui";

type StockConfig = Extract<StepConfig, { kind: "reserve_stock" | "release_stock" }>;

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
  const hint = config.kind === "reserve_stock" ? t("按明细上的库存和数量占,先锁住再占,不会超卖;缺货时后面的步骤能用到缺货原因") : t("把触发记录的明细占着的都放回去");
  return row(host, t("哪套库存"), "config.stock", choose(host, t("哪套库存"), config.stock, stocks.map((one) => ({ value: one.id, label: one.name, icon: "warehouse" })), (stock) => set({ ...config, stock })), hint);
}

function describeStock(page: PageData, config: StockConfig, words: string): TemplateResult {
  const stock = page.stocks.find((one) => one.id === config.stock);
  return stock ? html`<span class="chip">${stock.name}</span>${words}` : missing();
}

export const reserveStock: StepUi<"reserve_stock"> = {
  kind: "reserve_stock",
  color: "indigo",
  group: "records",
  failure: "inside",
  fresh: (known) => ({ kind: "reserve_stock", stock: known.stock }),
  form: stockForm,
  describe: (page, _definition, config) => describeStock(page, config, t("每条明细都占到,不然一件也不占")),
};

export const releaseStock: StepUi<"release_stock"> = {
  kind: "release_stock",
  color: "indigo",
  group: "records",
  failure: "inside",
  fresh: (known) => ({ kind: "release_stock", stock: known.stock }),
  form: stockForm,
  describe: (page, _definition, config) => describeStock(page, config, t("把占着的放回去")),
};

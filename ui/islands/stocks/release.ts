/** Gives back what an order holds, after asking: the way out that refusals of edits point at ("先释放预占"). */
import { api, showError } from "../api";
import { confirmDialog } from "../dialog/dialog";
import { t } from "../i18n";
import { toast } from "../toast/toast";
import type { Named } from "./types";
import { nameOf } from "./words";

/** Whether something was given back. */
export async function releaseOrder(stock: string, order: Named): Promise<boolean> {
  const sure = await confirmDialog({ heading: t("释放「{name}」的预占?", { name: nameOf(order) }), text: t("这个订单占着的货全部放回去给别的订单用,缺的也不再等补货。订单和明细都留着,之后还可以再预占。"), action: t("释放预占") });
  if (!sure) return false;
  try {
    const { lines } = await api.post<{ lines: number }>(`/api/v1/stocks/${stock}/release`, { order: order.id });
    toast(lines ? t("已释放,{n} 条明细可以改了", { n: lines }) : t("没有占着的货"));
    return true;
  } catch (failure) {
    showError(failure);
    return false;
  }
}

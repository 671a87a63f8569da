/** How movements and shelves read. Pure but for the words of the language. */
import { formatNumber } from "../fields/format";
import { t } from "../i18n";
import type { Movement, MovementKind, Named, Quantity } from "./types";

export function kindLabel(kind: MovementKind): string {
  const labels: Record<MovementKind, string> = {
    opening: t("期初"),
    receive: t("入库"),
    adjust: t("调整"),
    count: t("盘点"),
    reserve: t("预占"),
    release: t("释放"),
    expire: t("过期释放"),
    consume: t("出库"),
  };
  return labels[kind];
}

export const kindIcons: Record<MovementKind, string> = {
  opening: "flag",
  receive: "package-plus",
  adjust: "pencil",
  count: "clipboard-check",
  reserve: "package-check",
  release: "package-open",
  expire: "clock",
  consume: "truck",
};

/** A quantity with digits grouped; "0" where there is none. */
export function amount(quantity: Quantity): string {
  return formatNumber(quantity ?? 0);
}

/** What a movement did, with its sign: on hand for what comes, goes or is counted, reserved for the rest. */
export function signed(movement: Pick<Movement, "kind" | "quantity">): string {
  const value = Number(movement.quantity ?? 0);
  const down = movement.kind === "release" || movement.kind === "expire" || movement.kind === "consume";
  const change = down ? -value : value;
  const text = amount(typeof movement.quantity === "string" ? movement.quantity.replace(/^-/, "") : Math.abs(value));
  return change < 0 ? `−${text}` : change > 0 ? `+${text}` : text;
}

/** Whether a movement changed what is promised, and not only what is on hand. */
export function promises(kind: MovementKind): boolean {
  return kind === "reserve" || kind === "release" || kind === "expire";
}

export function nameOf(named: Named | null): string {
  return named?.name || t("没有名字的记录");
}

/** What a count says before it is saved: the difference to what is on hand. */
export function difference(counted: string, onHand: Quantity): string {
  const typed = Number(counted);
  if (counted.trim() === "" || !Number.isFinite(typed)) return "";
  const change = Math.round((typed - Number(onHand ?? 0)) * 1e8) / 1e8;
  if (change === 0) return t("相符");
  return change > 0 ? t("盘盈 {n}", { n: formatNumber(change) }) : t("盘亏 {n}", { n: formatNumber(-change) });
}

/** The little box of twelve colours that options and states are painted with. */
import { hide, show } from "../floating";
import { t } from "../i18n";
import { colors } from "./spec";

/** What a colour is called. */
export function colorName(color: string): string {
  const names: Record<string, string> = {
    red: t("红"),
    orange: t("橙"),
    amber: t("琥珀"),
    lime: t("黄绿"),
    green: t("绿"),
    teal: t("青"),
    cyan: t("天青"),
    blue: t("蓝"),
    indigo: t("靛蓝"),
    violet: t("紫"),
    pink: t("粉"),
    grey: t("灰"),
  };
  return names[color] ?? color;
}

/** Let a person choose a colour beside `anchor`; the arrow keys go through them. */
export function openColors(anchor: HTMLElement, current: string, choose: (color: string) => void): void {
  const box = document.createElement("div");
  box.className = "pop fe-colors";
  box.setAttribute("role", "radiogroup");
  box.setAttribute("aria-label", t("颜色"));
  for (const color of colors) {
    const dot = document.createElement("button");
    dot.type = "button";
    dot.className = `fe-dot c-${color}`;
    dot.setAttribute("role", "radio");
    dot.setAttribute("aria-checked", String(color === current));
    dot.setAttribute("aria-label", colorName(color));
    dot.dataset.tip = colorName(color);
    dot.addEventListener("click", () => {
      hide(box);
      choose(color);
      anchor.focus();
    });
    box.append(dot);
  }
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 6, ArrowUp: -6 }[event.key];
    if (!step) return;
    event.preventDefault();
    const dots = [...box.querySelectorAll<HTMLElement>(".fe-dot")];
    dots[(dots.indexOf(document.activeElement as HTMLElement) + step + dots.length) % dots.length]?.focus();
  });
  show(box, anchor, { onClose: () => setTimeout(() => box.remove()) });
  box.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
}

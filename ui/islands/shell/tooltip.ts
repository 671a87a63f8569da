/** Tooltips: `data-tip="…"` on anything that can be hovered or focused. They add to a name, they are not the only one. */
import { place } from "../floating";

let box: HTMLElement | null = null;
let owner: HTMLElement | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function hideTip(): void {
  clearTimeout(timer);
  if (box?.matches(":popover-open")) box.hidePopover();
  owner?.removeAttribute("aria-describedby");
  owner = null;
}

function showTip(target: HTMLElement): void {
  const text = target.dataset.tip;
  if (!text || !("popover" in HTMLElement.prototype)) return;
  if (!box?.isConnected) {
    box = document.createElement("div");
    box.className = "tip";
    box.id = "hb-tip";
    box.setAttribute("role", "tooltip");
    box.popover = "manual";
    document.body.append(box);
  }
  box.textContent = text;
  owner = target;
  target.setAttribute("aria-describedby", box.id);
  box.showPopover();
  place(box, target);
}

function arrive(event: Event, delay: number): void {
  const target = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null;
  if (target === owner) return;
  hideTip();
  if (target) timer = setTimeout(() => target.isConnected && showTip(target), delay);
}

export function startTooltips(): void {
  const canHover = matchMedia("(hover: hover)");
  document.addEventListener("pointerover", (event) => canHover.matches && arrive(event, 400));
  document.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLElement && event.target.matches(":focus-visible")) arrive(event, 0);
  });
  document.addEventListener("focusout", hideTip);
  document.addEventListener("pointerdown", hideTip, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hideTip(), true);
}

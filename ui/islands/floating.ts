/**
 * Popovers beside their anchor. Uses the browser's popover API (top layer, light dismissal, Esc); where it is missing
 * (old WebViews) the same element is shown in place by its `open` class.
 */
import { isPhone } from "./dom";

export type Side = "below" | "above" | "right";

const supported = typeof HTMLElement !== "undefined" && "showPopover" in HTMLElement.prototype;

/** Place `box` (already visible, position: fixed) next to `anchor`, inside the window. */
export function place(box: HTMLElement, anchor: Element | DOMRect, side: Side = "below", align: "start" | "end" = "start"): void {
  if (isPhone() && box.classList.contains("sheet")) {
    box.style.removeProperty("left");
    box.style.removeProperty("top");
    return;
  }
  const gap = 4;
  const edge = 8;
  const at = anchor instanceof Element ? anchor.getBoundingClientRect() : anchor;
  const width = box.offsetWidth;
  const height = box.offsetHeight;
  let left = align === "end" ? at.right - width : at.left;
  let top = at.bottom + gap;
  if (side === "right") {
    left = at.right + gap;
    top = at.top;
    if (left + width > innerWidth - edge) left = at.left - gap - width;
  } else if (side === "above" || (top + height > innerHeight - edge && at.top - gap - height >= edge)) {
    top = at.top - gap - height;
  }
  box.style.left = `${Math.round(Math.max(edge, Math.min(left, innerWidth - width - edge)))}px`;
  box.style.top = `${Math.round(Math.max(edge, Math.min(top, innerHeight - height - edge)))}px`;
}

export interface FloatOptions {
  side?: Side;
  align?: "start" | "end";
  /** At least as wide as the anchor. */
  matchWidth?: boolean;
  onClose?: () => void;
}

const openBoxes = new WeakMap<HTMLElement, () => void>();

/** Show `box` as a popover of `anchor`; it closes by Esc, a click elsewhere, or {@link hide}. */
export function show(box: HTMLElement, anchor: HTMLElement | DOMRect, options: FloatOptions = {}): void {
  const again = () => place(box, anchor, options.side, options.align);
  if (!box.hasAttribute("popover")) box.setAttribute("popover", "auto");
  if (!box.isConnected) (anchor instanceof HTMLElement ? (anchor.closest("dialog") ?? document.body) : document.body).append(box);
  if (options.matchWidth && anchor instanceof HTMLElement) box.style.minWidth = `${anchor.offsetWidth}px`;
  if (supported) box.showPopover();
  else box.classList.add("open");
  again();
  if (anchor instanceof HTMLElement) anchor.setAttribute("aria-expanded", "true");
  const outside = (event: Event) => {
    if (supported || !(event.target instanceof Node) || box.contains(event.target)) return;
    hide(box);
  };
  const scrolled = (event: Event) => {
    if (event.target instanceof Node && !box.contains(event.target)) again();
  };
  const closed = () => {
    addRemove("remove");
    openBoxes.delete(box);
    if (anchor instanceof HTMLElement) anchor.setAttribute("aria-expanded", "false");
    options.onClose?.();
  };
  const toggled = (event: Event) => {
    if ((event as ToggleEvent).newState === "closed") closed();
  };
  const addRemove = (verb: "add" | "remove") => {
    const call = verb === "add" ? "addEventListener" : "removeEventListener";
    box[call]("toggle", toggled);
    window[call]("resize", again);
    document[call]("scroll", scrolled, true);
    document[call]("pointerdown", outside, true);
  };
  addRemove("add");
  openBoxes.set(box, closed);
}

/** Close a popover opened with {@link show}. */
export function hide(box: HTMLElement): void {
  if (supported) {
    if (box.matches(":popover-open")) box.hidePopover();
  } else if (box.classList.contains("open")) {
    box.classList.remove("open");
    openBoxes.get(box)?.();
  }
}

/** True while `box` is open. */
export function isOpen(box: HTMLElement): boolean {
  return supported ? box.matches(":popover-open") : box.classList.contains("open");
}

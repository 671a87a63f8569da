/**
 * Menus. In HTML: `<button data-menu="more" aria-haspopup="menu">` opens `<div id="more" class="menu" popover role="menu">`
 * whose `.menu-i` are buttons or links. From code: `openMenu(anchor, items)`. Arrow keys, Home, End, first letters.
 * `data-pop="id"` opens any `.pop` box the same way, without menu keys.
 */
import { html, nothing, render, type TemplateResult } from "lit";
import { delegate } from "../dom";
import { hide, isOpen, show, type FloatOptions } from "../floating";
import { icon } from "../icons";

export type MenuItem =
  | {
      label: string;
      icon?: string;
      sub?: string;
      end?: string | TemplateResult;
      danger?: boolean;
      /** Shown but not to be chosen; `sub` should say why. */
      disabled?: boolean;
      checked?: boolean;
      href?: string;
      run?: () => void;
    }
  | { heading: string }
  | "separator";

function itemTemplate(item: MenuItem): TemplateResult {
  if (item === "separator") return html`<hr class="menu-sep" />`;
  if ("heading" in item) return html`<div class="menu-h" role="presentation">${item.heading}</div>`;
  const inner = html`${item.icon ? icon(item.icon) : nothing}<span class="grow"
      >${item.label}${item.sub ? html`<span class="sub">${item.sub}</span>` : nothing}</span
    >${item.end ? html`<span class="end">${item.end}</span>` : nothing}${item.checked ? icon("check", 16) : nothing}`;
  if (item.href) return html`<a class="menu-i" role="menuitem" href=${item.href} tabindex="-1">${inner}</a>`;
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  return html`<button
    type="button"
    class="menu-i ${item.danger ? "danger" : ""}"
    role=${role}
    aria-checked=${item.checked === undefined ? nothing : String(item.checked)}
    tabindex="-1"
    aria-disabled=${item.disabled ? "true" : nothing}
    @click=${() => !item.disabled && item.run?.()}
  >
    ${inner}
  </button>`;
}

/** Open a menu of `items` beside `anchor` (an element, or a point's rectangle for context menus). */
export function openMenu(anchor: HTMLElement | DOMRect, items: MenuItem[], options: FloatOptions = {}): HTMLElement {
  const box = document.createElement("div");
  box.className = "menu sheet";
  box.setAttribute("role", "menu");
  render(html`${items.map(itemTemplate)}`, box);
  const back = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  show(box, anchor, {
    ...options,
    onClose: () => {
      if (box.contains(document.activeElement) || document.activeElement === document.body) back?.focus();
      setTimeout(() => box.remove());
      options.onClose?.();
    },
  });
  items_(box)[0]?.focus({ preventScroll: true });
  return box;
}

function items_(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>(".menu-i")].filter(
    (item) => item.getAttribute("aria-disabled") !== "true" && !(item as HTMLButtonElement).disabled && !item.hidden,
  );
}

function onKey(event: KeyboardEvent): void {
  const menu = event.target instanceof Element ? event.target.closest<HTMLElement>('[role="menu"]') : null;
  if (!menu || event.isComposing) return;
  const items = items_(menu);
  const now = items.indexOf(document.activeElement as HTMLElement);
  let next: HTMLElement | undefined;
  if (event.key === "ArrowDown") next = items[(now + 1) % items.length];
  else if (event.key === "ArrowUp") next = items[(now - 1 + items.length) % items.length];
  else if (event.key === "Home") next = items[0];
  else if (event.key === "End") next = items.at(-1);
  else if (event.key === "Tab") return hide(menu);
  else if (event.key.length === 1 && !(event.target instanceof HTMLInputElement)) {
    const letter = event.key.toLowerCase();
    const order = [...items.slice(now + 1), ...items.slice(0, now + 1)];
    next = order.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter));
  }
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

function toggle(button: HTMLElement, id: string | undefined, isMenu: boolean): void {
  const box = id ? document.getElementById(id) : null;
  if (!box) return;
  if (isOpen(box)) return hide(box);
  show(box, button, { align: button.dataset.align === "end" ? "end" : "start", side: button.dataset.side === "right" ? "right" : "below" });
  if (isMenu) items_(box)[0]?.focus({ preventScroll: true });
  else (box.querySelector<HTMLElement>("[autofocus]") ?? box).focus();
}

/** Wire `data-menu` and `data-pop` buttons of the whole page, also those that htmx brings later. */
export function startMenus(): void {
  let openAtPress: HTMLElement | null = null;
  // Light dismissal closes the box on pointerdown, before the click that should toggle it.
  document.addEventListener("pointerdown", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-menu],[data-pop]") : null;
    const box = button ? document.getElementById(button.dataset.menu ?? button.dataset.pop ?? "") : null;
    openAtPress = box && isOpen(box) ? box : null;
  }, true);
  delegate<MouseEvent>("click", "[data-menu]", (event, button) => {
    event.preventDefault();
    if (openAtPress?.id === button.dataset.menu) openAtPress = null;
    else toggle(button, button.dataset.menu, true);
  });
  delegate<MouseEvent>("click", "[data-pop]", (event, button) => {
    event.preventDefault();
    if (openAtPress?.id === button.dataset.pop) openAtPress = null;
    else toggle(button, button.dataset.pop, false);
  });
  delegate<MouseEvent>("click", ".menu[popover] .menu-i", (event, item) => {
    const menu = item.closest<HTMLElement>(".menu");
    if (menu && item.getAttribute("aria-disabled") !== "true" && !item.dataset.keepOpen) hide(menu);
    else if (item.getAttribute("aria-disabled") === "true") event.preventDefault();
  });
  document.addEventListener("keydown", onKey);
}

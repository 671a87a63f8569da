/** Small helpers for working with the page. */

let counter = 0;

/** An id that no other element of the page has. */
export function uniqueId(prefix: string): string {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Listen once for the whole page: `handler` gets the event and the element matching `selector` it happened in. */
export function delegate<E extends Event>(type: string, selector: string, handler: (event: E, target: HTMLElement) => void): void {
  document.addEventListener(type, (event) => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
    if (target) handler(event as E, target);
  });
}

/** Everything inside `root` that Tab reaches, in order. */
export function focusable(root: ParentNode): HTMLElement[] {
  const candidates = root.querySelectorAll<HTMLElement>(
    'a[href], button:not([disabled]), input:not([disabled]):not([type="hidden"]), select:not([disabled]), textarea:not([disabled]), [tabindex]:not([tabindex="-1"]), [contenteditable="true"]',
  );
  return [...candidates].filter((element) => element.getClientRects().length > 0);
}

/** True while a person is typing somewhere, so that single-key shortcuts must keep quiet. */
export function isTyping(event: Event): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Ctrl on most machines, ⌘ on Apple's. */
export function isCommand(event: KeyboardEvent | MouseEvent): boolean {
  return event.ctrlKey || event.metaKey;
}

/** True on Apple machines, where shortcuts are written with ⌘. */
export const isApple = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** A cookie readable by scripts; these hold only how the page looks on this device. */
export function setCookie(name: string, value: string): void {
  const age = value === "" ? 0 : 31_536_000;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
}

/** On a phone-sized screen. */
export function isPhone(): boolean {
  return globalThis.matchMedia?.("(max-width: 640px)").matches ?? false;
}

/** Call `run` after `milliseconds` without another call. */
export function debounce<A extends unknown[]>(run: (...args: A) => void, milliseconds: number): (...args: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args: A) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), milliseconds);
  };
}

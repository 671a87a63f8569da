/**
 * What is pressed before the page's scripts are there: on a slow phone a page is seen seconds earlier. A press on a button
 * that only scripts give a meaning, or a form that htmx sends, is kept, and done when they have started; the last one counts.
 * Loaded by itself, ahead of everything else, so it imports nothing. `app.ts` says `hb:started`.
 */
const htmx = ":is([hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete])";
const ours = `button, a${htmx}, input:is([type=checkbox], [type=radio])${htmx}`;
/** A page whose scripts do not come within this gets its presses as they are, which is what it would get without this. */
const patience = 20_000;

let waiting: { element: HTMLElement; act: () => void } | null = null;

function keep(event: Event, element: HTMLElement, act: () => void): void {
  event.preventDefault();
  event.stopImmediatePropagation();
  waiting?.element.removeAttribute("aria-busy");
  waiting = { element, act };
  element.setAttribute("aria-busy", "true");
}

function pressed(event: MouseEvent): void {
  const element = event.target instanceof Element ? event.target.closest<HTMLElement>(ours) : null;
  // What the browser does by itself stays with it: links that are opened elsewhere, popovers, forms.
  if (!element || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || element.hasAttribute("popovertarget")) return;
  if (element instanceof HTMLButtonElement && element.form && element.type !== "button") return;
  keep(event, element, () => element.click());
}

function sent(event: SubmitEvent): void {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches(htmx)) return;
  const { submitter } = event;
  keep(event, submitter ?? form, () => form.requestSubmit(submitter));
}

function started(): void {
  clearTimeout(late);
  removeEventListener("click", pressed, true);
  removeEventListener("submit", sent, true);
  const last = waiting;
  waiting = null;
  last?.element.removeAttribute("aria-busy");
  if (last?.element.isConnected) last.act();
}

/** htmx takes up what the page holds when the page has been parsed. */
function whenParsed(run: () => void): void {
  const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (document.readyState === "complete" || (page && page.domContentLoadedEventEnd > 0)) run();
  else document.addEventListener("DOMContentLoaded", run, { once: true });
}

let late: ReturnType<typeof setTimeout> | undefined;

if (!("started" in document.documentElement.dataset)) {
  late = setTimeout(started, patience);
  addEventListener("click", pressed, true);
  addEventListener("submit", sent, true);
  document.addEventListener("hb:started", () => whenParsed(started), { once: true });
}

export {};

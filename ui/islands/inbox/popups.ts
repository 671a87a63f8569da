/**
 * Pop-ups for the person at work: cards in the corner that stay until they are closed, on every page and in every window.
 * No dialog: nobody is interrupted in what they type. F8 goes to the newest card, Esc closes it and goes back; a screen
 * reader hears of each once. A window in the background shows them when it is looked at.
 */
import { html, nothing, render, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import "../../styles/inbox.css";
import { showError } from "../api";
import { isPhone } from "../dom";
import { icon } from "../icons";
import { ready, t } from "../i18n";
import { relative } from "../shell/times";
import { shortcutHelp } from "../shell/shortcuts";
import { closePopups, follow, markRead, onWaiting, settle, settledWords, type Notice } from "./store";

/** Cards at once; a phone has room for one. */
const most = () => (isPhone() ? 1 : 3);
let corner: HTMLElement | null = null;
let shown: Notice[] = [];
let back: HTMLElement | null = null;

function place(): HTMLElement {
  if (corner) return corner;
  corner = document.createElement("section");
  corner.className = "popups";
  corner.setAttribute("aria-label", t("通知,按 F8 到这里"));
  corner.setAttribute("aria-live", "polite");
  corner.setAttribute("aria-relevant", "additions");
  corner.addEventListener("keydown", key);
  document.body.append(corner);
  return corner;
}

function key(event: KeyboardEvent): void {
  if (event.key !== "Escape" || event.isComposing) return;
  const card = (event.target as Element).closest<HTMLElement>("[data-notice]");
  const notice = shown.find((one) => one.id === card?.dataset.notice);
  if (!notice) return;
  event.stopPropagation();
  close([notice]);
}

function close(notices: Notice[]): void {
  const inside = corner?.contains(document.activeElement) ?? false;
  closePopups(notices).catch(showError);
  if (!inside) return;
  const next = corner?.querySelector<HTMLElement>(".popup:last-of-type .popup-x");
  (next ?? back)?.focus();
}

/** The person has seen to it, for all who were told: the records stay apart, or whatever else it asked for. */
function done(notice: Notice, how: "kept" | "done"): void {
  const inside = corner?.contains(document.activeElement) ?? false;
  settle([notice], how).catch(showError);
  if (inside) (corner?.querySelector<HTMLElement>(".popup:last-of-type .popup-x") ?? back)?.focus();
}

function open(notice: Notice): void {
  markRead([notice])
    .catch(() => {})
    .finally(() => follow(notice));
}

/** How many records a notice asks to merge; 0 for any other notice. */
function alike(notice: Notice): number {
  if (!notice.url.startsWith("/t/")) return 0;
  return new URL(notice.url, location.origin).searchParams.get("merge")?.split(",").length ?? 0;
}

/** What can be done about it: to merge or to leave them as they are; to look at it, or to say that it is done. */
function choices(notice: Notice): TemplateResult | typeof nothing {
  const records = alike(notice);
  if (records)
    return html`<button type="button" class="btn s" @click=${() => done(notice, "kept")}>${records > 2 ? t("都保留") : t("两条都保留")}</button>
      <button type="button" class="btn s" @click=${() => open(notice)}>${t("合并…")}</button>`;
  return html`${notice.shared ? html`<button type="button" class="btn s" data-tip=${t("别人的弹窗也会收起,写着是谁处理的")} @click=${() => done(notice, "done")}>${t("已处理")}</button>` : nothing}
    ${notice.url ? html`<button type="button" class="btn s" @click=${() => open(notice)}>${t("打开")}</button>` : nothing}`;
}

function card(notice: Notice): TemplateResult {
  const when = relative(new Date(notice.at)) ?? "";
  const settled = settledWords(notice);
  return html`<article class="popup ${settled ? "settled" : ""}" data-notice=${notice.id} role="group" aria-labelledby="popup-${notice.id}">
    <span class="popup-ic">${icon(settled ? "check" : "bell", 16)}</span>
    <div class="popup-b">
      <div class="popup-t" id="popup-${notice.id}">${notice.title}</div>
      ${settled ? html`<p class="b">${settled}</p>` : notice.text ? html`<p>${notice.text}</p>` : nothing}
      <div class="popup-f">
        <span class="f3 t12 cut">${[notice.app?.name, when].filter(Boolean).join(" · ")}</span>
        ${settled ? nothing : choices(notice)}
      </div>
    </div>
    <button type="button" class="icb popup-x" aria-label=${t("关闭「{title}」", { title: notice.title })} @click=${() => close([notice])}>${icon("x", 14)}</button>
  </article>`;
}

function draw(): void {
  const box = place();
  const cards = shown.slice(-most());
  const more = shown.length - cards.length;
  box.hidden = false;
  render(
    html`${shown.length > 1
        ? html`<div class="popups-h ${more ? "wide" : ""}">
            ${more ? html`<a class="link" href="/inbox">${t("还有 {n} 条通知", { n: more })}</a>` : nothing}
            <button type="button" class="btn s end" @click=${() => close(shown)}>${t("全部关闭")}</button>
          </div>`
        : nothing}
      ${repeat(cards, (one) => one.id, card)}`,
    box,
  );
}

function update(popups: Notice[]): void {
  if (document.hidden && popups.some((one) => !shown.some((old) => old.id === one.id))) {
    // Nobody looks: cards would be read out of a window that is not there. They come when it is looked at.
    later = popups;
    return;
  }
  later = null;
  const same = popups.length === shown.length && popups.every((one, place_) => one.id === shown[place_]!.id && !one.settled === !shown[place_]!.settled);
  shown = popups;
  if (!same) draw();
  leave();
}

let later: Notice[] | null = null;

/** How long a card says who has seen to it before it goes. */
const farewell = 8_000;
const leaving = new Set<string>();

/** What somebody else has seen to goes by itself, once it could be read. */
function leave(): void {
  if (document.hidden) return;
  for (const { id, settled } of shown) {
    if (!settled || leaving.has(id)) continue;
    leaving.add(id);
    setTimeout(() => {
      leaving.delete(id);
      const notice = shown.find((one) => one.id === id);
      if (notice) close([notice]);
    }, farewell);
  }
}

/** Show pop-ups from now on. */
export async function startPopups(): Promise<void> {
  await ready;
  // The live region stands before anything is put into it, so that what comes is announced.
  place();
  onWaiting(({ popups }) => update(popups));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    if (later) update(later);
    leave();
  });
  shortcutHelp.push({ keys: "F8", does: t("到最新的弹出通知") });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F8" || event.defaultPrevented) return;
    const cards = place().querySelectorAll<HTMLElement>(".popup");
    const newest = cards[cards.length - 1];
    if (!newest) return;
    event.preventDefault();
    const active = document.activeElement;
    if (active instanceof HTMLElement && !place().contains(active)) back = active;
    newest.querySelector<HTMLElement>(".popup-f .btn:last-of-type, .popup-b:not(:has(.btn)) + .popup-x")?.focus();
  });
}

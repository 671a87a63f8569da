/** `<hb-inbox>`: the person's notices, newest first. With `compact` it stands in the bell's box. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import "../../styles/inbox.css";
import { api, showError } from "../api";
import { define, HbElement } from "../base";
import { formatMoment } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { relative } from "../shell/times";
import { follow, markAllRead, markRead, onWaiting, settle, settledWords, type Notice } from "./store";

interface Answer {
  notices: Notice[];
  unread: number;
  next_before: string | null;
}

class HbInbox extends HbElement {
  static override properties = { compact: { type: Boolean }, notices: { state: true }, next: { state: true }, unread: { state: true }, only: { state: true }, busy: { state: true } };
  declare compact: boolean;
  declare private notices: Notice[] | null;
  declare private next: string | null;
  declare private unread: number;
  declare private only: boolean;
  declare private busy: boolean;
  #stop: () => void = () => {};
  #asked = 0;
  #seen = -1;

  constructor() {
    super();
    this.compact = false;
    this.notices = null;
    this.next = null;
    this.unread = 0;
    this.only = false;
    this.busy = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    let first = true;
    this.#stop = onWaiting(({ unread }) => {
      const news = unread !== this.#seen;
      this.#seen = unread;
      this.unread = unread;
      if (first || news) void this.load();
      first = false;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  /** Ask for the newest notices, or for older ones. */
  async load(more = false): Promise<void> {
    const asked = ++this.#asked;
    try {
      const params = { unread: this.only, before: more ? this.next : null };
      const answer = await api.get<Answer>("/api/v1/me/notices", { params });
      if (asked !== this.#asked) return;
      this.notices = more ? [...(this.notices ?? []), ...answer.notices] : answer.notices;
      this.next = answer.next_before;
      this.unread = this.#seen = answer.unread;
    } catch (failure) {
      this.notices ??= [];
      showError(failure);
    }
  }

  #show(only: boolean): void {
    this.only = only;
    void this.load();
  }

  async #readAll(): Promise<void> {
    this.busy = true;
    try {
      await markAllRead(this.notices?.[0]?.id ?? null);
      await this.load();
    } catch (failure) {
      showError(failure);
    }
    this.busy = false;
  }

  #set(notice: Notice, read: boolean): void {
    this.notices = (this.notices ?? []).map((one) => (one.id === notice.id ? { ...one, read } : one));
    markRead([notice], !read).catch(showError);
  }

  #settle(notice: Notice): void {
    settle([notice], "done").then(() => this.load(), showError);
  }

  #open(event: MouseEvent, notice: Notice): void {
    const aside = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0 || !notice.url.startsWith("/");
    if (aside) {
      this.#set(notice, true);
      return;
    }
    event.preventDefault();
    markRead([notice])
      .catch(() => {})
      .finally(() => follow(notice));
  }

  #row(notice: Notice): TemplateResult {
    const at = new Date(notice.at);
    const words = html`<span class="ntc-t">${notice.title}</span>${notice.text ? html`<span class="ntc-x">${notice.text}</span>` : nothing}
      <span class="ntc-m">${notice.app ? html`<span class="cut">${notice.app.name}</span> · ` : nothing}<time datetime=${notice.at} title=${formatMoment(notice.at)}>${relative(at) ?? formatMoment(notice.at)}</time></span>`;
    const settled = settledWords(notice);
    const outside = notice.url !== "" && !notice.url.startsWith("/");
    return html`<li class="ntc ${notice.read ? "" : "new"}">
      <span class="ntc-dot">${notice.read ? nothing : html`<span class="sr">${t("未读")}</span>`}</span>
      ${notice.url
        ? html`<a class="ntc-b" href=${notice.url} target=${outside ? "_blank" : nothing} rel=${outside ? "noopener noreferrer" : nothing} @click=${(event: MouseEvent) => this.#open(event, notice)}>${words}</a>`
        : html`<div class="ntc-b">${words}</div>`}
      ${settled
        ? html`<span class="ntc-s">${icon("check", 14)}${settled}</span>`
        : notice.popup && notice.shared
          ? html`<button type="button" class="btn s ntc-s" aria-label=${t("「{title}」已处理", { title: notice.title })} data-tip=${t("别人的弹窗也会收起,写着是谁处理的")} @click=${() => this.#settle(notice)}>${t("已处理")}</button>`
          : nothing}
      <button type="button" class="icb" aria-label=${notice.read ? t("把「{title}」标为未读", { title: notice.title }) : t("把「{title}」标为已读", { title: notice.title })} data-tip=${notice.read ? t("标为未读") : t("标为已读")} @click=${() => this.#set(notice, !notice.read)}>
        ${icon(notice.read ? "mail" : "check", 14)}
      </button>
    </li>`;
  }

  #empty(): TemplateResult {
    const words = this.only ? t("都读过了") : t("还没有通知");
    return html`<div class="empty inbox-none">
      ${icon("bell", 24)}
      <h3>${words}</h3>
      <p>${t("自动化里的「站内通知」会送到这里,要马上看到的会在角落弹出来")}</p>
    </div>`;
  }

  override render(): TemplateResult {
    const { notices } = this;
    return html`<div class="inbox-h">
        ${this.compact ? html`<h2 class="b grow">${t("通知")}</h2>` : nothing}
        <div class="seg" role="group" aria-label=${t("显示哪些")}>
          <button type="button" aria-pressed=${String(!this.only)} @click=${() => this.#show(false)}>${t("全部")}</button>
          <button type="button" aria-pressed=${String(this.only)} @click=${() => this.#show(true)}>${t("未读")}${this.unread ? html` <span class="n">${this.unread}</span>` : nothing}</button>
        </div>
        <button type="button" class="btn s ${this.compact ? "" : "end"}" ?disabled=${this.busy || !this.unread} @click=${() => void this.#readAll()}>${t("全部标为已读")}</button>
      </div>
      <div class="inbox-list">
        ${notices === null
          ? html`<div class="stack inbox-none"><div class="sk"></div><div class="sk"></div><div class="sk"></div></div>`
          : notices.length
            ? html`<ul>${repeat(notices, (one) => one.id, (one) => this.#row(one))}</ul>`
            : this.#empty()}
        ${!this.compact && this.next ? html`<div class="inbox-none"><button type="button" class="btn" @click=${() => void this.load(true)}>${t("看更早的")}</button></div>` : nothing}
      </div>
      ${this.compact && notices?.length ? html`<a class="inbox-all" href="/inbox">${t("看全部通知")}</a>` : nothing}`;
  }
}

define("hb-inbox", HbInbox);

/** `<hb-changes data-app="app…">`: who changed what of an app's structure lately, with undo where it is one's turn. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/sections.css";
import { api, showError } from "../api";
import { define, HbElement } from "../base";
import { sayUndone, type Undone } from "../fields/at-work";
import { formatMoment } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { relative } from "../shell/times";

interface Change {
  at: string;
  what: string;
  more: number;
  by: string | null;
  state: "undoable" | "undone" | "undoing" | "undo" | "changed_since" | "";
}

const few = 8;
const many = 100;
const often = 2_000;

class HbChanges extends HbElement {
  static override properties = { changes: { state: true }, busy: { state: true }, all: { state: true } };
  declare private changes: Change[] | null;
  declare private busy: boolean;
  declare private all: boolean;

  constructor() {
    super();
    this.changes = null;
    this.busy = false;
    this.all = false;
  }

  #again: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#again);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      const params = { limit: this.all ? many : few + 1 };
      this.changes = (await api.get<{ changes: Change[] }>(`/api/v1/apps/${this.dataset.app}/changes`, { params })).changes;
    } catch (failure) {
      this.changes ??= [];
      showError(failure);
    }
    clearTimeout(this.#again);
    if (this.isConnected && this.changes.some((one) => one.state === "undoing")) this.#again = setTimeout(() => void this.#load(), often);
  }

  async #undo(change: Change): Promise<void> {
    this.busy = true;
    try {
      sayUndone(await api.post<Undone>(`/api/v1/apps/${this.dataset.app}/undo`, { at: change.at }));
    } catch (failure) {
      showError(failure);
    }
    await this.#load();
    this.busy = false;
  }

  #side(change: Change): TemplateResult | typeof nothing {
    if (change.state === "undoable")
      return html`<button type="button" class="btn s" ?disabled=${this.busy} aria-label=${t("撤销:{what}", { what: change.what })} @click=${() => void this.#undo(change)}>${icon("undo-2", 14)}${t("撤销")}</button>`;
    if (change.state === "undone") return html`<span class="t12 f3">${t("已撤销")}</span>`;
    if (change.state === "undoing") return html`<span class="row t12 f3 ch-busy" role="status"><span class="spin"></span>${t("正在撤销")}</span>`;
    if (change.state === "changed_since") return html`<span class="t12 f3" data-tip=${t("之后别人又改过同样的地方,撤销会盖掉后来的改动")}>${icon("lock", 12)} ${t("不能撤销")}</span>`;
    return nothing;
  }

  #row(change: Change): TemplateResult {
    const when = relative(new Date(change.at)) ?? formatMoment(change.at);
    return html`<li class="ch-row ${change.state === "undone" ? "ch-undone" : ""}">
      <div class="grow"><div class="ch-what">${change.what}${change.more ? html` <span class="t12 f3">${t("等 {n} 处", { n: change.more + 1 })}</span>` : nothing}</div>
        <div class="t12 f3">${change.by ?? t("系统")} · <time datetime=${change.at} data-tip=${formatMoment(change.at)}>${when}</time></div></div>
      ${this.#side(change)}</li>`;
  }

  protected override render(): TemplateResult {
    const { changes } = this;
    const shown = changes === null ? [] : this.all ? changes : changes.slice(0, few);
    return html`<section class="card card-p set" aria-labelledby="changes-title">
      <h2 id="changes-title">${t("最近的改动")}</h2>
      <p class="f3 t13 set-note">${t("对数据表、字段、视图、自动化等的改动。自己改的可以从最后一次往前撤销;记录的改动在记录里看")}</p>
      ${changes === null ? html`<div class="sk"></div>` : html`<ul class="set-list">${shown.map((one) => this.#row(one))}${shown.length ? nothing : html`<li class="f3">${t("还没有改动")}</li>`}</ul>`}
      ${changes !== null && !this.all && changes.length > few
        ? html`<button type="button" class="btn s" @click=${() => { this.all = true; void this.#load(); }}>${t("看更早的改动")}</button>`
        : nothing}
    </section>`;
  }
}

define("hb-changes", HbChanges);

/**
 * `<hb-cards>`: the table on a phone, a card a record: its name, its state, and the first fields of the view. More come
 * as one scrolls. Set `.table`, `.view`, `.search`, `.open`, `.canEdit`; sends `hb:open-record` {record}, `hb:total` {total, exact} and
 * `hb:schema`.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { showError } from "../api";
import { failedTemplate } from "../failed";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { isEmpty, type Field, type RecordData } from "../fields/field";
import { formatNumber, textOf } from "../fields/format";
import { looksOf } from "../fields/types";
import { ApiSource } from "../grid/source-api";
import { allStates } from "../grid/columns";
import { icon } from "../icons";
import { t } from "../i18n";
import { Refreshing } from "../refreshing";
import { optionTemplate, valueTemplate } from "../record/value";
import { importPage } from "./address";
import { machineOf, primaryOf, type TableInfo, type View } from "./info";
import type { RowList } from "./row-list";

const pageSize = 50;
const shownFields = 4;

export class HbCards extends HbElement implements RowList {
  static override properties = {
    table: { attribute: false },
    view: { attribute: false },
    search: { attribute: false },
    open: { attribute: false },
    canEdit: { attribute: false },
    records: { state: true },
    known: { state: true },
    ended: { state: true },
    failure: { state: true },
  };

  declare table: TableInfo;
  declare view: View;
  declare search: string;
  declare open: string | null;
  /** Whether this person may bring records in. */
  declare canEdit: boolean;
  declare private records: RecordData[] | null;
  /** How many there are, as far as it is known. */
  declare private known: { total: number; exact: boolean };
  declare private ended: boolean;
  /** Why there are no cards at all. */
  declare private failure: unknown;

  #source: ApiSource | null = null;
  #stop: (() => void) | null = null;
  #refreshing: Refreshing | null = null;
  #request: AbortController | null = null;
  #asked = "";
  readonly #end = createRef<HTMLElement>();
  #seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void this.#more(), { rootMargin: "600px" });

  constructor() {
    super();
    this.search = "";
    this.open = null;
    this.canEdit = false;
    this.records = null;
    this.known = { total: 0, exact: false };
    this.ended = false;
    this.failure = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("hb:undone", this.#refreshSoon);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("hb:undone", this.#refreshSoon);
    this.#request?.abort();
    this.#refreshing?.stop();
    this.#stop?.();
    this.#stop = null;
    this.#asked = "";
    this.#seen.disconnect();
  }

  protected override updated(_changed: PropertyValues): void {
    const asked = JSON.stringify([this.table.id, this.view.where, this.view.sorts, this.search]);
    if (asked !== this.#asked) {
      this.#asked = asked;
      this.#start();
    }
    this.#seen.disconnect();
    if (this.#end.value && !this.ended) this.#seen.observe(this.#end.value);
  }

  #start(): void {
    this.#stop?.();
    this.#source = new ApiSource(this.table.id, this.table.fields, { where: this.view.where, sorts: this.view.sorts, search: this.search || null });
    this.#refreshing?.stop();
    this.#refreshing = new Refreshing(this.table.id, () => this.requestUpdate());
    this.#stop = this.#source.watch((change) => {
      if (change.kind === "schema") this.emit("hb:schema");
      else this.#refreshSoon();
    });
    void this.refresh();
  }

  readonly #refreshSoon = debounce(() => void this.refresh(), 400);

  /** Ask again for the cards that are here. */
  async refresh(): Promise<void> {
    this.#source?.restart();
    await this.#load(0, Math.max(pageSize, Math.min(this.records?.length ?? 0, 500)));
  }

  async #again(): Promise<void> {
    this.failure = null;
    await this.refresh();
  }

  async #more(): Promise<void> {
    if (!this.records || this.ended || this.#request) return;
    await this.#load(this.records.length, pageSize);
  }

  async #load(at: number, limit: number): Promise<void> {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    try {
      const page = await this.#source!.page({ at, limit, group: null }, request.signal);
      this.records = at ? [...(this.records ?? []), ...page.records] : page.records;
      this.ended = page.end;
      this.failure = null;
      if (page.end) this.known = { total: this.records.length, exact: true };
      else if (page.total !== null) this.known = { total: page.total, exact: page.exact ?? false };
      this.emit("hb:total", this.known);
    } catch (failure) {
      if (request.signal.aborted) return;
      if (this.records) showError(failure);
      else this.failure = failure;
    } finally {
      if (this.#request === request) this.#request = null;
    }
  }

  /* ---- as a list of records ---- */

  get total(): number {
    return this.known.total;
  }

  get exact(): boolean {
    return this.known.exact;
  }

  indexOf(id: string): number {
    return this.records?.findIndex((record) => record.id === id) ?? -1;
  }

  byId(id: string): RecordData | undefined {
    return this.records?.find((record) => record.id === id);
  }

  async at(index: number): Promise<RecordData | null> {
    if (index >= (this.records?.length ?? 0)) await this.#more();
    return this.records?.[index] ?? null;
  }

  reveal(index: number): void {
    this.querySelectorAll(".tc")[index]?.scrollIntoView({ block: "nearest" });
  }

  stored(record: RecordData): void {
    this.records = this.records?.map((other) => (other.id === record.id ? { ...other, ...record } : other)) ?? null;
  }

  gone(id: string): void {
    this.records = this.records?.filter((record) => record.id !== id) ?? null;
  }

  /* ---- drawing ---- */

  /** The first fields that the view shows, without those in a card's first line. */
  #fields(): Field[] {
    const first = new Set([primaryOf(this.table)?.id, machineOf(this.table)?.id]);
    return allStates(this.table.fields, this.view.columns, this.table.primary)
      .filter((state) => !state.hidden && !first.has(state.field))
      .map((state) => this.table.fields.find((field) => field.id === state.field)!);
  }

  #card(record: RecordData, fields: Field[]): TemplateResult {
    const primary = primaryOf(this.table);
    const machine = machineOf(this.table);
    const state = machine ? record.fields[machine.id] : null;
    const buttons = fields.filter((field) => field.type === "button" && !isEmpty(record.fields[field.id]));
    const filled = fields.filter((field) => field.type !== "button" && !isEmpty(record.fields[field.id]) && record.fields[field.id] !== false).slice(0, shownFields);
    const name = (primary ? textOf(primary, record.fields[primary.id]) : "") || t("未命名");
    return html`<li>
      <button type="button" class="tc ${record.id === this.open ? "on" : ""}" @click=${() => this.emit("hb:open-record", { record: record.id }, true)}>
        <span class="tc-h"><b class="cut m">${name}</b>${machine && typeof state === "string" && state ? optionTemplate(machine, state) : nothing}</span>
        ${filled.map(
          (field) => html`<span class="tc-f ${this.#refreshing?.stale(field.id) ? "stale" : ""}"><span class="f3">${field.name}</span><span class="cut">${field.type === "single_select" ? optionTemplate(field, String(record.fields[field.id])) : field.type === "multi_select" && Array.isArray(record.fields[field.id]) ? (record.fields[field.id] as string[]).map((name) => html`${optionTemplate(field, name)} `) : field.type === "checkbox" ? html`<span class="ck on"></span>` : (looksOf(field, record.fields[field.id])?.template?.(field, record.fields[field.id], true) ?? textOf(field, record.fields[field.id]))}</span></span>`,
        )}
      </button>
      ${buttons.length ? html`<div class="tc-press">${buttons.map((field) => valueTemplate(field, record.fields[field.id]))}</div>` : nothing}
    </li>`;
  }

  protected override render(): TemplateResult {
    if (!this.records && this.failure) return html`<div class="tc-none">${failedTemplate(this.failure, () => void this.#again())}</div>`;
    if (!this.records) {
      return html`<div class="tc-list" role="status" aria-label=${t("正在读取")}>${[0, 1, 2, 3, 4].map(() => html`<div class="tc"><div class="sk"></div><div class="sk"></div></div>`)}</div>`;
    }
    const fields = this.#fields();
    const filtered = this.view.where !== null || this.search !== "";
    if (!this.records.length) {
      return html`<div class="tc-none"><div class="empty"><h2>${filtered ? t("没有符合条件的记录") : t("还没有记录")}</h2>${filtered ? html`<p>${t("换个条件,或清掉筛选看全部。")}</p>` : this.canEdit ? html`<p>${t("点下面的按钮新建第一条。")}</p><a class="btn" href=${importPage(this.table.id)}>${icon("upload")}${t("从 Excel 或 CSV 导入")}</a>` : nothing}</div></div>`;
    }
    const atWork = fields.filter((field) => this.#refreshing?.words(field.id));
    return html`${atWork.map((field) => html`<p class="tc-work" role="status"><span class="spin"></span><span class="cut">${t("「{name}」{words}", { name: field.name, words: this.#refreshing!.words(field.id)! })}</span></p>`)}
      <p class="tc-count">${this.known.exact ? t("{n} 条", { n: formatNumber(this.known.total) }) : t("约 {n} 条", { n: formatNumber(this.known.total) })}</p>
      <ul class="tc-list">
        ${this.records.map((record) => this.#card(record, fields))}
      </ul>
      <div ${ref(this.#end)} class="tc-end">${this.ended ? nothing : html`<span class="spin" role="status" aria-label=${t("正在读取")}></span>`}</div>`;
  }
}

define("hb-cards", HbCards);

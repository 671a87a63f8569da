/**
 * `<hb-record>`: one record with everything beside it, for the side panel (and a phone's whole screen).
 *
 * Set `.record` (its id), and where known `.seed` and `.table` (so that it shows at once what the grid has), `.order`
 * (the view's columns), `.neighbours`, `.back`. Events, all bubbling: `hb:record-step` {by}, `hb:record-open` {record}
 * (a linked record or a sibling), `hb:record-back`, `hb:record-gone` {record, change} (deleted),
 * `hb:record-made` {record} (duplicated), `hb:record-saved` {record} (its data).
 */
import { startMenu } from "../automation/start";
import "../../styles/record.css";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api, ApiError, Disconnected, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { allowedMoves, type Field, type RecordData, type Value } from "../fields/field";
import type { ChoiceRecord, SaveAnswer } from "../grid/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch, type Change } from "../live";
import { Refreshing } from "../refreshing";
import type { MenuItem } from "../menu/menu";
import { copyText } from "../shell/forms";
import { mergeWithAnother } from "../table/merge";
import { tableInfo, type TableInfo } from "../table/info";
import { toast, toastUndo } from "../toast/toast";
import { forgetRedo, undo } from "../undo";
import { linkChoices } from "./choices";
import { isEditable } from "./control";
import { fieldsTemplate } from "./fields";
import { askMissing } from "./missing";
import { barTemplate, nameOf, titleTemplate } from "./head";
import { RelatedState } from "./related-state";
import { relatedTemplate } from "./related";
import { Saver, toWire, type Seen } from "./saver";
import { told, type Activity } from "./activity";
import { entryTemplate } from "./timeline";
import type { Entry, History, Move, Neighbours, Panel } from "./types";

const firstEntries = 12;
const moreEntries = 40;

export class HbRecord extends HbElement {
  static override properties = {
    record: { attribute: false },
    table: { attribute: false },
    seed: { attribute: false },
    order: { attribute: false },
    neighbours: { attribute: false },
    back: { attribute: false },
    panel: { state: true },
    data: { state: true },
    entries: { state: true },
    activity: { state: true },
    nextBefore: { state: true },
    editing: { state: true },
    showAll: { state: true },
    moving: { state: true },
    refusal: { state: true },
    problem: { state: true },
    deleted: { state: true },
    gone: { state: true },
    unfolded: { state: true },
  };

  declare record: string;
  declare table: TableInfo | null;
  declare seed: RecordData | null;
  declare order: readonly { field: string; hidden?: boolean }[];
  declare neighbours: Neighbours | null;
  declare back: string | null;
  declare private panel: Panel | null;
  declare private data: RecordData | null;
  declare private entries: Entry[] | null;
  /** Runs that the record set off and their messages, told among the entries. */
  declare private activity: Activity;
  declare private nextBefore: number | null;
  declare private editing: string | null;
  declare private showAll: boolean;
  declare private moving: Move | null;
  declare private refusal: string | null;
  declare private problem: string | null;
  /** It was here and has been put into the trash. */
  declare private deleted: boolean;
  /** There is no such record, or not for this person. */
  declare private gone: boolean;
  declare private unfolded: ReadonlySet<number>;

  readonly #related = new RelatedState(() => this.requestUpdate());
  #saver: Saver = this.#newSaver();
  /** What a person saw when the edit began, to tell whether somebody else changed it meanwhile. */
  #began: Seen | null = null;
  #ask = 0;
  #stop: (() => void) | null = null;
  #refreshing: Refreshing | null = null;
  #watched = "";

  constructor() {
    super();
    this.record = "";
    this.table = null;
    this.seed = null;
    this.order = [];
    this.neighbours = null;
    this.back = null;
    this.panel = null;
    this.data = null;
    this.entries = null;
    this.activity = { runs: [], messages: [] };
    this.nextBefore = null;
    this.editing = null;
    this.showAll = false;
    this.moving = null;
    this.refusal = null;
    this.problem = null;
    this.deleted = false;
    this.gone = false;
    this.unfolded = new Set();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("hb:undone", this.#reloadSoon);
    this.#stop?.();
    this.#stop = null;
    this.#refreshing?.stop();
    this.#refreshing = null;
    this.#watched = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("hb:undone", this.#reloadSoon);
    if (this.panel) this.#watch();
  }

  /** What the record is called, for the way back to it. */
  get name(): string {
    return this.table && this.data ? nameOf(this.table, this.data) : "";
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("record") && this.record) this.#begin();
    else if (changed.has("seed") && this.seed && this.data && this.seed.id === this.data.id && this.seed.version > this.data.version) this.data = { ...this.data, ...this.seed };
  }

  #newSaver(): Saver {
    const host = this;
    return new Saver({
      get table() {
        return host.table?.id ?? "";
      },
      record: () => host.data,
      stored: (record) => {
        host.data = record;
        host.emit("hb:record-saved", { record });
        host.#reloadSoon();
      },
      changed: () => host.requestUpdate(),
    });
  }

  /** Another record: show what is known of it, ask for the rest. */
  #begin(): void {
    this.#saver = this.#newSaver();
    this.#related.clear();
    this.panel = null;
    this.entries = null;
    this.nextBefore = null;
    this.editing = null;
    this.moving = null;
    this.refusal = null;
    this.problem = null;
    this.deleted = false;
    this.gone = false;
    this.unfolded = new Set();
    this.data = this.seed?.id === this.record ? this.seed : null;
    if (!this.data) this.table = null;
    void this.#load();
    void this.#loadHistory();
  }

  async #load(): Promise<void> {
    const ask = ++this.#ask;
    const { record } = this;
    try {
      const panel = await api.get<Panel>(`/api/v1/records/${record}/panel`);
      const table = await tableInfo(panel.table);
      if (ask !== this.#ask || record !== this.record) return;
      this.panel = panel;
      this.table = table;
      // What was stored here since this was asked for is newer.
      if (!this.data || this.data.id !== panel.record.id || this.data.version <= panel.record.version) this.data = panel.record;
      this.problem = null;
      this.deleted = false;
      this.showAll = localStorage.getItem(`hb-record-all:${table.id}`) === "1";
      this.#related.show(panel, table);
      this.#watch();
    } catch (failure) {
      if (ask !== this.#ask || record !== this.record) return;
      if (failure instanceof ApiError && failure.status === 404 && this.panel) this.deleted = true;
      else if (failure instanceof ApiError || failure instanceof Disconnected) {
        this.problem = failure.message;
        this.gone = failure instanceof ApiError && failure.status === 404;
      }
      else this.problem = t("没有取到这条记录,请再试一次");
    }
  }

  async #loadActivity(): Promise<void> {
    const { record } = this;
    try {
      const activity = await api.get<Activity>(`/api/v1/records/${record}/activity`);
      if (record === this.record) this.activity = activity;
    } catch {
      // The entries tell what happened to the record; this only adds to them.
    }
  }

  async #loadHistory(before: number | null = null): Promise<void> {
    const { record } = this;
    try {
      const limit = before === null ? Math.max(firstEntries, Math.min(this.entries?.length ?? 0, 100)) : moreEntries;
      const history = await api.get<History>(`/api/v1/records/${record}/history`, { params: { limit, before } });
      if (record !== this.record) return;
      this.entries = before === null ? history.entries : [...(this.entries ?? []), ...history.entries];
      this.nextBefore = history.next_before;
      if (before === null) void this.#loadActivity();
    } catch (failure) {
      if (record === this.record && before !== null) showError(failure);
    }
  }

  /** Look again at everything: something has changed here or beside. */
  readonly #reloadSoon = debounce(() => {
    if (!this.isConnected) return;
    void this.#load();
    void this.#loadHistory();
  }, 150);

  #watch(): void {
    if (!this.panel || !this.isConnected) return;
    const tables = [...new Set([this.panel.table, ...this.panel.related.map((related) => related.table)])].sort();
    if (tables.join() === this.#watched) return;
    this.#watched = tables.join();
    this.#stop?.();
    this.#stop = watch(tables, (change) => this.#heard(change));
    this.#refreshing?.stop();
    this.#refreshing = new Refreshing(this.panel.table, () => this.requestUpdate());
  }

  #heard(change: Change): void {
    if (change.kind === "refresh") return;
    const own = change.table === this.panel?.table;
    const named = change.records.length === 0 || change.records.includes(this.record);
    if (own && change.kind === "delete" && change.records.includes(this.record)) this.deleted = true;
    else if (own ? named || this.#related.has(change.records) : true) this.#reloadSoon();
  }

  /* ---- acting ---- */

  #edit(field: Field): void {
    this.#began = this.#saver.seen(field);
    this.editing = field.id;
  }

  async #commit(field: Field, value: Value): Promise<void> {
    const began = (this.editing === field.id ? this.#began : null) ?? this.#saver.seen(field);
    this.#leave(field);
    this.refusal = null;
    const { problems } = await this.#saver.save(field, value, began);
    // A rule about another field (a state that needs it) belongs beside that one, or above all fields.
    const elsewhere = problems.find((problem) => problem.field && problem.field !== field.id);
    if (elsewhere) this.refusal = elsewhere.message;
    await this.updateComplete;
    // Whoever has gone on meanwhile is not called back.
    if (this.editing !== null || (document.activeElement && document.activeElement !== document.body)) return;
    this.querySelector<HTMLElement>(`[data-field="${CSS.escape(field.id)}"] :is(.rc-edit, input)`)?.focus({ preventScroll: true });
  }

  /** The control of a field is closed; another's, opened in the meantime, stays. */
  #leave(field: Field): void {
    if (this.editing === field.id) this.editing = null;
  }

  async #move(move: Move): Promise<void> {
    const filled = move.missing?.length ? await this.#fill(move) : {};
    if (!filled) return;
    this.moving = move;
    this.refusal = null;
    try {
      const { change, problems } = await this.#saver.saveAll({ ...filled, [move.field]: move.target });
      const done = t("已改为「{state}」", { state: move.target });
      if (problems.length) this.#explain(problems);
      else if (change && this.#mayGoBack(move)) toastUndo(done, () => void undo(change));
      else toast(done);
    } catch (failure) {
      showError(failure);
    } finally {
      this.moving = null;
    }
  }

  /** Ask for what the move wants filled; null where it was called off. What nobody can fill here, the server refuses. */
  async #fill(move: Move): Promise<Record<string, Value> | null> {
    const fields = (this.table?.fields ?? []).filter((field) => move.missing.includes(field.id));
    if (!this.data || !fields.some(isEditable)) return {};
    return askMissing({ target: move.target, label: move.label, fields, record: this.data, choices: (field, words) => this.#choices(field, words) });
  }

  /** A move can be undone where the machine has a way back; undoing obeys it like everything else. */
  #mayGoBack(move: Move): boolean {
    const field = this.table?.fields.find((one) => one.id === move.field);
    return field !== undefined && allowedMoves(field, move.target).includes(move.source);
  }

  /** Say why, and open the field that has to be filled first, if that is what is missing. */
  #explain(problems: readonly Problem[]): void {
    this.refusal = problems.map((problem) => problem.message).join(" ");
    const missing = problems.find((problem) => problem.code === "required_for_move")?.field;
    const field = this.table?.fields.find((one) => one.id === missing);
    if (!field || !isEditable(field)) return;
    this.showAll = true;
    this.#edit(field);
  }

  get #records(): string {
    return `/api/v1/tables/${this.table?.id ?? ""}/records`;
  }

  async #delete(): Promise<void> {
    const { record } = this;
    try {
      const answer = await api.delete<SaveAnswer>(this.#records, { records: [record] });
      forgetRedo();
      const { change } = answer;
      if (change) toastUndo(t("已删除 {n} 条", { n: 1 }), () => void undo(change));
      this.emit("hb:record-gone", { record, change });
    } catch (failure) {
      showError(failure);
    }
  }

  async #restore(): Promise<void> {
    try {
      await api.post(`/api/v1/tables/${this.table?.id ?? ""}/restore`, { records: [this.record] });
      this.deleted = false;
      this.#reloadSoon();
    } catch (failure) {
      showError(failure);
    }
  }

  /** A copy with all that may be copied: what is computed, unique or a state begins anew. */
  async #duplicate(): Promise<void> {
    if (!this.table || !this.data) return;
    const { fields } = this.data;
    const copied = this.table.fields.filter((field) => isEditable(field) && !field.unique && !field.options.machine);
    const body = { records: [{ fields: Object.fromEntries(copied.map((field) => [field.id, toWire(fields[field.id])])) }] };
    try {
      const answer = await api.post<{ records: { id: string }[]; change: string | null }>(this.#records, body);
      forgetRedo();
      const { change } = answer;
      if (change) toastUndo(t("已复制成一条新记录"), () => void undo(change));
      const made = answer.records[0]?.id;
      if (made) this.emit("hb:record-made", { record: made });
    } catch (failure) {
      showError(failure);
    }
  }

  async #copyLink(): Promise<void> {
    const copied = await copyText(`${location.origin}/r/${this.record}`);
    toast(copied ? t("链接已复制") : t("浏览器不允许复制,请手动选中复制"), { kind: copied ? "done" : "bad" });
  }

  #choices(field: Field, words: string): Promise<ChoiceRecord[]> {
    return linkChoices(field, words, { record: this.record });
  }

  #menu(): MenuItem[] {
    const items: MenuItem[] = [];
    if (this.panel?.can_edit && !this.deleted) {
      const { table, record } = this;
      if (table) items.push({ label: t("运行自动化…"), icon: "zap", run: () => setTimeout(() => void startMenu(this.querySelector<HTMLElement>(".rc-bar [aria-haspopup]") ?? this, table.id, [record])) });
      if (table) items.push({ label: t("和另一条记录合并…"), icon: "merge", run: () => void this.#merge(table) });
      items.push({ label: t("复制成新记录"), icon: "copy", run: () => void this.#duplicate() }, { label: t("删除记录"), icon: "trash-2", danger: true, run: () => void this.#delete() });
    }
    return items;
  }

  async #merge(table: TableInfo): Promise<void> {
    const name = this.panel ? nameOf(table, this.panel.record) : "";
    if (await mergeWithAnother(table.id, this.record, name)) document.dispatchEvent(new CustomEvent("hb:undone"));
  }

  /* ---- drawing ---- */

  #open(record: string): void {
    this.emit("hb:record-open", { record });
  }

  #bar(): TemplateResult {
    return barTemplate({
      neighbours: this.neighbours,
      back: this.back,
      menu: this.#menu(),
      step: (by) => this.emit("hb:record-step", { by }),
      goBack: () => this.emit("hb:record-back"),
      copyLink: () => void this.#copyLink(),
    });
  }

  protected override render(): TemplateResult {
    const { table, data } = this;
    if (this.problem && !this.panel) {
      return html`${this.#bar()}
        <div class="rc-none">
          <div class="notice" role="alert">${icon("circle-alert", 18)}<div>${this.problem}</div></div>
          ${this.gone
            ? html`<button type="button" class="btn" data-close-panel>${t("关闭")}</button>`
            : html`<button type="button" class="btn" @click=${() => void this.#load()}>${t("再试一次")}</button>`}
        </div>`;
    }
    if (!table || !data) return html`${this.#bar()}${skeleton()}`;
    const canEdit = this.panel?.can_edit === true && !this.deleted;
    return html`${this.#bar()}<hb-here .record=${data.id}></hb-here>
      <div class="rc-scroll">
        ${titleTemplate({
          table,
          record: data,
          entries: this.entries ?? [],
          complete: this.entries !== null && this.nextBefore === null,
          moves: this.panel?.moves ?? [],
          standing: this.panel?.standing ?? [],
          moving: this.moving,
          refusal: this.refusal,
          deleted: this.deleted,
          canEdit: this.panel?.can_edit === true,
          move: (move) => void this.#move(move),
          explain: (move) => (this.refusal = move.locked),
          restore: () => void this.#restore(),
        })}
        ${fieldsTemplate({
          table,
          record: data,
          order: this.order,
          canEdit,
          editing: this.editing,
          drafts: this.#saver.drafts,
          showAll: this.showAll,
          edit: (field) => this.#edit(field),
          commit: (field, value) => void this.#commit(field, value),
          cancel: (field) => this.#leave(field),
          keepMine: (field) => void this.#saver.keepMine(field),
          drop: (field) => this.#saver.drop(field.id),
          open: (record) => this.#open(record),
          toggleAll: () => this.#toggleAll(),
          atWork: (field) => this.#refreshing?.words(field) ?? null,
          choices: (field, words) => this.#choices(field, words),
        })}
        <hb-stock-holds .record=${this.record} .table=${table.id} .editable=${canEdit}></hb-stock-holds>
        ${this.#relatedSections(table, canEdit)} ${this.#timeline(table)}
      </div>`;
  }

  #toggleAll(): void {
    this.showAll = !this.showAll;
    if (this.table) localStorage.setItem(`hb-record-all:${this.table.id}`, this.showAll ? "1" : "0");
  }

  #relatedSections(table: TableInfo, canEdit: boolean): TemplateResult | typeof nothing {
    if (!this.panel) return nothing;
    const { panel } = this;
    return html`${panel.related.map((related) => {
      const field = table.fields.find((one) => one.id === related.field);
      const state = this.#related.of(related);
      const choose = canEdit && field && related.kind === "linked" && isEditable(field) ? () => this.#edit(field) : undefined;
      return relatedTemplate(related, panel, { ...state, canEdit, many: field?.options.many !== false, choose, open: (record) => this.#open(record), expand: () => void this.#related.expand(related, panel, table) });
    })}`;
  }

  #timeline(table: TableInfo): TemplateResult {
    const { entries } = this;
    const options = { table, unfolded: this.unfolded, unfold: (entry: number) => (this.unfolded = new Set([...this.unfolded, entry])) };
    return html`<section class="sec rc-history">
      <h3>${t("操作记录")}</h3>
      ${entries === null
        ? html`<div class="stack" aria-hidden="true"><div class="sk"></div><div class="sk"></div></div>`
        : html`<ol class="tl">${told(entries, this.activity, this.nextBefore === null, (entry) => entryTemplate(entry, options))}</ol>`}
      ${this.nextBefore !== null ? html`<button type="button" class="rc-more" @click=${() => void this.#loadHistory(this.nextBefore)}>${t("看更早的")}</button>` : nothing}
    </section>`;
  }
}

function skeleton(): TemplateResult {
  return html`<div class="rc-none" role="status" aria-label=${t("正在读取")}>
    ${[60, 90, 75, 85, 70, 40].map((width) => html`<div class="sk" style="width: ${width}%"></div>`)}
  </div>`;
}

define("hb-record", HbRecord);

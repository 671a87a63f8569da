/**
 * `<hb-record>`: one record with everything beside it, for the side panel (and a phone's whole screen).
 *
 * Set `.record` (its id), and where known `.seed` and `.table` (so that it shows at once what the grid has), `.order`
 * (the view's columns), `.neighbours`, `.back`, `.mayEdit`. Events, all bubbling: `hb:record-step` {by}, `hb:record-open` {record}
 * (a linked record or a sibling), `hb:record-back`, `hb:record-gone` {record, change} (deleted),
 * `hb:record-made` {record} (duplicated), `hb:record-saved` {record} (its data).
 */
import "../../styles/record.css";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api, ApiError, Disconnected, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { allowedMoves, choiceOf, type Field, type RecordData, type Value } from "../fields/field";
import type { ChoiceRecord } from "../grid/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch, type Change } from "../live";
import { Refreshing } from "../refreshing";
import type { MenuItem } from "../menu/menu";
import { tableInfo, type TableInfo } from "../table/info";
import { toast, toastUndo } from "../toast/toast";
import { undo } from "../undo";
import { linkChoices } from "./choices";
import { isEditable } from "./control";
import { fieldsTemplate } from "./fields";
import { HistoryState } from "./history-state";
import { askMissing } from "./missing";
import { barTemplate, nameOf, titleTemplate } from "./head";
import { RelatedState } from "./related-state";
import { relatedTemplate } from "./related";
import { Saver, type Seen } from "./saver";
import type { Move, Neighbours, Panel } from "./types";
import { copyLink, restoreRecord, wholeMenu } from "./whole";

export class HbRecord extends HbElement {
  static override properties = {
    record: { attribute: false },
    table: { attribute: false },
    seed: { attribute: false },
    order: { attribute: false },
    neighbours: { attribute: false },
    back: { attribute: false },
    mayEdit: { attribute: false },
    panel: { state: true },
    data: { state: true },
    editing: { state: true },
    showAll: { state: true },
    moving: { state: true },
    refusal: { state: true },
    problem: { state: true },
    deleted: { state: true },
    gone: { state: true },
  };

  declare record: string;
  declare table: TableInfo | null;
  declare seed: RecordData | null;
  declare order: readonly { field: string; hidden?: boolean }[];
  declare neighbours: Neighbours | null;
  declare back: string | null;
  /** Whether this person may edit the record, as far as the page knows: what shows at once can be edited at once. */
  declare mayEdit: boolean;
  declare private panel: Panel | null;
  declare private data: RecordData | null;
  declare private editing: string | null;
  declare private showAll: boolean;
  declare private moving: Move | null;
  declare private refusal: string | null;
  declare private problem: string | null;
  /** It was here and has been put into the trash. */
  declare private deleted: boolean;
  /** There is no such record, or not for this person. */
  declare private gone: boolean;

  readonly #related = new RelatedState(() => this.requestUpdate());
  readonly #history = new HistoryState(() => this.requestUpdate());
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
    this.mayEdit = false;
    this.panel = null;
    this.data = null;
    this.editing = null;
    this.showAll = false;
    this.moving = null;
    this.refusal = null;
    this.problem = null;
    this.deleted = false;
    this.gone = false;
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
    this.#history.clear(this.record);
    this.panel = null;
    this.editing = null;
    this.moving = null;
    this.refusal = null;
    this.problem = null;
    this.deleted = false;
    this.gone = false;
    this.data = this.seed?.id === this.record ? this.seed : null;
    if (!this.data) this.table = null;
    if (this.table) this.showAll = isUnfolded(this.table);
    void this.#load();
    void this.#history.load();
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
      this.showAll = isUnfolded(table);
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

  /** Look again at everything: something has changed here or beside. */
  readonly #reloadSoon = debounce(() => {
    if (!this.isConnected) return;
    void this.#load();
    void this.#history.load();
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

  /** The first state of a record that has none. The field goes up into the title, so that the keyboard has to follow. */
  async #start(field: Field, state: string): Promise<void> {
    const color = choiceOf(field, state)?.color ?? "grey";
    await this.#move({ field: field.id, source: "", target: state, label: state, color, allowed: true, locked: null, missing: [] });
    await this.updateComplete;
    if (document.activeElement && document.activeElement !== document.body) return;
    this.querySelector<HTMLElement>(".rc-title")?.focus({ preventScroll: true });
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

  #menu(): MenuItem[] {
    const { data, panel, table } = this;
    if (!panel?.can_edit || this.deleted || !table || !data) return [];
    return wholeMenu({ record: this.record, emit: (name, detail) => this.emit(name, detail) }, table, data, panel.record, () => this.querySelector<HTMLElement>(".rc-bar [aria-haspopup]") ?? this);
  }

  async #restore(table: TableInfo): Promise<void> {
    if (!(await restoreRecord(table, this.record))) return;
    this.deleted = false;
    this.#reloadSoon();
  }

  #choices(field: Field, words: string): Promise<ChoiceRecord[]> {
    return linkChoices(field, words, { record: this.record });
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
      copyLink: () => void copyLink(this.record),
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
    const canEdit = (this.panel?.can_edit ?? this.mayEdit) && !this.deleted;
    return html`${this.#bar()}<hb-here .record=${data.id}></hb-here>
      <div class="rc-scroll">
        ${titleTemplate({
          table,
          record: data,
          order: this.order,
          entries: this.#history.entries ?? [],
          complete: this.#history.complete,
          moves: this.panel?.moves ?? [],
          standing: this.panel?.standing ?? [],
          moving: this.moving,
          refusal: this.refusal,
          deleted: this.deleted,
          canEdit: this.panel?.can_edit === true,
          move: (move) => void this.#move(move),
          explain: (move) => (this.refusal = move.locked),
          restore: () => void this.#restore(table),
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
          start: this.moving ? null : (field, state) => void this.#start(field, state),
          atWork: (field) => this.#refreshing?.words(field) ?? null,
          choices: (field, words) => this.#choices(field, words),
        })}
        <hb-stock-holds .record=${this.record} .table=${table.id} .editable=${canEdit}></hb-stock-holds>
        ${this.#relatedSections(table, canEdit)} ${this.#history.timeline(table)}
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

}

/** Whether this person wants all fields of the table's records. */
function isUnfolded(table: TableInfo): boolean {
  return localStorage.getItem(`hb-record-all:${table.id}`) === "1";
}

function skeleton(): TemplateResult {
  return html`<div class="rc-none" role="status" aria-label=${t("正在读取")}>
    ${[60, 90, 75, 85, 70, 40].map((width) => html`<div class="sk" style="width: ${width}%"></div>`)}
  </div>`;
}

define("hb-record", HbRecord);

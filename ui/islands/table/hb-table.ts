/**
 * `<hb-table data-source="table-page">`: the table page's conductor. It knows the table, its views and what this person
 * changed of them; it gives the grid (or, on a phone, the list of cards) its rows and columns, opens records beside it,
 * and keeps the address true. Everything it shows is drawn by the modules beside it.
 */
import "../../styles/table.css";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { showError } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { isOpen, show } from "../floating";
import "../grid/hb-grid";
import type { HbGrid } from "../grid/hb-grid";
import type { ColumnState } from "../grid/types";
import { ApiSource, type GridPageData } from "../grid/source-api";
import type { Filter, Sort, Value } from "../fields/field";
import { formatNumber } from "../fields/format";
import { allowNewChoices } from "../fields/new-choice";
import type { HbFilter } from "../filter/hb-filter";
import { icon } from "../icons";
import { t } from "../i18n";
import { onConnection } from "../live";
import "../record/hb-record";
import { shortcutHelp } from "../shell/shortcuts";
import { goTo, readPlace } from "./address";
import { mergeRecords } from "./merge";
import { same, ViewDraft, type ViewParts } from "./draft";
import { sameColumns, toColumns } from "./columns";
import "./hb-cards";
import type { HbCards } from "./hb-cards";
import { refreshTable, rememberTable, type RowHeight, type TableInfo, type View, type ViewColumn } from "./info";
import { RecordsSide } from "./records-side";
import { GridRows, type RowList } from "./row-list";
import { openNewRecord } from "./new-record";
import { Structure, type FieldSaved, type StructureHost } from "./structure";
import { tabsTemplate } from "./tabs";
import { fillPickers, toolbarTemplate } from "./toolbar";
import { Views } from "./views";

interface PageData {
  table: TableInfo;
  view: string;
  person: { id: string; name: string };
  can_edit: boolean;
  can_build: boolean;
}

interface FieldRequest {
  action: string;
  field: string | null;
  descending?: boolean;
  anchor?: HTMLElement;
}

const phone = matchMedia("(max-width: 640px)");

export class HbTable extends HbElement {
  static override properties = {
    table: { state: true },
    viewId: { state: true },
    search: { state: true },
    searching: { state: true },
    matching: { state: true },
    live: { state: true },
    phone: { state: true },
    open: { state: true },
  };

  declare table: TableInfo;
  declare private viewId: string;
  declare private search: string;
  declare private searching: boolean;
  declare private matching: number | null;
  declare private live: boolean;
  declare private phone: boolean;
  /** The record that stands beside the table. */
  declare private open: string | null;

  #data!: PageData;
  readonly #drafts = new Map<string, ViewDraft>();
  readonly #grid = createRef<HbGrid>();
  readonly #views = new Views(this.#viewsHost());
  readonly #structure = new Structure(this.#structureHost());
  #side!: RecordsSide;
  #stop: (() => void)[] = [];
  /** What the rows on show were asked for with, to tell whether they have to be asked for again. */
  #asked = "";
  #askedRows = "";
  #reloads = 0;
  #reading = 0;
  #reloading: Promise<void> = Promise.resolve();

  constructor() {
    super();
    this.viewId = "";
    this.search = "";
    this.searching = false;
    this.matching = null;
    this.live = true;
    this.phone = phone.matches;
    this.open = null;
  }

  /* ---- life ---- */

  protected override createRenderRoot(): HTMLElement {
    const data = this.pageData<PageData>();
    if (!data) throw new Error("hb-table: its data are missing");
    this.#data = data;
    allowNewChoices(data.can_build);
    this.table = data.table;
    rememberTable(data.table);
    const wanted = readPlace().view ?? data.view;
    this.viewId = this.table.views.some((view) => view.id === wanted) ? wanted : data.view;
    return super.createRenderRoot();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#side ??= new RecordsSide(this.#sideHost());
    addEventListener("popstate", this.#popped);
    document.addEventListener("click", this.#clicked);
    document.addEventListener("keydown", this.#key);
    document.addEventListener("hb:field-saved", this.#fieldSaved);
    document.addEventListener("hb:unique-rules", this.#rulesAsked);
    const resized = () => (this.phone = phone.matches);
    phone.addEventListener("change", resized);
    this.#stop.push(() => phone.removeEventListener("change", resized), onConnection((connected) => (this.live = connected)));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("popstate", this.#popped);
    document.removeEventListener("click", this.#clicked);
    document.removeEventListener("keydown", this.#key);
    document.removeEventListener("hb:field-saved", this.#fieldSaved);
    document.removeEventListener("hb:unique-rules", this.#rulesAsked);
    for (const stop of this.#stop.splice(0)) stop();
  }

  protected override firstUpdated(): void {
    shortcutHelp.push({ keys: "Alt ↑ / Alt ↓", does: t("上一条 / 下一条记录(记录打开时)") });
    const { record } = readPlace();
    if (record) this.#side.follow(record);
    const merge = new URLSearchParams(location.search).get("merge")?.split(",").filter(Boolean) ?? [];
    if (merge.length && this.#data.can_edit) void this.#merge(merge);
  }

  /** A notice about records that may be the same leads here: they are compared at once. */
  async #merge(records: string[]): Promise<void> {
    const [first] = records;
    goTo(readPlace(), "replace"); // whoever reloads the page is not asked again
    if (await mergeRecords(this.table.id, records)) {
      await this.#grid.value?.refresh();
      await this.querySelector<HbCards>("hb-cards")?.refresh();
    } else if (first && !this.open) this.#side.open(first);
  }

  protected override updated(changed: PropertyValues): void {
    fillPickers(this, this.table, this.view);
    if (changed.has("table") || changed.has("viewId") || changed.has("search") || changed.has("phone")) this.#configure();
  }

  #viewsHost(): ConstructorParameters<typeof Views>[0] {
    const host = this;
    return {
      get table() {
        return host.table.id;
      },
      get views() {
        return host.table.views;
      },
      setViews: (views, open) => host.#setViews(views, open),
      reload: () => host.#reload(),
    };
  }

  #structureHost(): StructureHost {
    const host = this;
    return {
      get table() {
        return host.table;
      },
      get view() {
        return host.view;
      },
      get search() {
        return host.search;
      },
      get dirty() {
        return host.#draft.dirty;
      },
      change: (parts) => host.#change(parts),
      saved: (view) => host.#setViews(host.table.views.map((other) => (other.id === view.id ? view : other))),
      reload: () => host.#reload(),
      freePanel: () => host.#side.leave(),
    };
  }

  #sideHost(): ConstructorParameters<typeof RecordsSide>[0] {
    const host = this;
    return {
      get table() {
        return host.table;
      },
      get view() {
        return host.view;
      },
      get rows() {
        return host.#list();
      },
      get mayEdit() {
        return host.#data.can_edit;
      },
      opened: (record) => (host.open = record),
    };
  }

  /** The records in the order on the screen. */
  #list(): RowList | null {
    if (this.phone) return this.querySelector<HbCards>("hb-cards");
    const grid = this.#grid.value;
    return grid?.rows ? new GridRows(grid) : null;
  }

  /* ---- views ---- */

  get #draft(): ViewDraft {
    let draft = this.#drafts.get(this.viewId);
    if (!draft) {
      const base = this.table.views.find((view) => view.id === this.viewId) ?? this.table.views[0]!;
      this.#drafts.set(this.viewId, (draft = this.#draftOf(base)));
    }
    return draft;
  }

  #draftOf(view: View): ViewDraft {
    return new ViewDraft(view, (part, one, other) => (part === "columns" ? sameColumns(this.table, one as ViewColumn[], other as ViewColumn[]) : same(one, other)));
  }

  /** The view as this person sees it. */
  get view(): View {
    return this.#draft.view;
  }

  #setViews(views: View[], open?: string): void {
    this.table = { ...this.table, views };
    rememberTable(this.table);
    for (const view of views) this.#drafts.get(view.id)?.rebase(view);
    if (open) this.#openView(open);
    else if (!views.some((view) => view.id === this.viewId)) this.#openView(views[0]!.id);
    // What is being read may have been read before these were saved.
    if (this.#reading) void this.#reload();
  }

  #openView(id: string): void {
    if (id === this.viewId) return;
    this.viewId = id;
    this.search = "";
    this.searching = false;
    this.#grid.value?.toStart();
    goTo({ view: id, record: this.open }, "push");
  }

  #change(parts: Partial<ViewParts>): void {
    this.#draft.set(parts);
    this.requestUpdate();
    this.#configure();
  }

  #revert(): void {
    this.#draft.revert();
    this.requestUpdate();
    this.#configure();
  }

  #gridData(): GridPageData {
    const { view } = this;
    return {
      table: this.table,
      view: { ...view, groups: view.groups.filter((level) => level.field).map((level) => ({ field: level.field ?? null, descending: level.descending ?? false, bucket: level.bucket ?? null })) },
      search: this.search.trim() || null,
      can: { edit: this.#data.can_edit, create: this.#data.can_edit, build: this.#data.can_build },
    };
  }

  /** Give the grid what it is to show; rows are asked for again only when other rows, or another order, are wanted. */
  #configure(): void {
    const grid = this.#grid.value;
    if (!grid || this.phone) return;
    const data = this.#gridData();
    const settings = ApiSource.settings(data);
    const asked = JSON.stringify([data.view.where, data.view.sorts, data.view.groups, data.search, this.table.fields, this.viewId]);
    if (asked === this.#asked && grid.source) {
      const { source: _same, groupField: _group, ...rest } = settings;
      grid.configure(rest);
      return;
    }
    this.#asked = asked;
    // Where only the description of the columns changed, the rows stay in sight, and edits under way go on.
    const rows = JSON.stringify([data.view.where, data.view.sorts, data.view.groups, data.search, this.viewId, this.table.fields.map((field) => [field.id, field.type])]);
    grid.configure(settings, { keepRows: rows === this.#askedRows });
    this.#askedRows = rows;
  }

  readonly #searchSoon = debounce((words: string) => (this.search = words), 220);

  /* ---- the structure has changed ---- */

  readonly #schemaChanged = debounce(() => void (this.#views.ordering || this.#reload()), 150);

  /** Read the table anew; done when it, or what was asked for after it, is shown. */
  async #reload(): Promise<void> {
    let mine = (this.#reloading = this.#read());
    for (await mine; mine !== this.#reloading; await mine) mine = this.#reloading;
  }

  async #read(): Promise<void> {
    const ask = ++this.#reloads;
    this.#reading += 1;
    try {
      const table = await refreshTable(this.table.id);
      // An answer that was overtaken by a later one is older than what is shown.
      if (ask !== this.#reloads) return;
      rememberTable(table);
      this.table = table;
      for (const view of table.views) this.#drafts.get(view.id)?.rebase(view);
      if (!table.views.some((view) => view.id === this.viewId) && table.views[0]) this.#openView(table.views[0].id);
    } catch (failure) {
      showError(failure);
    } finally {
      this.#reading -= 1;
    }
  }

  readonly #fieldSaved = (event: Event) => {
    const { detail } = event as CustomEvent<FieldSaved>;
    const done = this.#structure.fieldSaved(detail);
    detail.shown?.(done);
  };

  /* ---- what the grid asks for ---- */

  #fieldAsked(event: CustomEvent<FieldRequest>): void {
    const { action, field, descending } = event.detail;
    if (field && action === "sort") this.#change({ sorts: [{ field, descending: descending ?? false }] });
    else if (field && action === "group") this.#change({ groups: [{ field, descending: false }] });
    else if (field && action === "filter") this.#filterBy(field);
    else this.#structure.ask(action, field);
  }

  /** Begin a condition on a field and show the filter. */
  #filterBy(field: string): void {
    const tool = this.querySelector<HTMLElement>('[data-pop="tb-filter"]');
    const box = document.getElementById("tb-filter");
    if (!tool || !box) return;
    // The column's menu is still closing; a popover opened now would be closed with it.
    setTimeout(() => {
      if (!isOpen(box)) show(box, tool);
      box.querySelector<HbFilter>("hb-filter")?.add(field);
    });
  }

  #openRecord(event: CustomEvent<{ record: string }>): void {
    event.preventDefault();
    this.#side.open(event.detail.record);
  }

  /** A new record: in the last line of the grid where an empty one can be stored, else in a form beside it. */
  #newRecord(event?: CustomEvent<{ fields?: Record<string, Value> }>): void {
    const needsForm = this.phone || this.table.fields.some((field) => field.required && !field.readonly && !field.default_formula && (field.default === null || field.default === undefined));
    if (!needsForm) {
      if (!event) void this.#grid.value?.addRow();
      return;
    }
    event?.preventDefault();
    this.#side.leave();
    openNewRecord(this.table, this.view.columns, event?.detail.fields ?? {}, (record) => {
      void this.#grid.value?.refresh();
      void this.querySelector<HbCards>("hb-cards")?.refresh();
      this.#side.open(record);
    });
  }

  /* ---- the page ---- */

  readonly #popped = () => {
    const place = readPlace();
    const view = place.view ?? this.#data.view;
    if (view !== this.viewId && this.table.views.some((one) => one.id === view)) this.viewId = view;
    this.#side.follow(place.record);
  };

  /** A field's settings ask for the rules that combine it with others. */
  readonly #rulesAsked = (event: Event) => this.#structure.uniqueRules((event as CustomEvent<{ field: string }>).detail.field);

  /** The menu behind the table's name stands in the server's part of the page. */
  readonly #clicked = (event: Event) => {
    const item = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-table-action]") : null;
    if (item?.dataset.tableAction) this.#structure.tableMenu(item.dataset.tableAction);
  };

  readonly #key = (event: KeyboardEvent) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.altKey && this.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      if (event.target instanceof Element && event.target.closest(".tb-pop, .tb-tablist")) return;
      event.preventDefault();
      void this.#side.step(event.key === "ArrowDown" ? 1 : -1);
    }
  };

  #counted(event: CustomEvent<{ total: number; exact: boolean }>): void {
    const { total, exact } = event.detail;
    this.matching = total;
    this.#side.refreshNeighbours();
    // Without filter and search the view's number is the table's own, which the rail shows too.
    const count = document.querySelector(".rail-i[aria-current] .n");
    if (count && exact && !this.view.where && !this.search) count.textContent = formatNumber(total);
  }

  #find(event: Event): void {
    event.preventDefault();
    this.searching = true;
    void this.updateComplete.then(() => this.querySelector<HTMLInputElement>("#tb-search")?.focus());
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult {
    const { view } = this;
    const dirty = new Set(this.table.views.filter((one) => (this.#drafts.get(one.id) ?? this.#draftOf(one)).dirty).map((one) => one.id));
    return html`${tabsTemplate({
      views: this.table.views,
      current: this.viewId,
      dirty,
      canBuild: this.#data.can_build,
      live: this.live,
      open: (one) => this.#openView(one.id),
      create: () => void this.#views.create(),
      rename: (one) => void this.#views.rename(one),
      duplicate: (one) => void this.#views.duplicate(one),
      remove: (one) => void this.#views.remove(one),
      reorder: (ids) => void this.#views.reorder(ids),
    })}
    ${toolbarTemplate({
      table: this.table,
      view,
      dirty: this.#draft.dirty,
      canEdit: this.#data.can_edit,
      canBuild: this.#data.can_build,
      phone: this.phone,
      search: this.search,
      searching: this.searching,
      matching: this.matching,
      setColumns: (columns) => this.#change({ columns }),
      setWhere: (where: Filter | null) => this.#change({ where }),
      setSorts: (sorts: Sort[]) => this.#change({ sorts }),
      setGroup: (field, descending = false, bucket = null) => this.#change({ groups: field ? [{ field, descending, ...(bucket ? { bucket } : {}) }] : [] }),
      setRowHeight: (height: RowHeight) => this.#change({ row_height: height }),
      setSearch: (words) => this.#searchSoon(words),
      openSearch: (open) => {
        this.searching = open;
        if (open) void this.updateComplete.then(() => this.querySelector<HTMLInputElement>("#tb-search")?.focus());
      },
      newField: () => this.#structure.settings(null, null),
      newRecord: () => this.#newRecord(),
      saveView: () => void this.#views.save(this.#draft).then(() => this.requestUpdate()),
      saveAs: () => void this.#views.create(this.#parts()).then((made) => made && this.#forgetDraft(view.id)),
      revert: () => this.#revert(),
    })}
    ${this.phone ? this.#cards() : this.#rows()}`;
  }

  #parts(): ViewParts {
    const { columns, where, sorts, groups, row_height } = this.view;
    return { columns, where, sorts, groups, row_height };
  }

  /** The changes live on in the new view. */
  #forgetDraft(id: string): void {
    this.#drafts.get(id)?.revert();
    this.requestUpdate();
  }

  #rows(): TemplateResult {
    return html`<hb-grid
      id="tb-grid"
      ${ref(this.#grid)}
      @hb:open-record=${this.#openRecord}
      @hb:new-record=${this.#newRecord}
      @hb:columns=${(event: CustomEvent<{ columns: ColumnState[] }>) => this.#change({ columns: toColumns(event.detail.columns, this.table.fields) })}
      @hb:field=${this.#fieldAsked}
      @hb:total=${this.#counted}
      @hb:find=${this.#find}
      @hb:schema=${() => this.#schemaChanged()}
    ></hb-grid>`;
  }

  #cards(): TemplateResult {
    return html`<hb-cards
        .table=${this.table}
        .view=${this.view}
        .search=${this.search.trim()}
        .open=${this.open}
        .canEdit=${this.#data.can_edit}
        @hb:open-record=${this.#openRecord}
        @hb:total=${this.#counted}
        @hb:schema=${() => this.#schemaChanged()}
      ></hb-cards>
      ${this.#data.can_edit
        ? html`<div class="tb-thumb"><button type="button" class="btn p w" @click=${() => this.#newRecord()}>${icon("plus")}${t("新建记录")}</button></div>`
        : nothing}`;
  }
}

define("hb-table", HbTable);

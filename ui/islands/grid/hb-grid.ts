/**
 * `<hb-grid>`: a table of records, edited in place. In a page:
 *
 *     {{ json_data("grid", {"table": …, "view": …, "can": {"edit": true, "create": true, "build": false}}) }}
 *     <hb-grid data-source="grid"></hb-grid>
 *
 * or from code: `grid.configure({ source, fields, … })`. Events, all bubbling:
 * `hb:open-record` {record, row, total} (Space, the expand button; by default the record's panel opens),
 * `hb:columns` {columns} (order, widths, hidden, summaries; the page saves them with the view),
 * `hb:field` {action, field, …} (from a head's menu: sort filter group edit insert-left insert-right delete new),
 * `hb:total` {total, exact}, `hb:checked` {ids}, `hb:find` (Ctrl-F; a page that searches prevents the default),
 * `hb:new-record` {fields} (before an empty record is stored; a page that asks first prevents the default),
 * `hb:schema` (the table's fields have changed).
 */
import "./grid.css";
import { showError } from "../api";
import { define, readJson } from "../base";
import { onConnection } from "../live";
import { shortcutHelp } from "../shell/shortcuts";
import { openPanel } from "../shell/panel";
import { t } from "../i18n";
import { isEmpty, type Field, type Sort, type Value } from "../fields/field";
import { textOf } from "../fields/format";
import { Actions } from "./actions";
import { allStates, changedStates, movedStates, visibleColumns, type Column } from "./columns";
import { CopyPaste } from "./copypaste";
import { DropFiles } from "./dropfiles";
import { Edits } from "./edits";
import type { Editor } from "./editor";
import { Footer } from "./footer";
import { Headers } from "./headers";
import { gridKeys, Keys } from "./keys";
import { InPlace } from "./in-place";
import { Layout } from "./layout";
import { Refreshing } from "../refreshing";
import { Follower } from "./follower";
import { Pointer } from "./pointer";
import { Rows } from "./rows";
import { buildScene } from "./scene";
import { Selection, type Range } from "./selection";
import { defaults, rowHeights, type GridSettings, type WholeSettings } from "./settings";
import { ApiSource, type GridPageData } from "./source-api";
import type { ColumnState, GroupInfo, GridSource, Row, RowMark } from "./types";
import { GridView } from "./view";
import { editsHost, keysHost, listen, pointerHost } from "./wiring";

export class HbGrid extends HTMLElement {
  #settings: WholeSettings = { ...defaults };

  readonly selection = new Selection();
  readonly checked = new Set<string>();
  wrap!: HTMLElement;
  input!: HTMLTextAreaElement;
  view!: GridView;
  rows!: Rows;
  edits!: Edits;
  inPlace!: InPlace;
  headers!: Headers;
  actions!: Actions;
  dropFiles!: DropFiles;
  copyPaste!: CopyPaste;
  layout = new Layout([], { row: 32, head: 36 });
  columns: Column[] = [];
  focused = false;
  #footer!: Footer;
  #follower: Follower | null = null;
  #refreshing: Refreshing | null = null;
  #announcer!: HTMLElement;
  #scene!: HTMLElement;
  #resize = new ResizeObserver(() => this.view?.schedule());
  #stop: (() => void)[] = [];

  /* ---- life ---- */

  connectedCallback(): void {
    if (!this.view) this.#build();
    this.#resize.observe(this);
    const data = readJson<GridPageData>(this.dataset.source);
    if (data && !this.#settings.source) this.configure(ApiSource.settings(data));
    else if (this.#settings.source) this.#follow();
    document.addEventListener("hb:undone", this.#undone);
    shortcutHelp.splice(0, shortcutHelp.length, ...gridKeys.map((row) => ({ keys: row.keys, does: t(row.does) })));
  }

  disconnectedCallback(): void {
    this.#resize.disconnect();
    this.#follower?.stop();
    this.#refreshing?.stop();
    for (const stop of this.#stop.splice(0)) stop();
    this.view.stop();
    document.removeEventListener("hb:undone", this.#undone);
  }

  readonly #undone = () => void this.refresh();

  #build(): void {
    const { wrap, scene, input, announcer } = buildScene(this.getAttribute("label") ?? t("记录"));
    this.wrap = wrap;
    this.input = input;
    this.#scene = scene;
    this.#announcer = announcer;
    this.replaceChildren(wrap, announcer);
    this.view = new GridView(scene, this, () => this.#scrolled());
    this.inPlace = new InPlace(this);
    this.headers = new Headers(this);
    this.#footer = new Footer(this);
    this.copyPaste = new CopyPaste(this);
    this.actions = new Actions(this);
    new Pointer(pointerHost(this), this.wrap);
    this.dropFiles = new DropFiles(this, this.wrap);
    listen(this, new Keys(keysHost(this)));
  }

  /**
   * Set what the grid shows. What is left out stays as it is; a new source starts from the first row, or, with `keepRows`,
   * is another way to the same rows, which stay in sight meanwhile.
   */
  configure(settings: Partial<GridSettings>, { keepRows = false } = {}): void {
    if (!this.view) this.#build();
    const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
    this.#settings = { ...this.#settings, ...given };
    if (settings.source) {
      const before = this.rows as Rows | undefined;
      this.rows = new Rows(settings.source, {
        onLayout: () => this.#relayout(),
        onRows: () => {
          this.#followActive();
          this.view.schedule();
        },
        onError: (failure) => showError(failure),
      });
      if (before) this.rows.inherit(before, keepRows);
      this.edits ??= new Edits(editsHost(this));
      if (this.isConnected) this.#follow();
    }
    if (settings.source) this.actions.forgetSummaries();
    this.wrap.style.setProperty("--g-row", `${rowHeights[this.#settings.rowHeight]}px`);
    this.#recolumn();
    if (settings.source || "groupField" in settings) void this.refresh(settings.source ? 0 : undefined);
    else this.#relayout();
  }

  #follow(): void {
    this.#follower?.stop();
    this.#follower = new Follower(this.source, this.rows, this);
    this.#refreshing?.stop();
    const { table } = this.source as { table?: string };
    this.#refreshing = table ? new Refreshing(table, () => this.#showWork()) : null;
    this.#stop.push(onConnection((connected) => this.classList.toggle("g-live", connected)));
  }

  /** Ask the server again; what is in sight stays until the answer comes. `delay` (milliseconds): before the sums are asked for. */
  async refresh(delay?: number): Promise<void> {
    if (!this.rows) return;
    await this.rows.reload(this.#settings.groupField !== null, this.actions.wantedSummaries());
    this.actions.summariseSoon(delay);
  }

  /* ---- what the parts ask for ---- */

  get source(): GridSource {
    return this.#settings.source;
  }
  get fields(): Field[] {
    return this.#settings.fields;
  }
  get sorts(): readonly Sort[] {
    return this.#settings.sorts;
  }
  get marked(): ReadonlySet<string> {
    return new Set(this.#settings.filtered);
  }
  /** Whether a filter or a search leaves records out. */
  get narrowed(): boolean {
    return this.#settings.filtered.length > 0 || this.#settings.searched;
  }
  get groupField(): string | null {
    return this.#settings.groupField;
  }
  /** The table whose records are shown; "" for records that are in none (a preview). */
  get table(): string {
    const { source } = this.#settings;
    return source instanceof ApiSource ? source.table : "";
  }

  get canEdit(): boolean {
    return this.#settings.canEdit;
  }
  get canCreate(): boolean {
    return this.#settings.canCreate;
  }
  get importAt(): string {
    return this.#settings.importAt;
  }
  get canBuild(): boolean {
    return this.#settings.canBuild;
  }
  get rowCount(): number {
    return this.layout.rowCount;
  }
  get bounds(): { rows: number; columns: number } {
    return { rows: this.layout.rowCount, columns: this.columns.length };
  }
  get pageRows(): number {
    return this.view.pageRows;
  }
  get editing(): boolean {
    return this.editor.open;
  }
  get typing(): boolean {
    return this.editor.typing;
  }
  get total(): number {
    return this.rows?.total ?? 0;
  }
  get exact(): boolean {
    return this.rows?.exact ?? false;
  }
  get counted(): number | null {
    if (this.checked.size) return this.checked.size;
    const { top, bottom } = this.selection.range;
    return bottom > top ? bottom - top + 1 : null;
  }
  get summaries(): ReadonlyMap<string, Value> {
    return this.actions.summaries;
  }
  get allChecked(): boolean {
    return this.checked.size > 0 && this.checked.size === this.rowCount;
  }

  row(section: number, index: number): Row | undefined {
    return this.rows?.row(section, index);
  }

  rowAt(row: number): Row | undefined {
    const place = this.layout.find(row);
    return place ? this.row(place.section, place.index) : undefined;
  }

  rowById(id: string): Row | undefined {
    return this.rows?.byId(id);
  }

  group(section: number): GroupInfo | null {
    return this.rows?.group(section) ?? null;
  }

  stale(field: string): boolean {
    return this.#refreshing?.stale(field) ?? false;
  }
  atWork(field: string): string | null {
    return this.#refreshing?.words(field) ?? null;
  }
  mark(row: Row): RowMark {
    return this.#settings.mark(row);
  }

  need(section: number, from: number, to: number): void {
    this.rows.forget(section, from - 400, to + 400);
    this.rows.need(section, from, to);
  }

  /** The active cell's field. */
  get activeField(): Field | undefined {
    return this.columns[this.selection.active.column]?.field;
  }

  get activeValue(): Value {
    return this.cellValue(this.selection.active.row, this.selection.active.column);
  }

  cellValue(row: number, column: number): Value {
    const found = this.rowAt(row);
    const field = this.columns[column]?.field;
    if (!found || !field) return null;
    const draft = found.drafts?.[field.id];
    return draft ? draft.value : found.fields[field.id];
  }

  filled(row: number, column: number): boolean | null {
    return this.rowAt(row) ? !isEmpty(this.cellValue(row, column)) : null;
  }

  /** Where the active cell stands inside the wrap. */
  cellBox(): { left: number; top: number; width: number; height: number } | null {
    const cell = this.view.cell(this.selection.active.row, this.selection.active.column);
    if (!cell) return null;
    const box = cell.getBoundingClientRect();
    const wrap = this.wrap.getBoundingClientRect();
    return { left: box.left - wrap.left, top: box.top - wrap.top, width: box.width, height: box.height - 1 };
  }

  /* ---- drawing ---- */

  /** The background has begun or ended to work on fields. */
  #showWork(): void {
    this.headers.draw();
    this.redraw();
  }

  redraw(): void {
    this.view.rowsChanged();
    this.showProblem();
  }

  repaint(): void {
    this.moved(false);
  }

  #recolumn(): void {
    this.columns = visibleColumns(this.fields, this.#settings.columns, this.#settings.primary);
    this.headers.draw();
    this.#footer.draw();
    this.#scene.setAttribute("aria-colcount", String(this.columns.length + 1));
    this.selection.clamp(this.bounds);
    this.view.columnsChanged();
  }

  #relayout(): void {
    this.layout = new Layout(this.rows?.sections() ?? [], { row: rowHeights[this.#settings.rowHeight], head: 36 });
    this.#scene.setAttribute("aria-rowcount", String(this.layout.rowCount + 1));
    this.selection.clamp(this.bounds);
    this.drawFooter();
    this.actions.drawEmpty();
    this.view.schedule();
    this.dispatchEvent(new CustomEvent("hb:total", { bubbles: true, detail: { total: this.total, exact: this.exact } }));
  }

  drawFooter(): void {
    this.#footer.draw();
  }

  #scrolled(): void {
    this.wrap.classList.toggle("g-scrolled", this.view.scroller.scrollLeft > 0);
    if (this.editor.open) this.editor.follow();
    this.#placeInput();
    this.showProblem();
  }

  /* ---- selection ---- */

  /** The record under the active cell: when rows move, the active cell moves with it. */
  #activeId: string | null = null;

  #followActive(): void {
    const { row, column } = this.selection.active;
    if (!this.#activeId || this.selection.multiple || this.rowAt(row)?.id === this.#activeId) return;
    const place = this.rows.place(this.#activeId);
    const next = place ? this.layout.rowNumber(place.section, place.index) : -1;
    if (next < 0) return;
    this.selection.set(next, column);
    this.view.paintSelection();
  }

  /** Fields that decide which records are shown, and in which order. */
  get orderFields(): ReadonlySet<string> {
    const { filtered, sorts, groupField } = this.#settings;
    return new Set([...filtered, ...sorts.map((sort) => sort.field), ...(groupField ? [groupField] : [])]);
  }

  /** The active cell or range has changed: show it, and read it out. */
  moved(reveal = true): void {
    this.selection.clamp(this.bounds);
    const { row, column } = this.selection.head;
    this.#activeId = this.rowAt(this.selection.active.row)?.id ?? null;
    if (reveal) this.view.reveal(row, column);
    this.view.paintSelection();
    this.drawFooter();
    this.#placeInput();
    this.#announce();
    this.showProblem();
  }

  #placeInput(): void {
    if (this.typing) return;
    const box = this.cellBox();
    if (box) Object.assign(this.input.style, { left: `${box.left + 8}px`, top: `${box.top + 4}px` });
  }

  #announce(): void {
    const field = this.activeField;
    if (!field) return;
    const { row, column } = this.selection.active;
    const text = textOf(field, this.activeValue) || t("空");
    this.input.setAttribute("aria-label", t("第 {row} 行,{name}:{value}", { row: row + 1, name: field.name, value: text }));
    this.input.setAttribute("aria-activedescendant", `g-${row}-${column}`);
    if (this.focused) this.#announcer.textContent = `${field.name}: ${text}`;
  }

  /** Why the active cell was refused, beside it. */
  showProblem(): void {
    this.actions.showProblem();
  }

  focusInput(): void {
    this.input.focus({ preventScroll: true });
    // A dialog that closes gives the focus back without the caret, and what is typed then goes nowhere.
    if (!this.typing) this.input.setSelectionRange(0, 0);
  }

  /** Show the first rows and columns. */
  toStart(): void {
    this.view.scroller.scrollTo(0, 0);
  }

  override focus(): void {
    this.focusInput();
  }

  /** Go to a cell. */
  select(row: number, column: number): void {
    this.selection.set(row, column);
    this.moved();
  }

  /* ---- editing ---- */

  get editor(): Editor {
    return this.inPlace.editor;
  }

  edit(how: "keep" | "replace"): void {
    this.inPlace.edit(how);
  }

  async fetchRange(range: Range): Promise<boolean> {
    return this.actions.fetchRange(range);
  }

  createRows(records: Record<string, Value>[], typecast: boolean): Promise<void> {
    return this.actions.createRows(records, typecast);
  }

  /** Make an empty record at the end (of the active cell's group) and begin to fill it. */
  addRow(): Promise<void> {
    return this.actions.addRow();
  }

  /* ---- columns ---- */

  resize(field: string, width: number, final: boolean): void {
    this.#setColumns(changedStates(this.fields, this.#settings.columns, this.#settings.primary, field, { width }), final);
  }

  move(field: string, before: string | null): void {
    this.#setColumns(movedStates(this.fields, this.#settings.columns, this.#settings.primary, field, before), true);
  }

  hide(field: string): void {
    this.#setColumns(changedStates(this.fields, this.#settings.columns, this.#settings.primary, field, { hidden: true }), true);
  }

  choose(field: string, fn: string | null): void {
    this.#setColumns(changedStates(this.fields, this.#settings.columns, this.#settings.primary, field, { summary: fn }), true);
    this.actions.summariseSoon(0);
  }

  #setColumns(columns: ColumnState[], final: boolean): void {
    this.#settings.columns = columns;
    this.#recolumn();
    if (!final) return;
    const detail = { columns: allStates(this.fields, columns, this.#settings.primary) };
    this.dispatchEvent(new CustomEvent("hb:columns", { bubbles: true, detail }));
  }

  selectColumn(column: number, extend: boolean): void {
    const last = this.layout.rowCount - 1;
    if (extend) this.selection.extend(last, column);
    else {
      this.selection.set(0, column);
      this.selection.extend(last, column);
    }
    this.focusInput();
    this.moved(false);
  }

  ask(action: string, field: Field | null, detail: Record<string, unknown> = {}): void {
    this.dispatchEvent(new CustomEvent("hb:field", { bubbles: true, detail: { action, field: field?.id ?? null, ...detail } }));
  }

  chooseSummary(field: string): void {
    this.#footer.openMenu(field);
  }

  /* ---- rows ---- */

  *allRows(): IterableIterator<Row> {
    yield* this.rows.all();
  }

  open(row: number): void {
    const record = this.rowAt(row);
    if (!record) return;
    this.selection.set(row, this.selection.active.column);
    this.moved();
    const detail = { record: record.id, row, total: this.total };
    const event = new CustomEvent("hb:open-record", { bubbles: true, cancelable: true, detail });
    if (this.dispatchEvent(event)) void openPanel(this.#settings.panelOf(record.id));
  }

  /** Records that a person has ticked have changed. */
  checksChanged(): void {
    this.wrap.classList.toggle("g-checking", this.checked.size > 0);
    this.redraw();
    this.headers.draw();
    this.drawFooter();
    this.actions.bulk.draw();
    this.dispatchEvent(new CustomEvent("hb:checked", { bubbles: true, detail: { ids: [...this.checked] } }));
  }

  checkAll(checked: boolean): void {
    this.checked.clear();
    if (checked) for (const row of this.rows.all()) this.checked.add(row.id);
    this.checksChanged();
  }

  /** The keys go to the grid, or no longer. */
  setFocused(focused: boolean): void {
    this.focused = focused;
    this.wrap.classList.toggle("g-focus", focused);
    this.view.paintSelection();
    if (focused) this.#announce();
  }
}

define("hb-grid", HbGrid);

/** What the grid does besides showing and moving: new and deleted records, menus, summaries, reasons of refusals. */
import { html, nothing, render, type TemplateResult } from "lit";
import { showError } from "../api";
import { failedTemplate } from "../failed";
import { confirmDialog } from "../dialog/dialog";
import { debounce } from "../dom";
import { isNumeric, type Field, type Value } from "../fields/field";
import { clockParts, formatNumber, fromLocal } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { startMenu } from "../automation/start";
import { openMenu, type MenuItem } from "../menu/menu";
import { toast, toastUndo } from "../toast/toast";
import { forgetRedo, undo } from "../undo";
import { said } from "../record/said";
import { mergeRecords, mostMerged } from "../table/merge";
import { Bulk } from "./bulk";
import { messageFor } from "./edits";
import type { HbGrid } from "./hb-grid";
import { pageSize } from "./rows";
import type { Range } from "./selection";
import type { Summary } from "./types";

const fetchLimit = 5_000;

/** What a record that is made in a group holds in the field that groups: of an address, its region. */
function beginning(field: Field | undefined, key: Value): Value {
  return field?.type === "location" && typeof key === "string" ? { code: key } : key;
}

export class Actions {
  readonly summaries = new Map<string, Value>();
  #why: HTMLElement | null = null;
  readonly bulk: Bulk;
  #empty: HTMLElement | null = null;
  #lastChecked = -1;

  constructor(private readonly grid: HbGrid) {
    this.bulk = new Bulk(grid, { start: (anchor, ids) => this.#start(anchor, ids), merge: (ids) => void this.#merge(ids), remove: (ids) => void this.#remove(ids) });
  }

  /** A quiet remark at the foot of the page. */
  say(message: string): void {
    toast(message, { kind: "info" });
  }

  /* ---- summaries ---- */

  wantedSummaries(): Summary[] {
    return this.grid.columns.filter((column) => column.summary).map((column) => ({ field: column.field.id, fn: column.summary! }));
  }

  readonly #summarise = debounce(() => void this.#fetchSummaries(), 600);

  summariseSoon(delay = 600): void {
    if (delay) this.#summarise();
    else void this.#fetchSummaries();
  }

  /** Other records are shown: what was summed up of the ones before says nothing about them. */
  forgetSummaries(): void {
    this.summaries.clear();
  }

  async #fetchSummaries(): Promise<void> {
    const wanted = this.wantedSummaries();
    if (!wanted.length || !this.grid.isConnected) return;
    const { source } = this.grid;
    try {
      const values = await source.summarise(wanted);
      if (source !== this.grid.source) return; // others are shown by now, and asked about
      this.summaries.clear();
      wanted.forEach((summary, index) => this.summaries.set(summary.field!, values[index] ?? null));
    } catch (failure) {
      showError(failure);
    }
    this.grid.drawFooter();
  }

  /* ---- rows ---- */

  /** Fetch the rows of a range that are not here. False (and said) if there are too many or they do not come. */
  async fetchRange(range: Range): Promise<boolean> {
    const { grid } = this;
    const missing = () => {
      for (let row = range.top; row <= range.bottom; row++) if (!grid.rowAt(row)) return row;
      return -1;
    };
    if (missing() < 0) return true;
    if (range.bottom - range.top >= fetchLimit) {
      toast(t("一次最多改 {n} 行,先用筛选缩小范围", { n: fetchLimit }), { kind: "bad" });
      return false;
    }
    const end = Date.now() + 20_000;
    for (let row = missing(); row >= 0; row = missing()) {
      const place = grid.layout.find(row);
      if (!place) return true;
      grid.rows.need(place.section, place.index, Math.min(place.index + pageSize, place.index + range.bottom - row));
      await new Promise((resolve) => setTimeout(resolve, 60));
      if (Date.now() > end) {
        toast(t("有些行没能取到,请再试一次"), { kind: "bad" });
        return false;
      }
    }
    return true;
  }

  /** Store new records and go to the first of them. */
  async createRows(records: Record<string, Value>[], typecast = false): Promise<void> {
    const { grid } = this;
    try {
      const answer = await grid.source.create(records, { typecast });
      const problems = answer.results.flatMap((result) => result.problems ?? []);
      if (problems.length) toast(t("{n} 条没有建成:{reason}", { n: answer.results.filter((result) => result.problems?.length).length, reason: problems[0]!.message }), { kind: "bad" });
      const made = answer.results.filter((result) => result.id);
      if (!made.length) return;
      forgetRedo();
      const change = answer.change;
      if (change) toastUndo(t("已新建 {n} 条", { n: made.length }), () => void undo(change));
      await grid.refresh();
    } catch (failure) {
      showError(failure);
    }
  }

  async addRow(): Promise<void> {
    const { grid } = this;
    const place = grid.layout.find(grid.selection.active.row);
    const section = place?.section ?? 0;
    const group = grid.group(section);
    const fields: Record<string, Value> = group && grid.groupField ? { [grid.groupField]: beginning(grid.fields.find((field) => field.id === grid.groupField), group.key) } : {};
    // A page with a form of its own (for tables that want fields filled first) takes over here.
    if (!grid.dispatchEvent(new CustomEvent("hb:new-record", { bubbles: true, cancelable: true, detail: { fields } }))) return;
    try {
      const answer = await grid.source.create([fields]);
      const result = answer.results[0];
      if (!result?.id) {
        const field = grid.columns[0]?.field;
        toast(field ? messageFor(field, result?.problems ?? []) : t("没有保存,请再试一次"), { kind: "bad" });
        return;
      }
      forgetRedo();
      // It may have been heard of, and read, before this answer came.
      const made = { id: result.id, version: result.version ?? 1, fields: result.fields ?? fields };
      const there = grid.rows.place(result.id) ?? { section, index: grid.rows.append(section, made) };
      const row = grid.layout.rowNumber(there.section, there.index);
      const column = grid.columns.findIndex((found) => !found.field.readonly);
      grid.select(row, Math.max(0, column));
      grid.focusInput();
      this.summariseSoon();
      if (answer.change) {
        const { change } = answer;
        toastUndo(t("已新建 {n} 条", { n: 1 }), () => void undo(change));
      }
    } catch (failure) {
      showError(failure);
    }
  }

  async #remove(ids: string[]): Promise<void> {
    if (!ids.length) return;
    if (ids.length > 1) {
      const yes = await confirmDialog({ heading: t("删除 {n} 条记录?", { n: ids.length }), text: t("会进回收站,之后可以恢复。"), action: t("删除 {n} 条", { n: ids.length }), danger: true });
      if (!yes) return;
    }
    const { grid } = this;
    try {
      const answer = await grid.source.remove(ids);
      const gone = ids.filter((_id, index) => !answer.results[index]?.problems?.length);
      const problem = answer.results.flatMap((result) => result.problems ?? [])[0];
      if (problem) toast(problem.message, { kind: "bad" });
      grid.rows.remove(gone);
      for (const id of gone) grid.checked.delete(id);
      grid.checksChanged();
      this.summariseSoon();
      forgetRedo();
      const { change } = answer;
      if (gone.length && change) toastUndo(t("已删除 {n} 条", { n: gone.length }), () => void undo(change));
    } catch (failure) {
      showError(failure);
    }
  }

  check(row: number, extend: boolean): void {
    const { grid } = this;
    const record = grid.rowAt(row);
    if (!record) return;
    const on = !grid.checked.has(record.id);
    const from = extend && this.#lastChecked >= 0 ? Math.min(this.#lastChecked, row) : row;
    const to = extend && this.#lastChecked >= 0 ? Math.max(this.#lastChecked, row) : row;
    for (let at = from; at <= to; at++) {
      const id = grid.rowAt(at)?.id;
      if (id) grid.checked[on ? "add" : "delete"](id);
    }
    this.#lastChecked = row;
    grid.checksChanged();
  }

  /** Tick the records of the range; if all are ticked, take the ticks away. */
  checkRange(): void {
    const { grid } = this;
    const ids = this.#selectedIds();
    const all = ids.every((id) => grid.checked.has(id));
    for (const id of ids) grid.checked[all ? "delete" : "add"](id);
    grid.checksChanged();
  }

  /** One record of several; the first one stays unless another is chosen. */
  async #merge(ids: readonly string[]): Promise<void> {
    const { grid } = this;
    if (!grid.table || !(await mergeRecords(grid.table, ids))) return;
    grid.checkAll(false);
    await grid.refresh();
  }

  /** Automations that can be started by hand for records. */
  #start(anchor: HTMLElement | DOMRect, ids: readonly string[]): void {
    const { table } = this.grid;
    if (table) void startMenu(anchor, table, ids.slice(0, 1000));
  }

  /* ---- menus ---- */

  #selectedIds(): string[] {
    const { grid } = this;
    const { top, bottom } = grid.selection.range;
    const ids: string[] = [];
    for (let row = top; row <= Math.min(bottom, top + 999); row++) {
      const id = grid.rowAt(row)?.id;
      if (id) ids.push(id);
    }
    return ids;
  }

  /** Set one field in the records of a range; those that have not been shown yet are fetched first. */
  async #setField(range: Range): Promise<void> {
    const { grid } = this;
    if (!(await this.fetchRange(range))) return;
    const ids: string[] = [];
    for (let row = range.top; row <= range.bottom; row++) {
      const id = grid.rowAt(row)?.id;
      if (id) ids.push(id);
    }
    await this.bulk.setField(ids);
  }

  menu(event: MouseEvent): void {
    this.#menu(new DOMRect(event.clientX, event.clientY, 0, 0));
  }

  /** The same by key, beside the active cell (`box` is the wrap's), or in the middle where that is out of sight. */
  menuAt(box: { left: number; top: number; width: number; height: number } | null): void {
    const wrap = this.grid.wrap.getBoundingClientRect();
    const { left, top, width, height } = box ?? { left: wrap.width / 2, top: wrap.height / 2, width: 0, height: 0 };
    this.#menu(new DOMRect(wrap.left + left, wrap.top + top, width, height));
  }

  #menu(at: DOMRect): void {
    const { grid } = this;
    const { row } = grid.selection.active;
    const ids = this.#selectedIds();
    const items: MenuItem[] = [
      { label: t("展开记录"), icon: "maximize-2", end: t("空格"), run: () => grid.open(row) },
      { label: t("复制"), icon: "copy", end: "Ctrl C", run: () => document.execCommand("copy") },
    ];
    if (grid.canEdit) {
      items.push(
        { label: t("编辑"), icon: "pencil", end: "F2", run: () => setTimeout(() => grid.edit("keep")) },
        { label: t("清空"), icon: "eraser", end: "Del", run: () => void grid.copyPaste.clear() },
        { label: t("向下填充"), icon: "arrow-down-to-line", end: "Ctrl D", run: () => void grid.copyPaste.fillDown() },
      );
    }
    if (grid.canCreate) items.push({ label: t("新建记录"), icon: "plus", run: () => void grid.addRow() });
    const { range } = grid.selection;
    const lines = range.bottom - range.top + 1;
    if (grid.canEdit && lines > 1) items.push({ label: t("批量修改 {n} 条…", { n: formatNumber(lines) }), icon: "square-pen", run: () => setTimeout(() => void this.#setField(range)) });
    if (grid.canEdit && grid.table && ids.length) items.push({ label: t("运行自动化…"), icon: "zap", run: () => setTimeout(() => this.#start(at, ids)) });
    if (grid.canEdit && grid.table && ids.length > 1 && ids.length <= mostMerged) items.push({ label: t("合并 {n} 条…", { n: ids.length }), icon: "merge", run: () => void this.#merge(ids) });
    if (grid.canEdit && ids.length) items.push("separator", { label: t("删除 {n} 条", { n: ids.length }), icon: "trash-2", danger: true, run: () => void this.#remove(ids) });
    grid.focusInput();
    openMenu(at, items);
  }

  /* ---- small things ---- */

  /** Ctrl+; writes today (or now) into a date. */
  today(): void {
    const { grid } = this;
    const field = grid.activeField;
    const row = grid.rowAt(grid.selection.active.row);
    if (!field || !row || !grid.canEdit || field.readonly) return;
    const now = clockParts(new Date());
    const day = `${now.year}-${now.month}-${now.day}`;
    if (field.type === "date") void grid.edits.apply([{ id: row.id, field, value: day }]);
    else if (field.type === "datetime") void grid.edits.apply([{ id: row.id, field, value: fromLocal(`${day}T${now.hour}:${now.minute}`) }]);
  }

  /** Mark the cells that the fill handle would write. */
  showFill(target: Range | null): void {
    for (const cell of this.grid.view.canvas.querySelectorAll(".fillto")) cell.classList.remove("fillto");
    if (!target) return;
    for (const row of this.grid.view.canvas.querySelectorAll<HTMLElement & { rowNumber: number }>(".g-r")) {
      if (row.rowNumber < target.top || row.rowNumber > target.bottom) continue;
      for (const cell of row.querySelectorAll<HTMLElement>("[data-c]")) {
        const column = Number(cell.dataset.c);
        if (column >= target.left && column <= target.right) cell.classList.add("fillto");
      }
    }
  }

  /** Say why the active cell was refused, and what can be done. */
  showProblem(): void {
    const { grid } = this;
    const row = grid.rowAt(grid.selection.active.row);
    const field = grid.activeField;
    const problem = row && field ? row.drafts?.[field.id]?.problem : undefined;
    const box = problem && !grid.editing ? grid.cellBox() : null;
    if (!row || !field || !problem || !box) {
      this.#why?.remove();
      this.#why = null;
      return;
    }
    if (!this.#why) {
      this.#why = document.createElement("div");
      this.#why.className = "g-why";
      this.#why.setAttribute("role", "alert");
      grid.wrap.append(this.#why);
    }
    render(
      html`<b>${said(problem)}</b>
        <div class="row">
          <button type="button" class="btn s" @click=${() => grid.edit("keep")}>${t("改这一格")}</button
          ><button type="button" class="btn s g" @click=${() => this.#drop(row.id, field.id)}>${t("恢复原值")}</button>
        </div>`,
      this.#why,
    );
    const below = box.top + box.height + 6;
    const fits = below + this.#why.offsetHeight < grid.wrap.clientHeight - 36;
    this.#why.style.top = `${fits ? below : Math.max(4, box.top - this.#why.offsetHeight - 6)}px`;
    this.#why.style.left = `${Math.max(4, Math.min(box.left, grid.wrap.clientWidth - this.#why.offsetWidth - 8))}px`;
  }

  #drop(id: string, field: string): void {
    this.grid.edits.drop(id, field);
    this.grid.focusInput();
  }

  /** The invitation where no row is. */
  drawEmpty(): void {
    const { grid } = this;
    const failure = grid.rows?.failure ?? null;
    const state = failure ? "failed" : grid.rows?.loaded === true && grid.total === 0 ? (grid.narrowed ? "filtered" : "empty") : "";
    if (state === (this.#empty?.dataset.state ?? "")) return;
    this.#empty?.remove();
    this.#empty = null;
    if (!state) return;
    this.#empty = document.createElement("div");
    this.#empty.className = "g-empty";
    this.#empty.dataset.state = state;
    render(failure ? failedTemplate(failure, () => void grid.refresh()) : this.#emptyTemplate(state === "filtered"), this.#empty);
    grid.wrap.append(this.#empty);
  }

  #emptyTemplate(filtered: boolean): TemplateResult {
    const { grid } = this;
    return html`<div class="empty">
      <h3>${filtered ? t("没有符合条件的记录") : t("还没有记录")}</h3>
      ${filtered ? html`<p>${t("换个条件,或清掉筛选看全部。")}</p>` : grid.canCreate ? html`<p>${t("新建一条,或把 Excel 里的内容粘贴进来。")}</p>` : nothing}
      <div class="wrap">
        ${grid.canCreate ? html`<button type="button" class="btn p" @click=${() => void grid.addRow()}>${icon("plus")}${t("新建记录")}</button>` : nothing}
        ${grid.importAt && !filtered ? html`<a class="btn" href=${grid.importAt}>${icon("upload")}${t("从 Excel 或 CSV 导入")}</a>` : nothing}
      </div>
    </div>`;
  }
}

/** The summary a column gets when nobody has chosen: sums for money. */
export function defaultSummary(field: Parameters<typeof isNumeric>[0]): string | null {
  return field.type === "currency" ? "sum" : null;
}

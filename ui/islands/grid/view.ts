/**
 * The part of the grid one sees: recycled row elements in one scroller, head and footer sticking to its edges, row
 * numbers and first column sticking to its left. Knows nothing of where rows come from or what keys mean.
 */
import type { Column } from "./columns";
import { columnsInSight, numberWidth, totalWidth } from "./columns";
import { alignRight, bone, fillCell, iconElement, optionElement, problemMark } from "./cells";
import type { Layout, Line } from "./layout";
import type { Selection } from "./selection";
import type { GroupInfo, Row, RowMark } from "./types";
import { textOf } from "../fields/format";
import { typeUi } from "../fields/types";
import { t } from "../i18n";

/** Browsers limit the height of an element; taller tables get a scaled scroll bar. */
const tallest = 15_000_000;
const spareRows = 8;

export interface ViewModel {
  layout: Layout;
  columns: Column[];
  selection: Selection;
  checked: ReadonlySet<string>;
  /** The element has the keyboard. */
  focused: boolean;
  /** Show the line that adds a record. */
  canCreate: boolean;
  groupField: string | null;
  row(section: number, index: number): Row | undefined;
  group(section: number): GroupInfo | null;
  mark(row: Row): RowMark;
  /** Whether a field's values may still be old ones. */
  stale(field: string): boolean;
  need(section: number, from: number, to: number): void;
}

interface RowElement extends HTMLDivElement {
  cells: Map<number, HTMLElement>;
  shown: Row | undefined | null;
  stamp: string;
  rowNumber: number;
}

export class GridView {
  readonly scroller: HTMLElement;
  readonly head: HTMLElement;
  readonly canvas: HTMLElement;
  readonly foot: HTMLElement;
  #rows = new Map<string, RowElement>();
  #heads = new Map<number, HTMLElement>();
  #pool: RowElement[] = [];
  #frame = 0;
  #columnsStamp = 0;
  #add: HTMLElement | null = null;
  #sight = { from: 1, to: 1 };

  constructor(
    host: HTMLElement,
    private readonly model: ViewModel,
    private readonly onScroll: () => void,
  ) {
    host.innerHTML = "";
    this.scroller = this.#box("g-scroll", host);
    const inner = this.#box("g-inner", this.scroller);
    this.head = this.#box("g-head", inner);
    this.head.setAttribute("role", "row");
    this.canvas = this.#box("g-canvas", inner);
    this.canvas.setAttribute("role", "rowgroup");
    this.foot = this.#box("g-foot", inner);
    this.foot.setAttribute("role", "row");
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  #box(className: string, parent: HTMLElement): HTMLElement {
    const box = document.createElement("div");
    box.className = className;
    parent.append(box);
    return box;
  }

  #scrolled(): void {
    this.schedule();
    this.onScroll();
  }

  /** Draw before the next frame. */
  schedule(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** Columns have changed: every row is to be filled anew. */
  columnsChanged(): void {
    this.#columnsStamp += 1;
    this.schedule();
  }

  /** Rows have changed in a way that their identity does not tell (selection of rows, colouring). */
  rowsChanged(): void {
    this.columnsChanged();
  }

  get #bodyHeight(): number {
    return Math.max(0, this.scroller.clientHeight - this.head.offsetHeight - this.foot.offsetHeight);
  }

  /** Scroll position → position in the layout, and back (they differ for very tall tables). */
  get #scale(): number {
    const { height } = this.model.layout;
    if (height <= tallest) return 1;
    return (height - this.#bodyHeight) / (tallest - this.#bodyHeight);
  }

  /** Pixels of the layout above the visible part. */
  get top(): number {
    return this.scroller.scrollTop * this.#scale;
  }

  draw(): void {
    const { layout, columns } = this.model;
    const height = this.#bodyHeight;
    const canvasHeight = Math.min(layout.height, tallest) + (this.model.canCreate ? layout.measures.row : 0);
    const width = numberWidth + totalWidth(columns);
    this.canvas.style.height = `${canvasHeight}px`;
    (this.canvas.parentElement as HTMLElement).style.width = `${width}px`;
    const left = this.scroller.scrollLeft;
    const frozen = columns[0]?.width ?? 0;
    this.#sight = columnsInSight(columns, left + frozen, left + this.scroller.clientWidth - numberWidth);
    const top = this.top;
    const spare = spareRows * layout.measures.row;
    const lines = layout.lines(Math.max(0, top - spare), top + height + spare);
    this.#ask(lines);
    this.#place(lines, this.scroller.scrollTop - top);
    this.#placeAdd(canvasHeight);
  }

  #ask(lines: readonly Line[]): void {
    const wanted = new Map<number, { from: number; to: number }>();
    for (const line of lines) {
      if (line.kind !== "row") continue;
      const range = wanted.get(line.section);
      if (range) range.to = line.index;
      else wanted.set(line.section, { from: line.index, to: line.index });
    }
    for (const [section, { from, to }] of wanted) this.model.need(section, from, to);
  }

  #place(lines: readonly Line[], shift: number): void {
    const keep = new Set<string>();
    const keepHeads = new Set<number>();
    for (const line of lines) {
      if (line.kind === "row") keep.add(`${line.section}:${line.index}`);
      else keepHeads.add(line.section);
    }
    for (const [key, row] of this.#rows) {
      if (keep.has(key)) continue;
      this.#rows.delete(key);
      if (this.#pool.length < 60) this.#pool.push(row);
      row.remove();
    }
    for (const [section, head] of this.#heads) {
      if (keepHeads.has(section)) continue;
      this.#heads.delete(section);
      head.remove();
    }
    for (const line of lines) {
      if (line.kind === "row") this.#placeRow(line, shift);
      else this.#placeHead(line.section, line.top + shift);
    }
  }

  #placeRow(line: Extract<Line, { kind: "row" }>, shift: number): void {
    const key = `${line.section}:${line.index}`;
    let element = this.#rows.get(key);
    if (!element) {
      element = this.#pool.pop() ?? this.#makeRow();
      element.shown = null;
      this.#rows.set(key, element);
      this.canvas.append(element);
    }
    element.style.transform = `translateY(${line.top + shift}px)`;
    element.rowNumber = line.row;
    const row = this.model.row(line.section, line.index);
    const stamp = `${this.#columnsStamp}/${this.#sight.from}/${this.#sight.to}/${line.row}`;
    if (element.shown === row && element.stamp === stamp) return;
    this.#fillRow(element, row, line.row);
    element.shown = row;
    element.stamp = stamp;
    this.#paintRow(element);
  }

  #makeRow(): RowElement {
    const row = document.createElement("div") as unknown as RowElement;
    row.className = "g-r";
    row.setAttribute("role", "row");
    row.cells = new Map();
    const number = document.createElement("div");
    number.className = "g-c g-n";
    number.setAttribute("role", "rowheader");
    number.innerHTML = `<span class="g-num"></span><input type="checkbox" class="ck g-check" tabindex="-1">`;
    number.querySelector("input")!.setAttribute("aria-label", t("选中这条记录"));
    row.append(number);
    return row;
  }

  #fillRow(element: RowElement, row: Row | undefined, number: number): void {
    const { columns, checked } = this.model;
    const mark = row ? this.model.mark(row) : null;
    element.className = `g-r${mark === "danger" ? " late" : mark === "warn" ? " rush" : ""}${row && checked.has(row.id) ? " sel" : ""}`;
    element.setAttribute("aria-rowindex", String(number + 2));
    element.dataset.record = row?.id ?? "";
    element.firstElementChild!.querySelector(".g-num")!.textContent = String(number + 1);
    element.querySelector<HTMLInputElement>(".g-check")!.checked = row ? checked.has(row.id) : false;
    const wanted = new Set<number>([0]);
    for (let index = this.#sight.from; index <= this.#sight.to; index++) wanted.add(index);
    for (const [index, cell] of element.cells) {
      if (wanted.has(index) && index < columns.length) continue;
      cell.remove();
      element.cells.delete(index);
    }
    for (const index of wanted) {
      const column = columns[index];
      if (column) this.#fillCell(element, index, column, row, number);
    }
  }

  #fillCell(element: RowElement, index: number, column: Column, row: Row | undefined, number: number): void {
    let cell = element.cells.get(index);
    if (!cell) {
      cell = document.createElement("div");
      cell.setAttribute("role", "gridcell");
      cell.dataset.c = String(index);
      element.cells.set(index, cell);
      element.append(cell);
    }
    const { field } = column;
    const draft = row?.drafts?.[field.id];
    cell.className = `g-c${index === 0 ? " g-id" : ""}${alignRight(field) ? " r" : ""}${field.readonly ? " ro" : ""}${row && this.model.stale(field.id) ? " stale" : ""}${draft ? (draft.problem ? " bad" : " saving") : ""}`;
    cell.id = `g-${number}-${index}`;
    cell.setAttribute("aria-colindex", String(index + 2));
    cell.style.width = `${column.width}px`;
    if (index > 0) cell.style.left = `${numberWidth + column.left}px`;
    else cell.style.removeProperty("left");
    if (!row) cell.replaceChildren(bone(number + index));
    else fillCell(cell, field, draft ? draft.value : row.fields[field.id], column.width - 16, Boolean(draft));
    if (draft?.problem) cell.append(problemMark(draft.problem));
    if (index === 0 && row) cell.append(this.#openButton());
  }

  #openButton(): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "icb g-open";
    button.tabIndex = -1;
    button.setAttribute("aria-label", t("展开记录"));
    button.dataset.tip = t("展开记录(空格)");
    button.append(iconElement("maximize-2", 14));
    return button;
  }

  #placeHead(section: number, top: number): void {
    let head = this.#heads.get(section);
    if (!head) {
      head = document.createElement("div");
      head.className = "g-g";
      head.setAttribute("role", "row");
      head.dataset.section = String(section);
      this.#heads.set(section, head);
      this.canvas.append(head);
    }
    head.style.transform = `translateY(${top}px)`;
    this.#fillHead(head, section);
  }

  #fillHead(head: HTMLElement, section: number): void {
    const info = this.model.group(section);
    if (!info) return;
    const { columns, groupField, layout } = this.model;
    const closed = layout.sections[section]!.closed;
    const stamp = `${info.label}/${info.count}/${closed}/${this.#columnsStamp}/${this.#sight.from}/${this.#sight.to}`;
    if (head.dataset.stamp === stamp) return;
    head.dataset.stamp = stamp;
    head.replaceChildren();
    const title = document.createElement("button");
    title.type = "button";
    title.tabIndex = -1;
    title.className = "g-gt";
    title.setAttribute("aria-expanded", String(!closed));
    const field = columns.find((column) => column.field.id === groupField)?.field;
    const label = document.createElement("span");
    if (field && ["single_select", "multi_select"].includes(field.type) && info.key !== null) label.append(optionElement(field, info.label));
    else if (field && typeof info.key === "object" && info.key !== null && typeUi(field.type)?.cell) typeUi(field.type)!.cell!(label, field, info.key, 400);
    else {
      label.className = "b cut";
      label.textContent = info.label || t("(空)");
    }
    const count = document.createElement("span");
    count.innerHTML = `<b class="m"></b> <span class="f2"></span>`;
    count.querySelector("b")!.textContent = info.count.toLocaleString();
    count.querySelector("span")!.textContent = t("条");
    title.append(iconElement(closed ? "chevron-right" : "chevron-down", 16), label, count);
    const holder = document.createElement("div");
    holder.className = "g-gh";
    holder.setAttribute("role", "gridcell");
    holder.append(title);
    head.append(holder);
    for (let index = this.#sight.from; index <= this.#sight.to; index++) {
      const column = columns[index];
      const value = column ? info.values[column.field.id] : undefined;
      if (!column || value === undefined || value === null) continue;
      const cell = document.createElement("div");
      cell.setAttribute("role", "gridcell");
      cell.className = `g-c g-agg${alignRight(column.field) ? " r" : ""}`;
      cell.style.left = `${numberWidth + column.left}px`;
      cell.style.width = `${column.width}px`;
      cell.textContent = typeof value === "number" || typeof value === "string" ? textOf(column.field, value) : "";
      head.append(cell);
    }
  }

  #placeAdd(height: number): void {
    if (!this.model.canCreate) {
      this.#add?.remove();
      this.#add = null;
      return;
    }
    if (!this.#add) {
      this.#add = document.createElement("div");
      this.#add.className = "g-addrow";
      this.#add.setAttribute("role", "row");
      this.#add.innerHTML = `<div role="gridcell"><button type="button" class="g-add" tabindex="-1"></button></div>`;
      const button = this.#add.querySelector("button")!;
      button.setAttribute("aria-label", t("新建记录"));
      button.append(iconElement("plus", 16));
      this.canvas.append(this.#add);
    }
    this.#add.style.transform = `translateY(${height - this.model.layout.measures.row}px)`;
  }

  /** Show active cell and range on the cells that are there. */
  paintSelection(): void {
    for (const element of this.#rows.values()) this.#paintRow(element);
  }

  #paintRow(element: RowElement): void {
    const { selection, focused } = this.model;
    const { top, bottom, left, right } = selection.range;
    const { row: activeRow, column: activeColumn } = selection.active;
    const row = element.rowNumber;
    const inRows = row >= top && row <= bottom;
    for (const [index, cell] of element.cells) {
      const list = cell.classList;
      const inside = inRows && index >= left && index <= right;
      const active = row === activeRow && index === activeColumn;
      list.toggle("cur", active);
      list.toggle("dim", active && !focused);
      list.toggle("in", inside && selection.multiple);
      list.toggle("in-t", inside && row === top);
      list.toggle("in-b", inside && row === bottom);
      list.toggle("in-l", inside && index === left);
      list.toggle("in-r", inside && index === right);
      list.toggle("knob", inside && row === bottom && index === right);
    }
  }

  /** The element of a cell, if it is in sight. */
  cell(row: number, column: number): HTMLElement | undefined {
    for (const element of this.#rows.values()) if (element.rowNumber === row) return element.cells.get(column);
    return undefined;
  }

  /** Let the cells of a record flash, because somebody else changed them. */
  flash(record: string, fields: ReadonlySet<string>): void {
    for (const element of this.#rows.values()) {
      if (element.dataset.record !== record) continue;
      for (const [index, cell] of element.cells) {
        if (!fields.has(this.model.columns[index]?.field.id ?? "")) continue;
        cell.classList.remove("flash");
        void cell.offsetWidth;
        cell.classList.add("flash");
      }
    }
  }

  /** Scroll so that a cell can be seen. */
  reveal(row: number, column: number): void {
    const { layout, columns } = this.model;
    const rowHeight = layout.measures.row;
    const top = layout.topOfRow(row);
    const height = this.#bodyHeight;
    if (top < this.top) this.scroller.scrollTop = top / this.#scale;
    else if (top + rowHeight > this.top + height) this.scroller.scrollTop = Math.ceil((top + rowHeight - height) / this.#scale);
    const found = columns[column];
    if (column === 0 || !found) return;
    const frozen = columns[0]!.width;
    const room = this.scroller.clientWidth - numberWidth - frozen;
    const start = found.left - frozen;
    const left = this.scroller.scrollLeft;
    if (start < left) this.scroller.scrollLeft = start;
    else if (start + found.width > left + room) this.scroller.scrollLeft = Math.min(start, start + found.width - room);
  }

  /** The cell at a point of the window, also beyond the edges (for dragging). */
  cellAt(x: number, y: number): { row: number; column: number } {
    const box = this.canvas.getBoundingClientRect();
    const shift = this.scroller.scrollTop - this.top;
    const row = this.model.layout.rowAt(y - box.top - shift);
    const view = this.scroller.getBoundingClientRect();
    const { columns } = this.model;
    const fromEdge = x - view.left - numberWidth;
    if (fromEdge < (columns[0]?.width ?? 0)) return { row, column: 0 };
    const inside = x - box.left - numberWidth;
    let column = columns.findIndex((found) => inside < found.left + found.width);
    if (column < 0) column = columns.length - 1;
    return { row, column: Math.max(0, column) };
  }

  /** How many rows one sees at once. */
  get pageRows(): number {
    return Math.max(1, Math.floor(this.#bodyHeight / this.model.layout.measures.row) - 1);
  }
}

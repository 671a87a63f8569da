/** Mouse and touch: choosing cells and rows, dragging a range, the fill handle. */
import { isCommand } from "../dom";
import type { Range, Selection } from "./selection";
import type { GridView } from "./view";

export interface PointerHost {
  readonly view: GridView;
  readonly selection: Selection;
  readonly bounds: { rows: number; columns: number };
  readonly canEdit: boolean;
  moved(): void;
  focusInput(): void;
  /** Finish an edit that is open; the click goes on. */
  finishEdit(): void;
  edit(): void;
  toggleCheckbox(): boolean;
  check(row: number, extend: boolean): void;
  open(row: number): void;
  toggleGroup(section: number): void;
  add(): void;
  menu(event: MouseEvent): void;
  fill(source: Range, target: Range): void;
  showFill(target: Range | null): void;
}

const edgeZone = 28;

export class Pointer {
  #scrolling = 0;
  /** The press began on a tick box; the cell may be drawn anew (and the box be another) before the click comes. */
  #onBox = false;

  constructor(
    private readonly host: PointerHost,
    wrap: HTMLElement,
  ) {
    const { canvas } = host.view;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("click", (event) => this.#click(event));
    canvas.addEventListener("dblclick", (event) => this.#double(event));
    wrap.addEventListener("contextmenu", (event) => this.#context(event));
  }

  #target(event: Event): { cell: HTMLElement | null; row: number } {
    const element = event.target instanceof Element ? event.target : null;
    const row = element?.closest<HTMLElement & { rowNumber: number }>(".g-r");
    return { cell: element?.closest<HTMLElement>(".g-c") ?? null, row: row?.rowNumber ?? -1 };
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    const target = event.target as Element;
    this.#onBox = target.closest(".g-c > .ck") !== null;
    if (target.closest(".g-open, .g-check, .g-gt, .g-add, a.g-link")) return;
    const { cell, row } = this.#target(event);
    if (!cell || row < 0) return;
    // Touch scrolls; it chooses by the click that follows.
    if (event.pointerType === "touch") return;
    event.preventDefault();
    this.host.finishEdit();
    const onKnob = cell.classList.contains("knob") && this.#nearCorner(event, cell);
    if (onKnob && this.host.canEdit) return this.#dragFill(event);
    const column = cell.dataset.c === undefined ? -1 : Number(cell.dataset.c);
    const { selection, bounds } = this.host;
    if (column < 0) selection.selectRange({ top: row, bottom: row, left: 0, right: bounds.columns - 1 });
    else if (event.shiftKey) selection.extend(row, column);
    else selection.set(row, column);
    this.host.focusInput();
    this.host.moved();
    this.#drag(event, (at) => {
      selection.extend(at.row, column < 0 ? bounds.columns - 1 : at.column);
      this.host.moved();
    });
  }

  #nearCorner(event: PointerEvent, cell: HTMLElement): boolean {
    const box = cell.getBoundingClientRect();
    return event.clientX > box.right - 10 && event.clientY > box.bottom - 10;
  }

  /** Follow the pointer over cells, scrolling at the edges, until it is let go. */
  #drag(start: PointerEvent, over: (at: { row: number; column: number }) => void, done: () => void = () => {}): void {
    const { view } = this.host;
    let last = { x: start.clientX, y: start.clientY };
    let seen = "";
    const look = () => {
      const at = view.cellAt(last.x, last.y);
      const key = `${at.row}/${at.column}`;
      if (key === seen || at.row < 0) return;
      seen = key;
      over(at);
    };
    seen = (() => {
      const at = view.cellAt(last.x, last.y);
      return `${at.row}/${at.column}`;
    })();
    const move = (event: PointerEvent) => {
      last = { x: event.clientX, y: event.clientY };
      look();
    };
    const glide = () => {
      const box = view.scroller.getBoundingClientRect();
      const by = (position: number, low: number, high: number) =>
        position < low + edgeZone ? Math.max(-24, position - low - edgeZone) : position > high - edgeZone ? Math.min(24, position - high + edgeZone) : 0;
      const y = by(last.y, box.top + 34, box.bottom - 36);
      const x = by(last.x, box.left, box.right);
      if (x || y) {
        view.scroller.scrollBy(x, y);
        look();
      }
      this.#scrolling = requestAnimationFrame(glide);
    };
    const up = () => {
      cancelAnimationFrame(this.#scrolling);
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", up);
      done();
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    addEventListener("pointercancel", up);
    this.#scrolling = requestAnimationFrame(glide);
  }

  #dragFill(event: PointerEvent): void {
    const source = this.host.selection.range;
    let target: Range | null = null;
    this.#drag(
      event,
      (at) => {
        target = fillTarget(source, at);
        this.host.showFill(target);
      },
      () => {
        this.host.showFill(null);
        if (target) this.host.fill(source, target);
      },
    );
  }

  #click(event: MouseEvent): void {
    const target = event.target as Element;
    const { cell, row } = this.#target(event);
    const group = target.closest<HTMLElement>(".g-gt");
    if (group) return this.host.toggleGroup(Number(group.closest<HTMLElement>(".g-g")!.dataset.section));
    if (target.closest(".g-add")) return this.host.add();
    if (row < 0) return;
    if (target.closest(".g-open")) return this.host.open(row);
    if (target.closest(".g-check")) return this.host.check(row, event.shiftKey);
    if (!cell || cell.dataset.c === undefined) return;
    const touch = (event as PointerEvent).pointerType === "touch";
    if (touch) this.#tap(row, Number(cell.dataset.c));
    if (this.#onBox && !event.shiftKey && !isCommand(event)) this.host.toggleCheckbox();
  }

  /** A first tap chooses a cell, a second one edits it. */
  #tap(row: number, column: number): void {
    const { selection } = this.host;
    const again = selection.active.row === row && selection.active.column === column && !selection.multiple;
    this.host.finishEdit();
    selection.set(row, column);
    this.host.moved();
    if (again) this.host.edit();
  }

  #double(event: MouseEvent): void {
    const { cell, row } = this.#target(event);
    if (!cell || row < 0) return;
    if (cell.dataset.c === undefined) this.host.open(row);
    else if (!(event.target as Element).closest(".ck, .g-open")) this.host.edit();
  }

  #context(event: MouseEvent): void {
    const { cell, row } = this.#target(event);
    if (!cell || row < 0) return;
    event.preventDefault();
    const column = cell.dataset.c === undefined ? 0 : Number(cell.dataset.c);
    const { selection } = this.host;
    if (!selection.has(row, column)) selection.set(row, column);
    this.host.moved();
    this.host.menu(event);
  }
}

/** Where the fill handle writes: the stretch beyond the source in the direction dragged farthest; null inside it. */
export function fillTarget(source: Range, at: { row: number; column: number }): Range | null {
  const down = at.row - source.bottom;
  const up = source.top - at.row;
  const right = at.column - source.right;
  const left = source.left - at.column;
  const farthest = Math.max(down, up, right, left);
  if (farthest <= 0) return null;
  if (farthest === down) return { ...source, top: source.bottom + 1, bottom: at.row };
  if (farthest === up) return { ...source, top: at.row, bottom: source.top - 1 };
  if (farthest === right) return { ...source, left: source.right + 1, right: at.column };
  return { ...source, left: at.column, right: source.left - 1 };
}

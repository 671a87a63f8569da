/** The active cell and the range around it, and how keys move them. Pure: rows and columns are numbers. */

export interface Cell {
  row: number;
  column: number;
}

export interface Range {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export interface Bounds {
  rows: number;
  columns: number;
}

export class Selection {
  /** Where typing goes; always inside the range. */
  active: Cell = { row: 0, column: 0 };
  /** Two opposite corners of the range: where it began, and the end that moves. */
  anchor: Cell = { row: 0, column: 0 };
  head: Cell = { row: 0, column: 0 };

  get range(): Range {
    return {
      top: Math.min(this.anchor.row, this.head.row),
      bottom: Math.max(this.anchor.row, this.head.row),
      left: Math.min(this.anchor.column, this.head.column),
      right: Math.max(this.anchor.column, this.head.column),
    };
  }

  /** More than one cell. */
  get multiple(): boolean {
    return this.anchor.row !== this.head.row || this.anchor.column !== this.head.column;
  }

  has(row: number, column: number): boolean {
    const { top, bottom, left, right } = this.range;
    return row >= top && row <= bottom && column >= left && column <= right;
  }

  set(row: number, column: number): void {
    this.active = this.anchor = this.head = { row, column };
  }

  extend(row: number, column: number): void {
    this.head = { row, column };
  }

  selectRange(range: Range): void {
    this.active = this.anchor = { row: range.top, column: range.left };
    this.head = { row: range.bottom, column: range.right };
  }

  /** Stay inside the grid after it has changed. */
  clamp(bounds: Bounds): void {
    const fit = (cell: Cell) => ({
      row: Math.max(0, Math.min(bounds.rows - 1, cell.row)),
      column: Math.max(0, Math.min(bounds.columns - 1, cell.column)),
    });
    this.active = fit(this.active);
    this.anchor = fit(this.anchor);
    this.head = fit(this.head);
  }

  /** Move by rows and columns; with `extend` the range's end moves instead. */
  move(rows: number, columns: number, bounds: Bounds, extend = false): void {
    const from = extend ? this.head : this.active;
    const row = Math.max(0, Math.min(bounds.rows - 1, from.row + rows));
    const column = Math.max(0, Math.min(bounds.columns - 1, from.column + columns));
    if (extend) this.extend(row, column);
    else this.set(row, column);
  }

  /**
   * Tab and Enter: to the next cell; within a range they go round inside it, else Tab goes on to the next row at the end.
   */
  step(direction: "right" | "left" | "down" | "up", bounds: Bounds): void {
    if (this.multiple) return this.#stepInside(direction);
    const { row, column } = this.active;
    if (direction === "down" || direction === "up") return this.move(direction === "down" ? 1 : -1, 0, bounds);
    const next = column + (direction === "right" ? 1 : -1);
    if (next >= bounds.columns && row + 1 < bounds.rows) this.set(row + 1, 0);
    else if (next < 0 && row > 0) this.set(row - 1, bounds.columns - 1);
    else this.move(0, direction === "right" ? 1 : -1, bounds);
  }

  #stepInside(direction: "right" | "left" | "down" | "up"): void {
    const range = this.range;
    const rows = range.bottom - range.top + 1;
    const columns = range.right - range.left + 1;
    const along = direction === "right" || direction === "left";
    const by = direction === "right" || direction === "down" ? 1 : -1;
    const row = this.active.row - range.top;
    const column = this.active.column - range.left;
    const size = rows * columns;
    const place = (along ? row * columns + column : column * rows + row) + by;
    const next = (place + size) % size;
    const [r, c] = along ? [Math.floor(next / columns), next % columns] : [next % rows, Math.floor(next / rows)];
    this.active = { row: range.top + r!, column: range.left + c! };
  }
}

/**
 * Where Ctrl+arrow leads, as in Excel: from a filled cell to the last filled one before a gap, from an empty cell (or one
 * before a gap) to the next filled one, else to the edge. `filled` is null where a row has not been fetched.
 */
export function edge(from: number, by: 1 | -1, count: number, filled: (index: number) => boolean | null): number {
  const end = by > 0 ? count - 1 : 0;
  const inside = (index: number) => index >= 0 && index < count;
  let index = from + by;
  if (!inside(index)) return from;
  const start = filled(from) === true && filled(index) === true;
  for (; inside(index); index += by) {
    const here = filled(index);
    if (here === null) return end;
    if (start && !here) return index - by;
    if (!start && here) return index;
  }
  return end;
}

/**
 * Where lines stand: pure arithmetic over sections (groups) of rows, so that a position in the scroll area is found by
 * binary search whether there are a hundred rows or a million.
 *
 * A *line* is what one sees: a group's head, or a row. A *row number* counts rows alone, over all open groups.
 */

export interface Section {
  /** Rows in it. */
  count: number;
  /** Rows are hidden below the head. */
  closed: boolean;
  /** It has a head. */
  head: boolean;
}

export interface Measures {
  row: number;
  head: number;
}

export type Line = { kind: "head"; section: number; top: number } | { kind: "row"; section: number; index: number; row: number; top: number };

export class Layout {
  readonly #tops: number[] = [];
  readonly #firstRows: number[] = [];
  readonly height: number;
  readonly rowCount: number;

  constructor(
    readonly sections: readonly Section[],
    readonly measures: Measures,
  ) {
    let top = 0;
    let rows = 0;
    for (const section of sections) {
      this.#tops.push(top);
      this.#firstRows.push(rows);
      top += section.head ? measures.head : 0;
      if (section.closed) continue;
      top += section.count * measures.row;
      rows += section.count;
    }
    this.height = top;
    this.rowCount = rows;
  }

  #last(starts: readonly number[], value: number): number {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Section and index of a row number; null outside. */
  find(row: number): { section: number; index: number } | null {
    if (row < 0 || row >= this.rowCount) return null;
    let section = this.#last(this.#firstRows, row);
    // Closed and empty sections share the first row number of what follows them.
    while (section > 0 && this.#rowsOf(section) === 0) section -= 1;
    return { section, index: row - this.#firstRows[section]! };
  }

  #rowsOf(section: number): number {
    const found = this.sections[section]!;
    return found.closed ? 0 : found.count;
  }

  /** Row number of a row of a section; -1 if the section is closed. */
  rowNumber(section: number, index: number): number {
    const found = this.sections[section];
    return !found || found.closed || index >= found.count ? -1 : this.#firstRows[section]! + index;
  }

  /** Pixels from the top to a row. */
  topOfRow(row: number): number {
    const place = this.find(row);
    if (!place) return row < 0 ? 0 : this.height;
    return this.#topOf(place.section, place.index);
  }

  #topOf(section: number, index: number): number {
    const head = this.sections[section]!.head ? this.measures.head : 0;
    return this.#tops[section]! + head + index * this.measures.row;
  }

  /** The row at a height, the nearest one if there is none; -1 without rows. */
  rowAt(y: number): number {
    if (!this.rowCount) return -1;
    const section = this.#last(this.#tops, Math.max(0, y));
    const inside = Math.floor((y - this.#topOf(section, 0)) / this.measures.row);
    const rows = this.#rowsOf(section);
    const row = this.#firstRows[section]! + (rows ? Math.max(0, Math.min(rows - 1, inside)) : 0);
    return Math.max(0, Math.min(this.rowCount - 1, row));
  }

  /** Every line that touches the stretch from `top` to `bottom`, in order. */
  lines(top: number, bottom: number): Line[] {
    const found: Line[] = [];
    if (!this.sections.length) return found;
    for (let section = this.#last(this.#tops, Math.max(0, top)); section < this.sections.length; section++) {
      const { head, closed, count } = this.sections[section]!;
      const start = this.#tops[section]!;
      if (start >= bottom) break;
      if (head && start + this.measures.head > top) found.push({ kind: "head", section, top: start });
      if (closed) continue;
      const first = Math.max(0, Math.floor((top - this.#topOf(section, 0)) / this.measures.row));
      for (let index = first; index < count; index++) {
        const at = this.#topOf(section, index);
        if (at >= bottom) break;
        found.push({ kind: "row", section, index, row: this.#firstRows[section]! + index, top: at });
      }
    }
    return found;
  }
}

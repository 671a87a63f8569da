/** The records in the order one sees them, whether a grid or a phone's cards show them. */
import type { RecordData } from "../fields/field";
import type { HbGrid } from "../grid/hb-grid";

export interface RowList {
  readonly total: number;
  readonly exact: boolean;
  /** Place of a record that is here; -1 otherwise. */
  indexOf(id: string): number;
  byId(id: string): RecordData | undefined;
  /** The record at a place, fetched if need be; null if there is none. */
  at(index: number): Promise<RecordData | null>;
  /** Show where the record at a place stands. */
  reveal(index: number): void;
  /** A record has been stored, or is gone. */
  stored(record: RecordData): void;
  gone(id: string): void;
}

/** The grid's rows. */
export class GridRows implements RowList {
  constructor(private readonly grid: HbGrid) {}

  get total(): number {
    return this.grid.rowCount;
  }

  get exact(): boolean {
    return this.grid.exact;
  }

  indexOf(id: string): number {
    const place = this.grid.rows?.place(id);
    return place ? this.grid.layout.rowNumber(place.section, place.index) : -1;
  }

  byId(id: string): RecordData | undefined {
    return this.grid.rows?.byId(id);
  }

  async at(index: number): Promise<RecordData | null> {
    if (index < 0 || index >= this.total) return null;
    if (!this.grid.rowAt(index)) await this.grid.fetchRange({ top: index, bottom: index, left: 0, right: 0 });
    return this.grid.rowAt(index) ?? null;
  }

  reveal(index: number): void {
    this.grid.select(index, this.grid.selection.active.column);
  }

  stored(record: RecordData): void {
    if (this.grid.rows?.update(record)) this.grid.redraw();
  }

  gone(id: string): void {
    this.grid.rows?.remove([id]);
  }
}

/**
 * The record beside the table: opening, closing, going on to the next one, and from it to linked ones, all in the page's
 * address, so that the back button takes back and a reload shows the same.
 */
import type { RecordData } from "../fields/field";
import type { HbGrid } from "../grid/hb-grid";
import type { HbPanel } from "../shell/panel";
import type { HbRecord } from "../record/hb-record";
import type { Neighbours } from "../record/types";
import { goTo, readPlace } from "./address";
import type { TableInfo, View } from "./info";

export interface SideHost {
  readonly table: TableInfo;
  readonly view: View;
  readonly grid: HbGrid | null;
  /** Which record is open has changed. */
  opened(record: string | null): void;
}

interface Step {
  record: string;
  name: string;
}

export class RecordsSide {
  #element: HbRecord | null = null;
  #record: string | null = null;
  /** Records one came through by links, the last one first to go back to. */
  #trail: Step[] = [];

  constructor(private readonly host: SideHost) {
    document.addEventListener("hb:panel-close", () => this.#closed());
  }

  get record(): string | null {
    return this.#record;
  }

  get #panel(): HbPanel | null {
    return document.querySelector<HbPanel>("hb-panel");
  }

  /** Open a record of the table. */
  open(record: string): void {
    if (record === this.#record && this.#element?.isConnected) return this.focus();
    this.#trail = [];
    goTo({ view: readPlace().view, record }, this.#record ? "replace" : "push");
    this.#show(record);
    this.focus();
  }

  /** Open a record that the one on show is linked with. */
  #openBeside(record: string): void {
    if (!this.#record || record === this.#record) return;
    this.#trail.push({ record: this.#record, name: this.#element?.name ?? "" });
    goTo({ view: readPlace().view, record }, "push");
    this.#show(record);
    this.focus();
  }

  /** Do what the address says (back, forward, reload). */
  follow(record: string | null): void {
    if (record === this.#record) return;
    if (!record) {
      this.#record = null;
      this.#panel?.close();
      this.host.opened(null);
      return;
    }
    if (this.#trail.at(-1)?.record === record) this.#trail.pop();
    else this.#trail = [];
    this.#show(record);
  }

  /** Give the panel to something else (a field's settings); the record's address goes. */
  leave(): void {
    if (!this.#record) return;
    this.#forget();
  }

  #closed(): void {
    if (this.#record) this.#forget();
  }

  #forget(): void {
    this.#record = null;
    this.#trail = [];
    goTo({ view: readPlace().view, record: null }, "push");
    this.host.opened(null);
  }

  #show(record: string): void {
    const panel = this.#panel;
    if (!panel) return;
    this.#record = record;
    const element = (this.#element ??= this.#make());
    const own = this.host.grid?.rows?.byId(record);
    element.seed = own ? plainRecord(own) : null;
    if (own) element.table = this.host.table;
    element.order = this.host.view.columns;
    element.back = this.#trail.at(-1)?.name ?? null;
    element.record = record;
    element.neighbours = this.#neighbours();
    if (!element.isConnected) panel.body.replaceChildren(element);
    this.host.opened(record);
  }

  #make(): HbRecord {
    const element = document.createElement("hb-record") as HbRecord;
    element.addEventListener("hb:record-step", (event) => void this.step((event as CustomEvent<{ by: 1 | -1 }>).detail.by));
    element.addEventListener("hb:record-open", (event) => this.#openBeside((event as CustomEvent<{ record: string }>).detail.record));
    element.addEventListener("hb:record-back", () => history.back());
    element.addEventListener("hb:record-made", (event) => this.open((event as CustomEvent<{ record: string }>).detail.record));
    element.addEventListener("hb:record-gone", (event) => void this.#gone((event as CustomEvent<{ record: string }>).detail.record));
    element.addEventListener("hb:record-saved", (event) => this.#saved((event as CustomEvent<{ record: RecordData }>).detail.record));
    return element;
  }

  /** Put the keyboard into the panel. */
  focus(): void {
    void this.#element?.updateComplete.then(() => {
      const title = this.#element?.querySelector<HTMLElement>(".rc-title") ?? this.#element?.querySelector<HTMLElement>("button");
      title?.focus({ preventScroll: true });
    });
  }

  #row(record: string): number {
    const grid = this.host.grid;
    const place = grid?.rows?.place(record);
    return grid && place ? grid.layout.rowNumber(place.section, place.index) : -1;
  }

  #neighbours(): Neighbours | null {
    const { grid } = this.host;
    if (!grid?.rows || !this.#record) return null;
    const index = this.#row(this.#record);
    const total = grid.rowCount;
    return { index, total, exact: grid.exact, previous: index > 0, next: index >= 0 && index < total - 1 };
  }

  /** The grid's rows have moved or come: tell the panel where its record stands now. */
  refreshNeighbours(): void {
    if (this.#element && this.#record) {
      this.#element.neighbours = this.#neighbours();
      const own = this.host.grid?.rows?.byId(this.#record);
      if (own) this.#element.seed = plainRecord(own);
    }
  }

  /** Go on to the next or previous record of the grid. */
  async step(by: 1 | -1): Promise<void> {
    const { grid } = this.host;
    if (!grid || !this.#record) return;
    const row = this.#row(this.#record) + by;
    if (row < 0 || row >= grid.rowCount) return;
    if (!grid.rowAt(row) && !(await grid.fetchRange({ top: row, bottom: row, left: 0, right: 0 }))) return;
    const next = grid.rowAt(row);
    if (!next) return;
    grid.select(row, grid.selection.active.column);
    this.open(next.id);
  }

  #saved(record: RecordData): void {
    const { grid } = this.host;
    if (grid?.rows?.update(record)) grid.redraw();
  }

  /** Deleted: go on to the next one, or close. */
  async #gone(record: string): Promise<void> {
    const { grid } = this.host;
    const row = this.#row(record);
    grid?.rows?.remove([record]);
    if (this.#trail.length) return history.back();
    const next = row >= 0 ? (grid?.rowAt(row) ?? grid?.rowAt(row - 1)) : undefined;
    if (next) this.open(next.id);
    else this.#panel?.close();
  }
}

function plainRecord(row: RecordData): RecordData {
  const { id, version, fields, created_at, updated_at } = row;
  return { id, version, fields, created_at: created_at ?? null, updated_at: updated_at ?? null };
}

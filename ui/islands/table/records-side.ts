/**
 * The record beside the table: opening, closing, going on to the next one, and from it to linked ones, all in the page's
 * address, so that the back button takes back and a reload shows the same.
 */
import type { RecordData } from "../fields/field";
import type { HbPanel } from "../shell/panel";
import type { HbRecord } from "../record/hb-record";
import type { Neighbours } from "../record/types";
import { goTo, readPlace } from "./address";
import type { TableInfo, View } from "./info";
import type { RowList } from "./row-list";

export interface SideHost {
  readonly table: TableInfo;
  readonly view: View;
  readonly rows: RowList | null;
  /** Whether this person may edit the table's records. */
  readonly mayEdit: boolean;
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
    const own = this.host.rows?.byId(record);
    element.seed = own ? plainRecord(own) : null;
    if (own) element.table = this.host.table;
    // Of another table's record nobody knows before its panel is there.
    element.mayEdit = own !== undefined && this.host.mayEdit;
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
    element.addEventListener("hb:record-saved", (event) => this.host.rows?.stored((event as CustomEvent<{ record: RecordData }>).detail.record));
    return element;
  }

  /** Put the keyboard into the panel. */
  focus(): void {
    void this.#element?.updateComplete.then(() => {
      const title = this.#element?.querySelector<HTMLElement>(".rc-title") ?? this.#element?.querySelector<HTMLElement>("button");
      title?.focus({ preventScroll: true });
    });
  }

  #neighbours(): Neighbours | null {
    const { rows } = this.host;
    if (!rows || !this.#record) return null;
    const index = rows.indexOf(this.#record);
    const { total, exact } = rows;
    return { index, total, exact, previous: index > 0, next: index >= 0 && index < total - 1 };
  }

  /** The rows have moved or come: tell the panel where its record stands now. */
  refreshNeighbours(): void {
    if (!this.#element || !this.#record) return;
    this.#element.neighbours = this.#neighbours();
    const own = this.host.rows?.byId(this.#record);
    if (own) this.#element.seed = plainRecord(own);
  }

  /** Go on to the next or previous record of the table. */
  async step(by: 1 | -1): Promise<void> {
    const { rows } = this.host;
    const from = this.#record && rows ? rows.indexOf(this.#record) : -1;
    if (!rows || from < 0) return;
    const next = await rows.at(from + by);
    if (!next) return;
    rows.reveal(from + by);
    this.open(next.id);
  }

  /** Deleted: go on to the next one, or close. */
  async #gone(record: string): Promise<void> {
    const { rows } = this.host;
    const index = rows?.indexOf(record) ?? -1;
    rows?.gone(record);
    if (this.#trail.length) return history.back();
    const next = rows && index >= 0 ? ((await rows.at(index)) ?? (await rows.at(index - 1))) : null;
    if (next) this.open(next.id);
    else this.#panel?.close();
  }
}

function plainRecord(row: RecordData): RecordData {
  const { id, version, fields, created_at, updated_at } = row;
  return { id, version, fields, created_at: created_at ?? null, updated_at: updated_at ?? null };
}

/** Keeps the grid true while others work: changed records are read again and flash, new and deleted ones move the rest. */
import { debounce } from "../dom";
import { same } from "../fields/field";
import type { Rows } from "./rows";
import type { GridSource, RowChange } from "./types";
import type { GridView } from "./view";

export interface FollowerHost {
  readonly view: GridView;
  /** Fields that decide which records are shown, and in which order. */
  readonly orderFields: ReadonlySet<string>;
  redraw(): void;
  refresh(): Promise<void>;
  drawFooter(): void;
  dispatchEvent(event: Event): boolean;
}

const atOnce = 200;

export class Follower {
  readonly #waiting = new Set<string>();
  readonly #stopWatching: () => void;

  constructor(
    private readonly source: GridSource,
    private readonly rows: Rows,
    private readonly host: FollowerHost,
  ) {
    this.#stopWatching = source.watch((change) => this.#heard(change));
  }

  stop(): void {
    this.#stopWatching();
  }

  #heard(change: RowChange): void {
    if (change.kind === "schema") {
      this.host.dispatchEvent(new CustomEvent("hb:schema", { bubbles: true }));
      return;
    }
    const many = change.records.length === 0;
    if (change.kind === "reload" || many) return this.#refreshSoon();
    const here = change.records.filter((id) => this.rows.place(id));
    // What this page made or deleted itself stands already as it should; a row that one is filling must not jump.
    if (change.kind === "create" && here.length < change.records.length) this.#refreshSoon();
    if (change.kind === "delete" && (here.length > 0 || !change.own)) this.#refreshSoon();
    const reorders = change.fields.length === 0 || change.fields.some((field) => this.host.orderFields.has(field));
    if (change.kind === "update" && !change.own && reorders && this.host.orderFields.size) this.#refreshSoon();
    if (change.kind === "delete") return;
    for (const id of here) this.#waiting.add(id);
    if (this.#waiting.size) this.#readSoon();
  }

  readonly #refreshSoon = debounce(() => void this.host.refresh(), 500);
  readonly #readSoon = debounce(() => void this.#read(), 120);

  async #read(): Promise<void> {
    const ids = [...this.#waiting].slice(0, atOnce);
    for (const id of ids) this.#waiting.delete(id);
    let records;
    try {
      records = await this.source.read(ids);
    } catch {
      return this.#refreshSoon();
    }
    const changed: [string, Set<string>][] = [];
    for (const record of records) {
      const before = this.rows.byId(record.id);
      if (!before) continue;
      const fields = Object.keys(record.fields).filter((field) => !same(before.fields[field], record.fields[field]));
      this.rows.update(record);
      if (fields.length) changed.push([record.id, new Set(fields)]);
    }
    if (changed.length) {
      this.host.redraw();
      requestAnimationFrame(() => requestAnimationFrame(() => changed.forEach(([id, fields]) => this.host.view.flash(id, fields))));
    }
    if (records.length < ids.length) this.#refreshSoon();
    if (this.#waiting.size) this.#readSoon();
  }
}

/** What is known of the lists beside a record: descriptions of their tables, sums, and the whole list once asked for. */
import { showError } from "../api";
import type { RecordData } from "../fields/field";
import { tableInfo, type TableInfo } from "../table/info";
import { askTotal, loadAll, totalOf, type RelatedOptions } from "./related";
import type { Panel, Related } from "./types";

type Known = Pick<RelatedOptions, "info" | "all" | "total">;

function keyOf(related: Related): string {
  return `${related.kind}/${related.field}`;
}

export class RelatedState {
  #known = new Map<string, Known>();
  #records = new Set<string>();
  #generation = 0;

  constructor(private readonly changed: () => void) {}

  clear(): void {
    this.#generation += 1;
    this.#known.clear();
    this.#records.clear();
  }

  of(related: Related): Known {
    return this.#known.get(keyOf(related)) ?? { info: null, all: null, total: null };
  }

  /** Whether one of these records is in a list. */
  has(records: readonly string[]): boolean {
    return records.some((record) => this.#records.has(record));
  }

  /** New lists have come; lists that were open are asked for again. */
  show(panel: Panel, table: TableInfo): void {
    const generation = ++this.#generation;
    this.#records = new Set(panel.related.flatMap((related) => related.records.map((record) => record.id)));
    for (const related of panel.related) void this.#learn(related, panel, table, generation);
  }

  async #learn(related: Related, panel: Panel, table: TableInfo, generation: number): Promise<void> {
    const before = this.of(related);
    try {
      const info = await tableInfo(related.table);
      if (generation !== this.#generation) return;
      const all = before.all && related.total > related.records.length ? await loadAll(related, panel, table) : null;
      if (generation !== this.#generation) return;
      this.#put(related, { info, all, total: totalOf(related, info) ?? before.total });
      if (related.total > related.records.length) {
        const total = await askTotal(related, panel, table, info);
        if (generation === this.#generation) this.#put(related, { ...this.of(related), total });
      }
    } catch {
      // A list without its names is told by its skeleton; the record itself is there.
    }
  }

  #put(related: Related, known: Known): void {
    this.#known.set(keyOf(related), known);
    this.changed();
  }

  /** Show all of a list (as far as a panel can). */
  async expand(related: Related, panel: Panel, table: TableInfo): Promise<void> {
    const generation = this.#generation;
    try {
      const all: RecordData[] = await loadAll(related, panel, table);
      if (generation === this.#generation) this.#put(related, { ...this.of(related), all });
    } catch (failure) {
      showError(failure);
    }
  }
}

/** The grid's rows from an array: for the gallery and the tests. Behaves like the server, refusals and live changes included. */
import type { Field, RecordData, Value } from "../fields/field";
import type { ChoiceRecord, GridSource, GroupInfo, Page, PageRequest, Patch, RowChange, SaveAnswer, Summary } from "./types";

export interface MemoryOptions {
  delay?: number;
  groupField?: string | null;
  /** Why a value is refused, or null. */
  judge?: (field: Field, value: Value, record: RecordData) => string | null;
  choices?: ChoiceRecord[];
}

export class MemorySource implements GridSource {
  readonly #listeners = new Set<(change: RowChange) => void>();
  readonly #undos: (() => void)[] = [];
  #next = 1;

  constructor(
    readonly fields: Field[],
    public records: RecordData[],
    private readonly options: MemoryOptions = {},
  ) {}

  async #wait(signal?: AbortSignal): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.options.delay ?? 0));
    signal?.throwIfAborted();
  }

  #of(group: GroupInfo | null): RecordData[] {
    const field = this.options.groupField;
    return group && field ? this.records.filter((record) => (record.fields[field] ?? null) === group.key) : this.records;
  }

  restart(): void {}

  async page(request: PageRequest, signal: AbortSignal): Promise<Page> {
    await this.#wait(signal);
    const all = this.#of(request.group);
    const end = request.at + request.limit;
    return { records: all.slice(request.at, end).map((record) => ({ ...record, fields: { ...record.fields } })), total: all.length, exact: true, end: end >= all.length };
  }

  async groups(summaries: Summary[]): Promise<GroupInfo[]> {
    await this.#wait();
    const field = this.options.groupField!;
    const keys = [...new Set(this.records.map((record) => record.fields[field] ?? null))];
    return keys.map((key) => {
      const inside = this.records.filter((record) => (record.fields[field] ?? null) === key);
      const values = Object.fromEntries(summaries.map((summary) => [summary.field ?? "", aggregate(inside, summary)]));
      return { key, label: String(key ?? ""), count: inside.length, values };
    });
  }

  async read(ids: string[]): Promise<RecordData[]> {
    await this.#wait();
    return this.records.filter((record) => ids.includes(record.id)).map((record) => ({ ...record, fields: { ...record.fields } }));
  }

  async save(patches: Patch[]): Promise<SaveAnswer> {
    await this.#wait();
    const undo: (() => void)[] = [];
    const results = patches.map((patch) => {
      const record = this.records.find((found) => found.id === patch.id);
      if (!record) return { id: patch.id, problems: [{ code: "not_found", message: "没有这条记录" }] };
      for (const [id, value] of Object.entries(patch.fields)) {
        const field = this.fields.find((found) => found.id === id)!;
        const message = this.options.judge?.(field, value, record);
        if (message) return { id: patch.id, problems: [{ code: "bad_value", message, field: id, field_name: field.name }] };
      }
      const before = { ...record.fields };
      Object.assign(record.fields, patch.fields);
      record.version += 1;
      undo.push(() => (record.fields = before));
      return { id: record.id, version: record.version, fields: { ...record.fields } };
    });
    this.#undos.push(() => undo.forEach((run) => run()));
    return { results, change: `chg${this.#undos.length}` };
  }

  async create(records: Record<string, Value>[]): Promise<SaveAnswer> {
    await this.#wait();
    const made = records.map((fields) => ({ id: `recNew${this.#next++}`, version: 1, fields: { ...fields } }));
    this.records.push(...made);
    this.#undos.push(() => (this.records = this.records.filter((record) => !made.includes(record))));
    return { results: made.map((record) => ({ id: record.id, version: 1, fields: { ...record.fields } })), change: `chg${this.#undos.length}` };
  }

  async remove(ids: string[]): Promise<SaveAnswer> {
    await this.#wait();
    const before = this.records;
    this.records = this.records.filter((record) => !ids.includes(record.id));
    this.#undos.push(() => (this.records = before));
    return { results: ids.map((id) => ({ id })), change: `chg${this.#undos.length}` };
  }

  async summarise(summaries: Summary[]): Promise<Value[]> {
    await this.#wait();
    return summaries.map((summary) => aggregate(this.records, summary));
  }

  async choices(_field: Field, words: string): Promise<ChoiceRecord[]> {
    await this.#wait();
    return (this.options.choices ?? []).filter((record) => `${record.name}${record.details ?? ""}`.includes(words));
  }

  watch(listener: (change: RowChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Take back the last change, as the server's undo does. */
  undo(): void {
    this.#undos.pop()?.();
  }

  /** Somebody else changes a cell. */
  changeByOther(id: string, field: string, value: Value): void {
    const record = this.records.find((found) => found.id === id);
    if (!record) return;
    record.fields[field] = value;
    record.version += 1;
    for (const listener of this.#listeners) listener({ kind: "update", records: [id], fields: [field] });
  }
}

function aggregate(records: readonly RecordData[], summary: Summary): Value {
  const values = records.map((record) => record.fields[summary.field ?? ""]).filter((value) => value !== null && value !== undefined && value !== "");
  const numbers = values.map(Number).filter((value) => !Number.isNaN(value));
  switch (summary.fn) {
    case "count":
      return records.length;
    case "count_filled":
      return values.length;
    case "count_empty":
      return records.length - values.length;
    case "count_unique":
      return new Set(values.map((value) => JSON.stringify(value))).size;
    case "sum":
      return numbers.reduce((sum, value) => sum + value, 0);
    case "avg":
      return numbers.length ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length : null;
    case "min":
      return numbers.length ? Math.min(...numbers) : null;
    case "max":
      return numbers.length ? Math.max(...numbers) : null;
    default:
      return null;
  }
}

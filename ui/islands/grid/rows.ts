/**
 * The rows that have been fetched, by section and position. Pages are asked for when they come into sight; the rest of the
 * table is nothing but a number. Rows far from sight are let go.
 */
import type { Draft, GridSource, GroupInfo, Page, Row } from "./types";
import type { Section } from "./layout";

export const pageSize = 100;
const keptPages = 60;

interface SectionRows {
  info: GroupInfo | null;
  closed: boolean;
  count: number;
  /** The count is no estimate. */
  exact: boolean;
  rows: Map<number, Row>;
  /** Pages that are here, in the order of their last use. */
  pages: Set<number>;
  loading: Map<number, AbortController>;
}

export interface RowsEvents {
  /** Counts have changed: the layout is to be made anew. */
  onLayout(): void;
  /** Rows of a section have come. */
  onRows(section: number, from: number, count: number): void;
  onError(failure: unknown): void;
}

function emptySection(info: GroupInfo | null, closed: boolean): SectionRows {
  return { info, closed, count: info?.count ?? 0, exact: info !== null, rows: new Map(), pages: new Set(), loading: new Map() };
}

export class Rows {
  #sections: SectionRows[] = [];
  #byId = new Map<string, { section: number; index: number }>();
  /** What was typed and is not stored, by record: it outlives reloads and pages that are let go. */
  readonly #drafts = new Map<string, Record<string, Draft>>();
  #generation = 0;
  /** Groups closed by the person, by label, kept over reloads. */
  readonly #closed = new Set<string>();
  #loaded = false;
  #failure: unknown = null;

  constructor(
    private readonly source: GridSource,
    private readonly events: RowsEvents,
  ) {}

  /**
   * Follow the rows shown before: what was typed and not stored is kept in any case; with `rows`, they stay in sight until
   * the first answer comes.
   */
  inherit(before: Rows, rows: boolean): void {
    before.#stop();
    for (const [id, drafts] of before.#drafts) this.#drafts.set(id, drafts);
    if (!rows) return;
    for (const label of before.#closed) this.#closed.add(label);
    this.#sections = before.#sections.map((section) => ({ ...section, pages: new Set<number>(), loading: new Map<number, AbortController>() }));
    this.#loaded = before.#loaded;
    this.#reindex();
  }

  #stop(): void {
    this.#generation++;
    for (const section of this.#sections) for (const request of section.loading.values()) request.abort();
  }

  /** The first answer has come. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Why nothing has come yet, when the first question failed; null while it is open, and once rows are here. */
  get failure(): unknown {
    return this.#loaded ? null : this.#failure;
  }

  sections(): Section[] {
    return this.#sections.map((section) => ({ count: section.count, closed: section.closed, head: section.info !== null }));
  }

  group(section: number): GroupInfo | null {
    return this.#sections[section]?.info ?? null;
  }

  /** Whether the count of all rows is known exactly. */
  get exact(): boolean {
    return this.#sections.every((section) => section.exact);
  }

  get total(): number {
    return this.#sections.reduce((sum, section) => sum + section.count, 0);
  }

  row(section: number, index: number): Row | undefined {
    return this.#sections[section]?.rows.get(index);
  }

  place(id: string): { section: number; index: number } | undefined {
    return this.#byId.get(id);
  }

  byId(id: string): Row | undefined {
    const place = this.#byId.get(id);
    return place && this.row(place.section, place.index);
  }

  /** Every row that is here. */
  *all(): IterableIterator<Row> {
    for (const section of this.#sections) yield* section.rows.values();
  }

  /** Ask again for everything; what is in sight stays until its new state comes. */
  async reload(grouped: boolean, summaries: { field: string | null; fn: string }[] = []): Promise<void> {
    const generation = ++this.#generation;
    this.#failure = null;
    this.source.restart();
    for (const section of this.#sections) for (const request of section.loading.values()) request.abort();
    let infos: (GroupInfo | null)[] = [null];
    if (grouped) {
      try {
        infos = await this.source.groups(summaries);
      } catch (failure) {
        this.#failed(failure);
        return;
      }
      if (generation !== this.#generation) return;
    }
    this.#replaceSections(infos);
    this.events.onLayout();
    if (!grouped) this.#load(0, 0);
    else this.#loaded = true;
  }

  #replaceSections(infos: (GroupInfo | null)[]): void {
    const before = new Map(this.#sections.map((section) => [section.info?.label ?? "", section]));
    this.#sections = infos.map((info) => {
      const old = before.get(info?.label ?? "");
      const made = emptySection(info, info !== null && this.#closed.has(info.label));
      if (old && (info === null) === (old.info === null)) {
        made.rows = old.rows;
        if (!info) Object.assign(made, { count: old.count, exact: false });
      }
      return made;
    });
    this.#reindex();
  }

  #reindex(): void {
    this.#byId.clear();
    this.#sections.forEach((section, number) => {
      for (const [index, row] of section.rows) this.#byId.set(row.id, { section: number, index });
    });
  }

  /** Make sure that rows `from`…`to` of a section are here, or on their way. */
  need(section: number, from: number, to: number): void {
    const found = this.#sections[section];
    if (!found || !found.count) return;
    const last = Math.min(to, found.count - 1);
    for (let page = Math.floor(Math.max(0, from) / pageSize); page <= Math.floor(last / pageSize); page++) this.#load(section, page);
  }

  /** Stop asking for pages that have left the sight before they came. */
  forget(section: number, from: number, to: number): void {
    const found = this.#sections[section];
    if (!found) return;
    for (const [page, request] of found.loading) {
      if ((page + 1) * pageSize <= from || page * pageSize > to) {
        request.abort();
        found.loading.delete(page);
      }
    }
  }

  #load(number: number, page: number): void {
    const section = this.#sections[number]!;
    if (section.pages.has(page)) {
      section.pages.delete(page);
      section.pages.add(page);
      return;
    }
    if (section.loading.has(page)) return;
    const request = new AbortController();
    section.loading.set(page, request);
    const generation = this.#generation;
    this.source.page({ at: page * pageSize, limit: pageSize, group: section.info }, request.signal).then(
      (answer) => {
        if (generation !== this.#generation || section.loading.get(page) !== request) return;
        section.loading.delete(page);
        this.#arrived(number, page, answer);
      },
      (failure: unknown) => {
        if (section.loading.get(page) === request) section.loading.delete(page);
        if (!request.signal.aborted) this.#failed(failure);
      },
    );
  }

  /** Nothing of the table is here: that is shown where the rows would be. A page that is missing is told in passing. */
  #failed(failure: unknown): void {
    this.#failure = failure;
    if (this.#loaded) this.events.onError(failure);
    else this.events.onLayout();
  }

  #arrived(number: number, page: number, answer: Page): void {
    const section = this.#sections[number]!;
    const from = page * pageSize;
    for (let index = from; index < from + pageSize; index++) {
      const old = section.rows.get(index);
      if (old && this.#byId.get(old.id)?.index === index) this.#byId.delete(old.id);
      section.rows.delete(index);
    }
    answer.records.forEach((record, offset) => this.#put(number, from + offset, record));
    section.pages.add(page);
    const layoutChanged = this.#count(section, from, answer);
    this.#letGo(section);
    this.#loaded = true;
    if (layoutChanged) this.events.onLayout();
    this.events.onRows(number, from, answer.records.length);
  }

  #put(number: number, index: number, record: Row): void {
    const drafts = this.#drafts.get(record.id);
    this.#sections[number]!.rows.set(index, drafts ? { ...record, drafts } : record);
    this.#byId.set(record.id, { section: number, index });
  }

  /** Adjust the number of rows, and how sure it is, by what a page tells; true if either changed. */
  #count(section: SectionRows, from: number, answer: Page): boolean {
    const seen = from + answer.records.length;
    const { count, exact } = section;
    if (answer.end && answer.records.length) {
      section.count = seen;
      section.exact = true;
    } else if (answer.end && from === 0) {
      section.count = 0;
      section.exact = true;
    } else if (answer.end) {
      // The estimate was too high: the end lies before this page.
      section.count = Math.min(section.count, from);
    } else if (!section.exact || answer.exact) {
      section.count = Math.max(seen + 1, answer.total ?? section.count);
      section.exact = answer.exact ?? false;
    }
    for (const index of section.rows.keys()) if (index >= section.count) section.rows.delete(index);
    return count !== section.count || exact !== section.exact;
  }

  #letGo(section: SectionRows): void {
    while (section.pages.size > keptPages) {
      const oldest = section.pages.values().next().value as number;
      section.pages.delete(oldest);
      for (let index = oldest * pageSize; index < (oldest + 1) * pageSize; index++) {
        const row = section.rows.get(index);
        if (!row) continue;
        section.rows.delete(index);
        this.#byId.delete(row.id);
      }
    }
  }

  /** Put a newer state of a record in its place; returns its place, if the record is here. */
  update(record: Row): { section: number; index: number } | undefined {
    const place = this.#byId.get(record.id);
    const row = place && this.row(place.section, place.index);
    if (!place || !row) return undefined;
    // On a slow line an answer may come after a later one, and is older than what stands here.
    if (record.version && record.version < row.version) return place;
    const fields = { ...row.fields, ...record.fields };
    this.#sections[place.section]!.rows.set(place.index, { ...row, version: Math.max(row.version, record.version), fields });
    return place;
  }

  /** Keep what was typed with the record; undefined takes the draft away. */
  setDraft(id: string, field: string, draft: Draft | undefined): void {
    const drafts = { ...this.#drafts.get(id) };
    if (draft) drafts[field] = draft;
    else delete drafts[field];
    const some = Object.keys(drafts).length > 0;
    if (some) this.#drafts.set(id, drafts);
    else this.#drafts.delete(id);
    const row = this.byId(id);
    if (row && some) row.drafts = drafts;
    else if (row) delete row.drafts;
  }

  /** Put a new record at the end of a section (until the next reload puts it in its place). */
  append(section: number, record: Row): number {
    const found = this.#sections[section] ?? (this.#sections[section] = emptySection(null, false));
    const index = found.count;
    found.count += 1;
    if (found.info) found.info = { ...found.info, count: found.count };
    this.#put(section, index, record);
    this.events.onLayout();
    return index;
  }

  /** Take records out and close the gaps. */
  remove(ids: readonly string[]): void {
    for (const id of ids) {
      const place = this.#byId.get(id);
      if (!place) continue;
      const section = this.#sections[place.section]!;
      const shifted = new Map<number, Row>();
      for (const [index, row] of section.rows) if (index !== place.index) shifted.set(index > place.index ? index - 1 : index, row);
      section.rows = shifted;
      section.count = Math.max(0, section.count - 1);
      if (section.info) section.info = { ...section.info, count: section.count };
      // The pages behind have lost a row at their edge; they are asked for again when they come into sight.
      for (const page of [...section.pages]) if ((page + 1) * pageSize > place.index) section.pages.delete(page);
      this.#reindex();
    }
    this.events.onLayout();
  }

  /** Open or close a group. */
  toggle(section: number): void {
    const found = this.#sections[section];
    if (!found?.info) return;
    found.closed = !found.closed;
    if (found.closed) this.#closed.add(found.info.label);
    else this.#closed.delete(found.info.label);
    this.events.onLayout();
  }

  /** Open or close all groups. */
  toggleAll(closed: boolean): void {
    for (const section of this.#sections) {
      if (!section.info) continue;
      section.closed = closed;
      if (closed) this.#closed.add(section.info.label);
      else this.#closed.delete(section.info.label);
    }
    this.events.onLayout();
  }
}

/** The grid's rows from the product's own API, by keyset cursors where the page before is known, else by position. */
import { api, ApiError } from "../api";
import { watch } from "../live";
import { linkChoices } from "../record/choices";
import type { Move } from "../record/types";
import { importPage } from "../table/address";
import { saves, type Save } from "../savequeue/savequeue";
import type { Condition, Field, Filter, RecordData, Sort, Value } from "../fields/field";
import { defaultSummary } from "./actions";
import type { GridSettings } from "./settings";
import type { ChoiceRecord, ColumnState, GridSource, GroupInfo, Page, PageRequest, Patch, RowChange, SaveAnswer, SaveResult, Summary } from "./types";

/** What a page gives to `<hb-grid data-source>`: the table, the view, and what this person may do. */
export interface GridPageData {
  table: { id: string; primary: string | null; fields: Field[] };
  view: {
    id?: string;
    columns?: ColumnState[];
    where?: Filter | null;
    sorts?: Sort[];
    groups?: { field: string | null; descending?: boolean; bucket?: string | null }[];
    row_height?: "short" | "medium" | "tall";
  };
  search?: string | null;
  can: { edit?: boolean; create?: boolean; build?: boolean };
}

interface QueryAnswer {
  records: RecordData[];
  next_cursor: string | null;
  total_estimate: number | null;
  exact?: boolean;
}

interface GroupRows {
  groups: { keys: Value[]; labels: string[]; values: Value[] }[];
}

interface WriteAnswer {
  records: SaveResult[];
  change: string | null;
}

/** Both conditions hold. */
function both(one: Filter | null, other: Filter | null): Filter | null {
  if (!one || !other) return one ?? other;
  return { kind: "group", conjunction: "and", items: [one, other] };
}

export class ApiSource implements GridSource {
  where: Filter | null;
  sorts: Sort[];
  search: string | null;
  groupField: string | null;
  groupDescending: boolean;
  /** The level by which addresses are grouped, and the codes of the groups there are. */
  readonly #bucket: string | null;
  #places: Value[] = [];
  /** Cursor with which the page at a position begins, by group and position. */
  readonly #cursors = new Map<string, string>();

  constructor(
    readonly table: string,
    private readonly fields: readonly Field[],
    query: { where?: Filter | null; sorts?: Sort[]; search?: string | null; group?: { field: string | null; descending?: boolean; bucket?: string | null } | null } = {},
  ) {
    this.where = query.where ?? null;
    this.sorts = query.sorts ?? [];
    this.search = query.search ?? null;
    this.groupField = query.group?.field ?? null;
    this.groupDescending = query.group?.descending ?? false;
    this.#bucket = query.group?.bucket ?? null;
  }

  /** The grid's settings for what a page gives. */
  static settings(data: GridPageData): GridSettings {
    const { table, view, can } = data;
    const group = view.groups?.[0] ?? null;
    const source = new ApiSource(table.id, table.fields, { where: view.where ?? null, sorts: view.sorts ?? [], search: data.search ?? null, group });
    const columns = view.columns?.length ? view.columns : table.fields.map((field) => ({ field: field.id }));
    return {
      source,
      fields: table.fields,
      primary: table.primary,
      columns: columns.map((column) => withSummary(column, table.fields)),
      sorts: view.sorts ?? [],
      filtered: [...mentioned(view.where ?? null)],
      searched: Boolean(data.search),
      groupField: group?.field ?? null,
      rowHeight: view.row_height ?? "short",
      canEdit: can.edit ?? false,
      canCreate: can.create ?? false,
      canBuild: can.build ?? false,
      importAt: can.create ? importPage(table.id) : "",
    };
  }

  restart(): void {
    this.#cursors.clear();
  }

  #inGroup(group: GroupInfo | null): Filter | null {
    if (!group || !this.groupField) return null;
    const empty = group.key === null || group.key === undefined;
    if (this.fields.find((field) => field.id === this.groupField)?.type === "location") return this.#inPlace(empty ? null : group.key);
    const condition: Condition = empty
      ? { kind: "condition", field: this.groupField, op: "is_empty" }
      : { kind: "condition", field: this.groupField, op: this.#equals(), value: this.#isMulti() ? [group.key] : group.key };
    return condition;
  }

  /** Addresses in a region; those that name none of this level are in none of the others. */
  #inPlace(code: Value): Filter | null {
    if (code !== null) return { kind: "condition", field: this.groupField!, op: "within", value: code };
    return this.#places.length ? { kind: "condition", field: this.groupField!, op: "not_within", value: this.#places } : null;
  }

  #isMulti(): boolean {
    const type = this.fields.find((field) => field.id === this.groupField)?.type;
    return type === "link" || type === "multi_select";
  }

  /** The operator that asks for exactly a group's key. */
  #equals(): string {
    const field = this.fields.find((found) => found.id === this.groupField);
    const operators = field?.operators ?? ["is"];
    return ["is", "eq", "on", "is_any_of"].find((op) => operators.includes(op)) ?? "is";
  }

  async page(request: PageRequest, signal: AbortSignal): Promise<Page> {
    const place = (at: number) => `${request.group?.label ?? ""}\u0000${at}`;
    const cursor = this.#cursors.get(place(request.at));
    const body = {
      where: both(this.where, this.#inGroup(request.group)),
      sorts: this.sorts,
      search: this.search,
      limit: request.limit,
      ...(cursor ? { cursor } : request.at ? { at: request.at } : {}),
    };
    const answer = await api.post<QueryAnswer>(`/api/v1/tables/${this.table}/query`, body, { signal });
    if (answer.next_cursor) this.#cursors.set(place(request.at + answer.records.length), answer.next_cursor);
    return { records: answer.records, total: answer.total_estimate, exact: answer.exact ?? false, end: answer.next_cursor === null };
  }

  async groups(summaries: Summary[]): Promise<GroupInfo[]> {
    const body = {
      where: this.where,
      search: this.search,
      groups: [{ field: this.groupField, descending: this.groupDescending, ...(this.#bucket ? { bucket: this.#bucket } : {}) }],
      aggregates: [{ fn: "count" }, ...summaries],
    };
    const { groups } = await api.post<GroupRows>(`/api/v1/tables/${this.table}/aggregate`, body);
    this.#places = groups.map((group) => group.keys[0] ?? null).filter((key) => key !== null);
    return groups.map((group) => ({
      key: group.keys[0] ?? null,
      label: group.labels[0] ?? "",
      count: Number(group.values[0] ?? 0),
      values: Object.fromEntries(summaries.map((summary, index) => [summary.field ?? "", group.values[index + 1] ?? null])),
    }));
  }

  async summarise(summaries: Summary[]): Promise<Value[]> {
    const body = { where: this.where, search: this.search, groups: [], aggregates: summaries };
    const { groups } = await api.post<GroupRows>(`/api/v1/tables/${this.table}/aggregate`, body);
    return groups[0]?.values ?? summaries.map(() => null);
  }

  async read(ids: string[]): Promise<RecordData[]> {
    const where: Condition = { kind: "condition", field: "$id", op: "is_any_of", value: ids };
    const answer = await api.post<QueryAnswer>(`/api/v1/tables/${this.table}/query`, { where, limit: Math.max(ids.length, 1) });
    return answer.records;
  }

  get #records(): string {
    return `/api/v1/tables/${this.table}/records`;
  }

  async #write(save: Save): Promise<SaveAnswer> {
    try {
      const answer = await saves.send<WriteAnswer>(save);
      return { results: answer.records, change: answer.change };
    } catch (failure) {
      // All were refused: the answer lists the problems of each record, like a partial one.
      const body = failure instanceof ApiError ? (failure.body as Partial<WriteAnswer> | null) : null;
      if (body && Array.isArray(body.records)) return { results: body.records, change: null };
      throw failure;
    }
  }

  save(patches: Patch[], options: { typecast?: boolean } = {}): Promise<SaveAnswer> {
    const records = patches.map((patch) => ({ id: patch.id, fields: patch.fields }));
    return this.#write({ method: "PATCH", path: this.#records, body: { records, typecast: options.typecast ?? false } });
  }

  create(records: Record<string, Value>[], options: { typecast?: boolean } = {}): Promise<SaveAnswer> {
    return this.#write({ method: "POST", path: this.#records, body: { records: records.map((fields) => ({ fields })), typecast: options.typecast ?? false } });
  }

  remove(ids: string[]): Promise<SaveAnswer> {
    return this.#write({ method: "DELETE", path: this.#records, body: { records: ids } });
  }

  choices(field: Field, words: string, record = ""): Promise<ChoiceRecord[]> {
    return linkChoices(field, words, { record });
  }

  async moves(record: string): Promise<Move[]> {
    return (await api.get<{ moves: Move[] }>(`/api/v1/records/${record}/moves`)).moves;
  }

  watch(listener: (change: RowChange) => void): () => void {
    return watch([this.table], (change) => {
      if (change.kind === "job" || change.kind === "run" || change.kind === "refresh") return;
      const own = Boolean(change.by) && change.by === document.documentElement.dataset.user;
      listener({ kind: change.kind, records: change.records, fields: change.fields, own });
    });
  }
}

/** A view's column as the grid takes it: nothing chosen means the usual number, "none" means none. */
function withSummary(column: ColumnState, fields: readonly Field[]): ColumnState {
  const field = fields.find((found) => found.id === column.field);
  if (column.summary === "none") return { ...column, summary: null };
  return !column.summary && field ? { ...column, summary: defaultSummary(field) } : column;
}

/** Every field a filter mentions. */
export function mentioned(filter: Filter | null): Set<string> {
  if (!filter) return new Set();
  if (filter.kind === "condition") return new Set([filter.field]);
  return new Set((filter.items ?? []).flatMap((item) => [...mentioned(item)]));
}

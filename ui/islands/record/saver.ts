/**
 * Saves fields of one record. What was typed is kept as a draft until it is stored; a refusal leaves it in place with its
 * reason. A record that moved on meanwhile is no obstacle unless somebody changed the very same field: then both values
 * are shown and the person chooses.
 */
import { api, ApiError, Disconnected, type Problem } from "../api";
import { same, type Field, type RecordData, type Value } from "../fields/field";
import { messageFor } from "../grid/edits";
import type { SaveResult } from "../grid/types";
import { t } from "../i18n";
import { saves } from "../savequeue/savequeue";
import { forgetRedo } from "../undo";
import type { History } from "./types";

export interface Draft {
  value: Value;
  /** Why it was refused; absent while it is on its way. */
  problem?: string;
  /** Somebody else's newer value of the same field. */
  theirs?: { value: Value; who: string };
}

/** What a person saw of a field when an edit of it began. */
export interface Seen {
  /** The record's version then. */
  version: number;
  /** The value, which is only known later if it was still on its way. */
  value(): Value;
}

export interface SaverHost {
  readonly table: string;
  record(): RecordData | null;
  /** The record as it now is. */
  stored(record: RecordData): void;
  changed(): void;
}

interface WriteAnswer {
  records: SaveResult[];
  change: string | null;
}

export interface Saved {
  /** Id of the change, for undo; null when nothing was stored. */
  change: string | null;
  problems: Problem[];
}

export class Saver {
  readonly drafts = new Map<string, Draft>();
  /** What this person stored last of a field, as it is stored. */
  readonly #own = new Map<string, Value>();

  constructor(private readonly host: SaverHost) {}

  /** What is seen of a field now, for an edit that begins. */
  seen(field: Field): Seen {
    const record = this.host.record();
    const now = record?.fields[field.id];
    const draft = this.drafts.get(field.id);
    const coming = draft !== undefined && draft.problem === undefined;
    return { version: record?.version ?? 0, value: () => (coming && this.#own.has(field.id) ? this.#own.get(field.id) : now) };
  }

  /** Store one field. `began`: what the person saw when the edit began. */
  async save(field: Field, value: Value, began: Seen): Promise<Saved> {
    const record = this.host.record();
    if (!record) return { change: null, problems: [] };
    this.drafts.set(field.id, { value });
    this.host.changed();
    try {
      // The page may know already of what others did meanwhile: then the server has nothing to object to.
      const now = record.fields[field.id];
      if (record.version !== began.version && !same(now, began.value()) && !same(now, value)) return await this.#differ(field, value, record);
      const answer = await this.#send(record, { [field.id]: value }, record.version);
      return this.#take(field, value, answer);
    } catch (failure) {
      if (failure instanceof ApiError && failure.problems.some((problem) => problem.code === "version_conflict")) return this.#again(field, value, began, record);
      return this.#refuse(field, failure);
    }
  }

  /** Keep what the person typed although somebody else changed the field. */
  async keepMine(field: Field): Promise<Saved> {
    const draft = this.drafts.get(field.id);
    const record = this.host.record();
    if (!draft || !record) return { change: null, problems: [] };
    this.drafts.set(field.id, { value: draft.value });
    this.host.changed();
    try {
      return this.#take(field, draft.value, await this.#send(record, { [field.id]: draft.value }));
    } catch (failure) {
      return this.#refuse(field, failure);
    }
  }

  /** Forget what was typed; the stored value shows again. */
  drop(field: string): void {
    this.drafts.delete(field);
    this.host.changed();
  }

  /** Several fields at once (a move with what it needs), without asking whether the record has moved on. */
  async saveAll(fields: Record<string, Value>): Promise<Saved> {
    const record = this.host.record();
    if (!record) return { change: null, problems: [] };
    try {
      const answer = await this.#send(record, fields);
      this.#stored(answer.records[0]);
      forgetRedo();
      return { change: answer.change, problems: [] };
    } catch (failure) {
      if (failure instanceof ApiError) return { change: null, problems: failure.problems.length ? failure.problems : [{ code: failure.code, message: failure.message }] };
      if (failure instanceof Disconnected) return { change: null, problems: [{ code: "disconnected", message: failure.message }] };
      throw failure;
    }
  }

  #send(record: RecordData, fields: Record<string, Value>, version?: number): Promise<WriteAnswer> {
    const wire = Object.fromEntries(Object.entries(fields).map(([id, value]) => [id, toWire(value)]));
    const body = { records: [{ id: record.id, fields: wire, ...(version === undefined ? {} : { version }) }] };
    return saves.send<WriteAnswer>({ method: "PATCH", path: `/api/v1/tables/${this.host.table}/records`, body });
  }

  #take(field: Field, value: Value, answer: WriteAnswer): Saved {
    // Typed again meanwhile: the newer draft stays until its own answer.
    if (this.drafts.get(field.id)?.value === value) this.drafts.delete(field.id);
    const stored = answer.records[0];
    if (stored?.fields && field.id in stored.fields) this.#own.set(field.id, stored.fields[field.id]);
    this.#stored(stored);
    forgetRedo();
    this.host.changed();
    return { change: answer.change, problems: [] };
  }

  #stored(result: SaveResult | undefined): void {
    const record = this.host.record();
    if (!result?.id || !record || result.id !== record.id) return;
    this.host.stored({ ...record, version: result.version ?? record.version, fields: { ...record.fields, ...result.fields } });
  }

  /** The record has moved on: if not in this field, store after all; else show both values. */
  async #again(field: Field, value: Value, began: Seen, record: RecordData): Promise<Saved> {
    try {
      const now = await api.get<RecordData>(`/api/v1/records/${record.id}`);
      this.host.stored({ ...record, ...now });
      const theirs = now.fields[field.id];
      if (same(theirs, began.value()) || same(theirs, value)) return this.#take(field, value, await this.#send(now, { [field.id]: value }));
      return await this.#differ(field, value, now);
    } catch (failure) {
      return this.#refuse(field, failure);
    }
  }

  /** Show both values, and let the person choose. */
  async #differ(field: Field, value: Value, now: RecordData): Promise<Saved> {
    const problem = t("你改的时候,别人也改了这里");
    this.drafts.set(field.id, { value, problem, theirs: { value: now.fields[field.id], who: await this.#whoChanged(now.id, field.id) } });
    this.host.changed();
    return { change: null, problems: [{ code: "version_conflict", message: problem, field: field.id }] };
  }

  async #whoChanged(record: string, field: string): Promise<string> {
    try {
      const { entries } = await api.get<History>(`/api/v1/records/${record}/history`, { params: { limit: 10 } });
      return entries.find((entry) => entry.changes.some((change) => change.field === field))?.actor.name ?? "";
    } catch {
      return "";
    }
  }

  #refuse(field: Field, failure: unknown): Saved {
    const problems: Problem[] =
      failure instanceof ApiError
        ? failure.problems.length
          ? failure.problems
          : [{ code: failure.code, message: failure.message }]
        : [{ code: "failed", message: failure instanceof Disconnected ? failure.message : t("没有保存,请再试一次") }];
    const draft = this.drafts.get(field.id);
    if (draft) this.drafts.set(field.id, { ...draft, problem: messageFor(field, problems) });
    this.host.changed();
    return { change: null, problems };
  }
}

/** Links travel as ids, files as ids with their names. */
export function toWire(value: Value): Value {
  if (Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null && "id" in item)) {
    // a file is called what this cell calls it
    return value.map((item) => ("size" in item ? { id: (item as { id: string }).id, name: (item as unknown as { name: string }).name } : { id: (item as { id: string }).id }));
  }
  return value;
}

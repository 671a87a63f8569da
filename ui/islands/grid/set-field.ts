/** One field set in many records: which fields can be, what is sent, in batches, and what became of it. No drawing. */
import { ApiError, Disconnected, type Problem } from "../api";
import { allowedMoves, isEmpty, same, type Field, type RecordData, type Value } from "../fields/field";
import { t } from "../i18n";
import { toWire } from "../record/saver";
import type { GridSource, SaveResult } from "./types";

/** `set` writes the value, `add` and `remove` keep the rest of a list, `clear` empties. */
export type How = "set" | "add" | "remove" | "clear";

export interface Deed {
  field: Field;
  how: How;
  value: Value;
}

export interface Refused {
  id: string;
  problems: Problem[];
}

export interface SetOutcome {
  changed: SaveResult[];
  refused: Refused[];
  /** Not sent any more: somebody stopped it. */
  left: string[];
  /** What undo takes back, the newest last. */
  changes: string[];
}

/** Records in one request; more of them make several changes, which undo takes back together. */
const batch = 500;

/** Fields that a person may set. */
export function settable(fields: readonly Field[]): Field[] {
  return fields.filter((field) => !field.readonly && field.type !== "button");
}

/** Whether a field holds a list, to which something can be added. */
function isList(field: Field): boolean {
  return field.type === "multi_select" || (field.type === "link" && field.options.many !== false) || (field.type === "member" && field.options.many === true);
}

/** What can be done with a field of `count` records. */
export function waysFor(field: Field, count: number): How[] {
  if (field.options.machine || field.type === "checkbox") return ["set"];
  const clear: How[] = field.required ? [] : ["clear"];
  if (field.unique && count > 1) return clear; // no two records may hold the same
  if (!isList(field)) return ["set", ...clear];
  // a link's answer may leave records out, and what is not here cannot be taken away
  return ["set", "add", ...(field.type === "link" ? [] : ["remove" as const]), ...clear];
}

const list = (value: Value): unknown[] => (Array.isArray(value) ? value : isEmpty(value) ? [] : [value]);
const keyOf = (item: unknown) => (typeof item === "object" && item !== null ? String((item as { id?: string }).id) : String(item));

/** What a record is to hold that holds `before`. */
export function valueAfter({ how, value }: Deed, before: Value): Value {
  if (how === "clear") return null;
  if (how === "set") return value;
  const given = new Set(list(value).map(keyOf));
  const kept = list(before).filter((item) => !given.has(keyOf(item)));
  if (how === "remove") return kept;
  const had = new Set(list(before).map(keyOf));
  return [...list(before), ...list(value).filter((item) => !had.has(keyOf(item)))];
}

/** Records by the state they are in; "" for none. */
export function byState(field: Field, ids: readonly string[], records: ReadonlyMap<string, RecordData>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const id of ids) {
    const state = records.get(id)?.fields[field.id];
    const name = typeof state === "string" ? state : "";
    found.set(name, [...(found.get(name) ?? []), id]);
  }
  return found;
}

/** A state that some of the records may reach. */
export interface Reach {
  name: string;
  /** How many may move there from where they are, are there already, or cannot get there. */
  can: number;
  there: number;
  cannot: number;
  /** Every state that they leave can be gone back to. */
  back: boolean;
}

/** The states that at least one of the records may move to, in the order of the choices. `ways`: where each state leads this person. */
export function reachable(field: Field, standing: ReadonlyMap<string, readonly string[]>, ways: ReadonlyMap<string, readonly string[]>): Reach[] {
  const states = [...standing];
  return (field.options.choices ?? [])
    .filter((choice) => !choice.archived)
    .map(({ name }) => {
      const leaving = states.filter(([state]) => state !== name && ways.get(state)?.includes(name));
      const can = leaving.reduce((sum, [, ids]) => sum + ids.length, 0);
      const there = standing.get(name)?.length ?? 0;
      const all = states.reduce((sum, [, ids]) => sum + ids.length, 0);
      return { name, can, there, cannot: all - can - there, back: leaving.every(([state]) => state !== "" && allowedMoves(field, name).includes(state)) };
    })
    .filter((reach) => reach.can > 0);
}

/** Where each state leads this person, asked of one record each; from none, the beginnings of the machine. */
export async function waysOf(field: Field, standing: ReadonlyMap<string, readonly string[]>, source: GridSource): Promise<Map<string, string[]>> {
  const asked = [...standing].map(async ([state, ids]): Promise<[string, string[]]> => {
    const drawn = allowedMoves(field, state || null);
    if (!state || !source.moves) return [state, drawn];
    const moves = await source.moves(ids[0]!);
    return [state, moves.filter((move) => move.field === field.id && move.source === state && move.allowed).map((move) => move.target)];
  });
  return new Map(await Promise.all(asked));
}

/** These records as they are: from `known`, else read. Ones that are gone are missing. */
export async function readAll(ids: readonly string[], source: GridSource, known: (id: string) => RecordData | undefined): Promise<Map<string, RecordData>> {
  const records = new Map<string, RecordData>();
  const missing: string[] = [];
  for (const id of ids) {
    const record = known(id);
    if (record) records.set(id, record);
    else missing.push(id);
  }
  for (let start = 0; start < missing.length; start += batch) {
    for (const record of await source.read(missing.slice(start, start + batch))) records.set(record.id, record);
  }
  return records;
}

/**
 * Do it, a batch after the other. A batch that fails as a whole is told as refused with its reason, and ends the work.
 * `onStep` hears how many are dealt with; `stopped` is asked between batches.
 */
export async function setAll(ids: readonly string[], deed: Deed, source: GridSource, { onStep, stopped }: { onStep?: (done: number) => void; stopped?: () => boolean } = {}): Promise<SetOutcome> {
  const outcome: SetOutcome = { changed: [], refused: [], left: [], changes: [] };
  for (let start = 0; start < ids.length; start += batch) {
    if (stopped?.()) {
      outcome.left = ids.slice(start);
      break;
    }
    const part = ids.slice(start, start + batch);
    try {
      await setSome(part, deed, source, outcome);
    } catch (failure) {
      const message = failure instanceof ApiError || failure instanceof Disconnected ? failure.message : t("没有保存,请再试一次");
      for (const id of part) outcome.refused.push({ id, problems: [{ code: "failed", message }] });
      outcome.left = ids.slice(start + batch);
      break;
    }
    onStep?.(Math.min(ids.length, start + batch));
  }
  return outcome;
}

async function setSome(ids: readonly string[], deed: Deed, source: GridSource, outcome: SetOutcome): Promise<void> {
  // what a list holds now is asked for just before, so that nobody's entry is lost
  const now = deed.how === "add" || deed.how === "remove" ? new Map((await source.read([...ids])).map((record) => [record.id, record])) : null;
  const patches = ids.map((id) => ({ id, fields: { [deed.field.id]: toWire(valueAfter(deed, now?.get(id)?.fields[deed.field.id] ?? null)) } }));
  const answer = await source.save(patches);
  if (answer.change) outcome.changes.push(answer.change);
  ids.forEach((id, index) => {
    const result = answer.results[index];
    if (result && !result.problems?.length) outcome.changed.push({ ...result, id });
    else outcome.refused.push({ id, problems: result?.problems ?? [] });
  });
}

/** The refused records by what was said of them, the most frequent reason first. */
export function byReason(refused: readonly Refused[]): { reason: string; ids: string[] }[] {
  const found = new Map<string, string[]>();
  for (const { id, problems } of refused) {
    const reason = problems.map((problem) => problem.message).join(" ") || t("没有保存,请再试一次");
    found.set(reason, [...(found.get(reason) ?? []), id]);
  }
  return [...found].map(([reason, ids]) => ({ reason, ids })).sort((one, other) => other.ids.length - one.ids.length);
}

/** How many of the records hold something else, which goes. */
export function replaced({ field, how, value }: Deed, ids: readonly string[], records: ReadonlyMap<string, RecordData>): number {
  if (field.type === "checkbox" || field.options.machine || how === "add" || how === "remove") return 0;
  return ids.filter((id) => {
    const before = records.get(id)?.fields[field.id];
    return !isEmpty(before) && !(how === "set" && same(before, value));
  }).length;
}

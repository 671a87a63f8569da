/** A state machine while it is being changed: what can be done to it, and keeping it on this device until it is published. */
import type { Choice, Field } from "../fields/field";
import type { Machine, StateKind, Transition } from "./types";

export interface Draft {
  choices: Choice[];
  machine: Machine;
}

const palette = ["blue", "green", "amber", "violet", "cyan", "pink", "lime", "indigo", "orange", "teal", "red", "grey"];

/** What is published now; null for a select that is no state machine. */
export function published(field: Field): Draft | null {
  const { machine, choices = [] } = field.options;
  if (!machine) return null;
  return { choices: choices.filter((choice) => !choice.archived), machine: structuredClone(machine as unknown as Machine) };
}

/** Names of states in which nothing more is to be done because it was called off. */
const calledOff = /取消|关闭|作废|终止|拒收|\b(?:cancel(?:l?ed)?|closed|void(?:ed)?|aborted|rejected)\b/iu;

/** A first machine: the options in their order, each leading to the next, the last one the end; what calls it off is reached from the first. */
export function begun(field: Field): Draft {
  const choices = (field.options.choices ?? []).filter((choice) => !choice.archived);
  const off = new Set(choices.slice(1).filter((choice) => calledOff.test(choice.name)).map((choice) => choice.id));
  const way = choices.filter((choice) => !off.has(choice.id));
  const last = way.length > 1 ? way.at(-1)!.id : null;
  const kind = (id: number): StateKind => (off.has(id) ? "cancelled" : id === last ? "done" : "open");
  const move = (source: Choice, target: Choice): Transition => ({ source: source.id, target: target.id, label: target.name });
  return {
    choices,
    machine: {
      initial: choices[0] ? [choices[0].id] : [],
      states: choices.map((choice) => ({ choice: choice.id, kind: kind(choice.id) })),
      transitions: [...way.slice(0, -1).map((choice, index) => move(choice, way[index + 1]!)), ...choices.filter((choice) => off.has(choice.id)).map((choice) => move(choices[0]!, choice))],
    },
  };
}

export const keyOf = (move: Pick<Transition, "source" | "target">): string => `${move.source}-${move.target}`;

function inMachine(draft: Draft, part: Partial<Machine>): Draft {
  return { ...draft, machine: { ...draft.machine, ...part } };
}

/** A new state with a number that was never used, not among `field`'s archived options either. */
export function withState(draft: Draft, name: string, field: Field): Draft {
  const used = [...(field.options.choices ?? []), ...draft.choices].map((choice) => choice.id);
  const id = Math.max(0, ...used) + 1;
  const color = palette[draft.choices.length % palette.length]!;
  const states = [...draft.machine.states, { choice: id, kind: "open" as const }];
  const initial = draft.machine.initial.length ? draft.machine.initial : [id];
  return { choices: [...draft.choices, { id, name, color }], machine: { ...draft.machine, initial, states } };
}

/** Without a state, and without the moves to and from it. */
export function withoutState(draft: Draft, id: number): Draft {
  const { machine } = draft;
  return {
    choices: draft.choices.filter((choice) => choice.id !== id),
    machine: {
      initial: machine.initial.filter((one) => one !== id),
      states: machine.states.filter((state) => state.choice !== id),
      transitions: machine.transitions.filter((move) => move.source !== id && move.target !== id),
    },
  };
}

export function withChoice(draft: Draft, id: number, part: Partial<Choice>): Draft {
  return { ...draft, choices: draft.choices.map((choice) => (choice.id === id ? { ...choice, ...part } : choice)) };
}

/** Another kind or another time limit of a state. */
export function withMeaning(draft: Draft, id: number, part: { kind?: StateKind; limit?: number | null }): Draft {
  const before = draft.machine.states.find((state) => state.choice === id) ?? { choice: id, kind: "open" as const };
  return inMachine(draft, { states: [...draft.machine.states.filter((state) => state.choice !== id), { ...before, ...part }] });
}

export function withStart(draft: Draft, id: number, starts: boolean): Draft {
  const rest = draft.machine.initial.filter((one) => one !== id);
  return inMachine(draft, { initial: starts ? [...rest, id] : rest });
}

/** A new move; null where it exists already or would lead back to itself. */
export function withMove(draft: Draft, source: number, target: number): Draft | null {
  if (source === target || draft.machine.transitions.some((move) => move.source === source && move.target === target)) return null;
  const label = draft.choices.find((choice) => choice.id === target)?.name ?? "";
  return inMachine(draft, { transitions: [...draft.machine.transitions, { source, target, label }] });
}

export function withChangedMove(draft: Draft, move: Transition): Draft {
  return inMachine(draft, { transitions: draft.machine.transitions.map((other) => (keyOf(other) === keyOf(move) ? move : other)) });
}

export function withoutMove(draft: Draft, move: Transition): Draft {
  return inMachine(draft, { transitions: draft.machine.transitions.filter((other) => keyOf(other) !== keyOf(move)) });
}

/** The same value with keys in order and without what stands for nothing. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined && item !== "" && item !== false && !(Array.isArray(item) && !item.length));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, item]) => [name, tidy(item)]));
}

const plain = (value: unknown): string => JSON.stringify(tidy(value));

/** In how many places two drafts differ: states, moves, where records start. */
export function changes(before: Draft | null, after: Draft | null): number {
  if (!before || !after) return before === after ? 0 : 1;
  const states = (draft: Draft) => {
    const meanings = new Map(draft.machine.states.map((state) => [state.choice, [state.kind, state.limit ?? 0]]));
    return new Map(draft.choices.map((choice, at) => [String(choice.id), plain([choice.name, choice.color, meanings.get(choice.id) ?? ["open", 0], at])]));
  };
  const moves = (draft: Draft) => new Map(draft.machine.transitions.map((move) => [keyOf(move), plain(move)]));
  const count = (one: Map<string, string>, other: Map<string, string>) => [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key)).length;
  return count(states(before), states(after)) + count(moves(before), moves(after)) + (plain(before.machine.initial) === plain(after.machine.initial) ? 0 : 1);
}

/* ---- kept on this device ---- */

interface Kept {
  version: number;
  draft: Draft;
}

const place = (id: string): string => `hb-states:${id}`;

export function keep(id: string, version: number, draft: Draft): void {
  try {
    localStorage.setItem(place(id), JSON.stringify({ version, draft } satisfies Kept));
  } catch {
    // A full or forbidden store only costs this safety net.
  }
}

export function forget(id: string): void {
  try {
    localStorage.removeItem(place(id));
  } catch {
    // as above
  }
}

/** What was left unpublished on this version of the field; null for none, or when somebody has published since. */
export function kept(id: string, version: number): Draft | null {
  try {
    const text = localStorage.getItem(place(id));
    const found = text ? (JSON.parse(text) as Kept) : null;
    return found?.version === version ? found.draft : null;
  } catch {
    return null;
  }
}

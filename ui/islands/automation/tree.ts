/** The steps of an automation as a tree that is being edited. Pure: every change gives a new tree. */
import type { Problem } from "../api";
import type { Arm, Definition, Step, Test } from "./types";

/** Where a list of steps stands: the automation's own, or an arm of a branch. */
export interface Place {
  branch: string | null;
  arm: number;
}

export const top: Place = { branch: null, arm: 0 };

/** The lists of steps that a step holds: of a branch by arm, of a loop the one that is done for each item. */
export function heldBy(step: Step): readonly (readonly Step[])[] {
  if (step.config.kind === "branch") return step.config.arms.map((arm) => arm.steps);
  return step.config.kind === "loop" ? [step.config.steps] : [];
}

/** Every step, those in branches after their branch, with how deep it stands. */
export function* walk(steps: readonly Step[], depth = 0): IterableIterator<{ step: Step; depth: number }> {
  for (const step of steps) {
    yield { step, depth };
    for (const held of heldBy(step)) yield* walk(held, depth + 1);
  }
}

/** The number of each step as people count them: 1, 2 … in reading order. */
export function numbers(steps: readonly Step[]): Map<string, number> {
  return new Map([...walk(steps)].map(({ step }, index) => [step.id, index + 1]));
}

export function find(steps: readonly Step[], id: string): Step | undefined {
  for (const { step } of walk(steps)) if (step.id === id) return step;
  return undefined;
}

function mapLists(steps: readonly Step[], change: (steps: Step[], place: Place) => Step[], place: Place = top): Step[] {
  const inner = steps.map((step) => {
    if (step.config.kind === "loop") return { ...step, config: { ...step.config, steps: mapLists(step.config.steps, change, { branch: step.id, arm: 0 }) } };
    if (step.config.kind !== "branch") return step;
    const arms = step.config.arms.map((arm, index) => ({ ...arm, steps: mapLists(arm.steps, change, { branch: step.id, arm: index }) }));
    return { ...step, config: { ...step.config, arms } };
  });
  return change(inner, place);
}

/** The tree with one step changed. */
export function replace(steps: readonly Step[], id: string, change: (step: Step) => Step): Step[] {
  return mapLists(steps, (list) => list.map((step) => (step.id === id ? change(step) : step)));
}

/** The tree without a step (and, for a branch, without what is in it). */
export function remove(steps: readonly Step[], id: string): Step[] {
  return mapLists(steps, (list) => list.filter((step) => step.id !== id));
}

/** The tree with a step put at position `index` of a list. */
export function insert(steps: readonly Step[], place: Place, index: number, step: Step): Step[] {
  return mapLists(steps, (list, here) => (here.branch === place.branch && here.arm === place.arm ? [...list.slice(0, index), step, ...list.slice(index)] : list));
}

/** The tree with a step moved up (-1) or down (1) among its neighbours. */
export function move(steps: readonly Step[], id: string, by: -1 | 1): Step[] {
  return mapLists(steps, (list) => {
    const at = list.findIndex((step) => step.id === id);
    const to = at + by;
    if (at < 0 || to < 0 || to >= list.length) return list;
    const next = [...list];
    [next[at], next[to]] = [next[to]!, next[at]!];
    return next;
  });
}

/** Whether a step can move up or down. */
export function canMove(steps: readonly Step[], id: string, by: -1 | 1): boolean {
  let can = false;
  mapLists(steps, (list) => {
    const at = list.findIndex((step) => step.id === id);
    if (at >= 0) can = at + by >= 0 && at + by < list.length;
    return list;
  });
  return can;
}

/** The steps that are over, whatever way was taken, when `id` begins: what it can refer to. */
export function before(steps: readonly Step[], id: string): Step[] {
  const found: Step[] = [];
  const search = (list: readonly Step[]): boolean => {
    for (const step of list) {
      if (step.id === id) return true;
      for (const held of heldBy(step)) {
        const mark = found.length;
        found.push(step);
        if (search(held)) return true;
        found.length = mark;
      }
      found.push(step);
    }
    return false;
  };
  return search(steps) ? found : [];
}

/** A copy with ids of its own; references within the copy go along. */
export function copyOf(step: Step, draw: () => string): Step {
  const ids = new Map([...walk([step])].map(({ step: one }) => [one.id, draw()]));
  const text = JSON.stringify(step);
  return JSON.parse(text.replace(/"(stp[0-9A-Za-z]+)"/g, (whole, id: string) => (ids.has(id) ? `"${ids.get(id)}"` : whole))) as Step;
}

/** Steps that refer to `id`: they would not be sound without it. */
export function users(steps: readonly Step[], id: string): Step[] {
  const mark = `"${id}"`;
  return [...walk(steps)].map(({ step }) => step).filter((step) => {
    if (step.id === id) return false;
    const { config } = step;
    const own = config.kind === "branch" ? config.arms.map((arm) => arm.test) : config.kind === "loop" ? config.over : config;
    return JSON.stringify(own).includes(mark);
  });
}

const segments = /^steps\.(\d+)(?:\.config(?:\.arms\.(\d+))?\.(steps\.\d.*|(?:name|test|steps)\b.*))?/;

/** Whether a step stands in another one that holds steps. */
export function holds(step: Step, id: string): boolean {
  return heldBy(step).some((list) => find(list, id) !== undefined);
}

/** The step a problem is about, by its path (`steps.1.config.arms.0.steps.2.config.text`), and the rest of the path. */
export function placeOf(definition: Pick<Definition, "steps">, path: string | null | undefined): { step: string; rest: string } | null {
  let steps: readonly Step[] = definition.steps;
  let left = path ?? "";
  for (;;) {
    const match = segments.exec(left);
    const step = match ? steps[Number(match[1])] : undefined;
    if (!match || !step) return null;
    const inner = match[3] ?? "";
    const held = heldBy(step)[step.config.kind === "loop" ? 0 : match[2] === undefined ? -1 : Number(match[2])];
    if (!held || !/^steps\.\d/.test(inner)) return { step: step.id, rest: left.replace(/^steps\.\d+\.?/, "") };
    steps = held;
    left = inner;
  }
}

/** Problems by the step they are about; those of the trigger under "trigger", all others under "". */
export function byStep(definition: Pick<Definition, "steps">, problems: readonly Problem[]): Map<string, Problem[]> {
  const found = new Map<string, Problem[]>();
  for (const problem of problems) {
    const place = placeOf(definition, problem.path);
    const key = place ? place.step : problem.path?.startsWith("trigger") ? "trigger" : "";
    found.set(key, [...(found.get(key) ?? []), { ...problem, path: place?.rest ?? problem.path ?? null }]);
  }
  return found;
}

export function freshArm(test: Test | null): Arm {
  return { id: `arm${crypto.getRandomValues(new Uint32Array(3)).join("").slice(0, 24)}`, name: "", steps: [], test };
}

/** A condition without conditions: to be filled in. */
export function emptyTest(of = "trigger"): Test {
  return { kind: "record_meets", where: { kind: "group", conjunction: "and", items: [] }, of };
}

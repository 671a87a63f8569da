import { beforeEach, describe, expect, it } from "vitest";
import type { Field } from "../fields/field";
import { begun, changes, forget, keep, kept, published, withChangedMove, withChoice, withMeaning, withMove, withoutMove, withoutState, withStart, withState, type Draft } from "./draft";

const field: Field = {
  id: "fldState",
  name: "状态",
  type: "single_select",
  options: {
    choices: [
      { id: 1, name: "待支付", color: "cyan" },
      { id: 2, name: "已支付", color: "blue" },
      { id: 3, name: "作废", color: "grey", archived: true },
    ],
    machine: { initial: [1], states: [{ choice: 2, kind: "done" }], transitions: [{ source: 1, target: 2, label: "付款" }] },
  },
};
const base = (): Draft => published(field)!;

describe("changing a machine", () => {
  it("gives a new state a number that was never used", () => {
    const draft = withState(base(), "已关闭", field);
    expect(draft.choices.at(-1)).toMatchObject({ id: 4, name: "已关闭" });
    expect(draft.machine.states.at(-1)).toEqual({ choice: 4, kind: "open" });
  });

  it("takes the moves of a state away with it", () => {
    const draft = withoutState(base(), 1);
    expect(draft.machine).toEqual({ initial: [], states: [{ choice: 2, kind: "done" }], transitions: [] });
    expect(draft.choices.map((choice) => choice.id)).toEqual([2]);
  });

  it("makes each move once, called after where it leads", () => {
    expect(withMove(base(), 1, 2)).toBeNull();
    expect(withMove(base(), 1, 1)).toBeNull();
    expect(withMove(base(), 2, 1)!.machine.transitions.at(-1)).toEqual({ source: 2, target: 1, label: "待支付" });
  });

  it("begins with the options in a row", () => {
    const draft = begun({ ...field, options: { choices: field.options.choices! } });
    expect(draft.machine.initial).toEqual([1]);
    expect(draft.machine.transitions).toEqual([{ source: 1, target: 2, label: "已支付" }]);
    expect(draft.machine.states.at(-1)!.kind).toBe("done");
  });

  it("knows by its name what calls a record off: no end of the row, and to be reached from the first", () => {
    const choices = ["待付款", "已取消", "已发货", "交易关闭"].map((name, at) => ({ id: at + 1, name, color: "blue" }));
    const { machine } = begun({ ...field, options: { choices } });
    expect(machine.states.map((state) => state.kind)).toEqual(["open", "cancelled", "done", "cancelled"]);
    expect(machine.transitions.map((move) => [move.source, move.target])).toEqual([[1, 3], [1, 2], [1, 4]]);
    const only = begun({ ...field, options: { choices: [choices[1]!] } }).machine;
    expect([only.states, only.transitions]).toEqual([[{ choice: 2, kind: "open" }], []]);
  });
});

describe("counting changes", () => {
  it("counts states, moves and starts, not what only looks different", () => {
    expect(changes(base(), base())).toBe(0);
    expect(changes(base(), withChangedMove(base(), { source: 1, target: 2, label: "付款", roles: [], guard: null, refusal: "" }))).toBe(0);
    expect(changes(base(), withChoice(base(), 1, { name: "未付" }))).toBe(1);
    expect(changes(base(), withMeaning(base(), 1, { kind: "waiting" }))).toBe(1);
    expect(changes(base(), withStart(base(), 2, true))).toBe(1);
    expect(changes(base(), withoutMove(base(), { source: 1, target: 2 }))).toBe(1);
    expect(changes(base(), withState(base(), "已关闭", field))).toBe(1);
    expect(changes(null, base())).toBe(1);
    expect(changes(null, null)).toBe(0);
  });
});

describe("a draft on this device", () => {
  beforeEach(() => localStorage.clear());

  it("is there again, until somebody publishes", () => {
    const draft = withChoice(base(), 1, { name: "未付" });
    keep("fldState", 7, draft);
    expect(kept("fldState", 7)).toEqual(draft);
    expect(kept("fldState", 8)).toBeNull();
    forget("fldState");
    expect(kept("fldState", 7)).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import type { Condition, Field } from "../fields/field";
import { isComplete, operatorsOf, startValue, valueKind } from "./operators";
import { addAt, asGroup, changeAt, finished, newCondition, removeAt, unfinished, withField, withOperator } from "./tree";

const name: Field = { id: "fldName", name: "名字", type: "text", options: {} };
const amount: Field = { id: "fldAmount", name: "金额", type: "currency", options: {} };
const state: Field = { id: "fldState", name: "状态", type: "single_select", options: { choices: [{ id: 1, name: "甲", color: "red" }] } };
const placed: Field = { id: "fldPlaced", name: "下单", type: "datetime", options: {} };
const fields = [name, amount, state, placed];
const condition = (field: string, op: string, value?: unknown): Condition => ({ kind: "condition", field, op, value });

describe("the tree of a filter", () => {
  it("is edited without touching what is elsewhere", () => {
    const root = asGroup(condition("fldName", "contains", "a"));
    const nested = addAt(root, [], { kind: "group", conjunction: "or", items: [condition("fldAmount", "gt", 1), condition("fldState", "is", "甲")] });
    const changed = changeAt(nested, [1, 0], (item) => ({ ...(item as Condition), value: 2 }));
    expect(finished(changed, fields)).toEqual({
      kind: "group",
      conjunction: "and",
      items: [condition("fldName", "contains", "a"), { kind: "group", conjunction: "or", items: [condition("fldAmount", "gt", 2), condition("fldState", "is", "甲")] }],
    });
    expect(nested.items![1]).toMatchObject({ items: [{ value: 1 }, {}] });
  });

  it("loses groups that become empty", () => {
    const root = addAt(asGroup(null), [], { kind: "group", conjunction: "or", items: [condition("fldAmount", "gt", 1)] });
    expect(removeAt(root, [0, 0]).items).toEqual([]);
  });

  it("gives only what is complete, in the smallest form", () => {
    const root = addAt(asGroup(condition("fldName", "contains", "")), [], condition("fldState", "is_empty"));
    expect(finished(root, fields)).toEqual({ kind: "condition", field: "fldState", op: "is_empty" });
    expect(unfinished(root, fields)).toBe(1);
    expect(finished(asGroup(null), fields)).toBeNull();
  });

  it("keeps what fits when field or operator changes", () => {
    expect(withOperator(condition("fldState", "is", "甲"), state, "is_any_of")).toEqual(condition("fldState", "is_any_of", ["甲"]));
    expect(withField(condition("fldName", "contains", "a"), amount)).toEqual(condition("fldAmount", "eq", "a"));
    expect(withField(condition("fldAmount", "is_empty"), placed)).toEqual({ kind: "condition", field: "fldPlaced", op: "is_empty", value: undefined });
    expect(newCondition(placed).op).toBe("on");
  });
});

describe("operators", () => {
  it("come from the server where it says them", () => {
    expect(operatorsOf({ ...name, operators: ["is", "contains"] })).toEqual(["contains", "is"]);
    expect(operatorsOf({ ...name, type: "formula", options: { result: "number" } })[0]).toBe("eq");
  });
  it("know what they ask for", () => {
    expect(valueKind(placed, "older_than")).toBe("duration");
    expect(startValue(placed, "older_than", null)).toEqual({ amount: 24, unit: "hour" });
    expect(isComplete(amount, "between", [1, null])).toBe(false);
    expect(isComplete(amount, "between", [1, 2])).toBe(true);
  });
});

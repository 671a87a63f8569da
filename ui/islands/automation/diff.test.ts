import { render } from "lit";
import { describe, expect, it } from "vitest";
import { differences, diffView } from "./diff";
import type { Arm, Definition, PageData, Step } from "./types";

const page = {
  tables: [{ id: "tblO", name: "订单", icon: "table", primary: "fldN", fields: [{ id: "fldN", name: "备注", type: "text", options: {} }, { id: "fldC", name: "次数", type: "number", options: {} }] }],
  kinds: [{ id: "update_record", name: "更新记录", description: "", icon: "pencil-line", outcomes: [], outputs: [] }, { id: "loop", name: "逐个处理", description: "", icon: "repeat", outcomes: [], outputs: [] }],
  connectors: [],
  stocks: [],
} as unknown as PageData;

function sets(id: string, field: string, value: unknown, given: Partial<Step> = {}): Step {
  return { id, config: { kind: "update_record", set: [{ field, value: { kind: "literal", value } }] }, ...given };
}

function definition(...steps: Step[]): Definition {
  return { name: "甲", enabled: true, trigger: { kind: "record_created", table: "tblO" }, steps };
}

function words(before: Definition, after: Definition): string {
  const place = document.createElement("div");
  render(diffView(page, before, after, () => ""), place);
  return place.textContent!.replace(/\s+/g, " ").trim();
}

describe("differences", () => {
  it("are none between versions that say the same", () => {
    const one = definition(sets("stpA", "fldN", "好"));
    expect(differences(page, one, structuredClone(one))).toEqual([]);
    expect(words(one, one)).toBe("没有不同");
  });

  it("name the field of a step that is set to something else", () => {
    const found = differences(page, definition(sets("stpA", "fldN", "好")), definition(sets("stpA", "fldN", "坏", { attempts: 2 })));
    expect(found.map((one) => [one.kind, one.details.map((detail) => detail.label)])).toEqual([["changed", ["最多试几次", "「备注」"]]]);
    const said = words(definition(sets("stpA", "fldN", "好")), definition(sets("stpA", "fldN", "坏")));
    expect(said).toContain("改了步骤 1 · 更新记录");
    expect(said).toMatch(/好.*坏/);
  });

  it("tell what was added, removed and moved, in loops too", () => {
    const [a, b, c] = [sets("stpA", "fldN", "1"), sets("stpB", "fldC", 2), sets("stpC", "fldC", 3)];
    const loop = (...steps: Step[]): Step => ({ id: "stpL", config: { kind: "loop", over: { kind: "linked", of: "trigger", field: "fldX" }, steps } });
    expect(differences(page, definition(a), definition(a, b)).map((one) => [one.kind, one.step?.id])).toEqual([["added", "stpB"]]);
    expect(differences(page, definition(a, loop(b)), definition(a, loop(b, c))).map((one) => [one.kind, one.step?.id])).toEqual([["added", "stpC"]]);
    expect(differences(page, definition(a, b), definition(b)).map((one) => [one.kind, one.step?.id])).toEqual([["removed", "stpA"]]);
    expect(new Set(differences(page, definition(a, b), definition(b, a)).map((one) => one.kind))).toEqual(new Set(["moved"]));
  });

  it("tell another trigger", () => {
    const after = { ...definition(), trigger: { kind: "record_updated" as const, table: "tblO", fields: ["fldN"] } };
    expect(differences(page, definition(), after).map((one) => [one.step, one.details.map((detail) => detail.label)])).toEqual([[null, ["什么时候开始", "触发条件"]]]);
  });

  it("know an arm by its id, whatever its place", () => {
    const arm = (id: string, name: string): Arm => ({ id, name, steps: [sets(`stp${id}`, "fldN", name)], test: null });
    const branch = (...arms: Arm[]): Step => ({ id: "stpB", config: { kind: "branch", arms } });
    const found = differences(page, definition(branch(arm("armA", "甲"), arm("armB", "乙"))), definition(branch(arm("armC", "丙"), arm("armB", "乙"), arm("armA", "甲"))));
    expect(found.map((one) => [one.kind, one.step?.id, one.details.map((detail) => detail.label)])).toEqual([
      ["changed", "stpB", ["第 1 路", "先看哪一路"]],
      ["added", "stparmC", [""]],
    ]);
  });
});

import { describe, expect, it, vi } from "vitest";
import type { Field, RecordData } from "../fields/field";
import { byReason, byState, reachable, readAll, replaced, setAll, settable, valueAfter, waysFor, waysOf } from "./set-field";
import { MemorySource } from "./source-memory";

const note: Field = { id: "fldNote", name: "备注", type: "text", options: {} };
const tags: Field = { id: "fldTags", name: "标签", type: "multi_select", options: {} };
const links: Field = { id: "fldLinks", name: "客户", type: "link", options: { many: true } };
const sum: Field = { id: "fldSum", name: "合计", type: "formula", options: {}, readonly: true };
const press: Field = { id: "fldPress", name: "发货", type: "button", options: {} };
const state: Field = {
  id: "fldState",
  name: "状态",
  type: "single_select",
  options: {
    choices: ["待支付", "已支付", "已关闭"].map((name, index) => ({ id: index + 1, name, color: "grey" })),
    machine: { initial: [1], states: [], transitions: [{ source: 1, target: 2 }, { source: 2, target: 1 }, { source: 2, target: 3 }] },
  },
};

function records(count: number): RecordData[] {
  return Array.from({ length: count }, (_none, index) => ({ id: `rec${index}`, version: 1, fields: { fldNote: index % 2 ? "旧" : null, fldTags: ["急单"], fldState: index % 2 ? "已支付" : "待支付" } }));
}

const ids = (count: number) => records(count).map((record) => record.id);
const nobody = () => undefined;

describe("what can be set", () => {
  it("is what a person writes", () => {
    expect(settable([note, sum, press, { ...tags, readonly: true }]).map((field) => field.name)).toEqual(["备注"]);
  });

  it("depends on the field and on how many there are", () => {
    expect(waysFor(note, 2)).toEqual(["set", "clear"]);
    expect(waysFor({ ...note, required: true }, 2)).toEqual(["set"]);
    expect(waysFor({ ...note, unique: true }, 2)).toEqual(["clear"]);
    expect(waysFor({ ...note, unique: true, required: true }, 2)).toEqual([]);
    expect(waysFor({ ...note, unique: true }, 1)).toEqual(["set", "clear"]);
    expect(waysFor(tags, 2)).toEqual(["set", "add", "remove", "clear"]);
    expect(waysFor(links, 2)).toEqual(["set", "add", "clear"]);
    expect(waysFor(state, 2)).toEqual(["set"]);
  });

  it("adds to lists and takes out of them, whatever stands for what is not shown", () => {
    expect(valueAfter({ field: tags, how: "add", value: ["要发票", "急单"] }, ["急单"])).toEqual(["急单", "要发票"]);
    expect(valueAfter({ field: tags, how: "add", value: ["急单"] }, null)).toEqual(["急单"]);
    expect(valueAfter({ field: tags, how: "remove", value: ["急单"] }, ["急单", "要发票"])).toEqual(["要发票"]);
    const more = { id: "more", name: "+23" };
    expect(valueAfter({ field: links, how: "add", value: [{ id: "rec1", name: "李" }] }, [{ id: "rec1", name: "李建国" }, more])).toEqual([{ id: "rec1", name: "李建国" }, more]);
    expect(valueAfter({ field: note, how: "clear", value: "旧" }, "旧")).toBeNull();
  });
});

describe("states", () => {
  const all = new Map(records(5).map((record) => [record.id, record]));

  it("are those that one of the records may move to, with how many can, are there and cannot", async () => {
    const standing = byState(state, ids(5), all);
    const ways = await waysOf(state, standing, new MemorySource([state], records(5)));
    expect(reachable(state, standing, ways)).toEqual([
      { name: "待支付", can: 2, there: 3, cannot: 0, back: true },
      { name: "已支付", can: 3, there: 2, cannot: 0, back: true },
      { name: "已关闭", can: 2, there: 0, cannot: 3, back: false },
    ]);
  });

  it("are asked of one record each, for what this person may do", async () => {
    const source = Object.assign(new MemorySource([state], records(5)), {
      moves: vi.fn(async (record: string) => [
        { field: state.id, source: record === "rec0" ? "待支付" : "已支付", target: record === "rec0" ? "已支付" : "已关闭", label: "", color: "", allowed: record === "rec0", locked: null, missing: [] },
      ]),
    });
    const standing = byState(state, ids(5), all);
    expect([...(await waysOf(state, standing, source))]).toEqual([
      ["待支付", ["已支付"]],
      ["已支付", []],
    ]);
    expect(source.moves).toHaveBeenCalledTimes(2);
  });
});

describe("setting it", () => {
  it("goes in batches; what is refused is told, the rest is changed", async () => {
    const source = new MemorySource([note], records(1_200), { judge: (_field, _value, record) => (record.id === "rec7" || record.id === "rec1100" ? "不行" : null) });
    const save = vi.spyOn(source, "save");
    const steps: number[] = [];
    const outcome = await setAll(ids(1_200), { field: note, how: "set", value: "新" }, source, { onStep: (done) => steps.push(done) });
    expect(save).toHaveBeenCalledTimes(3);
    expect(steps).toEqual([500, 1_000, 1_200]);
    expect(outcome.changed).toHaveLength(1_198);
    expect(outcome.changes).toHaveLength(3);
    expect(outcome.left).toEqual([]);
    expect(byReason(outcome.refused)).toEqual([{ reason: "不行", ids: ["rec7", "rec1100"] }]);
    expect(source.records[8]!.fields.fldNote).toBe("新");
  });

  it("stops where it is told to, and where a batch does not arrive", async () => {
    const source = new MemorySource([note], records(1_200));
    let asked = 0;
    const stopped = await setAll(ids(1_200), { field: note, how: "set", value: "新" }, source, { stopped: () => asked++ > 0 });
    expect([stopped.changed.length, stopped.left.length]).toEqual([500, 700]);
    vi.spyOn(source, "save").mockRejectedValueOnce(new Error("x"));
    const failed = await setAll(ids(600), { field: note, how: "clear", value: null }, source);
    expect([failed.changed.length, failed.refused.length, failed.left.length]).toEqual([0, 500, 100]);
  });

  it("reads what a list holds just before", async () => {
    const source = new MemorySource([tags], records(2));
    source.records[1]!.fields.fldTags = ["要发票"];
    await setAll(ids(2), { field: tags, how: "add", value: ["加急"] }, source);
    expect(source.records.map((record) => record.fields.fldTags)).toEqual([["急单", "加急"], ["要发票", "加急"]]);
  });

  it("says beforehand how many hold something else", async () => {
    const source = new MemorySource([note], records(5));
    const read = vi.spyOn(source, "read");
    const all = await readAll(ids(5), source, (id) => (id === "rec1" ? source.records[1] : undefined));
    expect(read).toHaveBeenCalledWith(["rec0", "rec2", "rec3", "rec4"]);
    expect(replaced({ field: note, how: "set", value: "新" }, ids(5), all)).toBe(2);
    expect(replaced({ field: note, how: "set", value: "旧" }, ids(5), all)).toBe(0);
    expect(replaced({ field: note, how: "clear", value: null }, ids(5), all)).toBe(2);
    expect((await readAll(["gone"], source, nobody)).size).toBe(0);
  });
});

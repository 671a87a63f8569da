import { describe, expect, it } from "vitest";
import type { Field, RecordData } from "../fields/field";
import type { TableInfo } from "../table/info";
import { exceptionOf, isForward, kindOf, nameOf, stateSince, stayed } from "./head";
import { colorOf, crc32, initialOf } from "./people";
import { chosenFields, orderedFields } from "./fields";
import { whereOf } from "./related";
import type { Entry, Move, Panel, Related } from "./types";
import { channelWords } from "./timeline";
import { toWire } from "./saver";

const field = (id: string, name: string, type = "text", extra: Partial<Field> = {}): Field => ({ id, name, type, options: {}, ...extra });
const machine = {
  initial: [1],
  transitions: [{ source: 1, target: 2 }],
  states: [{ choice: 3, kind: "cancelled" as const }],
};
const choices = ["已支付", "审核中", "已关闭"].map((name, index) => ({ id: index + 1, name, color: "grey" }));
const state = field("fldS", "状态", "single_select", { options: { choices, machine } });

function table(fields: Field[]): TableInfo {
  return { id: "tblA", app: "appA", name: "订单", icon: "inbox", description: "", record_noun: "", primary: fields[0]?.id ?? null, fields, views: [], estimate: 0, role: "owner" };
}
const record = (fields: Record<string, unknown>): RecordData => ({ id: "recA", version: 1, fields, created_at: "2026-01-01T00:00:00Z" });
const entry = (at: string, changed: string[], action: Entry["action"] = "update", channel = "ui"): Entry => ({
  id: 1, at, change: "1", action, version: 1, actor: { kind: "person", id: "usrA", name: "小雨" }, channel, source: null, reason: null,
  changes: changed.map((id) => ({ field: id, name: id, type: "text", before: null, after: "x", before_text: "", after_text: "x" })),
});

describe("title", () => {
  it("is the primary field, or says that there is none", () => {
    const fields = [field("fldN", "单号")];
    expect(nameOf(table(fields), record({ fldN: "TB-1" }))).toBe("TB-1");
    expect(nameOf(table(fields), record({}))).toBe("未命名");
  });

  it("tells an exception and its reason by the names of the fields", () => {
    const fields = [field("fldE", "异常", "checkbox"), field("fldR", "异常原因")];
    expect(exceptionOf(table(fields), record({ fldE: true, fldR: "缺 2 件" }))).toEqual({ title: "异常", reason: "缺 2 件" });
    expect(exceptionOf(table(fields), record({ fldE: false, fldR: "缺 2 件" }))).toBeNull();
    expect(exceptionOf(table([field("fldG", "含赠品", "checkbox")]), record({ fldG: true }))).toBeNull();
  });

  it("has the first select of the view beside it, never an address, nor the state, which stands elsewhere", () => {
    const select = (id: string) => field(id, id, "single_select", { options: { choices } });
    const fields = [field("fldN", "单号"), field("fldP", "收货地址", "cascade"), select("fldA"), select("fldB")];
    const held = record({ fldP: "浙江省 / 杭州市", fldA: "已支付", fldB: "审核中", fldS: null });
    expect(kindOf(table(fields), held, [])?.name).toBe("已支付");
    expect(kindOf(table(fields), held, [{ field: "fldP" }, { field: "fldB" }, { field: "fldA" }])?.name).toBe("审核中");
    expect(kindOf(table(fields), held, [{ field: "fldA", hidden: true }])?.name).toBe("审核中");
    expect(kindOf(table(fields), record({ fldB: "审核中" }), [])).toBeNull();
    expect(kindOf(table([field("fldN", "单号"), state, select("fldA")]), record({ fldS: "审核中", fldA: "已支付" }), [])?.name).toBe("已支付");
  });

  it("knows since when a record is in its state", () => {
    const entries = [entry("2026-01-03T00:00:00Z", ["fldX"]), entry("2026-01-02T00:00:00Z", ["fldS"])];
    expect(stateSince(state, record({}), entries, false)).toBe("2026-01-02T00:00:00Z");
    expect(stateSince(state, record({}), entries.slice(0, 1), false)).toBeNull();
    expect(stateSince(state, record({}), [], true)).toBe("2026-01-01T00:00:00Z");
  });

  it("says how long in a unit one can grasp", () => {
    const now = Date.parse("2026-01-10T00:00:00Z");
    const ago = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
    expect(stayed(ago(0), now)).toMatch(/^1 分钟$/);
    expect(stayed(ago(27), now)).toBe("27 小时");
    expect(stayed(ago(72), now)).toBe("3 天");
  });

  it("calls a move forward unless it cancels or goes back", () => {
    const move = (source: string, target: string) => ({ field: "fldS", source, target }) as Move;
    expect(isForward(move("已支付", "审核中"), table([state]))).toBe(true);
    expect(isForward(move("审核中", "已支付"), table([state]))).toBe(false);
    expect(isForward(move("已支付", "已关闭"), table([state]))).toBe(false);
  });
});

describe("fields", () => {
  it("stand in the order of the view, without name and state", () => {
    const fields = [field("fldN", "单号", "auto_number", { readonly: true }), state, field("fldA", "甲"), field("fldB", "乙")];
    const ordered = orderedFields(table(fields), [{ field: "fldB" }, { field: "fldA" }], record({ fldS: "已支付" }));
    expect(ordered.map((one) => one.id)).toEqual(["fldB", "fldA"]);
    expect(orderedFields(table(fields), [], record({})).map((one) => one.id)).toContain("fldS");
  });

  it("fold to those that hold something when there are many", () => {
    const fields = Array.from({ length: 20 }, (_none, index) => field(`fld${index}`, `字段 ${index}`));
    const options = { table: table(fields), record: record({ fld3: "x", fld4: "y" }), order: [{ field: "fld4", hidden: true }], drafts: new Map(), showAll: false, editing: null };
    expect(chosenFields(options).shown.map((one) => one.id)).toEqual(["fld3"]);
    // chosen beside the records that it links to
    expect(chosenFields({ ...options, editing: "fld9" }).shown.map((one) => one.id)).toEqual(["fld3", "fld9"]);
    expect(chosenFields({ ...options, showAll: true }).hidden).toBe(0);
    // A state that was not entered yet is first, whatever the view hides.
    const machined = { ...options, table: table([...fields, state]), order: [...options.order, { field: "fldS", hidden: true }] };
    expect(chosenFields(machined).shown.map((one) => one.id)).toEqual(["fldS", "fld3"]);
    const full = record(Object.fromEntries(fields.map((one) => [one.id, "x"])));
    expect(chosenFields({ ...options, record: full, order: [] })).toMatchObject({ hidden: 4 });
  });
});

describe("records beside it", () => {
  const link = field("fldC", "客户", "link", { options: { table: "tblC", inverse: "fldBack" } });
  const panel = { record: record({ fldC: [{ id: "recC", name: "周雨桐" }] }) } as Panel;
  it("can be asked for from the other end", () => {
    expect(whereOf({ kind: "linked", field: "fldC" } as Related, panel, table([link]))).toEqual({ kind: "condition", field: "fldBack", op: "is_any_of", value: ["recA"] });
  });
  it("are the others that point at the same record", () => {
    const where = whereOf({ kind: "siblings", field: "fldC" } as Related, panel, table([link]));
    expect(JSON.stringify(where)).toContain('"recC"');
    expect(JSON.stringify(where)).toContain('"is_not","value":"recA"');
  });
});

describe("people", () => {
  it("look as the server draws them", () => {
    expect(crc32("hello")).toBe(0x3610a686);
    expect(initialOf("林小北")).toBe("北");
    expect(initialOf("ann")).toBe("A");
    expect(colorOf("usrA")).toMatch(/^[a-z]+$/);
  });
});

describe("history", () => {
  it("says through what a change came", () => {
    expect(channelWords(entry("", [], "update", "ui"))).toBe("手动");
    expect(channelWords(entry("", [], "update", "import"))).toBe("导入");
  });
});

describe("wire form", () => {
  it("of links is their ids", () => {
    expect(toWire([{ id: "recA", name: "甲" }])).toEqual([{ id: "recA" }]);
    expect(toWire(["急单"])).toEqual(["急单"]);
    expect(toWire([])).toEqual([]);
  });
});

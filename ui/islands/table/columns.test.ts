import { describe, expect, it } from "vitest";
import type { Field } from "../fields/field";
import { columnsWith } from "./field-actions";
import { columnsOf, hiddenCount, orderOf, sameColumns, toColumns } from "./columns";
import { specOf } from "./hb-new-table";
import type { TableInfo, View } from "./info";
import { defaults } from "./new-record";

const field = (id: string, type = "text", extra: Partial<Field> = {}): Field => ({ id, name: id, type, options: {}, ...extra });
const fields = [field("fldN"), field("fldA"), field("fldM", "currency"), field("fldZ")];
const table: TableInfo = { id: "tblA", app: "appA", name: "订单", icon: "inbox", description: "", record_noun: "", primary: "fldN", fields, views: [], estimate: 0, role: "owner" };
const view = (columns: View["columns"]): View => ({ id: "viwA", version: 1, name: "全部", type: "grid", columns, where: null, sorts: [], groups: [], row_height: "short" });

describe("columns of a view", () => {
  it("begin with the naming field, list the others, and count what is hidden", () => {
    const shown = view([{ field: "fldZ" }, { field: "fldA", hidden: true }]);
    expect(orderOf(table, shown)).toEqual({ all: ["fldN", "fldZ", "fldA", "fldM"], shown: ["fldN", "fldZ", "fldM"] });
    expect(hiddenCount(table, shown)).toBe(1);
  });

  it("keep their width when they are hidden or moved", () => {
    const shown = view([{ field: "fldA", width: 240 }]);
    expect(columnsOf(shown, ["fldN", "fldZ", "fldA"], ["fldN", "fldZ"])).toEqual([
      { field: "fldN", hidden: false },
      { field: "fldZ", hidden: false },
      { field: "fldA", width: 240, hidden: true },
    ]);
  });

  it("are the same when they show the same", () => {
    expect(sameColumns(table, [], fields.map((one) => ({ field: one.id, hidden: false, width: null })))).toBe(true);
    expect(sameColumns(table, [], [{ field: "fldA", hidden: true }])).toBe(false);
    expect(sameColumns(table, [], [{ field: "fldZ" }])).toBe(false);
  });

  it("put a new field beside the one it was asked for", () => {
    const order = (side: "left" | "right") => columnsWith(table, view([]), "fldZ", { field: "fldA", side }).map((column) => column.field);
    expect(order("left")).toEqual(["fldN", "fldZ", "fldA", "fldM"]);
    expect(order("right")).toEqual(["fldN", "fldA", "fldZ", "fldM"]);
  });

  it("write down a summary only where it is not the usual one", () => {
    const columns = toColumns([{ field: "fldM", summary: "sum" }, { field: "fldA", summary: null }, { field: "fldZ", summary: "count_filled" }], fields);
    expect(columns.map((column) => column.summary)).toEqual([null, null, "count_filled"]);
    expect(toColumns([{ field: "fldM", summary: null }], fields)[0]!.summary).toBe("none");
  });
});

describe("a new table", () => {
  const row = { key: 1, name: " 状态 ", type: "single_select", choices: ["甲", "乙"], target: "", many: true, chosen: true };
  it("asks for what a row says", () => {
    expect(specOf(row)).toMatchObject({ name: "状态", type: "single_select", options: { choices: [{ name: "甲" }, { name: "乙" }] } });
    expect(specOf({ ...row, type: "link", target: "tblB" })!.options).toMatchObject({ table: "tblB", many: true, two_way: true });
    expect(specOf({ ...row, type: "link", target: "tblB", many: false })!.options).toMatchObject({ many: false });
    expect(specOf({ ...row, name: "  " })).toBeNull();
  });
});

describe("a new record", () => {
  it("begins with defaults and the first state", () => {
    const machine = { initial: [2], transitions: [], states: [] };
    const state = field("fldS", "single_select", { options: { choices: [{ id: 1, name: "甲", color: "grey" }, { id: 2, name: "乙", color: "grey" }], machine } });
    const made = defaults({ ...table, fields: [field("fldD", "text", { default: "x" }), state, field("fldR", "formula", { readonly: true, default: "y" })] });
    expect(made).toEqual({ fldD: "x", fldS: "乙" });
  });
});

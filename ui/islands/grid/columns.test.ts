import { describe, expect, it } from "vitest";
import type { Field } from "../fields/field";
import { allStates, changedStates, columnsInSight, movedStates, totalWidth, visibleColumns } from "./columns";

const fields: Field[] = ["A", "B", "C", "D"].map((letter) => ({ id: `fld${letter}`, name: letter, type: "text", options: {} }));
const ids = (states: { field: string }[]) => states.map((state) => state.field.slice(3)).join("");

describe("columns", () => {
  it("follow the view, with fields it does not know at the end and the primary one first", () => {
    const columns = visibleColumns(fields, [{ field: "fldC" }, { field: "fldB", hidden: true }, { field: "fldA", width: 300 }], "fldA");
    expect(columns.map((column) => column.field.name).join("")).toBe("ACD");
    expect(columns[0]).toMatchObject({ width: 300, left: 0 });
    expect(columns[1]!.left).toBe(300);
    expect(totalWidth(columns)).toBe(300 + 160 + 160);
  });

  it("never hide the primary field, nor get too narrow to grab", () => {
    const columns = visibleColumns(fields, [{ field: "fldA", hidden: true, width: 3 }], "fldA");
    expect(columns[0]).toMatchObject({ width: 64 });
  });

  it("move and change without losing the hidden ones", () => {
    const states = [{ field: "fldA" }, { field: "fldB", hidden: true }, { field: "fldC" }];
    expect(ids(movedStates(fields, states, "fldA", "fldD", "fldC"))).toBe("ABDC");
    expect(ids(movedStates(fields, states, "fldA", "fldC", null))).toBe("ABDC");
    expect(ids(movedStates(fields, states, "fldA", "fldA", null))).toBe("ABCD");
    expect(changedStates(fields, states, "fldA", "fldC", { width: 99 })[2]).toEqual({ field: "fldC", width: 99 });
    expect(ids(allStates(fields, [{ field: "fldGone" }, { field: "fldB" }], "fldA"))).toBe("ABCD");
  });

  it("know which of them are in sight", () => {
    const many = visibleColumns(Array.from({ length: 60 }, (_none, index) => ({ ...fields[0]!, id: `fld${index}` })), [], null);
    expect(columnsInSight(many, 160, 1_000)).toEqual({ from: 1, to: 6 });
    expect(columnsInSight(many, 9_000, 9_600)).toEqual({ from: 56, to: 59 });
  });
});

import { describe, expect, it } from "vitest";
import { fromTsv, toHtml, toTsv } from "./clipboard";
import { fillValues } from "./fill";
import { edge, Selection } from "./selection";

const field = (type: string) => ({ id: "fldA", name: "甲", type, options: {} });

describe("clipboard text", () => {
  it("comes back as it went", () => {
    const cells = [["a", 'say "hi"', "two\nlines"], ["", "1\t2", " x "]];
    expect(fromTsv(toTsv(cells))).toEqual(cells);
  });
  it("reads what Excel writes", () => {
    expect(fromTsv("甲\t乙\r\n1\t2\r\n")).toEqual([["甲", "乙"], ["1", "2"]]);
    expect(fromTsv('"第一行\n第二行"\tb')).toEqual([["第一行\n第二行", "b"]]);
    expect(fromTsv('5" 屏')).toEqual([['5" 屏']]);
    expect(fromTsv("")).toEqual([[""]]);
  });
  it("keeps leading zeros and long numbers as text", () => {
    expect(toHtml([["007"]])).toContain("mso-number-format");
    expect(toHtml([["<b>"]])).toContain("&lt;b");
  });
});

describe("fill", () => {
  it("goes on in equal steps", () => {
    expect(fillValues(field("number"), [1, 3], 3)).toEqual([5, 7, 9]);
    expect(fillValues(field("currency"), [0.1, 0.2], 2)).toEqual([0.3, 0.4]);
    expect(fillValues(field("date"), ["2026-01-30", "2026-01-31"], 2)).toEqual(["2026-02-01", "2026-02-02"]);
    expect(fillValues(field("text"), ["A-08", "A-09"], 2)).toEqual(["A-10", "A-11"]);
    expect(fillValues(field("text"), ["第 1 单"], 2)).toEqual(["第 2 单", "第 3 单"]);
  });
  it("repeats what has no order", () => {
    expect(fillValues(field("number"), [7], 2)).toEqual([7, 7]);
    expect(fillValues(field("number"), [1, 2, 4], 4)).toEqual([1, 2, 4, 1]);
    expect(fillValues(field("single_select"), ["淘宝", "抖音"], 3)).toEqual(["淘宝", "抖音", "淘宝"]);
    expect(fillValues(field("text"), [null], 1)).toEqual([null]);
  });
});

describe("selection", () => {
  const bounds = { rows: 10, columns: 4 };
  it("goes to the next row with Tab at the end of a row", () => {
    const selection = new Selection();
    selection.set(0, 3);
    selection.step("right", bounds);
    expect(selection.active).toEqual({ row: 1, column: 0 });
    selection.step("left", bounds);
    expect(selection.active).toEqual({ row: 0, column: 3 });
  });
  it("walks inside a range without losing it", () => {
    const selection = new Selection();
    selection.selectRange({ top: 1, bottom: 2, left: 1, right: 2 });
    const seen: string[] = [];
    for (let step = 0; step < 4; step++) {
      selection.step("right", bounds);
      seen.push(`${selection.active.row}${selection.active.column}`);
      expect(selection.range).toEqual({ top: 1, bottom: 2, left: 1, right: 2 });
    }
    expect(seen).toEqual(["12", "21", "22", "11"]);
  });
  it("stops at the edges", () => {
    const selection = new Selection();
    selection.move(-5, -5, bounds);
    expect(selection.active).toEqual({ row: 0, column: 0 });
    selection.move(0, 2, bounds, true);
    expect(selection.range).toEqual({ top: 0, bottom: 0, left: 0, right: 2 });
  });
  it("jumps with Ctrl as Excel does", () => {
    const cells = [true, true, false, false, true, true];
    const filled = (index: number) => cells[index]!;
    expect(edge(0, 1, 6, filled)).toBe(1);
    expect(edge(1, 1, 6, filled)).toBe(4);
    expect(edge(4, 1, 6, filled)).toBe(5);
    expect(edge(5, -1, 6, filled)).toBe(4);
    expect(edge(0, 1, 100, (index) => (index < 6 ? true : null))).toBe(99);
  });
});

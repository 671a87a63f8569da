import { describe, expect, it } from "vitest";
import { Layout } from "./layout";

const measures = { row: 32, head: 36 };
const flat = new Layout([{ count: 100_000, closed: false, head: false }], measures);
const grouped = new Layout(
  [
    { count: 3, closed: false, head: true },
    { count: 5, closed: true, head: true },
    { count: 0, closed: false, head: true },
    { count: 2, closed: false, head: true },
  ],
  measures,
);

describe("Layout", () => {
  it("places rows of one long table", () => {
    expect(flat.height).toBe(3_200_000);
    expect(flat.rowAt(320)).toBe(10);
    expect(flat.topOfRow(99_999)).toBe(3_199_968);
    const lines = flat.lines(32 * 50_000, 32 * 50_003);
    expect(lines.map((line) => line.kind === "row" && line.row)).toEqual([50_000, 50_001, 50_002]);
  });

  it("skips closed and empty groups when it counts rows", () => {
    expect(grouped.rowCount).toBe(5);
    expect(grouped.height).toBe(4 * 36 + 5 * 32);
    expect(grouped.find(2)).toEqual({ section: 0, index: 2 });
    expect(grouped.find(3)).toEqual({ section: 3, index: 0 });
    expect(grouped.rowNumber(1, 0)).toBe(-1);
    expect(grouped.rowNumber(3, 1)).toBe(4);
    expect(grouped.find(5)).toBeNull();
  });

  it("lists heads and rows in the order they stand", () => {
    const kinds = grouped.lines(0, grouped.height).map((line) => (line.kind === "head" ? `g${line.section}` : line.row));
    expect(kinds).toEqual(["g0", 0, 1, 2, "g1", "g2", "g3", 3, 4]);
  });

  it("finds the nearest row where there is none", () => {
    expect(grouped.rowAt(10)).toBe(0);
    expect(grouped.rowAt(99_999)).toBe(4);
    expect(new Layout([], measures).rowAt(0)).toBe(-1);
  });

  it("knows every row's place both ways", () => {
    for (let row = 0; row < grouped.rowCount; row++) expect(grouped.rowAt(grouped.topOfRow(row) + 1)).toBe(row);
  });
});

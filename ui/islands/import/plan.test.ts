import { describe, expect, test } from "vitest";
import type { TableInfo } from "../table/info";
import { decisionOf, faults, propose, readAs, tableName, tally, tellingDate, unfilled, type Plan } from "./plan";
import type { FileColumn, Preview } from "./types";
import { obstacle, pastedTable } from "./upload";

function column(place: number, name: string, more: Partial<FileColumn> = {}): FileColumn {
  return {
    column: place,
    name,
    kind: "text",
    reason: "",
    examples: [],
    empty_share: 0,
    field: null,
    new: { name, type: "text", options: {} },
    date_order: "ymd",
    order_ambiguous: false,
    hundredths: false,
    ...more,
  };
}

const file: Preview = {
  id: "job1",
  filename: "订单 2026.01.xlsx",
  sheets: ["一月"],
  sheet: "一月",
  header_row: 1,
  row_estimate: 3,
  notices: [],
  columns: [
    column(0, "单号"),
    column(1, "金额", { new: { name: "金额", type: "currency", options: { decimals: 2 } } }),
    column(2, "空列", { empty_share: 1 }),
  ],
  rows: [],
  top: [],
  encoding: null,
  table: null,
};

const table = {
  id: "tbl1",
  fields: [
    { id: "fld1", name: "单号", type: "text", options: {}, required: true },
    { id: "fld2", name: "金额", type: "currency", options: {}, required: true, default: 0 },
    { id: "fld3", name: "编号", type: "auto_number", options: {}, required: true, readonly: true },
  ],
} as unknown as TableInfo;

const reading = { sheet: null, headerRow: 1, guessHeader: true, encoding: null };

function planned(columns: Plan["columns"], into: string | null = null): Plan {
  return { table: into, newTable: "订单", columns, statesAsIs: true, runAutomations: true };
}

describe("the proposal", () => {
  test("a new table gets a field for every column that holds something", () => {
    expect(propose(file, true).map((plan) => plan.target.kind)).toEqual(["new", "new", "skip"]);
  });

  test("an existing table gets only what was matched, and who may not build makes no fields", () => {
    const matched = { ...file, table: "tbl1", columns: [column(0, "单号", { field: "fld1" }), column(1, "金额")] };
    expect(propose(matched, true).map((plan) => plan.target.kind)).toEqual(["field", "skip"]);
    expect(propose(file, false).every((plan) => plan.target.kind === "skip")).toBe(true);
  });

  test("the table is called after the file", () => {
    expect(tableName("订单 2026.01.xlsx")).toBe("订单 2026.01");
    expect(tableName(".csv")).toBe(".csv");
  });
});

describe("what is wrong", () => {
  test("two columns into one field, names taken, names missing", () => {
    const [one, two, three] = propose(file, true);
    const plan = planned([
      { ...one!, target: { kind: "field", field: "fld1" } },
      { ...two!, target: { kind: "field", field: "fld1" } },
      { ...three!, target: { kind: "new", name: " 金额 ", type: "text" } },
      { ...three!, column: 3, target: { kind: "new", name: " ", type: "text" } },
    ], "tbl1");
    expect([...faults(plan, table)]).toEqual([
      [1, { code: "twice", name: "单号" }],
      [2, { code: "taken", name: "金额" }],
      [3, { code: "nameless" }],
    ]);
  });

  test("a required field that nothing fills, unless it fills itself", () => {
    expect(unfilled(planned([], "tbl1"), table).map((field) => field.id)).toEqual(["fld1"]);
  });
});

test("the decision names fields, keeps the guessed options and leaves out the rest", () => {
  const [one, two, three] = propose(file, true);
  const plan = planned([one!, two!, three!]);
  expect(tally(plan)).toEqual({ existing: 0, added: 2, skipped: 1 });
  const body = decisionOf(plan, reading, file) as { columns: { new: unknown }[]; new_table: string; run_automations: boolean };
  expect(body.columns).toHaveLength(2);
  expect(body.columns[1]!.new).toEqual({ name: "金额", type: "currency", options: { decimals: 2 } });
  expect([body.new_table, body.run_automations]).toEqual(["订单", false]);
  const other = decisionOf(planned([{ ...two!, target: { kind: "new", name: "档", type: "single_select" } }]), reading, file);
  expect(other).toMatchObject({ columns: [{ new: { type: "single_select", options: { choices: [] } } }], sheet: "一月" });
});

test("a date of figures is read in each order", () => {
  expect(readAs("10/2/2017 10:56", "mdy")).toBe("2017-10-02");
  expect(readAs("10/2/2017", "dmy")).toBe("2017-02-10");
  expect(readAs("25/2/17", "dmy")).toBe("2017-02-25");
  expect(readAs("25/2/2017", "mdy")).toBe("");
  expect(tellingDate(["5/5/2017", "10/2/2017"])).toBe("10/2/2017");
});

test("files that need not be sent", () => {
  expect(obstacle(new File([], "a.csv"), 100)).toContain("空的");
  expect(obstacle(new File(["ab"], "a.csv"), 100)).toBeNull();
  expect(obstacle({ size: 200 * 1024 * 1024, name: "b.csv" } as File, 100)).toContain("200 MB");
});

test("cells from the clipboard are a table, a sentence is none", () => {
  expect(pastedTable("单号\t金额\nA\t1\n")?.name).toBe("粘贴的表格.tsv");
  expect(pastedTable("一句话")).toBeNull();
});

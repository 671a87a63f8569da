import { describe, expect, it } from "vitest";
import type { Field } from "../fields/field";
import type { StockDraft, TableLike } from "./guess";
import { comparable, guessOrder, guessSku } from "./stock-options";

const field = (id: string, name: string, type: string, options = {}) => ({ id, name, type, options }) as Field;
const goods = { table: "tblG", many: false };
const shelf: TableLike = {
  id: "tblS",
  name: "库存",
  fields: [field("s1", "编码", "text"), field("s2", "库位", "text"), field("s3", "在库", "number"), field("s4", "商品", "link", goods), field("s5", "尺码", "single_select", { choices: [] }), field("s6", "入库日期", "date")],
};
const lines: TableLike = {
  id: "tblL",
  name: "明细",
  fields: [field("l1", "订单", "link", { table: "tblO", many: false }), field("l2", "货", "link", goods), field("l3", "数量", "number"), field("l4", "尺码", "single_select", { choices: [] }), field("l5", "备注", "text")],
};
const draft = { line_order: "l1", line_stock: "", line_quantity: "l3", line_status: "", on_hand: "s3", reserved: "", location: "s2" } as StockDraft;

describe("what makes it the same goods", () => {
  it("is found by links to one table and by names", () => {
    expect(guessSku(lines, shelf, draft)).toEqual([
      { line: "l2", shelf: "s4" },
      { line: "l4", shelf: "s5" },
    ]);
    expect(guessSku(undefined, shelf, draft)).toEqual([]);
  });

  it("takes fields of one family only", () => {
    expect(comparable(field("a", "a", "text"), field("b", "b", "barcode"))).toBe(true);
    expect(comparable(field("a", "a", "text"), field("b", "b", "number"))).toBe(false);
    expect(comparable(field("a", "a", "link", goods), field("b", "b", "link", { table: "tblO", many: false }))).toBe(false);
    expect(comparable(field("a", "a", "link", { ...goods, many: true }), field("b", "b", "link", goods))).toBe(false);
  });
});

describe("the order of taking", () => {
  it("is the date for first in first out, else the place", () => {
    expect(guessOrder(shelf, "fifo", "s2")).toBe("s6");
    expect(guessOrder(shelf, "ordered", "s2")).toBe("s2");
    expect(guessOrder(shelf, "ordered", null)).toBe("s1");
    expect(guessOrder(undefined, "fifo", null)).toBe(null);
  });
});

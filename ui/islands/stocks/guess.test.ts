import { describe, expect, it } from "vitest";
import { forLineTable, guess, guessChoices, make, type TableLike } from "./guess";
import { withPlaces } from "./stock-options";

const field = (id: string, name: string, type: string, options = {}) => ({ id, name, type, options });
const choices = [{ id: 1, name: "未预占", color: "grey" }, { id: 2, name: "已预占", color: "green" }, { id: 3, name: "已出库", color: "blue" }];
const machine = { initial: [1], transitions: [], states: [] };
const orders: TableLike = { id: "tblO", name: "主订单池", fields: [field("o1", "订单ID", "auto_number"), field("o2", "订单状态", "single_select", { choices, machine }), field("o3", "实付金额", "currency")] };
const goods: TableLike = { id: "tblG", name: "商品", fields: [field("g1", "编码", "text"), field("g2", "售价", "number")] };
const stock: TableLike = { id: "tblS", name: "库存", fields: [field("s1", "库存编码", "text"), field("s2", "库位编码", "text"), field("s3", "在库数量", "number"), field("s4", "预占数量", "number")] };
const lines: TableLike = {
  id: "tblL",
  name: "订单明细",
  fields: [field("l1", "订单", "link", { table: "tblO", many: false }), field("l2", "商品", "link", { table: "tblG", many: false }), field("l3", "库存", "link", { table: "tblS", many: false }), field("l4", "数量", "number"), field("l5", "预占状态", "single_select", { choices })],
};

describe("a stock definition", () => {
  it("is guessed from links, types and names", () => {
    expect(guess([orders, goods, stock, lines], "库存")).toEqual({
      name: "库存",
      stock_table: "tblS",
      on_hand: "s3",
      reserved: "s4",
      location: "s2",
      line_table: "tblL",
      line_order: "l1",
      line_stock: "l3",
      line_quantity: "l4",
      line_status: "l5",
      unreserved: 1,
      reserved_choice: 2,
      consumed: 3,
    });
  });

  it("offers to make what is missing", () => {
    const bare = { ...stock, fields: stock.fields.slice(0, 3) };
    const plain = { ...lines, fields: lines.fields.slice(0, 4) };
    const draft = guess([orders, bare, plain], "库存");
    expect([draft.reserved, draft.line_status]).toEqual([make.reserved, make.line_status]);
    expect(guess([orders], "库存").line_table).toBe("");
    expect(forLineTable(undefined, "").line_quantity).toBe("");
  });

  it("finds lines that say only which goods they want, and leaves open what no table is chosen for", () => {
    const shelf: TableLike = { id: "tblS", name: "货架", fields: [field("s1", "名称", "text"), field("s2", "位置", "text"), field("s3", "商品", "link", { table: "tblG", many: false }), field("s4", "颜色", "single_select", { choices: [] }), field("s5", "现有数量", "number")] };
    const line: TableLike = { id: "tblL", name: "订单行", fields: [field("l0", "商品", "link", { table: "tblG", many: false }), field("l1", "订单", "link", { table: "tblO", many: false }), field("l2", "颜色", "single_select", { choices: [] }), field("l3", "件数", "number")] };
    const draft = withPlaces(guess([orders, goods, shelf, line], "库存"), line, shelf);
    expect(draft).toMatchObject({ stock_table: "tblS", on_hand: "s5", location: "s2", line_table: "tblL", line_order: "l1", line_stock: "", line_quantity: "l3", pick: "ordered", pick_by: "s2", sku: [{ line: "l0", shelf: "s3" }, { line: "l2", shelf: "s4" }] });
    const nothing = guess([orders], "库存");
    expect([nothing.stock_table, nothing.reserved, nothing.line_status]).toEqual(["", "", ""]);
  });

  it("tells the three states apart in any order", () => {
    expect(guessChoices([choices[2]!, choices[0]!, choices[1]!])).toEqual({ unreserved: 1, reserved_choice: 2, consumed: 3 });
    expect(guessChoices([{ id: 7, name: "A", color: "red" }, { id: 8, name: "B", color: "red" }, { id: 9, name: "C", color: "red" }])).toEqual({ unreserved: 7, reserved_choice: 8, consumed: 9 });
  });
});

import { describe, expect, it } from "vitest";
import { addressOf, ofParts } from "./entries";

const part = (id: string, kind: string, name: string, group: string, more: object = {}) => ({
  id, kind, name, type: null, table: null, converted: false, group, by: null,
  deleted_at: "2026-01-15T10:00:00Z", gone_at: "2026-02-14T10:00:00Z", ...more,
});

describe("the trash of an app", () => {
  it("has one line per deletion, the main thing first", () => {
    const lines = ofParts([
      part("tbl1", "table", "客户", "1"),
      part("aut1", "automation", "问好", "1"),
      part("fld1", "field", "备注", "2", { table: "订单", converted: true }),
    ]);
    expect(lines.map((line) => line.name)).toEqual(["客户", "备注"]);
    expect(lines[0]!.together).toEqual(["自动化「问好」"]);
    expect(lines[1]!.what).toBe("「订单」的字段,改类型以前的内容");
  });
  it("leads to what came back", () => {
    expect(addressOf({ id: "fld1", kind: "field", name: "备注", table: "tbl1" }, "app1")).toBe("/t/tbl1");
    expect(addressOf({ id: "viw1", kind: "view", name: "看", table: "tbl1" }, "app1")).toBe("/t/tbl1?view=viw1");
    expect(addressOf({ id: "stk1", kind: "stock", name: "现货", table: null }, "app1")).toBe("/a/app1/settings");
  });
});

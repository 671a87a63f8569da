import { describe, expect, it } from "vitest";
import { fitting, fromParts, reachable, takesText, toParts, valueOptions, withOutcomes, type Surroundings } from "./values";
import type { PageData } from "./types";

const field = (id: string, name: string, type: string, options = {}) => ({ id, name, type, options });
const orders = { id: "tblO", name: "主订单池", icon: "inbox", primary: "fldN", fields: [field("fldN", "订单号", "text"), field("fldA", "实付金额", "currency"), field("fldC", "客户", "link", { table: "tblC" })] };
const lines = { id: "tblL", name: "订单明细", icon: "list", primary: null, fields: [field("fldQ", "数量", "number"), field("fldO", "订单", "link", { table: "tblO" })] };
const page = {
  tables: [orders, lines],
  kinds: [
    { id: "reserve_stock", name: "预占库存", description: "", icon: "package-check", outcomes: [{ key: "short", label: "有缺货" }], outputs: [{ key: "reason", label: "缺货原因" }] },
    { id: "create_record", name: "新建记录", description: "", icon: "file-plus-2", outcomes: [], outputs: [] },
  ],
} as unknown as PageData;
const definition = {
  name: "x",
  enabled: false,
  trigger: { kind: "record_created" as const, table: "tblO" },
  steps: [
    { id: "stpA", config: { kind: "reserve_stock" as const, stock: "stk" } },
    { id: "stpB", config: { kind: "create_record" as const, table: "tblL" } },
  ],
};
const around: Surroundings = {
  page,
  definition: { ...definition, steps: [...definition.steps, { id: "stpZ", config: { kind: "update_record", set: [] } }] },
  step: "stpZ",
  sample: { id: "rec1", version: 1, fields: { fldN: "DY-1", fldA: 12.5 } },
  rehearsal: null,
};

describe("values in reach", () => {
  it("are the trigger's record, records made before, outputs of earlier steps", () => {
    expect(reachable(around).map((one) => one.of)).toEqual(["trigger", "stpB"]);
    expect(withOutcomes(around).map((step) => step.id)).toEqual(["stpA"]);
    const options = valueOptions(around);
    expect(options.find((option) => option.label === "订单号")?.example).toBe("DY-1");
    expect(options.some((option) => option.value.kind === "output" && option.value.key === "reason")).toBe(true);
    expect(valueOptions({ ...around, step: "stpA" }).some((option) => option.value.kind === "output")).toBe(false);
  });

  it("fit a field by what it holds", () => {
    const options = valueOptions(around);
    const names = (target: ReturnType<typeof field>) => fitting(target, options, around).map((option) => option.label);
    expect(names(field("f", "数量", "number"))).toEqual(["实付金额", "数量", "缺货原因"]);
    expect(names(field("f", "订单", "link", { table: "tblO" }))).toEqual(["记录的名称", "订单"]);
    expect(names(field("f", "下单时间", "datetime"))).toEqual(["当时的时间"]);
    expect(takesText(field("f", "备注", "long_text"))).toBe(true);
  });

  it("go to text parts and back", () => {
    const one = { kind: "field", field: "fldN", of: "trigger" };
    for (const parts of [["好"], [one], ["订单 ", one, " 好"]]) expect(toParts(fromParts(parts))).toEqual(parts);
    expect(toParts(fromParts([]))).toEqual([]);
    expect(fromParts(["好"])).toEqual({ kind: "literal", value: "好" });
  });
});

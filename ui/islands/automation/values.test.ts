import { describe, expect, it } from "vitest";
import { asGroup, finished, withField, withOperator } from "../filter/tree";
import { asOperand, valueIn } from "../filter/values";
import { waysOf } from "./set-form";
import { fitting, fromParts, lists, optionOf, reachable, takesText, toParts, valueOptions, withOutcomes, type Surroundings } from "./values";
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
    const names = (target: ReturnType<typeof field>) => fitting(target, options).map((option) => (option.only ? `${option.label} ›` : option.label));
    expect(names(field("f", "数量", "number"))).toEqual(["实付金额", "数量", "订单 ›", "缺货原因"]);
    expect(names(field("f", "订单", "link", { table: "tblO" }))).toEqual(["记录的名称", "订单"]);
    expect(names(field("f", "下单时间", "datetime"))).toEqual(["创建它的时间", "创建它的时间", "当时的时间"]);
    expect(names(field("f", "负责人", "member"))).toEqual(["创建它的人", "创建它的人", "触发它的人"]);
    expect(takesText(field("f", "备注", "long_text"))).toBe(true);
  });

  it("go to text parts and back", () => {
    const one = { kind: "field", field: "fldN", of: "trigger" };
    for (const parts of [["好"], [one], ["订单 ", one, " 好"]]) expect(toParts(fromParts(parts))).toEqual(parts);
    expect(toParts(fromParts([]))).toEqual([]);
    expect(fromParts(["好"])).toEqual({ kind: "literal", value: "好" });
  });

  it("lead across links, and have a name wherever they lead", () => {
    const link = valueOptions(around).find((option) => option.label === "订单")!;
    const far = link.more!().find((option) => option.label === "实付金额")!;
    expect(far.value).toEqual({ kind: "field", field: "fldA", of: "stpB", via: ["fldO"] });
    expect(optionOf(around, far.value)?.label).toBe("订单 › 实付金额");
    expect(optionOf(around, { kind: "field", field: "fldGone", of: "stpB", via: ["fldO"] })).toBeUndefined();
  });

  it("are named when they were worked out: so many days later, a formula with the names of fields", () => {
    expect(optionOf(around, { kind: "shifted", base: { kind: "now" }, amount: -3, unit: "day" })?.label).toBe("当时的时间往前 3 天");
    expect(optionOf(around, { kind: "field", field: "fldN", of: "trigger", via: [] })?.label).toBe("订单号");
    expect(optionOf(around, { kind: "formula", source: "{fldAAAAAAAAAAAAAA}*2" })?.label).toBe("{fldAAAAAAAAAAAAAA}*2");
  });

  it("hold lists that were found, and what a changed field held before", () => {
    const trigger = { kind: "record_updated" as const, table: "tblO" };
    const steps = [{ id: "stpF", config: { kind: "find_records" as const, table: "tblL" } }, { id: "stpZ", config: { kind: "update_record" as const, set: [] } }];
    const changed = { ...around, definition: { ...around.definition, trigger, steps } };
    expect(lists(changed).map((one) => [one.of, one.table.name])).toEqual([["stpF", "订单明细"]]);
    expect(reachable(changed).map((one) => one.of)).toEqual(["trigger", "stpF"]);
    const labels = valueOptions(changed).map((option) => option.label);
    expect(labels).toContain("实付金额(改动前)");
    expect(valueOptions(around).map((option) => option.label)).not.toContain("实付金额(改动前)");
  });
});

describe("ways to set a field", () => {
  it("hang on what it holds", () => {
    const hows = (type: string, options = {}) => waysOf(field("f", "x", type, options)).map((way) => way.label);
    expect(hows("number")).toEqual(["设为", "加上", "减去", "清空"]);
    expect(hows("multi_select")).toEqual(["设为", "追加", "移除", "清空"]);
    expect(hows("link", { many: false })).toEqual(["设为", "清空"]);
    expect(hows("single_select", { machine: { initial: [1] } })).toEqual(["设为"]);
  });
});

describe("operands of conditions", () => {
  const phone = field("fldP", "电话", "phone");
  const condition = { kind: "condition" as const, field: "fldP", op: "is", value: asOperand({ kind: "field", field: "fldX" }) };

  it("may be values, which count as filled in and stay while the comparison takes one", () => {
    expect(finished(asGroup(condition), [phone])).toEqual(condition);
    expect(withOperator(condition, phone, "is_not").value).toEqual(condition.value);
    expect(withOperator(condition, phone, "is_empty").value).toBeUndefined();
    expect(withField(condition, field("fldN", "数量", "number")).value).toBeNull();
    expect(valueIn({ amount: 24, unit: "hour" })).toBeUndefined();
  });
});

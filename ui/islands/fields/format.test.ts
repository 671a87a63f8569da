import { describe, expect, it } from "vitest";
import { allowedMoves, same, stateGlyph, type Field } from "./field";
import { copyText, formatMoney, formatPhone, fromLocal, textOf, toLocal } from "./format";

const field = (type: string, options = {}): Field => ({ id: "fldA", name: "甲", type, options });
const choices = ["待支付", "已支付", "审核中", "已发货", "已完成", "已关闭", "售后中"].map((name, index) => ({ id: index + 1, name, color: "grey" }));
const machine = {
  initial: [1],
  transitions: [{ source: 1, target: 2 }, { source: 2, target: 3 }, { source: 2, target: 6 }],
  states: [{ choice: 5, kind: "done" as const }, { choice: 6, kind: "cancelled" as const }, { choice: 7, kind: "waiting" as const }],
};
const state = field("single_select", { choices, machine });

describe("states", () => {
  it("fill their glyph as they move on", () => {
    expect(choices.map((choice) => stateGlyph(state, choice))).toEqual(["start", "quarter", "half", "most", "done", "closed", "back"]);
    expect(stateGlyph(field("single_select", { choices }), choices[0])).toBe("");
  });
  it("wait for others on the way too", () => {
    const kinds = { 1: "waiting", 4: "waiting", 5: "done", 6: "cancelled", 7: "open" } as const;
    const states = Object.entries(kinds).map(([choice, kind]) => ({ choice: Number(choice), kind }));
    const waiting = field("single_select", { choices, machine: { ...machine, states } });
    expect(choices.map((choice) => stateGlyph(waiting, choice))).toEqual(["start", "quarter", "half", "most", "done", "closed", "back"]);
  });
  it("offer only the moves that are allowed", () => {
    expect(allowedMoves(state, "已支付")).toEqual(["审核中", "已关闭"]);
    expect(allowedMoves(state, null)).toEqual(["待支付"]);
    expect(allowedMoves(state, "已完成")).toEqual([]);
  });
});

describe("text of values", () => {
  it("follows the field", () => {
    expect(textOf(field("currency", { currency: "CNY", decimals: 2 }), 1299)).toBe("¥1,299.00");
    expect(textOf(field("percent", { decimals: 1 }), 0.125)).toBe("12.5%");
    expect(textOf(field("number", { decimals: 0, thousands: true, unit: "件" }), 12431)).toBe("12,431 件");
    expect(textOf(field("link"), [{ id: "rec1", name: "周雨桐" }, { id: "rec2", name: "" }])).toBe("周雨桐, ");
    expect(textOf(field("formula", { result: "number", decimals: 2 }), 3)).toBe("3.00");
    expect(textOf(field("formula"), { error: "#DIV/0!" })).toBe("#DIV/0!");
    expect(textOf(field("text"), null)).toBe("");
  });
  it("is plain for Excel", () => {
    expect(copyText(field("currency"), 1299.5)).toBe("1299.5");
    expect(copyText(field("checkbox"), true)).toBe("TRUE");
  });
  it("knows signs and phones", () => {
    expect(formatMoney(-5, "USD")).toBe("-$5.00");
    expect(formatPhone("13805716621")).toBe("138 0571 6621");
    expect(formatPhone("+4930123")).toBe("+49 30123");
    expect(formatPhone("+8613805716621")).toBe("+86 138 0571 6621");
    expect(formatPhone("+14155552671")).toBe("+1 415 555 2671");
    expect(formatPhone("+442079460958")).toBe("+44 207 946 0958");
    expect(formatPhone("+85291234567")).toBe("+852 9123 4567");
    expect(formatPhone("分机 8001")).toBe("分机 8001");
  });
});

describe("moments", () => {
  it("go to the clock of the zone and back", () => {
    expect(toLocal("2026-01-15T00:26:00Z", false, "Asia/Shanghai")).toBe("2026-01-15T08:26");
    expect(fromLocal("2026-01-15T08:26", "Asia/Shanghai")).toBe("2026-01-15T00:26:00Z");
    expect(fromLocal("2026-07-15T08:26", "Europe/Berlin")).toBe("2026-07-15T06:26:00Z");
    expect(fromLocal("", "Asia/Shanghai")).toBeNull();
  });
});

describe("same", () => {
  it("compares as the server does", () => {
    expect(same(null, "")).toBe(true);
    expect(same([{ id: "rec1", name: "旧名" }], [{ id: "rec1", name: "新名" }])).toBe(true);
    expect(same(["a"], ["b"])).toBe(false);
  });
});

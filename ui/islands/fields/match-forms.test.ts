import { describe, expect, it } from "vitest";
import type { Field } from "./field";
import { functionsFor } from "./link-forms";
import { comparable, followed, likelyPair } from "./match-forms";

const field = (name: string, compares: string | null, more: Partial<Field> = {}): Field => ({ id: `fld${name}`, name, type: "text", options: {}, compares, ...more });

describe("what can be matched", () => {
  it("the same kinds, texts with choices, days with moments", () => {
    expect(comparable(field("a", "text"), field("b", "text"))).toBe(true);
    expect(comparable(field("a", "text"), field("b", "choice"))).toBe(true);
    expect(comparable(field("a", "datetime"), field("b", "date"))).toBe(true);
    expect(comparable(field("a", "number"), field("b", "text"))).toBe(false);
    expect(comparable(field("a", null), field("b", null))).toBe(false);
  });

  it("begins with a text of the same name on both sides", () => {
    const near = [field("数量", "number"), field("姓名", "text"), field("手机号", "text")];
    const far = [field("单号", "text"), field("数量", "number"), field("手机号", "text", { id: "fldFar" })];
    expect(likelyPair(near, far)).toEqual({ field: "fldFar", near: "fld手机号" });
    expect(likelyPair(near, [])).toEqual({ field: "", near: "" });
  });
});

describe("another field on the far side", () => {
  const near = [field("单号", "text"), field("手机号", "text"), field("收货电话", "text"), field("数量", "number")];
  const far = [field("单号", "text", { id: "farNo" }), field("手机号", "text", { id: "farPhone" }), field("买家", "text", { id: "farBuyer" }), field("数量", "number", { id: "farCount" })];

  it("takes its namesake along", () => {
    expect(followed({ field: "farNo", near: "fld单号" }, "farPhone", near, far)).toEqual({ field: "farPhone", near: "fld手机号" });
    expect(followed({ field: "", near: "" }, "farPhone", near, far)).toEqual({ field: "farPhone", near: "fld手机号" });
  });

  it("asks where nothing has that name, rather than compare with what does not belong to it", () => {
    expect(followed({ field: "farNo", near: "fld单号" }, "farBuyer", near, far)).toEqual({ field: "farBuyer", near: "" });
  });

  it("leaves what was chosen freely", () => {
    expect(followed({ field: "farNo", near: "fld收货电话" }, "farPhone", near, far)).toEqual({ field: "farPhone", near: "fld收货电话" });
    expect(followed({ field: "", near: "fld收货电话" }, "farBuyer", near, far)).toEqual({ field: "farBuyer", near: "fld收货电话" });
  });

  it("drops what can no longer be compared, and a sign that texts do not have", () => {
    expect(followed({ field: "farCount", near: "fld数量", op: "lt" }, "farPhone", near, far)).toEqual({ field: "farPhone", near: "fld手机号", op: "eq" });
    expect(followed({ field: "farNo", near: "fld收货电话" }, "farCount", near, far)).toEqual({ field: "farCount", near: "fld数量" });
  });
});

describe("what can be calculated over a field", () => {
  const aggregates = ["count", "count_filled", "count_empty", "count_unique", "sum", "avg", "min", "max"];

  it("numbers can be added, days only be the first or last", () => {
    expect(functionsFor(field("金额", "number", { type: "currency", aggregates }))).toContain("sum");
    const days = functionsFor(field("日期", "date", { type: "date", aggregates: ["count_filled", "min", "max"] }));
    expect(days).toEqual(["min", "max", "first", "last", "count_filled", "share_filled", "list", "list_unique"]);
  });

  it("files are counted, nothing else", () => {
    expect(functionsFor(field("图", null, { type: "attachment", aggregates: ["count", "count_filled", "count_empty"] }))).toEqual(["count", "count_filled", "count_empty", "share_filled"]);
  });
});

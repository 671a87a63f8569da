import { describe, expect, it } from "vitest";
import type { Field } from "./field";
import { functionsFor } from "./link-forms";
import { comparable, likelyPair } from "./match-forms";

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

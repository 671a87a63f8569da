import { describe, expect, it } from "vitest";
import { callAt, completed, insideText, offers, wordAt } from "./completion";

const at = (marked: string) => {
  const caret = marked.indexOf("|");
  return wordAt(marked.replace("|", ""), caret);
};

describe("the word at the caret", () => {
  it("is a field after a brace", () => {
    expect(at("{实付|")).toMatchObject({ kind: "field", text: "实付", start: 0, end: 3 });
    expect(at("1+{实|付}*2")).toMatchObject({ kind: "field", text: "实", start: 2, end: 6 });
    expect(at("{a}+{|")).toMatchObject({ kind: "field", text: "", start: 4 });
    expect(at("{a + {b}|")).toMatchObject({ kind: null });
  });

  it("is a function after letters, not after a number", () => {
    expect(at("1+SU|")).toMatchObject({ kind: "function", text: "SU", start: 2 });
    expect(at("如|")).toMatchObject({ kind: "function", text: "如" });
    expect(at("12|")).toMatchObject({ kind: null });
    expect(at("1+|")).toMatchObject({ kind: null });
  });

  it("is nothing inside a text", () => {
    expect(at('"SU|')).toMatchObject({ kind: null });
    expect(at('"a"&SU|')).toMatchObject({ kind: "function", text: "SU" });
    expect(insideText('IF({a}="', 8)).toBe(true);
    expect(insideText("“已付”", 4)).toBe(false);
  });
});

describe("completing", () => {
  const functions = [
    { label: "SUM", aliases: ["求和"] },
    { label: "IF", aliases: ["如果"] },
    { label: "IFERROR", aliases: [] },
    { label: "SUBSTITUTE", aliases: ["替换"] },
  ];

  it("offers what begins with the word before what contains it, by any name", () => {
    expect(offers(functions, "if").map((item) => item.label)).toEqual(["IF", "IFERROR"]);
    expect(offers(functions, "求").map((item) => item.label)).toEqual(["SUM"]);
    expect(offers(functions, "u").map((item) => item.label)).toEqual(["SUM", "SUBSTITUTE"]);
  });

  it("puts the field in its braces, whatever stood there", () => {
    expect(completed("1+{实付}*2", at("1+{实|付}*2"), "field", "应付金额")).toEqual({ source: "1+{应付金额}*2", caret: 8 });
    expect(completed("{", at("{|"), "field", "a}b")).toEqual({ source: "{a}}b}", caret: 6 });
  });

  it("gives a function its brackets once", () => {
    expect(completed("1+su", at("1+su|"), "function", "SUM")).toEqual({ source: "1+SUM()", caret: 6 });
    expect(completed("su(1)", at("su|(1)"), "function", "SUM")).toEqual({ source: "SUM(1)", caret: 4 });
  });
});

describe("the function the caret stands in", () => {
  const inside = (marked: string) => callAt(marked.replace("|", ""), marked.indexOf("|"));

  it("is the innermost open one", () => {
    expect(inside("IF(|")).toBe("IF");
    expect(inside("IF(LEFT({a},1)=|")).toBe("IF");
    expect(inside("如果(LEFT({a},|")).toBe("LEFT");
    expect(inside("NETWORKDAYS.INTL ({a},|")).toBe("NETWORKDAYS.INTL");
    expect(inside("IF(1, (2+|")).toBe("IF");
  });

  it("is none outside, and texts and fields open nothing", () => {
    expect(inside("1+|")).toBeNull();
    expect(inside("IF(1)|")).toBeNull();
    expect(inside('"SUM("&|')).toBeNull();
    expect(inside("{SUM(}+|")).toBeNull();
  });
});

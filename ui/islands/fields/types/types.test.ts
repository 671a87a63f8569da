import { describe, expect, it } from "vitest";
import { isNumeric, type Field } from "../field";
import { copyText, textOf } from "../format";
import { editText, readTyped } from "../../grid/editor";
import { fullness, readProgress } from "./progress";
import { keyedRating } from "./rating";
import { lookTypes, typeUi } from ".";

function field(type: string, options: Record<string, unknown> = {}): Field {
  return { id: "f", name: "字段", type, options: { ...typeUi(type)?.start, ...options } };
}

describe("every type here", () => {
  it("has operators, settings with a beginning, and a text", () => {
    for (const type of lookTypes) {
      const ui = typeUi(type)!;
      if (type === "button") expect(ui.operators).toEqual([]);
      else expect(ui.operators.length).toBeGreaterThan(1);
      expect(Object.keys(ui.start).every((key) => ui.settings.includes(key))).toBe(true);
      expect(ui.icon).not.toBe("");
      expect(textOf(field(type), null)).toBe("");
    }
  });
});

describe("durations", () => {
  it("are written in their format, and never lose seconds", () => {
    expect(textOf(field("duration"), 5400)).toBe("1:30");
    expect(textOf(field("duration"), 5405)).toBe("1:30:05");
    expect(textOf(field("duration", { format: "h:mm:ss" }), 5400)).toBe("1:30:00");
    expect(textOf(field("duration", { format: "words" }), 5405)).toBe("1 小时 30 分钟 5 秒");
    expect(textOf(field("duration", { format: "words" }), 0)).toBe("0 分钟");
    expect(copyText(field("duration"), 90)).toBe("0:01:30");
  });
  it("are typed as people write them", () => {
    expect(editText(field("duration"), 5400)).toBe("1:30");
    expect(readTyped(field("duration"), " 90m ")).toBe("90m");
    expect(readTyped(field("duration"), "")).toBeNull();
  });
});

describe("progress", () => {
  it("is a percentage on the usual scale and a figure on others", () => {
    expect(textOf(field("progress"), 35)).toBe("35%");
    expect(textOf(field("progress", { end: 200 }), 35)).toBe("35");
    expect(fullness(field("progress", { start: 100, end: 300 }), 150)).toBe(25);
    expect(fullness(field("progress"), 130)).toBe(100);
  });
  it("reads percentages as a share of the way", () => {
    expect(readProgress(field("progress"), "35%")).toBe(35);
    expect(readProgress(field("progress", { end: 200 }), "50%")).toBe(100);
    expect(readProgress(field("progress", { decimals: 1 }), "12.34")).toBe(12.3);
    expect(readProgress(field("progress"), "一半")).toBe("一半");
    expect(readProgress(field("progress"), "%")).toBe("%");
  });
});

describe("ratings", () => {
  it("follow the keys", () => {
    expect(keyedRating("3", 1, 5)).toBe(3);
    expect(keyedRating("9", 1, 5)).toBe(5);
    expect(keyedRating("0", 3, 5)).toBeNull();
    expect(keyedRating("ArrowRight", 5, 5)).toBe(5);
    expect(keyedRating("ArrowLeft", 1, 5)).toBeNull();
    expect(keyedRating("a", 1, 5)).toBeUndefined();
  });
  it("are numbers that stand at the left", () => {
    expect(isNumeric(field("rating"))).toBe(true);
    expect(readTyped(field("rating"), "4")).toBe(4);
    expect(readTyped(field("rating"), "好")).toBe("好");
  });
});

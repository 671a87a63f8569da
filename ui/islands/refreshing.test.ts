import { describe, expect, it } from "vitest";
import { progressWords } from "./refreshing";

describe("what the background is doing to a field", () => {
  it("says how far it is, never quite done", () => {
    expect(progressWords({ field: "f", kind: "refresh", done: 40, total: 100 })).toBe("正在重算,已完成 40%,值可能还是旧的");
    expect(progressWords({ field: "f", kind: "convert", done: 100, total: 100 })).toBe("正在转换,已完成 99%");
    expect(progressWords({ field: "f", kind: "undo", done: 1, total: 2 })).toBe("正在改回原来的类型,已完成 50%");
  });

  it("names no figure that nobody knows", () => {
    expect(progressWords({ field: "f", kind: "refresh", done: 40, total: null })).toBe("正在重算,值可能还是旧的");
  });
});

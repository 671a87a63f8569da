import { describe, expect, it } from "vitest";
import { timeLeft } from "./jobs";
import { relative } from "./times";

describe("time left of a job", () => {
  it("is said when it can be known", () => {
    expect(timeLeft(500, 1_000, 0, 10_000)).toBe("还要约 10 秒");
    expect(timeLeft(10, 10_000, 0, 10_000)).toBe("还要约 167 分钟");
    expect(timeLeft(990, 1_000, 0, 10_000)).toBe("马上就好");
  });
  it("is not guessed", () => {
    expect(timeLeft(0, 1_000, 0, 10_000)).toBe("");
    expect(timeLeft(5, 1_000, 0, 500)).toBe("");
    expect(timeLeft(5, 0, 0, 5_000)).toBe("");
  });
});

describe("relative times", () => {
  const now = new Date("2026-01-15T12:00:00Z");
  it("are in words within a week", () => {
    expect(relative(new Date("2026-01-15T11:57:00Z"), now)).toBe("3 分钟前");
    expect(relative(new Date("2026-01-14T11:00:00Z"), now)).toBe("昨天");
    expect(relative(new Date("2026-01-15T11:59:50Z"), now)).toBe("刚刚");
    expect(relative(new Date("2026-01-01T00:00:00Z"), now)).toBeNull();
  });
});

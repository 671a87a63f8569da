import { describe, expect, it } from "vitest";
import { difference, promises, signed } from "./words";

describe("what a movement says", () => {
  it("has the sign of what it did", () => {
    expect(signed({ kind: "receive", quantity: 1200 })).toBe("+1,200");
    expect(signed({ kind: "adjust", quantity: -2 })).toBe("−2");
    expect(signed({ kind: "reserve", quantity: 3 })).toBe("+3");
    expect(signed({ kind: "release", quantity: 3 })).toBe("−3");
    expect(signed({ kind: "consume", quantity: 0.5 })).toBe("−0.5");
  });

  it("tells promises from goods", () => {
    expect((["reserve", "release", "expire"] as const).every(promises)).toBe(true);
    expect(promises("consume")).toBe(false);
  });
});

describe("a count", () => {
  it("is compared with what is on hand", () => {
    expect(difference("", 3)).toBe("");
    expect(difference("abc", 3)).toBe("");
    expect(difference("3", 3)).toBe("相符");
    expect(difference("5", 3)).toBe("盘盈 2");
    expect(difference("0.1", 0.3)).toBe("盘亏 0.2");
  });
});

import { describe, expect, it } from "vitest";
import { endsCollide } from "./ends";

const line = (...values: number[]) => ({ values });

describe("names at the ends of lines", () => {
  it("stand there when the ends are apart", () => {
    expect(endsCollide([line(4, 6), line(2, 4), line(1, 0)])).toBe(false);
  });

  it("make way for a legend when they are not", () => {
    expect(endsCollide([line(2, 0), line(1, 0)])).toBe(true);
    expect(endsCollide([line(100, 50), line(100, 55)])).toBe(true);
    expect(endsCollide([line(0, 0), line(0, 0)])).toBe(true);
    expect(endsCollide([line(3)])).toBe(false);
  });
});

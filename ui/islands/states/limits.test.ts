import { describe, expect, it } from "vitest";
import { limitText, readLimit } from "./limits";

describe("time limits of states", () => {
  it("reads what people type", () => {
    expect(readLimit("24 小时")).toBe(86_400);
    expect(readLimit("24")).toBe(86_400);
    expect(readLimit("3天")).toBe(259_200);
    expect(readLimit("1 小时 30 分钟")).toBe(5400);
    expect(readLimit("2h")).toBe(7200);
    expect(readLimit("1.5 小时")).toBe(5400);
    expect(readLimit(" ")).toBe(null);
  });

  it("refuses what it cannot read, and what no state can have", () => {
    for (const text of ["一会儿", "3 只", "0 分钟", "小时", "-2 小时", "9999999 天"]) expect(readLimit(text)).toBe(undefined);
  });

  it("writes them as it reads them", () => {
    for (const seconds of [60, 5400, 86_400, 259_200, 90_000]) expect(readLimit(limitText(seconds))).toBe(seconds);
    expect(limitText(86_400)).toBe("24 小时");
    expect(limitText(null)).toBe("");
  });
});

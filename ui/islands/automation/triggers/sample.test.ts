import { describe, expect, it } from "vitest";
import { at, linesOf, pathWords, taken } from "./sample";

const body = { order: { no: "DY-1", lines: [{ sku: "红-S", n: 2 }] }, urgent: true, 备注: null };

describe("a sample", () => {
  it("is shown line by line, with what can be taken", () => {
    const lines = linesOf(body);
    expect(lines.map((line) => `${"-".repeat(line.depth)}${line.name}=${line.shown}${line.takes ? "" : "!"}`)).toEqual([
      "order=!", "-no=DY-1", "-lines=[1]", "--0=!", "---sku=红-S", "---n=2", "urgent=true", "备注=null",
    ]);
    expect(lines.find((line) => line.name === "n")?.type).toBe("number");
    expect(pathWords(["order", "lines", 0, "sku"])).toBe("order › lines › 1 › sku");
  });

  it("gives every value a name and a key of its own", () => {
    const [, no, , , sku] = linesOf(body);
    const first = taken(no!, []);
    expect(first).toEqual({ key: "no", name: "no", path: ["order", "no"], type: "text" });
    const second = taken(no!, [first]);
    expect([second.key, second.name]).toEqual(["no_2", "order no"]);
    expect(taken(linesOf(body).at(-1)!, []).key).toBe("value");
    expect(at(body, sku!.path)).toBe("红-S");
    expect(at(body, ["order", "nothing", 3])).toBeUndefined();
  });
});

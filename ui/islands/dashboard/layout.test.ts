import { describe, expect, it } from "vitest";
import { arranged, bottom, nextPlace, within } from "./layout";
import type { Widget } from "./types";

const widget = (id: string, x: number, y: number, w: number, h: number): Widget => ({ id, title: id, config: { kind: "number", table: "t" }, place: { x, y, w, h } });

describe("layout of a dashboard", () => {
  it("keeps a widget inside the grid", () => {
    expect(within({ x: 11, y: -2, w: 5, h: 1 })).toEqual({ x: 7, y: 0, w: 5, h: 2 });
  });

  it("moves what is in the way down, and lets the rest rise", () => {
    const widgets = [widget("a", 0, 0, 6, 4), widget("b", 6, 0, 6, 4), widget("c", 0, 4, 12, 4)];
    const after = Object.fromEntries(arranged(widgets, "c", { x: 0, y: 0, w: 12, h: 4 }).map((one) => [one.id, one.place.y]));
    expect(after).toEqual({ c: 0, a: 4, b: 4 });
  });

  it("never leaves two widgets on one another", () => {
    const widgets = [widget("a", 0, 0, 6, 4), widget("b", 3, 4, 6, 4), widget("c", 6, 8, 6, 4)];
    const after = arranged(widgets, "a", { x: 4, y: 5, w: 8, h: 6 });
    for (const one of after) {
      for (const other of after) {
        if (one.id === other.id) continue;
        const [a, b] = [one.place, other.place];
        expect(a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h).toBe(false);
      }
    }
    expect(bottom(after)).toBeGreaterThan(0);
  });

  it("puts a new widget beside the last one, or below where there is no room", () => {
    const widgets = [widget("a", 0, 0, 12, 2), widget("b", 0, 2, 5, 7)];
    expect(nextPlace(widgets, { w: 7, h: 7 })).toEqual({ x: 5, y: 2, w: 7, h: 7 });
    expect(nextPlace(widgets, { w: 8, h: 7 })).toEqual({ x: 0, y: 9, w: 8, h: 7 });
    expect(nextPlace([], { w: 5, h: 7 })).toEqual({ x: 0, y: 0, w: 5, h: 7 });
  });
});

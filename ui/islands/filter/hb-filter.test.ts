import { describe, expect, it, vi } from "vitest";
import type { Field } from "../fields/field";
import { HbFilter } from "./hb-filter";

const paid = { id: "fld1", name: "实付金额", type: "currency", operators: ["gt", "lt", "is_empty"], options: {} } as unknown as Field;
const tries = { ...paid, id: "fld2", name: "次数", type: "number" } as Field;

async function shown(): Promise<{ filter: HbFilter; told: unknown[]; boxes: () => HTMLInputElement[] }> {
  const filter = new HbFilter();
  filter.fields = [paid, tries];
  filter.value = { kind: "group", conjunction: "and", items: [{ kind: "condition", field: "fld1", op: "gt", value: null }, { kind: "condition", field: "fld2", op: "lt", value: null }] };
  document.body.replaceChildren(filter);
  await filter.updateComplete;
  const told: unknown[] = [];
  filter.addEventListener("change", () => told.push(filter.value));
  return { filter, told, boxes: () => [...filter.querySelectorAll<HTMLInputElement>(".fb-value input")] };
}

function type(box: HTMLInputElement, text: string): void {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

describe("a number typed into a condition", () => {
  it("counts as soon as its field is left, once", async () => {
    vi.useFakeTimers();
    try {
      const { told, boxes } = await shown();
      type(boxes()[0]!, "100");
      expect(told).toEqual([]);
      boxes()[0]!.dispatchEvent(new Event("change", { bubbles: true }));
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({ field: "fld1", value: 100 });
      vi.advanceTimersByTime(1000);
      expect(told).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not lost when another one is typed right after it", async () => {
    vi.useFakeTimers();
    try {
      const { filter, boxes } = await shown();
      type(boxes()[0]!, "100");
      type(boxes()[1]!, "3");
      vi.advanceTimersByTime(1000);
      expect(filter.value).toMatchObject({ items: [{ field: "fld1", value: 100 }, { field: "fld2", value: 3 }] });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a condition that is not filled in", () => {
  it("is said not to count, where that matters", async () => {
    const { filter, boxes } = await shown();
    expect(filter.textContent).not.toContain("没填完");
    filter.careful = true;
    await filter.updateComplete;
    expect(filter.querySelector("[role=status]")?.textContent).toBe("没填完的条件现在不算数");
    for (const box of boxes()) {
      type(box, "3");
      box.dispatchEvent(new Event("change", { bubbles: true }));
      await filter.updateComplete;
    }
    expect(filter.querySelector("[role=status]")).toBeNull();
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import type { View } from "./info";
import { countConditions, same, ViewDraft } from "./draft";
import { addressOf, readPlace } from "./address";

const view: View = {
  id: "viwA",
  version: 3,
  name: "全部",
  type: "grid",
  columns: [{ field: "fldA", hidden: false, width: null }],
  where: null,
  sorts: [],
  groups: [],
  row_height: "short",
};
const filter = { kind: "condition" as const, field: "fldA", op: "is", value: "x" };

describe("ViewDraft", () => {
  beforeEach(() => localStorage.clear());

  it("knows what was changed, and that changing it back is no change", () => {
    const draft = new ViewDraft(view);
    expect(draft.dirty).toBe(false);
    draft.set({ where: filter });
    expect(draft.changes).toEqual({ where: filter });
    expect(draft.view.where).toEqual(filter);
    draft.set({ where: null, columns: [{ field: "fldA" }] });
    expect(draft.dirty).toBe(false);
  });

  it("keeps the changes over a reload and forgets them on revert", () => {
    new ViewDraft(view).set({ row_height: "tall" });
    const again = new ViewDraft(view);
    expect(again.view.row_height).toBe("tall");
    again.revert();
    expect(new ViewDraft(view).dirty).toBe(false);
  });

  it("drops what somebody else has saved meanwhile", () => {
    const draft = new ViewDraft(view);
    draft.set({ where: filter, row_height: "tall" });
    draft.rebase({ ...view, version: 4, where: filter });
    expect(draft.changes).toEqual({ row_height: "tall" });
    expect(draft.base.version).toBe(4);
  });

  it("survives a broken storage", () => {
    localStorage.setItem("hb-view:viwA", "{");
    expect(new ViewDraft(view).dirty).toBe(false);
    const draft = new ViewDraft(view, (_part, one, other) => same(one, other), { getItem: () => null, setItem: () => { throw new Error("full"); }, removeItem: () => {} });
    draft.set({ row_height: "tall" });
    expect(draft.dirty).toBe(true);
  });
});

describe("comparison", () => {
  it("takes missing, null, false and empty lists for the same", () => {
    expect(same([{ field: "a", descending: false }], [{ field: "a" }])).toBe(true);
    expect(same({ a: 1, b: [] }, { a: 1 })).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
  });
});

describe("countConditions", () => {
  it("counts through groups", () => {
    expect(countConditions(null)).toBe(0);
    expect(countConditions({ kind: "group", items: [filter, { kind: "group", items: [filter, filter] }] })).toBe(3);
  });
});

describe("address", () => {
  it("goes there and back", () => {
    const place = { view: "viwA", record: "recB" };
    expect(addressOf(place, "/t/tblA")).toBe("/t/tblA?view=viwA&record=recB");
    expect(readPlace("?view=viwA&record=recB")).toEqual(place);
    expect(addressOf({ view: null, record: null }, "/t/tblA")).toBe("/t/tblA");
  });
});

import { describe, expect, it, vi } from "vitest";
import type { Field, RecordData } from "../fields/field";
import { Edits } from "./edits";
import { Rows } from "./rows";
import { MemorySource } from "./source-memory";

const fields: Field[] = [
  { id: "fldName", name: "名字", type: "text", options: {} },
  { id: "fldState", name: "状态", type: "single_select", options: {} },
];

function records(count: number): RecordData[] {
  return Array.from({ length: count }, (_none, index) => ({ id: `rec${index}`, version: 1, fields: { fldName: `第 ${index}`, fldState: index % 2 ? "乙" : "甲" } }));
}

function make(count: number, options: ConstructorParameters<typeof MemorySource>[2] = {}) {
  const source = new MemorySource(fields, records(count), options);
  const errors: unknown[] = [];
  const rows = new Rows(source, { onLayout: () => {}, onRows: () => {}, onError: (failure) => errors.push(failure) });
  return { source, rows, errors };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 10));

describe("Rows", () => {
  it("fetches only the pages that are needed", async () => {
    const { source, rows } = make(10_000);
    const page = vi.spyOn(source, "page");
    await rows.reload(false);
    await settle();
    rows.need(0, 5_000, 5_040);
    await settle();
    expect(page.mock.calls.map(([request]) => request.at)).toEqual([0, 5_000]);
    expect(rows.total).toBe(10_000);
    expect(rows.row(0, 5_010)?.fields.fldName).toBe("第 5010");
    expect(rows.row(0, 300)).toBeUndefined();
  });

  it("corrects an estimate that was too high, and one that was too low", async () => {
    const { source, rows } = make(150);
    const page = source.page.bind(source);
    vi.spyOn(source, "page").mockImplementation(async (request, signal) => ({ ...(await page(request, signal)), total: 1_000, exact: false }));
    await rows.reload(false);
    await settle();
    expect([rows.total, rows.exact]).toEqual([1_000, false]);
    rows.need(0, 900, 910);
    await settle();
    expect(rows.total).toBe(900);
    rows.need(0, 100, 140);
    await settle();
    expect([rows.total, rows.exact]).toEqual([150, true]);
  });

  it("hands on what was typed and refused, and the rows in sight, to a new way of asking", async () => {
    const { rows } = make(20);
    await rows.reload(false);
    await settle();
    rows.setDraft("rec3", "fldName", { value: "太长", problem: "最多 2 个字" });
    const again = make(20).rows;
    again.inherit(rows, true);
    expect(again.row(0, 3)?.drafts?.fldName).toEqual({ value: "太长", problem: "最多 2 个字" });
    expect([again.loaded, again.total]).toEqual([true, 20]);
    await again.reload(false);
    await settle();
    expect(again.row(0, 3)?.drafts?.fldName?.problem).toBe("最多 2 个字");
    const other = make(20).rows;
    other.inherit(again, false);
    expect(other.loaded).toBe(false);
    await other.reload(false);
    await settle();
    expect(other.row(0, 3)?.drafts?.fldName?.value).toBe("太长");
  });

  it("keeps groups apart, and closed ones closed after a reload", async () => {
    const { rows } = make(10, { groupField: "fldState" });
    await rows.reload(true);
    expect(rows.sections().map((section) => section.count)).toEqual([5, 5]);
    rows.toggle(1);
    await rows.reload(true);
    expect(rows.sections().map((section) => section.closed)).toEqual([false, true]);
    rows.need(0, 0, 4);
    await settle();
    expect(rows.row(0, 1)?.id).toBe("rec2");
  });

  it("does not put an old answer over a newer one", async () => {
    const { rows } = make(3);
    await rows.reload(false);
    await settle();
    rows.update({ id: "rec1", version: 3, fields: { fldName: "新" } });
    rows.update({ id: "rec1", version: 2, fields: { fldName: "旧" } });
    expect(rows.byId("rec1")).toMatchObject({ version: 3, fields: { fldName: "新" } });
    rows.update({ id: "rec1", version: 3, fields: { fldState: "乙" } }); // a computed value does not count as a change
    expect(rows.byId("rec1")?.fields).toEqual({ fldName: "新", fldState: "乙" });
  });

  it("closes the gap when records go", async () => {
    const { rows } = make(10);
    await rows.reload(false);
    await settle();
    rows.remove(["rec3", "rec5"]);
    expect(rows.total).toBe(8);
    expect(rows.row(0, 3)?.id).toBe("rec4");
    expect(rows.place("rec6")).toEqual({ section: 0, index: 4 });
  });

  it("lets go of pages far away, but not of what was typed there", async () => {
    const { rows } = make(20_000);
    await rows.reload(false);
    await settle();
    rows.setDraft("rec7", "fldName", { value: "没保存", problem: "太长" });
    for (let at = 100; at < 8_000; at += 100) {
      rows.need(0, at, at);
      await settle();
    }
    expect(rows.row(0, 7)).toBeUndefined();
    rows.need(0, 0, 10);
    await settle();
    expect(rows.row(0, 7)?.drafts?.fldName?.value).toBe("没保存");
  });
});

describe("Edits", () => {
  it("shows what was typed at once, then what was stored", async () => {
    const { source, rows } = make(3);
    await rows.reload(false);
    await settle();
    const edits = new Edits({ source, rows, redraw: () => {}, stored: () => {}, needs: () => {} });
    const saving = edits.apply([{ id: "rec1", field: fields[0]!, value: "新" }]);
    expect(rows.byId("rec1")?.drafts?.fldName).toEqual({ value: "新" });
    expect(await saving).toBe(1);
    expect(rows.byId("rec1")?.fields.fldName).toBe("新");
    expect(rows.byId("rec1")?.drafts).toBeUndefined();
  });

  it("keeps a refused value with its reason, over a reload too, until it is dropped", async () => {
    const { source, rows } = make(3, { judge: (_field, value) => (value === "坏" ? "不行" : null) });
    await rows.reload(false);
    await settle();
    const edits = new Edits({ source, rows, redraw: () => {}, stored: () => {}, needs: () => {} });
    expect(await edits.apply([{ id: "rec1", field: fields[0]!, value: "坏" }])).toBe(0);
    await rows.reload(false);
    await settle();
    expect(rows.byId("rec1")?.drafts?.fldName).toEqual({ value: "坏", problem: "不行" });
    expect(rows.byId("rec1")?.fields.fldName).toBe("第 1");
    edits.drop("rec1", "fldName");
    expect(rows.byId("rec1")?.drafts).toBeUndefined();
  });

  it("stores the good cells of a record of which one was refused", async () => {
    const { source, rows } = make(3, { judge: (field) => (field.id === "fldState" ? "不能到这里" : null) });
    await rows.reload(false);
    await settle();
    const edits = new Edits({ source, rows, redraw: () => {}, stored: () => {}, needs: () => {} });
    const said: number[] = [];
    const stored = await edits.apply(
      [
        { id: "rec1", field: fields[0]!, value: "新" },
        { id: "rec1", field: fields[1]!, value: "丙" },
      ],
      { announce: (n) => (said.push(n), "") },
    );
    expect([stored, said]).toEqual([1, [1]]);
    expect(source.records[1]!.fields).toEqual({ fldName: "新", fldState: "乙" });
    expect(rows.byId("rec1")?.drafts).toEqual({ fldState: { value: "丙", problem: "不能到这里" } });
  });

  it("never touches computed fields", async () => {
    const { source, rows } = make(3);
    await rows.reload(false);
    await settle();
    const edits = new Edits({ source, rows, redraw: () => {}, stored: () => {}, needs: () => {} });
    expect(await edits.apply([{ id: "rec1", field: { ...fields[0]!, readonly: true }, value: "x" }])).toBe(0);
    expect(source.records[1]!.fields.fldName).toBe("第 1");
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Field } from "../fields/field";
import { Follower } from "./follower";
import { Rows } from "./rows";
import { MemorySource } from "./source-memory";
import type { GridView } from "./view";

const fields: Field[] = [{ id: "fldName", name: "名字", type: "text", options: {} }];

async function make(orderFields: string[] = []) {
  const source = new MemorySource(fields, Array.from({ length: 5 }, (_none, index) => ({ id: `rec${index}`, version: 1, fields: { fldName: `第 ${index}` } })));
  const rows = new Rows(source, { onLayout: () => {}, onRows: () => {}, onError: () => {} });
  let hear: Parameters<MemorySource["watch"]>[0] = () => {};
  vi.spyOn(source, "watch").mockImplementation((listener) => ((hear = listener), () => {}));
  const flash = vi.fn();
  const refresh = vi.fn(async () => {});
  const told: string[] = [];
  new Follower(source, rows, {
    view: { flash } as unknown as GridView,
    orderFields: new Set(orderFields),
    redraw: () => {},
    refresh,
    drawFooter: () => {},
    dispatchEvent: (event) => told.push(event.type) > 0,
  });
  void rows.reload(false);
  await vi.advanceTimersByTimeAsync(10);
  const pass = () => vi.advanceTimersByTimeAsync(1_000);
  return { source, rows, flash, refresh, told, pass, hear: (change: Parameters<typeof hear>[0]) => hear(change) };
}

describe("Follower", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("reads a changed record again and lets its cells flash", async () => {
    const { source, rows, flash, refresh, pass, hear } = await make();
    source.records[2]!.fields.fldName = "同事改的";
    hear({ kind: "update", records: ["rec2"], fields: ["fldName"] });
    await pass();
    expect(rows.byId("rec2")?.fields.fldName).toBe("同事改的");
    expect(flash).toHaveBeenCalledWith("rec2", new Set(["fldName"]));
    expect(refresh).not.toHaveBeenCalled();
  });

  it("does not flash for what stands there already", async () => {
    const { flash, pass, hear } = await make();
    hear({ kind: "update", records: ["rec2"], fields: ["fldName"], own: true });
    await pass();
    expect(flash).not.toHaveBeenCalled();
  });

  it("asks for everything when records come, go, or may have changed places", async () => {
    for (const change of [
      { kind: "create" as const, records: ["recNew"], fields: [] },
      { kind: "delete" as const, records: ["rec1"], fields: [] },
      { kind: "update" as const, records: ["rec1"], fields: ["fldName"] },
      { kind: "reload" as const, records: [], fields: [] },
    ]) {
      const { refresh, pass, hear } = await make(["fldName"]);
      hear(change);
      await pass();
      expect(refresh, change.kind).toHaveBeenCalledTimes(1);
    }
  });

  it("leaves alone what this page did itself", async () => {
    const { source, rows, refresh, pass, hear } = await make(["fldName"]);
    source.records.push({ id: "recNew", version: 1, fields: {} });
    rows.append(0, { id: "recNew", version: 1, fields: {} });
    hear({ kind: "create", records: ["recNew"], fields: [], own: true });
    rows.remove(["rec1"]);
    hear({ kind: "delete", records: ["rec1"], fields: [], own: true });
    hear({ kind: "update", records: ["rec2"], fields: ["fldName"], own: true });
    await pass();
    expect(refresh).not.toHaveBeenCalled();
  });

  it("tells the page when the table itself has changed", async () => {
    const { told, pass, hear } = await make();
    hear({ kind: "schema", records: [], fields: [] });
    await pass();
    expect(told).toEqual(["hb:schema"]);
  });
});

import { beforeEach, expect, test } from "vitest";
import { forgetWorkbenches, Memory } from "./memory";
import type { Card } from "./types";

const bindings = { number: "fldN", waybill: "fldW", phone: "fldP" };

function card(id: string, fields: Record<string, unknown>): Card {
  return { record: { id, version: 1, fields }, table: "tbl", places: [], others: [], others_total: 0 };
}

beforeEach(() => localStorage.clear());

test("the last looked-up first, each once, and still there after a reload", () => {
  const memory = new Memory("usr1", "wkb1");
  memory.keep(card("rec1", { fldN: "A1" }), 1);
  memory.keep(card("rec2", { fldN: "A2" }), 2);
  memory.keep(card("rec1", { fldN: "A1" }), 3);
  expect(new Memory("usr1", "wkb1").all.map((one) => [one.card.record.id, one.at])).toEqual([["rec1", 3], ["rec2", 2]]);
  expect(new Memory("usr2", "wkb1").all).toEqual([]);
});

test("found by whole numbers first, else by their ends", () => {
  const memory = new Memory("usr1", "wkb1");
  memory.keep(card("rec1", { fldW: "SF1402884102760", fldP: "13805716621" }));
  memory.keep(card("rec2", { fldW: "2760", fldN: "DD20260115-0412" }));
  expect(memory.byCode("ｓｆ1402884102760", bindings)?.card.record.id).toBe("rec1");
  expect(memory.byCode("2760", bindings)?.card.record.id).toBe("rec2");
  expect(memory.byCode("6621", bindings)?.card.record.id).toBe("rec1");
  expect(memory.byCode("412", bindings)).toBeNull();
});

test("at most forty are kept, and signing out takes them away", async () => {
  const memory = new Memory("usr1", "wkb1");
  for (let n = 0; n < 50; n++) memory.keep(card(`rec${n}`, {}));
  expect(memory.all).toHaveLength(40);
  localStorage.setItem("hb-redo", "stays");
  await forgetWorkbenches();
  expect(new Memory("usr1", "wkb1").all).toEqual([]);
  expect(localStorage.getItem("hb-redo")).toBe("stays");
});

import { render } from "lit";
import { expect, test, vi } from "vitest";
import { answerTree, pickOf, samePlace, type Place } from "./answer-tree";

test("a picked value has a name people know and a key of its own", () => {
  const first = pickOf(["data", 0, "waybill No"], "SF1", []);
  expect(first).toEqual({ key: "waybill_no", name: "waybill No", place: ["data", 0, "waybill No"], example: "SF1" });
  expect(pickOf(["other", "waybill no"], 2, [first]).key).toBe("waybill_no_2");
  expect(pickOf(["单号"], "x", []).key).toBe("value");
  expect(pickOf(["status"], "x", []).key).toBe("status_2");
  expect(pickOf([], [1], []).example).toBeUndefined();
});

test("every value of an answer can be clicked, and says whether it is used", () => {
  const pick = vi.fn<(place: Place, value: unknown) => void>();
  const box = document.createElement("div");
  render(answerTree({ data: [{ no: "SF1", fee: 8 }], ok: true }, (place) => samePlace(place, ["ok"]), pick), box);
  const buttons = [...box.querySelectorAll<HTMLButtonElement>(".jt-v")];
  expect(buttons.map((one) => one.textContent?.trim())).toEqual(["{n} 项", "{n} 项的列表", "{n} 项", '"SF1"', "8", "true"].map((one, index) => one.replace("{n}", ["2", "1", "2"][index] ?? "")));
  expect(buttons.at(-1)!.getAttribute("aria-pressed")).toBe("true");
  buttons[3]!.click();
  expect(pick).toHaveBeenCalledWith(["data", 0, "no"], "SF1");
});

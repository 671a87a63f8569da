import { render } from "lit";
import { afterEach, expect, it } from "vitest";
import { controlTemplate, type ControlOptions } from "../record/control";
import type { HbSelect } from "../select/hb-select";
import type { Field } from "./field";
import { allowNewChoices } from "./new-choice";

const choices = [{ id: 1, name: "淘宝", color: "blue" }];

function offered(options: Partial<ControlOptions>, more: object = {}): boolean {
  const field = { id: "fldAAAAAAAAAAAAAA", name: "渠道", type: "single_select", options: { choices, ...more } } as unknown as Field;
  const place = document.createElement("div");
  document.body.append(place);
  render(controlTemplate(field, { id: "c", value: null, commit: () => undefined, cancel: () => undefined, choices: async () => [], ...options }), place);
  return place.querySelector<HbSelect>("hb-select")!.creatable;
}

afterEach(() => {
  allowNewChoices(false);
  document.body.replaceChildren();
});

it("is offered to who may build, and to nobody else", () => {
  expect(offered({})).toBe(false);
  allowNewChoices(true);
  expect(offered({})).toBe(true);
});

it("is not offered where the field itself is being edited, nor for states", () => {
  allowNewChoices(true);
  expect(offered({ listed: true })).toBe(false);
  expect(offered({}, { machine: { initial: [1], transitions: [], states: [] } })).toBe(false);
});

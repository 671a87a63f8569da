import { describe, expect, it } from "vitest";
import type { Field } from "./field";
import { changesValues, draftOf, emptyDraft, newChoice, optionsOf, patchOf, specOf, withType } from "./spec";

const channel: Field = {
  id: "fldA",
  name: "渠道",
  type: "single_select",
  options: {
    choices: [
      { id: 1, name: "淘宝", color: "orange" },
      { id: 2, name: "抖音", color: "blue" },
      { id: 3, name: "线下", color: "grey", archived: true },
    ],
    machine: null,
  },
  default: null,
};

describe("a field's draft", () => {
  it("asks for nothing when nothing changed", () => {
    expect(patchOf(draftOf(channel), channel)).toBeNull();
  });

  it("sends only what differs", () => {
    const draft = { ...draftOf(channel), name: " 来源 ", required: true };
    expect(patchOf(draft, channel)).toEqual({ name: "来源", required: true });
  });

  it("keeps the numbers of choices, leaves out archived and empty ones", () => {
    const draft = draftOf(channel);
    draft.choices = [draft.choices[1]!, { ...draft.choices[0]!, name: "淘宝店" }, newChoice("微信", draft.choices), newChoice(" ", draft.choices)];
    expect(patchOf(draft, channel)).toEqual({
      options: {
        machine: null,
        choices: [
          { id: 2, name: "抖音", color: "blue" },
          { id: 1, name: "淘宝店", color: "orange" },
          { name: "微信", color: "green" },
        ],
      },
    });
  });

  it("carries choices from one select to the other and drops the machine", () => {
    const draft = withType(draftOf(channel), "multi_select", channel);
    expect(draft.choices.map((choice) => choice.name)).toEqual(["淘宝", "抖音"]);
    expect(patchOf(draft, channel)).toMatchObject({ type: "multi_select" });
    expect(optionsOf(draft).machine).toBeUndefined();
  });

  it("lets the values make the choices when a text becomes a select", () => {
    const text: Field = { id: "fldB", name: "备注", type: "text", options: { max_length: 100 } };
    const draft = withType(draftOf(text), "single_select", text);
    expect(patchOf(draft, text)).toEqual({ type: "single_select", options: {} });
    draft.choices = [newChoice("急", [])];
    expect(patchOf(draft, text)).toEqual({ type: "single_select", options: { choices: [{ name: "急", color: "blue" }] } });
  });

  it("comes back to what it was when the old type is chosen again", () => {
    const away = withType({ ...draftOf(channel), name: "来源" }, "text", channel);
    expect(away.choices).toEqual([]);
    expect(patchOf(withType(away, "single_select", channel), channel)).toEqual({ name: "来源" });
  });

  it("drops rules that the type cannot have", () => {
    const draft = withType({ ...emptyDraft, required: true, unique: true, default: "x" }, "checkbox", null);
    expect(specOf({ ...draft, name: "含赠品" })).toMatchObject({ required: false, unique: false, default: null, type: "checkbox" });
  });

  it("foretells only what touches values", () => {
    expect(changesValues({ name: "x" })).toBe(false);
    expect(changesValues({ unique: false })).toBe(false);
    expect(changesValues({ unique: true })).toBe(true);
    expect(changesValues({ options: {} })).toBe(true);
    expect(changesValues(null)).toBe(false);
  });
});

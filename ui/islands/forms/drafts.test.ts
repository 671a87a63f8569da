import { describe, expect, it } from "vitest";
import type { Field } from "../fields/field";
import { freshQuestion, moved, previewOf } from "./drafts";
import type { EditorData, FormDef } from "./types";

const fields: Field[] = [
  { id: "fldA", name: "类型", type: "single_select", options: { choices: [{ id: 1, name: "少发", color: "red" }, { id: 2, name: "旧的", color: "red", archived: true }] } },
  { id: "fldB", name: "数量", type: "number", options: {}, required: true },
  { id: "fldC", name: "店铺", type: "link", options: { table: "tbl" } },
];
const data = { form: { id: "frm" }, table: { id: "tbl", name: "", icon: "", fields, time_zone: "" }, askable: fields.map((field) => field.id) } as unknown as EditorData;
const draft = (questions: FormDef["questions"]): FormDef => ({ name: "登记", table: "tbl", questions, title: "", description: "", color: "teal", submit: "", after: "thanks", thanks: "", again: true, redirect: "", audience: "link", open: true, closes_at: null, limit: null, once: false });

describe("a form in the making", () => {
  it("shows what can be asked, with the choices that are offered", () => {
    const [a, b, c] = fields.map(freshQuestion);
    const shown = previewOf(data, draft([a!, { ...b!, where: { kind: "condition", field: "fldX", op: "is_empty" } }, { ...c!, choose: false }]));
    expect(shown.questions.map((one) => one.id)).toEqual(["fldA", "fldB"]);
    expect(shown.questions[0]!.options.choices!.map((choice) => choice.name)).toEqual(["少发"]);
    expect(shown.questions[1]).toMatchObject({ required: true, where: null });
    expect(shown.title).toBe("登记");
  });

  it("moves a question before another", () => {
    expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "a", "c"]);
    expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
    expect(moved(["a", "b", "c"], 0, 3)).toEqual(["b", "c", "a"]);
  });
});

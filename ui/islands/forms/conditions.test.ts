import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Value } from "../fields/field";
import { asked, meets } from "./conditions";
import type { Question } from "./types";

interface Case {
  op: string;
  answer: Value;
  value: Value;
  meets: boolean;
}

const cases = JSON.parse(readFileSync("tests/runtime/forms/conditions.json", "utf8")) as Case[];

describe("conditions of questions", () => {
  it.each(cases)("$answer $op $value", (one) => {
    expect(meets({ kind: "condition", field: "f", op: one.op, value: one.value }, { f: one.answer })).toBe(one.meets);
  });

  it("hides what hangs on a question that is not asked itself", () => {
    const question = (id: string, where: Question["where"]): Question => ({ id, type: "text", label: id, help: "", required: false, where, options: {}, value: null });
    const questions = [
      question("a", null),
      question("b", { kind: "condition", field: "a", op: "is", value: "x" }),
      question("c", { kind: "condition", field: "b", op: "is_not_empty", value: null }),
    ];
    const shown = (answers: Record<string, Value>) => asked(questions, answers).map((one) => one.id);
    expect(shown({ a: "x", b: "1" })).toEqual(["a", "b", "c"]);
    expect(shown({ a: "y", b: "1" })).toEqual(["a"]);
  });
});

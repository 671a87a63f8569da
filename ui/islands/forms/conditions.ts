/**
 * Which questions are asked, as the answers so far have it; `runtime/forms/conditions.py` says the same, and
 * `tests/runtime/forms/conditions.json` holds both to one meaning.
 */
import type { Filter, Value } from "../fields/field";
import type { Answers, Question } from "./types";

/** Whether a question is left without an answer; a box that is not ticked is an answer. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && !value.length) || (typeof value === "string" && !value.trim());
}

/** Whether the answers meet a question's condition; there is none: they do. */
export function meets(where: Filter | null | undefined, answers: Answers): boolean {
  if (!where) return true;
  if (where.kind === "condition") return holds(where.op, answers[where.field], where.value);
  const items = where.items ?? [];
  if (!items.length) return true;
  return where.conjunction === "or" ? items.some((item) => meets(item, answers)) : items.every((item) => meets(item, answers));
}

/** The questions that are asked, in order: what is not asked has no answer for those behind it. */
export function asked(questions: readonly Question[], answers: Answers): Question[] {
  const given: Answers = {};
  return questions.filter((question) => {
    if (!meets(question.where, given)) return false;
    given[question.id] = answers[question.id];
    return true;
  });
}

const opposites: Record<string, string> = { is_not: "is", ne: "eq", is_none_of: "is_any_of", not_contains: "contains" };

function holds(op: string, answer: unknown, wanted: unknown): boolean {
  const empty = isEmpty(answer);
  if (op === "is_empty" || op === "is_not_empty") return empty === (op === "is_empty");
  if (typeof wanted === "boolean") return (answer === true) === wanted;
  const opposite = opposites[op];
  if (opposite) return empty || !holds(opposite, answer, wanted);
  if (empty) return false;
  if (op === "between") {
    const [low, high] = Array.isArray(wanted) && wanted.length === 2 ? (wanted as Value[]) : [null, null];
    return holds("ge", answer, low) && holds("le", answer, high);
  }
  if (op === "is_any_of" || op === "has_all_of") {
    const given = new Set(Array.isArray(answer) ? (answer as unknown[]) : [answer]);
    const choices = Array.isArray(wanted) ? (wanted as unknown[]) : [wanted];
    return op === "has_all_of" ? choices.every((one) => given.has(one)) : choices.some((one) => given.has(one));
  }
  return compares(op, answer, wanted);
}

function compares(op: string, answer: unknown, wanted: unknown): boolean {
  const text = String(answer).toLowerCase();
  const words = String(wanted ?? "").toLowerCase();
  switch (op) {
    case "is":
      return text === words;
    case "contains":
      return text.includes(words);
    case "starts_with":
      return text.startsWith(words);
    case "ends_with":
      return text.endsWith(words);
  }
  const left = amount(answer);
  const right = amount(wanted);
  if (left === null || right === null || typeof left !== typeof right) return false;
  if (op === "on" || op === "eq") return left === right;
  if (op === "before" || op === "lt") return left < right;
  if (op === "after" || op === "gt") return left > right;
  return op === "ge" ? left >= right : left <= right;
}

/** A number, or a day as it is written (which sorts as it falls). */
function amount(value: unknown): number | string | null {
  if (value === null || value === undefined || typeof value === "boolean") return null;
  const text = String(value).trim();
  const number = Number(text);
  return text !== "" && Number.isFinite(number) ? number : text.slice(0, 10);
}

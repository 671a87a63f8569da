/** Which problems of a refusal have a control to stand beside, and which are told above the form. */
import { html, nothing, type TemplateResult } from "lit";
import type { ApiError, Problem } from "../api";
import { icon } from "../icons";
import { typeUi } from "./types";

/** The options that the form of a type shows, each with the place for its problem. */
const shownOptions: Record<string, string[]> = {
  text: ["max_length"],
  long_text: ["markdown"],
  number: ["decimals", "unit", "minimum", "maximum"],
  currency: ["currency", "decimals"],
  percent: ["decimals"],
  phone: ["format", "country"],
  single_select: ["choices"],
  multi_select: ["choices"],
  auto_number: ["segments", "restart"],
  link: ["table", "many", "inverse_name", "inverse_many", "where", "pairs"],
  lookup: ["link", "match", "field", "sorts", "where", "take"],
  rollup: ["link", "match", "field", "fn", "sorts", "where"],
  formula: ["source"],
};

/** Whether a problem is told beside the control it concerns. */
export function hasPlace(problem: Problem, type: string): boolean {
  const [first, option] = (problem.path ?? "").split(".");
  if (first === "options") return (shownOptions[type] ?? typeUi(type)?.settings ?? []).includes(option ?? "");
  return ["name", "description", "type", "required", "unique", "default", "default_formula", "read_only", "validation", "validation.formula", "validation.message"].includes(problem.path ?? "");
}

/** The refusal's own sentence comes first where its problems are only examples or places. */
export function general(failure: ApiError): Problem[] {
  const placed = failure.problems.some((problem) => /^(name|type|options|required|unique|default|default_formula|description|read_only|validation)\b/.test(problem.path ?? ""));
  return placed || failure.problems[0]?.message === failure.message ? [] : [{ code: failure.code, message: failure.message }];
}

/** Problems that have no place of their own in the form. */
export function generalTemplate(problems: readonly Problem[], type: string): TemplateResult | typeof nothing {
  const rest = problems.filter((problem) => !hasPlace(problem, type));
  if (!rest.length) return nothing;
  return html`<div class="notice fe-general" role="alert" tabindex="-1">
    ${icon("circle-alert")}
    <div>
      <b>${rest[0]!.message}</b>
      ${rest.length > 1 ? html`<ul class="fe-notes">${rest.slice(1).map((problem) => html`<li>${problem.message}</li>`)}</ul>` : nothing}
    </div>
  </div>`;
}

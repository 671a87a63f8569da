/** The form of a test (of "continue only if", of an arm), and of a branch with its arms. */
import { html, nothing, type TemplateResult } from "lit";
import { operatorLabel } from "../filter/operators";
import { icon } from "../icons";
import { t } from "../i18n";
import type { ValueOption } from "../template-text/parts";
import { pickValue } from "../template-text/picker";
import { choose, problemAt, row } from "./form-parts";
import { whereControl } from "./record-forms";
import { emptyTest, freshArm } from "./tree";
import type { Arm, CompareOp, StepValue, Test } from "./types";
import { picker, reference, type SetHost } from "./value-control";
import { askFormula, pickable } from "./value-dialogs";
import { reachable, stepLabel, withOutcomes, type Surroundings } from "./values";

export type ConditionHost = SetHost;

/** The first thing one would ask: how many were found, how the newest step with outcomes ended, else the record itself. */
export function guessTest(around: Surroundings): Test {
  const step = withOutcomes(around).at(-1);
  if (step?.config.kind === "find_records") return { kind: "compare", left: { kind: "output", step: step.id, key: "count" }, op: "gt", right: { kind: "literal", value: 0 } };
  const kind = around.page.kinds.find((one) => one.id === step?.config.kind);
  // of a reservation, that something lacks; else what is not the usual end
  const outcome = kind?.outcomes.find((one) => one.key === "short") ?? kind?.outcomes[1] ?? kind?.outcomes[0];
  return step && outcome ? { kind: "outcome_is", step: step.id, outcome: outcome.key } : emptyTest();
}

/** A value in reach to begin a comparison with: a number that an earlier step gave, else nothing yet. */
function firstCompare(around: Surroundings): Test {
  const number = pickable(around).findLast((option) => option.value.kind === "output" && option.type === "number" && ["count", "value"].includes(String(option.value.key)));
  return { kind: "compare", left: number?.value ?? { kind: "literal", value: null }, op: number ? "gt" : "eq", right: number ? { kind: "literal", value: 0 } : null };
}

/** What is asked. `path` is where its problems are found. */
export function testForm(host: ConditionHost, test: Test, path: string, set: (test: Test) => void, depth = 0): TemplateResult {
  const steps = withOutcomes(host.around);
  const options = [
    { value: "record_meets", label: t("记录的内容"), icon: "list-filter" },
    ...(steps.length || test.kind === "outcome_is" ? [{ value: "outcome_is", label: t("前面步骤的结果"), icon: "split" }] : []),
    { value: "compare", label: t("比较两个值"), icon: "scale" },
    { value: "formula_holds", label: t("一个公式"), icon: "square-function" },
    ...(depth < 3 ? [{ value: "tests", label: t("几个条件合起来"), icon: "list-checks" }] : []),
  ];
  const fresh: Record<string, () => Test> = {
    record_meets: () => emptyTest(),
    outcome_is: () => guessTest(host.around),
    compare: () => firstCompare(host.around),
    formula_holds: () => ({ kind: "formula_holds", formula: { kind: "formula", source: "" } }),
    tests: () => ({ kind: "tests", match: "all", items: [test] }),
  };
  return html`${choose(host, t("看什么"), test.kind, options, (kind) => kind !== test.kind && set(fresh[kind]!()))}${oneForm(host, test, path, set, depth)}`;
}

function oneForm(host: ConditionHost, test: Test, path: string, set: (test: Test) => void, depth: number): TemplateResult {
  switch (test.kind) {
    case "record_meets":
      return recordForm(host, test, path, set);
    case "outcome_is":
      return outcomeForm(host, test, path, set);
    case "compare":
      return compareForm(host, test, path, set);
    case "formula_holds":
      return formulaForm(host, test, path, set);
    case "tests":
      return groupForm(host, test, path, set, depth);
  }
}

function recordForm(host: ConditionHost, test: Extract<Test, { kind: "record_meets" }>, path: string, set: (test: Test) => void): TemplateResult {
  const records = reachable(host.around);
  const record = records.find((one) => one.of === (test.of ?? "trigger")) ?? records[0];
  const problem = problemAt(host, `${path}.where`) ?? problemAt(host, `${path}.of`);
  if (!record) return html`<p class="hint">${t("这里还没有记录可以看,先查找或新建一条")}</p>`;
  return html`${records.length > 1 ? choose(host, t("哪条记录"), record.of, records.map((one) => ({ value: one.of, label: one.label })), (of) => set({ ...emptyTest(of) })) : nothing}
    ${whereControl(host, record.table, test.where, (where) => set({ ...test, where: where ?? { kind: "group", conjunction: "and", items: [] } }))}
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : nothing}`;
}

const compareOps: CompareOp[] = ["eq", "ne", "gt", "ge", "lt", "le", "contains", "not_contains", "is_empty", "is_not_empty"];

function compareForm(host: ConditionHost, test: Extract<Test, { kind: "compare" }>, path: string, set: (test: Test) => void): TemplateResult {
  const options = pickable(host.around).filter((option) => option.value.kind !== "record_url");
  const op = test.op ?? "eq";
  const problem = problemAt(host, path);
  const none: StepValue = { kind: "literal", value: null };
  const put = (left: StepValue) => set({ ...test, left });
  const left = test.left.kind === "literal"
    ? html`<button type="button" class="inp s" aria-label=${t("要比较的值")} ?disabled=${host.locked} @click=${(event: Event) => pickValue(event.currentTarget as HTMLElement, options, put)}>${icon("braces", 14)}<span class="grow f3">${t("选要比较的值")}</span></button>`
    : reference(host, test.left, put, () => put(none));
  return html`<div class="stack au-compare">
      ${left}
      ${choose(host, t("怎么比较"), op, compareOps.map((one) => ({ value: one, label: operatorLabel(one) })), (next) => set({ ...test, op: next as CompareOp }))}
      ${op === "is_empty" || op === "is_not_empty" ? nothing : compareRight(host, test, options, set)}
    </div>
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : nothing}`;
}

function compareRight(host: ConditionHost, test: Extract<Test, { kind: "compare" }>, options: readonly ValueOption[], set: (test: Test) => void): TemplateResult {
  const right = test.right ?? { kind: "literal", value: null };
  const put = (value: StepValue) => set({ ...test, right: value });
  if (right.kind !== "literal") return reference(host, right, put, () => put({ kind: "literal", value: null }));
  const typed = (event: Event) => {
    const text = (event.target as HTMLInputElement).value.trim();
    put({ kind: "literal", value: text !== "" && /^-?\d+(\.\d+)?$/.test(text) && String(Number(text)) === text ? Number(text) : text || null });
  };
  return html`<div class="au-value"><input class="inp s grow" aria-label=${t("和什么比")} placeholder=${t("数字、文字,或用右边的按钮选值")} ?disabled=${host.locked} .value=${right.value === null || right.value === undefined ? "" : String(right.value)} @change=${typed} />${host.locked ? nothing : picker(options, put)}</div>`;
}

function formulaForm(host: ConditionHost, test: Extract<Test, { kind: "formula_holds" }>, path: string, set: (test: Test) => void): TemplateResult {
  const problem = problemAt(host, path);
  const ask = () => void askFormula(host.around, test.formula).then((formula) => formula && set({ kind: "formula_holds", formula }));
  const shown = test.formula.source ? reference(host, test.formula, (formula) => set({ kind: "formula_holds", formula }), () => set({ kind: "formula_holds", formula: { kind: "formula", source: "" } })) : nothing;
  return html`${shown}${test.formula.source || host.locked ? nothing : html`<div><button type="button" class="btn s" @click=${ask}>${icon("square-function", 14)}${t("写公式")}</button></div>`}
    <p class="hint">${t("公式得出「是」就算符合;算不出来不算")}</p>
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : nothing}`;
}

function groupForm(host: ConditionHost, test: Extract<Test, { kind: "tests" }>, path: string, set: (test: Test) => void, depth: number): TemplateResult {
  const items = test.items ?? [];
  const put = (index: number, item: Test) => set({ ...test, items: items.map((one, at) => (at === index ? item : one)) });
  const own = host.problems.find((problem) => problem.path === `${path}.items` || problem.path === path);
  const matches: { value: string; label: string }[] = [
    { value: "all", label: t("全部符合") },
    { value: "any", label: t("符合任何一个") },
    { value: "none", label: t("一个都不符合") },
  ];
  return html`${choose(host, t("怎么合起来"), test.match ?? "all", matches, (match) => set({ ...test, match: match as "all" | "any" | "none" }))}
    ${items.map(
      (item, index) => html`<fieldset class="au-box"><legend>${t("条件 {n}", { n: index + 1 })}</legend>
        ${host.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("去掉条件 {n}", { n: index + 1 })} @click=${() => set({ ...test, items: items.filter((_, at) => at !== index) })}>${icon("trash-2", 14)}</button>`}
        ${testForm(host, item, `${path}.items.${index}`, (next) => put(index, next), depth + 1)}</fieldset>`,
    )}
    ${own ? html`<p class="hint bad">${icon("circle-alert", 14)}${own.message}</p>` : nothing}
    ${host.locked ? nothing : html`<div><button type="button" class="btn s" @click=${() => set({ ...test, items: [...items, guessTest(host.around)] })}>${icon("plus")}${t("加一个条件")}</button></div>`}`;
}

function outcomeForm(host: ConditionHost, test: Extract<Test, { kind: "outcome_is" }>, path: string, set: (test: Test) => void): TemplateResult {
  const { page, definition } = host.around;
  const steps = withOutcomes(host.around);
  const step = steps.find((one) => one.id === test.step);
  const outcomes = page.kinds.find((kind) => kind.id === step?.config.kind)?.outcomes ?? [];
  const problem = problemAt(host, `${path}.step`) ?? problemAt(host, `${path}.outcome`);
  return html`<div class="au-two">
      ${choose(host, t("哪一步"), test.step, steps.map((one) => ({ value: one.id, label: stepLabel(page, definition, one) })), (id) => {
        const kind = page.kinds.find((one) => one.id === steps.find((found) => found.id === id)?.config.kind);
        set({ ...test, step: id, outcome: kind?.outcomes[0]?.key ?? "" });
      })}
      ${choose(host, t("结果是"), test.outcome, outcomes.map((one) => ({ value: one.key, label: one.label })), (outcome) => set({ ...test, outcome }))}
    </div>
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : nothing}`;
}

/** "Continue only if". */
export function onlyIfForm(host: ConditionHost, test: Test, set: (test: Test) => void): TemplateResult {
  return row(host, t("满足什么才继续"), "", html`<div class="stack">${testForm(host, test, "config.test", set)}</div>`, t("不满足就到此为止,后面的步骤不执行"));
}

/** A branch: its arms in the order in which they are tried. */
export function branchForm(host: ConditionHost, arms: readonly Arm[], set: (arms: Arm[]) => void): TemplateResult {
  const put = (index: number, arm: Arm) => set(arms.map((one, at) => (at === index ? arm : one)));
  const rest = arms.findIndex((arm) => !arm.test);
  const add = (arm: Arm) => set(rest >= 0 ? [...arms.slice(0, rest), arm, ...arms.slice(rest)] : [...arms, arm]);
  return html`<p class="hint au-lead">${t("从上往下看,走第一路符合的;都不符合就跳过分支,接着走后面的步骤")}</p>
    ${arms.map((arm, index) => armForm(host, arm, index, (next) => put(index, next), arms.length > 1 ? () => set(arms.filter((_, at) => at !== index)) : null))}
    ${host.locked
      ? nothing
      : html`<div class="row wrap">
          <button type="button" class="btn s" @click=${() => add(freshArm(guessTest(host.around)))}>${icon("plus")}${t("加一路")}</button>
          ${rest < 0 ? html`<button type="button" class="btn s g" @click=${() => set([...arms, freshArm(null)])}>${icon("plus")}${t("加「其他情况」")}</button>` : nothing}
        </div>`}`;
}

function armForm(host: ConditionHost, arm: Arm, index: number, set: (arm: Arm) => void, remove: (() => void) | null): TemplateResult {
  return html`<fieldset class="au-box">
    <legend>${arm.test ? t("第 {n} 路", { n: index + 1 }) : t("其他情况")}${arm.steps.length ? html`<span class="f3"> · ${t("{n} 步", { n: arm.steps.length })}</span>` : nothing}</legend>
    ${remove && !host.locked ? html`<button type="button" class="icb" aria-label=${t("去掉这一路")} data-tip=${t("去掉这一路")} @click=${remove}>${icon("trash-2", 14)}</button>` : nothing}
    <input
      class="inp s"
      aria-label=${t("这一路的名字")}
      placeholder=${t("名字,例如 有缺货")}
      maxlength="40"
      ?disabled=${host.locked}
      .value=${arm.name}
      @change=${(event: Event) => set({ ...arm, name: (event.target as HTMLInputElement).value.trim() })}
    />
    ${arm.test ? testForm(host, arm.test, `config.arms.${index}.test`, (test) => set({ ...arm, test })) : html`<p class="hint">${t("上面几路都不符合时走这里")}</p>`}
  </fieldset>`;
}

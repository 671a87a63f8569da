/** The form of a test (of "continue only if", of an arm), and of a branch with its arms. */
import { html, nothing, type TemplateResult } from "lit";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { icon } from "../icons";
import { t } from "../i18n";
import { isEmptyFilter } from "./describe";
import { choose, problemAt, row, type FormHost } from "./form-parts";
import { emptyTest, freshArm } from "./tree";
import type { Arm, Test } from "./types";
import { reachable, stepLabel, withOutcomes, type Surroundings } from "./values";
import { settled } from "./settled";

export interface ConditionHost extends FormHost {
  readonly around: Surroundings;
}

/** The first thing one would ask: how the newest step with outcomes ended, else the record itself. */
export function guessTest(around: Surroundings): Test {
  const step = withOutcomes(around).at(-1);
  const kind = around.page.kinds.find((one) => one.id === step?.config.kind);
  const outcome = kind?.outcomes[1] ?? kind?.outcomes[0];
  return step && outcome ? { kind: "outcome_is", step: step.id, outcome: outcome.key } : emptyTest();
}

/** What is asked. `path` is where its problems are found. */
export function testForm(host: ConditionHost, test: Test, path: string, set: (test: Test) => void): TemplateResult {
  const steps = withOutcomes(host.around);
  const kinds = html`<div class="seg" role="group" aria-label=${t("看什么")}>
    <button type="button" aria-pressed=${test.kind === "record_meets"} ?disabled=${host.locked} @click=${() => test.kind !== "record_meets" && set(emptyTest())}>${t("记录的内容")}</button>
    <button type="button" aria-pressed=${test.kind === "outcome_is"} ?disabled=${host.locked || !steps.length} @click=${() => test.kind !== "outcome_is" && set(guessTest(host.around))}>${t("前面步骤的结果")}</button>
  </div>`;
  return html`${steps.length || test.kind === "outcome_is" ? kinds : nothing}${test.kind === "record_meets" ? recordForm(host, test, path, set) : outcomeForm(host, test, path, set)}`;
}

function recordForm(host: ConditionHost, test: Extract<Test, { kind: "record_meets" }>, path: string, set: (test: Test) => void): TemplateResult {
  const records = reachable(host.around);
  const record = records.find((one) => one.of === (test.of ?? "trigger")) ?? records[0];
  const problem = problemAt(host, `${path}.where`) ?? problemAt(host, `${path}.of`);
  return html`${records.length > 1 ? choose(host, t("哪条记录"), record?.of ?? "", records.map((one) => ({ value: one.of, label: one.label })), (of) => set({ ...emptyTest(of) })) : nothing}
    <hb-filter
      .fields=${record?.table.fields ?? []}
      .value=${settled(isEmptyFilter(test.where) ? null : test.where)}
      ?disabled=${host.locked}
      @change=${(event: Event) => {
        event.stopPropagation();
        set({ ...test, where: (event.currentTarget as HbFilter).value ?? { kind: "group", conjunction: "and", items: [] } });
      }}
    ></hb-filter>
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : nothing}`;
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

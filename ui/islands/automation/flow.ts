/** The canvas: cards from the trigger down, with wires, branches side by side, and a "+" at every place for a step. */
import { html, nothing, type TemplateResult } from "lit";
import type { Problem } from "../api";
import { icon } from "../icons";
import { t } from "../i18n";
import { describeTest } from "./describe";
import { describeStep, stepUi } from "./steps/index";
import { numbers, top, type Place } from "./tree";
import { describeTrigger, triggerUi } from "./triggers/index";
import type { Arm, Definition, PageData, Rehearsal, Rehearsed, Step } from "./types";

export interface FlowHost {
  readonly page: PageData;
  readonly definition: Definition;
  /** The step whose form is open, "trigger", or "". */
  readonly chosen: string;
  readonly problems: Map<string, Problem[]>;
  readonly rehearsal: Rehearsal | null;
  choose(id: string): void;
  add(anchor: HTMLElement, place: Place, index: number): void;
  key(event: KeyboardEvent, id: string): void;
}

/** The whole flow. */
export function flow(host: FlowHost): TemplateResult {
  const { definition } = host;
  const count = numbers(definition.steps);
  return html`<div class="au-flow" role="group" aria-label=${t("步骤")}>
    ${triggerCard(host)}
    ${list(host, definition.steps, top, count)}
    <div class="au-end">${icon("circle-check", 14)}${t("结束")}</div>
  </div>`;
}

function list(host: FlowHost, steps: readonly Step[], place: Place, count: Map<string, number>): TemplateResult {
  return html`${steps.map((step, index) => html`${wire(host, place, index)}${card(host, step, count)}${step.config.kind === "branch" ? arms(host, step, step.config.arms, count) : step.config.kind === "loop" ? body(host, step, step.config.steps, count) : nothing}`)}${wire(host, place, steps.length)}`;
}

function wire(host: FlowHost, place: Place, index: number): TemplateResult {
  if (!host.page.can_build) return html`<div class="au-wire"></div>`;
  return html`<div class="au-wire">
    <button
      type="button"
      class="au-add"
      aria-label=${t("在这里加一步")}
      data-tip=${t("在这里加一步")}
      @click=${(event: Event) => host.add(event.currentTarget as HTMLElement, place, index)}
    >
      ${icon("plus", 12)}
    </button>
  </div>`;
}

function triggerCard(host: FlowHost): TemplateResult {
  const { trigger } = host.definition;
  return node(host, "trigger", {
    icon: "zap",
    color: "teal",
    name: triggerUi(trigger.kind).name(),
    sub: t("触发条件"),
    line: describeTrigger(host.page, trigger),
    result: nothing,
  });
}

function card(host: FlowHost, step: Step, count: Map<string, number>): TemplateResult {
  const kind = host.page.kinds.find((one) => one.id === step.config.kind);
  return node(host, step.id, {
    icon: kind?.icon ?? "circle",
    color: stepUi(step.config.kind).color,
    name: step.name || (kind?.name ?? ""),
    sub: t("步骤 {n}", { n: count.get(step.id) ?? 0 }),
    line: describeStep(host.page, host.definition, step),
    result: result(host, step),
  });
}

interface Face {
  icon: string;
  color: string;
  name: string;
  sub: string;
  line: TemplateResult | typeof nothing;
  result: TemplateResult | typeof nothing;
}

function node(host: FlowHost, id: string, face: Face): TemplateResult {
  const problems = host.problems.get(id) ?? [];
  const chosen = host.chosen === id;
  return html`<div class="au-slot">
    <button
      type="button"
      class="au-card ${chosen ? "on" : ""} ${problems.length ? "bad" : ""}"
      data-step=${id}
      aria-current=${chosen ? "true" : nothing}
      @click=${() => host.choose(id)}
      @keydown=${(event: KeyboardEvent) => host.key(event, id)}
    >
      <span class="au-h"><span class="au-ic c-${face.color}">${icon(face.icon, 15)}</span><span class="cut">${face.name}</span><span class="au-k">${face.sub}</span><span class="au-res">${face.result}</span></span>
      ${face.line === nothing ? nothing : html`<span class="au-d">${face.line}</span>`}
      ${problems.length ? html`<span class="au-p">${icon("circle-alert", 13)}${problems[0]!.message}</span>` : nothing}
    </button>
  </div>`;
}

/** What the last test run said of a step. */
function result(host: FlowHost, step: Step): TemplateResult | typeof nothing {
  const { rehearsal } = host;
  if (!rehearsal) return nothing;
  const run = rehearsal.steps.find((found) => found.step === step.id);
  if (!run) return html`<span class="f3">${t("没走到")}</span>`;
  if (run.status === "failed") return html`<span class="danger-t">${icon("circle-alert", 14)}${t("失败")}</span>`;
  const label = outcomeLabel(host, run);
  const bad = run.outcome === "short" || run.outcome === "moved_on" || run.outcome === "no";
  return html`<span class=${bad ? "warn-t" : "ok-t"}>${icon(bad ? "circle-alert" : "circle-check", 14)}${label || t("{ms} 毫秒", { ms: Math.round(run.milliseconds) })}</span>`;
}

function outcomeLabel(host: FlowHost, run: Rehearsed): string {
  if (run.kind === "branch") return "";
  const kind = host.page.kinds.find((one) => one.id === run.kind);
  return kind?.outcomes.find((outcome) => outcome.key === run.outcome)?.label ?? "";
}

/** The steps of a loop, in a frame of their own. */
function body(host: FlowHost, step: Step, steps: readonly Step[], count: Map<string, number>): TemplateResult {
  return html`<div class="au-arms au-loop" data-count="1"><div class="au-arm" role="group" aria-label=${t("对每一个")}>
    <button type="button" class="au-label" @click=${() => host.choose(step.id)}>${icon("repeat", 12)}${t("对每一个")}</button>
    ${list(host, steps, { branch: step.id, arm: 0 }, count)}
    <span class="au-tail"></span>
  </div></div>`;
}

function arms(host: FlowHost, step: Step, list_: readonly Arm[], count: Map<string, number>): TemplateResult {
  const taken = host.rehearsal?.steps.find((run) => run.step === step.id)?.outcome;
  return html`<div class="au-arms" data-count=${list_.length}>
    ${list_.map(
      (arm, index) => html`<div class="au-arm ${taken === (arm.id ?? `arm${index}`) ? "taken" : ""}" role="group" aria-label=${arm.name || t("第 {n} 路", { n: index + 1 })}>
        <button type="button" class="au-label" @click=${() => host.choose(step.id)}>${arm.name ? html`<span class="cut">${arm.name}</span>` : describeTest(host.page, host.definition, arm.test)}</button>
        ${list(host, arm.steps, { branch: step.id, arm: index }, count)}
        <span class="au-tail"></span>
      </div>`,
    )}
    ${list_.some((arm) => !arm.test) ? nothing : html`<div class="au-arm pass" role="group" aria-label=${t("都不符合")}><span class="au-label quiet">${t("都不符合")}</span><div class="au-wire"></div><span class="au-tail"></span></div>`}
  </div>`;
}

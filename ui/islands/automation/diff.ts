/** What is different between two versions of an automation, step by step and part by part, in words. */
import { html, nothing, type TemplateResult } from "lit";
import type { Filter } from "../fields/field";
import { t } from "../i18n";
import { describeConnector, describeFilter, describeParts, describeSet, describeTest, describeValue, isEmptyFilter } from "./describe";
import { tidy } from "./draft";
import { aimedTable, tableFor } from "./made";
import { describeStep, stepUi } from "./steps/index";
import { describeTrigger, triggerUi } from "./triggers/index";
import { find, heldBy, numbers, walk } from "./tree";
import type { Arm, Assignment, Definition, PageData, Step, StepValue, Test } from "./types";
import { tableOf } from "./values";

type Shown = TemplateResult | string | typeof nothing;

/** One part that differs; an empty side was not there, or is not. */
export interface Detail {
  label: string;
  before: Shown;
  after: Shown;
}

export interface Difference {
  kind: "added" | "removed" | "changed" | "moved";
  /** The step as it is (or, of a removed one, was); null for the trigger. */
  step: Step | null;
  number: number;
  details: Detail[];
}

/** What a step is worth comparing by: all but the steps in it. */
function own(step: Step): unknown {
  const { config } = step;
  const bare = config.kind === "branch" ? { ...config, arms: config.arms.map((arm, index) => ({ id: arm.id ?? `arm${index}`, name: arm.name, test: arm.test ?? null })) } : config.kind === "loop" ? { ...config, steps: null } : config;
  return [step.name ?? "", step.attempts ?? 5, step.on_failure ?? "stop", tidy(bare)];
}

const alike = (one: unknown, other: unknown): boolean => JSON.stringify(tidy([one ?? null])) === JSON.stringify(tidy([other ?? null]));

/** For each step, what it stands in and behind. */
function places(steps: readonly Step[], within = "", found = new Map<string, string>()): Map<string, string> {
  let last = "";
  for (const step of steps) {
    found.set(step.id, `${within}|${last}`);
    last = step.id;
    heldBy(step).forEach((list, index) => places(list, `${step.id}/${partOf(step, index)}`, found));
  }
  return found;
}

/** What a list of steps that a step holds is known by: an arm by its id, whatever its place. */
function partOf(step: Step, index: number): string {
  return (step.config.kind === "branch" ? step.config.arms[index]?.id : undefined) ?? `arm${index}`;
}

/** Which steps there are in both whose neighbours before them are others, though those are there too. */
function movedSteps(before: Definition, after: Definition): Set<string> {
  const [was, is] = [places(before.steps), places(after.steps)];
  const kept = (place: string, other: Map<string, string>) => {
    const [within, last] = place.split("|");
    return [within!.split("/")[0]!, last!].every((id) => id === "" || other.has(id));
  };
  return new Set([...is].filter(([id, place]) => was.has(id) && was.get(id) !== place && kept(place, was) && kept(was.get(id)!, is)).map(([id]) => id));
}

/** Everything that differs, in the order of the newer version; what was removed comes last. */
export function differences(page: PageData, before: Definition, after: Definition): Difference[] {
  const found: Difference[] = [];
  if (!alike(before.trigger, after.trigger)) found.push({ kind: "changed", step: null, number: 0, details: triggerDetails(page, before, after) });
  const count = numbers(after.steps);
  const moved = movedSteps(before, after);
  for (const { step } of walk(after.steps)) {
    const old = find(before.steps, step.id);
    const number = count.get(step.id) ?? 0;
    if (!old) found.push({ kind: "added", step, number, details: [{ label: "", before: nothing, after: describeStep(page, after, step) }] });
    else if (!alike(own(old), own(step))) found.push({ kind: "changed", step, number, details: stepDetails(page, before, after, old, step) });
    else if (moved.has(step.id)) found.push({ kind: "moved", step, number, details: [{ label: t("位置"), before: t("原来是第 {n} 步", { n: numbers(before.steps).get(step.id) ?? 0 }), after: t("现在是第 {n} 步", { n: number }) }] });
  }
  const was = numbers(before.steps);
  for (const { step } of walk(before.steps)) if (!find(after.steps, step.id)) found.push({ kind: "removed", step, number: was.get(step.id) ?? 0, details: [{ label: "", before: describeStep(page, before, step), after: nothing }] });
  return found;
}

function triggerDetails(page: PageData, before: Definition, after: Definition): Detail[] {
  const [was, is] = [before.trigger, after.trigger];
  const kinds = was.kind === is.kind ? [] : [{ label: t("什么时候开始"), before: triggerUi(was.kind)?.name() ?? was.kind, after: triggerUi(is.kind)?.name() ?? is.kind }];
  return [...kinds, { label: t("触发条件"), before: describeTrigger(page, was), after: describeTrigger(page, is) }];
}

function stepDetails(page: PageData, before: Definition, after: Definition, was: Step, is: Step): Detail[] {
  const found: Detail[] = [];
  const put = (label: string, old: unknown, now: unknown, show: (value: unknown) => Shown = (value) => String(value || t("空"))) => {
    if (!alike(old, now)) found.push({ label, before: old === undefined || old === null ? nothing : show(old), after: now === undefined || now === null ? nothing : show(now) });
  };
  put(t("名称"), was.name ?? "", is.name ?? "");
  put(t("最多试几次"), was.attempts ?? 5, is.attempts ?? 5);
  put(t("失败时"), was.on_failure ?? "stop", is.on_failure ?? "stop", (value) => (value === "stop" ? t("停下,等人处理") : t("跳过它,继续后面的步骤")));
  if (was.config.kind !== is.config.kind) {
    found.push({ label: t("做什么"), before: describeStep(page, before, was), after: describeStep(page, after, is) });
    return found;
  }
  const [old, now] = [was.config as unknown as Record<string, unknown>, is.config as unknown as Record<string, unknown>];
  const rest: string[] = [];
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    if (key === "kind" || (key === "steps" && is.config.kind === "loop") || alike({ [key]: old[key] }, { [key]: now[key] })) continue;
    const shown = part(page, before, after, was, is, key, old[key], now[key]);
    if (shown) found.push(...shown);
    else rest.push(key);
  }
  if (rest.length) found.push({ label: t("做什么"), before: describeStep(page, before, was), after: describeStep(page, after, is) });
  return found;
}

/** A part of a configuration in words; null where only the whole step says it well. */
function part(page: PageData, before: Definition, after: Definition, was: Step, is: Step, key: string, old: unknown, now: unknown): Detail[] | null {
  const one = (label: string, show: (definition: Definition, value: never, step: Step) => Shown): Detail[] => [
    { label, before: old === undefined || old === null ? nothing : show(before, old as never, was), after: now === undefined || now === null ? nothing : show(after, now as never, is) },
  ];
  switch (key) {
    case "set":
    case "match":
    case "create":
      return assigned(page, before, after, was, is, (old ?? []) as Assignment[], (now ?? []) as Assignment[], key === "match");
    case "test":
      return one(t("条件"), (definition, value: Test) => describeTest(page, definition, value));
    case "where":
      return one(t("条件"), (definition, value: Filter, step) => {
        const table = tableOf(page, targetOf(page, definition, step));
        return table && !isEmptyFilter(value) ? describeFilter(table, value) : t("没有条件");
      });
    case "text":
      return one(t("文字"), (definition, value: { parts: (string | StepValue)[] }) => describeParts(page, definition, value.parts));
    case "connector":
      return one(t("发到哪里"), (_, value: string) => describeConnector(page, value));
    case "table":
      return one(t("哪张数据表"), (_, value: string) => tableOf(page, value)?.name ?? "?");
    case "limit":
      return typeof now === "number" || typeof old === "number" ? one(t("最多几条"), (_, value: number) => String(value)) : null;
    case "body":
      return named(page, before, after, (old ?? {}) as Record<string, StepValue>, (now ?? {}) as Record<string, StepValue>);
    case "arms":
      return armDetails(page, before, after, (old ?? []) as Arm[], (now ?? []) as Arm[]);
    default:
      return null;
  }
}

function targetOf(page: PageData, definition: Definition, step: Step): string {
  const config = step.config as unknown as { table?: string; of?: string; every?: boolean; via?: string };
  return config.table ?? (config.of || config.via ? aimedTable(page, definition, config) : tableFor(page, definition, undefined));
}

function assigned(page: PageData, before: Definition, after: Definition, was: Step, is: Step, old: Assignment[], now: Assignment[], match: boolean): Detail[] {
  const table = tableOf(page, targetOf(page, after, is));
  const wasTable = tableOf(page, targetOf(page, before, was));
  const fields = new Set([...old, ...now].map((one) => one.field));
  return [...fields].flatMap((id): Detail[] => {
    const [a, b] = [old.find((one) => one.field === id), now.find((one) => one.field === id)];
    if (alike(a ?? null, b ?? null)) return [];
    const name = (table ?? wasTable)?.fields.find((field) => field.id === id)?.name ?? t("已删除的字段");
    return [{ label: match ? t("按「{field}」找", { field: name }) : t("「{field}」", { field: name }), before: a ? describeSet(page, before, wasTable, [a]) : nothing, after: b ? describeSet(page, after, table, [b]) : nothing }];
  });
}

function named(page: PageData, before: Definition, after: Definition, old: Record<string, StepValue>, now: Record<string, StepValue>): Detail[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((key) => !alike(old[key], now[key]))
    .map((key) => ({ label: key, before: old[key] ? describeValue(page, before, undefined, old[key]) : nothing, after: now[key] ? describeValue(page, after, undefined, now[key]) : nothing }));
}

function armDetails(page: PageData, before: Definition, after: Definition, old: Arm[], now: Arm[]): Detail[] {
  const show = (definition: Definition, arm: Arm | undefined): Shown => (arm ? html`${arm.name ? html`<b>${arm.name}</b> ` : nothing}${describeTest(page, definition, arm.test)}` : nothing);
  const key = (arm: Arm, index: number) => arm.id ?? `arm${index}`;
  const was = new Map(old.map((arm, index) => [key(arm, index), { arm, number: index + 1 }]));
  const is = new Map(now.map((arm, index) => [key(arm, index), { arm, number: index + 1 }]));
  const found: Detail[] = [];
  for (const id of new Set([...is.keys(), ...was.keys()])) {
    const [a, b] = [was.get(id), is.get(id)];
    if (!alike([a?.arm.name ?? null, a?.arm.test ?? null], [b?.arm.name ?? null, b?.arm.test ?? null])) found.push({ label: t("第 {n} 路", { n: (b ?? a)!.number }), before: show(before, a?.arm), after: show(after, b?.arm) });
  }
  const stayed = (from: typeof was, there: typeof was) => [...from.keys()].filter((id) => there.has(id));
  if (!alike(stayed(was, is), stayed(is, was))) {
    const names = (definition: Definition, all: Arm[]) => html`${all.map((arm, index) => html`${index ? " → " : ""}${arm.name || describeTest(page, definition, arm.test)}`)}`;
    found.push({ label: t("先看哪一路"), before: names(before, old), after: names(after, now) });
  }
  return found;
}

const marks = { added: "plus", removed: "minus", changed: "pencil", moved: "arrow-up-down" } as const;

/** The list of differences, to be read. */
export function diffView(page: PageData, before: Definition, after: Definition, glyph: (name: string, size?: number) => unknown): TemplateResult {
  const found = differences(page, before, after);
  if (!found.length) return html`<p class="f3 au-none">${t("没有不同")}</p>`;
  const words = { added: t("新加"), removed: t("删掉"), changed: t("改了"), moved: t("挪了位置") };
  return html`<ol class="au-diff">${found.map((one) => {
    const kind = one.step ? page.kinds.find((known) => known.id === one.step!.config.kind) : undefined;
    const name = one.step ? t("步骤 {n} · {name}", { n: one.number, name: one.step.name || (kind?.name ?? stepUi(one.step.config.kind)?.kind ?? "") }) : t("触发条件");
    return html`<li class=${one.kind}><div class="au-diff-h">${glyph(marks[one.kind], 14)}<b>${words[one.kind]}</b><span class="cut">${name}</span></div>
      ${one.details.map((detail) => html`<div class="au-diff-d">${detail.label ? html`<span class="f3">${detail.label}</span>` : nothing}<div>${detail.before === nothing ? nothing : html`<del>${detail.before}</del>`}${detail.after === nothing ? nothing : html`<ins>${detail.after}</ins>`}</div></div>`)}</li>`;
  })}</ol>`;
}

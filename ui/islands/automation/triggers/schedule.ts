/** "By the calendar". */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../../icons";
import { locale, t } from "../../i18n";
import type { Option } from "../../select/options";
import { choose, chooseSome, problemAt, row } from "../form-parts";
import type { TriggerHost } from "../trigger-form";
import type { Plan } from "../types";
import "./hb-next-moments";
import { spanControl, unitWord } from "./spans";
import type { Of, TriggerUi } from "./ui";

type Timed = Extract<Plan, { times: string[] }>;

const fresh: Record<Plan["kind"], (times: string[]) => Plan> = {
  every: () => ({ kind: "every", amount: 30, unit: "minute" }),
  daily: (times) => ({ kind: "daily", times }),
  weekly: (times) => ({ kind: "weekly", days: [1, 2, 3, 4, 5], times }),
  monthly: (times) => ({ kind: "monthly", days: [1], times }),
  nth_weekday: (times) => ({ kind: "nth_weekday", nth: 1, weekday: 1, times }),
  cron: () => ({ kind: "cron", text: "0 9 * * 1-5" }),
};

function kindOptions(): Option[] {
  return [
    { value: "every", label: t("每隔一段时间") },
    { value: "daily", label: t("每天") },
    { value: "weekly", label: t("每周") },
    { value: "monthly", label: t("每月的某几天") },
    { value: "nth_weekday", label: t("每月第几个星期几") },
    { value: "cron", label: t("cron 写法") },
  ];
}

/** "星期一", "Monday"; 1 is Monday. */
export function weekday(day: number): string {
  return new Intl.DateTimeFormat(locale(), { weekday: "long", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, day)));
}

function nthOptions(): Option[] {
  return [1, 2, 3, 4, 5, -1].map((nth) => ({ value: String(nth), label: nth === -1 ? t("最后一个") : t("第 {n} 个", { n: nth }) }));
}

function monthDay(day: number): string {
  return day === -1 ? t("最后一天") : t("{n} 号", { n: day });
}

function zoneOptions(chosen: string): Option[] {
  const zones = Intl.supportedValuesOf("timeZone");
  const all = chosen && !zones.includes(chosen) ? [chosen, ...zones] : zones;
  return [{ value: "", label: t("应用的时区") }, ...all.map((zone) => ({ value: zone, label: zone }))];
}

function times(host: TriggerHost, plan: Timed, set: (plan: Plan) => void): TemplateResult {
  const change = (list: string[]) => set({ ...plan, times: list });
  return row(host, t("几点"), "trigger.plan.times", html`<div class="au-times">
    ${plan.times.map(
      (time, index) => html`<span class="row"><input class="inp au-time" type="time" aria-label=${t("第 {n} 个时间", { n: index + 1 })} ?disabled=${host.locked} .value=${time} @change=${(event: Event) => change(plan.times.with(index, (event.target as HTMLInputElement).value))} />
        ${plan.times.length > 1 && !host.locked ? html`<button type="button" class="icb" aria-label=${t("去掉 {time}", { time })} @click=${() => change(plan.times.filter((_, at) => at !== index))}>${icon("x", 14)}</button>` : nothing}</span>`,
    )}
    ${host.locked || plan.times.length >= 24 ? nothing : html`<button type="button" class="btn s g" @click=${() => change([...plan.times, "18:00"])}>${icon("plus", 14)}${t("加一个时间")}</button>`}
  </div>`);
}

function planRows(host: TriggerHost, plan: Plan, set: (plan: Plan) => void): TemplateResult {
  if (plan.kind === "every") {
    return row(host, t("每隔"), "trigger.plan.amount", spanControl(host, t("每隔"), plan.amount, plan.unit ?? "minute", ["minute", "hour"], (amount, unit) => set({ kind: "every", amount, unit: unit as "minute" | "hour" })));
  }
  if (plan.kind === "cron") {
    return row(host, t("cron 写法"), "trigger.plan.text", html`<input class="inp mono" aria-label=${t("cron 写法")} maxlength="120" ?disabled=${host.locked} .value=${plan.text} @change=${(event: Event) => set({ kind: "cron", text: (event.target as HTMLInputElement).value.trim() })} />`, t("五段:分 时 日 月 星期,例如 0 9 * * 1-5 是工作日 9:00"));
  }
  const days =
    plan.kind === "weekly"
      ? row(host, t("星期几"), "trigger.plan.days", chooseSome(host, t("星期几"), plan.days.map(String), [1, 2, 3, 4, 5, 6, 7].map((day) => ({ value: String(day), label: weekday(day) })), (chosen) => set({ ...plan, days: chosen.map(Number).sort((a, b) => a - b) })))
      : plan.kind === "monthly"
        ? row(host, t("哪几天"), "trigger.plan.days", chooseSome(host, t("哪几天"), plan.days.map(String), [...Array.from({ length: 31 }, (_, n) => n + 1), -1].map((day) => ({ value: String(day), label: monthDay(day) })), (chosen) => set({ ...plan, days: chosen.map(Number) })), plan.days.some((day) => day > 28) ? t("没有这一天的月份就跳过;要每个月底,选「最后一天」") : "")
        : plan.kind === "nth_weekday"
          ? row(host, t("第几个星期几"), "trigger.plan.nth", html`<div class="au-span">${choose(host, t("第几个"), String(plan.nth), nthOptions(), (nth) => set({ ...plan, nth: Number(nth) }))}${choose(host, t("星期几"), String(plan.weekday), [1, 2, 3, 4, 5, 6, 7].map((day) => ({ value: String(day), label: weekday(day) })), (day) => set({ ...plan, weekday: Number(day) }))}</div>`)
          : nothing;
  return html`${days}${times(host, plan, set)}`;
}

function rows(host: TriggerHost, trigger: Of<"schedule">): TemplateResult {
  const { plan } = trigger;
  const set = (next: Plan) => host.setTrigger({ ...trigger, plan: next });
  const kept = "times" in plan ? plan.times : ["09:00"];
  const missed = trigger.missed ?? "once";
  const bad = problemAt(host, "trigger.plan");
  return html`
    ${row(host, t("多久一次"), "", choose(host, t("多久一次"), plan.kind, kindOptions(), (kind) => set(fresh[kind as Plan["kind"]](kept))))}
    ${planRows(host, plan, set)}
    ${row(host, t("时区"), "trigger.zone", choose(host, t("时区"), trigger.zone ?? "", zoneOptions(trigger.zone ?? ""), (zone) => host.setTrigger({ ...trigger, zone: zone || null })))}
    <div class="field" role="group" aria-label=${t("接下来")}>
      <span class="lab">${t("接下来")}</span>
      <hb-next-moments .app=${host.page.app} .plan=${plan} .zone=${trigger.zone ?? ""}></hb-next-moments>
      ${bad?.code === "never_comes" ? html`<p class="hint bad">${icon("circle-alert", 14)}${bad.message}</p>` : nothing}
    </div>
    ${row(host, t("停机时错过的"), "", choose(host, t("停机时错过的"), missed, [
      { value: "once", label: t("恢复后补一次") },
      { value: "all", label: t("一次次全补上") },
      { value: "skip", label: t("不补") },
    ], (chosen) => host.setTrigger({ ...trigger, missed: chosen as "once" | "all" | "skip" })))}
    ${missed === "all" ? row(host, t("最多补几次"), "trigger.most", html`<input class="inp au-number" type="number" min="1" max="1000" aria-label=${t("最多补几次")} ?disabled=${host.locked} .value=${String(trigger.most ?? 10)} @change=${(event: Event) => host.setTrigger({ ...trigger, most: Math.max(1, Math.round(Number((event.target as HTMLInputElement).value)) || 1) })} />`) : nothing}`;
}

/** A plan in a few words. */
export function planWords(plan: Plan): string {
  if (plan.kind === "every") return t("每 {n} {unit}", { n: plan.amount, unit: unitWord(plan.unit ?? "minute") });
  if (plan.kind === "cron") return plan.text;
  const at = plan.times.join(t("、"));
  if (plan.kind === "weekly") return t("每周 {days} {times}", { days: plan.days.map(weekday).join(t("、")), times: at });
  if (plan.kind === "monthly") return t("每月 {days} {times}", { days: plan.days.map(monthDay).join(t("、")), times: at });
  if (plan.kind === "nth_weekday") return t("每月{nth}{day} {times}", { nth: nthOptions().find((one) => one.value === String(plan.nth))?.label ?? "?", day: weekday(plan.weekday), times: at });
  return t("每天 {times}", { times: at });
}

export const schedule: TriggerUi<"schedule"> = {
  kind: "schedule",
  icon: "clock",
  name: () => t("按计划"),
  description: () => t("每隔一段时间,每天、每周、每月的几点"),
  fresh: () => ({ kind: "schedule", plan: { kind: "daily", times: ["09:00"] }, zone: null, missed: "once", most: 10 }),
  alone: () => true,
  rows: (host, trigger) => rows(host, trigger),
  describe: (_page, trigger) => html`<span>${planWords(trigger.plan)}</span>${trigger.zone ? html`<span class="f3">${trigger.zone}</span>` : nothing}`,
};

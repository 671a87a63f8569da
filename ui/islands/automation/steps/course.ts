/** Steps about the course of a run: loops, waits, other automations, stops. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { describeFilter, describeParts, describeValue, isEmptyFilter, missing } from "../describe";
import { choose, fieldOptions, problemAt, row } from "../form-parts";
import { tableFor } from "../made";
import { whereForm } from "../record-forms";
import { find } from "../tree";
import type { Definition, Over, PageData, Span, SpanUnit, Until } from "../types";
import { textControl } from "../value-control";
import { lists, reachable, stepLabel, tableOf, toParts } from "../values";
import type { StepHost, StepUi } from "./ui";

const moments = new Set(["date", "datetime", "created_time", "updated_time"]);

function units(): Record<SpanUnit, string> {
  return { seconds: t("秒"), minutes: t("分钟"), hours: t("小时"), days: t("天") };
}

export function spanWords(span: Span): string {
  return `${Math.abs(span.amount)} ${units()[span.unit]}`;
}

function spanControl(host: StepHost, label: string, span: Span, put: (span: Span) => void): TemplateResult {
  return html`<div class="row"><input class="inp au-number" type="number" min="1" aria-label=${label} ?disabled=${host.locked} .value=${String(Math.abs(span.amount))} @change=${(event: Event) => {
      const amount = Math.max(1, Math.round(Number((event.target as HTMLInputElement).value)) || 1);
      (event.target as HTMLInputElement).value = String(amount);
      put({ ...span, amount: span.amount < 0 ? -amount : amount });
    }} />${choose(host, t("单位"), span.unit, Object.entries(units()).map(([value, label_]) => ({ value, label: label_ })), (unit) => put({ ...span, unit: unit as SpanUnit }))}</div>`;
}

function recordRow(host: StepHost, label: string, of: string, path: string, set: (of: string) => void): TemplateResult | typeof nothing {
  const records = reachable(host.around);
  if (records.length < 2 && (records[0]?.of ?? "") === of) return nothing;
  return row(host, label, path, choose(host, label, of, records.map((one) => ({ value: one.of, label: one.label, icon: one.table.icon })), set, t("选一条记录")));
}

/* ---- loops ---- */

function overLine(page: PageData, definition: Definition, over: Over): TemplateResult {
  if (over.kind === "list") return html`${describeValue(page, definition, undefined, over.value)}`;
  if (over.kind === "found") {
    const step = find(definition.steps, over.step);
    return step ? html`<span class="chip">${stepLabel(page, definition, step)}</span>${t("找到的每一条")}` : missing();
  }
  const field = tableOf(page, tableFor(page, definition, over.of))?.fields.find((one) => one.id === over.field);
  return field ? html`<span class="chip">${field.name}</span>${t("里的每一条")}` : missing();
}

function linkOptions(host: StepHost) {
  return reachable(host.around).flatMap((one) => one.table.fields.filter((field) => field.type === "link").map((field) => ({ value: `${one.of} ${field.id}`, label: field.name, sub: one.label, icon: "link" })));
}

function overForm(host: StepHost, over: Over, set: (over: Over) => void): TemplateResult {
  const found = lists(host.around);
  const links = linkOptions(host);
  const empty = problemAt(host, "config.steps");
  const kinds = [
    { value: "found", label: t("前面步骤找到的记录"), icon: "search" },
    { value: "linked", label: t("关联的记录"), icon: "link" },
    { value: "list", label: t("一串值"), icon: "list" },
  ];
  const fresh: Record<string, () => Over> = {
    found: () => ({ kind: "found", step: found.at(-1)?.of ?? "" }),
    linked: () => linked(links[0]?.value ?? "trigger "),
    list: () => ({ kind: "list", value: { kind: "text", parts: [] } }),
  };
  const linked = (value: string): Over => ({ kind: "linked", of: value.split(" ")[0]!, field: value.split(" ")[1] ?? "" });
  return html`${row(host, t("逐个处理什么"), "", choose(host, t("逐个处理什么"), over.kind, kinds, (kind) => kind !== over.kind && set(fresh[kind]!())))}
    ${over.kind === "found"
      ? row(host, t("哪一步找到的"), "config.over", choose(host, t("哪一步找到的"), over.step, found.map((one) => ({ value: one.of, label: one.label, icon: "search" })), (step) => set({ kind: "found", step }), t("先在前面加一个「查找记录」")))
      : over.kind === "linked"
        ? row(host, t("哪个关联字段"), "config.over", choose(host, t("哪个关联字段"), over.field ? `${over.of ?? "trigger"} ${over.field}` : "", links, (value) => set(linked(value)), t("选一个关联字段")))
        : row(host, t("哪一串值"), "config.over", textControl(host, t("哪一串值"), over.value, false, (value) => set({ kind: "list", value })), t("一行一个;只有一行时按逗号或顿号分开"))}
    ${empty ? html`<p class="hint bad">${icon("circle-alert", 14)}${empty.message}</p>` : nothing}
    <p class="hint">${t("一个接一个做,最多 10000 个。中断后从没做完的那一个接着做,做完的不会再做。")}</p>`;
}

export const loop: StepUi<"loop"> = {
  kind: "loop",
  color: "amber",
  group: "course",
  failure: "none",
  fresh: () => ({ kind: "loop", over: { kind: "linked", of: "trigger", field: "" }, steps: [] }),
  form: (host, config, set) => overForm(host, config.over, (over) => set({ ...config, over })),
  describe: (page, definition, config) => overLine(page, definition, config.over),
};


/* ---- waits ---- */

function untilForm(host: StepHost, until: Until, set: (until: Until) => void): TemplateResult {
  const kinds = [
    { value: "span", label: t("一段时间"), icon: "hourglass" },
    { value: "time", label: t("下一个几点"), icon: "clock" },
    { value: "field", label: t("日期字段里的时刻"), icon: "calendar-clock" },
    { value: "meets", label: t("记录符合条件"), icon: "list-filter" },
  ];
  const first = reachable(host.around).find((one) => one.table.fields.some((field) => moments.has(field.type)));
  const fresh: Record<string, () => Until> = {
    span: () => ({ kind: "span", span: { amount: 10, unit: "minutes" } }),
    time: () => ({ kind: "time", at: "09:00" }),
    field: () => ({ kind: "field", of: first?.of ?? "trigger", field: first?.table.fields.find((field) => moments.has(field.type))?.id ?? "" }),
    meets: () => ({ kind: "meets", of: reachable(host.around)[0]?.of ?? "trigger", where: { kind: "group", conjunction: "and", items: [] }, limit: { amount: 1, unit: "days" } }),
  };
  return html`${row(host, t("等什么"), "", choose(host, t("等什么"), until.kind, kinds, (kind) => kind !== until.kind && set(fresh[kind]!())))}${oneUntil(host, until, set)}`;
}

function oneUntil(host: StepHost, until: Until, set: (until: Until) => void): TemplateResult {
  switch (until.kind) {
    case "span":
      return row(host, t("等多久"), "config.until", spanControl(host, t("等多久"), until.span, (span) => set({ kind: "span", span })));
    case "time":
      return row(host, t("几点"), "config.until", html`<input class="inp au-clock" type="time" aria-label=${t("几点")} ?disabled=${host.locked} .value=${until.at} @change=${(event: Event) => set({ kind: "time", at: (event.target as HTMLInputElement).value })} />`, t("按应用的时区;到不了今天的这个点就等明天的"));
    case "field":
      return momentForm(host, until, set);
    case "meets": {
      const table = tableOf(host.around.page, tableFor(host.around.page, host.around.definition, until.of));
      return html`${recordRow(host, t("哪条记录"), until.of ?? "trigger", "config.until.of", (of) => set({ ...until, of, where: { kind: "group", conjunction: "and", items: [] } }))}
        ${table ? whereForm(host, t("等到它符合"), table, until.where, "config.until.where", (where) => set({ ...until, where: where ?? { kind: "group", conjunction: "and", items: [] } }), "", false) : nothing}
        ${row(host, t("最多等多久"), "config.until.limit", spanControl(host, t("最多等多久"), until.limit, (limit) => set({ ...until, limit })), t("到时还不符合就接着往下走,结果是「超时没等到」,后面可以按它分支"))}`;
    }
  }
}

function momentForm(host: StepHost, until: Extract<Until, { kind: "field" }>, set: (until: Until) => void): TemplateResult {
  const options = reachable(host.around).flatMap((one) => fieldOptions(one.table.fields.filter((field) => moments.has(field.type))).map((option) => ({ ...option, value: `${one.of} ${option.value}`, sub: one.label })));
  const shift = until.shift ?? null;
  const when = !shift ? "at" : shift.amount < 0 ? "before" : "after";
  const put = (kind: string) => set({ kind: "field", field: until.field, of: until.of ?? "trigger", ...(kind === "at" ? {} : { shift: { amount: (kind === "before" ? -1 : 1) * Math.abs(shift?.amount ?? 1), unit: shift?.unit ?? "hours" } }) });
  return html`${row(host, t("哪个日期字段"), "config.until.field", choose(host, t("哪个日期字段"), `${until.of ?? "trigger"} ${until.field}`, options, (value) => set({ ...until, of: value.split(" ")[0]!, field: value.split(" ")[1]! }), t("选一个日期字段")), t("空着或已经过了就不等"))}
    ${row(host, t("提前或推后"), "config.until.shift", html`${choose(host, t("提前或推后"), when, [{ value: "at", label: t("正好那一刻") }, { value: "before", label: t("提前") }, { value: "after", label: t("推后") }], put)}${shift ? spanControl(host, t("多久"), shift, (span) => set({ ...until, shift: span })) : nothing}`)}`;
}

function untilLine(page: PageData, definition: Definition, until: Until): TemplateResult {
  switch (until.kind) {
    case "span":
      return html`${t("等 {span}", { span: spanWords(until.span) })}`;
    case "time":
      return html`${t("等到下一个 {at}", { at: until.at })}`;
    case "field": {
      const field = tableOf(page, tableFor(page, definition, until.of))?.fields.find((one) => one.id === until.field);
      if (!field) return missing();
      const { shift } = until;
      return html`${t("等到")} <span class="chip">${field.name}</span>${shift ? (shift.amount < 0 ? t("前 {span}", { span: spanWords(shift) }) : t("后 {span}", { span: spanWords(shift) })) : nothing}`;
    }
    case "meets": {
      const table = tableOf(page, tableFor(page, definition, until.of));
      if (!table || isEmptyFilter(until.where)) return missing();
      return html`${t("等到")} ${describeFilter(table, until.where)} <span class="f3">${t("最多 {span}", { span: spanWords(until.limit) })}</span>`;
    }
  }
}

export const wait: StepUi<"wait"> = {
  kind: "wait",
  color: "teal",
  group: "course",
  failure: "none",
  fresh: () => ({ kind: "wait", until: { kind: "span", span: { amount: 10, unit: "minutes" } } }),
  form: (host, config, set) => html`${untilForm(host, config.until, (until) => set({ kind: "wait", until }))}<p class="hint">${t("等的时候不占用任何东西,重启也不会忘。等完再看记录时,看到的是那时的样子。")}</p>`,
  describe: (page, definition, config) => untilLine(page, definition, config.until),
};

/* ---- other automations ---- */

export const callAutomation: StepUi<"run_automation"> = {
  kind: "run_automation",
  color: "violet",
  group: "course",
  failure: "inside",
  fresh: () => ({ kind: "run_automation", automation: "", of: "trigger", wait: true }),
  form: (host, config, set) => {
    const others = host.around.page.automations ?? [];
    const chosen = others.find((one) => one.id === config.automation);
    const records = reachable(host.around).filter((one) => !chosen?.table || one.table.id === chosen.table);
    return html`${row(host, t("哪个自动化"), "config.automation", choose(host, t("哪个自动化"), config.automation, others.map((one) => ({ value: one.id, label: one.name, icon: "zap" })), (automation) => {
        const table = others.find((one) => one.id === automation)?.table;
        const of = table ? (reachable(host.around).find((one) => one.table.id === table)?.of ?? "trigger") : null;
        set({ ...config, automation, of });
      }, t("选一个自动化")))}
      ${chosen?.table ? row(host, t("交给它哪条记录"), "config.of", choose(host, t("交给它哪条记录"), config.of ?? "", records.map((one) => ({ value: one.of, label: one.label, icon: one.table.icon })), (of) => set({ ...config, of }), t("选一条记录"))) : nothing}
      <label class="opt-row"><input class="ck" type="checkbox" .checked=${config.wait !== false} ?disabled=${host.locked} @change=${(event: Event) => set({ ...config, wait: (event.target as HTMLInputElement).checked })} /><span>${t("等它跑完再往下走")}<span class="hint">${t("它失败了,这一步也算失败")}</span></span></label>`;
  },
  describe: (page, definition, config) => {
    const found = (page.automations ?? []).find((one) => one.id === config.automation);
    if (!found) return missing();
    const table = config.of ? tableOf(page, tableFor(page, definition, config.of)) : undefined;
    return html`<span class="chip">${found.name}</span>${table && config.of !== "trigger" ? html`<span class="f3">${table.name}</span>` : nothing}<span class="f3">· ${config.wait === false ? t("不等它") : t("等它跑完")}</span>`;
  },
};

/* ---- stops ---- */

export const stop: StepUi<"stop"> = {
  kind: "stop",
  color: "red",
  group: "course",
  failure: "none",
  fresh: () => ({ kind: "stop", failed: true, text: { kind: "text", parts: [] } }),
  form: (host, config, set) => {
    const failed = config.failed !== false;
    const pick = (value: boolean) => set({ ...config, failed: value });
    return html`<label class="opt-row"><input class="rd" type="radio" name="stop-how" .checked=${failed} ?disabled=${host.locked} @change=${() => pick(true)} /><span>${t("当作失败")}<span class="hint">${t("进「待处理」,并通知负责人")}</span></span></label>
      <label class="opt-row"><input class="rd" type="radio" name="stop-how" .checked=${!failed} ?disabled=${host.locked} @change=${() => pick(false)} /><span>${t("安静地结束")}<span class="hint">${t("这次运行算完成,后面的步骤不做")}</span></span></label>
      ${failed
        ? row(host, t("为什么"), "config.text", textControl(host, t("为什么"), config.text ?? { kind: "text", parts: [] }, false, (value) => set({ ...config, text: { kind: "text", parts: toParts(value) } }), t("写一句话,按 / 插入字段")), t("处理的人会看到这句话"))
        : nothing}`;
  },
  describe: (page, definition, config) => (config.failed === false ? html`<span class="f3">${t("安静地结束")}</span>` : html`${t("当作失败")}<span class="au-said cut">${config.text?.parts.length ? describeParts(page, definition, config.text.parts) : missing()}</span>`),
};


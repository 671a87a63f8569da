/** The drawer of a test run: what each step worked with and gave, on a real record, with nothing stored or sent. */
import { html, nothing, type TemplateResult } from "lit";
import type { Field } from "../fields/field";
import { operandLabel, operatorLabel } from "../filter/operators";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import { compared, isOfRecords, saidOfMany, saidOfRecords } from "./said-records";
import { find, numbers } from "./tree";
import type { Definition, PageData, Rehearsal, Rehearsed } from "./types";

export interface DrawerHost {
  readonly page: PageData;
  readonly definition: Definition;
  readonly rehearsal: Rehearsal | null;
  readonly running: boolean;
  readonly chosen: string;
  /** The record to try on. */
  readonly record: Option | null;
  /** False where no record sets the automation off: it is tried without. */
  readonly needsRecord: boolean;
  findRecords(words: string): Promise<Option[]>;
  setRecord(id: string): void;
  run(): void;
  close(): void;
  choose(id: string): void;
}

export function drawer(host: DrawerHost): TemplateResult {
  const { rehearsal } = host;
  return html`<section class="au-test" aria-label=${t("试运行")}>
    <div class="au-test-h">
      <b>${t("试运行")}</b>${host.needsRecord ? html`<span class="f3">${t("用")}</span>
      <hb-select small class="au-record" label=${t("用哪条记录")} placeholder=${t("选一条记录")} .options=${host.record ? [host.record] : []} .source=${(words: string) => host.findRecords(words)} .value=${host.record?.value ?? ""}
        @change=${(event: Event) => {
          event.stopPropagation();
          host.setRecord((event.currentTarget as HbSelect).value as string);
        }}></hb-select>` : html`<span class="f3">${t("不需要记录")}</span>`}
      ${rehearsal ? summary(rehearsal) : html`<span class="f3 cut">${t("走一遍给你看,不会真的写入,消息也不会发出去")}</span>`}
      <span class="grow"></span>
      <button type="button" class="btn s" aria-busy=${String(host.running)} ?disabled=${host.needsRecord && !host.record} @click=${() => host.run()}>${icon(rehearsal ? "rotate-cw" : "play", 14)}${rehearsal ? t("再试一次") : t("开始")}</button>
      <button type="button" class="icb" aria-label=${t("收起")} @click=${() => host.close()}>${icon("chevron-down")}</button>
    </div>
    <div class="au-test-b" role="status">
      ${rehearsal ? html`${rehearsal.notes.map((note) => html`<p class="note warn">${icon("triangle-alert", 14)}${note}</p>`)}${rehearsal.steps.map((run) => line(host, run))}${rehearsal.steps.length ? nothing : html`<p class="f3 au-none">${t("还没有步骤")}</p>`}` : nothing}
    </div>
  </section>`;
}

function summary(rehearsal: Rehearsal): TemplateResult {
  const good = rehearsal.status === "finished";
  return html`<span class="pill plain ${good ? "c-green" : "c-red"}">${good ? t("走完 {n} 步", { n: rehearsal.steps.length }) : t("在第 {n} 步停下", { n: rehearsal.steps.length })}</span>
    <span class="f3 cut">${t("共 {seconds} 秒", { seconds: (rehearsal.milliseconds / 1000).toFixed(1) })} · ${t("没有真的写入,消息没有发出")}</span>`;
}

function line(host: DrawerHost, run: Rehearsed): TemplateResult {
  const step = find(host.definition.steps, run.step);
  const kind = host.page.kinds.find((one) => one.id === run.kind);
  const number = numbers(host.definition.steps).get(run.step) ?? 0;
  const bad = run.status === "failed";
  const doubtful = run.outcome === "short" || run.outcome === "moved_on" || run.outcome === "no";
  return html`<button type="button" class="au-line ${host.chosen === run.step ? "on" : ""}" @click=${() => step && host.choose(step.id)}>
    <span class=${bad ? "danger-t" : doubtful ? "warn-t" : "ok-t"}>${icon(bad || doubtful ? "circle-alert" : "circle-check", 15)}</span>
    <span class="cut">${number} ${step?.name || kind?.name || ""}</span>
    <span class="au-said-line">${said(host, run)}</span>
    <span class="num f3 t12">${t("{ms} 毫秒", { ms: Math.round(run.milliseconds) })}</span>
  </button>`;
}

interface Change {
  name: string;
  before: string;
  after: string;
}

interface Looked {
  field: string;
  name: string;
  op: string;
  now: string | null;
  value: unknown;
}

/** What a step gave, in a sentence. */
export function said(host: Pick<DrawerHost, "page">, run: Pick<Rehearsed, "kind" | "outcome" | "input" | "output" | "failure">): TemplateResult | string {
  const { input, output, failure } = run;
  if (failure) return html`<span class="danger-t">${failure.problems.length ? failure.problems.map((problem) => problem.message).join("; ") : failure.message}</span>`;
  const kind = host.page.kinds.find((one) => one.id === run.kind);
  const outcome = kind?.outcomes.find((one) => one.key === run.outcome)?.label;
  if (isOfRecords(run.kind)) return saidOfRecords(run, outcome, written((output?.changes ?? []) as Change[]));
  switch (run.kind) {
    case "branch":
      return run.outcome === "none" ? t("都不符合,跳过") : t("走「{arm}」", { arm: String(output?.arm || t("第 {n} 路", { n: Number(String(run.outcome).slice(3)) + 1 })) });
    case "only_if":
      return html`${looked(host, (input?.conditions ?? []) as Looked[])}${compared(input)} <b class=${run.outcome === "no" ? "warn-t" : "ok-t"}>${outcome}</b>`;
    case "reserve_stock":
    case "release_stock":
    case "consume_stock":
    case "fill_backorders":
      return html`${outcome}${output?.reason ? html`:<span class="warn-t">${String(output.reason)}</span>` : output?.lines !== undefined ? html`<span class="f3"> · ${t("{n} 条明细", { n: Number(output.lines) })}</span>` : nothing}`;
    case "update_record":
    case "create_record":
      return saidOfMany(run) ?? written((output?.changes ?? []) as Change[]);
    case "loop":
      return t("一共 {n} 个", { n: Number(output?.count ?? 0) });
    case "wait":
      return output?.skipped ? t("试运行不等,直接往下走") : (outcome ?? "");
    case "run_automation": {
      const other = (input?.automation ?? null) as { name?: string } | null;
      return html`${other?.name ?? ""} · ${output?.skipped ? t("试运行里没有真的运行") : outcome}`;
    }
    case "stop":
      return t("到此为止");
    case "send_wecom":
      return html`${((output?.messages ?? []) as { content?: string }[]).map((message) => message.content ?? "").join(" / ")}`;
    case "notify":
      return html`${outcome}${(input?.people as string[] | undefined)?.length ? html` <span class="f3">${(input!.people as string[]).join(t("、"))}</span>` : nothing} ${String(input?.title ?? "")}`;
    case "send_email":
      return html`${outcome} <span class="f3">${((input?.to as string[] | undefined) ?? []).join(t("、"))}</span> ${String(input?.subject ?? "")}`;
    case "http_request": {
      const request = input?.request as { method: string; url: string; body: string | null } | undefined;
      return html`${outcome ?? ""} <code>${request ? `${request.method} ${request.url}` : ""}</code>${request?.body ? html` <code>${request.body}</code>` : nothing}`;
    }
    default:
      return html`<code>${JSON.stringify(input?.body ?? {})}</code>`;
  }
}

/** What was written: from what to what, and which fields had the value already. */
function written(changes: Change[]): TemplateResult {
  const changed = changes.filter((one) => one.before !== one.after);
  const same = changes.filter((one) => one.before === one.after).map((one) => one.name);
  return html`${changed.map((one, index) => html`${index ? ", " : nothing}${one.name} <span class="f3">${shown(one.before)}</span> → <b>${shown(one.after)}</b>`)}${changed.length && same.length ? "; " : nothing}${same.length ? html`<span class="f3">${t("{fields} 本来就是这样", { fields: same.join(t("、")) })}</span>` : nothing}`;
}

/** A value as the server told it: check boxes in the reader's words. */
function shown(text: string): string {
  if (text === "是") return t("是");
  return text === "否" ? t("否") : text || t("空");
}

function looked(host: Pick<DrawerHost, "page">, conditions: Looked[]): TemplateResult {
  const fields = new Map<string, Field>(host.page.tables.flatMap((table) => table.fields.map((field): [string, Field] => [field.id, field])));
  return html`${conditions.map((one, index) => html`${index ? ", " : nothing}${one.name} <b>${one.now || t("空")}</b> <span class="f3">${operatorLabel(one.op, fields.get(one.field))} ${operandLabel(fields.get(one.field), one.value) ?? plain(one.value)}</span>`)}`;
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(plain).join(t("、"));
  if (typeof value === "object") return "amount" in value ? "" : ((value as { name?: string }).name ?? "");
  return typeof value === "boolean" ? (value ? t("勾选") : t("没勾选")) : String(value);
}

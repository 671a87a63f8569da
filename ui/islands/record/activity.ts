/** Runs that a record set off and their messages with the receivers' answers, told between the entries of its history. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/runs.css";
import { icon } from "../icons";
import { t } from "../i18n";
import { runMark } from "../runs/status";
import type { Run } from "../runs/types";
import type { Failure } from "../automation/types";
import type { Entry } from "./types";
import { shortTime } from "./timeline";
import { exactMoment } from "./value";

export interface Message {
  run: string;
  connector: string;
  status: "waiting" | "sent" | "failed";
  at: string;
  message: { content?: string; subject?: string; body?: unknown } | null;
  answer: { errcode?: number; errmsg?: string } | null;
  failure: Failure | null;
}

export interface Activity {
  runs: Run[];
  messages: Message[];
}

/** Entries, runs and messages, the newest first; what is older than the oldest shown entry waits for `complete`. */
export function told(entries: readonly Entry[], activity: Activity, complete: boolean, entry: (entry: Entry) => TemplateResult): TemplateResult[] {
  const oldest = complete ? "" : (entries.at(-1)?.at ?? "");
  const all = [
    ...entries.map((one) => ({ at: one.at, draw: () => entry(one) })),
    ...activity.runs.map((one) => ({ at: one.created_at, draw: () => run(one) })),
    ...activity.messages.map((one) => ({ at: one.at, draw: () => message(one) })),
  ].filter((one) => one.at >= oldest);
  return all.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).map((one) => one.draw());
}

function item(name: string, at: string, body: TemplateResult): TemplateResult {
  return html`<li><span class="ico">${icon(name, 12)}</span><div class="rc-entry">${body}</div><time datetime=${at} data-relative data-tip=${exactMoment(at)} .textContent=${shortTime(at)}></time></li>`;
}

function run(one: Run): TemplateResult {
  const why = one.failure ? (one.failure.problems[0]?.message ?? one.failure.message) : "";
  return item("zap", one.created_at, html`<div class="rc-said"><b class="rc-who">${t("自动化「{name}」", { name: one.automation_name })}</b>${one.automation ? nothing : html`<span class="f3"> · ${t("自动化已删除")}</span>`} ${t("运行了")} ${runMark(one)}</div><div class="sub">${why ? html`<span>${why}</span>` : nothing}<a href="/runs/${one.id}">${t("看步骤")}</a></div>`);
}

function message(one: Message): TemplateResult {
  const words = { sent: t("发出了消息"), waiting: t("消息等着发"), failed: t("消息没有发出去") }[one.status];
  const text = one.message?.subject ?? one.message?.content ?? "";
  const answer = one.status === "sent" && one.answer ? t("对方回答 {answer}", { answer: `${one.answer.errcode ?? ""} ${one.answer.errmsg ?? ""}`.trim() }) : (one.failure?.message ?? "");
  return item("send", one.at, html`<div class="rc-said">${words} <span class="f3">${one.connector}</span></div>${text ? html`<div class="rc-line cut">${text}</div>` : nothing}<div class="sub">${answer ? html`<span>${answer}</span>` : nothing}<a href="/runs/${one.run}">${t("看步骤")}</a></div>`);
}

/** "Call an interface": the request by forms, and values picked by clicking in an answer that really came. */
import { html, nothing, type TemplateResult } from "lit";
import { api, ApiError, showError } from "../../api";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { describeConnector, describeParts } from "../describe";
import { choose, problemAt, row } from "../form-parts";
import { connectorRow } from "../message-form";
import type { AnswerValue, HttpPair, StepConfig, StepValue } from "../types";
import { textControl } from "../value-control";
import { toParts } from "../values";
import { answerTree, pickOf, samePlace } from "./answer-tree";
import { redraw } from "./tell";
import type { StepHost, StepUi } from "./ui";

type Config = Extract<StepConfig, { kind: "http_request" }>;
type Set = (config: StepConfig) => void;

interface Trial {
  request: { method: string; url: string };
  status: number;
  milliseconds: number;
  json: unknown;
  is_json: boolean;
  text: string;
  cut: boolean;
}

interface Tried {
  busy: boolean;
  trial?: Trial;
  failure?: string;
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/** What came back, by step; forgotten with the page. */
const tried = new Map<string, Tried>();

function pairs(host: StepHost, label: string, path: string, list: readonly HttpPair[], put: (list: HttpPair[]) => void): TemplateResult {
  const change = (index: number, next: Partial<HttpPair>) => put(list.map((one, at) => (at === index ? { ...one, ...next } : one)));
  return html`<div class="stack">
    ${list.map((pair, index) => {
      const problem = problemAt(host, `config.${path}.${index}`);
      return html`<div class="au-pair">
          <input class="inp s" aria-label=${t("{label}的名称", { label })} placeholder=${t("名称")} ?disabled=${host.locked} .value=${pair.name} @change=${(event: Event) => change(index, { name: (event.target as HTMLInputElement).value.trim() })} />
          ${textControl(host, pair.name || label, pair.value as StepValue, true, (value) => change(index, { value }), t("按 / 插入字段"))}
          ${host.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("去掉「{name}」", { name: pair.name || label })} @click=${() => put(list.filter((_, at) => at !== index))}>${icon("x", 14)}</button>`}
        </div>
        ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : nothing}`;
    })}
    ${host.locked ? nothing : html`<button type="button" class="btn s" @click=${() => put([...list, { name: "", value: { kind: "literal", value: "" } }])}>${icon("plus")}${t("加一项")}</button>`}
  </div>`;
}

function body(host: StepHost, config: Config, set: Set): TemplateResult | typeof nothing {
  const method = config.method ?? "POST";
  if (method === "GET" || method === "DELETE") return nothing;
  const kind = config.body ?? "none";
  const options = [
    { value: "none", label: t("没有内容"), icon: "minus" },
    { value: "json", label: t("JSON,一项一项填"), icon: "braces" },
    { value: "form", label: t("表单,一项一项填"), icon: "list" },
    { value: "text", label: t("自己写"), icon: "text" },
  ];
  return html`${row(host, t("发送的内容"), "config.body", choose(host, t("发送的内容"), kind, options, (next) => set({ ...config, body: next as Config["body"] })))}
    ${kind === "json" || kind === "form" ? row(host, t("各项内容"), "", pairs(host, t("各项内容"), "fields", config.fields ?? [], (fields) => set({ ...config, fields }))) : nothing}
    ${kind === "text"
      ? html`${row(host, t("内容类型"), "config.content_type", html`<input class="inp s" aria-label=${t("内容类型")} ?disabled=${host.locked} .value=${config.content_type ?? "application/json"} @change=${(event: Event) => set({ ...config, content_type: (event.target as HTMLInputElement).value.trim() })} />`)}
          ${row(host, t("内容"), "config.text", textControl(host, t("内容"), config.text ?? { kind: "text", parts: [] }, false, (value) => set({ ...config, text: { kind: "text", parts: toParts(value) } }), t("JSON 里的值放在引号中间"), false))}`
      : nothing}`;
}

async function send(host: StepHost, config: Config): Promise<void> {
  const { step, sample, page } = host.around;
  tried.set(step, { busy: true });
  redraw(host);
  try {
    const trial = await api.post<Trial>(`/api/v1/apps/${page.app}/request`, { config, record: sample?.id ?? null });
    tried.set(step, { busy: false, trial });
  } catch (failure) {
    if (!(failure instanceof ApiError)) showError(failure);
    tried.set(step, { busy: false, failure: failure instanceof Error ? failure.message : "" });
  }
  redraw(host);
}

function trial(host: StepHost, config: Config, set: Set): TemplateResult {
  const state = tried.get(host.around.step);
  const found = state?.trial;
  const answer = config.answer ?? [];
  const toggle = (place: (string | number)[], value: unknown) => {
    const there = answer.find((one) => samePlace(one.place, place));
    set({ ...config, answer: there ? answer.filter((one) => one !== there) : [...answer, pickOf(place, value, answer)] });
  };
  return html`${host.locked
      ? nothing
      : html`<div class="row wrap"><button type="button" class="btn s" aria-busy=${String(state?.busy ?? false)} ?disabled=${!config.connector || state?.busy} @click=${() => void send(host, config)}>${icon("send", 14)}${t("真的发一次,看看回答")}</button>
          <span class="hint au-flat">${host.sampleName ? t("用「{name}」的值,对方会真的收到", { name: host.sampleName }) : t("对方会真的收到")}</span></div>`}
    ${state?.failure ? html`<div class="note" role="alert">${icon("circle-alert", 14)}<span>${state.failure}</span></div>` : nothing}
    ${found
      ? html`<div class="au-answer" role="status">
          <div class="row"><span class=${found.status < 400 ? "ok-t" : "danger-t"}>HTTP ${found.status}</span><span class="f3 t12">${t("{n} 毫秒", { n: found.milliseconds })}</span><span class="f3 t12 cut">${found.request.method} ${found.request.url}</span></div>
          ${found.is_json
            ? html`<p class="hint">${t("点一个值,后面的步骤就能用它")}${found.cut ? t("(太长的部分没有列出)") : ""}</p>${answerTree(found.json, (place) => answer.some((one) => samePlace(one.place, place)), host.locked ? null : toggle)}`
            : html`<p class="hint">${t("回答不是 JSON,取不出值")}</p><pre class="au-raw">${found.text}</pre>`}
        </div>`
      : nothing}`;
}

function picked(host: StepHost, config: Config, set: Set): TemplateResult {
  const answer = config.answer ?? [];
  const change = (index: number, next: Partial<AnswerValue>) => set({ ...config, answer: answer.map((one, at) => (at === index ? { ...one, ...next } : one)) });
  return html`<div class="stack">
    ${answer.map(
      (one, index) => html`<div class="au-pair">
        <input class="inp s" aria-label=${t("这个值叫什么")} maxlength="60" ?disabled=${host.locked} .value=${one.name} @change=${(event: Event) => change(index, { name: (event.target as HTMLInputElement).value.trim() || one.key })} />
        <span class="cut t12 f3" title=${one.place.join(" › ")}>${one.place.join(" › ")}${one.example === undefined || one.example === null || typeof one.example === "object" ? nothing : html` · <span class="f2">${String(one.example)}</span>`}</span>
        ${host.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("去掉「{name}」", { name: one.name })} @click=${() => set({ ...config, answer: answer.filter((_, at) => at !== index) })}>${icon("x", 14)}</button>`}
      </div>`,
    )}
    ${trial(host, config, set)}
  </div>`;
}

function form(host: StepHost, config: Config, set: Set): TemplateResult {
  const method = config.method ?? "POST";
  const answers = (config.answer ?? []).length > 0;
  return html`${connectorRow(host, "http_api", t("用哪个接口"), config.connector, (connector) => set({ ...config, connector }), t("地址和凭证在连接里;没收下会自动重试,每次带同一个编号(Idempotency-Key)"))}
    ${row(host, t("方法"), "config.method", choose(host, t("方法"), method, methods.map((one) => ({ value: one, label: one })), (next) => set({ ...config, method: next as Config["method"], ...(next === "GET" || next === "DELETE" ? { body: "none" as const } : {}) })))}
    ${row(host, t("路径"), "config.path", textControl(host, t("路径"), config.path ?? { kind: "text", parts: [] }, true, (value) => set({ ...config, path: { kind: "text", parts: toParts(value) } }), t("接在接口地址后面,例如 orders/"), false))}
    ${row(host, t("查询参数"), "", pairs(host, t("查询参数"), "query", config.query ?? [], (query) => set({ ...config, query })))}
    ${body(host, config, set)}
    <details class="au-fail" ?open=${(config.headers ?? []).length > 0}><summary>${t("请求头")}<span class="f3">${t("{n} 项", { n: (config.headers ?? []).length })}</span></summary>${pairs(host, t("请求头"), "headers", config.headers ?? [], (headers) => set({ ...config, headers }))}</details>
    ${row(host, t("用回答里的哪些值"), "config.answer", picked(host, config, set))}
    <label class="opt-row"><input class="sw" type="checkbox" role="switch" .checked=${(config.wait ?? true) || answers} ?disabled=${host.locked || answers} @change=${(event: Event) => set({ ...config, wait: (event.target as HTMLInputElement).checked })} /><span>${t("等对方回答再往下走")}<span class="hint">${answers ? t("要用回答里的值,所以要等") : t("不等的话,后面的步骤马上接着做")}</span></span></label>
    <label class="opt-row"><input class="sw" type="checkbox" role="switch" .checked=${config.any_status ?? false} ?disabled=${host.locked} @change=${(event: Event) => set({ ...config, any_status: (event.target as HTMLInputElement).checked })} /><span>${t("对方拒绝(4xx)也算有回答")}<span class="hint">${t("不算失败,后面用分支按「对方拒绝了」处理")}</span></span></label>`;
}

export const httpRequest: StepUi<"http_request"> = {
  kind: "http_request",
  color: "violet",
  group: "outside",
  failure: "outside",
  fresh: (known) => ({ kind: "http_request", connector: known.connector("http_api"), method: "POST", path: { kind: "text", parts: [] }, body: "json", fields: [] }),
  form,
  describe: (page, definition, config) =>
    html`${describeConnector(page, config.connector)}<span class="f3">·</span><b class="t12">${config.method ?? "POST"}</b> ${config.path?.parts.length ? describeParts(page, definition, config.path.parts) : nothing}${config.answer?.length ? html`<span class="f3">· ${t("用 {n} 个值", { n: config.answer.length })}</span>` : nothing}`,
};

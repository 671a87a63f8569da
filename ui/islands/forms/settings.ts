/** The forms beside the preview: of the chosen question, of the form itself, of its address. */
import { html, nothing, type TemplateResult } from "lit";
import { fieldIcon, type Field, type Value } from "../fields/field";
import { colorName, openColors } from "../fields/colors";
import { formatMoment, fromLocal, toLocal } from "../fields/format";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { icon } from "../icons";
import { t } from "../i18n";
import { controlTemplate } from "../record/control";
import type { EditorData, FormDef, QuestionDef, Share } from "./types";

export interface SettingsHost {
  readonly data: EditorData;
  readonly draft: FormDef;
  readonly share: Share;
  readonly dirty: boolean;
  put(part: Partial<FormDef>): void;
  putQuestion(index: number, part: Partial<QuestionDef>): void;
  take(index: number): void;
  /** What is wrong with a part of the definition (`title`, `questions.2.where`). */
  problem(path: string): string;
  copy(): void;
  renew(): void;
  turn(active: boolean): void;
}

const noDefault = new Set(["link", "attachment", "member"]);
const colors = ["teal", "blue", "indigo", "violet", "pink", "red", "orange", "amber", "green", "grey"];

function wrong(host: SettingsHost, path: string, hint: TemplateResult | string | typeof nothing = nothing): TemplateResult | typeof nothing {
  const problem = host.problem(path);
  if (problem) return html`<p class="hint bad" role="alert">${icon("circle-alert", 14)}${problem}</p>`;
  return hint === nothing || hint === "" ? nothing : html`<p class="hint">${hint}</p>`;
}

function line(host: SettingsHost, key: keyof FormDef & string, label: string, options: { most: number; hint?: string; placeholder?: string; lines?: number }): TemplateResult {
  const value = String(host.draft[key] ?? "");
  const bad = host.problem(key) ? "true" : nothing;
  const set = (event: Event) => host.put({ [key]: (event.target as HTMLInputElement).value });
  const box = options.lines
    ? html`<textarea class="inp" id="fe-${key}" rows=${options.lines} maxlength=${options.most} placeholder=${options.placeholder ?? nothing} aria-invalid=${bad} .value=${value} @input=${set}></textarea>`
    : html`<input class="inp" id="fe-${key}" maxlength=${options.most} autocomplete="off" placeholder=${options.placeholder ?? nothing} aria-invalid=${bad} .value=${value} @input=${set} />`;
  return html`<div class="field"><label class="lab" for="fe-${key}">${label}</label>${box}${wrong(host, key, options.hint ?? "")}</div>`;
}

function toggle(label: string, checked: boolean, set: (on: boolean) => void, hint = "", disabled = false): TemplateResult {
  return html`<label class="opt-row"><input type="checkbox" class="sw" role="switch" ?disabled=${disabled} .checked=${checked} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)} /><span>${label}${hint ? html`<span class="hint">${hint}</span>` : nothing}</span></label>`;
}

function radios<T extends string>(name: string, value: T, options: readonly [T, string, string][], set: (value: T) => void): TemplateResult {
  return html`${options.map(([key, label, hint]) => html`<label class="opt-row"><input type="radio" class="rd" name=${name} .checked=${value === key} @change=${() => set(key)} /><span>${label}${hint ? html`<span class="hint">${hint}</span>` : nothing}</span></label>`)}`;
}

/* ---- a question ---- */

/** The fields that a question's condition can ask of: those shown before it. */
export function before(data: EditorData, draft: FormDef, index: number): Field[] {
  const fields = new Map((data.table?.fields ?? []).map((field) => [field.id, field]));
  return draft.questions.slice(0, index).flatMap((question) => {
    const field = fields.get(question.field);
    const operators = field ? data.operators[field.type] : undefined;
    if (!field || !operators || question.hidden) return [];
    return [{ ...field, name: question.label || field.name, operators }];
  });
}

/** Everything that can be set of a question. */
export function questionSettings(host: SettingsHost, index: number): TemplateResult {
  const question = host.draft.questions[index]!;
  const field = host.data.table?.fields.find((one) => one.id === question.field);
  if (!field) return lost(host, index);
  const path = `questions.${index}`;
  const set = (part: Partial<QuestionDef>) => host.putQuestion(index, part);
  const needed = field.required === true;
  return html`<div class="stack">
    <div class="row"><span class="fe-ic">${icon(fieldIcon(field), 16)}</span><b class="grow cut">${field.name}</b><button type="button" class="btn s g" @click=${() => host.take(index)}>${icon("trash-2", 14)}${t("去掉这道题")}</button></div>
    ${wrong(host, `${path}.field`)}
    <div class="field"><label class="lab" for="fe-label">${t("题目文字")}</label><input class="inp" id="fe-label" maxlength="200" autocomplete="off" placeholder=${field.name} .value=${question.label} @input=${(event: Event) => set({ label: (event.target as HTMLInputElement).value })} />${wrong(host, `${path}.label`)}</div>
    <div class="field"><label class="lab" for="fe-help">${t("说明")}</label><textarea class="inp" id="fe-help" rows="2" maxlength="1000" placeholder=${t("例如 单号在快递面单的左上角")} .value=${question.help} @input=${(event: Event) => set({ help: (event.target as HTMLTextAreaElement).value })}></textarea>${wrong(host, `${path}.help`)}</div>
    ${toggle(t("必填"), question.required || needed, (required) => set({ required }), needed ? t("这个字段在数据表里必须填写") : "", needed)}
    ${toggle(t("不显示,只存预填的值"), question.hidden, (hidden) => set({ hidden, ...(hidden ? { where: null } : {}) }), t("例如记下是从哪个表单来的;填表的人看不到,也改不了"))}
    ${field.type === "link" ? choosing(host, field, question, set) : nothing}
    ${noDefault.has(field.type) ? nothing : begins(host, field, question, path, set)}
    ${question.hidden ? nothing : condition(host, index, question, path, set)}
  </div>`;
}

function lost(host: SettingsHost, index: number): TemplateResult {
  return html`<div class="stack"><p class="note warn" role="alert">${icon("triangle-alert", 14)}<span>${t("这道题的字段已经删除,填表的人看不到它。从回收站恢复字段,它就回来;不要了就去掉")}</span></p>
    <button type="button" class="btn" @click=${() => host.take(index)}>${icon("trash-2", 14)}${t("去掉这道题")}</button></div>`;
}

function choosing(host: SettingsHost, field: Field, question: QuestionDef, set: (part: Partial<QuestionDef>) => void): TemplateResult {
  return html`${toggle(t("让填表的人按名字找记录"), question.choose, (choose) => set({ choose }), t("他们能搜到那张表里记录的名字,别的内容看不到;字段设了「只能选哪些记录」的,只能搜到那些"))}
    ${question.choose ? nothing : html`<p class="note warn">${icon("triangle-alert", 14)}<span>${t("没打开时,表单里不出现「{name}」", { name: field.name })}</span></p>`}
    ${question.choose && host.draft.audience === "link" ? html`<p class="hint">${t("拿到链接的任何人都能这样搜")}</p>` : nothing}`;
}

function begins(host: SettingsHost, field: Field, question: QuestionDef, path: string, set: (part: Partial<QuestionDef>) => void): TemplateResult {
  const dated = field.type === "date" || field.type === "datetime";
  const now = question.default === "$now";
  const machine = field.options.machine;
  const offered: Field = machine ? { ...field, options: { ...field.options, machine: null, choices: (field.options.choices ?? []).filter((choice) => machine.initial.includes(choice.id)) } } : { ...field, required: false };
  return html`<div class="field" role="group" aria-label=${t("预填")}><span class="lab">${question.hidden ? t("存成") : t("预填")}</span>
    ${dated ? toggle(t("填表的时候"), now, (on) => set({ default: on ? "$now" : null })) : nothing}
    ${now ? nothing : controlTemplate(offered, { id: `fe-default-${question.field}`, value: question.default, commit: (value: Value) => set({ default: value === "" ? null : value }), cancel: () => undefined, choices: async () => [] })}
    ${wrong(host, `${path}.default`, question.hidden ? "" : t("填表的人可以改"))}</div>`;
}

function condition(host: SettingsHost, index: number, question: QuestionDef, path: string, set: (part: Partial<QuestionDef>) => void): TemplateResult {
  const fields = before(host.data, host.draft, index);
  return html`<div class="field" role="group" aria-label=${t("什么时候问")}><span class="lab">${t("什么时候问")}</span>
    ${fields.length
      ? html`<hb-filter .fields=${fields} .value=${question.where} @change=${(event: Event) => {
          event.stopPropagation();
          set({ where: (event.currentTarget as HbFilter).value });
        }}></hb-filter>`
      : nothing}
    ${wrong(host, `${path}.where`, fields.length ? t("不加条件就一直问;没问到的题存成空的") : t("第一道题一直问;后面的题可以看前面的回答决定问不问"))}</div>`;
}

/* ---- the form ---- */

/** Everything that can be set of the form itself. */
export function formSettings(host: SettingsHost): TemplateResult {
  const { draft } = host;
  const zone = host.data.table?.time_zone;
  return html`<div class="stack">
    ${line(host, "name", t("名称"), { most: 80, hint: t("搭建的人这样叫它") })}
    ${line(host, "title", t("标题"), { most: 120, placeholder: draft.name, hint: t("空着就用名称") })}
    ${line(host, "description", t("开头的说明"), { most: 5000, lines: 4, hint: t("可以用 Markdown:**加粗**、[链接](https://…)、列表") })}
    <div class="field"><span class="lab">${t("封面颜色")}</span><div class="fe-colors" role="group" aria-label=${t("封面颜色")}>${colors.map((color) => html`<button type="button" class="fm-dot c-${color} fe-color" aria-pressed=${String(draft.color === color)} aria-label=${colorName(color)} data-tip=${colorName(color)} @click=${() => host.put({ color })}></button>`)}<button type="button" class="btn s" @click=${(event: Event) => openColors(event.currentTarget as HTMLElement, draft.color, (color) => host.put({ color }))}>${t("更多")}</button></div>${wrong(host, "color")}</div>
    <div class="field stack" role="group" aria-label=${t("谁能填")}><span class="lab">${t("谁能填")}</span>
      ${radios("fe-audience", draft.audience, [["link", t("拿到链接的任何人"), t("不用登录")], ["members", t("应用的成员"), t("要登录,记录上记下是谁填的")]], (audience) => host.put({ audience, ...(audience === "link" ? { once: false } : {}) }))}
      ${draft.audience === "members" ? toggle(t("每人只能交一次"), draft.once, (once) => host.put({ once })) : nothing}${wrong(host, "once")}</div>
    <div class="field stack" role="group" aria-label=${t("收不收")}><span class="lab">${t("收不收")}</span>
      ${toggle(t("现在就收"), draft.open, (open) => host.put({ open }), t("关掉以后,打开链接的人看到「现在不收了」"))}
      <div><label class="lab" for="fe-closes">${t("截止时间")}</label><input class="inp" type="datetime-local" max="9999-12-31T23:59" id="fe-closes" .value=${draft.closes_at ? toLocal(draft.closes_at, false, zone) : ""} @change=${(event: Event) => {
        const text = (event.target as HTMLInputElement).value;
        host.put({ closes_at: text ? fromLocal(text, zone) : null });
      }} />${wrong(host, "closes_at", t("空着就没有截止时间"))}</div>
      <div><label class="lab" for="fe-limit">${t("最多收几份")}</label><input class="inp" inputmode="numeric" id="fe-limit" .value=${draft.limit === null ? "" : String(draft.limit)} @change=${(event: Event) => {
        const number = Number((event.target as HTMLInputElement).value.trim());
        host.put({ limit: Number.isInteger(number) && number > 0 ? number : null });
      }} />${wrong(host, "limit", t("空着就不限;已经收了 {n} 份", { n: host.share.submitted }))}</div></div>
    ${line(host, "submit", t("提交按钮上写"), { most: 20, placeholder: t("提交") })}
    <div class="field stack" role="group" aria-label=${t("提交以后")}><span class="lab">${t("提交以后")}</span>
      ${radios("fe-after", draft.after, [["thanks", t("显示一段话"), ""], ["redirect", t("打开一个网址"), ""]], (after) => host.put({ after }))}
      ${draft.after === "redirect"
        ? line(host, "redirect", t("网址"), { most: 2000, placeholder: "https://" })
        : html`${line(host, "thanks", t("感谢的话"), { most: 5000, lines: 3, placeholder: t("谢谢,内容已经收到") })}${draft.once ? nothing : toggle(t("可以再填一份"), draft.again, (again) => host.put({ again }))}`}</div>
  </div>`;
}

/* ---- the address ---- */

/** The address with its QR code, and what can be done with it. */
export function shareSettings(host: SettingsHost): TemplateResult {
  const { share, data } = host;
  return html`<div class="stack">
    ${host.draft.open ? nothing : html`<p class="note warn">${icon("triangle-alert", 14)}<span>${t("表单现在不收,打开链接的人填不了")}</span></p>`}
    ${host.dirty ? html`<p class="note tell">${icon("info", 14)}<span>${t("改动还没有保存,打开链接看到的是保存过的")}</span></p>` : nothing}
    <div class="field"><label class="lab" for="fe-address">${t("链接")}</label><div class="row"><input class="inp mono grow" id="fe-address" readonly .value=${share.active ? share.address : t("链接停用着")} @focus=${(event: Event) => (event.target as HTMLInputElement).select()} /><button type="button" class="btn" ?disabled=${!share.active} @click=${() => host.copy()}>${icon("copy", 14)}${t("复制")}</button></div></div>
    ${share.active
      ? html`<div class="fe-qr"><img src="/forms/${data.form.id}/qr.svg?${share.address.slice(-6)}" width="180" height="180" alt=${t("「{name}」的二维码", { name: host.draft.name })} /></div>
        <a class="btn" href=${share.address} target="_blank" rel="noopener">${icon("external-link", 14)}${t("打开表单")}</a>`
      : nothing}
    ${share.here && share.active ? html`<p class="note warn">${icon("triangle-alert", 14)}<span>${t("这个地址只有这台电脑能打开。配好域名,或用 HUOBIAO_HOST=0.0.0.0 启动,别人才能填")}</span></p>` : nothing}
    ${toggle(t("链接能用"), share.active, (active) => host.turn(active), t("停用马上生效,不用保存"))}
    <div class="row"><button type="button" class="btn s" @click=${() => host.renew()}>${icon("refresh-cw", 14)}${t("换一个链接")}</button></div>
    <p class="hint">${share.submitted ? t("收到 {n} 份,最近一份在 {at}", { n: share.submitted, at: share.submitted_at ? formatMoment(share.submitted_at) : "" }) : t("还没有人填过")}</p>
    <p class="hint">${t("链接后面加 ?prefill-字段名=内容 可以预先填好,例如 {example}", { example: `?prefill-${data.table?.fields.find((field) => data.askable.includes(field.id))?.name ?? ""}=…` })}</p>
  </div>`;
}

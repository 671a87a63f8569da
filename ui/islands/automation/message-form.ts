/** The forms that send: a WeCom message with its preview, and named values to a webhook. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import type { HbSelect } from "../select/hb-select";
import { previewText } from "../template-text/parts";
import { problemAt, row, type FormHost } from "./form-parts";
import type { Connector, StepConfig, StepValue } from "./types";
import { textControl } from "./value-control";
import { optionOf, toParts, valueOptions, type Surroundings } from "./values";

export interface MessageHost extends FormHost {
  readonly around: Surroundings;
  /** What the sample record is called. */
  readonly sampleName: string;
  /** Open the dialog that makes a connector; the new one's id, or null. */
  newConnector(kind: string): Promise<string | null>;
  /** Open the dialog that changes a connector and tests it. */
  editConnector(id: string): void;
}

export function connectorRow(host: MessageHost, kind: string, label: string, value: string, set: (id: string) => void, hint: string): TemplateResult {
  const found = host.around.page.connectors.filter((one) => one.kind === kind);
  const chosen = found.find((one) => one.id === value);
  const make = async () => {
    const made = await host.newConnector(kind);
    if (made) set(made);
  };
  const control = html`<div class="au-value">
      <hb-select
        class="grow"
        label=${label}
        placeholder=${found.length ? t("选一个连接") : t("还没有连接")}
        ?disabled=${host.locked}
        .options=${[...found.map((one) => ({ value: one.id, label: one.name, icon: one.icon ?? "plug", sub: state(one) })), ...(host.locked ? [] : [{ value: "+", label: t("新建连接"), icon: "plus" }])]}
        .value=${value}
        @change=${(event: Event) => {
          event.stopPropagation();
          const box = event.currentTarget as HbSelect;
          if (box.value === "+") {
            box.value = value;
            void make();
          } else set(box.value as string);
        }}
      ></hb-select>
      ${chosen && !host.locked ? html`<button type="button" class="icb" aria-label=${t("连接设置和测试")} data-tip=${t("连接设置和测试")} @click=${() => host.editConnector(chosen.id)}>${icon("settings-2", 15)}</button>` : nothing}
    </div>
    ${!found.length && !host.locked ? html`<button type="button" class="btn s au-gap" @click=${make}>${icon("plus")}${t("新建连接")}</button>` : nothing}
    ${chosen && chosen.status !== "ok" ? trouble(host, chosen) : nothing}`;
  return row(host, label, "config.connector", control, hint);
}

/** What is wrong with a connector, and the way to mend it. */
function trouble(host: MessageHost, connector: Connector): TemplateResult {
  const fresh = connector.status === "needs_settings";
  return html`<div class="note au-gap ${fresh ? "warn" : ""}">${icon(fresh ? "triangle-alert" : "circle-alert", 14)}<span class="grow">${fresh ? t("这个连接还没有填地址,消息发不出去") : connector.message || t("这个连接现在用不了")}</span>
    ${host.locked ? nothing : html`<button type="button" class="btn s" @click=${() => host.editConnector(connector.id)}>${fresh ? t("填上") : t("去看看")}</button>`}</div>`;
}

function state(connector: Connector): string {
  if (connector.status === "needs_settings") return t("还没填地址");
  return connector.status === "ok" ? (connector.shown ?? "") : t("用不了");
}

/** "Send a WeCom message". */
export function wecomForm(host: MessageHost, config: Extract<StepConfig, { kind: "send_wecom" }>, set: (config: StepConfig) => void): TemplateResult {
  const options = valueOptions(host.around);
  const mention = config.mention ?? [];
  return html`${connectorRow(host, "wecom_robot", t("发到"), config.connector, (connector) => set({ ...config, connector }), t("每个机器人一分钟最多 20 条,多出的合并成一条,不会丢"))}
    ${row(host, t("内容"), "config.text", textControl(host, t("内容"), config.text, false, (value) => set({ ...config, text: { kind: "text", parts: toParts(value) } }), t("写消息,按 / 插入字段")))}
    <label class="opt-row"><input class="sw" type="checkbox" role="switch" .checked=${config.markdown ?? false} ?disabled=${host.locked} @change=${(event: Event) => set({ ...config, markdown: (event.target as HTMLInputElement).checked })} /><span>${t("带格式(Markdown)")}<span class="hint">${t("可以用加粗、链接和颜色;带格式的消息只在企业微信里能看到")}</span></span></label>
    ${row(host, t("提到谁"), "config.mention", html`<hb-select
      multiple
      creatable
      search
      look="chip"
      label=${t("提到谁")}
      placeholder=${t("企业微信账号或手机号,回车加一个")}
      ?disabled=${host.locked}
      .options=${[...new Set([...mention, "@all"])].map((who) => ({ value: who, label: who === "@all" ? t("所有人") : who, icon: who === "@all" ? "users" : "at-sign" }))}
      .value=${mention}
      @change=${(event: Event) => {
        event.stopPropagation();
        set({ ...config, mention: (event.currentTarget as HbSelect).value as string[] });
      }}
    ></hb-select>`)}
    ${preview(host, previewText(config.text.parts, options, (value) => optionOf(host.around, value, options)), mention)}`;
}

function preview(host: MessageHost, text: string, mention: readonly string[]): TemplateResult {
  return html`<div class="field">
    <span class="lab">${t("预览")}<span class="opt">${host.sampleName ? t("用「{name}」的值", { name: host.sampleName }) : t("表里还没有记录")}</span></span>
    <div class="au-bubble"><span class="av c-green">${icon("bot", 14)}</span><div class="au-said-box">${text ? html`<span class="au-text">${text}</span>` : html`<span class="f3">${t("还没有内容")}</span>`}${mention.length ? html`<span class="au-at">${mention.map((who) => html`@${who === "@all" ? t("所有人") : who} `)}</span>` : nothing}</div></div>
  </div>`;
}

/** "Post to a URL": names and values, sent as a JSON object. */
export function postForm(host: MessageHost, config: Extract<StepConfig, { kind: "http_post" }>, set: (config: StepConfig) => void): TemplateResult {
  const entries = Object.entries(config.body ?? {});
  const write = (next: [string, StepValue][]) => set({ ...config, body: Object.fromEntries(next) });
  const fresh = () => {
    let number = entries.length + 1;
    while (entries.some(([name]) => name === `field${number}`)) number += 1;
    return `field${number}`;
  };
  return html`${connectorRow(host, "http_webhook", t("推送到"), config.connector, (connector) => set({ ...config, connector }), t("对方要能收 POST 的 JSON;没收下会自动重试,每次带同一个编号"))}
    ${row(host, t("发送的内容"), "config.body", html`<div class="stack">
      ${entries.map(([name, value], index) => {
        const problem = problemAt(host, `config.body.${name}`);
        return html`<div class="au-pair">
            <input class="inp s" aria-label=${t("名称")} ?disabled=${host.locked} .value=${name} @change=${(event: Event) => {
              const next = (event.target as HTMLInputElement).value.trim();
              if (next && !entries.some(([other], at) => other === next && at !== index)) write(entries.map((one, at) => (at === index ? [next, one[1]] : one)));
              else (event.target as HTMLInputElement).value = name;
            }} />
            ${textControl(host, name, value, true, (next) => write(entries.map((one, at) => (at === index ? [one[0], next] : one))), t("按 / 插入字段"))}
            ${host.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("去掉「{name}」", { name })} @click=${() => write(entries.filter((_, at) => at !== index))}>${icon("x", 14)}</button>`}
          </div>
          ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : nothing}`;
      })}
      ${host.locked ? nothing : html`<button type="button" class="btn s" @click=${() => write([...entries, [fresh(), { kind: "literal", value: "" }]])}>${icon("plus")}${t("加一项")}</button>`}
    </div>`)}`;
}

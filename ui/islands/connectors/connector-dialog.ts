/**
 * The dialog of a connector: how to get its settings, a form of them, and a test message.
 *
 *     const made = await connectorDialog(app, { kind: "wecom_robot" });      (a new one, or null)
 *     await connectorDialog(app, { connector });                             (change one)
 */
import { html, nothing, render, type TemplateResult } from "lit";
import "../../styles/sections.css";
import { api, ApiError, showError, showProblems } from "../api";
import { openDialog } from "../dialog/dialog";
import { icon } from "../icons";
import { t } from "../i18n";

export interface Connector {
  id: string;
  kind: string;
  name: string;
  icon?: string;
  status: string;
  message?: string | null;
  shown?: string;
  settings?: Record<string, string>;
  filled?: string[];
  /** A limit that was set, and the one that counts: messages per minute. */
  per_minute?: number | null;
  limit?: number | null;
  paused_at?: string | null;
  paused_by?: string;
  /** Messages still to be sent, how many of them after a failure, and about when all will have left. */
  waiting?: number;
  retrying?: number;
  empty_at?: string | null;
}

interface Setting {
  name: string;
  label: string;
  input: "text" | "url" | "password" | "choice";
  required: boolean;
  secret: boolean;
  help: string;
  placeholder: string;
  options: { value: string; label: string }[];
  /** Shown only when another setting has one of these values. */
  only_with: [string, string[]] | null;
}

export interface Kind {
  id: string;
  name: string;
  description: string;
  icon: string;
  fields: Setting[];
  steps: string[];
  /** The other side's own limit. */
  per_minute: number | null;
}

let kinds: Promise<Kind[]> | null = null;

/** The kinds of connectors, asked for once. */
export function connectorKinds(): Promise<Kind[]> {
  kinds ??= api.get<{ kinds: Kind[] }>("/api/v1/connector-kinds").then((answer) => answer.kinds);
  return kinds;
}

export interface ConnectorOptions {
  kind?: string;
  connector?: Connector;
}

/** Make or change a connector; it as it is now, or null if the person went away. */
export async function connectorDialog(app: string, options: ConnectorOptions): Promise<Connector | null> {
  let kind: Kind | undefined;
  try {
    const wanted = options.connector?.kind ?? options.kind;
    kind = (await connectorKinds()).find((one) => one.id === wanted);
  } catch (failure) {
    showError(failure);
  }
  if (!kind) return null;
  const state = new State(app, kind, options.connector ?? null);
  await openDialog<boolean>({
    heading: options.connector ? t("连接「{name}」", { name: options.connector.name }) : t("新建连接 · {kind}", { kind: kind.name }),
    size: "m",
    body: state.form,
    actions: [
      { label: state.connector ? t("关闭") : t("取消"), value: false },
      { label: t("保存"), value: true, kind: "p" },
    ],
    before: async (save) => (save ? state.save() : true),
  });
  return state.connector;
}

class State {
  readonly form = document.createElement("form");
  connector: Connector | null;
  #tested: { good: boolean; text: string } | null = null;
  #busy = false;
  /** What was chosen in selects: other settings are shown by it. */
  #chosen: Record<string, string> = {};

  constructor(
    private readonly app: string,
    private readonly kind: Kind,
    connector: Connector | null,
  ) {
    this.connector = connector;
    for (const field of kind.fields) if (field.options.length) this.#chosen[field.name] = connector?.settings?.[field.name] || field.options[0]!.value;
    this.form.className = "stack cn-form";
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.form.closest("dialog")?.querySelector<HTMLElement>(".dlg-f .btn.p")?.click();
    });
    this.#draw();
  }

  #counts(field: Setting): boolean {
    return !field.only_with || field.only_with[1].includes(this.#chosen[field.only_with[0]] ?? "");
  }

  #entered(): { name: string; settings: Record<string, string>; limit: number | null } {
    const data = new FormData(this.form);
    const settings: Record<string, string> = {};
    for (const field of this.kind.fields) {
      if (!this.#counts(field)) continue;
      const value = String(data.get(field.name) ?? "").trim();
      if (value || !field.secret) settings[field.name] = value;
    }
    const limit = String(data.get("per_minute") ?? "").trim();
    return { name: String(data.get("name") ?? "").trim() || this.kind.name, settings, limit: limit ? Number(limit) : null };
  }

  /** Store what was entered; false when it was refused. */
  async save(): Promise<boolean> {
    const { name, settings, limit } = this.#entered();
    try {
      this.connector = this.connector
        ? await api.patch<Connector>(`/api/v1/connectors/${this.connector.id}`, { name, settings, per_minute: limit })
        : await api.post<Connector>(`/api/v1/apps/${this.app}/connectors`, { kind: this.kind.id, name, settings });
      if ((this.connector.per_minute ?? null) !== limit) this.connector = await api.patch<Connector>(`/api/v1/connectors/${this.connector.id}`, { per_minute: limit });
      return true;
    } catch (failure) {
      if (failure instanceof ApiError) showProblems(this.form, failure);
      else showError(failure);
      return false;
    }
  }

  /** Store, then send a test message. */
  async #test(): Promise<void> {
    this.#busy = true;
    this.#tested = null;
    this.#draw();
    if (await this.save()) {
      try {
        this.connector = await api.post<Connector>(`/api/v1/connectors/${this.connector!.id}/test`);
        this.#tested = { good: true, text: this.#words().sent };
      } catch (failure) {
        if (!(failure instanceof ApiError)) showError(failure);
        this.#tested = { good: false, text: failure instanceof Error ? failure.message : "" };
      }
    }
    this.#busy = false;
    this.#draw();
  }

  /** What a test is called, and what is said when it went well. */
  #words(): { test: string; sent: string } {
    if (this.kind.id === "smtp") return { test: t("保存并发送测试邮件"), sent: t("测试邮件发出去了,到收件箱里看看") };
    if (this.kind.id === "http_api") return { test: t("保存并测试"), sent: t("连上了,凭证没有被拒绝") };
    return { test: t("保存并发送测试消息"), sent: t("测试消息发出去了,到群里或对方系统里看看") };
  }

  #draw(): void {
    const { kind, connector } = this;
    render(
      html`${kind.steps.length ? html`<ol class="cn-steps">${kind.steps.map((step) => html`<li>${step}</li>`)}</ol>` : nothing}
        <div class="field"><label class="lab" for="cn-name">${t("名称")}</label><input class="inp" id="cn-name" name="name" maxlength="60" autocomplete="off" placeholder=${kind.name} value=${connector?.name ?? ""} /></div>
        ${kind.fields.filter((field) => this.#counts(field)).map((field) => this.#field(field))}
        ${this.#limit()}
        <div class="row wrap">
          <button type="button" class="btn s" aria-busy=${String(this.#busy)} @click=${() => void this.#test()}>${icon("send", 14)}${this.#words().test}</button>
          ${this.#tested ? html`<span class="row ${this.#tested.good ? "ok-t" : "danger-t"}" role="status">${icon(this.#tested.good ? "circle-check" : "circle-alert", 14)} ${this.#tested.text}</span>` : nothing}
        </div>`,
      this.form,
    );
  }

  /** How many messages it sends per minute at most. */
  #limit(): TemplateResult {
    const most = this.kind.per_minute;
    return html`<div class="field">
      <label class="lab" for="cn-per_minute">${t("每分钟最多发几条")}<span class="opt">${t("可不填")}</span></label>
      <input class="inp" id="cn-per_minute" name="per_minute" type="number" min="1" max=${most ?? 6000} autocomplete="off" placeholder=${most ? String(most) : t("不限")} value=${this.connector?.per_minute ?? ""} />
      <p class="hint">${most ? t("对方每分钟最多收 {n} 条;多出的排队、合并,一条不丢", { n: most }) : t("多出的排队,按先后发完,一条不丢")}</p>
    </div>`;
  }

  #field(field: Setting): TemplateResult {
    const kept = field.secret && this.connector?.filled?.includes(field.name);
    const id = `cn-${field.name}`;
    if (field.options.length) {
      return html`<div class="field">
        <label class="lab" for=${id}>${field.label}</label>
        <select class="inp" id=${id} name=${field.name} @change=${(event: Event) => {
          this.#chosen = { ...this.#chosen, [field.name]: (event.target as HTMLSelectElement).value };
          this.#draw();
        }}>${field.options.map((option) => html`<option value=${option.value} ?selected=${option.value === this.#chosen[field.name]}>${option.label}</option>`)}</select>
        ${field.help ? html`<p class="hint">${field.help}</p>` : nothing}
      </div>`;
    }
    return html`<div class="field">
      <label class="lab" for=${id}>${field.label}${field.required ? html`<span class="req" aria-hidden="true">*</span>` : html`<span class="opt">${t("可不填")}</span>`}</label>
      <input
        class="inp"
        id=${id}
        name=${field.name}
        type=${field.input === "password" ? "password" : "text"}
        autocomplete="off"
        spellcheck="false"
        placeholder=${kept ? t("已保存,不改就留空") : field.placeholder}
        value=${this.connector?.settings?.[field.name] ?? ""}
      />
      ${field.help ? html`<p class="hint">${field.help}</p>` : nothing}
    </div>`;
  }
}


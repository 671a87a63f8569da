/**
 * `<hb-hook-form>`: the form of an inbound webhook: its secret address, a sample to click values in, what calls are told
 * apart by, and how they are signed. Set `.host`, `.problems`, `.trigger`, `.automation`.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api, showError } from "../../api";
import { define, HbElement } from "../../base";
import { confirmDialog } from "../../dialog/dialog";
import { formatMoment } from "../../fields/format";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { watch } from "../../live";
import { toast } from "../../toast/toast";
import { choose, problemAt, row } from "../form-parts";
import type { TriggerHost } from "../trigger-form";
import type { HookSignature, HookValue } from "../types";
import { at, linesOf, pathWords, samePath, taken, type Line } from "./sample";
import type { Of } from "./ui";

interface Hook {
  exists: boolean;
  hint: string;
  signed: boolean;
  waiting_until: string | null;
  sample: { headers: Record<string, string>; body: unknown } | null;
  sample_at: string | null;
  taken: number;
  taken_at: string | null;
  repeated: number;
  refused: number;
  refused_at: string | null;
  refusal: string | null;
}

function refusalWords(code: string): string {
  const words: Record<string, string> = {
    signature_missing: t("没有签名"),
    signature_wrong: t("签名不对"),
    signature_old: t("签名的时间不对"),
    no_signing_secret: t("还没有设签名密钥"),
    body_too_large: t("内容太大"),
    hook_too_often: t("太密"),
    hook_off: t("自动化停用着"),
    bad_json: t("不是能读的 JSON"),
    bad_form: t("不是能读的表单"),
    bad_content_type: t("不是 JSON 或表单"),
    key_too_long: t("去重用的值太长"),
  };
  return words[code] ?? code;
}

export class HbHookForm extends HbElement {
  static override properties = { host: { attribute: false }, problems: { attribute: false }, trigger: { attribute: false }, automation: { attribute: false }, hook: { state: true }, address: { state: true }, secret: { state: true } };
  declare host: TriggerHost;
  /** The host's, so that the form is drawn again when they change; the host stays the same. */
  declare problems: TriggerHost["problems"];
  declare trigger: Of<"webhook">;
  declare automation: string;
  declare hook: Hook | null;
  /** The whole address, while it is shown this once. */
  declare address: string;
  declare secret: string;
  #stop: (() => void) | null = null;
  #timer = 0;

  constructor() {
    super();
    this.hook = null;
    this.address = this.secret = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = watch([this.automation], () => void this.#load());
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
    clearTimeout(this.#timer);
  }

  get #waiting(): boolean {
    return this.hook?.waiting_until != null && new Date(this.hook.waiting_until).getTime() > Date.now();
  }

  async #load(): Promise<void> {
    if (this.host.locked) return;
    try {
      this.hook = await api.get<Hook>(`/api/v1/automations/${this.automation}/hook`);
    } catch (failure) {
      if (!this.hook) showError(failure);
    }
  }

  protected override updated(_changed: PropertyValues): void {
    clearTimeout(this.#timer);
    // the live connection tells at once; this is for when it is down
    if (this.isConnected && this.#waiting && !this.hook?.sample) this.#timer = window.setTimeout(() => void this.#load(), 3000);
  }

  async #make(): Promise<void> {
    if (this.hook?.exists && !(await confirmDialog({ heading: t("换一个接收地址?"), text: t("旧地址马上失效,要把新地址填到对方系统里"), action: t("换一个") }))) return;
    try {
      this.address = (await api.post<{ address: string }>(`/api/v1/automations/${this.automation}/hook`)).address;
      await this.#load();
    } catch (failure) {
      showError(failure);
    }
  }

  async #listen(waiting: boolean): Promise<void> {
    try {
      this.hook = await api.post<Hook>(`/api/v1/automations/${this.automation}/hook/listen`, { waiting });
    } catch (failure) {
      showError(failure);
    }
  }

  async #sign(secret: string | null): Promise<void> {
    try {
      this.secret = (await api.post<{ secret: string }>(`/api/v1/automations/${this.automation}/hook/signing`, { secret })).secret;
      await this.#load();
    } catch (failure) {
      showError(failure);
    }
  }

  #copy(text: string): void {
    void navigator.clipboard.writeText(text).then(
      () => toast(t("已复制")),
      () => toast(t("浏览器不允许复制,请手动选中复制"), { kind: "bad" }),
    );
  }

  #set(part: Partial<Of<"webhook">>): void {
    this.host.setTrigger({ ...this.trigger, ...part });
  }

  /* ---- drawing ---- */

  #once(text: string, label: string): TemplateResult {
    return html`<div class="au-once"><input class="inp mono" readonly aria-label=${label} .value=${text} @focus=${(event: Event) => (event.target as HTMLInputElement).select()} /><button type="button" class="btn s" @click=${() => this.#copy(text)}>${icon("copy", 14)}${t("复制")}</button></div>
      <p class="hint warn-t">${t("只显示这一次,离开前先复制")}</p>`;
  }

  #place(): TemplateResult {
    const { hook } = this;
    if (this.host.locked) return html`<p class="hint">${t("搭建者能看到接收地址")}</p>`;
    if (!hook) return html`<p class="hint" role="status">${t("正在读取…")}</p>`;
    return html`<div class="field" role="group" aria-label=${t("接收地址")}>
      <span class="lab">${t("接收地址")}</span>
      ${this.address
        ? this.#once(this.address, t("接收地址"))
        : hook.exists
          ? html`<div class="row"><span class="f2">${t("已生成,结尾是 {hint}", { hint: hook.hint })}</span><span class="grow"></span><button type="button" class="btn s" @click=${() => void this.#make()}>${t("换一个")}</button></div>`
          : html`<button type="button" class="btn" @click=${() => void this.#make()}>${icon("key-round", 14)}${t("生成接收地址")}</button>`}
      ${hook.exists ? this.#counts(hook) : html`<p class="hint">${t("对方用 POST 发 JSON 或表单到这个地址")}</p><p class="hint warn-t">${t("还没有地址,启用了也收不到推送")}</p>`}
    </div>`;
  }

  #counts(hook: Hook): TemplateResult {
    const parts = [t("收到 {n} 次", { n: hook.taken })];
    if (hook.repeated) parts.push(t("重复 {n} 次", { n: hook.repeated }));
    return html`<p class="hint" role="status">${parts.join(" · ")}${hook.refused ? html` · <span class="warn-t">${t("拒绝 {n} 次,最近一次:{why}({at})", { n: hook.refused, why: refusalWords(hook.refusal ?? ""), at: hook.refused_at ? formatMoment(hook.refused_at) : "" })}</span>` : nothing}</p>`;
  }

  #sample(): TemplateResult | typeof nothing {
    const { hook } = this;
    if (!hook?.exists || this.host.locked) return nothing;
    const { sample } = hook;
    return html`<div class="field" role="group" aria-label=${t("样例")}>
      <span class="lab">${t("样例")}</span>
      ${sample
        ? html`<p class="hint">${t("{at} 收到。点一个值,步骤里就能用它", { at: hook.sample_at ? formatMoment(hook.sample_at) : "" })}</p>
            <div class="au-sample" role="list">${linesOf(sample.body).map((line) => this.#line(line))}</div>`
        : this.#waiting
          ? html`<p class="note" role="status">${icon("loader-circle", 14)}${t("正在等对方发一次…")}</p>`
          : html`<p class="hint">${t("让对方发一次真的数据,在里面点要用的值")}</p>`}
      <div class="row">${this.#waiting && !sample
        ? html`<button type="button" class="btn s" @click=${() => void this.#listen(false)}>${t("不等了")}</button>`
        : html`<button type="button" class="btn s" @click=${() => void this.#listen(true)}>${icon("radio", 14)}${sample ? t("重新等一个样例") : t("等一个样例")}</button>`}</div>
    </div>`;
  }

  #line(line: Line): TemplateResult {
    const values = this.trigger.values ?? [];
    const used = values.some((value) => samePath(value.path, line.path));
    const style = `padding-left:${6 + line.depth * 14}px`;
    const inner = html`<span class="au-sample-k">${typeof line.path.at(-1) === "number" ? Number(line.name) + 1 : line.name}</span>${line.shown ? html`<span class="au-sample-v cut">${line.shown}</span>` : nothing}`;
    if (!line.takes) return html`<div class="au-sample-l" role="listitem" style=${style}>${inner}</div>`;
    return html`<div role="listitem"><button type="button" class="au-sample-l ${used ? "on" : ""}" style=${style} aria-pressed=${String(used)} @click=${() => this.#take(line, used)}>${inner}${used ? icon("check", 14) : nothing}</button></div>`;
  }

  #take(line: Line, used: boolean): void {
    const values = this.trigger.values ?? [];
    this.#set({ values: used ? values.filter((value) => !samePath(value.path, line.path)) : [...values, taken(line, values)] });
  }

  #values(): TemplateResult {
    const values = this.trigger.values ?? [];
    const change = (index: number, part: Partial<HookValue>) => this.#set({ values: values.with(index, { ...values[index]!, ...part }) });
    const types = [
      { value: "text", label: t("文本") },
      { value: "number", label: t("数值") },
      { value: "boolean", label: t("是/否") },
      { value: "list", label: t("多个值") },
      { value: "json", label: t("原样") },
    ];
    return html`<div class="field" role="group" aria-label=${t("取出的值")}>
      <span class="lab">${t("取出的值")}</span>
      ${values.length ? nothing : html`<p class="hint">${t("还没有;在样例里点")}</p>`}
      ${values.map((value, index) => {
        const example = this.hook?.sample ? at(this.hook.sample.body, value.path) : undefined;
        const problem = problemAt(this.host, `trigger.values.${index}`);
        return html`<div class="au-set"><div class="au-set-h"><b class="cut" title=${pathWords(value.path)}>${pathWords(value.path)}</b>${this.host.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("去掉「{name}」", { name: value.name })} @click=${() => this.#set({ values: values.filter((_, other) => other !== index) })}>${icon("x", 14)}</button>`}</div>
          <div class="au-two"><input class="inp" maxlength="60" aria-label=${t("叫什么")} ?disabled=${this.host.locked} .value=${value.name} @change=${(event: Event) => change(index, { name: (event.target as HTMLInputElement).value.trim() || value.key })} />
          ${choose(this.host, t("类型"), value.type ?? "text", types, (type) => change(index, { type: type as HookValue["type"] }))}</div>
          ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : example !== undefined ? html`<p class="hint cut">${t("例如 {value}", { value: typeof example === "object" ? JSON.stringify(example) : String(example) })}</p>` : nothing}</div>`;
      })}
    </div>`;
  }

  #key(): TemplateResult {
    const { key_header = "Idempotency-Key", key_path = [], values = [] } = this.trigger;
    const options = [{ value: "", label: t("不按值") }, ...values.filter((value) => value.type !== "list" && value.type !== "json").map((value) => ({ value: JSON.stringify(value.path), label: value.name }))];
    const chosen = key_path.length ? JSON.stringify(key_path) : "";
    if (chosen && !options.some((option) => option.value === chosen)) options.push({ value: chosen, label: pathWords(key_path) });
    return html`<details class="au-fail" ?open=${key_header !== "Idempotency-Key" || key_path.length > 0}><summary>${t("去重")}<span class="f3">${t("同一次推送发两遍,只运行一次")}</span></summary><div class="stack">
      ${row(this.host, t("按请求头"), "trigger.key_header", html`<input class="inp mono" maxlength="100" aria-label=${t("按请求头")} ?disabled=${this.host.locked} .value=${key_header} @change=${(event: Event) => this.#set({ key_header: (event.target as HTMLInputElement).value.trim() })} />`, t("带这个请求头时,值相同就算同一次"))}
      ${row(this.host, t("按里面的一个值"), "trigger.key_path", choose(this.host, t("按里面的一个值"), chosen, options, (path) => this.#set({ key_path: path ? (JSON.parse(path) as (string | number)[]) : [] })), t("没有那个请求头时用,例如平台的单号"))}
    </div></details>`;
  }

  #signature(): TemplateResult {
    const { signature } = this.trigger;
    const change = (part: Partial<HookSignature>) => this.#set({ signature: { header: "X-Signature", encoding: "hex", prefix: "", timestamp_header: "", tolerance: 300, ...signature, ...part } });
    const text = (label: string, path: string, value: string, set: (value: string) => void, hint = "") =>
      row(this.host, label, `trigger.signature.${path}`, html`<input class="inp mono" maxlength="100" aria-label=${label} ?disabled=${this.host.locked} .value=${value} @change=${(event: Event) => set((event.target as HTMLInputElement).value.trim())} />`, hint);
    return html`<details class="au-fail" ?open=${Boolean(signature)}><summary>${t("签名")}<span class="f3">${signature ? t("HMAC-SHA256,不对就拒绝") : t("不核对")}</span></summary><div class="stack">
      <label class="row"><input class="cb" type="checkbox" .checked=${Boolean(signature)} ?disabled=${this.host.locked} @change=${(event: Event) => ((event.target as HTMLInputElement).checked ? change({}) : this.#set({ signature: null }))} /><span>${t("核对签名(HMAC-SHA256)")}</span></label>
      ${signature
        ? html`${this.#signing()}
            ${text(t("签名在哪个请求头"), "header", signature.header ?? "X-Signature", (header) => change({ header: header || "X-Signature" }))}
            ${row(this.host, t("编码"), "", choose(this.host, t("编码"), signature.encoding ?? "hex", [{ value: "hex", label: t("十六进制") }, { value: "base64", label: "Base64" }], (encoding) => change({ encoding: encoding as "hex" | "base64" })))}
            ${text(t("签名前面的字"), "prefix", signature.prefix ?? "", (prefix) => change({ prefix }), t("例如 sha256= ;没有就空着"))}
            ${text(t("时间在哪个请求头"), "timestamp_header", signature.timestamp_header ?? "", (timestamp_header) => change({ timestamp_header }), t("填了就按「时间.内容」签名,太旧的拒绝;没有就空着"))}
            ${signature.timestamp_header
              ? row(this.host, t("时间最多差几秒"), "trigger.signature.tolerance", html`<input class="inp au-number" type="number" min="10" max="86400" aria-label=${t("时间最多差几秒")} ?disabled=${this.host.locked} .value=${String(signature.tolerance ?? 300)} @change=${(event: Event) => change({ tolerance: Math.round(Number((event.target as HTMLInputElement).value)) || 300 })} />`)
              : nothing}`
        : nothing}
    </div></details>`;
  }

  #signing(): TemplateResult {
    const { hook } = this;
    if (this.host.locked || !hook) return html``;
    if (!hook.exists) return html`<p class="hint">${t("先生成接收地址,再设签名密钥")}</p>`;
    return html`<div class="field" role="group" aria-label=${t("签名密钥")}><span class="lab">${t("签名密钥")}</span>
      ${this.secret ? this.#once(this.secret, t("签名密钥")) : html`<p class="hint">${hook.signed ? t("已设;看不到原文,可以换") : t("还没有设,现在收到的都会被拒绝")}</p>`}
      <div class="row wrap"><input class="inp" type="password" autocomplete="new-password" aria-label=${t("对方给的密钥")} placeholder=${t("对方给的密钥")} maxlength="500" @change=${(event: Event) => {
        const field = event.target as HTMLInputElement;
        if (field.value) void this.#sign(field.value);
        field.value = "";
      }} /><button type="button" class="btn s" @click=${() => void this.#sign(null)}>${t("生成一个")}</button></div></div>`;
  }

  protected override render(): TemplateResult {
    return html`<div class="stack">${this.#place()}${this.#sample()}${this.#values()}${this.#key()}${this.#signature()}</div>`;
  }
}

define("hb-hook-form", HbHookForm);

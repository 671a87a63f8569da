/**
 * `<hb-form-editor data-source="…">`: a form in the making. Left the questions in their order, in the middle the form as a
 * phone shows it, right what can be set of a question, of the form and of its address. Stored by 保存.
 */
import "../../styles/form-editor.css";
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { api, ApiError, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { confirmDialog } from "../dialog/dialog";
import { isCommand } from "../dom";
import { fieldIcon } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { flash } from "../toast/flash";
import { toast } from "../toast/toast";
import { definitionOf, freshQuestion, moved, previewOf } from "./drafts";
import "./hb-form";
import { formSettings, questionSettings, shareSettings, type SettingsHost } from "./settings";
import type { EditorData, FormDef, QuestionDef, Share, StoredForm } from "./types";

type Tab = "question" | "form" | "share";

export class HbFormEditor extends HbElement implements SettingsHost {
  static override properties = { draft: { state: true }, share: { state: true }, chosen: { state: true }, tab: { state: true }, problems: { state: true }, busy: { state: true }, stored: { state: true }, over: { state: true } };
  declare draft: FormDef;
  declare share: Share;
  /** Id of the field whose question is chosen. */
  declare private chosen: string;
  declare private tab: Tab;
  declare private problems: Problem[];
  declare private busy: boolean;
  declare private stored: StoredForm;
  /** The place that a question is held over. */
  declare private over: number;
  data!: EditorData;
  #held = -1;
  #stop = new AbortController();

  constructor() {
    super();
    this.chosen = "";
    this.tab = "question";
    this.problems = [];
    this.busy = false;
    this.over = -1;
  }

  override connectedCallback(): void {
    this.data = this.pageData<EditorData>()!;
    this.stored = this.data.form;
    this.problems = this.stored.problems;
    this.draft = definitionOf(this.stored);
    this.share = this.data.link;
    this.chosen = this.draft.questions[0]?.field ?? "";
    super.connectedCallback();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    addEventListener("beforeunload", (event) => this.dirty && event.preventDefault(), { signal });
    document.addEventListener("keydown", (event) => {
      if (!isCommand(event) || event.key.toLowerCase() !== "s") return;
      event.preventDefault();
      void this.#save();
    }, { signal });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop.abort();
  }

  get dirty(): boolean {
    return JSON.stringify(this.draft) !== JSON.stringify(definitionOf(this.stored));
  }

  /* ---- changing ---- */

  put(part: Partial<FormDef>): void {
    this.draft = { ...this.draft, ...part };
    const keys = Object.keys(part);
    if (!keys.includes("questions")) this.problems = this.problems.filter((problem) => !keys.includes(problem.path ?? ""));
  }

  #questions(questions: QuestionDef[]): void {
    this.problems = this.problems.filter((problem) => !problem.path?.startsWith("questions"));
    this.put({ questions });
  }

  putQuestion(index: number, part: Partial<QuestionDef>): void {
    this.problems = this.problems.filter((problem) => !problem.path?.startsWith(`questions.${index}.`));
    this.put({ questions: this.draft.questions.map((question, other) => (other === index ? { ...question, ...part } : question)) });
  }

  take(index: number): void {
    const { questions } = this.draft;
    const gone = questions[index]!;
    this.#questions(questions.filter((_, other) => other !== index));
    this.chosen = this.draft.questions[Math.min(index, this.draft.questions.length - 1)]?.field ?? "";
    toast(t("去掉了一道题"), { action: t("撤销"), run: () => {
      this.#questions(questions);
      this.chosen = gone.field;
    } });
  }

  #add(event: Event): void {
    const used = new Set(this.draft.questions.map((question) => question.field));
    const left = (this.data.table?.fields ?? []).filter((field) => this.data.askable.includes(field.id) && !used.has(field.id) && (field.type !== "member" || this.draft.audience === "members"));
    if (!left.length) {
      toast(t("能填的字段都在表单里了。要问别的,先在数据表里加字段"), { kind: "info" });
      return;
    }
    openMenu(event.currentTarget as HTMLElement, left.map((field) => ({ label: field.name, icon: fieldIcon(field), run: () => {
      this.#questions([...this.draft.questions, freshQuestion(field)]);
      this.#choose(field.id);
    } })));
  }

  #openShare(): void {
    this.tab = "share";
    if (matchMedia("(max-width: 900px)").matches) void this.updateComplete.then(() => this.querySelector(".fe-side")?.scrollIntoView({ block: "start" }));
  }

  #move(from: number, to: number): void {
    if (from < 0 || to < 0 || to > this.draft.questions.length || to === from || to === from + 1) return;
    this.#questions(moved(this.draft.questions, from, to));
  }

  #choose(field: string): void {
    this.chosen = field;
    this.tab = "question";
    // where everything stands in one column, the settings are far below the list
    if (matchMedia("(max-width: 900px)").matches) void this.updateComplete.then(() => this.querySelector(".fe-side")?.scrollIntoView({ block: "start" }));
  }

  problem(path: string): string {
    return this.problems.filter((problem) => problem.path === path || (path.includes(".") && problem.path?.startsWith(`${path}.`))).map((problem) => problem.message).join(" ");
  }

  /* ---- the server ---- */

  async #save(): Promise<void> {
    if (this.busy || !this.dirty) return;
    this.busy = true;
    try {
      this.stored = await api.patch<StoredForm>(`/api/v1/forms/${this.stored.id}`, { ...this.draft, version: this.stored.version });
      this.draft = definitionOf(this.stored);
      this.problems = this.stored.problems;
      toast(t("存好了,打开链接的人马上看到"));
    } catch (failure) {
      if (!(failure instanceof ApiError) || !failure.problems.length) return showError(failure);
      this.problems = failure.problems;
      const index = Number(/^questions\.(\d+)/.exec(failure.problems[0]?.path ?? "")?.[1] ?? -1);
      if (index >= 0) this.#choose(this.draft.questions[index]?.field ?? "");
      else if (failure.problems[0]?.path !== "questions") this.tab = "form";
      await this.updateComplete;
      this.querySelector(".fe-side .hint.bad, .fe-list .hint.bad")?.scrollIntoView({ block: "center" });
    } finally {
      this.busy = false;
    }
  }

  #link(link: Omit<Share, "here">): void {
    // the address that phones can open is the page's, not the one that the API knows of
    const base = this.share.address.slice(0, this.share.address.lastIndexOf("/f/"));
    this.share = { ...link, address: base + link.address.slice(link.address.lastIndexOf("/f/")), here: this.share.here };
  }

  copy(): void {
    void navigator.clipboard.writeText(this.share.address).then(
      () => toast(t("已复制")),
      () => toast(t("浏览器不允许复制,请手动选中复制"), { kind: "bad" }),
    );
  }

  async renew(): Promise<void> {
    if (!(await confirmDialog({ heading: t("换一个链接?"), text: t("旧链接和旧二维码马上失效,发出去的都打不开"), action: t("换一个") }))) return;
    try {
      this.#link(await api.post(`/api/v1/forms/${this.stored.id}/link`));
    } catch (failure) {
      showError(failure);
    }
  }

  async turn(active: boolean): Promise<void> {
    try {
      this.#link(await api.put(`/api/v1/forms/${this.stored.id}/link`, { active }));
    } catch (failure) {
      showError(failure);
      this.requestUpdate();
    }
  }

  async #duplicate(): Promise<void> {
    try {
      const made = await api.post<StoredForm>(`/api/v1/forms/${this.stored.id}/duplicate`);
      location.assign(`/forms/${made.id}`);
    } catch (failure) {
      showError(failure);
    }
  }

  async #delete(): Promise<void> {
    const { id, name } = this.stored;
    const waiting = this.data.automations.map((one) => one.name).join(t("、"));
    const text = waiting ? t("链接会失效,自动化「{names}」会停用。填过的记录都不动", { names: waiting }) : t("链接会失效。填过的记录都不动");
    if (!(await confirmDialog({ heading: t("删除表单「{name}」?", { name }), text, action: t("删除"), danger: true }))) return;
    try {
      await api.delete(`/api/v1/forms/${id}`);
      this.draft = definitionOf(this.stored);
      flash({ message: t("「{name}」已删除", { name }), undo: { method: "POST", path: `/api/v1/trash/${id}/restore`, then: `/forms/${id}` } });
      location.assign(`/a/${this.data.app}`);
    } catch (failure) {
      showError(failure);
    }
  }

  #more(event: Event): void {
    openMenu(event.currentTarget as HTMLElement, [
      { label: t("看收到的记录"), icon: "table-2", href: `/t/${this.draft.table}` },
      { label: t("复制一份"), icon: "copy", run: () => void this.#duplicate() },
      "separator",
      { label: t("删除表单"), icon: "trash-2", danger: true, run: () => void this.#delete() },
    ]);
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult {
    const { dirty } = this;
    return html`<div class="pub fe-head">
        <b class="cut">${this.draft.name}</b><span class="pill plain ${this.draft.open && this.share.active ? "c-green" : "c-grey"}">${this.draft.open && this.share.active ? t("正在收") : t("没在收")}</span>
        ${this.data.table ? html`<a class="link cut t12 fe-into" href="/t/${this.draft.table}">${t("存进「{name}」", { name: this.data.table.name })}</a>` : nothing}
        <span class="grow"></span>
        <span class="t12 f3" role="status">${dirty ? t("有改动没保存") : ""}</span>
        ${dirty ? html`<button type="button" class="btn" @click=${() => this.#revert()}>${t("放弃改动")}</button>` : nothing}
        <button type="button" class="btn" @click=${() => this.#openShare()}>${icon("qr-code", 14)}${t("分享")}</button>
        <button type="button" class="btn p" ?disabled=${!dirty} aria-busy=${this.busy ? "true" : nothing} @click=${() => void this.#save()}>${t("保存")}</button>
        <button type="button" class="icb" aria-label=${t("更多")} aria-haspopup="menu" @click=${(event: Event) => this.#more(event)}>${icon("ellipsis", 16)}</button>
      </div>
      <div class="fe">
        ${this.#list()}
        <div class="fe-mid"><div class="fe-phone" aria-label=${t("预览")} role="group"><hb-form preview .form=${previewOf(this.data, this.draft)}></hb-form></div></div>
        ${this.#side()}
      </div>`;
  }

  #revert(): void {
    const before = this.draft;
    this.draft = definitionOf(this.stored);
    this.problems = this.stored.problems;
    toast(t("放弃了改动"), { action: t("撤销"), run: () => (this.draft = before) });
  }

  #list(): TemplateResult {
    const fields = new Map((this.data.table?.fields ?? []).map((field) => [field.id, field]));
    const missing = this.problem("questions");
    return html`<section class="fe-list" aria-label=${t("题目")}>
      <div class="row fe-h"><h2 class="grow">${t("题目")}</h2><button type="button" class="btn s" aria-haspopup="menu" @click=${(event: Event) => this.#add(event)}>${icon("plus", 14)}${t("加题")}</button></div>
      ${missing ? html`<p class="hint bad" role="alert">${icon("circle-alert", 14)}${missing}</p>` : nothing}
      <ol>${repeat(this.draft.questions, (question) => question.field, (question, index) => {
        const field = fields.get(question.field);
        const bad = !field || this.problems.some((problem) => problem.path?.startsWith(`questions.${index}.`));
        const name = field ? question.label || field.name : t("字段已删除");
        return html`<li class="fe-q ${this.chosen === question.field && this.tab === "question" ? "on" : ""} ${this.over === index ? "over" : ""} ${bad ? "bad" : ""}" draggable="true" data-q=${question.field}
          @dragstart=${(event: DragEvent) => this.#hold(event, index)}
          @dragover=${(event: DragEvent) => this.#overPlace(event, index)}
          @dragend=${() => this.#drop(-1)}
          @drop=${(event: DragEvent) => { event.preventDefault(); this.#drop(index); }}>
          <span class="fe-grip" aria-hidden="true">${icon("grip-vertical", 14)}</span>
          <button type="button" class="fe-name" aria-pressed=${String(this.chosen === question.field)} @click=${() => this.#choose(question.field)}>${icon(field ? fieldIcon(field) : "circle-alert", 14)}<span class="cut grow">${name}</span>
            ${question.hidden ? html`<span data-tip=${t("不显示")} role="img" aria-label=${t("不显示")}>${icon("eye-off", 13)}</span>` : nothing}
            ${question.where ? html`<span data-tip=${t("有条件")} role="img" aria-label=${t("有条件")}>${icon("split", 13)}</span>` : nothing}
            ${question.required ? html`<span class="req" role="img" aria-label=${t("必填")}>*</span>` : nothing}
            ${bad ? html`<span class="bad" role="img" aria-label=${t("有问题")}>${icon("triangle-alert", 13)}</span>` : nothing}</button>
          <span class="fe-moves"><button type="button" class="icb" ?disabled=${index === 0} aria-label=${t("上移「{name}」", { name })} @click=${() => this.#move(index, index - 1)}>${icon("chevron-up", 14)}</button><button type="button" class="icb" ?disabled=${index === this.draft.questions.length - 1} aria-label=${t("下移「{name}」", { name })} @click=${() => this.#move(index, index + 2)}>${icon("chevron-down", 14)}</button></span>
        </li>`;
      })}</ol>
    </section>`;
  }

  #hold(event: DragEvent, index: number): void {
    this.#held = index;
    event.dataTransfer?.setData("text/plain", String(index));
    if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
  }

  #overPlace(event: DragEvent, index: number): void {
    if (this.#held < 0) return;
    event.preventDefault();
    this.over = index;
  }

  #drop(index: number): void {
    const from = this.#held;
    this.#held = this.over = -1;
    if (index >= 0 && from >= 0) this.#move(from, index > from ? index + 1 : index);
  }

  #side(): TemplateResult {
    const tab = (key: Tab, label: string) => html`<button type="button" class="tab" role="tab" aria-selected=${String(this.tab === key)} @click=${() => (this.tab = key)}>${label}</button>`;
    const index = this.draft.questions.findIndex((question) => question.field === this.chosen);
    return html`<section class="fe-side" aria-label=${t("设置")}>
      <div class="tabs" role="tablist" aria-label=${t("设置")}>${tab("question", t("这道题"))}${tab("form", t("表单设置"))}${tab("share", t("分享"))}</div>
      <div class="fe-set" role="tabpanel">${this.tab === "form" ? formSettings(this) : this.tab === "share" ? shareSettings(this) : index < 0 ? html`<p class="f3">${t("在左边选一道题,或加一道")}</p>` : questionSettings(this, index)}</div>
    </section>`;
  }
}

define("hb-form-editor", HbFormEditor);

/**
 * `<hb-form data-source="…">`: a form that is filled in (or `.form`, `preview`: shown as it will be, where nothing is sent).
 * What is filled in is kept on the device until it is submitted.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { ApiError, Disconnected, randomKey } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import type { Value } from "../fields/field";
import { markdownHtml } from "../fields/markdown";
import { icon } from "../icons";
import { t } from "../i18n";
import { asked, isEmpty } from "./conditions";
import { forget, keep, left } from "./memory";
import { questionTemplate, type QuestionHost } from "./question";
import { submit } from "./send";
import type { Answers, FillData, Question } from "./types";

export class HbForm extends HbElement implements QuestionHost {
  static override properties = { form: { attribute: false }, preview: { type: Boolean }, answers: { state: true }, problems: { state: true }, notice: { state: true }, state: { state: true }, restored: { state: true } };
  declare form: FillData | null;
  declare preview: boolean;
  declare answers: Answers;
  declare private problems: Record<string, string>;
  /** What is said above the button: why it was not taken. */
  declare private notice: string;
  declare private state: "open" | "sending" | "waiting" | "done";
  declare private restored: boolean;
  #key = randomKey();
  #begun = "";
  readonly #keep = debounce(() => this.#keepNow(), 300);
  readonly #online = () => this.state === "waiting" && void this.#submit();
  readonly #leave = () => this.#keepNow();

  constructor() {
    super();
    this.form = null;
    this.preview = this.restored = false;
    this.answers = {};
    this.problems = {};
    this.notice = "";
    this.state = "open";
  }

  get secret(): string {
    return this.preview ? "" : (this.form?.secret ?? "");
  }

  override connectedCallback(): void {
    if (this.dataset.source) this.form = this.pageData<FillData>();
    super.connectedCallback();
    addEventListener("online", this.#online);
    addEventListener("pagehide", this.#leave);
    if (this.form && !this.preview) this.#begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("online", this.#online);
    removeEventListener("pagehide", this.#leave);
  }

  protected override willUpdate(changed: PropertyValues): void {
    // A preview keeps what was tried out as long as the questions begin with the same.
    if (!this.preview || !changed.has("form") || !this.form) return;
    const begins = JSON.stringify(this.form.questions.map((one) => [one.id, one.value]));
    if (begins !== this.#begun) this.answers = this.#first();
    this.#begun = begins;
  }

  #first(): Answers {
    return Object.fromEntries((this.form?.questions ?? []).map((question) => [question.id, question.value ?? null]));
  }

  #begin(): void {
    const { form, person, questions } = this.form!;
    const first = this.#first();
    const found = left(form, person);
    this.answers = first;
    if (!found) return;
    this.#key = found.key;
    const known = new Set(questions.map((question) => question.id));
    const kept = Object.entries(found.answers).filter(([id, value]) => known.has(id) && JSON.stringify(value) !== JSON.stringify(first[id] ?? null));
    if (!kept.length) return;
    this.answers = { ...first, ...Object.fromEntries(kept) };
    this.restored = true;
  }

  #keepNow(): void {
    if (!this.form || this.preview || this.state === "done") return;
    if (JSON.stringify(this.answers) === JSON.stringify(this.#first())) forget(this.form.form, this.form.person);
    else keep(this.form.form, this.form.person, this.answers, this.#key);
  }

  /* ---- answering ---- */

  answer(question: Question, value: Value): void {
    this.answers = { ...this.answers, [question.id]: value };
    if (this.problems[question.id]) {
      const { [question.id]: _gone, ...others } = this.problems;
      this.problems = others;
    }
    if (this.state === "waiting") this.state = "open";
    this.notice = "";
    this.#keep();
  }

  problem(question: Question): string {
    return this.problems[question.id] ?? "";
  }

  #shown(): Question[] {
    return asked(this.form?.questions ?? [], this.answers);
  }

  #clear(): void {
    this.answers = this.#first();
    this.problems = {};
    this.notice = "";
    this.restored = false;
    this.#key = randomKey();
    if (this.form) forget(this.form.form, this.form.person);
  }

  #again(): void {
    this.#clear();
    this.state = "open";
    void this.updateComplete.then(() => {
      scrollTo({ top: 0 });
      this.querySelector<HTMLElement>("h1")?.focus();
    });
  }

  /* ---- submitting ---- */

  async #submit(event?: Event): Promise<void> {
    event?.preventDefault();
    if (this.state === "sending" || !this.form) return;
    const shown = this.#shown();
    this.problems = Object.fromEntries(shown.filter((question) => question.required && (isEmpty(this.answers[question.id]) || (question.type === "checkbox" && this.answers[question.id] !== true))).map((question) => [question.id, t("这里必须填写")]));
    if (Object.keys(this.problems).length) return this.#toFirstProblem();
    if (this.preview) {
      this.notice = t("这是预览,没有真的提交");
      return;
    }
    this.state = "sending";
    this.notice = "";
    this.#keepNow();
    try {
      await submit(this.form.secret, this.#key, Object.fromEntries(shown.map((question) => [question.id, wire(this.answers[question.id])])));
      this.#done();
    } catch (failure) {
      this.#failed(failure);
    }
  }

  #done(): void {
    const { form, person, after, redirect } = this.form!;
    this.state = "done";
    forget(form, person);
    if (after === "redirect" && redirect.startsWith("https://")) return location.assign(redirect);
    void this.updateComplete.then(() => {
      scrollTo({ top: 0 });
      this.querySelector<HTMLElement>(".fm-end h1")?.focus();
    });
  }

  #failed(failure: unknown): void {
    this.state = "open";
    if (failure instanceof Disconnected) {
      this.state = "waiting";
      this.notice = t("网络断了。填的内容都存在这台设备上,连上以后会自动再交一次");
    } else if (failure instanceof ApiError) {
      if (failure.code === "key_used") {
        this.#key = randomKey(); // what is sent from now on is another one
        this.#keepNow();
      }
      const known = new Set(this.#shown().map((question) => question.id));
      this.problems = Object.fromEntries(failure.problems.filter((problem) => problem.field && known.has(problem.field)).map((problem) => [problem.field!, problem.message]));
      const others = failure.problems.filter((problem) => !problem.field || !known.has(problem.field)).map((problem) => problem.message);
      this.notice = others.length ? others.join(" ") : failure.problems.length ? "" : failure.message;
      this.#toFirstProblem();
    } else {
      console.error(failure);
      this.notice = t("没交上,再试一次。填的内容都还在");
    }
  }

  #toFirstProblem(): void {
    void this.updateComplete.then(() => {
      const first = this.querySelector<HTMLElement>(".fm-q.bad");
      first?.scrollIntoView({ block: "center" });
      first?.querySelector<HTMLElement>("input, select, textarea, button, [tabindex]")?.focus({ preventScroll: true });
    });
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult | typeof nothing {
    const { form } = this;
    if (!form) return nothing;
    if (this.state === "done") return this.#end(form);
    const shown = this.#shown();
    const sending = this.state === "sending";
    return html`<div class="fm c-${form.color}">
      <div class="fm-cover"></div>
      <form class="fm-body" novalidate autocomplete="on" @submit=${(event: Event) => void this.#submit(event)}>
        <h1 tabindex="-1">${form.title}</h1>
        ${form.description ? html`<div class="fm-text ft-md">${unsafeHTML(markdownHtml(form.description))}</div>` : nothing}
        ${form.person ? html`<p class="f3 t12">${t("以 {name} 的身份填写", { name: form.person })}</p>` : nothing}
        ${this.restored ? html`<div class="note tell fm-kept" role="status">${icon("history", 14)}<span class="grow">${t("恢复了上次没交的内容")}</span><button type="button" class="btn s" @click=${() => this.#clear()}>${t("清空重填")}</button></div>` : nothing}
        ${shown.map((question) => questionTemplate(this, question))}
        ${this.notice ? html`<p class="note warn" role="alert">${icon("triangle-alert", 14)}<span>${this.notice}</span></p>` : nothing}
        <button type="submit" class="btn p fm-submit" aria-busy=${sending ? "true" : nothing}>${sending ? t("正在提交…") : this.state === "waiting" ? t("再交一次") : form.submit || t("提交")}</button>
      </form>
    </div>`;
  }

  #end(form: FillData): TemplateResult {
    return html`<div class="fm c-${form.color}">
      <div class="fm-cover"></div>
      <div class="fm-body fm-end" role="status">
        <span class="fm-check">${icon("check", 28)}</span>
        <h1 tabindex="-1">${t("提交好了")}</h1>
        ${form.after === "redirect" ? html`<p>${t("正在前往 {address}", { address: form.redirect })}</p>` : form.thanks ? html`<div class="fm-text ft-md">${unsafeHTML(markdownHtml(form.thanks))}</div>` : html`<p>${t("谢谢,内容已经收到")}</p>`}
        ${form.again && form.after !== "redirect" ? html`<button type="button" class="btn" @click=${() => this.#again()}>${t("再填一份")}</button>` : nothing}
      </div>
    </div>`;
  }
}

/** Files and links by what the server knows them by. */
function wire(value: Value): Value {
  if (!Array.isArray(value)) return value ?? null;
  return value.map((item: unknown) => (typeof item === "object" && item !== null && "id" in item ? { id: (item as { id: string }).id } : item));
}

define("hb-form", HbForm);

/** `<hb-form-choose>`: records chosen by their names. Set `.question`, `.value`, `.secret`, `.answers`; sends `hb:links` {detail: value}. */
import { html, nothing, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import type { LinkValue } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import { findChoices } from "./send";
import type { Answers, Question } from "./types";

export class HbFormChoose extends HbElement {
  static override properties = { question: { attribute: false }, value: { attribute: false }, answers: { attribute: false }, secret: { type: String }, control: { type: String }, found: { state: true }, said: { state: true }, words: { state: true } };
  declare question: Question;
  declare value: LinkValue[];
  declare answers: Answers;
  declare secret: string;
  declare control: string;
  declare private found: LinkValue[];
  declare private said: string;
  declare private words: string;
  #ask = 0;
  readonly #soon = debounce(() => void this.#find(), 250);

  constructor() {
    super();
    this.value = [];
    this.answers = {};
    this.secret = this.control = this.said = this.words = "";
    this.found = [];
  }

  async #find(): Promise<void> {
    const ask = ++this.#ask;
    if (!this.words.trim() || !this.secret) {
      this.found = [];
      this.said = "";
      return;
    }
    try {
      const { records, needs } = await findChoices(this.secret, this.question.id, this.words, this.answers);
      if (ask !== this.#ask) return;
      this.found = records;
      this.said = needs.length ? t("先填「{names}」", { names: needs.join(t("、")) }) : records.length ? t("找到 {n} 条,点一条选上", { n: records.length }) : t("没有名字里带「{words}」的", { words: this.words });
    } catch (failure) {
      if (ask === this.#ask) this.said = failure instanceof Error ? failure.message : "";
    }
  }

  #set(value: LinkValue[]): void {
    this.value = value;
    this.found = [];
    this.words = this.said = "";
    this.emit("hb:links", value);
  }

  protected override render(): TemplateResult {
    const many = this.question.options.many === true;
    return html`${this.value.map(
        (one) => html`<div class="fm-file">${icon("link-2", 16)}<span class="grow cut">${one.name || "—"}</span><button type="button" class="icb" aria-label=${t("去掉「{name}」", { name: one.name })} @click=${() => this.#set(this.value.filter((other) => other !== one))}>${icon("x", 16)}</button></div>`,
      )}
      ${many || !this.value.length
        ? html`<span class="inp">${icon("search", 16)}<input id=${this.control} type="search" autocomplete="off" placeholder=${t("输入名字来找")} .value=${this.words} @change=${(event: Event) => event.stopPropagation()} @input=${(event: Event) => {
            this.words = (event.target as HTMLInputElement).value;
            this.#soon();
          }} /></span>`
        : nothing}
      ${this.found.length ? html`<ul class="fm-found">${this.found.map((one) => html`<li><button type="button" @click=${() => this.#set(many ? [...this.value.filter((other) => other.id !== one.id), one] : [one])}>${one.name || "—"}</button></li>`)}</ul>` : nothing}
      <p class="hint" role="status">${this.said}</p>`;
  }
}

define("hb-form-choose", HbFormChoose);

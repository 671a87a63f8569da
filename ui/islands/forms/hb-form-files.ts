/** `<hb-form-files>`: the files of an attachment question. Set `.question`, `.value`, `.secret`; sends `hb:files` {detail: files}. */
import { html, nothing, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import type { Field } from "../fields/field";
import { acceptOf, fileSize, type FileValue } from "../files/file";
import { icon } from "../icons";
import { t } from "../i18n";
import { upload } from "./send";
import type { Question } from "./types";

interface Going {
  file: File;
  part: number;
  problem: string;
}

export class HbFormFiles extends HbElement {
  static override properties = { question: { attribute: false }, value: { attribute: false }, secret: { type: String }, control: { type: String }, going: { state: true } };
  declare question: Question;
  declare value: FileValue[];
  declare secret: string;
  /** Id of the control that a label points at. */
  declare control: string;
  declare private going: Going[];

  constructor() {
    super();
    this.value = [];
    this.secret = this.control = "";
    this.going = [];
  }

  get #most(): number {
    return Number(this.question.options.max_files ?? 100);
  }

  #tell(files: FileValue[]): void {
    this.value = files;
    this.emit("hb:files", files);
  }

  async #add(files: File[]): Promise<void> {
    const room = Math.max(0, this.#most - this.value.length - this.going.filter((one) => !one.problem).length);
    for (const file of files.slice(0, room)) void this.#send({ file, part: 0, problem: "" });
    if (files.length > room) this.going = [...this.going, ...files.slice(room).map((file) => ({ file, part: 0, problem: t("最多 {n} 个文件", { n: this.#most }) }))];
  }

  async #send(one: Going): Promise<void> {
    const change = (part: Partial<Going>) => {
      const next = { ...one, ...part };
      this.going = this.going.map((other) => (other === one ? next : other));
      one = next;
    };
    this.going = [...this.going, one];
    try {
      const made = await upload(this.secret, this.question.id, one.file, (part) => change({ part }));
      this.going = this.going.filter((other) => other !== one);
      this.#tell([...this.value, { id: made.id, name: made.name, size: made.size, type: made.type } as FileValue]);
    } catch (failure) {
      change({ problem: failure instanceof Error ? failure.message : t("没传上去") });
    }
  }

  #retry(one: Going): void {
    this.going = this.going.filter((other) => other !== one);
    void this.#send({ ...one, part: 0, problem: "" });
  }

  protected override render(): TemplateResult {
    const field = { ...this.question, name: this.question.label } as unknown as Field;
    return html`${this.value.map(
        (file) => html`<div class="fm-file">${icon("paperclip", 16)}<span class="grow cut">${file.name}</span><span class="f3">${fileSize(file.size)}</span>
          <button type="button" class="icb" aria-label=${t("去掉「{name}」", { name: file.name })} @click=${() => this.#tell(this.value.filter((one) => one !== file))}>${icon("x", 16)}</button></div>`,
      )}
      ${this.going.map(
        (one) => html`<div class="fm-file ${one.problem ? "bad" : ""}">${icon(one.problem ? "circle-alert" : "loader-circle", 16)}<span class="grow"><span class="cut">${one.file.name}</span>${one.problem ? html`<span class="hint bad" role="alert">${one.problem}</span>` : html`<progress max="1" .value=${one.part} aria-label=${t("正在上传「{name}」", { name: one.file.name })}></progress>`}</span>
          ${one.problem ? html`<button type="button" class="btn s" @click=${() => this.#retry(one)}>${t("再试一次")}</button>` : nothing}
          ${one.problem ? html`<button type="button" class="icb" aria-label=${t("去掉「{name}」", { name: one.file.name })} @click=${() => (this.going = this.going.filter((other) => other !== one))}>${icon("x", 16)}</button>` : nothing}</div>`,
      )}
      <label class="btn fm-add">${icon("paperclip", 16)}${t("选文件或拍照")}<input id=${this.control} type="file" multiple class="fm-hide" accept=${acceptOf(field) || nothing} ?disabled=${!this.secret} @change=${(event: Event) => {
        event.stopPropagation();
        const input = event.target as HTMLInputElement;
        void this.#add([...(input.files ?? [])]);
        input.value = "";
      }} /></label>`;
  }
}

define("hb-form-files", HbFormFiles);

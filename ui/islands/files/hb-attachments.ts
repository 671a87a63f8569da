/**
 * `<hb-attachments>`: the files of a cell as tiles, and the ways to add some: drop, paste, file chooser, camera. Set `.field`,
 * `.value`, `.record` (where there is one: files that arrive after the control has gone are put there all the same); events
 * `change` {detail: files} and `hb:leave` (Escape). `readonly`: tiles only.
 */
import "../../styles/files.css";
import { html, nothing, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import type { Field } from "../fields/field";
import { preview } from "../fields/types/attachment";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { toast } from "../toast/toast";
import { acceptOf, downloadUrl, dragsFiles, fileIcon, fileSize, filesOfTransfer, largeThumbnail, takesPictures, type FileValue } from "./file";
import { addToRecord, uploadKey, uploads, type Upload } from "./uploads";

const dragType = "application/x-huobiao-file";

export class HbAttachments extends HbElement {
  static override properties = {
    field: { attribute: false },
    value: { attribute: false },
    record: { type: String },
    readonly: { type: Boolean },
    invalid: { type: Boolean },
    focused: { type: Boolean },
    over: { state: true },
    renaming: { state: true },
  };
  declare field: Field | null;
  declare value: FileValue[];
  declare record: string;
  declare readonly: boolean;
  declare invalid: boolean;
  declare focused: boolean;
  declare over: boolean;
  declare renaming: string | null;
  readonly #own = Math.random().toString(36).slice(2);

  constructor() {
    super();
    this.field = null;
    this.value = [];
    this.record = "";
    this.readonly = this.invalid = this.focused = this.over = false;
    this.renaming = null;
  }

  readonly #redraw = () => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    uploads.addEventListener("change", this.#redraw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    uploads.removeEventListener("change", this.#redraw);
  }

  protected override firstUpdated(): void {
    if (this.focused) this.querySelector<HTMLElement>(".at-add")?.focus();
  }

  get #key(): string {
    return this.field ? uploadKey(this.field, this.record || this.#own) : "";
  }

  #change(value: FileValue[]): void {
    this.value = value;
    this.emit("change", value);
  }

  /** Begin to upload; they are added when they have arrived. */
  add(files: readonly File[]): void {
    const { field, record } = this;
    if (!field || this.readonly || !files.length) return;
    const most = Number(field.options.max_files ?? 100);
    const room = most - this.value.length - uploads.of(this.#key).length;
    if (files.length > room) toast(t("「{field}」最多放 {max} 个文件", { field: field.name, max: most }), { kind: "bad", life: 8_000 });
    uploads.add(field, this.#key, files.slice(0, Math.max(0, room)), (arrived) => {
      if (this.isConnected && this.record === record) this.#change([...this.value, ...arrived]);
      else if (record) return addToRecord(field, record, arrived);
    });
  }

  #move(from: number, to: number): void {
    if (to < 0 || to >= this.value.length || from === to) return;
    const files = [...this.value];
    files.splice(to, 0, ...files.splice(from, 1));
    this.#change(files);
    void this.updateComplete.then(() => this.querySelectorAll<HTMLElement>(".at-open")[to]?.focus());
  }

  #remove(index: number): void {
    const { field, record } = this;
    const file = this.value[index]!;
    this.#change(this.value.filter((_file, place) => place !== index));
    const back = () => {
      if (this.isConnected && this.record === record) this.#change([...this.value.slice(0, index), file, ...this.value.slice(index)]);
      else if (record && field) void addToRecord(field, record, [file]);
    };
    toast(t("已移除「{name}」", { name: file.name }), { action: t("撤销"), run: back });
    void this.updateComplete.then(() => (this.querySelectorAll<HTMLElement>(".at-open")[Math.min(index, this.value.length - 1)] ?? this.querySelector<HTMLElement>(".at-add"))?.focus());
  }

  #menu(event: Event, index: number): void {
    const file = this.value[index]!;
    const last = this.value.length - 1;
    const save = () => {
      const link = document.createElement("a");
      link.href = downloadUrl(file);
      link.download = file.name;
      link.click();
    };
    openMenu(event.currentTarget as HTMLElement, [
      { label: t("预览"), icon: "eye", run: () => void preview(this.value, index) },
      { label: t("下载"), icon: "download", run: save },
      ...(this.readonly
        ? []
        : [
            { label: t("改名"), icon: "pencil", run: () => void this.#rename(file.id) },
            ...(index > 0 ? [{ label: t("前移"), icon: "arrow-left", run: () => this.#move(index, index - 1) }] : []),
            ...(index < last ? [{ label: t("后移"), icon: "arrow-right", run: () => this.#move(index, index + 1) }] : []),
            "separator" as const,
            { label: t("移除"), icon: "trash-2", danger: true, run: () => this.#remove(index) },
          ]),
    ]);
  }

  async #rename(id: string): Promise<void> {
    this.renaming = id;
    await this.updateComplete;
    const input = this.querySelector<HTMLInputElement>(".at-rename");
    input?.focus();
    const stem = input?.value.lastIndexOf(".") ?? 0;
    input?.setSelectionRange(0, stem > 0 ? stem : (input?.value.length ?? 0));
  }

  #named(event: Event, index: number): void {
    if (this.renaming === null) return;
    this.renaming = null;
    const name = (event.target as HTMLInputElement).value.trim();
    const file = this.value[index];
    if (!file || !name || name === file.name) return;
    this.#change(this.value.map((other) => (other === file ? { ...file, name } : other)));
  }

  #keys(event: KeyboardEvent, index: number): void {
    if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      if (this.readonly) return;
      event.preventDefault();
      this.#move(index, index + (event.key === "ArrowLeft" ? -1 : 1));
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const tiles = [...this.querySelectorAll<HTMLElement>(".at-open")];
      tiles[index + (event.key === "ArrowLeft" ? -1 : 1)]?.focus();
    } else if ((event.key === "Delete" || event.key === "Backspace") && !this.readonly) this.#remove(index);
    else if (event.key === "F2" && !this.readonly) void this.#rename(this.value[index]!.id);
  }

  /* ---- drop and paste ---- */

  #dragOver(event: DragEvent): void {
    if (this.readonly || !dragsFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer!.dropEffect = "copy";
    this.over = true;
  }

  #drop(event: DragEvent): void {
    this.over = false;
    if (this.readonly || !dragsFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    this.add(filesOfTransfer(event.dataTransfer));
  }

  #paste(event: ClipboardEvent): void {
    const files = filesOfTransfer(event.clipboardData);
    if (this.readonly || !files.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.add(files);
  }

  #chosen(event: Event): void {
    event.stopPropagation();
    const input = event.target as HTMLInputElement;
    this.add([...(input.files ?? [])]);
    input.value = "";
  }

  #escape(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.renaming !== null) {
      this.renaming = null;
      return;
    }
    this.emit("hb:leave");
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult | typeof nothing {
    const { field } = this;
    if (!field) return nothing;
    const pending = this.readonly ? [] : uploads.of(this.#key);
    const full = this.value.length >= Number(field.options.max_files ?? 100);
    return html`<div
      class="at ${this.over ? "over" : ""} ${this.invalid ? "bad" : ""}"
      role="group"
      aria-label=${field.name}
      @dragover=${(event: DragEvent) => this.#dragOver(event)}
      @dragleave=${(event: DragEvent) => !this.contains(event.relatedTarget as Node | null) && (this.over = false)}
      @drop=${(event: DragEvent) => this.#drop(event)}
      @paste=${(event: ClipboardEvent) => this.#paste(event)}
      @keydown=${(event: KeyboardEvent) => this.focused && this.#escape(event)}
    >
      ${this.value.length || pending.length
        ? html`<ul class="at-tiles">
            ${this.value.map((file, index) => this.#tile(file, index))} ${pending.map((upload) => this.#pending(upload))}
          </ul>`
        : nothing}
      ${this.readonly || full ? nothing : this.#adders(field)}
    </div>`;
  }

  #tile(file: FileValue, index: number): TemplateResult {
    const thumbnail = largeThumbnail(file);
    const name = file.name;
    return html`<li
      class="at-tile"
      draggable=${this.readonly || this.renaming !== null ? "false" : "true"}
      @dragstart=${(event: DragEvent) => event.dataTransfer?.setData(dragType, String(index))}
      @dragover=${(event: DragEvent) => event.dataTransfer?.types.includes(dragType) && event.preventDefault()}
      @drop=${(event: DragEvent) => {
        const from = event.dataTransfer?.getData(dragType);
        if (!from) return;
        event.preventDefault();
        event.stopPropagation();
        this.#move(Number(from), index);
      }}
    >
      <button type="button" class="at-open" aria-label=${t("预览 {name}", { name })} @click=${() => void preview(this.value, index)} @keydown=${(event: KeyboardEvent) => this.#keys(event, index)}>
        ${thumbnail ? html`<img src=${thumbnail} alt="" loading="lazy" draggable="false" />` : icon(fileIcon(file.type), 28)}
      </button>
      <span class="at-about">
        ${this.renaming === file.id
          ? html`<input
              class="inp s at-rename"
              aria-label=${t("文件名")}
              maxlength="150"
              .value=${name}
              @keydown=${(event: KeyboardEvent) => {
                event.stopPropagation();
                if (event.isComposing) return;
                if (event.key === "Enter") (event.target as HTMLInputElement).blur();
                else if (event.key === "Escape") this.renaming = null;
              }}
              @change=${(event: Event) => event.stopPropagation()}
              @blur=${(event: Event) => this.#named(event, index)}
            />`
          : html`<span class="cut at-name" title=${name}>${name}</span><span class="at-size">${fileSize(file.size)}</span>`}
      </span>
      <button type="button" class="icb at-more" aria-haspopup="menu" aria-label=${t("{name}的操作", { name })} @click=${(event: Event) => this.#menu(event, index)}>${icon("ellipsis", 16)}</button>
    </li>`;
  }

  #pending(upload: Upload): TemplateResult {
    const { state, file } = upload;
    const failed = state === "failed";
    return html`<li class="at-tile ${failed ? "failed" : "going"}">
      <span class="at-open">${icon(failed ? "circle-alert" : fileIcon(file.type), 28)}</span>
      <span class="at-about">
        <span class="cut at-name" title=${file.name}>${file.name}</span>
        ${failed ? html`<span class="hint bad">${upload.problem}</span>` : html`<progress max="1" .value=${upload.progress} aria-label=${t("{name} 的进度", { name: file.name })}></progress>`}
      </span>
      ${failed ? html`<button type="button" class="icb" aria-label=${t("重试 {name}", { name: file.name })} @click=${() => uploads.retry(upload)}>${icon("rotate-ccw", 16)}</button>` : nothing}
      <button type="button" class="icb" aria-label=${t("取消上传 {name}", { name: file.name })} @click=${() => uploads.cancel(upload)}>${icon("x", 16)}</button>
    </li>`;
  }

  #adders(field: Field): TemplateResult {
    const chooser = (label: string, symbol: string, className: string, camera: boolean) => html`<button type="button" class="btn s ${className}" @click=${(event: Event) => (event.currentTarget as HTMLElement).querySelector("input")!.click()}>
      ${icon(symbol, 14)}${label}<input type="file" hidden tabindex="-1" ?multiple=${!camera} accept=${camera ? "image/*" : acceptOf(field) || nothing} capture=${camera ? "environment" : nothing} @click=${(event: Event) => event.stopPropagation()} @change=${(event: Event) => this.#chosen(event)} />
    </button>`;
    return html`<div class="at-foot">
      ${chooser(t("添加文件"), "paperclip", "at-add", false)} ${takesPictures(field) ? chooser(t("拍照"), "camera", "at-camera", true) : nothing}
      <span class="hint at-hint">${t("也可以拖进来或粘贴")}</span>
    </div>`;
  }
}

define("hb-attachments", HbAttachments);

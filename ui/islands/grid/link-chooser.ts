/** The dialog in which linked records are chosen: search, details to tell them apart, several if the link allows. */
import { html, nothing, render, type TemplateResult } from "lit";
import { debounce } from "../dom";
import type { Field, LinkValue } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import { showDialog } from "../dialog/dialog";
import { isRest } from "../record/value";
import { isLimited, NeedsFirst } from "../record/choices";
import { tableInfo, type TableInfo } from "../table/info";
import type { ChoiceRecord } from "./types";

type Search = (words: string) => Promise<ChoiceRecord[]>;

class Chooser {
  readonly #dialog = document.createElement("dialog");
  #found: ChoiceRecord[] | null = null;
  /** Why nothing can be shown; "" where all is well. */
  #failed = "";
  #cursor = 0;
  #words = "";
  #ask = 0;
  #chosen: LinkValue[];
  #answer: LinkValue[] | null = null;
  /** The table of the records, once it is known that the reader may make some. */
  #table: TableInfo | null = null;

  constructor(
    private readonly field: Field,
    before: readonly LinkValue[],
    private readonly search: Search,
    resolve: (answer: LinkValue[] | null) => void,
  ) {
    this.#chosen = [...before];
    this.#dialog.className = "dlg";
    this.#dialog.setAttribute("aria-label", t("选择「{name}」", { name: field.name }));
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    this.#dialog.addEventListener("close", () => {
      this.#dialog.remove();
      resolve(this.#answer);
    });
    document.body.append(this.#dialog);
    this.#draw();
    showDialog(this.#dialog);
    void this.#look("");
    void this.#mayMake();
  }

  /** Whoever may write offers to make what is not there yet. Of a limited link nobody knows whether it would fit. */
  async #mayMake(): Promise<void> {
    if (isLimited(this.field)) return;
    const table = await tableInfo(String(this.field.options.table ?? "")).catch(() => null);
    if (!table || table.role === null || table.role === "viewer" || !this.#dialog.isConnected) return;
    this.#table = table;
    this.#draw();
  }

  async #make(): Promise<void> {
    if (!this.#table) return;
    const { newLinked } = await import("../table/new-record");
    const made = await newLinked(this.field, this.#table, this.#words.trim());
    if (!made) return;
    this.#chosen = this.#many ? [...this.#chosen, made] : [made];
    if (!this.#many) return this.#done();
    void this.#look(this.#words);
  }

  get #many(): boolean {
    return this.field.options.many !== false;
  }

  readonly #lookSoon = debounce((words: string) => void this.#look(words), 150);

  async #look(words: string): Promise<void> {
    this.#words = words;
    const ask = ++this.#ask;
    try {
      const found = await this.search(words);
      if (ask !== this.#ask) return;
      this.#found = found;
      this.#failed = "";
    } catch (failure) {
      if (ask !== this.#ask) return;
      this.#found = [];
      this.#failed = failure instanceof NeedsFirst ? failure.message : t("搜索没有响应,稍后再试");
    }
    this.#cursor = 0;
    this.#draw();
  }

  #toggle(record: LinkValue): void {
    const has = this.#chosen.some((item) => item.id === record.id);
    if (!this.#many) {
      this.#chosen = has ? [] : [{ id: record.id, name: record.name }];
      return this.#done();
    }
    this.#chosen = has ? this.#chosen.filter((item) => item.id !== record.id) : [...this.#chosen, { id: record.id, name: record.name }];
    this.#draw();
  }

  #done(): void {
    this.#answer = this.#chosen;
    this.#dialog.close();
  }

  #key(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.isComposing || !this.#found) return;
    const count = this.#found.length;
    if (event.key === "ArrowDown") this.#cursor = Math.min(count - 1, this.#cursor + 1);
    else if (event.key === "ArrowUp") this.#cursor = Math.max(0, this.#cursor - 1);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return this.#done();
    else if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
      const record = this.#found[this.#cursor];
      if (record) this.#toggle(record);
      else if (this.#words.trim()) void this.#make();
    } else return;
    event.preventDefault();
    if (!this.#dialog.open) return;
    this.#draw();
    this.#dialog.querySelector(".lk-i.cur")?.scrollIntoView({ block: "nearest" });
  }

  #draw(): void {
    const row = (record: ChoiceRecord, index: number) => {
      const picked = this.#chosen.some((item) => item.id === record.id);
      return html`<div
        class="menu-i lk-i ${index === this.#cursor ? "cur" : ""}"
        role="option"
        aria-selected=${String(picked)}
        @click=${() => this.#toggle(record)}
      >
        ${this.#many ? html`<span class="ck ${picked ? "on" : ""}"></span>` : nothing}<span class="cut b">${record.name || "—"}</span
        >${record.details ? html`<span class="sub cut">${record.details}</span>` : nothing}${!this.#many && picked ? icon("check") : nothing}
      </div>`;
    };
    render(
      html`<div class="dlg-h">
          <h2>${t("选择「{name}」", { name: this.field.name })}</h2>
          <button type="button" class="icb" aria-label=${t("关闭")} @click=${() => this.#dialog.close()}>${icon("x")}</button>
        </div>
        <div class="dlg-b">
          ${this.#chosen.length
            ? html`<div class="wrap">
                ${this.#chosen.map(
                  (item) => isRest(item) ? html`<span class="chip more" data-tip=${t("只列出前 100 条;其余的都还在")}>${item.name}</span>` : html`<span class="chip"
                    ><span class="cut">${item.name}</span
                    ><button type="button" class="x" aria-label=${t("去掉 {name}", { name: item.name })} @click=${() => this.#drop(item)}>${icon("x", 12)}</button></span
                  >`,
                )}
              </div>`
            : nothing}
          <label class="inp"
            >${icon("search")}<input
              type="text"
              autofocus
              autocomplete="off"
              aria-label=${t("搜索")}
              placeholder=${t("搜名字、编号")}
              @input=${(event: Event) => this.#lookSoon((event.target as HTMLInputElement).value)}
          /></label>
          <div class="lk-list" role="listbox" aria-multiselectable=${String(this.#many)} aria-label=${this.field.name}>
            ${this.#found === null
              ? html`<div class="menu-none"><div class="sk"></div></div>`
              : this.#found.length
                ? this.#found.map(row)
                : html`<p class="menu-none">${this.#failed || (this.#words || !isLimited(this.field) ? (this.#words ? t("没有叫这个的") : t("这里还没有记录")) : t("没有符合条件的记录,可选的范围在字段设置里"))}</p>`}
          </div>
          ${this.#offer()}
        </div>
        <div class="dlg-f">
          ${this.#many ? html`<span class="left-side">${t("已选 {n} 条", { n: this.#chosen.length })}</span>` : nothing}
          ${!this.#many && this.#chosen.length ? html`<button type="button" class="btn" @click=${() => this.#clear()}>${t("清空")}</button>` : nothing}
          <button type="button" class="btn" @click=${() => this.#dialog.close()}>${t("取消")}</button>
          ${this.#many ? html`<button type="button" class="btn p" @click=${() => this.#done()}>${t("完成")}</button>` : nothing}
        </div>`,
      this.#dialog,
    );
  }

  #offer(): TemplateResult | typeof nothing {
    if (!this.#table || this.#found === null || this.#failed) return nothing;
    const words = this.#words.trim();
    const noun = this.#table.record_noun || this.#table.name;
    return html`<button type="button" class="menu-i lk-new" @click=${() => void this.#make()}>${icon("plus")}<span class="cut">${words ? t("新建{noun}「{name}」", { noun, name: words }) : t("新建{noun}", { noun })}</span></button>`;
  }

  #drop(item: LinkValue): void {
    this.#chosen = this.#chosen.filter((other) => other.id !== item.id);
    this.#draw();
  }

  #clear(): void {
    this.#chosen = [];
    this.#done();
  }
}

/** Ask for the records a link field points at; null if the person gives up. */
export function chooseLinks(field: Field, before: readonly LinkValue[], search: Search): Promise<LinkValue[] | null> {
  return new Promise((resolve) => new Chooser(field, before, search, resolve));
}

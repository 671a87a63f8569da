/**
 * `<hb-formula>`: a formula and all it takes to write one: fields and functions offered at the caret and listed below, faults
 * marked where they are, the result on a real record while one types. Set `.table`, `.value`, `.own` (id of the field being
 * edited), `.decimals`; sends `change`. `.problem` is a fault the server found on saving.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import "../../styles/fields.css";
import { api, showError } from "../api";
import { define, HbElement } from "../base";
import { debounce, uniqueId } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { tableInfo, type TableInfo } from "../table/info";
import { callAt, completed, offers, wordAt, type Word } from "./completion";
import { fieldIcon, type Field } from "./field";
import { allFunctions, functionList, shownResult, type FunctionInfo, type FunctionsHost } from "./formula-functions";
import { trials, type Trial } from "./trials";

interface Draft {
  problem: { message: string; code: string } | null;
  start: number;
  end: number;
  result: string | null;
  uses_clock: boolean;
  examples: Trial[];
}

interface Offer {
  label: string;
  aliases: string[];
  kind: "field" | "function";
  icon: string;
  sub: string;
}

/** What a formula gives, in words. */
export function resultName(result: string): string {
  return { text: t("文字"), number: t("一个数字"), boolean: t("是或否"), date: t("一个日期"), datetime: t("一个日期时间") }[result] ?? result;
}

export class HbFormula extends HbElement implements FunctionsHost {
  static override properties = {
    table: { attribute: false },
    value: { type: String },
    own: { type: String },
    pretend: { attribute: false },
    names: { attribute: false },
    decimals: { type: Number },
    percent: { type: Boolean },
    problem: { type: String },
    functions: { state: true },
    draft: { state: true },
    word: { state: true },
    call: { state: true },
    cursor: { state: true },
    tab: { state: true },
    words: { state: true },
    linked: { state: true },
    local: { type: Boolean },
    shown: { state: true },
    checking: { state: true },
  };

  declare table: TableInfo;
  declare value: string;
  declare own: string | null;
  /** A field that is still being made, which the formula may name. */
  declare pretend: { name: string; type: string } | null;
  /** Other values that the formula may use by name. */
  declare names: readonly { name: string; type: string }[];
  declare decimals: number;
  /** Show numbers as shares. */
  declare percent: boolean;
  declare problem: string;
  declare functions: FunctionInfo[];
  declare private draft: Draft | null;
  declare private word: Word | null;
  /** Name of the function whose brackets the caret stands in. */
  declare private call: string | null;
  declare private cursor: number;
  declare private tab: "fields" | "functions";
  declare words: string;
  /** Only the record itself may be asked, not those it is linked to. */
  declare local: boolean;
  /** The tables that links lead to, as far as known. */
  declare private linked: ReadonlyMap<string, TableInfo>;
  /** The function whose help is open. */
  declare shown: string | null;
  declare private checking: boolean;
  readonly #id = uniqueId("fx");
  #ask = 0;

  constructor() {
    super();
    this.value = "";
    this.own = null;
    this.pretend = null;
    this.names = [];
    this.decimals = 2;
    this.percent = false;
    this.problem = "";
    this.functions = [];
    this.draft = null;
    this.word = null;
    this.call = null;
    this.cursor = 0;
    this.tab = "fields";
    this.words = "";
    this.linked = new Map();
    this.local = false;
    this.shown = null;
    this.checking = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    allFunctions().then(
      (functions) => (this.functions = functions),
      (failure: unknown) => showError(failure),
    );
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("table")) this.#meetLinked();
    if (changed.has("value") || changed.has("decimals") || changed.has("percent") || changed.has("names") || changed.has("table") || (changed.has("pretend") && this.pretend?.name !== changed.get("pretend")?.name)) this.#checkSoon();
  }

  /** Put the keyboard focus into the formula. */
  override focus(): void {
    this.#input?.focus();
  }

  get #input(): HTMLTextAreaElement | null {
    return this.querySelector<HTMLTextAreaElement>("textarea");
  }

  get #fields(): Field[] {
    const { pretend } = this;
    const named = this.names.map((one): Field => ({ id: one.name, name: one.name, type: one.type === "boolean" ? "checkbox" : one.type === "list" ? "multi_select" : one.type, options: {} }));
    const fields = [...named, ...this.table.fields.filter((field) => field.id !== this.own && field.type !== "link")];
    return pretend?.name ? [...fields, { id: "self", name: pretend.name, type: pretend.type, options: {} }] : fields;
  }

  /** Fields of linked records, as a formula names them. */
  get #far(): { name: string; field: Field; table: string; many: boolean }[] {
    if (this.local || this.pretend) return [];
    return this.table.fields
      .filter((field) => field.type === "link")
      .flatMap((link) => {
        const target = this.linked.get(link.options.table ?? "");
        const fields = target?.fields.filter((field) => !["link", "attachment", "button"].includes(field.type)) ?? [];
        return fields.map((field) => ({ name: `${link.name}.${field.name}`, field, table: target?.name ?? "", many: link.options.many !== false }));
      });
  }

  /** Ask for the tables that links lead to: their fields are offered too. */
  #meetLinked(): void {
    for (const link of this.table.fields) {
      const id = link.type === "link" ? link.options.table : undefined;
      if (!id || this.linked.has(id)) continue;
      if (id === this.table.id) this.linked = new Map(this.linked).set(id, this.table);
      else
        tableInfo(id).then(
          (table) => (this.linked = new Map(this.linked).set(id, table)),
          () => undefined, // without them one can still write the names
        );
    }
  }

  /* ---- checking ---- */

  readonly #checkSoon = debounce(() => void this.#check(), 250);

  async #check(): Promise<void> {
    if (!this.isConnected) return;
    const ask = (this.#ask += 1);
    if (!this.value.trim()) {
      this.draft = null;
      return;
    }
    this.checking = true;
    try {
      const draft = await api.post<Draft>(`/api/v1/tables/${this.table.id}/formula`, { source: this.value, decimals: this.decimals, percent: this.percent, field: this.own, pretend: this.pretend?.name ? this.pretend : null, names: this.names.length ? this.names : undefined });
      if (ask === this.#ask) this.draft = draft;
    } catch (failure) {
      if (ask === this.#ask) showError(failure);
    } finally {
      if (ask === this.#ask) this.checking = false;
    }
  }

  /* ---- typing ---- */

  #set(value: string): void {
    this.value = value;
    this.problem = "";
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #typed(event: Event): void {
    event.stopPropagation();
    const input = event.target as HTMLTextAreaElement;
    this.#set(input.value);
    this.#look(input);
  }

  #look(input: HTMLTextAreaElement): void {
    const word = input.selectionStart === input.selectionEnd ? wordAt(input.value, input.selectionStart) : null;
    this.word = word?.kind ? word : null;
    this.call = callAt(input.value, input.selectionStart);
    this.cursor = 0;
  }

  /** The caret moved without typing. */
  #moved(event: KeyboardEvent): void {
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) this.#look(event.currentTarget as HTMLTextAreaElement);
  }

  get #offers(): Offer[] {
    const { word } = this;
    if (!word) return [];
    if (word.kind === "field") {
      return offers(
        [
          ...this.#fields.map((field) => ({ label: field.name, aliases: [], kind: "field" as const, icon: fieldIcon(field), sub: "" })),
          ...this.#far.map(({ name, field, table }) => ({ label: name, aliases: [field.name], kind: "field" as const, icon: fieldIcon(field), sub: table })),
        ],
        word.text,
      );
    }
    const exact = this.functions.some((one) => one.name === word.text.toUpperCase());
    const found = offers(
      this.functions.map((one) => ({ label: one.name, aliases: one.aliases, kind: "function" as const, icon: "square-function", sub: one.signature })),
      word.text,
    );
    return exact && found.length === 1 ? [] : found;
  }

  #take(offer: Offer): void {
    if (!this.word) return;
    this.#insert(this.word, offer.kind, offer.label);
  }

  #insert(word: Word, kind: "field" | "function", name: string): void {
    const { source, caret } = completed(this.value, word, kind, name);
    this.#set(source);
    this.word = null;
    void this.updateComplete.then(() => {
      const input = this.#input;
      if (!input) return;
      input.value = source;
      input.focus();
      input.setSelectionRange(caret, caret);
      this.call = callAt(source, caret);
    });
  }

  /** From the lists below: at the caret, or in the place of what is being typed there. */
  put(kind: "field" | "function", name: string): void {
    const input = this.#input;
    const caret = input?.selectionStart ?? this.value.length;
    const found = wordAt(this.value, caret);
    const word = found.kind === kind ? found : { kind, text: "", start: caret, end: input?.selectionEnd ?? caret };
    this.#insert(word, kind, name);
  }

  #key(event: KeyboardEvent): void {
    const found = this.#offers;
    if (!found.length || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.cursor = (this.cursor + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      this.#take(found[this.cursor] ?? found[0]!);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.word = null;
    }
  }

  /** Select the characters that the fault concerns. */
  #showFault(): void {
    const input = this.#input;
    if (!input || !this.draft?.problem) return;
    input.focus();
    input.setSelectionRange(this.draft.start, Math.max(this.draft.end, this.draft.start + 1));
  }

  /* ---- drawing ---- */

  #list(): TemplateResult {
    const found = this.#offers;
    const id = `${this.#id}-list`;
    return html`<div class="fx-offers" role="listbox" id=${id} aria-label=${t("可以填的")} ?hidden=${!found.length}>
      ${found.map(
        (offer, index) =>
          html`<button
            type="button"
            tabindex="-1"
            role="option"
            id="${id}-${index}"
            aria-selected=${index === this.cursor ? "true" : "false"}
            class="menu-i ${index === this.cursor ? "on" : ""}"
            @pointerdown=${(event: Event) => event.preventDefault()}
            @click=${() => this.#take(offer)}
          >
            ${icon(offer.icon)}<span class="grow cut">${offer.label}</span>${offer.sub ? html`<span class="end cut">${offer.sub}</span>` : nothing}
          </button>`,
      )}
    </div>`;
  }

  /** How the function is written that is offered first, or in whose brackets the caret stands. */
  #hint(): TemplateResult | typeof nothing {
    const offer = this.#offers[this.cursor];
    const name = (offer ? (offer.kind === "function" ? offer.label : null) : this.call)?.toUpperCase();
    const one = name ? this.functions.find((found) => found.name === name || found.aliases.some((alias) => alias.toUpperCase() === name)) : undefined;
    const example = one?.examples[0];
    if (!one) return nothing;
    return html`<div class="fx-hint">
      <code>${one.signature}</code><span>${one.help}</span>
      ${example ? html`<span class="fx-case"><code>${example.expression}</code> → ${shownResult(example.result)}</span>` : nothing}
    </div>`;
  }

  #verdict(): TemplateResult {
    const { draft } = this;
    if (this.problem && !draft?.problem) return html`<p class="hint bad">${icon("circle-alert", 14)}${this.problem}</p>`;
    if (!this.value.trim()) return html`<p class="hint">${t("像在 Excel 里一样写,字段放在花括号里,如 {example}", { example: "{数量}*{单价}" })}</p>`;
    if (!draft) return html`<p class="hint">${t("正在看这个公式…")}</p>`;
    if (draft.problem) {
      return html`<p class="hint bad">
        ${icon("circle-alert", 14)}<span>${draft.problem.message} <button type="button" class="fx-where" @click=${() => this.#showFault()}>${t("标出来")}</button></span>
      </p>`;
    }
    return html`<div class="fx-out">
      <p class="hint">
        ${t("结果是{kind}", { kind: resultName(draft.result ?? "text") })}${draft.uses_clock ? html` · ${t("会随时间变化")}` : nothing}
      </p>
      ${this.names.length ? nothing : trials(draft.examples, t("表里还没有记录可以试算"))}
    </div>`;
  }

  #fieldList(): TemplateResult {
    const words = this.words.trim().toLowerCase();
    const far = this.#far.filter((one) => one.name.toLowerCase().includes(words));
    const found = this.#fields.filter((field) => field.name.toLowerCase().includes(words));
    return html`${found.map(
      (field) => html`<button type="button" class="menu-i" @click=${() => this.put("field", field.name)}>${icon(fieldIcon(field))}<span class="cut grow">${field.name}</span></button>`,
    )}
    ${far.length ? html`<div class="menu-h">${t("关联的记录里")}</div>` : nothing}
    ${far.map(
      (one) =>
        html`<button type="button" class="menu-i" @click=${() => this.put("field", one.name)}>${icon(fieldIcon(one.field))}<span class="cut grow">${one.name}</span>${one.many ? html`<span class="end">${t("列表")}</span>` : nothing}</button>`,
    )}${found.length || far.length ? nothing : html`<p class="hint">${t("没有符合的字段")}</p>`}`;
  }

  protected override render(): TemplateResult {
    const found = this.#offers;
    const bad = Boolean(this.draft?.problem) || Boolean(this.problem);
    return html`<div class="fx-box">
        <textarea
          class="inp fx-in"
          name="source"
          rows="4"
          spellcheck="false"
          autocapitalize="off"
          aria-label=${t("公式")}
          aria-invalid=${bad ? "true" : nothing}
          aria-autocomplete="list"
          aria-controls="${this.#id}-list"
          aria-activedescendant=${found.length ? `${this.#id}-list-${this.cursor}` : nothing}
          placeholder=${t("写一个算式")}
          .value=${this.value}
          @input=${this.#typed}
          @change=${(event: Event) => event.stopPropagation()}
          @keydown=${this.#key}
          @keyup=${this.#moved}
          @click=${(event: Event) => this.#look(event.currentTarget as HTMLTextAreaElement)}
          @blur=${() => (this.word = null)}
        ></textarea>
        ${this.#list()}
      </div>
      ${this.#hint()}
      <div class="fx-verdict" role="status" aria-busy=${this.checking ? "true" : nothing}>${this.#verdict()}</div>
      <div class="fx-lists">
        <div class="fx-head">
          <span class="seg">
            <button type="button" aria-pressed=${this.tab === "fields" ? "true" : "false"} @click=${() => (this.tab = "fields")}>${t("字段")}</button>
            <button type="button" aria-pressed=${this.tab === "functions" ? "true" : "false"} @click=${() => (this.tab = "functions")}>${t("函数")}</button>
          </span>
          <label class="inp s">${icon("search", 14)}<input
              type="search"
              aria-label=${this.tab === "fields" ? t("搜索字段") : t("搜索函数")}
              placeholder=${t("搜索")}
              .value=${this.words}
              @change=${(event: Event) => event.stopPropagation()}
              @input=${(event: Event) => {
                event.stopPropagation();
                this.words = (event.target as HTMLInputElement).value;
              }}
          /></label>
        </div>
        <div class="fx-scroll">${this.tab === "fields" ? this.#fieldList() : functionList(this)}</div>
      </div>`;
  }
}

define("hb-formula", HbFormula);

/**
 * `<hb-select>`: one or several of many, with colours, search and in-place creation.
 *
 *     <hb-select name="channel" look="tag" multiple creatable placeholder="选渠道">
 *       <option value="taobao" data-color="orange" selected>淘宝</option>
 *     </hb-select>
 *
 * From code set `.options` (or `.source`, a function that searches), `.value` (a string, or an array if `multiple`).
 * It takes part in forms under its `name`, and sends `change`; with `creatable`, `hb:create` ({label}) comes before a new
 * option is added, and a listener may prevent it to do the adding itself. `hb:close` follows when the list closes.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import { debounce, uniqueId } from "../dom";
import { hide, isOpen, show } from "../floating";
import { icon } from "../icons";
import { t } from "../i18n";
import { optionLook, readOptions, search as searchOptions, type Look, type Option } from "./options";

const searchFrom = 8;

export class HbSelect extends HbElement {
  static formAssociated = true;
  static override properties = {
    options: { attribute: false },
    source: { attribute: false },
    name: { type: String },
    label: { type: String },
    placeholder: { type: String },
    look: { type: String },
    multiple: { type: Boolean },
    creatable: { type: Boolean },
    clearable: { type: Boolean },
    required: { type: Boolean },
    disabled: { type: Boolean },
    small: { type: Boolean },
    search: { type: Boolean },
    invalid: { type: Boolean },
    chosen: { state: true },
    query: { state: true },
    cursor: { state: true },
    found: { state: true },
    opened: { state: true },
  };

  declare options: Option[];
  /** Searches elsewhere (records, people); replaces `options` in the list. */
  declare source: ((query: string) => Promise<Option[]>) | null;
  declare name: string;
  declare label: string;
  declare placeholder: string;
  declare look: Look;
  declare multiple: boolean;
  declare creatable: boolean;
  declare clearable: boolean;
  declare required: boolean;
  declare disabled: boolean;
  declare small: boolean;
  /** Show the search box however few options there are. */
  declare search: boolean;
  declare invalid: boolean;
  declare private chosen: string[];
  declare private query: string;
  declare private cursor: number;
  declare private found: Option[] | null;
  declare private opened: boolean;

  readonly #internals: ElementInternals | null;
  readonly #listId = uniqueId("sel");
  #known = new Map<string, Option>();
  #ask = 0;

  constructor() {
    super();
    this.options = [];
    this.source = null;
    this.name = "";
    this.label = "";
    this.placeholder = "";
    this.look = "plain";
    this.multiple = false;
    this.creatable = false;
    this.clearable = false;
    this.required = false;
    this.disabled = false;
    this.small = false;
    this.search = false;
    this.invalid = false;
    this.chosen = [];
    this.query = "";
    this.cursor = 0;
    this.found = null;
    this.opened = false;
    this.#internals = "attachInternals" in this ? this.attachInternals() : null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("click", this.#clicked);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.removeEventListener("click", this.#clicked);
  }

  /** A click on our `<label>` arrives at the element itself. */
  readonly #clicked = (event: Event) => event.target === this && this.focus();

  protected override createRenderRoot(): HTMLElement {
    const { options, chosen } = readOptions(this);
    if (options.length && !this.options.length) {
      this.options = options;
      if (!this.chosen.length) this.chosen = chosen;
    }
    return super.createRenderRoot();
  }

  /** The chosen value: "" or null for none; an array if `multiple`. */
  get value(): string | string[] {
    return this.multiple ? [...this.chosen] : (this.chosen[0] ?? "");
  }

  set value(value: string | readonly string[] | null) {
    this.chosen = value === null || value === "" ? [] : typeof value === "string" ? [value] : [...value];
  }

  /** Put the keyboard focus on the control. */
  override focus(): void {
    this.querySelector<HTMLElement>(".sel-box")?.focus();
  }

  /** The name for screen readers: `label`, or the text of a `<label for>` that points here. */
  get #name(): string {
    return this.label || (this.#internals?.labels?.[0]?.textContent?.trim() ?? "");
  }

  /** Open the list, as a click does. */
  open(): void {
    if (this.disabled || this.opened) return;
    this.query = "";
    this.found = null;
    const at = this.#list().findIndex((option) => option.value === this.chosen[0]);
    this.cursor = Math.max(0, at);
    this.opened = true;
    if (this.source) void this.#search("");
    void this.updateComplete.then(() => {
      const box = this.querySelector<HTMLElement>(".sel-list")!;
      const anchor = this.querySelector<HTMLElement>(".sel-box")!;
      show(box, anchor, { matchWidth: true, onClose: () => this.#closed() });
      (box.querySelector<HTMLElement>("input") ?? anchor).focus({ preventScroll: true });
      this.#reveal();
    });
  }

  #closed(): void {
    const inside = this.contains(document.activeElement) || document.activeElement === document.body;
    this.opened = false;
    if (inside) this.focus();
    this.emit("hb:close");
  }

  close(): void {
    const box = this.querySelector<HTMLElement>(".sel-list");
    if (box && isOpen(box)) hide(box);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("options")) for (const option of this.options) this.#known.set(option.value, option);
    if (changed.has("chosen") || changed.has("name") || changed.has("required")) this.#tellForm();
  }

  #tellForm(): void {
    if (!this.#internals) return;
    const data = new FormData();
    for (const value of this.chosen) data.append(this.name, value);
    this.#internals.setFormValue(this.multiple ? data : (this.chosen[0] ?? ""));
    const missing = this.required && !this.chosen.length;
    if (missing) this.#internals.setValidity({ valueMissing: true }, t("选一项"), this);
    else this.#internals.setValidity({});
  }

  #list(): Option[] {
    if (this.source) return this.found ?? [];
    return searchOptions(this.options, this.query);
  }

  /** What could be created from the words typed, or "" if an option has that very name. */
  #creation(): string {
    const name = this.query.trim();
    if (!this.creatable || !name) return "";
    return this.options.some((option) => option.label === name) ? "" : name;
  }

  readonly #searchSoon = debounce((query: string) => void this.#search(query), 180);

  async #search(query: string): Promise<void> {
    if (!this.source) return;
    const ask = ++this.#ask;
    const found = await this.source(query);
    if (ask !== this.#ask) return;
    this.found = found;
    for (const option of found) this.#known.set(option.value, option);
  }

  #type(event: InputEvent): void {
    this.query = (event.target as HTMLInputElement).value;
    this.cursor = 0;
    if (this.source) this.#searchSoon(this.query);
  }

  #pick(option: Option): void {
    if (option.disabled) return;
    if (!this.multiple) {
      this.chosen = [option.value];
      this.close();
    } else {
      const has = this.chosen.includes(option.value);
      this.chosen = has ? this.chosen.filter((value) => value !== option.value) : [...this.chosen, option.value];
    }
    this.#changed();
  }

  /** Choose an option that was just made, along with `others` (if `multiple`), and close the list. */
  take(option: Option, others: string[] = []): void {
    this.options = [...this.options.filter((one) => one.value !== option.value), option];
    this.chosen = this.multiple ? [...others.filter((value) => value !== option.value), option.value] : [option.value];
    this.#changed();
    this.close();
  }

  #drop(value: string): void {
    this.chosen = this.chosen.filter((item) => item !== value);
    this.#changed();
  }

  #create(name: string): void {
    this.query = "";
    if (!this.emit("hb:create", { label: name }, true)) return;
    const option: Option = { value: name, label: name, color: "grey" };
    this.options = [...this.options, option];
    this.#pick(option);
  }

  #changed(): void {
    this.#tellForm();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing || this.disabled) return;
    const keys: Record<string, () => void> = {
      ArrowDown: () => (this.opened ? this.#move(1) : this.open()),
      ArrowUp: () => (this.opened ? this.#move(-1) : this.open()),
      Home: () => this.#move(-Infinity),
      End: () => this.#move(Infinity),
      Enter: () => (this.opened ? this.#enter() : this.open()),
      Escape: () => this.close(),
    };
    const inSearch = event.target instanceof HTMLInputElement;
    if (event.key === " " && !inSearch) keys[" "] = keys.Enter!;
    if (inSearch && (event.key === "Home" || event.key === "End")) return;
    if (event.key === "Escape" && !this.opened) return;
    if (event.key === "Backspace" && !this.query && this.chosen.length && (this.multiple || this.clearable)) {
      event.preventDefault();
      this.#drop(this.chosen.at(-1)!);
      return;
    }
    if (event.key === "Tab" && this.opened) return this.close();
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
    } else if (!inSearch && !this.opened && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.open();
    }
  }

  #move(by: number): void {
    const count = this.#list().length + (this.#creation() ? 1 : 0);
    if (!this.opened || !count) return;
    this.cursor = Math.max(0, Math.min(count - 1, this.cursor + by));
    void this.updateComplete.then(() => this.#reveal());
  }

  #reveal(): void {
    this.querySelector(".sel-i.cur")?.scrollIntoView({ block: "nearest" });
  }

  #enter(): void {
    const list = this.#list();
    const option = list[this.cursor];
    if (option) this.#pick(option);
    else if (this.#creation()) this.#create(this.#creation());
  }

  #option(value: string): Option {
    return this.#known.get(value) ?? { value, label: value, color: "grey" };
  }

  #values(): TemplateResult {
    if (!this.chosen.length) {
      // an option whose value is empty says what choosing nothing means
      const none = this.multiple ? undefined : this.options.find((option) => option.value === "");
      return none ? html`${optionLook(none, this.look)}` : html`<span class="cut f3">${this.placeholder || t("选择")}</span>`;
    }
    if (!this.multiple) return html`${optionLook(this.#option(this.chosen[0]!), this.look)}`;
    const look = this.look === "plain" ? "chip" : this.look;
    return html`${this.chosen.map((value) => {
      const option = this.#option(value);
      return optionLook(option, look, this.disabled ? undefined : () => this.#drop(value), t("去掉 {name}", { name: option.label }));
    })}`;
  }

  #row(option: Option, index: number): TemplateResult {
    const picked = this.chosen.includes(option.value) || (!option.value && !this.multiple && !this.chosen.length);
    return html`<div
      class="menu-i sel-i ${index === this.cursor ? "cur" : ""}"
      data-keep-open="1"
      role="option"
      id=${`${this.#listId}-${index}`}
      aria-selected=${String(picked)}
      aria-disabled=${option.disabled ? "true" : nothing}
      @click=${() => this.#pick(option)}
      @pointermove=${() => (this.cursor = index)}
    >
      ${optionLook(option, this.look === "chip" ? "plain" : this.look)}${option.sub
        ? html`<span class="sub cut">${option.sub}</span>`
        : nothing}${picked ? html`<span class="tick">${icon("check")}</span>` : nothing}
    </div>`;
  }

  #rows(): TemplateResult {
    const list = this.#list();
    const creation = this.#creation();
    let group: string | undefined;
    const rows = list.map((option, index) => {
      const heading = option.group !== group && option.group ? html`<div class="menu-h">${option.group}</div>` : nothing;
      group = option.group;
      return html`${heading}${this.#row(option, index)}`;
    });
    const waiting = this.source && this.found === null;
    return html`${rows}${creation
      ? html`<div
          class="menu-i sel-i ${this.cursor >= list.length ? "cur" : ""}"
          data-keep-open="1"
          role="option"
          aria-selected="false"
          id=${`${this.#listId}-${list.length}`}
          @click=${() => this.#create(creation)}
        >
          ${icon("plus")}<span class="cut">${t("新建「{name}」", { name: creation })}</span>
        </div>`
      : nothing}${waiting
      ? html`<div class="menu-none"><div class="sk"></div></div>`
      : !list.length && !creation
        ? html`<div class="menu-none">${this.query ? t("没有叫这个的") : t("还没有可选的")}</div>`
        : nothing}`;
  }

  protected override render(): TemplateResult {
    const searching = this.search || this.source !== null || this.creatable || this.options.length > searchFrom;
    const active = this.opened ? `${this.#listId}-${this.cursor}` : nothing;
    return html`<div
        class="inp sel-box ${this.small ? "s" : ""} ${this.disabled ? "off" : ""} ${this.invalid ? "bad" : ""}"
        role="combobox"
        tabindex=${this.disabled ? "-1" : "0"}
        aria-label=${this.#name || nothing}
        aria-expanded=${String(this.opened)}
        aria-controls=${this.#listId}
        aria-haspopup="listbox"
        aria-disabled=${this.disabled ? "true" : nothing}
        aria-activedescendant=${searching ? nothing : active}
        @click=${() => (this.opened ? this.close() : this.open())}
        @keydown=${this.#key}
      >
        <span class="vals ${this.multiple ? "" : "one"}">${this.#values()}</span>
        <span class="arrow">${icon("chevron-down", 14)}</span>
      </div>
      <div class="menu sheet sel-list" popover @keydown=${this.#key} @change=${(event: Event) => event.stopPropagation()}>
        ${this.opened && searching
          ? html`<label class="inp s menu-find"
              >${icon("search", 14)}<input
                type="text"
                autocomplete="off"
                role="combobox"
                aria-expanded="true"
                aria-controls=${this.#listId}
                aria-activedescendant=${active}
                aria-label=${t("搜索")}
                placeholder=${this.creatable ? t("搜索或新建") : t("搜索")}
                .value=${this.query}
                @input=${this.#type}
            /></label>`
          : nothing}
        <div class="scroll" role="listbox" id=${this.#listId} aria-label=${this.#name || t("选项")} aria-multiselectable=${String(this.multiple)}>
          ${this.opened ? this.#rows() : nothing}
        </div>
      </div>`;
  }
}

define("hb-select", HbSelect);

/**
 * `<hb-fields>`: which fields are shown, and in which order (drag, or Alt with the arrow keys). `.fields`, `.value` (ids of
 * the shown fields, in order), `.primary` (always shown, first). Sends `change`; `.order` is the order of all, hidden ones too.
 */
import Sortable from "sortablejs";
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/filter.css";
import { define, HbElement, readJson } from "../base";
import { fieldIcon, type Field } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";

const searchFrom = 10;

export class HbFields extends HbElement {
  static formAssociated = true;
  static override properties = {
    fields: { attribute: false },
    primary: { type: String },
    name: { type: String },
    ids: { state: true },
    shown: { state: true },
    words: { state: true },
  };

  declare fields: Field[];
  declare primary: string;
  declare name: string;
  declare private ids: string[];
  declare private shown: Set<string>;
  declare private words: string;
  readonly #internals: ElementInternals | null;
  #sortable: Sortable | null = null;

  constructor() {
    super();
    this.fields = [];
    this.primary = "";
    this.name = "";
    this.ids = [];
    this.shown = new Set();
    this.words = "";
    this.#internals = "attachInternals" in this ? this.attachInternals() : null;
  }

  override connectedCallback(): void {
    if (this.dataset.fields && !this.fields.length) this.fields = readJson<Field[]>(this.dataset.fields) ?? [];
    if (this.dataset.value) this.value = readJson<string[]>(this.dataset.value) ?? [];
    super.connectedCallback();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sortable?.destroy();
    this.#sortable = null;
  }

  /** Ids of the shown fields, in order. */
  get value(): string[] {
    return this.order.filter((id) => this.shown.has(id) || id === this.primary);
  }

  set value(ids: readonly string[]) {
    this.shown = new Set(ids);
    const missing = this.fields.map((field) => field.id).filter((id) => !ids.includes(id) && !this.ids.includes(id));
    const hidden = this.ids.filter((id) => !ids.includes(id));
    this.ids = [...ids, ...hidden, ...missing];
    this.#tellForm();
  }

  /** Ids of all fields in their order; the primary one first. */
  get order(): string[] {
    const known = new Set(this.fields.map((field) => field.id));
    const all = [...this.ids.filter((id) => known.has(id)), ...[...known].filter((id) => !this.ids.includes(id))];
    return this.primary ? [this.primary, ...all.filter((id) => id !== this.primary)] : all;
  }

  /** Set order and shown fields apart (a view keeps the place of hidden columns). */
  set order(ids: readonly string[]) {
    this.ids = [...ids];
  }

  #tellForm(): void {
    this.#internals?.setFormValue(JSON.stringify(this.value));
  }

  #changed(): void {
    this.#tellForm();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #toggle(id: string): void {
    const shown = new Set(this.shown);
    if (!shown.delete(id)) shown.add(id);
    this.shown = shown;
    this.#changed();
  }

  #all(shown: boolean): void {
    this.shown = new Set(shown ? this.fields.map((field) => field.id) : []);
    this.#changed();
  }

  #move(id: string, to: number): void {
    const order = this.order.filter((other) => other !== id);
    order.splice(Math.max(this.primary ? 1 : 0, to), 0, id);
    this.ids = order;
    this.#changed();
  }

  #key(event: KeyboardEvent, id: string): void {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    this.#move(id, this.order.indexOf(id) + (event.key === "ArrowDown" ? 1 : -1));
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"] input`)?.focus());
  }

  protected override updated(): void {
    const list = this.querySelector<HTMLElement>(".fl-list");
    if (!list || this.#sortable) return;
    this.#sortable = Sortable.create(list, {
      handle: ".fl-grip",
      animation: 120,
      draggable: ".fl-i:not(.fixed)",
      onEnd: (event) => {
        const id = event.item.dataset.id!;
        const ids = [...list.querySelectorAll<HTMLElement>(".fl-i")].map((item) => item.dataset.id!);
        const to = ids.indexOf(id);
        // Lit draws the list itself: the element goes back to where it was, and the data moves.
        const before = list.querySelectorAll(".fl-i")[event.oldIndex! + (event.oldIndex! > event.newIndex! ? 1 : 0)];
        list.insertBefore(event.item, before ?? null);
        this.#move(id, to);
      },
    });
  }

  #row(field: Field): TemplateResult {
    const fixed = field.id === this.primary;
    const on = fixed || this.shown.has(field.id);
    return html`<label class="menu-i fl-i ${fixed ? "fixed" : ""}" data-id=${field.id} @keydown=${(event: KeyboardEvent) => this.#key(event, field.id)}>
      <span class="fl-grip" aria-hidden="true">${fixed ? nothing : icon("grip-vertical", 14)}</span>${icon(fieldIcon(field))}<span class="cut grow">${field.name}</span
      ><input type="checkbox" class="sw" role="switch" aria-label=${field.name} .checked=${on} ?disabled=${fixed} @change=${(event: Event) => {
        event.stopPropagation();
        this.#toggle(field.id);
      }} />
    </label>`;
  }

  protected override render(): TemplateResult {
    const words = this.words.trim().toLowerCase();
    const byId = new Map(this.fields.map((field) => [field.id, field]));
    const fields = this.order.map((id) => byId.get(id)!).filter((field) => !words || field.name.toLowerCase().includes(words));
    return html`${this.fields.length > searchFrom
        ? html`<label class="inp s menu-find">${icon("search", 14)}<input type="search" aria-label=${t("搜索字段")} placeholder=${t("搜索字段")} @input=${(event: Event) => (this.words = (event.target as HTMLInputElement).value)} /></label>`
        : nothing}
      <div class="fl-list">${fields.map((field) => this.#row(field))}</div>
      <div class="fb-add"><button type="button" class="btn s g" @click=${() => this.#all(true)}>${t("全部显示")}</button><button type="button" class="btn s g" @click=${() => this.#all(false)}>${t("全部隐藏")}</button></div>`;
  }
}

define("hb-fields", HbFields);

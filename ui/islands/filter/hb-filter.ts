/**
 * `<hb-filter>`: the one filter builder, in views, automations, widgets, rules and forms. A tree of conditions joined by
 * and / or, as `runtime.definitions.queries` has it.
 *
 *     <hb-filter name="where" data-fields="fields" data-value="where"></hb-filter>      (ids of json_data scripts)
 *
 * or set `.fields`, `.value`. Sends `change`; `.value` is the filter of what is complete (null for none). In a form it
 * stands under its `name` as JSON ("" for none). `eager`: an empty filter begins with a condition to fill in. `.findLinks` serves the values of link fields.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import "../../styles/filter.css";
import { api } from "../api";
import { define, HbElement, readJson } from "../base";
import { fieldIcon, type Condition, type Field, type Filter, type Group, type LinkValue, type Value } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import type { PartValue, ValueOption } from "../template-text/parts";
import { operandTemplate, type OperandHost } from "./operand";
import { operatorLabel, operatorsOf } from "./operators";
import { addAt, asGroup, changeAt, deepest, finished, newCondition, removeAt, unfinished, withField, withOperator, type Path } from "./tree";

interface LinkAnswer {
  records: { id: string; name: string; details?: string }[];
}

export class HbFilter extends HbElement {
  static formAssociated = true;
  static override properties = {
    fields: { attribute: false },
    findLinks: { attribute: false },
    valuesFor: { attribute: false },
    named: { attribute: false },
    name: { type: String },
    lead: { type: String },
    disabled: { type: Boolean },
    eager: { type: Boolean },
    careful: { type: Boolean },
    root: { state: true },
  };

  declare fields: Field[];
  /** Finds records for the values of a link field; by default the table's choices. */
  declare findLinks: (field: Field, words: string) => Promise<Option[]>;
  /** Values from elsewhere that may stand as the operand for a field; none by default. */
  declare valuesFor: (field: Field) => ValueOption[];
  /** What such a value is called. */
  declare named: (value: PartValue) => ValueOption | undefined;
  declare name: string;
  /** The word before the first condition. */
  declare lead: string;
  declare disabled: boolean;
  declare eager: boolean;
  /** Say that conditions which are not filled in do not count. */
  declare careful: boolean;
  declare private root: Group;
  readonly #internals: ElementInternals | null;
  /** Names of linked records that conditions mention, as far as known. */
  readonly #names = new Map<string, string>();
  #told = "";
  /** The person has taken the last condition out. */
  #emptied = false;
  /** What is being typed, told when the person rests or leaves the field. */
  #typed: { path: Path; value: Value } | null = null;
  #timer = 0;

  constructor() {
    super();
    this.fields = [];
    this.findLinks = async (field, words) => {
      const { records } = await api.get<LinkAnswer>(`/api/v1/tables/${field.options.table ?? ""}/choices`, { params: { q: words } });
      return records.map((record) => ({ value: record.id, label: record.name, sub: record.details }));
    };
    this.valuesFor = () => [];
    this.named = () => undefined;
    this.name = "";
    this.lead = "";
    this.disabled = false;
    this.eager = false;
    this.careful = false;
    this.root = asGroup(null);
    this.#internals = "attachInternals" in this ? this.attachInternals() : null;
  }

  override connectedCallback(): void {
    if (this.dataset.fields && !this.fields.length) this.fields = readJson<Field[]>(this.dataset.fields) ?? [];
    if (this.dataset.value) this.value = readJson<Filter>(this.dataset.value);
    super.connectedCallback();
  }

  /** The filter of all complete conditions; null for none. */
  get value(): Filter | null {
    return finished(this.root, this.fields);
  }

  set value(value: Filter | null) {
    this.root = asGroup(value);
    this.#emptied = false;
    this.#told = JSON.stringify(value);
    for (const condition of conditions(this.root)) this.#learnNames(condition.value);
  }

  /** Conditions that are not filled in yet. */
  get unfinished(): number {
    return unfinished(this.root, this.fields);
  }

  /** Begin a condition on a field (as "filter by this column" does). */
  add(fieldId?: string): void {
    const field = this.fields.find((found) => found.id === fieldId) ?? this.#usable()[0];
    // A condition that nobody has filled in yet was only an invitation.
    if (field) this.#set(addAt(this.value ? this.root : asGroup(null), [], newCondition(field)));
    void this.updateComplete.then(() => this.#focusLast());
  }

  /** A first condition, on a select if there is one: that is what people filter by. */
  #begin(): void {
    const fields = this.#usable();
    const field = fields.find((found) => found.options.machine) ?? fields.find((found) => found.type === "single_select") ?? fields[0];
    if (field) this.root = addAt(this.root, [], newCondition(field));
  }

  #focusLast(): void {
    const rows = this.querySelectorAll<HTMLElement>(".fb");
    rows[rows.length - 1]?.querySelector<HTMLElement>(".fb-value input, .fb-value .sel-box")?.focus();
  }

  #learnNames(value: Value): void {
    if (!Array.isArray(value)) return;
    for (const item of value as unknown[]) {
      const link = item as LinkValue;
      if (typeof item === "object" && item && link.id) this.#names.set(link.id, link.name);
    }
  }

  #usable(): Field[] {
    return this.fields.filter((field) => operatorsOf(field).length > 0);
  }

  #set(root: Group): void {
    this.root = root;
    this.#emptied = !(root.items ?? []).length;
    const value = this.value;
    const text = JSON.stringify(value);
    this.#internals?.setFormValue(value ? text : "");
    if (text === this.#told) return;
    this.#told = text;
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.eager && !this.disabled && !(this.root.items ?? []).length && !this.#emptied) this.#begin();
    if (changed.has("root") || changed.has("fields")) {
      const value = this.value;
      this.#internals?.setFormValue(value ? JSON.stringify(value) : "");
    }
  }

  #change(path: Path, change: (condition: Condition) => Condition): void {
    this.#set(changeAt(this.root, path, (item) => (item.kind === "condition" ? change(item) : item)));
  }

  #setValue(path: Path, value: Value): void {
    this.#change(path, (condition) => ({ ...condition, value }));
  }

  #operandHost(path: Path): OperandHost {
    return {
      disabled: this.disabled,
      names: this.#names,
      findLinks: this.findLinks,
      valuesFor: this.valuesFor,
      named: this.named,
      set: (value) => {
        if (this.#typed?.path.join() === path.join()) this.#typed = null;
        this.#settle();
        this.#setValue(path, value);
      },
      type: (value) => {
        if (this.#typed && this.#typed.path.join() !== path.join()) this.#settle();
        this.#typed = { path, value };
        clearTimeout(this.#timer);
        this.#timer = window.setTimeout(() => this.#settle(), 250);
      },
    };
  }

  /** What is typed counts now: whoever leaves its field, or presses Enter, may store or publish in the next moment. */
  #settle(): void {
    clearTimeout(this.#timer);
    const typed = this.#typed;
    this.#typed = null;
    if (typed) this.#setValue(typed.path, typed.value);
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult {
    if (this.fields.length && !this.#usable().length) return html`<p class="f3">${t("这张表没有可以筛选的字段")}</p>`;
    // Changes of the controls inside are this element's own business; it sends one of its own.
    const changed = (event: Event) => {
      event.stopPropagation();
      this.#settle();
    };
    return html`<div @change=${changed}>${this.#group(this.root, [])}${this.#careful()}</div>`;
  }

  #group(group: Group, path: Path): TemplateResult {
    const items = group.items ?? [];
    const rows = items.map((item, index) => this.#item(group, item, [...path, index], index));
    return html`<div class="fb-group" role="group" aria-label=${path.length ? t("条件组") : t("筛选条件")}>
      ${rows}
      ${this.disabled
        ? nothing
        : html`<div class="fb-add">
            <button type="button" class="btn s g brand-t" @click=${() => this.#addCondition(path)}>${icon("plus", 14)}${t("条件")}</button>
            ${path.length + 1 < deepest
              ? html`<button type="button" class="btn s g" @click=${() => this.#addGroup(path)}>${icon("plus", 14)}${t("条件组")}</button>`
              : nothing}
          </div>`}
    </div>`;
  }

  /** Says that what is not filled in is not asked: nobody wants all records to be deleted by half a condition. */
  #careful(): TemplateResult | typeof nothing {
    return this.careful && !this.disabled && this.unfinished ? html`<p class="hint warn-t" role="status">${t("没填完的条件现在不算数")}</p>` : nothing;
  }

  #addCondition(path: Path): void {
    const field = this.#usable()[0];
    if (field) this.#set(addAt(this.root, path, newCondition(field)));
  }

  #addGroup(path: Path): void {
    const field = this.#usable()[0];
    if (field) this.#set(addAt(this.root, path, { kind: "group", conjunction: "or", items: [newCondition(field)] }));
  }

  #item(group: Group, item: Filter, path: Path, index: number): TemplateResult {
    if (item.kind === "group") {
      return html`<div class="fb nest-row">${this.#conjunction(group, path, index)}
        <div class="nest">${this.#group(item, path)}</div>
        ${this.#removeButton(path)}</div>`;
    }
    const field = this.fields.find((found) => found.id === item.field);
    return html`<div class="fb">
      ${this.#conjunction(group, path, index)}
      ${field ? this.#condition(item, field, path) : html`<span class="note grow fb-lost">${t("这个字段已经没有了")}</span>`}
      ${this.#removeButton(path)}
    </div>`;
  }

  #removeButton(path: Path): TemplateResult {
    if (this.disabled) return html`<span></span>`;
    return html`<button type="button" class="icb" aria-label=${t("去掉这个条件")} @click=${() => this.#set(removeAt(this.root, path))}>${icon("x", 14)}</button>`;
  }

  #conjunction(group: Group, path: Path, index: number): TemplateResult {
    const conjunction = group.conjunction ?? "and";
    const words = { and: t("且"), or: t("或") };
    if (index === 0) return html`<span class="fb-word f3">${path.length > 1 ? t("其中") : this.lead || t("当")}</span>`;
    if (index > 1 || this.disabled) return html`<span class="fb-word">${words[conjunction]}</span>`;
    const parent = path.slice(0, -1);
    return html`<span class="sel fb-word"
      ><select
        class="inp s"
        aria-label=${t("条件之间的关系")}
        @change=${(event: Event) => {
          const chosen = (event.target as HTMLSelectElement).value as "and" | "or";
          this.#set(changeAt(this.root, parent, (found) => ({ ...found, conjunction: chosen }) as Group));
        }}
      >
        <option value="and" ?selected=${conjunction === "and"}>${words.and}</option>
        <option value="or" ?selected=${conjunction === "or"}>${words.or}</option>
      </select></span
    >`;
  }

  #condition(condition: Condition, field: Field, path: Path): TemplateResult {
    const options = this.#usable().map((found) => ({ value: found.id, label: found.name, icon: fieldIcon(found) }));
    const operators = operatorsOf(field);
    return html`<hb-select
        small
        class="fb-field"
        label=${t("字段")}
        ?disabled=${this.disabled}
        .options=${options}
        .value=${field.id}
        @change=${(event: Event) => {
          const chosen = this.fields.find((found) => found.id === (event.currentTarget as HbSelect).value);
          if (chosen) this.#change(path, (old) => withField(old, chosen));
        }}
      ></hb-select>
      <span class="sel fb-op"
        ><select
          class="inp s"
          aria-label=${t("怎么比较")}
          ?disabled=${this.disabled}
          .value=${condition.op}
          @change=${(event: Event) => this.#change(path, (old) => withOperator(old, field, (event.target as HTMLSelectElement).value))}
        >
          ${operators.map((op) => html`<option value=${op} ?selected=${op === condition.op}>${operatorLabel(op, field)}</option>`)}
        </select></span
      >
      <div class="fb-value">${operandTemplate(this.#operandHost(path), condition, field)}</div>`;
  }
}

function* conditions(filter: Filter): IterableIterator<Condition> {
  if (filter.kind === "condition") yield filter;
  else for (const item of filter.items ?? []) yield* conditions(item);
}

define("hb-filter", HbFilter);

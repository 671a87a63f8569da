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
import { debounce } from "../dom";
import { fieldIcon, stateGlyph, type Condition, type Field, type Filter, type Group, type LinkValue, type Value } from "../fields/field";
import { fromLocal, toLocal } from "../fields/format";
import { typeUi } from "../fields/types";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import type { PartValue, ValueOption } from "../template-text/parts";
import { pickValue } from "../template-text/picker";
import { isDuration, operatorLabel, operatorsOf, periodLabel, periods, startValue, takesValues, unitLabel, units, valueKind } from "./operators";
import { asOperand, valueIn } from "./values";
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
  declare private root: Group;
  readonly #internals: ElementInternals | null;
  /** Names of linked records that conditions mention, as far as known. */
  readonly #names = new Map<string, string>();
  #told = "";
  /** The person has taken the last condition out. */
  #emptied = false;

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

  readonly #typeSoon = debounce((path: Path, value: Value) => this.#setValue(path, value), 250);

  /* ---- drawing ---- */

  protected override render(): TemplateResult {
    if (this.fields.length && !this.#usable().length) return html`<p class="f3">${t("这张表没有可以筛选的字段")}</p>`;
    // Changes of the controls inside are this element's own business; it sends one of its own.
    return html`<div @change=${(event: Event) => event.stopPropagation()}>${this.#group(this.root, [])}</div>`;
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
      <div class="fb-value">${this.#operand(condition, field, path)}</div>`;
  }

  /** A fixed operand, with a picker of values beside it where there are any; or the value that was picked. */
  #operand(condition: Condition, field: Field, path: Path): TemplateResult | typeof nothing {
    const value = valueIn(condition.value);
    if (value) return this.#chip(value, () => this.#setValue(path, startValue(field, condition.op, undefined)));
    const options = takesValues(field, condition.op) && !this.disabled ? this.valuesFor(field) : [];
    const fixed = this.#value(condition, field, path);
    if (!options.length) return fixed;
    const pick = (event: Event) => pickValue(event.currentTarget as HTMLElement, options, (chosen) => this.#setValue(path, asOperand(chosen)));
    return html`<div class="row fb-with">
      <div class="grow">${fixed}</div>
      <button type="button" class="icb" aria-label=${t("用别处的值")} data-tip=${t("用别处的值")} aria-haspopup="listbox" @click=${pick}>${icon("braces", 15)}</button>
    </div>`;
  }

  #chip(value: PartValue, clear: () => void): TemplateResult {
    const option = this.named(value);
    return html`<div class="inp s">
      <span class="vchip ${option ? "" : "lost"}"
        >${icon(option?.icon ?? "circle-alert", 13)}<span class="cut">${option?.label ?? t("已经没有了")}</span>${this.disabled ? nothing : html`<button type="button" class="x" aria-label=${t("换成固定的值")} @click=${clear}>${icon("x", 12)}</button>`}</span
      >${option?.group ? html`<span class="f3 t12 cut">${option.group}</span>` : nothing}
    </div>`;
  }

  #value(condition: Condition, field: Field, path: Path): TemplateResult | typeof nothing {
    const { value } = condition;
    switch (valueKind(field, condition.op)) {
      case "none":
        return nothing;
      case "yes":
        return this.#select([{ value: "true", label: t("勾选") }, { value: "false", label: t("没勾选") }], String(value), (chosen) => this.#setValue(path, chosen === "true"));
      case "period":
        return this.#select(periods.map((period) => ({ value: period, label: periodLabel(period) })), String(value), (chosen) => this.#setValue(path, chosen));
      case "duration":
        return this.#duration(value, path);
      case "range":
        return this.#pair(value, path, (part, index) => this.#number(field, part, (next) => this.#setPart(path, value, index, next)));
      case "date-range":
        return this.#pair(value, path, (part, index) => this.#date(field, part, (next) => this.#setPart(path, value, index, next)));
      case "date":
        return this.#date(field, value, (next) => this.#setValue(path, next));
      case "number":
        return this.#number(field, value, (next) => this.#typeSoon(path, next));
      case "choice":
      case "choices":
        return this.#choices(condition, field, path);
      case "links":
        return this.#links(field, value, path);
      case "texts":
        return this.#texts(value, path);
      default:
        return this.#text(value, path);
    }
  }

  #setPart(path: Path, value: Value, index: number, next: Value): void {
    const parts = Array.isArray(value) ? [...(value as Value[])] : [null, null];
    parts[index] = next;
    this.#setValue(path, parts);
  }

  #pair(value: Value, _path: Path, make: (part: Value, index: number) => TemplateResult): TemplateResult {
    const parts = Array.isArray(value) ? (value as Value[]) : [null, null];
    return html`<div class="row fb-pair">${make(parts[0], 0)}<span class="f3">${t("到")}</span>${make(parts[1], 1)}</div>`;
  }

  #select(options: Option[], value: string, choose: (value: string) => void, placeholder = ""): TemplateResult {
    return html`<hb-select
      small
      label=${t("值")}
      placeholder=${placeholder}
      ?disabled=${this.disabled}
      .options=${options}
      .value=${value}
      @change=${(event: Event) => {
        choose((event.currentTarget as HbSelect).value as string);
      }}
    ></hb-select>`;
  }

  #choices(condition: Condition, field: Field, path: Path): TemplateResult {
    const multiple = valueKind(field, condition.op) === "choices";
    const options: Option[] = typeUi(field.type)?.options?.(field) ?? (field.options.choices ?? []).map((choice) => ({ value: choice.name, label: choice.name, color: choice.color, glyph: stateGlyph(field, choice) || undefined }));
    return html`<hb-select
      small
      label=${field.name}
      look=${field.options.machine ? "pill" : "tag"}
      ?multiple=${multiple}
      ?disabled=${this.disabled}
      .options=${options}
      .value=${multiple ? (Array.isArray(condition.value) ? condition.value.map(String) : condition.value ? [String(condition.value)] : []) : String(condition.value ?? "")}
      @change=${(event: Event) => this.#setValue(path, (event.currentTarget as HbSelect).value)}
    ></hb-select>`;
  }

  #links(field: Field, value: Value, path: Path): TemplateResult {
    const ids = Array.isArray(value) ? (value as unknown[]).map((item) => (typeof item === "object" && item ? (item as LinkValue).id : String(item))) : [];
    return html`<hb-select
      small
      multiple
      look="chip"
      label=${field.name}
      ?disabled=${this.disabled}
      .options=${ids.map((id) => ({ value: id, label: this.#names.get(id) ?? id }))}
      .source=${async (words: string) => {
        const found = await this.findLinks(field, words);
        for (const option of found) this.#names.set(option.value, option.label);
        return found;
      }}
      .value=${ids}
      @change=${(event: Event) => this.#setValue(path, (event.currentTarget as HbSelect).value)}
    ></hb-select>`;
  }

  #texts(value: Value, path: Path): TemplateResult {
    const words = Array.isArray(value) ? (value as unknown[]).map(String) : [];
    return html`<hb-select
      small
      multiple
      creatable
      look="chip"
      label=${t("值")}
      placeholder=${t("输入后回车,可以加几个")}
      ?disabled=${this.disabled}
      .options=${words.map((word) => ({ value: word, label: word }))}
      .value=${words}
      @change=${(event: Event) => this.#setValue(path, (event.currentTarget as HbSelect).value)}
    ></hb-select>`;
  }

  #text(value: Value, path: Path): TemplateResult {
    return html`<input
      class="inp s"
      type="text"
      aria-label=${t("值")}
      placeholder=${t("输入内容")}
      ?disabled=${this.disabled}
      .value=${typeof value === "object" && value !== null ? "" : String(value ?? "")}
      @input=${(event: Event) => this.#typeSoon(path, (event.target as HTMLInputElement).value)}
      @change=${(event: Event) => this.#setValue(path, (event.target as HTMLInputElement).value)}
    />`;
  }

  #number(field: Field, value: Value, set: (value: Value) => void): TemplateResult {
    const ui = typeUi(field.type);
    if (ui?.read) return this.#amount(field, value, set);
    const percent = field.type === "percent";
    const shown = value === null || value === undefined || value === "" ? "" : percent ? String(Number((Number(value) * 100).toFixed(8))) : String(value);
    const read = (event: Event): Value => {
      const text = (event.target as HTMLInputElement).value.trim();
      if (text === "" || Number.isNaN(Number(text))) return null;
      return percent ? Number((Number(text) / 100).toFixed(10)) : Number(text);
    };
    const sign = percent ? "%" : field.type === "currency" ? (field.options.currency === "CNY" || !field.options.currency ? "¥" : field.options.currency) : field.options.unit;
    return html`<label class="inp s"
      >${sign && !percent && field.type === "currency" ? html`<span class="f3">${sign}</span>` : nothing}<input
        type="text"
        inputmode="decimal"
        aria-label=${t("值")}
        ?disabled=${this.disabled}
        .value=${shown}
        @input=${(event: Event) => set(read(event))}
      />${sign && (percent || field.type !== "currency") ? html`<span class="f3">${sign}</span>` : nothing}</label
    >`;
  }

  /** A number that has its own way of being written ("1:30", "50%"): sent as it is typed, the server reads it. */
  #amount(field: Field, value: Value, set: (value: Value) => void): TemplateResult {
    const ui = typeUi(field.type)!;
    return html`<input
      class="inp s"
      type="text"
      autocomplete="off"
      aria-label=${t("值")}
      ?disabled=${this.disabled}
      .value=${typeof value === "number" ? ui.editText!(field, value) : String(value ?? "")}
      @input=${(event: Event) => set((event.target as HTMLInputElement).value.trim() || null)}
    />`;
  }

  #date(field: Field, value: Value, set: (value: Value) => void): TemplateResult {
    const moment = field.type !== "date" && field.options.result !== "date";
    const text = typeof value === "string" ? value : "";
    const whole = /^\d{4}-\d{2}-\d{2}$/.test(text);
    const shown = moment && text && !whole ? toLocal(text).slice(0, 10) : text.slice(0, 10);
    const read = (event: Event): Value => {
      const day = (event.target as HTMLInputElement).value;
      return day ? (moment && text && !whole ? fromLocal(`${day}T00:00`) : day) : null;
    };
    return html`<input class="inp s" type="date" aria-label=${t("日期")} ?disabled=${this.disabled} .value=${shown} @change=${(event: Event) => set(read(event))} />`;
  }

  #duration(value: Value, path: Path): TemplateResult {
    const duration = isDuration(value) ? value : { amount: 24, unit: "hour" };
    return html`<div class="row fb-pair">
      <input
        class="inp s"
        type="number"
        min="1"
        step="1"
        aria-label=${t("多久")}
        ?disabled=${this.disabled}
        .value=${String(duration.amount)}
        @input=${(event: Event) => this.#typeSoon(path, { ...duration, amount: Number((event.target as HTMLInputElement).value) })}
      />
      <span class="sel"
        ><select class="inp s" aria-label=${t("单位")} ?disabled=${this.disabled} @change=${(event: Event) => this.#setValue(path, { ...duration, unit: (event.target as HTMLSelectElement).value })}>
          ${units.map((unit) => html`<option value=${unit} ?selected=${unit === duration.unit}>${unitLabel(unit)}</option>`)}
        </select></span
      >
    </div>`;
  }
}

function* conditions(filter: Filter): IterableIterator<Condition> {
  if (filter.kind === "condition") yield filter;
  else for (const item of filter.items ?? []) yield* conditions(item);
}

define("hb-filter", HbFilter);

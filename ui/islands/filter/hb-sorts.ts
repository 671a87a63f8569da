/**
 * `<hb-sorts>`: the order of records, first by one field, then by the next. Set `.fields`, `.value`; sends `change`. In a
 * form it stands under its `name` as JSON. `data-fields` and `data-value` name json_data scripts.
 */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/filter.css";
import { define, HbElement, readJson } from "../base";
import { fieldIcon, isNumeric, type Field, type Sort } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import { kindOf } from "./operators";

const most = 5;

export class HbSorts extends HbElement {
  static formAssociated = true;
  static override properties = {
    fields: { attribute: false },
    name: { type: String },
    disabled: { type: Boolean },
    sorts: { state: true },
  };

  declare fields: Field[];
  declare name: string;
  declare disabled: boolean;
  declare private sorts: Sort[];
  readonly #internals: ElementInternals | null;

  constructor() {
    super();
    this.fields = [];
    this.name = "";
    this.disabled = false;
    this.sorts = [];
    this.#internals = "attachInternals" in this ? this.attachInternals() : null;
  }

  override connectedCallback(): void {
    if (this.dataset.fields && !this.fields.length) this.fields = readJson<Field[]>(this.dataset.fields) ?? [];
    if (this.dataset.value) this.value = readJson<Sort[]>(this.dataset.value) ?? [];
    super.connectedCallback();
  }

  get value(): Sort[] {
    return this.sorts.map((sort) => ({ field: sort.field, descending: sort.descending ?? false }));
  }

  set value(value: readonly Sort[]) {
    this.sorts = [...value];
    this.#tellForm();
  }

  #tellForm(): void {
    this.#internals?.setFormValue(this.sorts.length ? JSON.stringify(this.value) : "");
  }

  #set(sorts: Sort[]): void {
    this.sorts = sorts;
    this.#tellForm();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #free(own?: string): Field[] {
    const used = new Set(this.sorts.map((sort) => sort.field));
    return this.fields.filter((field) => field.sortable !== false && (field.id === own || !used.has(field.id)));
  }

  /** The two directions in words that fit the field. */
  #directions(field: Field | undefined): [string, string] {
    if (!field) return [t("升序"), t("降序")];
    const kind = kindOf(field);
    if (isNumeric(field)) return [t("从小到大"), t("从大到小")];
    if (["date", "datetime", "created_time", "updated_time"].includes(kind)) return [t("从早到晚"), t("从晚到早")];
    if (kind === "single_select") return [t("按选项顺序"), t("按选项倒序")];
    return [t("升序"), t("降序")];
  }

  #change(index: number, change: Partial<Sort>): void {
    this.#set(this.sorts.map((sort, at) => (at === index ? { ...sort, ...change } : sort)));
  }

  #swap(index: number): void {
    const sorts = [...this.sorts];
    [sorts[index - 1], sorts[index]] = [sorts[index]!, sorts[index - 1]!];
    this.#set(sorts);
  }

  #row(sort: Sort, index: number): TemplateResult {
    const field = this.fields.find((found) => found.id === sort.field);
    const [up, down] = this.#directions(field);
    return html`<div class="fb fb-sort">
      <span class="fb-word f3">${index ? t("再按") : t("先按")}</span>
      <hb-select
        small
        label=${t("字段")}
        ?disabled=${this.disabled}
        .options=${this.#free(sort.field).map((found) => ({ value: found.id, label: found.name, icon: fieldIcon(found) }))}
        .value=${sort.field}
        @change=${(event: Event) => this.#change(index, { field: (event.currentTarget as HbSelect).value as string })}
      ></hb-select>
      <span class="sel"
        ><select class="inp s" aria-label=${t("顺序")} ?disabled=${this.disabled} @change=${(event: Event) => this.#change(index, { descending: (event.target as HTMLSelectElement).value === "down" })}>
          <option value="up" ?selected=${!sort.descending}>${up}</option>
          <option value="down" ?selected=${sort.descending ?? false}>${down}</option>
        </select></span
      >
      <button type="button" class="icb" ?disabled=${index === 0 || this.disabled} aria-label=${t("提前")} data-tip=${t("提前")} @click=${() => this.#swap(index)}>${icon("arrow-up", 14)}</button>
      <button type="button" class="icb" ?disabled=${this.disabled} aria-label=${t("去掉这个排序")} @click=${() => this.#set(this.sorts.filter((_sort, at) => at !== index))}>${icon("x", 14)}</button>
    </div>`;
  }

  protected override render(): TemplateResult {
    const free = this.#free();
    return html`<div class="fb-group" role="group" aria-label=${t("排序")} @change=${(event: Event) => event.stopPropagation()}>
      ${this.sorts.map((sort, index) => this.#row(sort, index))}
      ${!this.disabled && free.length && this.sorts.length < most
        ? html`<div class="fb-add"><button type="button" class="btn s g brand-t" @click=${() => this.#set([...this.sorts, { field: free[0]!.id, descending: false }])}>${icon("plus", 14)}${t("排序")}</button></div>`
        : nothing}
    </div>`;
  }
}

define("hb-sorts", HbSorts);

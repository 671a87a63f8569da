/** `<hb-transition-form>`: one transition, beside the picture. Set `.transition`, `.field`, `.fields`, `.stocks`; sends `hb:transition`. */
import { html, nothing, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import { choiceOf, fieldIcon, stateGlyph, type Field, type Filter } from "../fields/field";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { glyph, icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Effect, Transition } from "./types";

const settable = ["text", "long_text", "number", "currency", "percent", "checkbox", "date", "datetime", "single_select"];

class HbTransitionForm extends HbElement {
  static override properties = { transition: { attribute: false }, field: { attribute: false }, fields: { attribute: false }, stocks: { attribute: false } };
  declare transition: Transition | null;
  declare field: Field;
  declare fields: Field[];
  declare stocks: { id: string; name: string }[];

  constructor() {
    super();
    this.transition = null;
    this.fields = [];
    this.stocks = [];
  }

  #change(part: Partial<Transition>): void {
    if (!this.transition) return;
    this.transition = { ...this.transition, ...part };
    this.emit("hb:transition", this.transition);
  }

  #pill(id: number): TemplateResult | typeof nothing {
    const choice = this.field.options.choices?.find((one) => one.id === id);
    if (!choice) return nothing;
    const mark = stateGlyph(this.field, choice);
    return html`<span class="pill c-${choice.color} ${mark ? "" : "plain"}">${mark ? glyph(mark) : nothing}<span class="cut">${choice.name}</span></span>`;
  }

  #effect(effect: Effect, index: number): TemplateResult {
    const effects = this.transition?.effects ?? [];
    const put = (next: Effect) => this.#change({ effects: effects.map((one, at) => (at === index ? next : one)) });
    const remove = () => this.#change({ effects: effects.filter((_, at) => at !== index) });
    const names: Record<string, string> = { set_field: t("设置字段"), reserve_stock: t("预占库存,占不到就不让流转"), release_stock: t("释放预占的库存"), consume_stock: t("扣减库存(出库)") };
    const head = html`<div class="row"><b class="grow">${names[effect.kind]}</b><span class="tag c-indigo">${t("同一事务")}</span><button type="button" class="icb" aria-label=${t("删除动作")} @click=${remove}>${icon("x")}</button></div>`;
    if (effect.kind !== "set_field") return html`<div class="st-effect">${head}${this.stocks.length > 1 ? this.#stock(effect, put) : nothing}</div>`;
    const field = this.fields.find((one) => one.id === effect.field);
    return html`<div class="st-effect">${head}
      <span class="sel"><select class="inp" aria-label=${t("字段")} @change=${(event: Event) => {
        const next = this.fields.find((one) => one.id === (event.target as HTMLSelectElement).value);
        put({ ...effect, field: next?.id ?? "", value: next?.type === "datetime" || next?.type === "date" ? "$now" : null });
      }}>${this.#settable().map((one) => html`<option value=${one.id} ?selected=${one.id === effect.field}>${one.name}</option>`)}</select></span>
      ${this.#value(field, effect, put)}
    </div>`;
  }

  #stock(effect: Exclude<Effect, { kind: "set_field" }>, put: (effect: Effect) => void): TemplateResult {
    return html`<span class="sel"><select class="inp" aria-label=${t("库存规则")} @change=${(event: Event) => put({ ...effect, stock: (event.target as HTMLSelectElement).value })}>${this.stocks.map((one) => html`<option value=${one.id} ?selected=${one.id === effect.stock}>${one.name}</option>`)}</select></span>`;
  }

  #value(field: Field | undefined, effect: Extract<Effect, { kind: "set_field" }>, put: (effect: Effect) => void): TemplateResult | typeof nothing {
    if (!field) return nothing;
    const set = (value: unknown) => put({ ...effect, value });
    if (field.type === "datetime" || field.type === "date") return html`<span class="hint">${t("设为流转那一刻的时间")}</span>`;
    if (field.type === "checkbox") return html`<label class="opt-row"><input class="ck" type="checkbox" ?checked=${effect.value === true} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)} /><span>${t("勾上")}</span></label>`;
    if (field.type === "single_select") return html`<span class="sel"><select class="inp" aria-label=${t("值")} @change=${(event: Event) => set((event.target as HTMLSelectElement).value || null)}><option value="">${t("清空")}</option>${(field.options.choices ?? []).map((choice) => html`<option ?selected=${choice.name === effect.value}>${choice.name}</option>`)}</select></span>`;
    const number = ["number", "currency", "percent"].includes(field.type);
    return html`<input class="inp" aria-label=${t("值")} type=${number ? "number" : "text"} step="any" .value=${String(effect.value ?? "")} placeholder=${t("留空就清空")} @change=${(event: Event) => {
      const text = (event.target as HTMLInputElement).value;
      set(text === "" ? null : number ? Number(text) : text);
    }} />`;
  }

  #settable(): Field[] {
    return this.fields.filter((field) => settable.includes(field.type) && !field.readonly && field.id !== this.field.id);
  }

  #add(kind: string): void {
    const effects = this.transition?.effects ?? [];
    const stock = this.stocks[0]?.id ?? "";
    const first = this.#settable()[0];
    if (kind === "set_field" && first) this.#change({ effects: [...effects, { kind: "set_field", field: first.id, value: first.type.startsWith("date") ? "$now" : null }] });
    else if (stock) this.#change({ effects: [...effects, { kind: kind as "reserve_stock", stock }] });
  }

  protected override render(): TemplateResult | typeof nothing {
    const one = this.transition;
    if (!one) return nothing;
    const roles = [{ value: "editor", label: t("编辑者") }, { value: "builder", label: t("搭建者") }, { value: "owner", label: t("所有者") }];
    const required = this.fields.filter((field) => !field.readonly && field.type !== "checkbox" && field.id !== this.field.id);
    const adds = [{ kind: "set_field", label: t("设置字段") }, ...(this.stocks.length ? [{ kind: "reserve_stock", label: t("预占库存") }, { kind: "release_stock", label: t("释放预占") }, { kind: "consume_stock", label: t("扣减库存") }] : [])];
    return html`<div class="panel-h"><span class="st-way grow">${this.#pill(one.source)}${icon("arrow-right", 14)}${this.#pill(one.target)}</span>
        <button type="button" class="icb" aria-label=${t("删除这条流转")} data-tip=${t("删除这条流转")} @click=${() => this.emit("hb:transition-delete", one)}>${icon("trash-2")}</button>
        <button type="button" class="icb" data-close-panel aria-label=${t("关闭")}>${icon("x")}</button></div>
      <div class="panel-b st-form">
        <div class="field"><label class="lab" for="tf-label">${t("按钮名字")}</label><input class="inp" id="tf-label" maxlength="20" .value=${one.label ?? ""} placeholder=${choiceOf(this.field, this.field.options.choices?.find((c) => c.id === one.target)?.name)?.name ?? ""} @change=${(event: Event) => this.#change({ label: (event.target as HTMLInputElement).value.trim() })} /></div>
        <div class="field"><span class="lab">${t("谁可以")}</span><hb-select multiple label=${t("谁可以")} placeholder=${t("能编辑的人都可以")} .options=${roles} .value=${one.roles ?? []} @change=${(event: Event) => this.#change({ roles: (event.target as HbSelect).value as string[] })}></hb-select><p class="hint">${t("别的人看得到按钮,带锁并说明原因")}</p></div>
        <div class="field"><span class="lab">${t("要先填好")}</span><hb-select multiple label=${t("要先填好")} placeholder=${t("不要求")} .options=${required.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }))} .value=${one.required ?? []} @change=${(event: Event) => this.#change({ required: (event.target as HbSelect).value as string[] })}></hb-select></div>
        <div class="field"><span class="lab">${t("要满足")}</span><hb-filter .fields=${this.fields} .value=${one.guard ?? null} @change=${(event: Event) => this.#change({ guard: (event.target as HbFilter).value as Filter | null })}></hb-filter></div>
        ${one.guard ? html`<div class="field"><label class="lab" for="tf-refusal">${t("不满足时提示")}</label><input class="inp" id="tf-refusal" maxlength="200" .value=${one.refusal ?? ""} placeholder=${t("写给操作的人看,例如 风险分太高,先复核")} @change=${(event: Event) => this.#change({ refusal: (event.target as HTMLInputElement).value.trim() })} /></div>` : nothing}
        <div class="field"><span class="lab">${t("流转时做")}</span><div class="stack">${(one.effects ?? []).map((effect, index) => this.#effect(effect, index))}</div>
          <div class="wrap">${adds.map((add) => html`<button type="button" class="btn s g" @click=${() => this.#add(add.kind)}>${icon("plus", 14)}${add.label}</button>`)}</div></div>
      </div>`;
  }
}

export type { HbTransitionForm };
define("hb-transition-form", HbTransitionForm);

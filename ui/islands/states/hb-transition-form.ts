/**
 * `<hb-transition-form>`: one move, beside the picture. Set `.transition`, `.field` (as the draft has it), `.fields`, `.stocks`,
 * `.automations`, `.count`, `.problems` (paths below the transition), `.locked`; sends `hb:transition` (the changed move) and
 * `hb:transition-delete`.
 */
import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { Problem } from "../api";
import { settled } from "../automation/settled";
import { define, HbElement } from "../base";
import { fieldIcon, stateGlyph, type Field, type Filter } from "../fields/field";
import { formatNumber } from "../fields/format";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import type { ChoiceRecord } from "../grid/types";
import { glyph, icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { controlTemplate } from "../record/control";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import { keyOf } from "./draft";
import { listeners, roleName } from "./moves";
import type { Check, Effect, Listener, Transition } from "./types";

type StockEffect = Exclude<Effect, { kind: "set_field" }>;

export class HbTransitionForm extends HbElement {
  static override properties = {
    transition: { attribute: false },
    field: { attribute: false },
    fields: { attribute: false },
    stocks: { attribute: false },
    automations: { attribute: false },
    count: { attribute: false },
    problems: { attribute: false },
    locked: { type: Boolean },
  };
  declare transition: Transition | null;
  declare field: Field;
  declare fields: Field[];
  declare stocks: { id: string; name: string }[];
  declare automations: Listener[];
  /** Records in the state it leaves, and how many of them its conditions hold back. */
  declare count: Check["transitions"][number] | null;
  declare problems: Problem[];
  declare locked: boolean;

  constructor() {
    super();
    this.transition = null;
    this.fields = [];
    this.stocks = [];
    this.automations = [];
    this.count = null;
    this.problems = [];
    this.locked = false;
  }

  #change(part: Partial<Transition>): void {
    if (!this.transition || this.locked) return;
    this.transition = { ...this.transition, ...part };
    this.emit("hb:transition", this.transition);
  }

  #problem(path: string): TemplateResult | typeof nothing {
    const found = this.problems.find((problem) => problem.path === path || problem.path?.startsWith(`${path}.`));
    return found ? html`<p class="hint bad">${icon("circle-alert", 14)}${found.message}</p>` : nothing;
  }

  #pill(id: number): TemplateResult | typeof nothing {
    const choice = this.field.options.choices?.find((one) => one.id === id);
    if (!choice) return nothing;
    const mark = stateGlyph(this.field, choice);
    return html`<span class="pill c-${choice.color} ${mark ? "" : "plain"}">${mark ? glyph(mark) : nothing}<span class="cut">${choice.name}</span></span>`;
  }

  /** Fields that a move can fill: what people can, but no other state machine and no links. */
  #settable(): Field[] {
    return this.fields.filter((field) => (!field.readonly || field.read_only === true) && field.id !== this.field.id && field.type !== "link" && field.type !== "attachment" && !field.options.machine);
  }

  /* ---- what it does ---- */

  #putEffect(index: number, effect: Effect): void {
    this.#change({ effects: (this.transition?.effects ?? []).map((one, at) => (at === index ? effect : one)) });
  }

  #removeEffect(index: number): void {
    this.#change({ effects: (this.transition?.effects ?? []).filter((_, at) => at !== index) });
  }

  #addEffect(event: Event): void {
    const effects = this.transition?.effects ?? [];
    const first = this.#settable().find((field) => !effects.some((effect) => effect.kind === "set_field" && effect.field === field.id));
    const stock = this.stocks[0]?.id;
    const add = (effect: Effect) => this.#change({ effects: [...effects, effect] });
    const reason = t("先在应用设置里设好库存");
    const stockItem = (kind: StockEffect["kind"], label: string, name: string) => ({
      label,
      icon: name,
      disabled: !stock || effects.some((effect) => effect.kind === kind),
      ...(stock ? {} : { sub: reason }),
      run: () => stock && add({ kind, stock }),
    });
    openMenu(event.currentTarget as HTMLElement, [
      { label: t("填一个字段"), icon: "pencil", disabled: !first, run: () => first && add({ kind: "set_field", field: first.id, value: startValue(first) }) },
      stockItem("reserve_stock", t("预占库存"), "package-check"),
      stockItem("release_stock", t("释放预占"), "package-open"),
      stockItem("consume_stock", t("扣减库存(出库)"), "package-minus"),
    ]);
  }

  #effect(effect: Effect, index: number): TemplateResult {
    const names: Record<Effect["kind"], string> = {
      set_field: t("填一个字段"),
      reserve_stock: t("预占库存"),
      release_stock: t("释放预占"),
      consume_stock: t("扣减库存(出库)"),
    };
    const icons: Record<Effect["kind"], string> = { set_field: "pencil", reserve_stock: "package-check", release_stock: "package-open", consume_stock: "package-minus" };
    return html`<li class="st-effect">
      <div class="row">
        ${icon(icons[effect.kind])}<b class="grow">${names[effect.kind]}</b><span class="tag c-indigo" data-tip=${t("和流转一起成功或一起不做")}>${t("同一事务")}</span>
        ${this.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("去掉这件事")} @click=${() => this.#removeEffect(index)}>${icon("x", 14)}</button>`}
      </div>
      ${effect.kind === "set_field" ? this.#setField(effect, index) : this.#stock(effect, index)}
      ${this.#problem(`effects.${index}`)}
    </li>`;
  }

  #setField(effect: Extract<Effect, { kind: "set_field" }>, index: number): TemplateResult {
    const settable = this.#settable();
    const field = settable.find((one) => one.id === effect.field);
    return html`<hb-select
        label=${t("字段")}
        ?disabled=${this.locked}
        .options=${settable.map((one) => ({ value: one.id, label: one.name, icon: fieldIcon(one) }))}
        .value=${effect.field}
        @change=${(event: Event) => {
          event.stopPropagation();
          const next = settable.find((one) => one.id === (event.currentTarget as HbSelect).value);
          if (next) this.#putEffect(index, { kind: "set_field", field: next.id, value: startValue(next) });
        }}
      ></hb-select>
      ${field ? this.#value(field, effect, index) : nothing}`;
  }

  #value(field: Field, effect: Extract<Effect, { kind: "set_field" }>, index: number): TemplateResult {
    const put = (value: unknown) => this.#putEffect(index, { ...effect, value });
    const dated = field.type === "date" || field.type === "datetime";
    const now = effect.value === "$now";
    const switchNow = dated
      ? html`<label class="opt-row">
          <input type="checkbox" class="sw" role="switch" ?disabled=${this.locked} .checked=${now} @change=${(event: Event) => put((event.target as HTMLInputElement).checked ? "$now" : null)} />
          <span>${t("流转那一刻的时间")}</span>
        </label>`
      : nothing;
    const control = controlTemplate(field, { id: `tf-effect-${index}`, value: now ? null : effect.value, commit: put, cancel: () => {}, choices: (): Promise<ChoiceRecord[]> => Promise.resolve([]) });
    return html`${switchNow}${now || this.locked ? nothing : html`<div role="group" aria-label=${t("填成")}>${control}</div>`}`;
  }

  #stock(effect: StockEffect, index: number): TemplateResult {
    const words: Record<StockEffect["kind"], string> = {
      reserve_stock: t("每条明细都占到才流转,占不到就不让流转并说明缺什么"),
      release_stock: t("把这条记录的明细占着的都还回去"),
      consume_stock: t("占着的变成出库,在库数量跟着减"),
    };
    return html`<p class="hint">${words[effect.kind]}</p>
      ${this.stocks.length > 1
        ? html`<hb-select
            label=${t("库存规则")}
            ?disabled=${this.locked}
            .options=${this.stocks.map((one) => ({ value: one.id, label: one.name, icon: "package" }))}
            .value=${effect.stock}
            @change=${(event: Event) => {
              event.stopPropagation();
              this.#putEffect(index, { ...effect, stock: (event.currentTarget as HbSelect).value as string });
            }}
          ></hb-select>`
        : nothing}`;
  }

  /* ---- drawing ---- */

  #many(label: string, placeholder: string, options: { value: string; label: string; icon?: string }[], value: string[], set: (value: string[]) => void): TemplateResult {
    return html`<hb-select
      multiple
      look="chip"
      label=${label}
      placeholder=${placeholder}
      ?disabled=${this.locked}
      .options=${options}
      .value=${value}
      @change=${(event: Event) => {
        event.stopPropagation();
        set((event.currentTarget as HbSelect).value as string[]);
      }}
    ></hb-select>`;
  }

  #text(id: string, value: string, most: number, placeholder: string, set: (value: string) => void): TemplateResult {
    return html`<input class="inp" id=${id} maxlength=${most} autocomplete="off" placeholder=${placeholder} ?disabled=${this.locked} .value=${value} @change=${(event: Event) => event.stopPropagation()} @input=${(event: Event) => set((event.target as HTMLInputElement).value)} />`;
  }

  #after(move: Transition): TemplateResult | typeof nothing {
    const found = listeners(move, this.automations);
    if (!found.length) return nothing;
    return html`<ul class="st-effects">
      ${found.map(
        (one) =>
          html`<li class="st-effect">
            <div class="row">${icon("zap")}<a class="grow cut" href="/automations/${one.id}">${t("自动化「{name}」", { name: one.name })}</a><span class="hint">${one.enabled ? t("之后") : t("已停用")}</span></div>
          </li>`,
      )}
    </ul>`;
  }

  #heldBack(): TemplateResult | typeof nothing {
    const { count } = this;
    if (!count?.held_back) return nothing;
    const source = this.field.options.choices?.find((choice) => choice.id === count.source)?.name ?? "";
    return html`<div class="notice info">
      ${icon("info")}
      <p>${t("「{state}」里的 {all} 条记录,现在有 {n} 条不满足,暂时不能走这一步", { state: source, all: formatNumber(count.records), n: formatNumber(count.held_back) })}</p>
    </div>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const move = this.transition;
    if (!move) return nothing;
    const roles = ["editor", "builder", "owner"].map((value) => ({ value, label: roleName(value) }));
    const fillable = this.fields.filter((field) => !field.readonly && field.type !== "checkbox" && field.id !== this.field.id);
    const target = this.field.options.choices?.find((choice) => choice.id === move.target)?.name ?? "";
    return html`<div class="panel-h">
        <span class="st-way grow">${this.#pill(move.source)}${icon("arrow-right", 14)}${this.#pill(move.target)}</span>
        ${this.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("删除这条流转")} data-tip=${t("删除这条流转")} @click=${() => this.emit("hb:transition-delete", move)}>${icon("trash-2")}</button>`}
        <button type="button" class="icb" data-close-panel aria-label=${t("关闭")}>${icon("x")}</button>
      </div>
      <div class="panel-b st-form">
        ${this.#problem("source")}${this.#problem("target")}
        <div class="field">
          <label class="lab" for="tf-label">${t("按钮名字")}</label>${this.#text("tf-label", move.label ?? "", 20, target, (label) => this.#change({ label }))}${this.#problem("label")}
        </div>
        <div class="field" role="group" aria-label=${t("谁可以")}>
          <span class="lab">${t("谁可以")}</span>${this.#many(t("谁可以"), t("能编辑的人都可以"), roles, move.roles ?? [], (value) => this.#change({ roles: value }))}
          <p class="hint">${t("别的人看得到按钮,带锁并说明原因;自动化不受限制")}</p>
        </div>
        <div class="field" role="group" aria-label=${t("要先填好")}>
          <span class="lab">${t("要先填好")}</span>${this.#many(t("要先填好"), t("不要求"), fillable.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) })), move.required ?? [], (value) => this.#change({ required: value }))}${this.#problem("required")}
        </div>
        <div class="field" role="group" aria-label=${t("要满足")}>
          <span class="lab">${t("要满足")}</span>
          ${keyed(
            keyOf(move), // another move's filter begins anew, with nothing half typed
            html`<hb-filter lead=${t("当")} .fields=${this.fields} ?disabled=${this.locked} .value=${settled(move.guard ?? null)} @change=${(event: Event) => {
              event.stopPropagation();
              this.#change({ guard: (event.currentTarget as HbFilter).value as Filter | null });
            }}></hb-filter>`,
          )}
          ${this.#problem("guard")}
        </div>
        ${move.guard
          ? html`<div class="field"><label class="lab" for="tf-refusal">${t("不满足时提示")}</label>${this.#text("tf-refusal", move.refusal ?? "", 200, t("写给操作的人看,例如 风险分太高,先复核"), (refusal) => this.#change({ refusal }))}</div>`
          : nothing}
        <div class="field" role="group" aria-label=${t("流转时做")}>
          <span class="lab">${t("流转时做")}</span>
          <ul class="st-effects">${(move.effects ?? []).map((effect, index) => this.#effect(effect, index))}</ul>
          ${this.#after(move)}
          ${this.locked ? nothing : html`<button type="button" class="btn s g" aria-haspopup="menu" @click=${this.#addEffect}>${icon("plus", 14)}${t("动作")}</button>`}
        </div>
        ${this.#heldBack()}
      </div>`;
  }
}

/** What a field begins with when a move is to fill it. */
function startValue(field: Field): unknown {
  if (field.type === "date" || field.type === "datetime") return "$now";
  return field.type === "checkbox" ? true : null;
}

define("hb-transition-form", HbTransitionForm);

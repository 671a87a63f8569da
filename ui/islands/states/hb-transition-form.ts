/**
 * `<hb-transition-form>`: one move, beside the picture. Set `.transition`, `.field` (as the draft has it), `.fields`, `.stocks`,
 * `.automations`, `.count`, `.problems` (paths below the transition), `.locked`; sends `hb:transition` (the changed move) and
 * `hb:transition-delete`.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { showError, type Problem } from "../api";
import { settled } from "../automation/settled";
import { define, HbElement } from "../base";
import { fieldIcon, stateGlyph, type Field, type Filter } from "../fields/field";
import { formatNumber } from "../fields/format";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { glyph, icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { chooseSome } from "../select/choose";
import { tableInfo, type TableInfo } from "../table/info";
import { keyOf } from "./draft";
import { effectName, effectTemplate, formula, settable, startCreate, startValue, type EffectHost, type StockEffect } from "./effect-forms";
import { listeners, roleName } from "./moves";
import type { Check, Effect, Listener, PageData, Transition } from "./types";

export class HbTransitionForm extends HbElement implements EffectHost {
  static override properties = {
    transition: { attribute: false },
    field: { attribute: false },
    fields: { attribute: false },
    stocks: { attribute: false },
    automations: { attribute: false },
    people: { attribute: false },
    tables: { attribute: false },
    table: { attribute: false },
    info: { state: true },
    count: { attribute: false },
    problems: { attribute: false },
    locked: { type: Boolean },
  };
  declare transition: Transition | null;
  declare field: Field;
  declare fields: Field[];
  declare stocks: { id: string; name: string }[];
  declare automations: Listener[];
  declare people: PageData["people"];
  declare tables: PageData["tables"];
  /** The table the machine stands in. */
  declare table: string;
  declare info: TableInfo | null;
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
    this.people = [];
    this.tables = [];
    this.table = "";
    this.info = null;
    this.count = null;
    this.problems = [];
    this.locked = false;
  }

  readonly #others = new Map<string, TableInfo | null>();

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("table") && this.table && this.info?.id !== this.table) tableInfo(this.table).then((info) => (this.info = info), (failure: unknown) => showError(failure));
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

  /* ---- what it does ---- */

  problemAt(path: string): TemplateResult | typeof nothing {
    return this.#problem(path);
  }

  put(index: number, effect: Effect): void {
    this.#change({ effects: (this.transition?.effects ?? []).map((one, at) => (at === index ? effect : one)) });
  }

  drop(index: number): void {
    this.#change({ effects: (this.transition?.effects ?? []).filter((_, at) => at !== index) });
  }

  other(id: string): TableInfo | null {
    const known = this.#others.get(id);
    if (known === undefined) {
      this.#others.set(id, null);
      tableInfo(id).then(
        (info) => {
          this.#others.set(id, info);
          this.requestUpdate();
        },
        (failure: unknown) => showError(failure),
      );
    }
    return known ?? null;
  }

  #addEffect(event: Event): void {
    const effects = this.transition?.effects ?? [];
    const first = settable(this.fields, this.field.id).find((field) => !effects.some((effect) => effect.kind === "set_field" && effect.field === field.id));
    const stock = this.stocks[0]?.id;
    const add = (effect: Effect) => this.#change({ effects: [...effects, effect] });
    const reason = t("先在应用设置里设好库存");
    const stockItem = (kind: StockEffect["kind"], name: string) => ({
      label: effectName(kind),
      icon: name,
      disabled: !stock || effects.some((effect) => effect.kind === kind),
      ...(stock ? {} : { sub: reason }),
      run: () => stock && add({ kind, stock }),
    });
    openMenu(event.currentTarget as HTMLElement, [
      { label: effectName("set_field"), icon: "pencil", disabled: !first, run: () => first && add({ kind: "set_field", field: first.id, value: startValue(first) }) },
      stockItem("reserve_stock", "package-check"),
      stockItem("release_stock", "package-open"),
      stockItem("consume_stock", "package-minus"),
      { label: effectName("create_record"), icon: "file-plus", disabled: !this.tables.length, run: () => add(startCreate(this.tables, this.table)) },
    ]);
  }

  /* ---- drawing ---- */

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

  /** Roles and people, or automations alone. */
  #who(move: Transition, roles: { value: string; label: string }[]): TemplateResult {
    const members = move.members ?? [];
    const people = [
      ...this.people.filter((person) => !person.gone || members.includes(person.id)).map((person) => ({ value: person.id, label: person.gone ? t("{name}(已不在)", { name: person.name }) : person.name, icon: "user" })),
      ...members.filter((id) => !this.people.some((person) => person.id === id)).map((id) => ({ value: id, label: t("{name}(已不在)", { name: "?" }), icon: "user" })),
    ];
    const only = move.automations_only === true;
    return html`<div class="field" role="group" aria-label=${t("谁可以")}>
      <span class="lab">${t("谁可以")}</span>
      <label class="opt-row"><input type="checkbox" class="sw" role="switch" ?disabled=${this.locked} .checked=${only} @change=${(event: Event) => {
        event.stopPropagation();
        this.#change((event.target as HTMLInputElement).checked ? { automations_only: true, roles: [], members: [] } : { automations_only: false });
      }} /><span>${t("只由自动化来做")}<span class="hint">${t("人看不到这个按钮,接口、导入也不能走")}</span></span></label>
      ${only
        ? nothing
        : html`${chooseSome(this, t("哪些角色可以"), move.roles ?? [], roles, (value) => this.#change({ roles: value }), t("能编辑的人都可以"))}
            ${chooseSome(this, t("哪些人可以"), members, people, (value) => this.#change({ members: value }), t("再指定几个人"))}
            <p class="hint">${t("别的人看得到按钮,带锁并说明原因;自动化不受限制")}</p>`}
      ${this.#problem("members")}${this.#problem("roles")}
    </div>`;
  }

  /** A formula that has to give yes, beside the conditions or instead of them. */
  #formula(move: Transition): TemplateResult {
    const on = Boolean(move.formula);
    const first = this.fields.find((field) => ["number", "currency", "formula", "rollup"].includes(field.type)) ?? this.fields[0];
    const problem = this.problems.find((one) => one.path === "formula")?.message ?? "";
    return html`<div class="field" role="group" aria-label=${t("条件公式")}>
      <label class="opt-row"><input type="checkbox" class="sw" role="switch" ?disabled=${this.locked} .checked=${on} @change=${(event: Event) => {
        event.stopPropagation();
        this.#change({ formula: (event.target as HTMLInputElement).checked ? `{${first?.name ?? ""}}<>""` : "" });
      }} /><span>${t("用公式判断")}<span class="hint">${t("算出「是」才能流转,按流转以后的记录算")}</span></span></label>
      ${on ? formula(this, move.formula ?? "", false, (text) => this.#change({ formula: text }), problem) : nothing}
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
        ${this.#who(move, roles)}
        <div class="field" role="group" aria-label=${t("要先填好")}>
          <span class="lab">${t("要先填好")}</span>${chooseSome(this, t("要先填好"), move.required ?? [], fillable.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) })), (value) => this.#change({ required: value }), t("不要求"))}${this.#problem("required")}
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
        ${this.#formula(move)}
        ${move.guard || move.formula
          ? html`<div class="field"><label class="lab" for="tf-refusal">${t("不满足时提示")}</label>${this.#text("tf-refusal", move.refusal ?? "", 200, t("写给操作的人看,例如 风险分太高,先复核"), (refusal) => this.#change({ refusal }))}</div>`
          : nothing}
        <div class="field" role="group" aria-label=${t("流转时做")}>
          <span class="lab">${t("流转时做")}</span>
          <ul class="st-effects">${(move.effects ?? []).map((effect, index) => effectTemplate(this, effect, index))}</ul>
          ${this.#after(move)}
          ${this.locked ? nothing : html`<button type="button" class="btn s g" aria-haspopup="menu" @click=${this.#addEffect}>${icon("plus", 14)}${t("动作")}</button>`}
        </div>
        ${this.#heldBack()}
      </div>`;
  }
}

define("hb-transition-form", HbTransitionForm);

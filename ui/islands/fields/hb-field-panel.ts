/**
 * `<hb-field-panel>`: a field's settings beside its column. Set `.table` (as the API gives it), `.field` (id, null for a new
 * one), `.beside` (handed on to whoever places the new column). What was typed and not saved is there again when the panel is
 * opened again. After saving, `hb:field-saved` ({field, beside, created}) comes on the document and the panel closes.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import "../../styles/fields.css";
import { api, ApiError, Disconnected, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import type { ChoiceRecord } from "../grid/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch } from "../live";
import { controlTemplate } from "../record/control";
import { closePanel } from "../shell/panel";
import { deleteField, type Beside } from "../table/field-actions";
import { refreshTable, tableInfo, type TableInfo, type TableRef } from "../table/info";
import { toast, toastUndo } from "../toast/toast";
import { fieldIcon, type Field, type FieldOptions } from "./field";
import "./hb-choices";
import type { HbChoices } from "./hb-choices";
import "./hb-formula";
import type { HbFormula } from "./hb-formula";
import { impactTemplate, type Impact } from "./impact";
import { fieldKinds, type FieldKind } from "./kinds";
import { linkForm, lookupForm, rollupForm, type LinkHost } from "./link-forms";
import { autoNumberForm, currencyForm, datetimeForm, numberForm, percentForm, phoneForm, select, textForm, toggle } from "./option-forms";
import { canBeRequired, canBeUnique, canHaveDefault, changesValues, draftOf, emptyDraft, isSelect, newChoice, optionsOf, patchOf, specOf, withType, type ChoiceDraft, type FieldDraft } from "./spec";
import { openTypeMenu } from "./type-menu";

interface Use {
  kind: string;
  id: string;
  name: string;
  text: string;
}

/** What was typed and not saved, by table and field. */
const unsaved = new Map<string, FieldDraft>();

export class HbFieldPanel extends HbElement implements LinkHost {
  static override properties = {
    table: { attribute: false },
    field: { type: String },
    beside: { attribute: false },
    draft: { state: true },
    kinds: { state: true },
    problems: { state: true },
    impact: { state: true },
    foretelling: { state: true },
    busy: { state: true },
    siblings: { state: true },
    uses: { state: true },
    restored: { state: true },
  };

  declare table: TableInfo;
  declare field: string | null;
  declare beside: Beside | null;
  declare private draft: FieldDraft;
  declare private kinds: FieldKind[];
  declare private problems: Problem[];
  declare private impact: Impact | null;
  declare private foretelling: boolean;
  declare private busy: boolean;
  declare siblings: TableRef[];
  declare private uses: Use[];
  /** What is shown was typed before and not saved. */
  declare private restored: boolean;
  readonly #tables = new Map<string, TableInfo>();
  #key = "";
  #stop: () => void = () => undefined;
  #ask = 0;
  #done = false;

  constructor() {
    super();
    this.field = null;
    this.beside = null;
    this.draft = { ...emptyDraft };
    this.kinds = [];
    this.problems = [];
    this.impact = null;
    this.foretelling = false;
    this.busy = false;
    this.siblings = [];
    this.uses = [];
    this.restored = false;
  }

  /* ---- life ---- */

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("keydown", this.#keys);
    this.#stop = this.table ? watch([this.table.id], (change) => change.kind === "schema" && this.#refreshSoon()) : () => undefined;
    fieldKinds().then(
      (kinds) => (this.kinds = kinds),
      (failure: unknown) => showError(failure),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.removeEventListener("keydown", this.#keys);
    this.#stop();
    if (this.#done || !this.dirty) unsaved.delete(this.#key);
    else unsaved.set(this.#key, this.draft);
  }

  /** Somebody changed the table: its other fields are what is offered here. What is being typed stays. */
  readonly #refreshSoon = debounce(() => {
    if (!this.isConnected || this.busy) return;
    refreshTable(this.table.id).then(
      (table) => {
        const untouched = !this.dirty;
        this.table = table;
        this.#tables.set(table.id, table);
        if (untouched && this.original) this.draft = draftOf(this.original);
      },
      () => undefined, // the next change of the table, or saving, will say what is wrong
    );
  }, 200);

  protected override willUpdate(changed: PropertyValues): void {
    if (!this.table || !(changed.has("field") || changed.has("table"))) return;
    const key = `${this.table.id}/${this.field ?? "new"}`;
    if (key === this.#key) return;
    this.#key = key;
    const kept = unsaved.get(key);
    this.draft = kept ?? (this.original ? draftOf(this.original) : { ...emptyDraft });
    this.restored = kept !== undefined;
    this.problems = [];
    this.impact = null;
    this.uses = [];
    if (this.field) void this.#findUses(this.field);
    this.#need(this.draft);
    this.#foretellSoon();
    this.#refreshSoon(); // the page may not have heard yet of a field made a moment ago
  }

  protected override firstUpdated(): void {
    requestAnimationFrame(() => {
      const name = this.querySelector<HTMLInputElement>('input[name="name"]');
      name?.focus();
      if (this.original) name?.select();
    });
  }

  get original(): Field | null {
    return this.table?.fields.find((field) => field.id === this.field) ?? null;
  }

  /** Whether there is anything to save. */
  get dirty(): boolean {
    if (this.original) return patchOf(this.draft, this.original) !== null;
    return JSON.stringify(this.draft) !== JSON.stringify(emptyDraft);
  }

  /* ---- what the forms ask of it ---- */

  get options(): FieldOptions {
    return this.draft.options;
  }

  get locked(): boolean {
    return this.busy;
  }

  set(part: FieldOptions): void {
    this.#change({ options: { ...this.draft.options, ...part } }, Object.keys(part).map((key) => `options.${key}`));
  }

  problem(path: string): string {
    const place = `options.${path}`;
    return this.problems.find((problem) => problem.path === place || problem.path?.startsWith(`${place}.`))?.message ?? "";
  }

  tableOf(id: string): TableInfo | undefined {
    const found = this.#tables.get(id);
    if (!found) {
      tableInfo(id).then(
        (table) => {
          this.#tables.set(id, table);
          this.requestUpdate();
        },
        (failure: unknown) => showError(failure),
      );
    }
    return found;
  }

  #of(path: string): string {
    return this.problems.find((problem) => problem.path === path)?.message ?? "";
  }

  #change(part: Partial<FieldDraft>, places: string[] = Object.keys(part)): void {
    this.draft = { ...this.draft, ...part };
    this.problems = this.problems.filter((problem) => !places.some((place) => problem.path === place || problem.path?.startsWith(`${place}.`)));
    this.restored = false;
    this.#foretellSoon();
  }

  #type(type: string): void {
    this.problems = [];
    this.#change(withType(this.draft, type, this.original));
    this.#need(this.draft);
    if (isSelect(type) && !this.draft.choices.length && !this.original) this.#change({ choices: [newChoice("", [])] });
  }

  /** Ask for what the form of a type needs besides the table. */
  #need(draft: FieldDraft): void {
    if (!["link", "lookup", "rollup"].includes(draft.type) || this.siblings.length) return;
    api.get<{ tables: TableRef[] }>(`/api/v1/apps/${this.table.app}`).then(
      (app) => (this.siblings = app.tables),
      (failure: unknown) => showError(failure),
    );
  }

  async #findUses(field: string): Promise<void> {
    try {
      const { uses } = await api.get<{ uses: Use[] }>(`/api/v1/fields/${field}/uses`);
      if (field === this.field) this.uses = uses;
    } catch {
      // It is a remark at the foot of the panel; without it everything else works.
    }
  }

  /* ---- what will happen ---- */

  readonly #foretellSoon = debounce(() => void this.#foretell(), 350);

  async #foretell(): Promise<void> {
    const ask = (this.#ask += 1);
    const { original } = this;
    const patch = original ? patchOf(this.draft, original) : null;
    if (!original || !changesValues(patch) || !this.isConnected) {
      this.impact = null;
      this.foretelling = false;
      return;
    }
    this.foretelling = true;
    try {
      const impact = await api.post<Impact>(`/api/v1/fields/${original.id}/preview`, patch);
      if (ask === this.#ask) this.impact = impact;
    } catch (failure) {
      // What is not filled in yet is no fault while one is still at it.
      if (ask === this.#ask) this.impact = null;
      if (!(failure instanceof ApiError || failure instanceof Disconnected)) showError(failure);
    } finally {
      if (ask === this.#ask) this.foretelling = false;
    }
  }

  /* ---- saving ---- */

  readonly #keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      void this.#save();
    }
  };

  async #save(): Promise<void> {
    if (this.busy) return;
    const { original } = this;
    const patch = original ? patchOf(this.draft, original) : null;
    if (original && !patch) return this.#close();
    this.busy = true;
    this.problems = [];
    try {
      const saved = original ? await api.patch<Field>(`/api/v1/fields/${original.id}`, patch) : await api.post<Field>(`/api/v1/tables/${this.table.id}/fields`, specOf(this.draft));
      this.#done = true;
      const said = original ? t("已保存字段「{name}」", { name: saved.name }) : t("已新建字段「{name}」", { name: saved.name });
      toastUndo(said, () => void this.#undo());
      document.dispatchEvent(new CustomEvent("hb:field-saved", { detail: { field: saved.id, beside: this.beside, created: !original } }));
      // Meanwhile something else may have been opened in the panel.
      if (this.isConnected) closePanel();
    } catch (failure) {
      this.#refused(failure);
    } finally {
      this.busy = false;
    }
  }

  #refused(failure: unknown): void {
    if (failure instanceof ApiError) this.problems = failure.problems.length ? [...general(failure), ...failure.problems] : [{ code: failure.code, message: failure.message }];
    else if (failure instanceof Disconnected) toast(failure.message, { kind: "bad" });
    else showError(failure);
    void this.updateComplete.then(() => (this.querySelector<HTMLElement>('[aria-invalid="true"]') ?? this.querySelector<HTMLElement>(".fe-general"))?.focus());
  }

  async #undo(): Promise<void> {
    const { table } = this;
    try {
      const { what } = await api.post<{ what: string }>(`/api/v1/apps/${table.app}/undo`, {});
      toast(t("已撤销:{what}", { what }));
      document.dispatchEvent(new CustomEvent("hb:field-saved", { detail: { field: this.field ?? "", beside: null, created: false } }));
    } catch (failure) {
      showError(failure);
    }
  }

  #close(): void {
    closePanel();
  }

  #reset(): void {
    this.draft = this.original ? draftOf(this.original) : { ...emptyDraft };
    this.restored = false;
    this.problems = [];
    this.impact = null;
    unsaved.delete(this.#key);
  }

  async #delete(field: Field): Promise<void> {
    if (!(await deleteField(field))) return;
    this.#done = true;
    document.dispatchEvent(new CustomEvent("hb:field-saved", { detail: { field: field.id, beside: null, created: false } }));
    if (this.isConnected) closePanel();
  }

  /* ---- drawing ---- */

  #kind(type: string): FieldKind | undefined {
    return this.kinds.find((kind) => kind.name === type);
  }

  #openTypes(event: Event): void {
    const barred = new Map<string, string>();
    if (this.original && this.table.primary === this.original.id) {
      for (const type of ["checkbox", "multi_select", "link", "lookup", "rollup", "created_time", "updated_time", "created_by", "updated_by"]) barred.set(type, t("标题字段不能用这种类型"));
    }
    openTypeMenu(event.currentTarget as HTMLElement, { kinds: this.kinds, chosen: this.draft.type, barred, choose: (type) => this.#type(type) });
  }

  #typeRow(): TemplateResult {
    const kind = this.#kind(this.draft.type);
    const problem = this.#of("type");
    return html`<div class="field">
      <span class="lab" id="fe-type">${t("类型")}</span>
      <button type="button" class="inp fe-type-box" aria-labelledby="fe-type fe-type-name" aria-haspopup="dialog" ?disabled=${this.busy || !this.kinds.length} @click=${this.#openTypes}>
        ${kind ? icon(kind.icon) : nothing}<span class="grow cut" id="fe-type-name">${kind?.label ?? ""}</span>${icon("chevrons-up-down", 14)}
      </button>
      ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : kind ? html`<p class="hint">${kind.description}</p>` : nothing}
    </div>`;
  }

  #options(): TemplateResult | typeof nothing {
    switch (this.draft.type) {
      case "text":
        return this.original || this.draft.options.max_length !== undefined ? textForm(this) : nothing;
      case "number":
        return numberForm(this);
      case "currency":
        return currencyForm(this);
      case "percent":
        return percentForm(this);
      case "phone":
        return phoneForm(this);
      case "datetime":
        return datetimeForm(this);
      case "single_select":
      case "multi_select":
        return this.#choices();
      case "auto_number":
        return autoNumberForm(this);
      case "link":
        return linkForm(this);
      case "lookup":
        return lookupForm(this);
      case "rollup":
        return rollupForm(this);
      case "formula":
        return this.#formula();
      default:
        return nothing;
    }
  }

  #setChoices(choices: ChoiceDraft[]): void {
    // The default names a choice: it follows when the choice is called something else.
    const before = new Map(this.draft.choices.map((choice) => [choice.name, choice.key]));
    const after = new Map(choices.map((choice) => [choice.key, choice.name]));
    const follow = (name: string) => after.get(before.get(name) ?? "");
    const { default: old } = this.draft;
    let next: unknown = old;
    if (typeof old === "string") next = follow(old) ?? null;
    else if (Array.isArray(old)) next = (old as string[]).map(follow).filter((name) => name !== undefined);
    this.#change({ choices, default: Array.isArray(next) && !next.length ? null : next }, ["options.choices", "default"]);
  }

  #choices(): TemplateResult {
    const { original, draft } = this;
    const becomes = original !== null && !isSelect(original.type);
    const problems = new Map<number, string>();
    for (const problem of this.problems) {
      const place = /^options\.choices\.(\d+)/.exec(problem.path ?? "");
      if (place) problems.set(Number(place[1]), problem.message);
    }
    return html`<div class="field" role="group" aria-label=${t("选项")}>
        <span class="lab">${t("选项")}<span class="opt">${t("拖动排序,回车加下一个")}</span></span>
        ${becomes && !draft.choices.length ? html`<p class="hint">${t("不填就按现有内容自动生成选项")}</p>` : nothing}
        <hb-choices
          look=${draft.options.machine ? "pill" : "tag"}
          .value=${draft.choices}
          .problems=${problems}
          ?disabled=${this.busy}
          @change=${(event: Event) => {
            event.stopPropagation();
            this.#setChoices((event.currentTarget as HbChoices).value);
          }}
        ></hb-choices>
        ${problems.size || !this.problem("choices") ? nothing : html`<p class="hint bad">${icon("circle-alert", 14)}${this.problem("choices")}</p>`}
      </div>
      ${draft.type === "single_select" ? this.#machine() : nothing}`;
  }

  #machine(): TemplateResult {
    const { original } = this;
    const { machine } = this.draft.options;
    const href = original ? `/t/${this.table.id}/fields/${original.id}/states` : "";
    if (machine && original) {
      const text = t("{states} 个状态,{moves} 条流转", { states: this.draft.choices.length, moves: machine.transitions.length });
      return html`<div class="fe-machine">
        ${icon("workflow")}<span class="grow"><b>${t("状态流转")}</b><br /><span class="hint">${text}</span></span><a class="btn s" href=${href}>${t("编辑流转")}</a>
      </div>`;
    }
    const reason = original?.type === "single_select" ? t("规定能从哪个选项改到哪个,由谁改") : t("先保存这个字段,再设置流转");
    return html`<div class="fe-machine">
      ${icon("workflow")}<span class="grow"><b>${t("状态流转")}</b><br /><span class="hint">${reason}</span></span>
      ${original?.type === "single_select" ? html`<a class="btn s" href=${href}>${t("做成状态流转")}</a>` : nothing}
    </div>`;
  }

  #formula(): TemplateResult {
    const { options } = this.draft;
    const result = this.original?.options.result;
    return html`<hb-formula
        .table=${this.table}
        .own=${this.field}
        .value=${(options.source as string | undefined) ?? ""}
        .decimals=${options.decimals ?? 2}
        .problem=${this.problem("source")}
        @change=${(event: Event) => {
          event.stopPropagation();
          this.set({ source: (event.currentTarget as HbFormula).value });
        }}
      ></hb-formula>
      ${result === undefined || result === "number"
        ? html`<div class="field fe-short">
            <span class="lab">${t("结果是数字时的小数位")}</span>
            ${select(
              this,
              t("小数位"),
              String(options.decimals ?? 2),
              [0, 1, 2, 3, 4, 6].map((places) => ({ value: String(places), label: places ? t("最多 {n} 位", { n: places }) : t("整数") })),
              (value) => this.set({ decimals: Number(value) }),
            )}
          </div>`
        : nothing}`;
  }

  #rules(): TemplateResult | typeof nothing {
    const { type, required, unique, options } = this.draft;
    if (!canBeRequired(type) && !canBeUnique(type) && !canHaveDefault(type)) return nothing;
    return html`<section class="fe-sec" aria-label=${t("规则")}>
      ${canBeRequired(type) ? toggle(this, t("必填"), required, (on) => this.#change({ required: on })) : nothing}
      ${this.#ruleProblem("required")}
      ${canBeUnique(type) ? toggle(this, t("不能重复"), unique, (on) => this.#change({ unique: on, ...(on ? { default: null } : {}) }), unique ? t("保存时逐条核对,导入和接口也一样") : "") : nothing}
      ${this.#ruleProblem("unique")} ${canHaveDefault(type) && !unique && !options.machine ? this.#default() : nothing}
    </section>`;
  }

  #ruleProblem(path: string): TemplateResult | typeof nothing {
    const problem = this.#of(path);
    return problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : nothing;
  }

  #default(): TemplateResult {
    const { draft } = this;
    const dated = draft.type === "date" || draft.type === "datetime";
    const now = draft.default === "$now";
    const named = draft.choices.filter((choice) => choice.name.trim());
    const stand: Field = {
      id: "default",
      name: t("默认值"),
      type: draft.type,
      options: { ...optionsOf(draft), machine: null, choices: named.map((choice, index) => ({ id: index + 1, name: choice.name.trim(), color: choice.color })) },
    };
    const problem = this.#of("default");
    return html`<div class="field" role="group" aria-label=${t("默认值")}>
      <label class="lab" for="fe-default">${t("默认值")}<span class="opt">${t("新记录没填时用它")}</span></label>
      ${dated ? html`${toggle(this, draft.type === "date" ? t("新建那天") : t("新建的那一刻"), now, (on) => this.#change({ default: on ? "$now" : null }))}` : nothing}
      ${now
        ? nothing
        : controlTemplate(stand, {
            id: "fe-default",
            value: draft.default ?? null,
            invalid: Boolean(problem),
            commit: (value) => this.#change({ default: value === "" || value === false || (Array.isArray(value) && !value.length) ? null : value }),
            cancel: () => {},
            choices: (): Promise<ChoiceRecord[]> => Promise.resolve([]),
          })}
      ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : nothing}
    </div>`;
  }

  #used(): TemplateResult | typeof nothing {
    if (!this.uses.length) return nothing;
    const named = [...new Map(this.uses.map((use) => [use.text, use])).values()];
    return html`<details class="fe-sec fe-uses">
      <summary>${t("用在 {n} 个地方", { n: named.length })}</summary>
      <ul>
        ${named.map((use) => html`<li>${use.text}</li>`)}
      </ul>
    </details>`;
  }

  /** Problems that have no place of their own in the form. */
  #general(): TemplateResult | typeof nothing {
    const rest = this.problems.filter((problem) => !hasPlace(problem, this.draft.type));
    if (!rest.length) return nothing;
    return html`<div class="notice fe-general" role="alert" tabindex="-1">
      ${icon("circle-alert")}
      <div>
        <b>${rest[0]!.message}</b>
        ${rest.length > 1 ? html`<ul class="fe-notes">${rest.slice(1).map((problem) => html`<li>${problem.message}</li>`)}</ul>` : nothing}
      </div>
    </div>`;
  }

  #head(): TemplateResult {
    const { original } = this;
    return html`<div class="panel-h">
      ${original ? html`<span class="fe-icon">${icon(fieldIcon(original))}</span>` : nothing}
      <b class="grow cut">${original ? t("字段「{name}」", { name: original.name }) : t("新建字段")}</b>
      ${original && this.table.primary !== original.id
        ? html`<button type="button" class="icb" aria-label=${t("删除字段")} data-tip=${t("删除字段")} @click=${() => void this.#delete(original)}>${icon("trash-2")}</button>`
        : nothing}
      <button type="button" class="icb" data-close-panel aria-label=${t("关闭")}>${icon("x")}</button>
    </div>`;
  }

  protected override render(): TemplateResult {
    if (!this.table) return html``;
    const { original, draft } = this;
    const nameProblem = this.#of("name");
    const typeChanged = original !== null && draft.type !== original.type;
    const kind = this.#kind(draft.type)?.label ?? "";
    const danger = Boolean(this.impact?.unreadable) && typeChanged;
    return html`${this.#head()}
      <form class="fe-form" novalidate @submit=${(event: Event) => event.preventDefault()}>
        ${this.restored
          ? html`<div class="note warn">${icon("history", 14)}<span class="grow">${t("上次没保存的内容还在")}</span><button type="button" class="btn s g" @click=${() => this.#reset()}>${t("放弃")}</button></div>`
          : nothing}
        ${this.#general()}
        <div class="field">
          <label class="lab" for="fe-name">${t("名称")}</label>
          <input class="inp" id="fe-name" name="name" autocomplete="off" maxlength="80" aria-invalid=${nameProblem ? "true" : nothing} aria-describedby=${nameProblem ? "fe-name-problem" : nothing} ?disabled=${this.busy} .value=${draft.name} @input=${(event: Event) => this.#change({ name: (event.target as HTMLInputElement).value })} @keydown=${(event: KeyboardEvent) => {
            if (event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey) {
              event.preventDefault();
              void this.#save();
            }
          }} />
          ${nameProblem ? html`<p class="hint bad" id="fe-name-problem">${icon("circle-alert", 14)}${nameProblem}</p>` : nothing}
        </div>
        ${this.#typeRow()}
        <div class="fe-options">${this.#options()}</div>
        ${impactTemplate(this.impact, kind, typeChanged, this.foretelling)} ${this.#rules()}
        <details class="fe-sec" ?open=${Boolean(draft.description)}>
          <summary>${t("说明")}</summary>
          <textarea class="inp" name="description" rows="2" maxlength="2000" aria-label=${t("说明")} placeholder=${t("这个字段填什么,给同事看")} ?disabled=${this.busy} .value=${draft.description} @input=${(event: Event) => this.#change({ description: (event.target as HTMLTextAreaElement).value })}></textarea>
          ${this.#ruleProblem("description")}
        </details>
        ${this.#used()}
      </form>
      <div class="panel-f">
        <button type="button" class="btn" data-close-panel>${t("取消")}</button>
        <button type="button" class="btn p end" aria-busy=${this.busy ? "true" : nothing} @click=${() => void this.#save()}>
          ${original ? (danger ? t("保存,{n} 条留空", { n: this.impact!.unreadable }) : t("保存")) : t("新建")}
        </button>
      </div>`;
  }
}

/** The options that the form of a type shows, each with the place for its problem. */
const shownOptions: Record<string, string[]> = {
  text: ["max_length"],
  number: ["decimals", "unit", "minimum", "maximum"],
  currency: ["currency", "decimals"],
  percent: ["decimals"],
  phone: ["format"],
  single_select: ["choices"],
  multi_select: ["choices"],
  auto_number: ["segments", "restart"],
  link: ["table", "many", "inverse_name", "inverse_many"],
  lookup: ["link", "field"],
  rollup: ["link", "field", "fn", "where"],
  formula: ["source"],
};

/** Whether a problem is told beside the control it concerns. */
function hasPlace(problem: Problem, type: string): boolean {
  const [first, option] = (problem.path ?? "").split(".");
  if (first === "options") return (shownOptions[type] ?? []).includes(option ?? "");
  return ["name", "description", "type", "required", "unique", "default"].includes(problem.path ?? "");
}

/** The refusal's own sentence comes first where its problems are only examples or places. */
function general(failure: ApiError): Problem[] {
  const placed = failure.problems.some((problem) => /^(name|type|options|required|unique|default|description)\b/.test(problem.path ?? ""));
  return placed || failure.problems[0]?.message === failure.message ? [] : [{ code: failure.code, message: failure.message }];
}

define("hb-field-panel", HbFieldPanel);

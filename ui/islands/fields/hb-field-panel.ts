/**
 * `<hb-field-panel>`: a field's settings beside its column. Set `.table` (as the API gives it), `.field` (id, null for a new
 * one), `.beside` (handed on to whoever places the new column). What was typed and not saved is there again when the panel is
 * opened again. After saving, `hb:field-saved` ({field, beside, created, shown}) comes on the document, and the panel closes
 * when the page shows it.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import "../../styles/fields.css";
import { api, ApiError, Disconnected, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch } from "../live";
import { closePanel } from "../shell/panel";
import { deleteField, type Beside } from "../table/field-actions";
import { Refreshing } from "../refreshing";
import { refreshTable, tableInfo, type TableInfo, type TableRef } from "../table/info";
import type { FieldSaved } from "../table/structure";
import { toast, toastUndo } from "../toast/toast";
import { fieldIcon, type Field, type FieldOptions } from "./field";
import { atWorkTemplate, sayUndone, trackConversion, type Undone } from "./at-work";
import { Foretelling, type ForetellingHost } from "./foretelling";
import { impactCount, impactTemplate } from "./impact";
import { fieldKinds, type FieldKind } from "./kinds";
import { optionsForm, type FormHost } from "./panel-options";
import { draftOf, emptyDraft, isSelect, newChoice, patchOf, specOf, withType, type FieldDraft } from "./spec";
import { general, generalTemplate } from "./panel-problems";
import { ruleProblem, rulesForm } from "./panel-rules";
import { startOf } from "./state-time-form";
import { openTypeMenu } from "./type-menu";
import { lookTypes, typeUi } from "./types";
import { usesOf, usesTemplate, type Use } from "./uses";

/** A field as saving answers; `converting`: the job that gives it its new type. */
type Saved = Field & { converting?: string };

/** What was typed and not saved, by table and field. */
const unsaved = new Map<string, FieldDraft>();

export class HbFieldPanel extends HbElement implements ForetellingHost, FormHost {
  static override properties = {
    table: { attribute: false },
    field: { type: String },
    beside: { attribute: false },
    draft: { state: true },
    kinds: { state: true },
    problems: { state: true },
    busy: { state: true },
    siblings: { state: true },
    uses: { state: true },
    restored: { state: true },
  };

  declare table: TableInfo;
  declare field: string | null;
  declare beside: Beside | null;
  declare draft: FieldDraft;
  declare private kinds: FieldKind[];
  declare problems: readonly Problem[];
  declare private busy: boolean;
  declare siblings: TableRef[];
  declare private uses: Use[];
  /** What is shown was typed before and not saved. */
  declare private restored: boolean;
  readonly #tables = new Map<string, TableInfo>();
  #key = "";
  #stop: () => void = () => undefined;
  readonly #foretelling = new Foretelling(this);
  #done = false;

  constructor() {
    super();
    this.field = null;
    this.beside = null;
    this.draft = { ...emptyDraft };
    this.kinds = [];
    this.problems = [];
    this.busy = false;
    this.siblings = [];
    this.uses = [];
    this.restored = false;
  }

  /* ---- life ---- */

  #refreshing: Refreshing | null = null;

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
    this.#refreshing?.stop();
    this.#refreshing = null;
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
    if (this.#refreshing?.table !== this.table.id) {
      this.#refreshing?.stop();
      this.#refreshing = new Refreshing(this.table.id, () => this.requestUpdate());
    }
    const key = `${this.table.id}/${this.field ?? "new"}`;
    if (key === this.#key) return;
    this.#key = key;
    const kept = unsaved.get(key);
    this.draft = kept ?? (this.original ? draftOf(this.original) : { ...emptyDraft });
    this.restored = kept !== undefined;
    this.problems = [];
    this.#foretelling.clear();
    this.uses = [];
    if (this.field) void this.#findUses(this.field);
    this.#need(this.draft);
    this.#foretelling.soon();
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
    this.change({ options: { ...this.draft.options, ...part } }, Object.keys(part).map((key) => `options.${key}`));
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

  /** The message for a place outside the options, or "". */
  messageAt(path: string): string {
    return this.problems.find((problem) => problem.path === path)?.message ?? "";
  }

  change(part: Partial<FieldDraft>, places: string[] = Object.keys(part)): void {
    this.draft = { ...this.draft, ...part };
    this.problems = this.problems.filter((problem) => !places.some((place) => problem.path === place || problem.path?.startsWith(`${place}.`)));
    this.restored = false;
    this.#foretelling.soon();
  }

  /** The rule of a field that is not there yet names it as it is called now. */
  #name(name: string): void {
    const { draft } = this;
    const formula = this.original ? draft.formula : draft.formula.replaceAll(`{${draft.name.trim()}}`, `{${name.trim()}}`);
    this.change({ name, ...(formula === draft.formula ? {} : { formula }) }, ["name"]);
  }

  #type(type: string): void {
    this.problems = [];
    this.change(withType(this.draft, type, this.original));
    this.#need(this.draft);
    if (type === "state_time" && !this.draft.options.field) this.change({ options: { ...this.draft.options, ...startOf(this.table) } });
    if (isSelect(type) && !this.draft.choices.length && !this.original) this.change({ choices: [newChoice("", [])] });
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
    const uses = await usesOf(field);
    if (field === this.field) this.uses = uses;
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
      const saved = original ? await api.patch<Saved>(`/api/v1/fields/${original.id}`, patch) : await api.post<Saved>(`/api/v1/tables/${this.table.id}/fields`, specOf(this.draft));
      this.#done = true;
      if (saved.converting) return this.#converting(saved.converting);
      const said = original ? t("已保存字段「{name}」", { name: saved.name }) : t("已新建字段「{name}」", { name: saved.name });
      await tell({ field: saved.id, beside: this.beside, created: !original });
      toastUndo(said, () => void this.#undo());
      // Meanwhile something else may have been opened in the panel.
      if (this.isConnected) closePanel();
    } catch (failure) {
      this.#refused(failure);
    } finally {
      this.busy = false;
    }
  }

  /** The background has taken it over: the panel says how far it is, and may be left. */
  #converting(job: string): void {
    const { original, draft } = this;
    if (!original) return;
    trackConversion(job, original.name, this.#kind(draft.type)?.label ?? "");
    this.draft = draftOf(original);
    this.#foretelling.clear();
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
      sayUndone(await api.post<Undone>(`/api/v1/apps/${table.app}/undo`, {}));
      await tell({ field: this.field ?? "", beside: null, created: false });
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
    this.#foretelling.clear();
    unsaved.delete(this.#key);
  }

  async #delete(field: Field): Promise<void> {
    if (!(await deleteField(field))) return;
    this.#done = true;
    await tell({ field: field.id, beside: null, created: false });
    if (this.isConnected) closePanel();
  }

  /* ---- drawing ---- */

  #kind(type: string): FieldKind | undefined {
    return this.kinds.find((kind) => kind.name === type);
  }

  #openTypes(event: Event): void {
    const barred = new Map<string, string>();
    if (this.original && this.table.primary === this.original.id) {
      for (const type of ["checkbox", "multi_select", "link", "lookup", "rollup", "state_time", "created_time", "updated_time", "created_by", "updated_by"]) barred.set(type, t("标题字段不能用这种类型"));
      for (const type of lookTypes) if (typeUi(type)?.cannotBePrimary) barred.set(type, t("标题字段不能用这种类型"));
    }
    if (this.original) {
      const button = t("按钮不存内容,不能和别的类型互换");
      for (const kind of this.kinds) if ((kind.name === "button") !== (this.original.type === "button")) barred.set(kind.name, button);
    }
    openTypeMenu(event.currentTarget as HTMLElement, { kinds: this.kinds, chosen: this.draft.type, barred, choose: (type) => this.#type(type) });
  }

  #typeRow(): TemplateResult {
    const kind = this.#kind(this.draft.type);
    const problem = this.messageAt("type");
    return html`<div class="field">
      <span class="lab" id="fe-type">${t("类型")}</span>
      <button type="button" class="inp fe-type-box" aria-labelledby="fe-type fe-type-name" aria-haspopup="dialog" ?disabled=${this.busy || !this.kinds.length} @click=${this.#openTypes}>
        ${kind ? icon(kind.icon) : nothing}<span class="grow cut" id="fe-type-name">${kind?.label ?? ""}</span>${icon("chevrons-up-down", 14)}
      </button>
      ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : kind ? html`<p class="hint">${kind.description}</p>` : nothing}
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
    const nameProblem = this.messageAt("name");
    const typeChanged = original !== null && draft.type !== original.type;
    const kind = this.#kind(draft.type)?.label ?? "";
    const work = original ? (this.#refreshing?.of(original.id) ?? null) : null;
    const { impact } = this.#foretelling;
    const danger = Boolean(impact?.unreadable) && typeChanged;
    return html`${this.#head()}
      <form class="fe-form" novalidate @submit=${(event: Event) => event.preventDefault()}>
        ${this.restored
          ? html`<div class="note warn">${icon("history", 14)}<span class="grow">${t("上次没保存的内容还在")}</span><button type="button" class="btn s g" @click=${() => this.#reset()}>${t("放弃")}</button></div>`
          : nothing}
        ${generalTemplate(this.problems, draft.type)} ${atWorkTemplate(work)}
        <div class="field">
          <label class="lab" for="fe-name">${t("名称")}</label>
          <input class="inp" id="fe-name" name="name" autocomplete="off" maxlength="80" aria-invalid=${nameProblem ? "true" : nothing} aria-describedby=${nameProblem ? "fe-name-problem" : nothing} ?disabled=${this.busy} .value=${draft.name} @input=${(event: Event) => this.#name((event.target as HTMLInputElement).value)} @keydown=${(event: KeyboardEvent) => {
            if (event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey) {
              event.preventDefault();
              void this.#save();
            }
          }} />
          ${nameProblem ? html`<p class="hint bad" id="fe-name-problem">${icon("circle-alert", 14)}${nameProblem}</p>` : nothing}
        </div>
        ${this.#typeRow()}
        <div class="fe-options">${optionsForm(this)}</div>
        ${impactTemplate(impact, kind, typeChanged, this.#foretelling.busy)} ${rulesForm(this)}
        <details class="fe-sec" ?open=${Boolean(draft.description)}>
          <summary>${t("说明")}</summary>
          <textarea class="inp" name="description" rows="2" maxlength="2000" aria-label=${t("说明")} placeholder=${t("这个字段填什么,给同事看")} ?disabled=${this.busy} .value=${draft.description} @input=${(event: Event) => this.change({ description: (event.target as HTMLTextAreaElement).value })}></textarea>
          ${ruleProblem(this, "description")}
        </details>
        ${usesTemplate(this.uses)}
      </form>
      <div class="panel-f">
        <button type="button" class="btn" data-close-panel>${t("取消")}</button>
        <button type="button" class="btn p end" aria-busy=${this.busy ? "true" : nothing} ?disabled=${work !== null && work.kind !== "refresh"} @click=${() => void this.#save()}>
          ${original ? (danger ? t("保存,{n} 条留空", { n: impactCount(impact!, impact!.unreadable) }) : t("保存")) : t("新建")}
        </button>
      </div>`;
  }
}

/** Tell the page of a saved field; done when the page shows it, so that nobody edits by what the field was before. */
async function tell(saved: Omit<FieldSaved, "shown">): Promise<void> {
  const showing: Promise<void>[] = [];
  const detail: FieldSaved = { ...saved, shown: (done) => showing.push(done) };
  document.dispatchEvent(new CustomEvent("hb:field-saved", { detail }));
  await Promise.allSettled(showing);
}

define("hb-field-panel", HbFieldPanel);

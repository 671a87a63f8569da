/**
 * `<hb-state-editor data-source="…">`: a state machine as picture and table, one move's form beside it. What is changed is a
 * draft, kept on this device, until it is published.
 */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/states.css";
import "../../styles/fields.css";
import { api, ApiError, showError } from "../api";
import { define, HbElement } from "../base";
import { confirmDialog } from "../dialog/dialog";
import { debounce, isCommand } from "../dom";
import { stateGlyph, type Choice, type Field } from "../fields/field";
import { glyph, icon } from "../icons";
import { t } from "../i18n";
import { watch } from "../live";
import { openMenu, type MenuItem } from "../menu/menu";
import { Past } from "../past";
import { closePanel } from "../shell/panel";
import { toast } from "../toast/toast";
import { canvas, type CanvasHost } from "./canvas";
import { begun, changes, forget, keep, kept, keyOf, published, withChangedMove, withMove, withoutMove, type Draft } from "./draft";
import "./hb-transition-form";
import type { HbTransitionForm } from "./hb-transition-form";
import { statesTable, type StatesHost } from "./states-table";
import { movesTable, type MovesHost } from "./moves";
import { acceptsStuck, statelessNote } from "./stuck";
import { addState, openStateMenu, type ActionsHost } from "./state-actions";
import { openTrial } from "./trial";
import type { Check, Listener, PageData, Transition } from "./types";

export class HbStateEditor extends HbElement implements CanvasHost, MovesHost, StatesHost {
  static override properties = { draft: { state: true }, chosen: { state: true }, check: { state: true }, busy: { state: true }, outdated: { state: true } };
  declare private draft: Draft | null;
  declare chosen: string;
  declare check: Check | null;
  declare private busy: boolean;
  /** Somebody has published something else meanwhile. */
  declare private outdated: boolean;
  #page!: PageData;
  #form: HbTransitionForm | null = null;
  readonly #past = new Past<Draft | null>();
  #stop = new AbortController();
  readonly #examineSoon = debounce(() => void this.#examine(), 250);

  constructor() {
    super();
    this.draft = null;
    this.chosen = "";
    this.check = null;
    this.busy = false;
    this.outdated = false;
  }

  /* ---- life ---- */

  override connectedCallback(): void {
    this.#page = this.pageData<PageData>()!;
    this.draft = published(this.#field);
    super.connectedCallback();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    document.addEventListener("hb:panel-close", () => this.#closed(), { signal });
    document.addEventListener("keydown", (event) => this.#shortcut(event), { signal });
    signal.addEventListener("abort", watch([this.#page.table.id], (change) => change.kind === "schema" && this.#hearSoon()));
    this.#restore();
    void this.#examine();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop.abort();
  }

  get #field(): Field & { version?: number } {
    return this.#page.field;
  }

  get #version(): number {
    return this.#field.version ?? 0;
  }

  get locked(): boolean {
    return !this.#page.can_build;
  }

  get fields(): readonly Field[] {
    return this.#page.fields;
  }

  get people(): PageData["people"] {
    return this.#page.people;
  }

  get automations(): readonly Listener[] {
    return this.#page.automations;
  }

  get #changes(): number {
    return changes(published(this.#field), this.draft);
  }

  #restore(): void {
    const draft = this.locked ? null : kept(this.#field.id, this.#version);
    if (!draft || !changes(published(this.#field), draft)) return;
    this.draft = draft;
    toast(t("恢复了上次没发布的草稿"), { kind: "info", action: t("丢掉"), run: () => this.#revert() });
  }

  readonly #hearSoon = debounce(() => void this.#hear(), 300);

  /** Something of the table changed: take it over, or say so where there is a draft. */
  async #hear(): Promise<void> {
    if (this.busy) return;
    try {
      const field = await api.get<Field & { version: number }>(`/api/v1/fields/${this.#field.id}`);
      if (field.version === this.#version) return;
      if (this.#changes) this.outdated = true;
      else this.#adopt(field);
    } catch {
      // Deleted, or no longer ours to see: publishing will say so.
    }
  }

  #adopt(field: Field): void {
    this.#page = { ...this.#page, field, fields: this.#page.fields.map((one) => (one.id === field.id ? field : one)) };
    this.outdated = false;
    this.#past.clear();
    forget(field.id);
    this.draft = published(field);
    this.#feed();
    void this.#examine();
  }

  /* ---- changing ---- */

  put(draft: Draft): void {
    this.#put(draft);
  }

  #put(draft: Draft | null): void {
    if (this.locked) return;
    this.#past.left(this.draft);
    this.#show(draft);
  }

  #show(draft: Draft | null): void {
    this.draft = draft;
    if (draft && this.#changes) keep(this.#field.id, this.#version, draft);
    else forget(this.#field.id);
    if (this.chosen && !draft?.machine.transitions.some((move) => keyOf(move) === this.chosen)) closePanel();
    this.#feed();
    this.#examineSoon();
  }

  #revert(): void {
    this.#past.clear();
    this.#show(published(this.#field));
  }

  #shortcut(event: KeyboardEvent): void {
    if (!isCommand(event) || this.locked || document.querySelector("dialog[open]")) return;
    if (event.key.toLowerCase() === "s") {
      event.preventDefault();
      void this.#publish();
    } else this.#past.key(event, this.draft, (draft) => this.#show(draft));
  }

  /** Ask the server what is wrong with the draft, and what it means for the records there are. */
  async #examine(): Promise<void> {
    const { draft } = this;
    if (!draft || this.locked) return;
    // New states are not stored yet: the server knows neither them nor any record in them.
    const known = new Set((this.#field.options.choices ?? []).map((choice) => choice.id));
    const { machine } = draft;
    const body = {
      initial: machine.initial.filter((id) => known.has(id)),
      states: machine.states.filter((state) => known.has(state.choice)),
      transitions: machine.transitions.filter((move) => known.has(move.source) && known.has(move.target)),
    };
    if (!body.initial.length && machine.initial.length) return;
    try {
      const check = await api.post<Check>(`/api/v1/fields/${this.#field.id}/machine/check`, body);
      if (draft !== this.draft) return;
      // Places in the answer are those of what was sent.
      const sent = body.transitions.map((move) => machine.transitions.indexOf(move));
      const place = (path: string | null | undefined) => path?.replace(/^transitions\.(\d+)/, (_all, at: string) => `transitions.${sent[Number(at)]}`) ?? null;
      this.check = { ...check, problems: check.problems.map((one) => ({ ...one, path: place(one.path) })) };
      this.#feed();
    } catch (failure) {
      if (!(failure instanceof ApiError)) showError(failure);
    }
  }

  /* ---- moves ---- */

  open(move: Transition): void {
    this.chosen = keyOf(move);
    const place = document.querySelector("#panel-body");
    if (!place) return;
    if (!this.#form?.isConnected) {
      const form = document.createElement("hb-transition-form") as HbTransitionForm;
      form.addEventListener("hb:transition", (event) => this.draft && this.#put(withChangedMove(this.draft, (event as CustomEvent<Transition>).detail)));
      form.addEventListener("hb:transition-delete", (event) => this.#remove((event as CustomEvent<Transition>).detail));
      this.#form = form;
      this.#feed();
      place.replaceChildren(form);
    }
    this.#feed();
  }

  #closed(): void {
    this.chosen = "";
    this.#form = null;
  }

  /** Give the form what it shows. */
  #feed(): void {
    const form = this.#form;
    const at = this.draft?.machine.transitions.findIndex((move) => keyOf(move) === this.chosen) ?? -1;
    if (!form || at < 0) return;
    const start = `transitions.${at}.`;
    Object.assign(form, {
      transition: this.draft!.machine.transitions[at],
      field: this.#drawn,
      fields: this.#page.fields,
      stocks: this.#page.stocks,
      people: this.#page.people,
      tables: this.#page.tables,
      table: this.#page.table.id,
      automations: this.#page.automations,
      count: this.check?.transitions.find((one) => keyOf(one) === this.chosen) ?? null,
      problems: (this.check?.problems ?? []).filter((one) => one.path?.startsWith(start)).map((one) => ({ ...one, path: one.path!.slice(start.length) })),
      locked: this.locked,
    });
  }

  connect(source: number, target: number): void {
    const next = this.draft && withMove(this.draft, source, target);
    if (next) this.#put(next);
    const move = this.draft?.machine.transitions.find((one) => one.source === source && one.target === target);
    if (move) this.open(move);
  }

  #remove(move: Transition): void {
    const before = this.draft;
    if (!before) return;
    this.#put(withoutMove(before, move));
    closePanel();
    toast(t("已从草稿里删除这条流转"), { action: t("撤销"), run: () => this.#put(before) });
  }

  /** Choose where a move is to come from, then where it leads. */
  #addMove(anchor: HTMLElement): void {
    const { draft } = this;
    if (!draft) return;
    openMenu(anchor, [{ heading: t("从哪个状态") }, ...draft.choices.map((choice) => ({ label: choice.name, run: () => setTimeout(() => this.#addMoveFrom(choice, anchor)) }))], { align: "end" });
  }

  #addMoveFrom(source: Choice, anchor: HTMLElement): void {
    const { draft } = this;
    if (!draft) return;
    const taken = new Set(draft.machine.transitions.filter((move) => move.source === source.id).map((move) => move.target));
    const items: MenuItem[] = draft.choices
      .filter((choice) => choice.id !== source.id)
      .map((choice) => ({ label: choice.name, disabled: taken.has(choice.id), ...(taken.has(choice.id) ? { sub: t("已经有这条流转了") } : {}), run: () => this.connect(source.id, choice.id) }));
    openMenu(anchor, [{ heading: t("从「{name}」到", { name: source.name }) }, ...items]);
  }

  /* ---- states ---- */

  /** What the actions on states work with. */
  get #actions(): ActionsHost {
    const editor = this;
    return {
      get draft() {
        return editor.draft;
      },
      field: this.#field,
      recordsIn: (choice) => this.check?.states.find((state) => state.choice === choice)?.records ?? 0,
      put: (draft) => this.#put(draft),
      addMoveFrom: (choice, anchor) => this.#addMoveFrom(choice, anchor),
    };
  }

  stateMenu(choice: Choice, anchor: HTMLElement): void {
    openStateMenu(this.#actions, choice, anchor);
  }

  /* ---- publishing ---- */

  async #publish(): Promise<void> {
    const { draft } = this;
    if (!draft || this.busy || !this.#changes || !(await acceptsStuck(this.#field, draft, this.check))) return;
    this.busy = true;
    try {
      const saved = await api.patch<Field>(`/api/v1/fields/${this.#field.id}?version=${this.#version}`, { options: draft });
      this.#adopt(saved);
      toast(t("已发布,现在起按这些流转走"));
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === "version_conflict") this.outdated = true;
      else showError(failure);
    } finally {
      this.busy = false;
    }
  }

  async #dissolve(): Promise<void> {
    const yes = await confirmDialog({ heading: t("不再作为状态流转?"), text: t("选项都保留,以后可以随便改成哪个。"), action: t("去掉流转"), danger: true });
    if (!yes) return;
    try {
      this.#adopt(await api.patch<Field>(`/api/v1/fields/${this.#field.id}`, { options: { machine: null } }));
      closePanel();
    } catch (failure) {
      showError(failure);
    }
  }

  async #takeTheirs(): Promise<void> {
    try {
      this.#adopt(await api.get<Field>(`/api/v1/fields/${this.#field.id}`));
    } catch (failure) {
      showError(failure);
    }
  }

  /* ---- drawing ---- */

  /** The field as the draft has it, for glyphs. */
  get #drawn(): Field {
    return { ...this.#field, options: { ...this.#field.options, choices: this.draft?.choices ?? [], machine: (this.draft?.machine ?? null) as never } };
  }

  pill(id: number): TemplateResult | typeof nothing {
    const choice = this.draft?.choices.find((one) => one.id === id) ?? this.#field.options.choices?.find((one) => one.id === id);
    if (!choice) return nothing;
    const mark = stateGlyph(this.#drawn, choice);
    return html`<span class="pill c-${choice.color} ${mark ? "" : "plain"}">${mark ? glyph(mark) : nothing}<span class="cut">${choice.name}</span></span>`;
  }

  #bar(draft: Draft): TemplateResult {
    const changed = this.#changes;
    const bad = (this.check?.problems.length ?? 0) > 0;
    return html`<div class="pub">
      ${changed ? html`<span class="draft">${icon("pencil", 14)}<span>${t("草稿 · {n} 处改动未发布", { n: changed })}</span></span>` : nothing}
      <span class="f3 t13 st-count">${t("{states} 个状态,{moves} 条流转", { states: draft.choices.length, moves: draft.machine.transitions.length })}</span><span class="end"></span>
      ${this.locked ? nothing : this.#tools(draft, changed, bad)}
    </div>`;
  }

  #tools(draft: Draft, changed: number, bad: boolean): TemplateResult {
    return html`<button type="button" class="icb" aria-label=${t("更多")} aria-haspopup="menu" ?hidden=${!this.#field.options.machine} @click=${(event: Event) =>
        openMenu(event.currentTarget as HTMLElement, [{ label: t("不再作为状态流转"), icon: "circle-off", danger: true, run: () => void this.#dissolve() }], { align: "end" })}>${icon("ellipsis")}</button>
      ${changed && this.#field.options.machine ? html`<button type="button" class="btn s" aria-label=${t("还原")} data-tip=${t("丢掉草稿,回到已发布的")} @click=${() => this.#revert()}>${icon("undo-2")}<span class="st-word">${t("还原")}</span></button>` : nothing}
      <button type="button" class="btn s" @click=${() => void addState(this.#actions)}>${icon("plus")}${t("状态")}</button>
      <button type="button" class="btn s" aria-haspopup="menu" ?disabled=${draft.choices.length < 2} @click=${(event: Event) => this.#addMove(event.currentTarget as HTMLElement)}>${icon("plus")}${t("流转")}</button>
      <button type="button" class="btn s" aria-label=${t("用记录试走")} ?disabled=${bad} @click=${() => void openTrial({ table: this.#page.table.id, field: this.#field.id, draft, pill: (id) => this.pill(id) })}>${icon("play")}<span class="st-word">${t("用记录试走")}</span></button>
      <button type="button" class="btn s p" ?disabled=${!changed || bad} aria-busy=${this.busy ? "true" : nothing} @click=${() => void this.#publish()}>${t("发布")}</button>`;
  }

  #notes(): TemplateResult | typeof nothing {
    const { problems = [], warnings = [] } = this.check ?? {};
    const bare = this.draft ? statelessNote(this.#field, this.draft, this.check, this.#page.table.id) : nothing;
    if (!problems.length && !warnings.length && !this.outdated && bare === nothing) return nothing;
    return html`<div class="st-notes" role="status">
      ${this.outdated
        ? html`<div class="note warn">${icon("triangle-alert", 14)}<span class="grow">${t("别人刚发布了新的流转,你的草稿是在旧的上面改的")}</span><button type="button" class="btn s" @click=${() => void this.#takeTheirs()}>${t("丢掉草稿,看新的")}</button></div>`
        : nothing}
      ${problems.map((one) => html`<p class="hint bad">${icon("circle-alert", 14)}${one.message}</p>`)}
      ${warnings.map((one) => html`<p class="hint">${icon("info", 14)}${one.message}</p>`)} ${bare}
    </div>`;
  }

  #begin(): void {
    const draft = begun(this.#field);
    if (draft.choices.length) this.#put(draft);
    else void addState(this.#actions);
  }

  protected override render(): TemplateResult {
    const { draft } = this;
    if (!draft) {
      return html`<div class="empty">
        ${icon("workflow", 32)}
        <h2>${t("让「{name}」按规矩流转", { name: this.#field.name })}</h2>
        <p>${t("定好从哪个状态可以到哪个状态。之后不管在表格里改、用接口、导入还是自动化,都只能照着走。")}</p>
        ${this.locked ? nothing : html`<button type="button" class="btn p" @click=${() => this.#begin()}>${t("做成状态流转")}</button>`}
      </div>`;
    }
    return html`${this.#bar(draft)}
      <div class="st-body">${canvas(this, draft)}${this.#notes()}${statesTable(this, draft)}${movesTable(this, draft)}</div>`;
  }
}

define("hb-state-editor", HbStateEditor);

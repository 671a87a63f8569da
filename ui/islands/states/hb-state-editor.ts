/** `<hb-state-editor>`: a state machine as picture and table. Changes are a draft of this page until 发布. */
import { html, nothing, svg, type TemplateResult } from "lit";
import "../../styles/states.css";
import { api, ApiError, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { confirmDialog, openDialog } from "../dialog/dialog";
import { debounce } from "../dom";
import { stateGlyph, type Choice, type Field } from "../fields/field";
import { formatNumber } from "../fields/format";
import { glyph, icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { closePanel } from "../shell/panel";
import { askName } from "../table/ask-name";
import { toast } from "../toast/toast";
import "./hb-transition-form";
import type { HbTransitionForm } from "./hb-transition-form";
import { draw, nodeHeight, nodeWidth } from "./picture";
import type { Machine, StateKind, Transition } from "./types";

interface PageData {
  table: { id: string; name: string };
  field: Field;
  fields: Field[];
  stocks: { id: string; name: string }[];
  can_build: boolean;
}

interface Check {
  problems: Problem[];
  warnings: Problem[];
  states: { choice: number | null; records: number; stuck: boolean }[];
  transitions: { source: number; target: number; records: number; held_back: number; moves: number }[];
}

const colors = ["blue", "amber", "indigo", "green", "pink", "teal", "orange", "violet", "lime", "cyan", "red", "grey"];

class HbStateEditor extends HbElement {
  static override properties = { draft: { state: true }, choices: { state: true }, chosen: { state: true }, check: { state: true }, busy: { state: true } };
  declare private draft: Machine | null;
  declare private choices: Choice[];
  declare private chosen: string;
  declare private check: Check | null;
  declare private busy: boolean;
  #page!: PageData;
  readonly #examine = debounce(() => void this.#ask(), 250);

  constructor() {
    super();
    this.draft = null;
    this.choices = [];
    this.chosen = "";
    this.check = null;
    this.busy = false;
  }

  override connectedCallback(): void {
    this.#page = this.pageData<PageData>()!;
    this.#reset();
    super.connectedCallback();
    addEventListener("beforeunload", this.#leave);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("beforeunload", this.#leave);
  }

  readonly #leave = (event: BeforeUnloadEvent) => {
    if (this.#isChanged()) event.preventDefault();
  };

  #reset(): void {
    const { machine, choices = [] } = this.#page.field.options;
    this.choices = choices.filter((choice) => !choice.archived);
    this.draft = machine ? structuredClone(machine as unknown as Machine) : null;
    if (this.draft) void this.#ask();
  }

  #isChanged(): boolean {
    const { machine, choices = [] } = this.#page.field.options;
    return JSON.stringify(this.draft) !== JSON.stringify(machine ?? null) || JSON.stringify(this.choices) !== JSON.stringify(choices.filter((choice) => !choice.archived));
  }

  /** The field as the draft has it, for glyphs. */
  get #field(): Field {
    return { ...this.#page.field, options: { ...this.#page.field.options, choices: this.choices, machine: this.draft as never } };
  }

  async #ask(): Promise<void> {
    const known = new Set((this.#page.field.options.choices ?? []).map((choice) => choice.id));
    // new states are not stored yet, so nothing can be counted in them
    const machine = this.draft && { ...this.draft, initial: this.draft.initial.filter((id) => known.has(id)), states: this.draft.states.filter((state) => known.has(state.choice)), transitions: this.draft.transitions.filter((one) => known.has(one.source) && known.has(one.target)) };
    if (!machine) return;
    try {
      this.check = await api.post<Check>(`/api/v1/fields/${this.#page.field.id}/machine/check`, machine);
    } catch (failure) {
      if (!(failure instanceof ApiError)) showError(failure);
    }
  }

  #put(draft: Machine): void {
    this.draft = draft;
    this.#examine();
  }

  #begin(): void {
    const order = this.choices;
    if (!order.length) return void this.#addState();
    const last = order.length - 1;
    this.#put({
      initial: [order[0]!.id],
      states: order.map((choice, index) => ({ choice: choice.id, kind: index === last ? "done" : "open" })),
      transitions: order.slice(0, -1).map((choice, index) => ({ source: choice.id, target: order[index + 1]!.id, label: order[index + 1]!.name })),
    });
  }

  #key(one: Transition): string {
    return `${one.source}-${one.target}`;
  }

  #open(one: Transition): void {
    this.chosen = this.#key(one);
    const place = document.querySelector("#panel-body");
    if (!place) return;
    const form = document.createElement("hb-transition-form") as HbTransitionForm;
    Object.assign(form, { transition: one, field: this.#field, fields: this.#page.fields, stocks: this.#page.stocks });
    form.addEventListener("hb:transition", (event) => this.#replace((event as CustomEvent<Transition>).detail));
    form.addEventListener("hb:transition-delete", () => this.#remove(one));
    place.replaceChildren(form);
  }

  #replace(one: Transition): void {
    if (this.draft) this.#put({ ...this.draft, transitions: this.draft.transitions.map((other) => (this.#key(other) === this.#key(one) ? one : other)) });
  }

  #remove(one: Transition): void {
    if (!this.draft) return;
    const before = this.draft;
    this.#put({ ...before, transitions: before.transitions.filter((other) => this.#key(other) !== this.#key(one)) });
    closePanel();
    this.chosen = "";
    toast(t("已从草稿里删除这条流转"), { action: t("撤销"), run: () => this.#put(before) });
  }

  async #addTransition(): Promise<void> {
    if (!this.draft) return;
    const options = (selected = "") => this.choices.map((choice) => html`<option value=${choice.id} ?selected=${String(choice.id) === selected}>${choice.name}</option>`);
    const done = await openDialog<boolean>({
      heading: t("加一条流转"),
      body: html`<div class="row"><div class="field grow"><label class="lab" for="nt-from">${t("从")}</label><span class="sel"><select class="inp" id="nt-from">${options()}</select></span></div>
        <div class="field grow"><label class="lab" for="nt-to">${t("到")}</label><span class="sel"><select class="inp" id="nt-to">${options(String(this.choices[1]?.id ?? ""))}</select></span></div></div><p class="hint bad" data-problem hidden></p>`,
      actions: [{ label: t("取消"), value: false }, { label: t("添加"), value: true, kind: "p" }],
      before: (wanted, dialog) => !wanted || this.#tryAdd(dialog),
    });
    if (done) this.#open(this.draft.transitions.at(-1)!);
  }

  #tryAdd(dialog: HTMLElement): boolean {
    const [source, target] = ["#nt-from", "#nt-to"].map((id) => Number(dialog.querySelector<HTMLSelectElement>(id)!.value)) as [number, number];
    const problem = source === target ? t("起点和终点要不一样") : this.draft!.transitions.some((one) => one.source === source && one.target === target) ? t("已经有这条流转了") : "";
    const place = dialog.querySelector<HTMLElement>("[data-problem]")!;
    place.hidden = !problem;
    place.textContent = problem;
    if (problem) return false;
    const label = this.choices.find((choice) => choice.id === target)?.name ?? "";
    this.#put({ ...this.draft!, transitions: [...this.draft!.transitions, { source, target, label }] });
    return true;
  }

  async #addState(): Promise<void> {
    await askName({
      heading: t("加一个状态"),
      label: t("状态的名字"),
      action: t("添加"),
      run: async (name) => {
        if (this.choices.some((choice) => choice.name === name)) throw new ApiError(422, "taken", t("已经有这个状态了"));
        const id = Math.max(0, ...(this.#page.field.options.choices ?? []).map((choice) => choice.id), ...this.choices.map((choice) => choice.id)) + 1;
        this.choices = [...this.choices, { id, name, color: colors[this.choices.length % colors.length]! }];
        const draft = this.draft ?? { initial: [id], states: [], transitions: [] };
        this.#put({ ...draft, states: [...draft.states, { choice: id, kind: "open" }] });
      },
    });
  }

  #stateMenu(choice: Choice, anchor: HTMLElement): void {
    const draft = this.draft!;
    const kind = draft.states.find((state) => state.choice === choice.id)?.kind ?? "open";
    const kinds: [StateKind, string][] = [["open", t("进行中")], ["waiting", t("等待")], ["done", t("完成")], ["cancelled", t("取消")]];
    const starts = draft.initial.includes(choice.id);
    const setKind = (next: StateKind) => this.#put({ ...draft, states: [...draft.states.filter((state) => state.choice !== choice.id), { choice: choice.id, kind: next }] });
    openMenu(anchor, [
      { label: starts ? t("不再作为起点") : t("新记录可以从这里开始"), icon: "play", run: () => this.#put({ ...draft, initial: starts ? draft.initial.filter((id) => id !== choice.id) : [...draft.initial, choice.id] }) },
      ...kinds.map(([value, label]) => ({ label, icon: kind === value ? "check" : "circle", run: () => setKind(value) })),
    ]);
  }

  async #publish(): Promise<void> {
    if (!this.draft) return;
    this.busy = true;
    try {
      const archived = (this.#page.field.options.choices ?? []).filter((choice) => choice.archived);
      const saved = await api.patch<Field>(`/api/v1/fields/${this.#page.field.id}`, { options: { choices: [...this.choices, ...archived], machine: this.draft } });
      this.#page = { ...this.#page, field: saved, fields: this.#page.fields.map((one) => (one.id === saved.id ? saved : one)) };
      this.#reset();
      toast(t("已发布,现在起按这些流转走"));
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  async #stop(): Promise<void> {
    const yes = await confirmDialog({ heading: t("不再作为状态流转?"), text: t("选项都保留,以后可以随便改成哪个。"), action: t("去掉流转"), danger: true });
    if (!yes) return;
    try {
      const saved = await api.patch<Field>(`/api/v1/fields/${this.#page.field.id}`, { options: { machine: null } });
      this.#page = { ...this.#page, field: saved };
      closePanel();
      this.#reset();
    } catch (failure) {
      showError(failure);
    }
  }

  #bar(): TemplateResult {
    const changed = this.#isChanged();
    const n = this.draft?.transitions.length ?? 0;
    const problems = this.check?.problems ?? [];
    return html`<div class="pub">
      ${changed ? html`<span class="draft">${icon("pencil", 14)}${t("草稿,还没发布")}</span>` : nothing}
      <span class="f3 t13">${t("{states} 个状态,{moves} 条流转", { states: this.choices.length, moves: n })}</span><span class="end"></span>
      ${this.#page.can_build
        ? html`<button type="button" class="tool" @click=${() => void this.#stop()} ?hidden=${!this.#page.field.options.machine}>${icon("circle-off")}<span>${t("去掉流转")}</span></button>
            ${changed ? html`<button type="button" class="btn s" @click=${() => (this.#reset(), closePanel())}>${icon("undo-2")}${t("还原")}</button>` : nothing}
            <button type="button" class="btn s" @click=${() => void this.#addState()}>${icon("plus")}${t("状态")}</button>
            <button type="button" class="btn s" ?disabled=${this.choices.length < 2} @click=${() => void this.#addTransition()}>${icon("plus")}${t("流转")}</button>
            <button type="button" class="btn s p" ?disabled=${!changed || problems.length > 0} aria-busy=${this.busy} @click=${() => void this.#publish()}>${t("发布")}</button>`
        : nothing}
    </div>`;
  }

  #pill(id: number): TemplateResult | typeof nothing {
    const choice = this.choices.find((one) => one.id === id);
    if (!choice) return nothing;
    const mark = stateGlyph(this.#field, choice);
    return html`<span class="pill c-${choice.color} ${mark ? "" : "plain"}">${mark ? glyph(mark) : nothing}<span class="cut">${choice.name}</span></span>`;
  }

  #picture(draft: Machine): TemplateResult {
    const { nodes, edges, width, height } = draw(this.choices, draft);
    const counts = new Map(this.check?.states.map((state) => [state.choice, state]));
    return html`<div class="st-picture" tabindex="0" role="group" aria-label=${t("状态流转图")}>
      <svg width=${width} height=${height} viewBox="0 0 ${width} ${height}">
        ${edges.map((edge) => {
          const on = this.chosen === this.#key(edge.transition) ? "on" : "";
          return svg`<path class="st-edge ${on} ${edge.back ? "back" : ""}" d=${edge.path}></path><path class="st-tip ${on}" d=${edge.tip}></path>`;
        })}
        ${nodes.map((node) => {
          const state = counts.get(node.choice.id);
          const starts = draft.initial.includes(node.choice.id);
          return svg`<foreignObject x=${node.x} y=${node.y} width=${nodeWidth} height=${nodeHeight}>${html`<button type="button" class="st-node" ?disabled=${!this.#page.can_build} @click=${(event: Event) => this.#stateMenu(node.choice, event.currentTarget as HTMLElement)}>${this.#pill(node.choice.id)}<small>${t("{n} 条", { n: formatNumber(state?.records ?? 0) })}${starts ? ` · ${t("起点")}` : ""}</small></button>`}</foreignObject>`;
        })}
        ${edges.map((edge) => {
          const one = edge.transition;
          const on = this.chosen === this.#key(one) ? "on" : "";
          return svg`<foreignObject x=${edge.label.x - 44} y=${edge.label.y - 12} width="88" height="24">${html`<div class="st-label"><button type="button" class=${on} @click=${() => this.#open(one)}>${one.label || this.choices.find((choice) => choice.id === one.target)?.name}</button></div>`}</foreignObject>`;
        })}
      </svg>
    </div>`;
  }

  #table(draft: Machine): TemplateResult {
    const roles: Record<string, string> = { viewer: t("查看者"), editor: t("编辑者"), builder: t("搭建者"), owner: t("所有者") };
    const counts = new Map(this.check?.transitions.map((one) => [`${one.source}-${one.target}`, one]));
    const effects: Record<string, string> = { set_field: t("设置字段"), reserve_stock: t("预占库存"), release_stock: t("释放预占"), consume_stock: t("扣减库存") };
    return html`<table class="tbl"><thead><tr><th>${t("从")}</th><th>${t("到")}</th><th>${t("按钮")}</th><th>${t("谁可以")}</th><th>${t("要满足")}</th><th>${t("流转时做")}</th><th class="num">${t("30 天")}</th></tr></thead>
      <tbody>${draft.transitions.map((one) => {
        const count = counts.get(this.#key(one));
        const needs = [...(one.required ?? []).map((id) => this.#page.fields.find((field) => field.id === id)?.name ?? ""), ...(one.guard ? [t("条件")] : [])].filter(Boolean);
        return html`<tr class="link-row ${this.chosen === this.#key(one) ? "on" : ""}" @click=${() => this.#open(one)}>
          <td>${this.#pill(one.source)}</td><td>${this.#pill(one.target)}</td>
          <td><button type="button" class="btn s g" @click=${(event: Event) => (event.stopPropagation(), this.#open(one))}>${one.label || t("(没起名)")}</button></td>
          <td>${one.roles?.length ? one.roles.map((role) => roles[role] ?? role).join("、") : t("编辑者")}</td>
          <td>${needs.length ? needs.join("、") : "—"}${count?.held_back ? html` <span class="tag c-amber">${t("{n} 条还不满足", { n: count.held_back })}</span>` : nothing}</td>
          <td>${one.effects?.length ? one.effects.map((effect) => effects[effect.kind]).join("、") : "—"}</td>
          <td class="num">${formatNumber(count?.moves ?? 0)}</td></tr>`;
      })}</tbody></table>`;
  }

  #notes(): TemplateResult | typeof nothing {
    const { problems = [], warnings = [] } = this.check ?? {};
    if (!problems.length && !warnings.length) return nothing;
    return html`<div class="stack" style="padding: var(--s-3) var(--s-4)">
      ${problems.map((one) => html`<p class="hint bad">${icon("circle-alert", 14)}${one.message}</p>`)}
      ${warnings.map((one) => html`<p class="hint">${icon("info", 14)}${one.message}</p>`)}
    </div>`;
  }

  protected override render(): TemplateResult {
    const { draft } = this;
    if (!draft) {
      return html`<div class="empty">${icon("workflow", 32)}<h2>${t("让「{name}」按规矩流转", { name: this.#page.field.name })}</h2>
        <p>${t("定好从哪个状态可以到哪个状态。之后不管在表格里改、用接口、导入还是自动化,都只能照着走。")}</p>
        ${this.#page.can_build ? html`<button type="button" class="btn p" @click=${() => this.#begin()}>${t("做成状态流转")}</button>` : nothing}</div>`;
    }
    return html`${this.#bar()}<div class="st-body">${this.#picture(draft)}${this.#notes()}${this.#table(draft)}</div>`;
  }
}

define("hb-state-editor", HbStateEditor);

/** `<hb-automation>`: the editor of an automation: the flow, the form of what is chosen beside it, a test run below. */
import { html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import "../../styles/automation.css";
import { api, ApiError, randomKey, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { connectorDialog } from "../connectors/connector-dialog";
import { confirmDialog } from "../dialog/dialog";
import { isCommand, isTyping } from "../dom";
import type { RecordData } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import type { Option } from "../select/options";
import { closePanel } from "../shell/panel";
import { stockDialog } from "../stocks/stock-dialog";
import { askName } from "../table/ask-name";
import { toast } from "../toast/toast";
import { guessTest } from "./condition-form";
import { definitionOf, forget, keep, kept, same } from "./draft";
import { flow, type FlowHost } from "./flow";
import "./hb-step-form";
import type { HbStepForm, StepAct } from "./hb-step-form";
import { triggerTable } from "./made";
import { freshConfig, menuGroups } from "./steps/index";
import { drawer, type DrawerHost } from "./rehearsal";
import { byStep, copyOf, find, insert, move, remove, replace, users, walk, type Place } from "./tree";
import type { Automation, Connector, Definition, PageData, Rehearsal, Step, StepKind, Trigger } from "./types";
import { nameOf, tableOf, type Surroundings } from "./values";

const zooms = [0.6, 0.75, 0.9, 1, 1.15, 1.3];

class HbAutomation extends HbElement implements FlowHost, DrawerHost {
  static override properties = {
    definition: { state: true },
    chosen: { state: true },
    problems: { state: true },
    rehearsal: { state: true },
    running: { state: true },
    saving: { state: true },
    testing: { state: true },
    sample: { state: true },
    zoom: { state: true },
    page: { state: true },
  };
  declare page: PageData;
  declare definition: Definition;
  declare chosen: string;
  declare problems: Map<string, Problem[]>;
  declare rehearsal: Rehearsal | null;
  declare running: boolean;
  declare private saving: boolean;
  declare private testing: boolean;
  declare private sample: RecordData | null;
  declare private zoom: number;
  #saved!: Automation;
  #form: HbStepForm | null = null;
  #past: Definition[] = [];
  #future: Definition[] = [];
  #stop = new AbortController();

  constructor() {
    super();
    this.chosen = "";
    this.problems = new Map();
    this.rehearsal = null;
    this.running = false;
    this.saving = false;
    this.testing = false;
    this.sample = null;
    this.zoom = 1;
  }

  override connectedCallback(): void {
    this.page = this.pageData<PageData>()!;
    this.#saved = this.page.automation;
    this.definition = definitionOf(this.#saved);
    super.connectedCallback();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    document.addEventListener("hb:panel-close", () => this.#closed(), { signal });
    document.addEventListener("keydown", (event) => this.#shortcut(event), { signal });
    addEventListener("beforeunload", (event) => this.dirty && event.preventDefault(), { signal });
    this.#restore();
    void this.#findSample();
    void this.#check();
    const wanted = new URLSearchParams(location.search).get("step");
    if (wanted && (wanted === "trigger" || find(this.definition.steps, wanted))) void this.updateComplete.then(() => this.choose(wanted));
    else if (this.page.can_build && !this.definition.steps.length && !matchMedia("(max-width: 900px)").matches) void this.updateComplete.then(() => this.choose("trigger"));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop.abort();
  }

  get dirty(): boolean {
    return !same(definitionOf(this.#saved), this.definition);
  }

  /* ---- changing ---- */

  #restore(): void {
    const draft = this.page.can_build ? kept(this.#saved) : null;
    if (!draft || same(draft, this.definition)) return;
    this.definition = draft;
    toast(t("恢复了上次没保存的改动"), { kind: "info", action: t("丢掉"), run: () => this.#revert() });
  }

  #set(next: Definition): void {
    if (JSON.stringify(next) === JSON.stringify(this.definition)) return;
    this.#past = [...this.#past.slice(-99), this.definition];
    this.#future = [];
    this.#show(next);
  }

  #show(next: Definition): void {
    const moved = triggerTable(next.trigger) !== triggerTable(this.definition.trigger);
    this.definition = next;
    if (this.dirty) keep(this.#saved.id, this.#saved.version, next);
    else forget(this.#saved.id);
    if (moved) {
      this.rehearsal = null;
      void this.#findSample();
    }
    if (this.chosen && this.chosen !== "trigger" && !find(next.steps, this.chosen)) closePanel();
  }

  #steps(steps: Step[]): void {
    this.#set({ ...this.definition, steps });
  }

  #undo(): void {
    const last = this.#past.pop();
    if (!last) return;
    this.#future.push(this.definition);
    this.#show(last);
  }

  #redo(): void {
    const next = this.#future.pop();
    if (!next) return;
    this.#past.push(this.definition);
    this.#show(next);
  }

  #revert(): void {
    this.#past = [];
    this.#future = [];
    this.problems = new Map();
    this.#show(definitionOf(this.#saved));
    void this.#check();
  }

  #shortcut(event: KeyboardEvent): void {
    if (!isCommand(event) || !this.page.can_build) return;
    const letter = event.key.toLowerCase();
    if (letter === "s") {
      event.preventDefault();
      void this.#save();
    } else if ((letter === "z" || letter === "y") && !isTyping(event) && (this.#past.length || this.#future.length)) {
      event.preventDefault();
      event.stopPropagation();
      if (letter === "y" || event.shiftKey) this.#redo();
      else this.#undo();
    }
  }

  /* ---- choosing and adding ---- */

  choose(id: string): void {
    this.chosen = id;
    const place = document.querySelector("#panel-body");
    if (!place) return;
    if (!this.#form?.isConnected) {
      const form = document.createElement("hb-step-form") as HbStepForm;
      form.addEventListener("hb:trigger", (event) => this.#set({ ...this.definition, trigger: (event as CustomEvent<Trigger>).detail }));
      form.addEventListener("hb:step", (event) => this.#stepChanged((event as CustomEvent<Step>).detail));
      form.addEventListener("hb:step-act", (event) => this.#act((event as CustomEvent<StepAct>).detail));
      form.makeConnector = (kind) => this.#makeConnector(kind);
      form.changeConnector = (connector) => void this.#changeConnector(connector);
      form.makeStock = () => this.#makeStock();
      this.#form = form;
      this.#feed();
      place.replaceChildren(form);
    }
    this.#feed();
    history.replaceState(history.state, "", `${location.pathname}?step=${id}`);
  }

  #closed(): void {
    if (!this.chosen) return;
    this.chosen = "";
    this.#form = null;
    history.replaceState(history.state, "", location.pathname);
  }

  /** Give the form what it shows. */
  #feed(): void {
    if (!this.#form) return;
    this.#form.around = this.#around();
    this.#form.chosen = this.chosen;
    this.#form.problems = this.problems.get(this.chosen) ?? [];
    this.#form.sampleName = this.record?.label ?? "";
  }

  #around(step = this.chosen): Surroundings {
    return { page: this.page, definition: this.definition, step, sample: this.sample, rehearsal: this.rehearsal };
  }

  #stepChanged(step: Step): void {
    this.problems = new Map([...this.problems].filter(([id]) => id !== step.id));
    this.#steps(replace(this.definition.steps, step.id, () => step));
  }

  add(anchor: HTMLElement, place: Place, index: number): void {
    const items = menuGroups().flatMap((group) => [
      { heading: group.heading },
      ...group.kinds.flatMap((id) => {
        const kind = this.page.kinds.find((one) => one.id === id);
        return kind ? [{ label: kind.name, icon: kind.icon, sub: kind.description, run: () => this.#insert(id, place, index) }] : [];
      }),
    ]);
    openMenu(anchor, items);
  }

  #insert(kind: StepKind, place: Place, index: number): void {
    const id = `stp${randomKey().slice(0, 14)}`;
    const bare: Step = { id, config: { kind: "update_record", set: [] } };
    const around = { ...this.#around(id), definition: { ...this.definition, steps: insert(this.definition.steps, place, index, bare) } };
    const config = freshConfig(kind, {
      table: this.page.tables[0]?.id ?? "",
      stock: this.page.stocks[0]?.id ?? "",
      own: triggerTable(this.definition.trigger),
      machine: tableOf(this.page, triggerTable(this.definition.trigger))?.fields.find((field) => field.options.machine)?.id ?? "",
      connector: (wanted) => {
        const found = this.page.connectors.filter((one) => one.kind === wanted);
        return found.length === 1 ? found[0]!.id : "";
      },
      test: guessTest(around),
    });
    this.#steps(insert(this.definition.steps, place, index, { id, config }));
    this.choose(id);
    void this.updateComplete.then(() => this.querySelector(`[data-step="${id}"]`)?.scrollIntoView({ block: "nearest", behavior: "smooth" }));
  }

  #act(act: StepAct, id = this.chosen): void {
    const { steps } = this.definition;
    const step = find(steps, id);
    if (!step) return;
    if (act === "delete") this.#delete(step);
    else if (act === "copy") this.#copy(step);
    else this.#steps(move(steps, id, act === "up" ? -1 : 1));
  }

  #delete(step: Step): void {
    const before = this.definition;
    const using = users(this.definition.steps, step.id).length;
    this.#steps(remove(this.definition.steps, step.id));
    const text = using ? t("已删除这一步,有 {n} 步用到它的结果,要改一下", { n: using }) : t("已删除这一步");
    toast(text, { action: t("撤销"), run: () => this.#set(before) });
  }

  #copy(step: Step): void {
    const made = copyOf(step, () => `stp${randomKey().slice(0, 14)}`);
    let place: Place = { branch: null, arm: 0 };
    let index = this.definition.steps.findIndex((one) => one.id === step.id);
    for (const { step: branch } of walk(this.definition.steps)) {
      if (branch.config.kind !== "branch") continue;
      branch.config.arms.forEach((arm, number) => {
        const at = arm.steps.findIndex((one) => one.id === step.id);
        if (at >= 0) [place, index] = [{ branch: branch.id, arm: number }, at];
      });
    }
    this.#steps(insert(this.definition.steps, place, index + 1, made));
    this.choose(made.id);
  }

  key(event: KeyboardEvent, id: string): void {
    if (!this.page.can_build || id === "trigger") return;
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.#act("delete", id);
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      this.#act(event.key === "ArrowUp" ? "up" : "down", id);
      void this.updateComplete.then(() => this.querySelector<HTMLElement>(`[data-step="${id}"]`)?.focus());
    }
  }

  async #makeConnector(kind: string): Promise<string | null> {
    const made = await connectorDialog(this.page.app, { kind });
    if (!made) return null;
    this.page = { ...this.page, connectors: [...this.page.connectors, made as Connector] };
    return made.id;
  }

  async #makeStock(): Promise<string | null> {
    const tables = this.page.tables.map((table) => ({ ...table, fields: [...table.fields] }));
    const made = await stockDialog(this.page.app, tables);
    if (!made) return null;
    // the dialog may have made fields; they are in its tables
    this.page = { ...this.page, tables, stocks: [...this.page.stocks, { id: made.id, name: made.name }] };
    return made.id;
  }

  async #changeConnector(id: string): Promise<void> {
    const connector = this.page.connectors.find((one) => one.id === id);
    if (!connector) return;
    const changed = await connectorDialog(this.page.app, { connector });
    if (changed) this.page = { ...this.page, connectors: this.page.connectors.map((one) => (one.id === id ? (changed as Connector) : one)) };
  }

  /* ---- saving ---- */

  async #save(enabled = this.#saved.enabled): Promise<boolean> {
    if (this.saving) return false;
    this.saving = true;
    const { name, trigger, steps, description } = this.definition;
    try {
      const saved = await api.patch<Automation>(`/api/v1/automations/${this.#saved.id}`, { name, trigger, steps, description: description ?? "", enabled, version: this.#saved.version });
      this.#saved = { ...this.#saved, ...saved };
      this.definition = { ...this.definition, enabled: saved.enabled };
      forget(this.#saved.id);
      this.problems = new Map();
      void this.#check();
      return true;
    } catch (failure) {
      this.#refused(failure, enabled);
      return false;
    } finally {
      this.saving = false;
    }
  }

  #refused(failure: unknown, enabled: boolean): void {
    if (!(failure instanceof ApiError) || !failure.problems.length) return showError(failure);
    this.problems = byStep(this.definition, failure.problems);
    const first = [...this.problems.keys()].find((id) => id !== "") ?? "";
    const words = enabled && !this.#saved.enabled ? t("还不能启用:{n} 处要补上", { n: failure.problems.length }) : t("还不能保存:{n} 处要补上", { n: failure.problems.length });
    const general = this.problems.get("")?.[0]?.message;
    toast(general ? `${words}. ${general}` : words, { kind: "bad", life: 8_000 });
    if (first) this.choose(first);
  }

  /** What is still missing of an automation that is switched off. */
  async #check(): Promise<void> {
    if (!this.page.can_build || this.dirty) return;
    try {
      const { problems } = await api.get<{ problems: Problem[] }>(`/api/v1/automations/${this.#saved.id}/problems`);
      const found = problems.filter((problem) => problem.code !== "no_steps");
      if (!this.dirty) this.problems = byStep(this.definition, found);
    } catch {
      // Only a help; saving says the same.
    }
  }

  async #toggle(): Promise<void> {
    const on = !this.#saved.enabled;
    if (await this.#save(on)) toast(on ? t("已启用,从现在起的变化会触发它") : t("已停用,正在跑的会跑完"));
    else this.requestUpdate();
  }

  async #rename(): Promise<void> {
    const done = await askName({
      heading: t("改名"),
      label: t("名称"),
      value: this.#saved.name,
      action: t("保存"),
      run: async (name) => {
        const saved = await api.patch<Automation>(`/api/v1/automations/${this.#saved.id}`, { name, version: this.#saved.version });
        this.#saved = { ...this.#saved, ...saved };
        this.definition = { ...this.definition, name };
      },
    });
    if (done && !this.dirty) location.reload();
  }

  async #remove(): Promise<void> {
    let text = t("正在跑的会跑完,运行记录还在。以后的变化不再触发。");
    try {
      const { uses } = await api.get<{ uses: { text: string }[] }>(`/api/v1/automations/${this.#saved.id}/uses`);
      const places = [...new Set(uses.map((use) => use.text))];
      if (places.length) text += t("{places} 会按不了,直到换一个自动化。", { places: places.join("、") });
    } catch {
      // without the list the question is still asked
    }
    if (!(await confirmDialog({ heading: t("删除自动化「{name}」?", { name: this.#saved.name }), text, action: t("删除"), danger: true }))) return;
    try {
      await api.delete(`/api/v1/automations/${this.#saved.id}`);
      forget(this.#saved.id);
      this.#stop.abort();
      location.assign(`/a/${this.page.app}`);
    } catch (failure) {
      showError(failure);
    }
  }

  /* ---- trying ---- */

  get record(): Option | null {
    const { sample } = this;
    if (!sample) return null;
    const table = tableOf(this.page, triggerTable(this.definition.trigger));
    return { value: sample.id, label: (table ? nameOf(table, sample) : "") || t("没有名字的记录") };
  }

  async #findSample(id?: string): Promise<void> {
    const table = triggerTable(this.definition.trigger);
    this.sample = null;
    if (!table) return;
    try {
      const query = id ? { where: { kind: "condition", field: "$id", op: "is", value: id }, limit: 1 } : { sorts: [{ field: "$created_at", descending: true }], limit: 1 };
      const answer = await api.post<{ records: RecordData[] }>(`/api/v1/tables/${table}/query`, query);
      if (table === triggerTable(this.definition.trigger)) this.sample = answer.records[0] ?? null;
    } catch (failure) {
      if (id) showError(failure);
    }
  }

  async findRecords(words: string): Promise<Option[]> {
    const answer = await api.get<{ records: { id: string; name: string; details?: string }[] }>(`/api/v1/tables/${triggerTable(this.definition.trigger)}/choices`, { params: { q: words } });
    return answer.records.map((record) => ({ value: record.id, label: record.name || t("没有名字的记录"), sub: record.details }));
  }

  setRecord(id: string): void {
    this.rehearsal = null;
    void this.#findSample(id);
  }

  async run(): Promise<void> {
    if (!this.sample) return;
    this.running = true;
    try {
      this.rehearsal = await api.post<Rehearsal>(`/api/v1/automations/${this.#saved.id}/test`, { record: this.sample.id, definition: this.definition });
    } catch (failure) {
      showError(failure);
    } finally {
      this.running = false;
    }
  }

  close(): void {
    this.testing = false;
    this.rehearsal = null;
  }

  /* ---- drawing ---- */

  protected override updated(): void {
    this.#feed();
  }

  #state(): TemplateResult {
    if (!this.page.can_build) return html`<span class="f3 t13">${t("只能查看;要修改,请联系应用的所有者")}</span>`;
    if (this.saving) return html`<span class="f3 t13" role="status">${t("正在保存…")}</span>`;
    if (this.dirty) return html`<span class="draft">${icon("pencil", 14)}${t("有改动没保存")}</span>${this.#saved.enabled ? html`<span class="f3 t13 au-wide">${t("保存后才对新的变化生效")}</span>` : nothing}`;
    const missing = [...this.problems.values()].flat().length;
    if (missing && !this.#saved.enabled) return html`<span class="f3 t13">${t("还有 {n} 处要补上才能启用", { n: missing })}</span>`;
    return html`<span class="f3 t13" role="status">${t("已保存")}</span>`;
  }

  #bar(): TemplateResult {
    const { enabled, id } = this.#saved;
    const builds = this.page.can_build;
    return html`<div class="pub au-bar">
      <span class="row au-state">${this.#state()}</span><span class="grow"></span>
      <label class="row au-switch" data-tip=${enabled ? t("停用后不再触发") : t("启用后,新的变化会触发它")}><input class="sw" type="checkbox" role="switch" aria-label=${t("启用")} .checked=${enabled} ?disabled=${!builds || this.saving} @change=${(event: Event) => {
        (event.target as HTMLInputElement).checked = enabled;
        void this.#toggle();
      }} /><span>${enabled ? t("已启用") : t("已停用")}</span></label>
      <a class="tool" data-tip=${t("运行记录")} href="/automations/${id}/runs">${icon("history")}<span class="au-word">${t("运行记录")}</span>${this.page.runs ? html`<span class="f3">${this.page.runs > 999 ? "999+" : this.page.runs}</span>` : nothing}${this.page.failed ? html`<span class="count danger" aria-hidden="true">${this.page.failed}</span><span class="sr">${t("{n} 次失败,等人处理", { n: this.page.failed })}</span>` : nothing}</a>
      ${builds
        ? html`<button type="button" class="icb au-undo" aria-label=${t("撤销修改")} data-tip=${t("撤销修改")} ?disabled=${!this.#past.length} @click=${() => this.#undo()}>${icon("undo-2")}</button>
            <button type="button" class="icb" aria-label=${t("更多")} aria-haspopup="menu" @click=${(event: Event) => this.#more(event)}>${icon("ellipsis")}</button>
            <button type="button" class="btn s" aria-pressed=${this.testing} aria-label=${t("试运行")} @click=${() => this.#test()}>${icon("play")}<span>${t("试运行")}</span></button>
            <button type="button" class="btn s p" aria-busy=${String(this.saving)} ?disabled=${!this.dirty} @click=${() => void this.#save()}>${t("保存")}</button>`
        : nothing}
    </div>`;
  }

  #more(event: Event): void {
    openMenu(event.currentTarget as HTMLElement, [
      { label: t("改名"), icon: "text-cursor-input", run: () => void this.#rename() },
      { label: t("丢掉没保存的改动"), icon: "rotate-ccw", disabled: !this.dirty, run: () => this.#revert() },
      "separator",
      { label: t("删除自动化"), icon: "trash-2", danger: true, run: () => void this.#remove() },
    ]);
  }

  #test(): void {
    this.testing = true;
    if (this.sample && !this.rehearsal) void this.run();
  }

  #zoomBy(by: number): void {
    const at = zooms.indexOf(this.zoom);
    this.zoom = zooms[Math.max(0, Math.min(zooms.length - 1, at + by))]!;
  }

  protected override render(): TemplateResult {
    return html`${this.#bar()}
      <div class="au-canvas" tabindex="-1">
        <div class="au-scale" style=${styleMap({ zoom: String(this.zoom) })}>${flow(this)}</div>
      </div>
      <div class="au-zoom"><button type="button" class="icb" aria-label=${t("缩小")} ?disabled=${this.zoom === zooms[0]} @click=${() => this.#zoomBy(-1)}>${icon("minus", 14)}</button><button type="button" class="au-percent" aria-label=${t("恢复原来的大小")} @click=${() => (this.zoom = 1)}>${Math.round(this.zoom * 100)}%</button><button type="button" class="icb" aria-label=${t("放大")} ?disabled=${this.zoom === zooms.at(-1)} @click=${() => this.#zoomBy(1)}>${icon("plus", 14)}</button></div>
      ${this.testing ? drawer(this) : nothing}`;
  }
}

define("hb-automation", HbAutomation);

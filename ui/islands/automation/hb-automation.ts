/** `<hb-automation>`: the editor of an automation: the flow, the form of what is chosen beside it, a test run below. */
import { html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import "../../styles/automation.css";
import { api, ApiError, randomKey, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { connectorDialog } from "../connectors/connector-dialog";
import { confirmDialog } from "../dialog/dialog";
import { debounce, isCommand, isTyping } from "../dom";
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
import { conflictDialog } from "./conflict";
import { publishDialog, versionsDialog } from "./versions";
import { flow, type FlowHost } from "./flow";
import "./hb-step-form";
import type { HbStepForm, StepAct } from "./hb-step-form";
import { triggerTable } from "./made";
import { freshConfig, menuGroups } from "./steps/index";
import { drawer, type DrawerHost } from "./rehearsal";
import { byStep, copyOf, find, heldBy, insert, move, remove, replace, users, walk, type Place } from "./tree";
import type { Automation, Connector, Definition, Draft, PageData, Pause, Rehearsal, Step, StepKind, Trigger } from "./types";
import { startFor } from "./start";
import { givenFor } from "./trigger-outputs";
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
  /** What runs. */
  #published!: Definition;
  #form: HbStepForm | null = null;
  /** What the server has of what is edited, and the number of that draft's changes (0: there is no draft). */
  #stored!: Definition;
  #revision = 0;
  #choosing = false;
  #keeping: Promise<boolean> | null = null;
  readonly #soon = debounce(() => void this.#keep(), 800);
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
    this.#published = definitionOf(this.#saved);
    this.#revision = this.page.draft?.revision ?? 0;
    this.definition = this.page.draft ? { ...this.#published, trigger: this.page.draft.trigger, steps: this.page.draft.steps } : this.#published;
    this.#stored = this.definition;
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

  /** Whether something is not on the server yet. */
  get dirty(): boolean {
    return !same(this.#stored, this.definition);
  }

  /** Whether what is edited is another than what runs. */
  get unpublished(): boolean {
    return !same(this.#published, this.definition);
  }

  /* ---- changing ---- */

  #restore(): void {
    const left = this.page.can_build ? kept(this.#saved, this.#revision) : null;
    if (!left || same(left, this.definition)) return;
    this.definition = left;
    this.#soon();
    toast(t("恢复了上次没来得及存的改动"), { kind: "info" });
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
    if (this.dirty) {
      keep(this.#saved.id, this.#revision, next);
      this.#soon();
    } else forget(this.#saved.id);
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

  /** Forget the draft: back to what runs. */
  async #revert(): Promise<void> {
    try {
      await this.#keeping;
      await api.delete(`/api/v1/automations/${this.#saved.id}/draft?revision=${this.#revision}`);
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === "draft_changed") return this.#choose();
      return showError(failure);
    }
    const before = this.definition;
    this.#past = [];
    this.#future = [];
    this.problems = new Map();
    this.#revision = 0;
    this.#stored = this.#published;
    this.#show(this.#published);
    void this.#check();
    toast(t("已丢掉草稿"), { action: t("撤销"), run: () => this.#show(before) });
  }

  #shortcut(event: KeyboardEvent): void {
    if (!isCommand(event) || !this.page.can_build) return;
    const letter = event.key.toLowerCase();
    if (letter === "s") {
      event.preventDefault();
      void this.#keep().then((good) => good && toast(t("草稿已存好,发布后才生效")));
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
    for (const { step: holder } of walk(this.definition.steps)) {
      heldBy(holder).forEach((list, number) => {
        const at = list.findIndex((one) => one.id === step.id);
        if (at >= 0) [place, index] = [{ branch: holder.id, arm: number }, at];
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

  /** Store what is edited as the draft; false when that failed. */
  async #keep(): Promise<boolean> {
    if (!this.page.can_build) return false;
    while (this.#keeping) await this.#keeping;
    if (!this.dirty) return true;
    this.#keeping = this.#send();
    try {
      return await this.#keeping;
    } finally {
      this.#keeping = null;
    }
  }

  async #send(): Promise<boolean> {
    const sent = this.definition;
    this.saving = true;
    try {
      const { draft } = await api.put<{ draft: Draft | null }>(`/api/v1/automations/${this.#saved.id}/draft`, { trigger: sent.trigger, steps: sent.steps, revision: this.#revision });
      this.#revision = draft?.revision ?? 0;
      this.#stored = sent;
      if (!this.dirty) {
        forget(this.#saved.id);
        if (draft) this.problems = byStep(sent, draft.problems.filter((problem) => problem.code !== "no_steps"));
      }
      return true;
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === "draft_changed") void this.#choose();
      else if (failure instanceof ApiError && failure.status === 409) toast(failure.message, { kind: "bad", life: 30_000, action: t("刷新"), run: () => this.#reload() });
      else this.#refused(failure, false);
      return false;
    } finally {
      this.saving = false;
      this.requestUpdate();
    }
  }

  /** Somebody else has changed the draft: look at theirs, and take one of the two. */
  async #choose(): Promise<void> {
    if (this.#choosing) return;
    this.#choosing = true;
    try {
      const path = `/api/v1/automations/${this.#saved.id}`;
      const [{ draft }, now] = await Promise.all([api.get<{ draft: Draft | null }>(`${path}/draft`), api.get<Automation>(path)]);
      const published = definitionOf({ ...this.#saved, ...now });
      const theirs = draft ? { ...published, trigger: draft.trigger, steps: draft.steps } : published;
      const choice = await conflictDialog(this.page, draft, theirs, this.definition);
      if (!choice) return;
      this.#saved = { ...this.#saved, ...now };
      this.#published = published;
      this.#revision = draft?.revision ?? 0;
      this.#stored = theirs;
      if (choice === "theirs") {
        forget(this.#saved.id);
        this.#past = [...this.#past, this.definition];
        this.problems = draft ? byStep(theirs, draft.problems) : new Map();
        this.#show(theirs);
      } else {
        this.requestUpdate();
        window.setTimeout(() => void this.#keep());
      }
    } catch (failure) {
      showError(failure);
    } finally {
      this.#choosing = false;
    }
  }

  #reload(): void {
    forget(this.#saved.id);
    this.#stored = this.definition;
    location.reload();
  }

  /** Make what is edited what runs, after a look at what is different. */
  async #publish(): Promise<void> {
    if (!(await this.#keep())) return;
    const wanted = await publishDialog(this.page, this.page.published ? this.#published : null, this.definition, this.#saved.enabled);
    if (!wanted) return;
    this.saving = true;
    try {
      const done = await api.post<Automation>(`/api/v1/automations/${this.#saved.id}/publish`, { note: wanted.note, version: this.#saved.version, revision: this.#revision, enable: this.#saved.enabled || wanted.enable });
      this.#took(done);
      this.#revision = 0;
      this.page = { ...this.page, published: (this.page.published ?? 0) + 1 };
      toast(done.enabled ? t("已发布,从现在起的变化按新的做") : t("已发布,还没有启用"));
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === "draft_changed") void this.#choose();
      else this.#refused(failure, wanted.enable);
    } finally {
      this.saving = false;
    }
  }

  /** What the server says the automation is now. */
  #took(done: Automation): void {
    this.#saved = { ...this.#saved, ...done };
    this.#published = definitionOf(this.#saved);
    this.definition = this.#stored = this.#published;
    this.problems = new Map();
    forget(this.#saved.id);
  }

  async #switch(enabled: boolean): Promise<boolean> {
    this.saving = true;
    try {
      const done = await api.patch<Automation>(`/api/v1/automations/${this.#saved.id}`, { enabled, version: this.#saved.version });
      this.#saved = { ...this.#saved, enabled: done.enabled, version: done.version };
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
    const words = enabled && !this.#saved.enabled ? t("还不能启用:{n} 处要补上", { n: failure.problems.length }) : t("还不能发布:{n} 处要补上", { n: failure.problems.length });
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
    if (on && !this.page.published) return this.#publish();
    if (await this.#switch(on)) toast(on ? t("已启用,从现在起的变化会触发它") : t("已停用,正在跑的会跑完"));
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
        this.#saved = { ...this.#saved, name: saved.name, version: saved.version };
        [this.#published, this.#stored, this.definition] = [this.#published, this.#stored, this.definition].map((one) => ({ ...one, name })) as [Definition, Definition, Definition];
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
    if (!this.sample && this.needsRecord) return;
    this.running = true;
    try {
      this.rehearsal = await api.post<Rehearsal>(`/api/v1/automations/${this.#saved.id}/test`, {
        record: this.needsRecord ? this.sample?.id : null,
        definition: this.definition,
        given: givenFor(this.definition.trigger),
      });
    } catch (failure) {
      showError(failure);
    } finally {
      this.running = false;
    }
  }

  /** Whether a record sets the automation off; others are tried without. */
  get needsRecord(): boolean {
    return triggerTable(this.definition.trigger) !== "";
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
    const missing = [...this.problems.values()].flat().length;
    if (this.unpublished) {
      const kept = this.saving || this.dirty ? t("正在存草稿…") : t("草稿已存");
      return html`<span class="draft">${icon("pencil", 14)}${t("有改动没发布")}</span><span class="f3 t13 au-wide" role="status">${missing ? t("还有 {n} 处要补上", { n: missing }) : kept}</span>`;
    }
    if (missing && !this.#saved.enabled) return html`<span class="f3 t13">${t("还有 {n} 处要补上才能启用", { n: missing })}</span>`;
    return html`<span class="f3 t13" role="status">${this.page.published ? t("已发布 · 第 {n} 版", { n: this.page.published }) : t("还没有发布")}</span>`;
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
      <a class="tool" aria-label=${this.#runsLabel()} data-tip=${t("运行记录")} href="/automations/${id}/runs">${icon("history")}<span class="au-word">${t("运行记录")}</span>${this.page.runs ? html`<span class="f3">${this.page.runs > 999 ? "999+" : this.page.runs}</span>` : nothing}${this.page.failed ? html`<span class="count danger">${this.page.failed}</span>` : nothing}</a>
      ${builds
        ? html`<button type="button" class="icb au-undo" aria-label=${t("撤销修改")} data-tip=${t("撤销修改")} ?disabled=${!this.#past.length} @click=${() => this.#undo()}>${icon("undo-2")}</button>
            <button type="button" class="icb" aria-label=${t("更多")} aria-haspopup="menu" @click=${(event: Event) => this.#more(event)}>${icon("ellipsis")}</button>
            ${this.#byHand()}<button type="button" class="btn s" aria-pressed=${this.testing} aria-label=${t("试运行")} @click=${() => this.#test()}>${icon("play")}<span>${t("试运行")}</span></button>
            <button type="button" class="btn s p" ?disabled=${!this.unpublished} @click=${() => void this.#publish()}>${t("发布")}</button>`
        : nothing}
    </div>`;
  }

  /** What the link to the runs is called where its word does not show: with how many there are, and how many wait. */
  #runsLabel(): string {
    const { runs, failed } = this.page;
    const parts = [t("运行记录"), runs ? (runs > 999 ? "999+" : String(runs)) : "", failed ? t("{n} 次失败,等人处理", { n: failed }) : ""];
    return parts.filter(Boolean).join(" ");
  }

  #more(event: Event): void {
    openMenu(event.currentTarget as HTMLElement, [
      { label: t("改名"), icon: "text-cursor-input", run: () => void this.#rename() },
      { label: t("复制一份"), icon: "copy", run: () => void this.#duplicate() },
      { label: t("历史版本"), icon: "history", run: () => void this.#versions() },
      { label: t("丢掉草稿"), icon: "rotate-ccw", disabled: !this.unpublished, run: () => void this.#revert() },
      "separator",
      ...(this.page.pause?.scope === "automation"
        ? [{ label: t("恢复运行"), icon: "play", run: () => void this.#pause(null) }]
        : [
            { label: t("暂停"), icon: "pause", sub: t("触发的先记着,恢复后接着跑"), run: () => void this.#pause("pause") },
            { label: t("跑完排队的再停"), icon: "pause", sub: t("已在排队的跑完,新触发的先记着"), run: () => void this.#pause("drain") },
          ]),
      "separator",
      { label: t("删除自动化"), icon: "trash-2", danger: true, run: () => void this.#remove() },
    ]);
  }

  async #duplicate(): Promise<void> {
    try {
      await this.#keep();
      const made = await api.post<Automation>(`/api/v1/automations/${this.#saved.id}/duplicate`, { name: t("{name} 的副本", { name: this.#saved.name }) });
      location.assign(`/automations/${made.id}`);
    } catch (failure) {
      showError(failure);
    }
  }

  async #versions(): Promise<void> {
    await this.#keep();
    const number = await versionsDialog({ ...this.page, automation: this.#saved }, this.definition);
    if (number === null) return;
    try {
      const { draft } = await api.post<{ draft: Draft | null }>(`/api/v1/automations/${this.#saved.id}/versions/${number}/restore`, { revision: this.#revision });
      this.#revision = draft?.revision ?? 0;
      const before = this.definition;
      const next = draft ? { ...this.definition, trigger: draft.trigger, steps: draft.steps } : { ...this.#published };
      this.#past = [...this.#past, before];
      this.#stored = next;
      this.#show(next);
      this.problems = draft ? byStep(next, draft.problems) : new Map();
      toast(t("第 {n} 版已放进草稿,发布后才运行", { n: number }));
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === "draft_changed") return this.#choose();
      showError(failure);
    }
  }

  async #pause(mode: "pause" | "drain" | null): Promise<void> {
    try {
      await api.put(`/api/v1/automations/${this.#saved.id}/pause`, { mode });
      const { pauses } = await api.get<{ pauses: Pause[] }>(`/api/v1/apps/${this.page.app}/automations/pauses`);
      this.page = { ...this.page, pause: pauses.find((one) => one.scope !== "automation" || one.id === this.#saved.id) ?? null };
      toast(mode ? t("已暂停,触发的都记着,恢复后接着跑") : t("已恢复,记着的开始跑"));
    } catch (failure) {
      showError(failure);
    }
  }

  #paused(): TemplateResult | typeof nothing {
    const { pause } = this.page;
    if (!pause) return nothing;
    const whose = { all: t("整个系统的自动化都暂停了"), app: t("这个应用的自动化都暂停了"), automation: t("这个自动化暂停了") }[pause.scope];
    return html`<div class="note warn au-paused" role="status">${icon("pause", 14)}<span><b>${pause.mode === "drain" ? t("跑完排队的就停") : whose}</b> ${pause.by ? t("{name} 暂停的", { name: pause.by }) : nothing} ${pause.reason} ${pause.held ? t("{n} 次运行等着恢复", { n: pause.held }) : t("触发的先记着,恢复后接着跑")}</span><span class="grow"></span>${this.page.can_build && pause.scope === "automation" ? html`<button type="button" class="btn s" @click=${() => void this.#pause(null)}>${t("恢复运行")}</button>` : nothing}</div>`;
  }

  /** The button that starts an automation made for that, where no record is asked for. */
  #byHand(): TemplateResult | typeof nothing {
    const { trigger, enabled, id, name } = this.#saved;
    if (trigger.kind !== "manual" || trigger.table || !enabled) return nothing;
    return html`<button type="button" class="btn s" ?disabled=${this.dirty} @click=${() => void startFor(id, name, [])}>${icon("zap")}<span>${t("运行")}</span></button>`;
  }

  #test(): void {
    this.testing = true;
    if ((this.sample || !this.needsRecord) && !this.rehearsal) void this.run();
  }

  #zoomBy(by: number): void {
    const at = zooms.indexOf(this.zoom);
    this.zoom = zooms[Math.max(0, Math.min(zooms.length - 1, at + by))]!;
  }

  protected override render(): TemplateResult {
    return html`${this.#bar()}${this.#paused()}
      <div class="au-canvas" tabindex="-1">
        <div class="au-scale" style=${styleMap({ zoom: String(this.zoom) })}>${flow(this)}</div>
      </div>
      <div class="au-zoom"><button type="button" class="icb" aria-label=${t("缩小")} ?disabled=${this.zoom === zooms[0]} @click=${() => this.#zoomBy(-1)}>${icon("minus", 14)}</button><button type="button" class="au-percent" aria-label=${t("恢复原来的大小")} @click=${() => (this.zoom = 1)}>${Math.round(this.zoom * 100)}%</button><button type="button" class="icb" aria-label=${t("放大")} ?disabled=${this.zoom === zooms.at(-1)} @click=${() => this.#zoomBy(1)}>${icon("plus", 14)}</button></div>
      ${this.testing ? drawer(this) : nothing}`;
  }
}

define("hb-automation", HbAutomation);

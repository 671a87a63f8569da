/** `<hb-automation>`: the editor of an automation: the flow, the form of what is chosen beside it, a test run below. */
import { html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import "../../styles/automation.css";
import { api, randomKey, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { connectorDialog } from "../connectors/connector-dialog";
import { isCommand } from "../dom";
import type { RecordData } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { Past } from "../past";
import type { Option } from "../select/options";
import { closePanel } from "../shell/panel";
import { stockDialog } from "../stocks/stock-dialog";
import { toast } from "../toast/toast";
import { bar, paused, troubled, type BarHost } from "./bar";
import { guessTest } from "./condition-form";
import { Drafting, type DraftingHost } from "./drafting";
import { flow, type FlowHost } from "./flow";
import "./hb-step-form";
import type { HbStepForm, StepAct } from "./hb-step-form";
import { triggerTable } from "./made";
import { freshConfig, menuGroups } from "./steps/index";
import { drawer, type DrawerHost } from "./rehearsal";
import { copyOf, find, heldBy, insert, move, remove, replace, users, walk, type Place } from "./tree";
import type { Connector, Definition, PageData, Rehearsal, Step, StepKind, Trigger } from "./types";
import { givenFor } from "./trigger-outputs";
import { nameOf, tableOf, type Surroundings } from "./values";

const zooms = [0.6, 0.75, 0.9, 1, 1.15, 1.3];

class HbAutomation extends HbElement implements BarHost, DraftingHost, DrawerHost, FlowHost {
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
  declare saving: boolean;
  declare testing: boolean;
  declare private sample: RecordData | null;
  declare private zoom: number;
  drafting!: Drafting;
  readonly past = new Past<Definition>();
  #form: HbStepForm | null = null;
  #sampled: Promise<void> = Promise.resolve();
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
    this.drafting = new Drafting(this);
    this.definition = this.drafting.stored;
    super.connectedCallback();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    document.addEventListener("hb:panel-close", () => this.#closed(), { signal });
    document.addEventListener("keydown", (event) => this.#shortcut(event), { signal });
    addEventListener("beforeunload", (event) => this.drafting.dirty && event.preventDefault(), { signal });
    this.drafting.restore();
    this.#findSample();
    void this.drafting.check();
    const wanted = new URLSearchParams(location.search).get("step");
    if (wanted && (wanted === "trigger" || find(this.definition.steps, wanted))) void this.updateComplete.then(() => this.choose(wanted));
    else if (this.page.can_build && !this.definition.steps.length && !matchMedia("(max-width: 900px)").matches) void this.updateComplete.then(() => this.choose("trigger"));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave();
  }

  /** Nothing of the page is listened to any more. */
  leave(): void {
    this.#stop.abort();
  }

  /* ---- changing ---- */

  #set(next: Definition): void {
    if (JSON.stringify(next) === JSON.stringify(this.definition)) return;
    this.past.left(this.definition);
    this.show(next);
  }

  show(next: Definition): void {
    const moved = triggerTable(next.trigger) !== triggerTable(this.definition.trigger);
    this.definition = next;
    this.drafting.changed();
    if (moved) {
      this.rehearsal = null;
      this.#findSample();
    }
    if (this.chosen && this.chosen !== "trigger" && !find(next.steps, this.chosen)) closePanel();
  }

  #steps(steps: Step[]): void {
    this.#set({ ...this.definition, steps });
  }

  undo(): void {
    this.past.back(this.definition, (one) => this.show(one));
  }

  #shortcut(event: KeyboardEvent): void {
    if (!isCommand(event) || !this.page.can_build) return;
    if (event.key.toLowerCase() === "s") {
      event.preventDefault();
      void this.drafting.keep().then((good) => good && toast(t("草稿已存好,发布后才生效")));
    } else this.past.key(event, this.definition, (one) => this.show(one));
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

  /* ---- trying ---- */

  get record(): Option | null {
    const { sample } = this;
    if (!sample) return null;
    const table = tableOf(this.page, triggerTable(this.definition.trigger));
    return { value: sample.id, label: (table ? nameOf(table, sample) : "") || t("没有名字的记录") };
  }

  #findSample(id?: string): void {
    this.#sampled = this.#readSample(id);
  }

  async #readSample(id?: string): Promise<void> {
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
    this.#findSample(id);
  }

  async run(): Promise<void> {
    if (!this.sample && this.needsRecord) return;
    this.running = true;
    try {
      this.rehearsal = await api.post<Rehearsal>(`/api/v1/automations/${this.drafting.saved.id}/test`, {
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

  test(): void {
    this.testing = true;
    // the record to try on may still be on its way
    void this.#sampled.then(() => {
      if (this.testing && !this.running && !this.rehearsal) void this.run();
    });
  }

  #zoomBy(by: number): void {
    const at = zooms.indexOf(this.zoom);
    this.zoom = zooms[Math.max(0, Math.min(zooms.length - 1, at + by))]!;
  }

  protected override render(): TemplateResult {
    return html`${bar(this)}${paused(this)}${troubled(this)}
      <div class="au-canvas" tabindex="-1">
        <div class="au-scale" style=${styleMap({ zoom: String(this.zoom) })}>${flow(this)}</div>
      </div>
      <div class="au-zoom"><button type="button" class="icb" aria-label=${t("缩小")} ?disabled=${this.zoom === zooms[0]} @click=${() => this.#zoomBy(-1)}>${icon("minus", 14)}</button><button type="button" class="au-percent" aria-label=${t("恢复原来的大小")} @click=${() => (this.zoom = 1)}>${Math.round(this.zoom * 100)}%</button><button type="button" class="icb" aria-label=${t("放大")} ?disabled=${this.zoom === zooms.at(-1)} @click=${() => this.#zoomBy(1)}>${icon("plus", 14)}</button></div>
      ${this.testing ? drawer(this) : nothing}`;
  }
}

define("hb-automation", HbAutomation);

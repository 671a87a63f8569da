/**
 * `<hb-workbench data-source="…">`: looking a record up by its number, on a phone in one hand or at a desk with a scanner gun.
 * One place at a time (home, a card, several hits, nothing found, the records of a state), each with its address; the scanning
 * screen lies over all of them. Cards looked up here stay on the device and can be read without a network.
 */
import "../../styles/workbench.css";
import "../../styles/workbench-page.css";
import { html, nothing, type TemplateResult } from "lit";
import { api, ApiError, Disconnected } from "../api";
import { define, HbElement } from "../base";
import { debounce, isPhone, isTyping } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch, type Change } from "../live";
import { rememberTable } from "../table/info";
import { readAddress, writeAddress, type Address, type Place } from "./address";
import { Changing, type ChangingHost } from "./changing";
import { normalise } from "./codes";
import { feedback } from "./feedback";
import { listenForScans } from "./gun";
import type { ScannedCode } from "./hb-scan";
import { Memory } from "./memory";
import { openBenchMenu } from "./menu";
import { keepOnDevice } from "./offline";
import { footTemplate, resultTemplate, type ResultHost, type Shown } from "./result";
import { recentTemplate, searchTemplate, statesTemplate, type StateCount } from "./screens";
import { openStates, recordsIn, stateCounts } from "./states";
import type { Card, Found, PageData } from "./types";

/** The same code again so soon is a trigger pulled twice. */
const doubleWithin = 1_500;

export class HbWorkbench extends HbElement implements ChangingHost, ResultHost {
  static override properties = {
    shown: { state: true },
    typed: { state: true },
    problem: { state: true },
    scanning: { state: true },
    offline: { state: true },
    states: { state: true },
    unfolded: { state: true },
    allFacts: { state: true },
    allRecent: { state: true },
    note: { state: true },
    recents: { state: true },
  };

  declare shown: Shown;
  declare private typed: string;
  declare private problem: string;
  declare private scanning: boolean;
  declare offline: boolean;
  declare private states: StateCount[];
  declare unfolded: boolean;
  declare allFacts: boolean;
  declare private allRecent: boolean;
  declare private note: string;
  /** Counts up when the device's memory has changed. */
  declare private recents: number;

  page!: PageData;
  readonly changing = new Changing(this);
  #memory!: Memory;
  #ask = 0;
  #last = { code: "", at: 0 };
  #stops: (() => void)[] = [];
  readonly #refreshSoon = debounce(() => void this.refresh(), 250);
  readonly #countSoon = debounce(() => void this.#count(), 400);

  constructor() {
    super();
    this.shown = { kind: "nothing" };
    this.typed = "";
    this.problem = "";
    this.scanning = false;
    this.offline = !navigator.onLine;
    this.states = [];
    this.unfolded = false;
    this.allFacts = !isPhone();
    this.allRecent = false;
    this.note = "";
    this.recents = 0;
  }

  protected override createRenderRoot(): HTMLElement {
    this.page = this.pageData<PageData>()!;
    this.#memory = new Memory(this.page.person.id, this.page.workbench.id);
    rememberTable(this.page.table);
    return super.createRenderRoot();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const on = (target: EventTarget, type: string, listener: (event: Event) => void) => {
      target.addEventListener(type, listener);
      this.#stops.push(() => target.removeEventListener(type, listener));
    };
    on(window, "popstate", () => void this.#go(readAddress(location.search), "stay"));
    on(window, "online", () => this.#connected(true));
    on(window, "offline", () => this.#connected(false));
    on(document, "keydown", (event) => this.#key(event as KeyboardEvent));
    on(document, "hb:undone", () => this.#refreshSoon());
    this.#stops.push(watch([this.page.table.id], (change) => this.#heard(change)));
    if (this.page.workbench.scan) this.#stops.push(listenForScans((code, at) => void this.#scanned(code, at)));
    keepOnDevice();
    void this.#go(readAddress(location.search), "stay");
    void this.#count();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stops.splice(0)) stop();
  }

  protected override firstUpdated(): void {
    // On a phone the keyboard would cover half the screen before it is wanted.
    if (this.shown.kind === "nothing" && !isPhone() && !this.scanning) this.#search?.focus();
  }

  get #search(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>(".wb-search input");
  }

  get remembered(): number {
    return this.#memory.all.length;
  }

  get bench(): { table: PageData["table"]; bindings: PageData["workbench"]["bindings"] } {
    return { table: this.page.table, bindings: this.page.workbench.bindings };
  }

  /* ---- places ---- */

  /** Show what an address means. `how`: a new step in the history, the same step changed, or the history as it is. */
  async #go(address: Address, how: "push" | "replace" | "stay"): Promise<void> {
    if (how !== "stay") history[how === "push" ? "pushState" : "replaceState"](null, "", location.pathname + writeAddress(address));
    this.scanning = address.scanning && this.page.workbench.scan;
    await this.#show(address.place);
  }

  async #show(place: Place): Promise<void> {
    if (place.view === "home") this.#set({ kind: "nothing" });
    else if (place.view === "record") await this.#openRecord(place.record);
    else if (place.view === "code") await this.#lookUp(place.code, { scanned: false, how: "stay" });
    else await this.#openState(place.state);
  }

  #set(shown: Shown): void {
    const before = this.shown.kind === "card" ? this.shown.card.record.id : "";
    const now = shown.kind === "card" ? shown.card.record.id : "";
    if (before !== now) {
      this.changing.clear();
      this.unfolded = false;
    }
    this.shown = shown;
    if (before !== now && now) this.querySelector(".wb-result")?.scrollTo(0, 0);
  }

  #home(): void {
    this.typed = "";
    this.problem = "";
    void this.#go({ place: { view: "home" }, scanning: false }, "push");
  }

  /** The card of a record met in a list: at once as the device knows it, then as it is now. */
  async #openRecord(record: string): Promise<void> {
    const ask = ++this.#ask;
    const kept = this.#memory.byId(record);
    this.#set(kept ? { kind: "card", card: kept.card, took: null, kept: this.offline ? kept.at : null } : { kind: "waiting" });
    const began = performance.now();
    try {
      const { card } = await api.get<{ card: Card }>(`/api/v1/workbenches/${this.page.workbench.id}/cards/${record}`);
      if (ask === this.#ask) this.#found(card, performance.now() - began);
    } catch (failure) {
      if (ask !== this.#ask) return;
      if (failure instanceof Disconnected) this.#connected(false);
      if (failure instanceof Disconnected && kept) this.#set({ kind: "card", card: kept.card, took: null, kept: kept.at });
      else this.#failed(failure);
    }
  }

  async #openState(state: string): Promise<void> {
    const ask = ++this.#ask;
    this.#set({ kind: "waiting" });
    try {
      const { records, total } = await recordsIn(this.page, state);
      if (ask === this.#ask) this.#set({ kind: "state", state, records, total });
    } catch (failure) {
      if (ask === this.#ask) this.#failed(failure);
    }
  }

  #failed(failure: unknown): void {
    if (failure instanceof ApiError && failure.status === 401) {
      location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    if (failure instanceof Disconnected) this.#connected(false);
    if (failure instanceof ApiError && failure.status === 404 && this.shown.kind === "card") this.#memory.forget(this.shown.card.record.id);
    const message = failure instanceof Disconnected ? t("离线,联网以后再试") : failure instanceof ApiError ? failure.message : t("没有查成,请再试一次");
    if (!(failure instanceof ApiError) && !(failure instanceof Disconnected)) console.error(failure);
    this.#set({ kind: "failed", message });
  }

  /* ---- looking up ---- */

  async #submit(): Promise<void> {
    const code = normalise(this.#search?.value ?? this.typed);
    if (code.length < 2) {
      this.problem = code ? t("单号太短,至少输入 4 位") : t("先输入单号");
      this.#search?.focus();
      return;
    }
    this.#search?.blur();
    await this.#lookUp(code, { scanned: false, how: "push" });
  }

  /** A gun or the camera read a code, at that time. */
  async #scanned(code: string, at = performance.now()): Promise<void> {
    if (code === this.#last.code && at - this.#last.at < doubleWithin) {
      this.note = t("「{code}」刚扫过,这一次没有再查", { code });
      return;
    }
    this.#last = { code, at };
    this.note = "";
    await this.#lookUp(code, { scanned: true, how: this.scanning ? "replace" : "push" });
  }

  async #lookUp(code: string, options: { scanned: boolean; how: "push" | "replace" | "stay" }): Promise<void> {
    const ask = ++this.#ask;
    const { how } = options;
    this.problem = "";
    this.typed = options.scanned ? "" : code;
    if (this.shown.kind !== "card") this.#set({ kind: "waiting" });
    const began = performance.now();
    const go = (place: Place) => {
      if (how !== "stay") history[how === "push" ? "pushState" : "replaceState"](null, "", location.pathname + writeAddress({ place, scanning: false }));
      this.scanning = false;
    };
    try {
      const found = await api.get<Found>(`/api/v1/workbenches/${this.page.workbench.id}/find`, { params: { code, scanned: options.scanned } });
      if (ask !== this.#ask) return;
      this.#connected(true);
      feedback("found");
      if (found.card) {
        go({ view: "record", record: found.card.record.id });
        this.#found(found.card, performance.now() - began);
        this.typed = "";
      } else {
        go({ view: "code", code });
        this.#set({ kind: "hits", code: found.code, hits: found.hits });
      }
      this.#focusTitle();
    } catch (failure) {
      if (ask !== this.#ask) return;
      this.#notFound(code, failure, go);
    }
  }

  #notFound(code: string, failure: unknown, go: (place: Place) => void): void {
    if (failure instanceof Disconnected) {
      this.#connected(false);
      const kept = this.#memory.byCode(code, this.page.workbench.bindings);
      feedback(kept ? "found" : "missing");
      go(kept ? { view: "record", record: kept.card.record.id } : { view: "code", code });
      this.#set(kept ? { kind: "card", card: kept.card, took: null, kept: kept.at } : { kind: "missing", code, offline: true });
    } else if (failure instanceof ApiError && failure.status === 404) {
      feedback("missing");
      go({ view: "code", code });
      this.#set({ kind: "missing", code, offline: false });
    } else if (failure instanceof ApiError && failure.status === 422) {
      feedback("missing");
      this.problem = failure.message;
      this.scanning = false;
      this.#set({ kind: "nothing" });
    } else {
      go({ view: "code", code });
      this.#failed(failure);
    }
    this.#focusTitle();
  }

  #focusTitle(): void {
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(".wb-title")?.focus({ preventScroll: true }));
  }

  #found(card: Card, took: number): void {
    this.#memory.keep(card);
    this.recents += 1;
    this.#set({ kind: "card", card, took, kept: null });
    void this.changing.load(card);
  }

  /* ---- the record changes ---- */

  #heard(change: Change): void {
    this.#countSoon();
    if (this.shown.kind === "card" && (change.records.length === 0 || change.records.includes(this.shown.card.record.id))) this.#refreshSoon();
  }

  /** The card as it is now; its place, time and what is unfolded stay. */
  async refresh(): Promise<void> {
    if (this.shown.kind !== "card") return;
    const { record } = this.shown.card;
    try {
      const { card } = await api.get<{ card: Card }>(`/api/v1/workbenches/${this.page.workbench.id}/cards/${record.id}`);
      if (this.shown.kind !== "card" || this.shown.card.record.id !== record.id) return;
      this.#memory.refresh(card);
      this.recents += 1;
      this.shown = { ...this.shown, card, kept: null };
      await this.changing.load(card);
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 404) this.#failed(failure);
    }
  }

  async #count(): Promise<void> {
    if (!openStates(this.page).length) return;
    try {
      this.states = await stateCounts(this.page);
    } catch {
      // The numbers wait for the network.
    }
  }

  #connected(online: boolean): void {
    const was = this.offline;
    this.offline = !online;
    if (was && online) {
      this.#countSoon();
      this.#refreshSoon();
    }
  }

  /* ---- keys ---- */

  #key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || this.scanning || document.querySelector("dialog[open]")) return;
    if (event.key === "/" && !isTyping(event)) {
      event.preventDefault();
      this.#search?.focus();
    } else if (event.key === "Escape" && this.shown.kind !== "nothing" && !document.querySelector(":popover-open")) this.#home();
  }

  openScan(): void {
    this.note = "";
    void this.#go({ ...readAddress(location.search), scanning: true }, "push");
  }

  #closeScan(): void {
    this.scanning = false;
    history.replaceState(null, "", location.pathname + writeAddress({ ...readAddress(location.search), scanning: false }));
  }

  #code(event: CustomEvent<ScannedCode>): void {
    const { code, by } = event.detail;
    if (by === "typing") void this.#lookUp(normalise(code), { scanned: false, how: "replace" });
    else void this.#scanned(code);
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult {
    const { workbench } = this.page;
    const home = this.shown.kind === "nothing";
    return html`<div class="wb ${home ? "home" : "away"}" ?inert=${this.scanning}>
        <header class="wb-top">
          ${home ? html`<span class="app-ic">${icon("mark", 18)}</span>` : html`<button type="button" class="icb wb-back" aria-label=${t("返回")} @click=${() => this.#home()}>${icon("chevron-left", 22)}</button>`}
          <h1 class="cut">${workbench.name}</h1>
          ${this.offline ? html`<span class="tag c-amber" role="status">${icon("cloud-off", 13)}${t("离线")}</span>` : nothing}
          <button type="button" class="icb end" aria-haspopup="menu" aria-label=${t("更多")} @click=${(event: Event) => openBenchMenu(event.currentTarget as HTMLElement, this.page, this.shown.kind === "card" ? this.shown.card.record.id : null)}>${icon("ellipsis", 20)}</button>
        </header>
        <div class="wb-cols">
          <div class="wb-side">${this.#side()}</div>
          <div class="wb-right"><main class="wb-result" aria-live="polite">${resultTemplate(this)}</main>${footTemplate(this)}</div>
        </div>
      </div>
      ${this.scanning ? html`<hb-scan .note=${this.note} @hb:code=${(event: CustomEvent<ScannedCode>) => this.#code(event)} @hb:scan-close=${() => this.#closeScan()}></hb-scan>` : nothing}`;
  }

  #side(): TemplateResult {
    return html`${searchTemplate({ value: this.typed, problem: this.problem, busy: this.shown.kind === "waiting", input: (value) => this.#type(value), submit: () => void this.#submit() })}
      ${this.note && !this.scanning ? html`<p class="note warn" role="status">${icon("info", 16)}${this.note}</p>` : nothing}
      ${statesTemplate(this.states, (state) => void this.#go({ place: { view: "state", state }, scanning: false }, "push"))}
      ${recentTemplate({
        ...this.bench,
        kept: this.#memory.all,
        current: this.shown.kind === "card" ? this.shown.card.record.id : "",
        unfolded: this.allRecent,
        unfold: () => (this.allRecent = true),
        open: (record) => this.open(record),
        clear: () => this.#clear(),
      })}`;
  }

  #type(value: string): void {
    this.typed = value;
    this.problem = "";
    this.note = "";
  }

  open(record: string): void {
    void this.#go({ place: { view: "record", record }, scanning: false }, "push");
  }

  #clear(): void {
    for (const one of [...this.#memory.all]) this.#memory.forget(one.card.record.id);
    this.recents += 1;
  }

  again(): void {
    void this.#go(readAddress(location.search), "stay");
  }

  lookUpAgain(code: string): void {
    void this.#lookUp(code, { scanned: false, how: "replace" });
  }

  edit(code: string): void {
    void this.#go({ place: { view: "home" }, scanning: false }, "push");
    this.typed = code;
    void this.updateComplete.then(() => {
      this.#search?.focus();
      this.#search?.select();
    });
  }

}

define("hb-workbench", HbWorkbench);

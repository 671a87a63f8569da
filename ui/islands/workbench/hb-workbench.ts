/**
 * `<hb-workbench data-source="…">`: looking a record up by its number, on a phone in one hand or at a desk with a scanner gun.
 * One place at a time (home, a card, several hits, nothing found, the records of a state), each with its address; the scanning
 * screen lies over all of them. Cards looked up here stay on the device and can be read without a network.
 */
import "../../styles/workbench.css";
import "../../styles/workbench-page.css";
import htmx from "htmx.org";
import { html, nothing, type TemplateResult } from "lit";
import { api, ApiError, Disconnected, showError } from "../api";
import { define, HbElement } from "../base";
import { debounce, isPhone, isTyping } from "../dom";
import type { Field, RecordData, Value } from "../fields/field";
import { formatMoment, formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch, type Change } from "../live";
import { openMenu, type MenuItem } from "../menu/menu";
import { filesOf } from "../files/file";
import { linkChoices } from "../record/choices";
import { isEditable } from "../record/control";
import { askMissing } from "../record/missing";
import { toWire } from "../record/saver";
import type { Move } from "../record/types";
import { rememberTable } from "../table/info";
import { toastUndo } from "../toast/toast";
import { undo } from "../undo";
import { readAddress, writeAddress, type Address, type Place } from "./address";
import { cardTemplate, numberOf, partText } from "./card";
import { normalise } from "./codes";
import { feedback, isSilent, setSilent } from "./feedback";
import { listenForScans } from "./gun";
import type { ScannedCode } from "./hb-scan";
import { Memory } from "./memory";
import { barTemplate, movesOf, take } from "./moves";
import { keepOnDevice } from "./offline";
import { listTemplate, nothingBar, nothingTemplate, recentTemplate, searchTemplate, statesTemplate, waitingTemplate, type StateCount } from "./screens";
import { openStates, recordsIn, stateCounts } from "./states";
import type { Card, Found, PageData } from "./types";

/** The same code again so soon is a trigger pulled twice. */
const doubleWithin = 1_500;

/** What stands in the place of the card. */
type Shown =
  | { kind: "nothing" }
  | { kind: "waiting" }
  | { kind: "card"; card: Card; took: number | null; kept: number | null }
  | { kind: "hits"; code: string; hits: RecordData[] }
  | { kind: "missing"; code: string; offline: boolean }
  | { kind: "state"; state: string; records: RecordData[]; total: number }
  | { kind: "failed"; message: string };

export class HbWorkbench extends HbElement {
  static override properties = {
    shown: { state: true },
    typed: { state: true },
    problem: { state: true },
    scanning: { state: true },
    offline: { state: true },
    states: { state: true },
    moves: { state: true },
    moving: { state: true },
    refusal: { state: true },
    stuck: { state: true },
    unfolded: { state: true },
    allFacts: { state: true },
    allRecent: { state: true },
    note: { state: true },
    recents: { state: true },
  };

  declare private shown: Shown;
  declare private typed: string;
  declare private problem: string;
  declare private scanning: boolean;
  declare private offline: boolean;
  declare private states: StateCount[];
  declare private moves: Move[];
  declare private moving: Move | null;
  declare private refusal: string;
  /** Why the record shown cannot go on from its state. */
  declare private stuck: string;
  declare private unfolded: boolean;
  declare private allFacts: boolean;
  declare private allRecent: boolean;
  declare private note: string;
  /** Counts up when the device's memory has changed. */
  declare private recents: number;

  #page!: PageData;
  #memory!: Memory;
  #ask = 0;
  #last = { code: "", at: 0 };
  #stops: (() => void)[] = [];
  readonly #refreshSoon = debounce(() => void this.#refresh(), 250);
  readonly #countSoon = debounce(() => void this.#count(), 400);

  constructor() {
    super();
    this.shown = { kind: "nothing" };
    this.typed = "";
    this.problem = "";
    this.scanning = false;
    this.offline = !navigator.onLine;
    this.states = [];
    this.moves = [];
    this.moving = null;
    this.refusal = "";
    this.stuck = "";
    this.unfolded = false;
    this.allFacts = !isPhone();
    this.allRecent = false;
    this.note = "";
    this.recents = 0;
  }

  protected override createRenderRoot(): HTMLElement {
    this.#page = this.pageData<PageData>()!;
    this.#memory = new Memory(this.#page.person.id, this.#page.workbench.id);
    rememberTable(this.#page.table);
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
    this.#stops.push(watch([this.#page.table.id], (change) => this.#heard(change)));
    if (this.#page.workbench.scan) this.#stops.push(listenForScans((code, at) => void this.#scanned(code, at)));
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

  get #bench(): { table: PageData["table"]; bindings: PageData["workbench"]["bindings"] } {
    return { table: this.#page.table, bindings: this.#page.workbench.bindings };
  }

  /* ---- places ---- */

  /** Show what an address means. `how`: a new step in the history, the same step changed, or the history as it is. */
  async #go(address: Address, how: "push" | "replace" | "stay"): Promise<void> {
    if (how !== "stay") history[how === "push" ? "pushState" : "replaceState"](null, "", location.pathname + writeAddress(address));
    this.scanning = address.scanning && this.#page.workbench.scan;
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
      this.moves = [];
      this.stuck = "";
      this.refusal = "";
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
      const { card } = await api.get<{ card: Card }>(`/api/v1/workbenches/${this.#page.workbench.id}/cards/${record}`);
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
      const { records, total } = await recordsIn(this.#page, state);
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
      const found = await api.get<Found>(`/api/v1/workbenches/${this.#page.workbench.id}/find`, { params: { code, scanned: options.scanned } });
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
      const kept = this.#memory.byCode(code, this.#page.workbench.bindings);
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
    void this.#loadMoves(card);
  }

  /* ---- the record's moves and changes ---- */

  async #loadMoves(card: Card): Promise<void> {
    if (!this.#page.can_edit) return;
    try {
      const { moves, stuck } = await movesOf(card.record.id, this.#page.workbench.bindings.status);
      if (this.shown.kind !== "card" || this.shown.card.record.id !== card.record.id) return;
      this.moves = moves;
      this.stuck = stuck;
    } catch {
      // The card is of use without them.
    }
  }

  async #move(move: Move): Promise<void> {
    if (this.shown.kind !== "card") return;
    const { card } = this.shown;
    const filled = await this.#fill(card, move);
    if (!filled) return;
    this.moving = move;
    this.refusal = "";
    try {
      const { change, problems } = await take(card.table, card.record.id, move, filled);
      if (problems.length) {
        this.refusal = problems.map((problem) => problem.message).join(" ");
        feedback("missing");
      } else {
        feedback("found");
        toastUndo(t("已改为「{state}」", { state: move.target }), () => change && void undo(change));
      }
      await this.#refresh();
    } catch (failure) {
      showError(failure);
    } finally {
      this.moving = null;
    }
  }

  /** Ask for what the move wants filled; null where it was called off. */
  async #fill(card: Card, move: Move): Promise<Record<string, unknown> | null> {
    const fields = this.#page.table.fields.filter((field) => move.missing?.includes(field.id) && isEditable(field));
    if (!fields.length) return {};
    const choices = (field: Field, words: string) => linkChoices(field, words, { record: card.record.id });
    const values = await askMissing({ target: move.target, label: move.label, fields, record: card.record, choices });
    return values && Object.fromEntries(Object.entries(values).map(([id, value]) => [id, toWire(value)]));
  }

  async #saveFiles(card: Card, field: Field, value: Value): Promise<void> {
    try {
      const records = [{ id: card.record.id, fields: { [field.id]: toWire(value) } }];
      const { change } = await api.patch<{ change: string | null }>(`/api/v1/tables/${card.table}/records`, { records });
      feedback("found");
      const added = filesOf(value).length - filesOf(card.record.fields[field.id]).length;
      if (change && added > 0) toastUndo(t("已添加 {n} 个文件", { n: added }), () => void undo(change));
    } catch (failure) {
      showError(failure);
    }
    await this.#refresh();
  }

  #heard(change: Change): void {
    this.#countSoon();
    if (this.shown.kind === "card" && (change.records.length === 0 || change.records.includes(this.shown.card.record.id))) this.#refreshSoon();
  }

  /** The card as it is now; its place, time and what is unfolded stay. */
  async #refresh(): Promise<void> {
    if (this.shown.kind !== "card") return;
    const { record } = this.shown.card;
    try {
      const { card } = await api.get<{ card: Card }>(`/api/v1/workbenches/${this.#page.workbench.id}/cards/${record.id}`);
      if (this.shown.kind !== "card" || this.shown.card.record.id !== record.id) return;
      this.#memory.refresh(card);
      this.recents += 1;
      this.shown = { ...this.shown, card, kept: null };
      await this.#loadMoves(card);
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 404) this.#failed(failure);
    }
  }

  async #count(): Promise<void> {
    if (!openStates(this.#page).length) return;
    try {
      this.states = await stateCounts(this.#page);
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

  /* ---- keys and menus ---- */

  #key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || this.scanning || document.querySelector("dialog[open]")) return;
    if (event.key === "/" && !isTyping(event)) {
      event.preventDefault();
      this.#search?.focus();
    } else if (event.key === "Escape" && this.shown.kind !== "nothing" && !document.querySelector(":popover-open")) this.#home();
  }

  #openScan(): void {
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

  #menu(anchor: HTMLElement): void {
    const { app, can_build: canBuild, workbench } = this.#page;
    const open = (path: string) => void htmx.ajax("get", path, { target: "#dialog" });
    const items: MenuItem[] = [
      ...(this.shown.kind === "card" ? [{ label: t("打开完整记录"), icon: "panel-right", href: `/r/${this.shown.card.record.id}` }] : []),
      { label: t("打开应用「{name}」", { name: app.name }), icon: "layout-grid", href: `/a/${app.id}` },
      { label: t("给别的手机用"), icon: "qr-code", run: () => open(`/w/${workbench.slug}/share`) },
      ...(canBuild ? [{ label: t("工作台设置"), icon: "settings", run: () => open(`/workbenches/${workbench.id}/edit`) }] : []),
      { label: t("查到时响一声"), icon: "volume-2", checked: !isSilent(), run: () => setSilent(!isSilent()) },
      "separator",
      { label: t("退出登录"), icon: "log-out", sub: this.#page.person.name, run: () => document.querySelector<HTMLFormElement>("#sign-out")?.requestSubmit() },
    ];
    openMenu(anchor, items, { align: "end" });
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult {
    const { workbench } = this.#page;
    const home = this.shown.kind === "nothing";
    return html`<div class="wb ${home ? "home" : "away"}" ?inert=${this.scanning}>
        <header class="wb-top">
          ${home ? html`<span class="app-ic">${icon("mark", 18)}</span>` : html`<button type="button" class="icb wb-back" aria-label=${t("返回")} @click=${() => this.#home()}>${icon("chevron-left", 22)}</button>`}
          <h1 class="cut">${workbench.name}</h1>
          ${this.offline ? html`<span class="tag c-amber" role="status">${icon("cloud-off", 13)}${t("离线")}</span>` : nothing}
          <button type="button" class="icb end" aria-haspopup="menu" aria-label=${t("更多")} @click=${(event: Event) => this.#menu(event.currentTarget as HTMLElement)}>${icon("ellipsis", 20)}</button>
        </header>
        <div class="wb-cols">
          <div class="wb-side">${this.#side()}</div>
          <div class="wb-right"><main class="wb-result" aria-live="polite">${this.#result()}</main>${this.#foot()}</div>
        </div>
      </div>
      ${this.scanning ? html`<hb-scan .note=${this.note} @hb:code=${(event: CustomEvent<ScannedCode>) => this.#code(event)} @hb:scan-close=${() => this.#closeScan()}></hb-scan>` : nothing}`;
  }

  #side(): TemplateResult {
    return html`${searchTemplate({ value: this.typed, problem: this.problem, busy: this.shown.kind === "waiting", input: (value) => this.#type(value), submit: () => void this.#submit() })}
      ${this.note && !this.scanning ? html`<p class="note warn" role="status">${icon("info", 16)}${this.note}</p>` : nothing}
      ${statesTemplate(this.states, (state) => void this.#go({ place: { view: "state", state }, scanning: false }, "push"))}
      ${recentTemplate({
        ...this.#bench,
        kept: this.#memory.all,
        current: this.shown.kind === "card" ? this.shown.card.record.id : "",
        unfolded: this.allRecent,
        unfold: () => (this.allRecent = true),
        open: (record) => this.#openFrom(record),
        clear: () => this.#clear(),
      })}`;
  }

  #type(value: string): void {
    this.typed = value;
    this.problem = "";
    this.note = "";
  }

  #openFrom(record: string): void {
    void this.#go({ place: { view: "record", record }, scanning: false }, "push");
  }

  #clear(): void {
    for (const one of [...this.#memory.all]) this.#memory.forget(one.card.record.id);
    this.recents += 1;
  }

  #result(): TemplateResult | typeof nothing {
    const { shown } = this;
    switch (shown.kind) {
      case "nothing":
        return html`<div class="wb-hint"><p class="f2">${this.#page.workbench.scan ? t("扫面单、用扫码枪,或者输入单号后按回车") : t("输入单号后按回车")}</p></div>`;
      case "waiting":
        return waitingTemplate();
      case "card":
        return this.#card(shown.card, shown.took, shown.kept);
      case "hits":
        return listTemplate(this.#bench, t("有 {n} 单对得上", { n: formatNumber(shown.hits.length) }), t("「{code}」对上了不止一单,点要看的那一单", { code: shown.code }), shown.hits, (record) => this.#openFrom(record));
      case "state":
        return listTemplate(this.#bench, t("{state} · {n} 单", { state: shown.state, n: formatNumber(shown.total) }), shown.total > shown.records.length ? t("先列最近的 {n} 单", { n: shown.records.length }) : "", shown.records, (record) => this.#openFrom(record));
      case "missing":
        return nothingTemplate({ code: shown.code, offline: shown.offline, kept: this.#memory.all.length });
      case "failed":
        return html`<div class="notice" role="alert">${icon("circle-alert", 18)}<div><b class="wb-title" tabindex="-1">${t("没有查成")}</b><div>${shown.message}</div>
          <p class="wrap"><button type="button" class="btn" @click=${() => void this.#go(readAddress(location.search), "stay")}>${t("再试一次")}</button></p></div></div>`;
    }
  }

  /** Back to the box with the number in it, to mend it. */
  #edit(code: string): void {
    void this.#go({ place: { view: "home" }, scanning: false }, "push");
    this.typed = code;
    void this.updateComplete.then(() => {
      this.#search?.focus();
      this.#search?.select();
    });
  }

  #card(card: Card, took: number | null, kept: number | null): TemplateResult {
    return html`<article class="wb-card">
      <div class="wb-card-h"><h2 class="wb-number wb-title" tabindex="-1">${numberOf(this.#bench, card.record)}</h2>
        ${took !== null ? html`<span class="t12 f3" data-tip=${t("从开始查到显示出来")}>${t("{n} 秒", { n: Math.max(0.1, Math.round(took / 100) / 10) })}</span>` : nothing}</div>
      ${kept !== null ? html`<p class="note warn" role="status">${icon("cloud-off", 16)}${t("离线:这是 {time} 看到的样子", { time: formatMoment(new Date(kept).toISOString()) })}</p>` : nothing}
      ${this.stuck ? html`<div class="note warn wb-stuck">${icon("triangle-alert", 18)}<span>${this.stuck}</span></div>` : nothing}
      ${this.refusal ? html`<div class="notice" role="alert">${icon("circle-alert", 18)}<div><b>${t("状态没有改")}</b><div>${this.refusal}</div><p><a class="link" href="/r/${card.record.id}">${t("打开完整记录去改")}</a></p></div></div>` : nothing}
      ${cardTemplate({ ...this.#bench, fields: this.#page.workbench.card, card, unfolded: this.unfolded, unfold: () => (this.unfolded = true), allFacts: this.allFacts, showFacts: () => (this.allFacts = true), open: (record) => this.#openFrom(record), ...(this.#page.can_edit && kept === null && !this.offline ? { saveFiles: (field: Field, value: Value) => void this.#saveFiles(card, field, value) } : {}) })}
    </article>`;
  }

  #foot(): TemplateResult | typeof nothing {
    const { scan } = this.#page.workbench;
    const { shown } = this;
    if (shown.kind === "card") {
      return html`<footer class="wb-thumb">${barTemplate({
        phone: partText(this.#bench, "phone", shown.card.record),
        moves: shown.kept === null && !this.offline ? this.moves : [],
        moving: this.moving,
        canScan: scan,
        scan: () => this.#openScan(),
        move: (move) => void this.#move(move),
        explain: (move) => (this.refusal = move.locked ?? ""),
      })}</footer>`;
    }
    if (shown.kind === "missing") {
      const again = () => void this.#lookUp(shown.code, { scanned: false, how: "replace" });
      return html`<footer class="wb-thumb">${nothingBar({ canScan: scan, again, scan: () => this.#openScan(), edit: () => this.#edit(shown.code) })}</footer>`;
    }
    if (!scan) return shown.kind === "nothing" ? html`<footer class="wb-thumb wb-locked f3">${icon("lock", 14)}${t("这个工作台没有开启扫码,手输单号就能查")}</footer>` : nothing;
    return html`<footer class="wb-thumb"><button type="button" class="btn p wb-scan" @click=${() => this.#openScan()}>${icon("scan-line", 28)}<b>${t("扫快递面单")}</b><span>${t("也支持扫码枪和手输")}</span></button></footer>`;
  }
}

define("hb-workbench", HbWorkbench);

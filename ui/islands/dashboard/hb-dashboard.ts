/** `<hb-dashboard>`: widgets with live data; in edit mode they are moved, sized, changed and added. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/dashboard.css";
import { api, randomKey, showError } from "../api";
import { define, HbElement } from "../base";
import "../charts/hb-chart";
import { confirmDialog, openDialog } from "../dialog/dialog";
import { debounce } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { onConnection, watch, type Change } from "../live";
import { closePanel } from "../shell/panel";
import { toast } from "../toast/toast";
import { askName } from "../table/ask-name";
import { aside, body } from "./card";
import "./hb-widget-form";
import type { HbWidgetForm } from "./hb-widget-form";
import { fresh, kinds, suitable, type Kind } from "./kinds";
import { arranged, columns, nextPlace } from "./layout";
import type { Dashboard, PageData, Place, Table, Widget, WidgetData } from "./types";

const refreshAfter = 400;
/** Numbers that depend on the clock ("over 24 hours") move without any record changing. */
const clockEvery = 60_000;

class HbDashboard extends HbElement {
  static override properties = { data: { state: true }, editing: { state: true }, chosen: { state: true }, connected: { state: true } };
  declare private data: Record<string, WidgetData>;
  declare private editing: boolean;
  declare private chosen: string;
  declare private connected: boolean;
  #page!: PageData;
  #stops: (() => void)[] = [];
  #stale = new Set<string>();
  #saving: Promise<boolean> = Promise.resolve(true);
  /** The widgets as the server has them. */
  #stored: Widget[] = [];
  readonly #refresh = debounce(() => void this.#load(), refreshAfter);

  constructor() {
    super();
    this.data = {};
    this.editing = false;
    this.chosen = "";
    this.connected = true;
  }

  override connectedCallback(): void {
    this.#page = this.pageData<PageData>()!;
    this.#stored = this.#dashboard.widgets;
    super.connectedCallback();
    this.editing = this.#page.can_build && new URLSearchParams(location.search).has("edit");
    void this.#load();
    this.#watch();
    const timer = setInterval(() => !document.hidden && void this.#load(), clockEvery);
    this.#stops.push(() => clearInterval(timer), onConnection((connected) => (this.connected = connected)));
    this.addEventListener("keydown", this.#keys);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  get #dashboard(): Dashboard {
    return this.#page.dashboard;
  }

  get #tables(): Table[] {
    return this.#page.tables;
  }

  #watch(): void {
    const tables = [...new Set(this.#dashboard.widgets.map((widget) => widget.config.table))];
    if (!tables.length) return;
    this.#stops.push(watch(tables, (change: Change) => {
      for (const widget of this.#dashboard.widgets) if (change.kind === "reload" || widget.config.table === change.table) this.#stale.add(widget.id);
      this.#refresh();
    }));
  }

  async #load(): Promise<void> {
    const only = [...this.#stale];
    this.#stale.clear();
    try {
      const answer = await api.get<{ widgets: Record<string, WidgetData> }>(`/api/v1/dashboards/${this.#dashboard.id}/data`, { params: { widget: only.length ? only.join(",") : null } });
      this.data = { ...this.data, ...answer.widgets };
    } catch (failure) {
      showError(failure);
    }
  }

  /** Show the widgets at once and store them, one save after another; a refused save brings back what was stored last. */
  #save(widgets: Widget[]): Promise<boolean> {
    this.#page = { ...this.#page, dashboard: { ...this.#dashboard, widgets } };
    this.requestUpdate();
    this.#saving = this.#saving.then(() => this.#store(widgets));
    return this.#saving;
  }

  async #store(widgets: Widget[]): Promise<boolean> {
    try {
      const saved = await api.patch<Dashboard>(`/api/v1/dashboards/${this.#dashboard.id}`, { widgets });
      this.#page = { ...this.#page, dashboard: { ...this.#dashboard, version: saved.version } };
      this.#stored = widgets;
      return true;
    } catch (failure) {
      if (this.#dashboard.widgets === widgets) this.#page = { ...this.#page, dashboard: { ...this.#dashboard, widgets: this.#stored } };
      this.requestUpdate();
      const form = document.querySelector<HbWidgetForm>("hb-widget-form");
      if (form && failure instanceof Error) form.problem = failure.message;
      else showError(failure);
      return false;
    }
  }

  readonly #saveForm = debounce((widget: Widget) => {
    const widgets = this.#dashboard.widgets.map((one) => (one.id === widget.id ? { ...widget, place: one.place } : one));
    void this.#save(widgets).then((good) => {
      if (!good) return;
      const form = document.querySelector<HbWidgetForm>("hb-widget-form");
      if (form) form.problem = "";
      this.#stale.add(widget.id);
      void this.#load();
    });
  }, 300);

  #edit(widget: Widget): void {
    this.chosen = widget.id;
    const place = document.querySelector("#panel-body");
    if (!place) return;
    const form = document.createElement("hb-widget-form") as HbWidgetForm;
    Object.assign(form, { widget, tables: this.#tables });
    form.addEventListener("hb:widget", (event) => this.#saveForm((event as CustomEvent<Widget>).detail));
    form.addEventListener("hb:widget-delete", () => void this.#remove(widget.id));
    place.replaceChildren(form);
  }

  async #remove(id: string): Promise<void> {
    const before = this.#dashboard.widgets;
    closePanel();
    this.chosen = "";
    if (await this.#save(before.filter((widget) => widget.id !== id))) {
      toast(t("已删除组件"), { action: t("撤销"), run: () => void this.#save(before).then(() => this.#load()) });
    }
  }

  async #add(): Promise<void> {
    if (!this.#tables.length) return void toast(t("先新建一张数据表"), { kind: "info" });
    let chosen: Kind | null = null;
    const pick = (kind: Kind, event: Event) => {
      chosen = kind;
      (event.currentTarget as HTMLElement).closest("dialog")!.close();
    };
    await openDialog({
      heading: t("添加组件"),
      size: "m",
      body: html`<div class="db-kinds">${kinds.map((kind) => html`<button type="button" class="db-kind" @click=${(event: Event) => pick(kind, event)}>${icon(kind.icon, 20)}<span><b>${t(kind.name)}</b><small>${t(kind.text)}</small></span></button>`)}</div>`,
    });
    if (!chosen) return;
    const kind = chosen as Kind;
    const table = suitable(kind.kind, this.#tables);
    if (!table) return void toast(kind.kind === "trend" ? t("要先有一张带日期字段的数据表") : t("要先有一张带单选字段的数据表"), { kind: "info" });
    const widget: Widget = {
      id: `wid${randomKey().slice(0, 14)}`,
      title: t(kind.name),
      config: fresh(kind.kind, table),
      place: nextPlace(this.#dashboard.widgets, kind.size),
    };
    this.editing = true;
    if (await this.#save([...this.#dashboard.widgets, widget])) {
      this.#stale.add(widget.id);
      void this.#load();
      this.#watch();
      await this.updateComplete;
      this.querySelector(`[data-widget="${widget.id}"]`)?.scrollIntoView({ block: "nearest" });
      this.#edit(widget);
    }
  }

  #drag(event: PointerEvent, widget: Widget, size: boolean): void {
    if (!this.editing || event.button !== 0) return;
    const card = (event.currentTarget as HTMLElement).closest<HTMLElement>(".db-card")!;
    const grid = card.parentElement!;
    const unit = grid.clientWidth / columns;
    const start = { x: event.clientX, y: event.clientY };
    const before = this.#dashboard.widgets;
    let moved = false;
    const move = (at: PointerEvent) => {
      const dx = Math.round((at.clientX - start.x) / unit);
      const dy = Math.round((at.clientY - start.y) / 52);
      if (!moved && Math.hypot(at.clientX - start.x, at.clientY - start.y) < 6) return;
      moved = true;
      card.classList.add("drag");
      const place: Place = size ? { ...widget.place, w: widget.place.w + dx, h: widget.place.h + dy } : { ...widget.place, x: widget.place.x + dx, y: widget.place.y + dy };
      this.#page = { ...this.#page, dashboard: { ...this.#dashboard, widgets: arranged(before, widget.id, place) } };
      this.requestUpdate();
    };
    const end = () => {
      removeEventListener("pointermove", move);
      card.classList.remove("drag");
      if (moved) void this.#save(this.#dashboard.widgets);
      else this.#edit(widget);
    };
    event.preventDefault();
    card.focus();
    addEventListener("pointermove", move);
    addEventListener("pointerup", end, { once: true });
  }

  /** In edit mode: arrows move the focused card, Shift+arrows size it, Enter opens its form, Delete removes it. */
  readonly #keys = (event: KeyboardEvent) => {
    const card = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>(".db-card") : null;
    const widget = this.#dashboard.widgets.find((one) => one.id === card?.dataset.widget);
    if (!this.editing || !widget || event.target !== card) return;
    const step: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const by = step[event.key];
    if (by) {
      event.preventDefault();
      const place = event.shiftKey ? { ...widget.place, w: widget.place.w + by[0], h: widget.place.h + by[1] } : { ...widget.place, x: widget.place.x + by[0], y: widget.place.y + by[1] };
      void this.#save(arranged(this.#dashboard.widgets, widget.id, place));
    } else if (event.key === "Enter") this.#edit(widget);
    else if (event.key === "Delete") void this.#remove(widget.id);
  };

  async #rename(): Promise<void> {
    await askName({
      heading: t("改名"),
      label: t("名称"),
      value: this.#dashboard.name,
      action: t("保存"),
      run: async (name) => void (await api.patch(`/api/v1/dashboards/${this.#dashboard.id}`, { name })),
    }).then((done) => done && location.reload());
  }

  async #delete(): Promise<void> {
    if (!(await confirmDialog({ heading: t("删除仪表盘「{name}」?", { name: this.#dashboard.name }), text: t("只删除看板本身,数据不受影响。"), action: t("删除"), danger: true }))) return;
    try {
      await api.delete(`/api/v1/dashboards/${this.#dashboard.id}`);
      location.assign(`/a/${this.#page.app}`);
    } catch (failure) {
      showError(failure);
    }
  }

  #bar(): TemplateResult {
    const live = html`<span class="live ${this.connected ? "" : "off"}">${this.connected ? t("实时") : t("断开了,正在重连")}</span>`;
    if (!this.#page.can_build) return html`<div class="bar">${live}</div>`;
    return html`<div class="bar">
      ${this.editing
        ? html`<span class="draft">${icon("pencil", 14)}${t("正在编辑:拖动卡片换位置,拖右下角改大小,点卡片改内容")}</span><span class="end"></span>
            <button type="button" class="tool" @click=${() => void this.#rename()}>${icon("text-cursor-input")}<span>${t("改名")}</span></button>
            <button type="button" class="tool" @click=${() => void this.#delete()}>${icon("trash-2")}<span>${t("删除")}</span></button>`
        : html`${live}<span class="end"></span>`}
      <button type="button" class="btn s" aria-pressed=${this.editing} @click=${() => this.#toggle()}>${icon(this.editing ? "check" : "layout-dashboard")}${this.editing ? t("完成") : t("编辑布局")}</button>
      <button type="button" class="btn s p" @click=${() => void this.#add()}>${icon("plus")}${t("添加组件")}</button>
    </div>`;
  }

  #toggle(): void {
    this.editing = !this.editing;
    if (this.editing) return;
    this.chosen = "";
    closePanel();
  }

  #card(widget: Widget): TemplateResult {
    const { x, y, w, h } = widget.place;
    const data = this.data[widget.id];
    return html`<section class="card db-card ${widget.config.kind === "number" ? "small" : ""} ${this.chosen === widget.id ? "chosen" : ""}" data-widget=${widget.id} style="--x:${x};--y:${y};--w:${w};--h:${h}" aria-label=${widget.title}
        tabindex=${this.editing ? 0 : -1} @pointerdown=${this.editing ? (event: PointerEvent) => this.#drag(event, widget, false) : null}>
      <div class="db-head"><h2 class="cut">${widget.title}</h2><span class="end">${aside(widget, data)}</span></div>
      <div class="db-body">${body(widget, data, this.#tables)}</div>
      ${this.editing ? html`<button type="button" class="db-grip" tabindex="-1" aria-label=${t("改大小")} @pointerdown=${(event: PointerEvent) => (event.stopPropagation(), this.#drag(event, widget, true))}></button>` : nothing}
    </section>`;
  }

  protected override render(): TemplateResult {
    const { widgets } = this.#dashboard;
    return html`${this.#bar()}
      <div class="db-scroll">
        ${widgets.length
          ? html`<div class="db-grid ${this.editing ? "db-editing" : ""}">${widgets.map((widget) => this.#card(widget))}</div>`
          : html`<div class="empty">${icon("layout-dashboard", 32)}<h2>${t("看板还是空的")}</h2><p>${t("放上数字、图表和记录列表,数据变了它们自己会更新。")}</p>
              ${this.#page.can_build ? html`<button type="button" class="btn p" @click=${() => void this.#add()}>${icon("plus")}${t("添加第一个组件")}</button>` : nothing}</div>`}
      </div>`;
  }
}

define("hb-dashboard", HbDashboard);

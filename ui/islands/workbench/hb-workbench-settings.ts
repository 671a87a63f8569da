/**
 * `<hb-workbench-settings data-json="…">`: everything about a workbench in one form, with the card beside it as it will look:
 * name and address, which field plays which part, what else is searched and shown, who may use it.
 */
import "../../styles/workbench.css";
import { html, nothing, type TemplateResult } from "lit";
import { api, ApiError, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { confirmDialog } from "../dialog/dialog";
import { debounce } from "../dom";
import { fieldIcon } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import { refreshTable, type TableInfo } from "../table/info";
import { flash, showFlash } from "../toast/flash";
import { bindingsTemplate, standing, type Part } from "./bindings";
import { previewTemplate } from "./preview";
import { rolesTemplate, type Role } from "./roles";
import type { Bindings, Card, WorkbenchDef } from "./types";

interface Data {
  workbench: WorkbenchDef;
  table: { id: string; name: string; icon: string };
  parts: Part[];
  stocks: { id: string; name: string }[];
  /** Ids of fields a code can be compared with. */
  searchable: string[];
  roles: Role[];
  members: Record<string, number>;
}

type Draft = Pick<WorkbenchDef, "name" | "slug" | "search" | "card" | "roles" | "scan">;

export class HbWorkbenchSettings extends HbElement {
  static override properties = {
    draft: { state: true },
    chosen: { state: true },
    table: { state: true },
    card: { state: true },
    loading: { state: true },
    busy: { state: true },
    problems: { state: true },
  };

  declare private draft: Draft;
  declare private chosen: Record<string, string | null>;
  declare private table: TableInfo | null;
  declare private card: Card | null;
  declare private loading: boolean;
  declare private busy: boolean;
  declare private problems: Problem[];

  #data!: Data;
  #ask = 0;
  readonly #previewSoon = debounce(() => void this.#preview(), 200);

  constructor() {
    super();
    this.draft = { name: "", slug: "", search: [], card: [], roles: [], scan: true };
    this.chosen = {};
    this.table = null;
    this.card = null;
    this.loading = false;
    this.busy = false;
    this.problems = [];
  }

  protected override createRenderRoot(): HTMLElement {
    this.#data = JSON.parse(this.dataset.json ?? "null") as Data;
    const { name, slug, search, card, roles, scan, bindings } = this.#data.workbench;
    this.draft = { name, slug, search, card, roles, scan };
    this.chosen = Object.fromEntries(this.#data.parts.map((part) => [part.part, bindings[part.part as keyof Bindings] ?? null]));
    return super.createRenderRoot();
  }

  protected override firstUpdated(): void {
    void this.#begin();
  }

  async #begin(): Promise<void> {
    try {
      this.table = await refreshTable(this.#data.table.id);
      await this.#preview();
    } catch (failure) {
      showError(failure);
    }
  }

  #set(part: Partial<Draft>): void {
    this.draft = { ...this.draft, ...part };
    this.problems = [];
    if (part.card) this.#previewSoon();
  }

  #choose(part: string, id: string | null): void {
    this.chosen = { ...this.chosen, [part]: id };
    this.problems = [];
    this.#previewSoon();
  }

  async #preview(): Promise<void> {
    const ask = ++this.#ask;
    this.loading = true;
    try {
      const { card } = await api.post<{ card: Card | null }>("/api/v1/workbenches/preview", { table: this.#data.table.id, bindings: this.chosen, card: this.draft.card });
      if (ask === this.#ask) this.card = card;
    } catch (failure) {
      if (ask === this.#ask) showError(failure);
    } finally {
      if (ask === this.#ask) this.loading = false;
    }
  }

  async #save(): Promise<void> {
    const { id, version } = this.#data.workbench;
    this.busy = true;
    this.problems = [];
    try {
      const bindings = Object.fromEntries(Object.entries(this.chosen).filter(([, value]) => value));
      const changes = { ...this.draft, name: this.draft.name.trim(), slug: this.draft.slug.trim(), bindings, version };
      const saved = await api.patch<WorkbenchDef>(`/api/v1/workbenches/${id}`, changes);
      flash({ message: t("「{name}」的设置存好了", { name: saved.name }) });
      if (location.pathname.startsWith("/w/")) location.assign(`/w/${saved.slug}`);
      else location.reload();
    } catch (failure) {
      if (!(failure instanceof ApiError)) return showError(failure);
      this.problems = failure.problems.length ? failure.problems : [{ code: failure.code, message: failure.message }];
      await this.updateComplete;
      this.querySelector<HTMLElement>("[aria-invalid='true'], .notice")?.scrollIntoView({ block: "center" });
    } finally {
      this.busy = false;
    }
  }

  async #delete(): Promise<void> {
    const { id, name, app } = this.#data.workbench;
    const yes = await confirmDialog({ heading: t("删除工作台「{name}」?", { name }), text: t("它的地址会失效,数据表和记录都不动"), action: t("删除"), danger: true });
    if (!yes) return;
    try {
      await api.delete(`/api/v1/workbenches/${id}`);
      const said = { message: t("「{name}」已删除", { name }), undo: { method: "POST" as const, path: `/api/v1/trash/${id}/restore`, then: location.pathname.startsWith("/w/") ? location.pathname : `/a/${app}/settings` } };
      if (location.pathname.startsWith("/w/")) {
        flash(said);
        location.assign(`/a/${app}`);
      } else {
        document.dispatchEvent(new CustomEvent("hb:close-dialog"));
        document.querySelector(`[data-workbench="${id}"]`)?.remove();
        showFlash(said);
      }
    } catch (failure) {
      showError(failure);
    }
  }

  /** What is wrong with a key of the definition (`slug`, or a part: `bindings.waybill`). */
  #problemOf(path: string): string {
    return this.problems.filter((problem) => problem.path === path || problem.path?.startsWith(`${path}.`)).map((problem) => problem.message).join(" ");
  }

  #elsewhere(): Problem[] {
    const known = ["name", "slug", "search", "card", "roles", ...this.#data.parts.map((part) => `bindings.${part.part}`)];
    return this.problems.filter((problem) => !known.some((path) => problem.path === path || problem.path?.startsWith(`${path}.`)));
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult {
    if (!this.table) return html`<div class="dlg-b stack"><div class="sk"></div><div class="sk"></div><div class="sk"></div></div>`;
    const { lacking } = standing(this.#data.parts, this.chosen);
    return html`<div class="wb-settings">
        <div class="dlg-b stack">
          ${this.#elsewhere().map((problem) => html`<div class="notice" role="alert">${icon("circle-alert", 18)}<div>${problem.message}</div></div>`)}
          ${this.#names()} ${this.#bindings(this.table)} ${this.#fields(this.table)}
          ${rolesTemplate({ all: this.#data.roles, members: this.#data.members, chosen: this.draft.roles, scan: this.draft.scan, change: (part) => this.#set(part) })}
        </div>
        ${previewTemplate({ table: this.table, bindings: this.chosen as unknown as Bindings, fields: this.draft.card, card: this.card, loading: this.loading })}
      </div>
      <div class="dlg-f">
        <button type="button" class="btn do left-side" @click=${() => void this.#delete()}>${icon("trash-2", 16)}${t("删除工作台")}</button>
        <button type="button" class="btn" data-close>${t("取消")}</button>
        <button type="button" class="btn p" aria-busy=${this.busy ? "true" : nothing} ?disabled=${lacking.length > 0} @click=${() => void this.#save()}>${t("保存")}</button>
      </div>`;
  }

  #names(): TemplateResult {
    const text = (key: "name" | "slug", label: string, hint: string, prefix = "") => {
      const problem = this.#problemOf(key);
      const input = html`<input id="wb-${key}" class=${prefix ? "" : "inp"} autocomplete="off" maxlength=${key === "slug" ? 40 : 80} aria-invalid=${problem ? "true" : nothing} .value=${this.draft[key]} @input=${(event: Event) => this.#set({ [key]: (event.target as HTMLInputElement).value })} />`;
      return html`<div class="field"><label class="lab" for="wb-${key}">${label}</label>
        ${prefix ? html`<span class="inp"><span class="f3">${prefix}</span>${input}</span>` : input}
        ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : hint ? html`<p class="hint">${hint}</p>` : nothing}</div>`;
    };
    const moved = this.draft.slug !== this.#data.workbench.slug ? t("改了地址,以前的二维码和主屏幕图标会失效") : "";
    return html`<div class="fields2">${text("name", t("名字"), "")}${text("slug", t("地址"), moved, "/w/")}</div>`;
  }

  #bindings(table: TableInfo): TemplateResult {
    const place = this.card?.places[0];
    return bindingsTemplate({
      parts: this.#data.parts,
      table,
      stocks: this.#data.stocks,
      chosen: this.chosen,
      example: this.card?.record ?? null,
      exampleStock: place ? `${place.location} ${place.title}`.trim() : "",
      problems: Object.fromEntries(this.#data.parts.map((part) => [part.part, this.#problemOf(`bindings.${part.part}`)])),
      choose: (part, id) => this.#choose(part, id),
    });
  }

  #fields(table: TableInfo): TemplateResult {
    const bound = new Set(Object.values(this.chosen));
    const options = (wanted: (id: string) => boolean) => table.fields.filter((field) => wanted(field.id)).map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }));
    const pick = (key: "search" | "card", label: string, hint: string, wanted: (id: string) => boolean) => {
      const problem = this.#problemOf(key);
      return html`<div class="field"><div class="lab">${label}</div>
        <hb-select multiple look="chip" .label=${label} .options=${options(wanted)} .value=${this.draft[key].filter(wanted)} .placeholder=${t("选字段")} @change=${(event: Event) => this.#set({ [key]: [...((event.target as HbSelect).value as string[])] })}></hb-select>
        <p class="hint ${problem ? "bad" : ""}">${problem || hint}</p></div>`;
    };
    return html`${pick("card", t("卡片上再显示"), t("按选的顺序排列,空的不显示"), (id) => !bound.has(id))}
      ${pick("search", t("还能用哪些字段查"), t("快递单号、订单编号和手机号总能查"), (id) => !bound.has(id) && this.#data.searchable.includes(id))}`;
  }
}

define("hb-workbench-settings", HbWorkbenchSettings);

/**
 * `<hb-install data-json="…">`: installing a workbench template in three steps: the table it is bound to, the fields that
 * play its parts (guessed, with examples from a real record and the card as a phone will show it), who may use it.
 */
import "../../styles/market.css";
import htmx from "htmx.org";
import { html, nothing, type TemplateResult } from "lit";
import { api, ApiError, showError } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { refreshTable, type TableInfo } from "../table/info";
import { toast } from "../toast/toast";
import { bindingsTemplate, standing, type Part } from "../workbench/bindings";
import { previewTemplate } from "../workbench/preview";
import { rolesTemplate, type Role } from "../workbench/roles";
import type { Bindings, Card } from "../workbench/types";

interface TableChoice {
  id: string;
  name: string;
  icon: string;
  count: number;
  /** Parts that were guessed, and required ones that were not. */
  fits: number;
  lacking: number;
}

interface AppChoice {
  id: string;
  name: string;
  tables: TableChoice[];
  stocks: { id: string; name: string }[];
  members: Record<string, number>;
}

interface Data {
  template: { slug: string; name: string; workbench_name: string; bindings: { part: string; name: string; required: boolean; types: string[] }[] };
  apps: AppChoice[];
  app: string;
  roles: Role[];
}

interface Guesses {
  guesses: { part: string; chosen: string | null; candidates: string[] }[];
}

type Step = "table" | "fields" | "roles";

export class HbInstall extends HbElement {
  static override properties = {
    step: { state: true },
    app: { state: true },
    tableId: { state: true },
    table: { state: true },
    parts: { state: true },
    chosen: { state: true },
    card: { state: true },
    name: { state: true },
    roles: { state: true },
    scan: { state: true },
    busy: { state: true },
    problems: { state: true },
    refusal: { state: true },
    loading: { state: true },
  };

  declare private step: Step;
  declare private app: AppChoice | null;
  declare private tableId: string;
  declare private table: TableInfo | null;
  declare private parts: Part[];
  declare private chosen: Record<string, string | null>;
  declare private card: Card | null;
  declare private name: string;
  declare private roles: string[];
  declare private scan: boolean;
  declare private busy: boolean;
  declare private problems: Record<string, string>;
  declare private refusal: string;
  declare private loading: boolean;

  #data!: Data;
  #ask = 0;
  readonly #previewSoon = debounce(() => void this.#preview(), 200);

  constructor() {
    super();
    this.step = "table";
    this.app = null;
    this.tableId = "";
    this.table = null;
    this.parts = [];
    this.chosen = {};
    this.card = null;
    this.name = "";
    this.roles = ["owner", "builder", "editor", "viewer"];
    this.scan = true;
    this.busy = false;
    this.problems = {};
    this.refusal = "";
    this.loading = false;
  }

  #head: Node | null = null;

  protected override createRenderRoot(): HTMLElement {
    this.#data = JSON.parse(this.dataset.json ?? "null") as Data;
    this.#head = this.querySelector(".app-ic, .dlg-h .app-ic")?.cloneNode(true) ?? null;
    this.name = this.#data.template.workbench_name;
    const { apps } = this.#data;
    this.app = apps.find((app) => app.id === this.#data.app) ?? best(apps);
    this.tableId = this.app ? bestTable(this.app).id : "";
    return super.createRenderRoot();
  }

  /* ---- steps ---- */

  #chooseApp(app: AppChoice): void {
    this.app = app;
    this.tableId = bestTable(app).id;
  }

  async #next(): Promise<void> {
    if (this.step === "table") await this.#bind();
    else if (this.step === "fields") this.step = "roles";
    else await this.#install();
    await this.updateComplete;
    this.querySelector<HTMLElement>(".dlg-b")?.scrollTo(0, 0);
  }

  #back(): void {
    this.step = this.step === "roles" ? "fields" : "table";
    this.refusal = "";
  }

  async #bind(): Promise<void> {
    this.busy = true;
    try {
      const [table, guessed] = await Promise.all([
        refreshTable(this.tableId),
        api.get<Guesses>(`/api/v1/templates/${this.#data.template.slug}/guess`, { params: { table: this.tableId } }),
      ]);
      const same = this.table?.id === table.id;
      this.table = table;
      this.parts = this.#data.template.bindings.map((part) => ({ ...part, candidates: guessed.guesses.find((guess) => guess.part === part.part)?.candidates ?? [] }));
      if (!same) this.chosen = Object.fromEntries(guessed.guesses.map((guess) => [guess.part, guess.chosen]));
      this.problems = {};
      this.step = "fields";
      await this.#preview();
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  #choose(part: string, id: string | null): void {
    this.chosen = { ...this.chosen, [part]: id };
    this.problems = {};
    this.refusal = "";
    this.#previewSoon();
  }

  /** Further fields on the card: what installing will put there. */
  get #further(): string[] {
    const bound = new Set(Object.values(this.chosen));
    return (this.table?.fields ?? []).filter((field) => !bound.has(field.id) && field.type !== "link" && field.type !== "long_text").slice(0, 8).map((field) => field.id);
  }

  async #preview(): Promise<void> {
    const ask = ++this.#ask;
    this.loading = true;
    try {
      const { card } = await api.post<{ card: Card | null }>("/api/v1/workbenches/preview", { table: this.tableId, bindings: this.chosen, card: this.#further });
      if (ask === this.#ask) this.card = card;
    } catch (failure) {
      if (ask === this.#ask) showError(failure);
    } finally {
      if (ask === this.#ask) this.loading = false;
    }
  }

  async #install(): Promise<void> {
    this.busy = true;
    this.refusal = "";
    try {
      const body = { table: this.tableId, bindings: this.chosen, name: this.name.trim(), roles: this.roles, scan: this.scan };
      const made = await api.post<{ workbench: string; slug: string }>(`/api/v1/templates/${this.#data.template.slug}/install`, body);
      await htmx.ajax("get", `/w/${made.slug}/share`, { target: "#dialog" });
      toast(t("「{name}」装好了", { name: this.name.trim() }), { action: t("撤销"), run: () => void this.#undo(made.workbench) });
    } catch (failure) {
      if (!(failure instanceof ApiError)) return showError(failure);
      this.problems = Object.fromEntries(failure.problems.filter((problem) => problem.path).map((problem) => [problem.path!.split(".").at(-1)!, problem.message]));
      this.refusal = failure.message;
      if (this.parts.some((part) => this.problems[part.part])) this.step = "fields";
    } finally {
      this.busy = false;
    }
  }

  async #undo(workbench: string): Promise<void> {
    try {
      await api.delete(`/api/v1/workbenches/${workbench}`);
      document.dispatchEvent(new CustomEvent("hb:close-dialog"));
      toast(t("已撤销安装"));
    } catch (failure) {
      showError(failure);
    }
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult {
    const title = t("安装「{name}」", { name: this.#data.template.name });
    return html`<div class="dlg-h mk-head">${this.#head}<div class="mk-who"><h2>${title}</h2><p class="t12 f3">${t("手机工作台,不会改动已有数据")}</p></div>
        ${this.app ? this.#steps() : nothing}
        <button type="button" class="icb" data-close aria-label=${t("关闭")}>${icon("x")}</button></div>
      ${this.app ? this.#body() : this.#nowhere()}`;
  }

  #steps(): TemplateResult {
    const names: [Step, string][] = [
      ["table", t("选择数据表")],
      ["fields", t("绑定字段")],
      ["roles", t("权限")],
    ];
    const now = names.findIndex(([step]) => step === this.step);
    return html`<ol class="steps end" aria-label=${t("步骤")}>${names.map(
      ([step, name], index) => html`<li class=${index < now ? "done" : ""} aria-current=${step === this.step ? "step" : nothing}><i>${index < now ? icon("check", 12) : index + 1}</i>${name}</li>`,
    )}</ol>`;
  }

  /** There is no table one may bind to. */
  #nowhere(): TemplateResult {
    return html`<div class="dlg-b"><div class="empty">
      <h3>${t("还没有能绑定的数据表")}</h3><p>${t("工作台要绑定到一张订单表,而且你在那个应用里是搭建者或所有者")}</p>
      <div class="wrap"><a class="btn p" href="/market/order-pool">${t("先装一个主订单池")}</a><a class="btn" href="/imports/new">${t("从 Excel 导入订单")}</a></div>
    </div></div>`;
  }

  #body(): TemplateResult {
    const lacking = this.step === "fields" ? standing(this.parts, this.chosen).lacking : [];
    return html`<div class="mk-body">
        <div class="dlg-b stack">
          ${this.refusal ? html`<div class="notice" role="alert">${icon("circle-alert", 18)}<div><b>${t("没有装上")}</b><div>${this.refusal}</div></div></div>` : nothing}
          ${this.step === "table" ? this.#tableStep() : this.step === "fields" ? this.#fieldsStep() : this.#rolesStep()}
        </div>
        ${this.step === "table" || !this.table ? nothing : previewTemplate({ table: this.table, bindings: this.chosen as unknown as Bindings, fields: this.#further, card: this.card, loading: this.loading })}
      </div>
      <div class="dlg-f">
        <span class="left-side">${lacking.length ? html`<span class="warn-t">${t("还差 {parts}", { parts: lacking.map((part) => part.name).join(t("、")) })}</span>` : html`${icon("undo-2", 14)}${t("装好后 10 秒内可撤销,之后可在工作台的设置里改")}`}</span>
        ${this.step === "table" ? html`<button type="button" class="btn" data-close>${t("取消")}</button>` : html`<button type="button" class="btn" @click=${() => this.#back()}>${t("上一步")}</button>`}
        <button type="button" class="btn p" aria-busy=${this.busy ? "true" : nothing} ?disabled=${lacking.length > 0 || (this.step === "roles" && !this.name.trim())} @click=${() => void this.#next()}>
          ${this.step === "roles" ? t("绑定并安装") : t("下一步")}</button>
      </div>`;
  }

  #tableStep(): TemplateResult {
    const { apps } = this.#data;
    const total = this.#data.template.bindings.length;
    return html`${apps.length > 1
        ? html`<div class="field"><div class="lab" id="mk-app">${t("应用")}</div><div class="seg mk-apps" role="group" aria-labelledby="mk-app">${apps.map((app) => html`<button type="button" aria-pressed=${String(app === this.app)} @click=${() => this.#chooseApp(app)}>${app.name}</button>`)}</div></div>`
        : nothing}
      <fieldset class="field"><legend class="lab">${t("哪张表里是订单")}</legend>
        <div class="mk-tables">${this.app!.tables.map(
          (table) => html`<label class="mk-table ${table.id === this.tableId ? "on" : ""}"><input class="rd" type="radio" name="table" .checked=${table.id === this.tableId} @change=${() => (this.tableId = table.id)} />
            ${icon(table.icon, 18)}<span class="grow"><b class="m cut">${table.name}</b><span class="t12 f3">${t("约 {n} 条记录", { n: formatNumber(table.count) })}</span></span>
            <span class="t12 ${table.lacking ? "f3" : "ok-t"}">${table.lacking ? t("缺 {n} 项必填", { n: table.lacking }) : t("对得上 {n} / {total} 项", { n: table.fits, total })}</span></label>`,
        )}</div></fieldset>`;
  }

  #fieldsStep(): TemplateResult {
    const { bound } = standing(this.parts, this.chosen);
    const place = this.card?.places[0];
    return html`<div class="row mk-bound"><span class="f2 grow">${t("绑定到「{table}」", { table: this.table!.name })}</span><span class="ok-t t13 row">${icon("sparkles", 14)}${t("对上 {n} 项,共 {total} 项", { n: bound, total: this.parts.length })}</span></div>
      ${bindingsTemplate({
        parts: this.parts,
        table: this.table!,
        stocks: this.app!.stocks,
        chosen: this.chosen,
        example: this.card?.record ?? null,
        exampleStock: place ? `${place.location} ${place.title}`.trim() : "",
        problems: this.problems,
        choose: (part, id) => this.#choose(part, id),
      })}`;
  }

  #rolesStep(): TemplateResult {
    return html`<div class="field"><label class="lab" for="mk-name">${t("工作台名字")}</label>
        <input class="inp" id="mk-name" maxlength="80" autocomplete="off" aria-invalid=${this.problems.name || !this.name.trim() ? "true" : nothing} .value=${this.name} @input=${(event: Event) => (this.name = (event.target as HTMLInputElement).value)} />
        ${this.problems.name ? html`<p class="hint bad">${icon("circle-alert", 14)}${this.problems.name}</p>` : nothing}</div>
      ${rolesTemplate({
        all: this.#data.roles,
        members: this.app!.members,
        chosen: this.roles,
        scan: this.scan,
        change: ({ roles, scan }) => {
          if (roles) this.roles = roles;
          if (scan !== undefined) this.scan = scan;
        },
      })}`;
  }
}

function bestTable(app: AppChoice): TableChoice {
  return [...app.tables].sort((a, b) => a.lacking - b.lacking || b.fits - a.fits || b.count - a.count)[0]!;
}

function best(apps: AppChoice[]): AppChoice | null {
  const rated = apps.map((app) => ({ app, table: bestTable(app) }));
  rated.sort((a, b) => a.table.lacking - b.table.lacking || b.table.fits - a.table.fits);
  return rated[0]?.app ?? null;
}

define("hb-install", HbInstall);

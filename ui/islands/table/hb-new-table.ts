/**
 * `<hb-new-table data-json="…">`: the form inside the dialog "新建数据表": a name, and a row for each field with its
 * type and what the type needs (options of a select, the table of a link). A name announces a type until one is chosen.
 * Enter in a name goes on to the next row.
 */
import "../../styles/new-table.css";
import { html, nothing, type TemplateResult } from "lit";
import { api, ApiError, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { TableInfo, TableRef } from "./info";
import { guessType, type KindWords } from "./type-words";

interface Kind {
  name: string;
  label: string;
  icon: string;
  description: string;
}

interface Data {
  app: string;
  tables: TableRef[];
  types: Kind[];
  /** Words in a name that announce a type. */
  words: KindWords;
}

interface Row {
  key: number;
  name: string;
  type: string;
  choices: string[];
  target: string;
  /** A link may point at several records. */
  many: boolean;
  /** The type was chosen by hand: the name announces none any more. */
  chosen: boolean;
}

/** A field as the API takes it. */
export interface FieldSpec {
  name: string;
  type: string;
  options: Record<string, unknown>;
}

const palette = ["blue", "orange", "green", "violet", "pink", "teal", "amber", "red", "cyan", "indigo", "lime", "grey"];

/** What a row asks for; rows without a name and without anything else are left out. */
export function specOf(row: Row): FieldSpec | null {
  const name = row.name.trim();
  if (!name) return null;
  const options: Record<string, unknown> = {};
  if (row.type === "single_select" || row.type === "multi_select") {
    options.choices = row.choices.map((choice, index) => ({ name: choice, color: palette[index % palette.length] }));
  }
  if (row.type === "link") Object.assign(options, { table: row.target, many: row.many, two_way: true });
  return { name, type: row.type, options };
}

export class HbNewTable extends HbElement {
  static override properties = {
    name: { state: true },
    rows: { state: true },
    problems: { state: true },
    busy: { state: true },
  };

  declare private name: string;
  declare private rows: Row[];
  declare private problems: Problem[];
  declare private busy: boolean;
  #data: Data = { app: "", tables: [], types: [], words: [] };
  #next = 1;

  constructor() {
    super();
    this.name = "";
    this.problems = [];
    this.busy = false;
    this.rows = [this.#row(t("名称")), this.#row(), this.#row()];
  }

  protected override createRenderRoot(): HTMLElement {
    if (this.dataset.json) this.#data = JSON.parse(this.dataset.json) as Data;
    return super.createRenderRoot();
  }

  protected override firstUpdated(): void {
    this.querySelector<HTMLInputElement>("#new-table-name")?.focus();
  }

  #row(name = ""): Row {
    return { key: this.#next++, name, type: "text", choices: [], target: "", many: true, chosen: false };
  }

  #change(key: number, part: Partial<Row>): void {
    this.rows = this.rows.map((row) => (row.key === key ? { ...row, ...part } : row));
    this.problems = [];
  }

  #rename(row: Row, name: string): void {
    const guess = row.chosen || row.choices.length ? {} : guessType(name, this.#data.words, this.#data.tables);
    this.#change(row.key, { name, ...guess });
  }

  #remove(key: number): void {
    this.rows = this.rows.filter((row) => row.key !== key);
    this.problems = [];
  }

  async #add(after?: number): Promise<void> {
    const at = after === undefined ? this.rows.length : this.rows.findIndex((row) => row.key === after) + 1;
    const next = this.rows[at];
    if (!next || after === undefined) this.rows = [...this.rows.slice(0, at), this.#row(), ...this.rows.slice(at)];
    await this.updateComplete;
    this.querySelectorAll<HTMLInputElement>(".nt-name")[at]?.focus();
  }

  /** The problems of a row, by the path the server gives (`fields.2.options.choices`). */
  #problemOf(index: number): string {
    const found = this.problems.filter((problem) => problem.path === `fields.${index}` || problem.path?.startsWith(`fields.${index}.`));
    return found.map((problem) => problem.message).join(" ");
  }

  async #save(): Promise<void> {
    if (this.busy) return;
    if (!this.name.trim()) {
      this.problems = [{ code: "missing", message: t("先起个名字"), path: "name" }];
      await this.updateComplete;
      this.querySelector<HTMLInputElement>("#new-table-name")?.focus();
      return;
    }
    // Empty rows are left out, so places in the answer are those of the rows that were sent.
    this.rows = this.rows.filter((row) => row.name.trim() || row.choices.length || row.target);
    const fields = this.rows.map((row) => specOf(row) ?? { name: "", type: row.type, options: {} });
    this.busy = true;
    try {
      const table = await api.post<TableInfo>(`/api/v1/apps/${this.#data.app}/tables`, { name: this.name.trim(), fields });
      location.assign(`/t/${table.id}`);
    } catch (failure) {
      this.busy = false;
      if (failure instanceof ApiError) this.problems = failure.problems.length ? failure.problems : [{ code: failure.code, message: failure.message }];
      else showError(failure);
    }
  }

  protected override render(): TemplateResult {
    const nameProblem = this.problems.find((problem) => problem.path === "name" || problem.field === "name")?.message;
    const rest = this.problems.filter((problem) => problem.path !== "name" && problem.field !== "name" && !problem.path?.startsWith("fields."));
    return html`<form class="dlg-body" novalidate @submit=${(event: Event) => event.preventDefault()}>
      <div class="dlg-b stack">
        <div class="field">
          <label class="lab" for="new-table-name">${t("数据表名字")}</label>
          <input class="inp" id="new-table-name" autocomplete="off" maxlength="100" placeholder=${t("如:主订单池、客户档案")} aria-invalid=${nameProblem ? "true" : nothing} aria-describedby=${nameProblem ? "new-table-problem" : nothing} .value=${this.name} @input=${(event: Event) => {
            this.name = (event.target as HTMLInputElement).value;
            this.problems = [];
          }} @keydown=${(event: KeyboardEvent) => this.#enter(event, () => this.querySelectorAll<HTMLInputElement>(".nt-name")[0]?.focus())} />
          ${nameProblem ? html`<p class="hint bad" id="new-table-problem">${icon("circle-alert", 14)}${nameProblem}</p>` : nothing}
        </div>
        <div class="field">
          <div class="lab" id="new-table-fields">${t("字段")}<span class="opt">${t("以后随时能加能改;第一个是记录的名字")}</span></div>
          <ul class="nt-rows" aria-labelledby="new-table-fields">${this.rows.map((row, index) => this.#rowTemplate(row, index))}</ul>
          <button type="button" class="btn s g" @click=${() => void this.#add()}>${icon("plus", 14)}${t("加一个字段")}</button>
        </div>
        ${rest.map((problem) => html`<p class="hint bad" role="alert">${icon("circle-alert", 14)}${problem.message}</p>`)}
      </div>
      <div class="dlg-f">
        <a class="left-side" href="/a/${this.#data.app}/import">${icon("upload", 14)}${t("从 Excel 或 CSV 导入")}</a>
        <button type="button" class="btn" data-close>${t("取消")}</button>
        <button type="button" class="btn p" aria-busy=${this.busy ? "true" : nothing} @click=${() => void this.#save()}>${t("新建")}</button>
      </div>
    </form>`;
  }

  #enter(event: KeyboardEvent, then: () => void): void {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) void this.#save();
    else then();
  }

  #rowTemplate(row: Row, index: number): TemplateResult {
    const problem = this.#problemOf(index);
    const kinds = this.#data.types.filter((kind) => kind.name !== "link" || this.#data.tables.length);
    const select = row.type === "single_select" || row.type === "multi_select";
    return html`<li class="nt-row">
      <div class="nt-line">
        <input
          class="inp s nt-name"
          autocomplete="off"
          maxlength="100"
          aria-label=${t("第 {n} 个字段的名字", { n: index + 1 })}
          aria-invalid=${problem ? "true" : nothing}
          placeholder=${t("字段名")}
          .value=${row.name}
          @input=${(event: Event) => this.#rename(row, (event.target as HTMLInputElement).value)}
          @keydown=${(event: KeyboardEvent) => this.#enter(event, () => void this.#add(row.key))}
        />
        <hb-select
          small
          .label=${t("第 {n} 个字段的类型", { n: index + 1 })}
          .options=${kinds.map((kind) => ({ value: kind.name, label: kind.label, icon: kind.icon }))}
          .value=${row.type}
          @change=${(event: Event) => this.#change(row.key, { type: (event.target as HbSelect).value as string, chosen: true, target: row.target || (this.#data.tables[0]?.id ?? "") })}
        ></hb-select>
        <button type="button" class="icb" ?disabled=${this.rows.length === 1} aria-label=${t("去掉第 {n} 个字段", { n: index + 1 })} @click=${() => this.#remove(row.key)}>${icon("x", 14)}</button>
      </div>
      ${select
        ? html`<hb-select
            class="nt-more"
            small
            multiple
            creatable
            look="tag"
            .label=${t("选项")}
            .placeholder=${t("选项:打字后按回车,一个一个加")}
            .options=${row.choices.map((choice, at) => ({ value: choice, label: choice, color: palette[at % palette.length] }))}
            .value=${row.choices}
            @change=${(event: Event) => this.#change(row.key, { choices: (event.target as HbSelect).value as string[] })}
          ></hb-select>`
        : row.type === "link"
          ? html`<div class="nt-more nt-link">
              <hb-select
                small
                .label=${t("关联到哪张表")}
                .options=${this.#data.tables.map((table) => ({ value: table.id, label: table.name, icon: table.icon }))}
                .value=${row.target}
                @change=${(event: Event) => this.#change(row.key, { target: (event.target as HbSelect).value as string })}
              ></hb-select>
              <hb-select
                small
                .label=${t("每条记录可以关联")}
                .options=${[{ value: "one", label: t("一条") }, { value: "many", label: t("多条") }]}
                .value=${row.many ? "many" : "one"}
                @change=${(event: Event) => this.#change(row.key, { many: (event.target as HbSelect).value === "many" })}
              ></hb-select>
            </div>`
          : nothing}
      ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : nothing}
    </li>`;
  }
}

define("hb-new-table", HbNewTable);

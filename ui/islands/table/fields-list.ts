/** What is behind "字段": which fields the view shows and in which order, and the way to a new one. */
import { html, nothing, type TemplateResult } from "lit";
import "../filter/hb-fields";
import type { HbFields } from "../filter/hb-fields";
import { allStates } from "../grid/columns";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo, View, ViewColumn } from "./info";

export interface FieldsListOptions {
  table: TableInfo;
  view: View;
  canBuild: boolean;
  change(columns: ViewColumn[]): void;
  create(): void;
}

/** Number of fields that the view hides. */
export function hiddenCount(table: TableInfo, view: View): number {
  const known = new Set(table.fields.map((field) => field.id));
  return view.columns.filter((column) => column.hidden && known.has(column.field) && column.field !== table.primary).length;
}

/** Ids of all fields in the view's order, and of those it shows. */
export function orderOf(table: TableInfo, view: View): { all: string[]; shown: string[] } {
  const states = allStates(table.fields, view.columns, table.primary);
  return { all: states.map((state) => state.field), shown: states.filter((state) => !state.hidden || state.field === table.primary).map((state) => state.field) };
}

/** The view's columns in another order, other ones hidden; widths and summaries stay. */
export function columnsOf(view: View, all: readonly string[], shown: readonly string[]): ViewColumn[] {
  const before = new Map(view.columns.map((column) => [column.field, column]));
  const visible = new Set(shown);
  return all.map((field) => ({ ...before.get(field), field, hidden: !visible.has(field) }));
}

export function fieldsListTemplate(options: FieldsListOptions): TemplateResult {
  const { table, view } = options;
  const { all } = orderOf(table, view);
  const picked = (event: Event) => {
    const list = event.target as HbFields;
    options.change(columnsOf(view, list.order, list.value));
  };
  const everything = (shown: boolean) => options.change(columnsOf(view, all, shown ? all : table.primary ? [table.primary] : []));
  return html`<hb-fields .fields=${table.fields} .primary=${table.primary ?? ""} @change=${picked}></hb-fields>
    <div class="tb-field-foot">
      <button type="button" class="btn s g" @click=${() => everything(true)}>${t("全部显示")}</button>
      <button type="button" class="btn s g" @click=${() => everything(false)}>${t("全部隐藏")}</button>
      ${options.canBuild ? html`<button type="button" class="btn s g end" @click=${() => options.create()}>${icon("plus", 14)}${t("新建字段")}</button>` : nothing}
    </div>`;
}

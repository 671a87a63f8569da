/** What is behind "字段": which fields the view shows and in which order, and the way to a new one. */
import { html, nothing, type TemplateResult } from "lit";
import "../filter/hb-fields";
import type { HbFields } from "../filter/hb-fields";
import { icon } from "../icons";
import { t } from "../i18n";
import { columnsOf } from "./columns";
import type { TableInfo, View, ViewColumn } from "./info";

export interface FieldsListOptions {
  table: TableInfo;
  view: View;
  canBuild: boolean;
  change(columns: ViewColumn[]): void;
  create(): void;
}

export function fieldsListTemplate(options: FieldsListOptions): TemplateResult {
  const { table, view } = options;
  const picked = (event: Event) => {
    const list = event.target as HbFields;
    options.change(columnsOf(view, list.order, list.value));
  };
  // The form of the new field comes beside the records, on a phone over them: the list must not lie upon it.
  const create = (event: Event) => {
    (event.currentTarget as HTMLElement).closest<HTMLElement>("[popover]")?.hidePopover();
    options.create();
  };
  return html`<hb-fields .fields=${table.fields} .primary=${table.primary ?? ""} @change=${picked}></hb-fields>
    ${options.canBuild
      ? html`<div class="tb-field-foot"><button type="button" class="btn s g" @click=${create}>${icon("plus", 14)}${t("新建字段")}</button></div>`
      : nothing}`;
}

/** The list behind "字段": which fields the view shows, in which order. Dragging or Alt+arrows move a field. */
import { html, nothing, type TemplateResult } from "lit";
import { fieldIcon } from "../fields/field";
import { allStates, movedStates } from "../grid/columns";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo, View, ViewColumn } from "./info";

export interface FieldsListOptions {
  table: TableInfo;
  view: View;
  words: string;
  canBuild: boolean;
  search(words: string): void;
  change(columns: ViewColumn[]): void;
  create(): void;
}

/** Number of fields that the view hides. */
export function hiddenCount(table: TableInfo, view: View): number {
  const known = new Set(table.fields.map((field) => field.id));
  return view.columns.filter((column) => column.hidden && known.has(column.field) && column.field !== table.primary).length;
}

function withHidden(columns: ViewColumn[], field: string, hidden: boolean): ViewColumn[] {
  return columns.map((column) => (column.field === field ? { ...column, hidden } : column));
}

export function fieldsListTemplate(options: FieldsListOptions): TemplateResult {
  const { table, view } = options;
  const states = allStates(table.fields, view.columns, table.primary);
  const byId = new Map(table.fields.map((field) => [field.id, field]));
  const words = options.words.trim().toLowerCase();
  const shown = states.filter((state) => byId.get(state.field)!.name.toLowerCase().includes(words));
  const all = (hidden: boolean) => options.change(states.map((state) => (state.field === table.primary ? state : { ...state, hidden })));
  return html`<div class="tb-fields">
    <label class="inp s menu-find"
      >${icon("search", 14)}<input type="text" autocomplete="off" aria-label=${t("搜字段")} placeholder=${t("搜字段")} .value=${options.words} @input=${(event: Event) => options.search((event.target as HTMLInputElement).value)}
    /></label>
    <ul class="tb-field-list" @dragover=${(event: DragEvent) => event.preventDefault()} @drop=${(event: DragEvent) => drop(event, options)}>
      ${shown.map((state) => row(state, options))}
    </ul>
    ${shown.length ? nothing : html`<p class="menu-none">${t("没有叫这个的")}</p>`}
    <div class="tb-field-foot">
      <button type="button" class="btn s g" @click=${() => all(false)}>${t("全部显示")}</button>
      <button type="button" class="btn s g" @click=${() => all(true)}>${t("全部隐藏")}</button>
      ${options.canBuild ? html`<button type="button" class="btn s g end" @click=${() => options.create()}>${icon("plus", 14)}${t("新建字段")}</button>` : nothing}
    </div>
  </div>`;
}

function row(state: ViewColumn, options: FieldsListOptions): TemplateResult {
  const { table, view } = options;
  const field = table.fields.find((one) => one.id === state.field)!;
  const primary = field.id === table.primary;
  const states = () => allStates(table.fields, view.columns, table.primary);
  const toggle = () => options.change(withHidden(states(), field.id, !state.hidden));
  return html`<li
    class="tb-field"
    data-field=${field.id}
    draggable=${primary ? "false" : "true"}
    @dragstart=${(event: DragEvent) => {
      event.dataTransfer?.setData("text/plain", field.id);
      (event.currentTarget as HTMLElement).classList.add("drag");
    }}
    @dragend=${(event: DragEvent) => (event.currentTarget as HTMLElement).classList.remove("drag")}
  >
    <label>
      <input
        type="checkbox"
        class="sw"
        role="switch"
        .checked=${primary || !state.hidden}
        ?disabled=${primary}
        aria-label=${t("显示「{name}」", { name: field.name })}
        @change=${toggle}
        @keydown=${(event: KeyboardEvent) => byKey(event, field.id, options)}
      />
      ${icon(fieldIcon(field), 14)}<span class="cut grow">${field.name}</span>
    </label>
    ${primary ? html`<span class="f3 t12">${t("记录的名字")}</span>` : html`<span class="tb-grip" aria-hidden="true">${icon("grip-vertical", 14)}</span>`}
  </li>`;
}

/** Alt+↑ and Alt+↓ move the field whose switch has the focus. */
function byKey(event: KeyboardEvent, id: string, options: FieldsListOptions): void {
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  event.preventDefault();
  const { table, view } = options;
  const states = allStates(table.fields, view.columns, table.primary);
  const at = states.findIndex((state) => state.field === id);
  const target = event.key === "ArrowUp" ? states[at - 1] : states[at + 2];
  if (event.key === "ArrowUp" && (!target || target.field === table.primary)) return;
  options.change(movedStates(table.fields, view.columns, table.primary, id, target?.field ?? null));
  const list = (event.target as Element).closest(".tb-field-list");
  requestAnimationFrame(() => list?.querySelector<HTMLElement>(`[data-field="${CSS.escape(id)}"] input`)?.focus());
}

function drop(event: DragEvent, options: FieldsListOptions): void {
  event.preventDefault();
  const id = event.dataTransfer?.getData("text/plain") ?? "";
  const over = event.target instanceof Element ? event.target.closest<HTMLElement>(".tb-field") : null;
  const { table, view } = options;
  if (!over || !table.fields.some((field) => field.id === id)) return;
  const box = over.getBoundingClientRect();
  const below = event.clientY > box.top + box.height / 2;
  const next = below ? (over.nextElementSibling as HTMLElement | null)?.dataset.field : over.dataset.field;
  const before = next === table.primary ? (over.nextElementSibling as HTMLElement | null)?.dataset.field : next;
  options.change(movedStates(table.fields, view.columns, table.primary, id, before ?? null));
}

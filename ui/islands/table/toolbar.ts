/** The row of tools above the records: what is shown, which records, in what order, how tall, and looking for words. */
import { html, nothing, type TemplateResult } from "lit";
import { fieldIcon, type Filter, type Sort } from "../fields/field";
import { placeBuckets } from "../fields/divisions";
import { formatNumber } from "../fields/format";
import type { HbFields } from "../filter/hb-fields";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import "../filter/hb-sorts";
import type { HbSorts } from "../filter/hb-sorts";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu, type MenuItem } from "../menu/menu";
import { countConditions, same } from "./draft";
import { hiddenCount, orderOf } from "./columns";
import { fieldsListTemplate } from "./fields-list";
import type { RowHeight, TableInfo, View, ViewColumn } from "./info";

export interface ToolbarOptions {
  table: TableInfo;
  view: View;
  dirty: boolean;
  canEdit: boolean;
  canBuild: boolean;
  phone: boolean;
  search: string;
  searching: boolean;
  /** Records that the view shows, where it is known. */
  matching: number | null;
  setColumns(columns: ViewColumn[]): void;
  setWhere(where: Filter | null): void;
  setSorts(sorts: Sort[]): void;
  setGroup(field: string | null, descending?: boolean, bucket?: string | null): void;
  setRowHeight(height: RowHeight): void;
  setSearch(words: string): void;
  openSearch(open: boolean): void;
  newField(): void;
  newRecord(): void;
  saveView(): void;
  saveAs(): void;
  revert(): void;
}

const heights = (): { value: RowHeight; label: string }[] => [
  { value: "short", label: t("紧凑") },
  { value: "medium", label: t("适中") },
  { value: "tall", label: t("宽松") },
];

function tool(name: string, label: string, count: number, extra: { pop?: string; click?: (event: Event) => void }): TemplateResult {
  return html`<button
    type="button"
    class="tool ${count ? "on" : ""}"
    data-pop=${extra.pop ?? nothing}
    aria-expanded="false"
    aria-haspopup=${extra.pop ? "dialog" : "menu"}
    aria-label=${count ? `${label} ${count}` : label}
    @click=${extra.click ?? nothing}
  >
    ${icon(name)}<span class="tb-label">${label}</span>${count ? html`<b>${count}</b>` : nothing}
  </button>`;
}

export function toolbarTemplate(options: ToolbarOptions): TemplateResult {
  const { table, view, phone } = options;
  const group = view.groups[0]?.field ?? null;
  const wide = !phone;
  return html`<div class="bar tb-bar" role="toolbar" aria-label=${t("视图工具")}>
      ${tool("columns-3", t("字段"), hiddenCount(table, view), { pop: "tb-fields" })}
      ${tool("list-filter", t("筛选"), countConditions(view.where), { pop: "tb-filter" })}
      ${wide ? tool("group", t("分组"), group ? 1 : 0, { click: (event) => groupMenu(event.currentTarget as HTMLElement, options) }) : nothing}
      ${tool("arrow-up-down", t("排序"), view.sorts.length, { pop: "tb-sorts" })}
      ${wide ? tool("rows-3", t("行高"), 0, { click: (event) => heightMenu(event.currentTarget as HTMLElement, options) }) : nothing}
      ${options.dirty ? draftTemplate(options) : nothing}
      <span class="grow"></span>
      ${searchTemplate(options)}
      ${options.canEdit && wide ? html`<button type="button" class="btn p s tb-new" @click=${() => options.newRecord()}>${icon("plus")}${t("新建记录")}</button>` : nothing}
    </div>
    ${popovers(options)}`;
}

/** Unsaved changes of the view: only this person sees them, until they are saved for everybody. */
function draftTemplate(options: ToolbarOptions): TemplateResult {
  return html`<span class="tb-draft" role="group" aria-label=${t("没有保存的视图修改")}>
    <span class="draft" data-tip=${options.canBuild ? t("这些修改只有你看得到,保存后大家都看得到") : t("这些修改只有你看得到")}>${icon("eye", 14)}<span class="tb-label">${t("只有你看得到")}</span></span>
    ${options.canBuild
      ? html`<button type="button" class="btn s" @click=${() => options.saveView()}>${t("保存视图")}</button
          ><button type="button" class="icb" aria-haspopup="menu" aria-label=${t("更多保存方式")} @click=${(event: Event) => openMenu(event.currentTarget as HTMLElement, [{ label: t("另存为新视图"), icon: "copy-plus", run: () => options.saveAs() }])}>${icon("chevron-down", 14)}</button>`
      : nothing}
    <button type="button" class="btn s g" @click=${() => options.revert()}>${t("还原")}</button>
  </span>`;
}

function searchTemplate(options: ToolbarOptions): TemplateResult {
  const open = options.searching || options.search !== "";
  const close = (input: HTMLInputElement) => {
    input.value = "";
    options.setSearch("");
    options.openSearch(false);
  };
  return html`<span class="tb-search ${open ? "open" : ""}">
    <button type="button" class="icb tb-find" aria-label=${t("在视图中搜索")} data-tip=${t("在视图中搜索")} aria-expanded=${String(open)} @click=${() => options.openSearch(true)}>${icon("search")}</button>
    <label class="inp s"
      >${icon("search", 14)}<input
        type="search"
        id="tb-search"
        autocomplete="off"
        aria-label=${t("在视图中搜索")}
        placeholder=${t("在视图中搜索")}
        .value=${options.search}
        @input=${(event: Event) => options.setSearch((event.target as HTMLInputElement).value)}
        @blur=${() => !options.search && options.openSearch(false)}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== "Escape" || event.isComposing) return;
          event.stopPropagation();
          close(event.target as HTMLInputElement);
        }}
      />${options.search
        ? html`<button type="button" class="icb" aria-label=${t("清掉搜索")} @click=${(event: Event) => close((event.currentTarget as HTMLElement).parentElement!.querySelector("input")!)}>${icon("x", 14)}</button>`
        : nothing}</label
    >
  </span>`;
}

/**
 * Boxes behind the tools; they stay in the page so that what is begun in them stays too. Their values are set by
 * {@link fillPickers}: a condition that is half filled in is nobody's business but the builder's.
 */
function popovers(options: ToolbarOptions): TemplateResult {
  const { table, view } = options;
  return html`<div class="pop sheet tb-pop" id="tb-fields" popover aria-label=${t("字段")}>
      ${fieldsListTemplate({ table, view, canBuild: options.canBuild, change: (columns) => options.setColumns(columns), create: () => options.newField() })}
    </div>
    <div class="pop sheet tb-pop" id="tb-filter" popover aria-label=${t("筛选")}>
      <hb-filter eager .fields=${table.fields} .lead=${t("显示")} @change=${(event: Event) => options.setWhere((event.target as HbFilter).value)}></hb-filter>
      ${view.where && options.matching !== null ? html`<p class="tb-matching m">${t("符合 {n} 条", { n: formatNumber(options.matching) })}</p>` : nothing}
    </div>
    <div class="pop sheet tb-pop" id="tb-sorts" popover aria-label=${t("排序")}>
      <hb-sorts .fields=${table.fields} @change=${(event: Event) => options.setSorts((event.target as HbSorts).value)}></hb-sorts>
    </div>`;
}

/** Give the pickers below `root` what the view has, where they do not have it already. */
export function fillPickers(root: ParentNode, table: TableInfo, view: View): void {
  const filter = root.querySelector<HbFilter>("hb-filter");
  if (filter && !same(filter.value, view.where)) filter.value = view.where;
  const sorts = root.querySelector<HbSorts>("hb-sorts");
  if (sorts && !same(sorts.value, view.sorts)) sorts.value = view.sorts;
  const fields = root.querySelector<HbFields>("hb-fields");
  const { all, shown } = orderOf(table, view);
  if (fields && (!same(fields.order, all) || !same(fields.value, shown))) {
    fields.order = all;
    fields.value = shown;
    fields.order = all;
  }
}

export function groupMenu(anchor: HTMLElement, options: Pick<ToolbarOptions, "table" | "view" | "setGroup">): void {
  const { table, view } = options;
  const now = view.groups[0] ?? null;
  const items: MenuItem[] = [{ label: t("不分组"), checked: !now?.field, run: () => options.setGroup(null) }, "separator"];
  for (const field of table.fields) {
    if (field.groupable === false || field.type === "long_text") continue;
    if (field.type === "location") {
      const level = now?.field === field.id ? (now.bucket ?? "province") : "";
      for (const { value, label } of placeBuckets()) items.push({ label: t("{field}:{level}", { field: field.name, level: label }), icon: fieldIcon(field), checked: level === value, run: () => options.setGroup(field.id, now?.descending ?? false, value) });
      continue;
    }
    items.push({ label: field.name, icon: fieldIcon(field), checked: now?.field === field.id, run: () => options.setGroup(field.id, now?.descending ?? false) });
  }
  if (now?.field) {
    items.push(
      "separator",
      { label: t("正序"), checked: !now.descending, run: () => options.setGroup(now.field!, false, now.bucket) },
      { label: t("倒序"), checked: now.descending === true, run: () => options.setGroup(now.field!, true, now.bucket) },
    );
  }
  openMenu(anchor, items);
}

export function heightMenu(anchor: HTMLElement, options: Pick<ToolbarOptions, "view" | "setRowHeight">): void {
  const items = heights().map(({ value, label }) => ({ label, checked: options.view.row_height === value, run: () => options.setRowHeight(value) }));
  openMenu(anchor, items);
}

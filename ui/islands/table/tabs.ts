/** The tabs of a table's views: choosing one, its menu, moving it by dragging or Alt+arrows. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu, type MenuItem } from "../menu/menu";
import type { View } from "./info";

export interface TabsOptions {
  views: readonly View[];
  current: string;
  /** Views that this person has changed without saving. */
  dirty: ReadonlySet<string>;
  canBuild: boolean;
  live: boolean;
  open(view: View): void;
  create(): void;
  rename(view: View): void;
  duplicate(view: View): void;
  remove(view: View): void;
  reorder(ids: string[]): void;
}

export function tabsTemplate(options: TabsOptions): TemplateResult {
  return html`<div class="tabs tb-tabs">
    <nav class="tb-tablist" aria-label=${t("视图")} @keydown=${(event: KeyboardEvent) => byKey(event, options)}>${options.views.map((view) => tab(view, options))}</nav>
    ${options.canBuild
      ? html`<button type="button" class="icb" aria-label=${t("新建视图")} data-tip=${t("新建视图")} @click=${() => options.create()}>${icon("plus")}</button>`
      : nothing}
    <span class="end"><span class="live ${options.live ? "" : "off"}" data-tip=${options.live ? t("别人的修改会马上出现") : t("正在重新连接,连上后自动补齐")}>${options.live ? t("实时") : t("重连中")}</span></span>
  </div>`;
}

function menuOf(view: View, options: TabsOptions): MenuItem[] {
  const last = options.views.length === 1;
  return [
    { label: t("重命名"), icon: "pencil", run: () => options.rename(view) },
    { label: t("复制视图"), icon: "copy", run: () => options.duplicate(view) },
    "separator",
    { label: t("删除视图"), icon: "trash-2", danger: true, disabled: last, ...(last ? { sub: t("至少要留一个视图") } : {}), run: () => options.remove(view) },
  ];
}

function tab(view: View, options: TabsOptions): TemplateResult {
  const current = view.id === options.current;
  const menu = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
    if (options.canBuild) openMenu(event.currentTarget as HTMLElement, menuOf(view, options));
  };
  const choose = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    options.open(view);
  };
  return html`<span class="tb-tab" data-view=${view.id} @dragover=${(event: DragEvent) => event.preventDefault()} @drop=${(event: DragEvent) => drop(event, view, options)}>
    <a
      class="tab"
      id="tab-${view.id}"
      href="?view=${view.id}"
      aria-current=${current ? "true" : nothing}
      draggable=${options.canBuild ? "true" : "false"}
      @click=${choose}
      @dblclick=${() => options.canBuild && options.rename(view)}
      @contextmenu=${menu}
      @dragstart=${(event: DragEvent) => event.dataTransfer?.setData("text/x-view", view.id)}
    >
      ${icon("table-2")}<span class="cut">${view.name}</span>${options.dirty.has(view.id) ? html`<span class="tb-dot" role="img" aria-label=${t("有没保存的修改")}></span>` : nothing}
    </a>
    ${current && options.canBuild
      ? html`<button type="button" class="icb tb-tab-menu" aria-haspopup="menu" aria-label=${t("「{name}」的菜单", { name: view.name })} @click=${menu}>${icon("chevron-down", 14)}</button>`
      : nothing}
  </span>`;
}

function byKey(event: KeyboardEvent, options: TabsOptions): void {
  const at = options.views.findIndex((view) => view.id === options.current);
  const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (!by || !(event.target as Element).closest(".tab")) return;
  event.preventDefault();
  const ids = options.views.map((view) => view.id);
  if (event.altKey && options.canBuild) {
    const to = at + by;
    if (to < 0 || to >= ids.length) return;
    [ids[at], ids[to]] = [ids[to]!, ids[at]!];
    options.reorder(ids);
    return;
  }
  const next = options.views[(at + by + ids.length) % ids.length]!;
  options.open(next);
  requestAnimationFrame(() => document.getElementById(`tab-${next.id}`)?.focus());
}

function drop(event: DragEvent, over: View, options: TabsOptions): void {
  const id = event.dataTransfer?.getData("text/x-view") ?? "";
  if (!options.canBuild || !id || id === over.id) return;
  event.preventDefault();
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const ids = options.views.map((view) => view.id).filter((other) => other !== id);
  ids.splice(ids.indexOf(over.id) + (event.clientX > box.left + box.width / 2 ? 1 : 0), 0, id);
  options.reorder(ids);
}

/** Heads of the columns: name, sort, menu; dragging their edge changes the width, dragging them the order. */
import { openMenu, type MenuItem } from "../menu/menu";
import { fieldIcon, type Field, type Sort } from "../fields/field";
import { textOf } from "../fields/format";
import { t } from "../i18n";
import { iconElement, roughWidth } from "./cells";
import { leastWidth, numberWidth, type Column } from "./columns";
import type { GridView } from "./view";
import type { Row } from "./types";

export interface HeadHost {
  readonly view: GridView;
  readonly columns: Column[];
  readonly sorts: readonly Sort[];
  readonly marked: ReadonlySet<string>;
  readonly canBuild: boolean;
  readonly allChecked: boolean;
  /** What the background is doing to a field, in words. */
  atWork(field: string): string | null;
  allRows(): Iterable<Row>;
  resize(field: string, width: number, final: boolean): void;
  move(field: string, before: string | null): void;
  hide(field: string): void;
  selectColumn(column: number, extend: boolean): void;
  checkAll(checked: boolean): void;
  /** Open the choice of what stands under a column. */
  chooseSummary(field: string): void;
  /** `sort`, `filter`, `group`, `edit`, `rename`, `insert-left`, `insert-right`, `duplicate`, `delete`, `new`. */
  ask(action: string, field: Field | null, detail?: Record<string, unknown>): void;
}

export class Headers {
  constructor(private readonly host: HeadHost) {}

  draw(): void {
    const { view, columns, sorts, marked } = this.host;
    const cells = columns.map((column, index) => this.#cell(column, index, sorts.find((sort) => sort.field === column.field.id), marked.has(column.field.id)));
    view.head.replaceChildren(this.#numberHead(), ...cells, ...(this.host.canBuild ? [this.#newField()] : []));
  }

  /** Open a column's menu by key. */
  openMenu(column: number): void {
    const field = this.host.columns[column]?.field;
    const button = field && this.host.view.head.querySelector<HTMLElement>(`[data-field="${CSS.escape(field.id)}"] .g-more`);
    if (field && button) openMenu(button, this.#menu(field), { align: "end" });
  }

  #numberHead(): HTMLElement {
    const cell = document.createElement("div");
    cell.className = "g-hc g-n";
    cell.setAttribute("role", "columnheader");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.className = "ck";
    box.tabIndex = -1;
    box.checked = this.host.allChecked;
    box.setAttribute("aria-label", t("全选"));
    box.addEventListener("change", () => this.host.checkAll(box.checked));
    cell.append(box);
    return cell;
  }

  #newField(): HTMLElement {
    const last = this.host.columns.at(-1);
    const cell = document.createElement("div");
    cell.className = "g-newfield";
    cell.setAttribute("role", "columnheader");
    const button = document.createElement("button");
    button.type = "button";
    cell.append(button);
    cell.style.left = `${numberWidth + (last ? last.left + last.width : 0)}px`;
    button.setAttribute("aria-label", t("新建字段"));
    button.dataset.tip = t("新建字段");
    button.append(iconElement("plus", 16));
    button.addEventListener("click", () => this.host.ask("new", null, { anchor: button }));
    return cell;
  }

  #cell(column: Column, index: number, sort: Sort | undefined, marked: boolean): HTMLElement {
    const { field } = column;
    const cell = document.createElement("div");
    cell.className = `g-hc${index === 0 ? " g-id" : ""}${marked || sort ? " on" : ""}`;
    cell.setAttribute("role", "columnheader");
    cell.setAttribute("aria-colindex", String(index + 2));
    if (sort) cell.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
    cell.dataset.field = field.id;
    cell.style.width = `${column.width}px`;
    if (index > 0) cell.style.left = `${numberWidth + column.left}px`;
    if (field.description) cell.dataset.tip = field.description;
    const name = document.createElement("span");
    name.className = "cut grow";
    name.textContent = field.name;
    cell.append(iconElement(fieldIcon(field), 16), name);
    if (sort) cell.append(iconElement(sort.descending ? "arrow-down" : "arrow-up", 14));
    const words = this.host.atWork(field.id);
    if (words) cell.append(atWork(words));
    cell.append(this.#menuButton(field), this.#sizeGrip(column));
    cell.addEventListener("pointerdown", (event) => this.#press(event, column, index, cell));
    cell.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      event.stopPropagation();
      openMenu(new DOMRect(event.clientX, event.clientY, 0, 0), this.#menu(field));
    });
    return cell;
  }

  #menuButton(field: Field): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "icb g-more";
    button.tabIndex = -1;
    button.setAttribute("aria-haspopup", "menu");
    button.setAttribute("aria-label", t("「{name}」的菜单", { name: field.name }));
    button.append(iconElement("chevron-down", 14));
    button.addEventListener("click", () => openMenu(button, this.#menu(field), { align: "end" }));
    return button;
  }

  #menu(field: Field): MenuItem[] {
    const { host } = this;
    const first = host.columns[0]?.field.id === field.id;
    const items: MenuItem[] = [];
    if (host.canBuild) {
      items.push({ label: t("编辑字段"), icon: "settings-2", run: () => host.ask("edit", field) }, { label: t("重命名"), icon: "pencil", run: () => host.ask("rename", field) });
      if (field.type === "single_select") items.push({ label: t("状态流转"), icon: "workflow", href: `${location.pathname}/fields/${field.id}/states` });
      items.push("separator");
    }
    if (field.sortable !== false) {
      items.push(
        { label: t("升序"), icon: "arrow-up-narrow-wide", run: () => host.ask("sort", field, { descending: false }) },
        { label: t("降序"), icon: "arrow-down-wide-narrow", run: () => host.ask("sort", field, { descending: true }) },
      );
    }
    if (field.operators?.length !== 0) items.push({ label: t("按这列筛选"), icon: "list-filter", run: () => host.ask("filter", field) });
    if (field.groupable !== false) items.push({ label: t("按这列分组"), icon: "group", run: () => host.ask("group", field) });
    items.push("separator", { label: t("隐藏"), icon: "eye-off", disabled: first, ...(first ? { sub: t("第一列是记录的名字") } : {}), run: () => host.hide(field.id) });
    items.push({ label: t("统计"), icon: "sigma", run: () => setTimeout(() => host.chooseSummary(field.id)) });
    items.push({ label: t("适应内容宽度"), icon: "move-horizontal", run: () => this.#fit(field) });
    if (host.canBuild) {
      items.push(
        "separator",
        { label: t("在左侧插入字段"), icon: "arrow-left-to-line", disabled: first, run: () => host.ask("insert-left", field) },
        { label: t("在右侧插入字段"), icon: "arrow-right-to-line", run: () => host.ask("insert-right", field) },
        { label: t("删除字段"), icon: "trash-2", danger: true, disabled: first, ...(first ? { sub: t("第一列是记录的名字") } : {}), run: () => host.ask("delete", field) },
      );
    }
    return items;
  }

  #sizeGrip(column: Column): HTMLElement {
    const grip = document.createElement("span");
    grip.className = "g-size";
    grip.addEventListener("dblclick", (event) => {
      event.stopPropagation();
      this.#fit(column.field);
    });
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      grip.setPointerCapture(event.pointerId);
      grip.classList.add("drag");
      const width = (moved: PointerEvent) => Math.max(leastWidth, Math.round(column.width + moved.clientX - event.clientX));
      const move = (moved: PointerEvent) => this.host.resize(column.field.id, width(moved), false);
      grip.addEventListener("pointermove", move);
      grip.addEventListener("pointerup", (up) => this.host.resize(column.field.id, width(up), true), { once: true });
    });
    return grip;
  }

  /** As wide as the widest content that is here. */
  #fit(field: Field): void {
    let widest = roughWidth(field.name) + 60;
    let seen = 0;
    for (const row of this.host.allRows()) {
      widest = Math.max(widest, roughWidth(textOf(field, row.fields[field.id])) + (field.type.endsWith("select") || field.type === "link" ? 48 : 26));
      if (++seen > 400) break;
    }
    this.host.resize(field.id, Math.min(Math.round(widest), 480), true);
  }

  /** A click chooses the column; dragging moves it. */
  #press(event: PointerEvent, column: Column, index: number, cell: HTMLElement): void {
    const target = event.target as Element;
    if (event.button !== 0 || target.closest("button, .g-size")) return;
    const start = event.clientX;
    let drop: { before: string | null; line: HTMLElement } | null = null;
    const move = (moved: PointerEvent) => {
      if (index === 0 || (!drop && Math.abs(moved.clientX - start) < 6)) return;
      cell.classList.add("drag");
      drop = this.#dropAt(moved.clientX, drop?.line);
    };
    const up = () => {
      removeEventListener("pointermove", move);
      cell.classList.remove("drag");
      drop?.line.remove();
      if (drop) this.host.move(column.field.id, drop.before);
      else this.host.selectColumn(index, event.shiftKey);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up, { once: true });
  }

  #dropAt(x: number, old: HTMLElement | undefined): { before: string | null; line: HTMLElement } {
    const { columns, view } = this.host;
    const inside = x - view.canvas.getBoundingClientRect().left - numberWidth;
    const place = columns.findIndex((column, index) => index > 0 && inside < column.left + column.width / 2);
    const at = place < 0 ? columns.at(-1)! : columns[place]!;
    const line = old ?? document.createElement("div");
    line.className = "g-drop";
    line.style.left = `${numberWidth + (place < 0 ? at.left + at.width : at.left) - 1}px`;
    if (!old) view.head.append(line);
    return { before: place < 0 ? null : at.field.id, line };
  }
}

/** A small turning ring that says what is going on. */
function atWork(words: string): HTMLElement {
  const ring = document.createElement("span");
  ring.className = "spin g-work";
  ring.setAttribute("role", "img");
  ring.setAttribute("aria-label", words);
  ring.dataset.tip = words;
  return ring;
}

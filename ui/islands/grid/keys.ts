/** Keys of the grid, as in Excel. The textarea has the focus; keys it needs for typing pass through to it. */
import { isCommand } from "../dom";
import { N_ } from "../i18n";
import { edge, type Bounds, type Selection } from "./selection";
import type { Then } from "./editor";

export interface KeysHost {
  readonly selection: Selection;
  readonly bounds: Bounds;
  readonly pageRows: number;
  readonly editing: boolean;
  readonly typing: boolean;
  /** Whether a cell has content; null if its row is not here. */
  filled(row: number, column: number): boolean | null;
  moved(): void;
  edit(how: "keep" | "replace"): void;
  /** The active cell is edited by a control, not by typing: open it at the first key. */
  opensByKey(): boolean;
  commit(then: Then): void;
  cancel(): void;
  toggleCheckbox(): boolean;
  clear(): void;
  fillDown(): void;
  fillRight(): void;
  pressButton(): boolean;
  expand(): void;
  undo(): void;
  redo(): void;
  find(): boolean;
  today(): void;
  newLine(): void;
  leave(): void;
  columnMenu(): void;
  recordMenu(): void;
  /** Tick the records of the range, or take the ticks away. */
  checkRows(): void;
  /** Show the first columns. */
  scrollToStart(): void;
}

/** The list under "?". */
export const gridKeys = [
  { keys: "← ↑ ↓ →", does: N_("移动") },
  { keys: "Shift+← ↑ ↓ →", does: N_("扩大选区") },
  { keys: "Mod+← ↑ ↓ →", does: N_("跳到有内容的边缘") },
  { keys: "Tab / Shift+Tab", does: N_("右一格 / 左一格") },
  { keys: "Enter / Shift+Enter", does: N_("下一格 / 上一格") },
  { keys: "F2", does: N_("编辑这一格;直接打字会替换") },
  { keys: "Esc", does: N_("放弃修改") },
  { keys: "Space", does: N_("展开记录") },
  { keys: "Delete", does: N_("清空") },
  { keys: "Mod+C / Mod+X / Mod+V", does: N_("复制 / 剪切 / 粘贴,与 Excel 互通") },
  { keys: "Mod+D / Mod+R", does: N_("向下填充 / 向右填充") },
  { keys: "Mod+A", does: N_("全选") },
  { keys: "Mod+F", does: N_("在视图中搜索") },
  { keys: "Mod+;", does: N_("填入今天") },
  { keys: "Shift+Space", does: N_("选中记录") },
  { keys: "Alt+↓", does: N_("这一列的菜单") },
  { keys: "Shift+F10", does: N_("这条记录的菜单") },
];

export class Keys {
  constructor(private readonly host: KeysHost) {}

  handle(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) {
      // An input method has begun: texts compose in the textarea, other types open their control.
      if (!this.host.editing && this.host.opensByKey()) this.host.edit("replace");
      return;
    }
    if (event.altKey && event.key === "ArrowDown" && !this.host.editing) {
      event.preventDefault();
      return this.host.columnMenu();
    }
    const done = this.host.typing ? this.#whileTyping(event) : this.#command(event) || this.#navigate(event) || this.#act(event);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #whileTyping(event: KeyboardEvent): boolean {
    if (event.key === "Escape") this.host.cancel();
    else if (event.key === "Enter" && (event.altKey || (isCommand(event) && !event.shiftKey))) this.host.newLine();
    else if (event.key === "Enter") this.host.commit(event.shiftKey ? "up" : "down");
    else if (event.key === "Tab") this.host.commit(event.shiftKey ? "left" : "right");
    else return false;
    return true;
  }

  #command(event: KeyboardEvent): boolean {
    if (!isCommand(event) || event.altKey) return false;
    const { selection, bounds } = this.host;
    switch (event.key.toLowerCase()) {
      case "a":
        selection.anchor = { row: 0, column: 0 };
        selection.head = { row: bounds.rows - 1, column: bounds.columns - 1 };
        this.host.moved();
        return true;
      case "d":
        this.host.fillDown();
        return true;
      case "r":
        if (event.shiftKey) return false;
        this.host.fillRight();
        return true;
      case "z":
        if (event.shiftKey) this.host.redo();
        else this.host.undo();
        return true;
      case "y":
        this.host.redo();
        return true;
      case "f":
        return this.host.find();
      case ";":
        this.host.today();
        return true;
      default:
        return false;
    }
  }

  #navigate(event: KeyboardEvent): boolean {
    const { selection, bounds, pageRows } = this.host;
    const extend = event.shiftKey;
    const far = isCommand(event);
    switch (event.key) {
      case "ArrowUp":
      case "ArrowDown":
        this.#vertical(event.key === "ArrowDown" ? 1 : -1, extend, far);
        break;
      case "ArrowLeft":
      case "ArrowRight":
        this.#horizontal(event.key === "ArrowRight" ? 1 : -1, extend, far);
        break;
      case "PageUp":
      case "PageDown":
        selection.move(event.key === "PageDown" ? pageRows : -pageRows, 0, bounds, extend);
        break;
      case "Home":
        selection.move(far ? -bounds.rows : 0, -bounds.columns, bounds, extend);
        this.host.scrollToStart();
        break;
      case "End":
        selection.move(far ? bounds.rows : 0, bounds.columns, bounds, extend);
        break;
      case "Tab":
        return this.#tab(event);
      case "Enter":
        if (!extend && this.host.toggleCheckbox()) return true;
        selection.step(extend ? "up" : "down", bounds);
        break;
      default:
        return false;
    }
    this.host.moved();
    return true;
  }

  /** Tab leaves the grid at its last and first cell, so that nobody is caught in it. */
  #tab(event: KeyboardEvent): boolean {
    const { selection, bounds } = this.host;
    const { row, column } = selection.active;
    const atEnd = event.shiftKey ? row === 0 && column === 0 : row === bounds.rows - 1 && column === bounds.columns - 1;
    if (atEnd && !selection.multiple) {
      this.host.leave();
      return false;
    }
    selection.step(event.shiftKey ? "left" : "right", bounds);
    this.host.moved();
    return true;
  }

  #vertical(by: 1 | -1, extend: boolean, far: boolean): void {
    const { selection, bounds } = this.host;
    const from = extend ? selection.head : selection.active;
    const row = far ? edge(from.row, by, bounds.rows, (index) => this.host.filled(index, from.column)) : from.row + by;
    selection.move(row - from.row, 0, bounds, extend);
  }

  #horizontal(by: 1 | -1, extend: boolean, far: boolean): void {
    const { selection, bounds } = this.host;
    const from = extend ? selection.head : selection.active;
    const column = far ? edge(from.column, by, bounds.columns, (index) => this.host.filled(from.row, index)) : from.column + by;
    selection.move(0, column - from.column, bounds, extend);
  }

  #act(event: KeyboardEvent): boolean {
    const plain = !isCommand(event) && !event.altKey;
    if (event.key === "F2") this.host.edit("keep");
    else if (event.key === "Delete" || event.key === "Backspace") this.host.clear();
    else if (event.key === " " && plain) event.shiftKey ? this.host.checkRows() : this.host.pressButton() || this.host.expand();
    else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) this.host.recordMenu();
    else if (event.key === "Escape") {
      this.host.selection.set(this.host.selection.active.row, this.host.selection.active.column);
      this.host.moved();
    } else if (plain && event.key.length === 1 && event.key !== "?" && this.host.opensByKey()) {
      // The key goes on to the control that now has the focus.
      this.host.edit("replace");
      return false;
    } else return false;
    return true;
  }
}

/** What the parts of a grid that hear the mouse, the keys and the server have to do with the rest of it. */
import { redo, undo } from "../undo";
import type { EditsHost } from "./edits";
import { isTyped } from "./editor";
import type { HbGrid } from "./hb-grid";
import type { Keys } from "./keys";
import type { Pointer } from "./pointer";

type KeysHost = ConstructorParameters<typeof Keys>[0];
type PointerHost = ConstructorParameters<typeof Pointer>[0];

/** What storing edits asks for. Answers may come after the source has changed: they are for the rows of then. */
export function editsHost(grid: HbGrid): EditsHost {
  return {
    get source() {
      return grid.source;
    },
    get rows() {
      return grid.rows;
    },
    redraw: () => grid.redraw(),
    stored: () => grid.actions.summariseSoon(),
    needs: (edit, ids) => void grid.inPlace.fillFor(edit, ids),
  };
}

/** What the mouse and fingers do. */
export function pointerHost(grid: HbGrid): PointerHost {
  return {
    view: grid.view,
    selection: grid.selection,
    get bounds() {
      return grid.bounds;
    },
    get canEdit() {
      return grid.canEdit;
    },
    moved: () => grid.moved(),
    focusInput: () => grid.focusInput(),
    finishEdit: () => grid.inPlace.finish(),
    edit: () => grid.edit("keep"),
    toggleCheckbox: () => grid.inPlace.toggleCheckbox(),
    check: (row, extend) => grid.actions.check(row, extend),
    open: (row) => grid.open(row),
    toggleGroup: (section) => grid.rows.toggle(section),
    add: () => void grid.addRow(),
    menu: (event) => grid.actions.menu(event),
    fill: (source, target) => void grid.copyPaste.fill(source, target),
    showFill: (target) => grid.actions.showFill(target),
  };
}

/** What keys do. */
export function keysHost(grid: HbGrid): KeysHost {
  return {
    selection: grid.selection,
    get bounds() {
      return grid.bounds;
    },
    get pageRows() {
      return grid.pageRows;
    },
    get editing() {
      return grid.editing;
    },
    get typing() {
      return grid.typing;
    },
    filled: (row, column) => grid.filled(row, column),
    moved: () => grid.moved(),
    edit: (how) => grid.edit(how),
    opensByKey: () => grid.activeField !== undefined && !isTyped(grid.activeField),
    commit: (then) => grid.editor.commitTyping(then),
    cancel: () => grid.editor.cancel(),
    toggleCheckbox: () => grid.inPlace.toggleCheckbox(),
    clear: () => void grid.copyPaste.clear(),
    fillDown: () => void grid.copyPaste.fillDown(),
    fillRight: () => void grid.copyPaste.fillRight(),
    pressButton: () => grid.inPlace.pressButton(),
    expand: () => grid.open(grid.selection.active.row),
    undo: () => void undo(),
    redo: () => void redo(),
    find: () => !grid.dispatchEvent(new CustomEvent("hb:find", { bubbles: true, cancelable: true })),
    today: () => grid.actions.today(),
    newLine: () => newLine(grid),
    leave: () => grid.input.blur(),
    columnMenu: () => grid.headers.openMenu(grid.selection.active.column),
    recordMenu: () => grid.actions.menuAt(grid.cellBox()),
    checkRows: () => grid.actions.checkRange(),
    scrollToStart: () => (grid.view.scroller.scrollLeft = 0),
  };
}

/** Hear what is typed, copied and pasted. */
export function listen(grid: HbGrid, keys: Keys): void {
  const { input } = grid;
  input.addEventListener("keydown", (event) => keys.handle(event));
  input.addEventListener("compositionstart", () => !grid.editing && grid.activeField && isTyped(grid.activeField) && grid.edit("replace"));
  input.addEventListener("input", () => {
    if (!grid.editing) grid.edit("replace");
    grid.editor.grow();
  });
  input.addEventListener("copy", (event) => !grid.typing && grid.copyPaste.copy(event));
  input.addEventListener("cut", (event) => {
    if (grid.typing) return;
    grid.copyPaste.copy(event);
    void grid.copyPaste.clear();
  });
  input.addEventListener("paste", (event) => {
    if (grid.typing) return;
    event.preventDefault();
    if (grid.dropFiles.paste(grid.selection.active.row, grid.activeField, event.clipboardData)) return;
    void grid.copyPaste.paste(event.clipboardData?.getData("text/plain") ?? "");
  });
  input.addEventListener("focus", () => grid.setFocused(true));
  input.addEventListener("blur", () => {
    if (grid.typing) grid.editor.commitTyping("stay");
    grid.setFocused(false);
  });
}

function newLine(grid: HbGrid): void {
  grid.input.setRangeText("\n", grid.input.selectionStart, grid.input.selectionEnd, "end");
  grid.editor.grow();
}

/** Editing in place: the active cell's editor, what it gives, check boxes and buttons, and what a move wants filled. */
import { same, type Field, type Value } from "../fields/field";
import { press } from "../fields/press";
import { t } from "../i18n";
import { isEditable } from "../record/control";
import { askMissing } from "../record/missing";
import type { Edit } from "./edits";
import { Editor, type EditorHost, type Then } from "./editor";
import type { HbGrid } from "./hb-grid";
import type { GridSource } from "./types";

export class InPlace implements EditorHost {
  readonly editor: Editor;
  /** The record whose cell is being edited, wherever it stands when the edit ends. */
  #edited: string | null = null;

  constructor(private readonly grid: HbGrid) {
    this.editor = new Editor(this);
  }

  get input(): HTMLTextAreaElement {
    return this.grid.input;
  }

  get wrap(): HTMLElement {
    return this.grid.wrap;
  }

  /** The record whose cell is being edited; "" for none yet. */
  get record(): string {
    return this.#edited ?? "";
  }

  cellBox(): ReturnType<EditorHost["cellBox"]> {
    return this.grid.cellBox();
  }

  choices(field: Field, words: string): ReturnType<GridSource["choices"]> {
    return this.grid.source.choices(field, words, this.record);
  }

  /** Begin to edit the active cell: with what it holds, or with what is typed instead. */
  edit(how: "keep" | "replace"): void {
    const { grid } = this;
    const field = grid.activeField;
    const row = grid.rowAt(grid.selection.active.row);
    if (!field || !row || this.editor.open) return;
    if (how === "keep" && this.pressButton()) return;
    const refusal = !grid.canEdit ? t("只能看,没有修改权限") : field.read_only ? t("「{name}」设为只读,不能修改", { name: field.name }) : field.readonly ? t("「{name}」是自动算出的,不能直接改", { name: field.name }) : null;
    if (refusal) {
      grid.input.value = "";
      grid.actions.say(refusal);
      return;
    }
    if (field.type === "checkbox") {
      this.toggleCheckbox();
      return;
    }
    grid.view.reveal(grid.selection.active.row, grid.selection.active.column);
    grid.view.draw();
    this.#edited = row.id;
    this.editor.start(field, grid.activeValue, how);
    grid.showProblem();
  }

  /** Store what an editor gave, and go on to the next cell. */
  commit(value: Value, then: Then): void {
    const { grid } = this;
    const id = this.#edited;
    const row = id ? grid.rows.byId(id) : undefined;
    const field = grid.activeField;
    if (id && field) {
      const draft = row?.drafts?.[field.id];
      const before = draft ? draft.value : row?.fields[field.id];
      if (!row || draft?.problem !== undefined || !same(before, value)) void grid.edits.apply([{ id, field, value }]);
    }
    if (then !== "stay") grid.selection.step(then, grid.bounds);
    grid.moved();
  }

  /** Ask for what a move wants filled, and store it together with the move. */
  async fillFor(edit: Edit, ids: readonly string[]): Promise<void> {
    const { grid } = this;
    const fields = grid.fields.filter((field) => ids.includes(field.id));
    const row = grid.rows.byId(edit.id);
    if (!row || !fields.some(isEditable)) return;
    const label = String(edit.value);
    const record = { id: row.id, version: 0, fields: row.fields };
    const values = await askMissing({ target: label, fields, record, choices: (field, words) => grid.source.choices(field, words, edit.id) });
    if (!values) {
      grid.edits.drop(edit.id, edit.field.id);
      return;
    }
    const filled = fields.filter((field) => field.id in values).map((field) => ({ id: edit.id, field, value: values[field.id]! }));
    await grid.edits.apply([...filled, edit]);
  }

  /** An editor is gone. */
  closed(): void {
    this.grid.focusInput();
    this.grid.moved(false);
  }

  /** End an edit that is open: what was typed is kept, anything else not. */
  finish(): void {
    if (this.editor.typing) this.editor.commitTyping("stay");
    else this.editor.cancel();
  }

  /** Press the button in the active cell; false where there is none. */
  pressButton(): boolean {
    const { grid } = this;
    const field = grid.activeField;
    const row = grid.rowAt(grid.selection.active.row);
    if (field?.type !== "button" || !row || grid.selection.multiple) return false;
    const record = grid.activeValue;
    if (typeof record === "string" && record) void press(field, record);
    else grid.actions.say(t("这条记录现在不能按「{name}」", { name: field.name }));
    return true;
  }

  /** Tick or untick the active cell, or press its button; false where it has neither. */
  toggleCheckbox(): boolean {
    const { grid } = this;
    if (this.pressButton()) return true;
    const field = grid.activeField;
    const row = grid.rowAt(grid.selection.active.row);
    if (field?.type !== "checkbox" || !row || !grid.canEdit || field.readonly) return false;
    void grid.edits.apply([{ id: row.id, field, value: grid.activeValue !== true }]);
    return true;
  }
}

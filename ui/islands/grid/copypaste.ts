/** Copy, cut, paste, fill and clear of ranges. */
import { copyText } from "../fields/format";
import type { Value } from "../fields/field";
import { t } from "../i18n";
import { confirmDialog } from "../dialog/dialog";
import { toast } from "../toast/toast";
import { fromTsv, toHtml, toTsv } from "./clipboard";
import type { Column } from "./columns";
import type { Edit, Edits } from "./edits";
import { fillValues } from "./fill";
import type { Range, Selection } from "./selection";
import type { Row } from "./types";

export interface RangeHost {
  readonly columns: Column[];
  readonly selection: Selection;
  readonly edits: Edits;
  readonly rowCount: number;
  readonly canEdit: boolean;
  readonly canCreate: boolean;
  /** The row at a number, if it is here. */
  rowAt(row: number): Row | undefined;
  /** Fetch rows until all of a range are here; false if there are too many. */
  fetchRange(range: Range): Promise<boolean>;
  createRows(records: Record<string, Value>[], typecast: boolean): Promise<void>;
  repaint(): void;
}

const most = 5_000;

interface Copied {
  text: string;
  types: string[];
  values: Value[][];
}

export class CopyPaste {
  /** What was copied last from a grid of this page: exact values, for pasting between fields of one type. */
  static #copied: Copied | null = null;

  constructor(private readonly host: RangeHost) {}

  #value(row: number, column: Column): Value {
    const found = this.host.rowAt(row);
    const draft = found?.drafts?.[column.field.id];
    return draft ? draft.value : (found?.fields[column.field.id] ?? null);
  }

  #texts(range: Range): { texts: string[][]; values: Value[][]; types: string[] } {
    const columns = this.host.columns.slice(range.left, range.right + 1);
    const texts: string[][] = [];
    const values: Value[][] = [];
    for (let row = range.top; row <= range.bottom; row++) {
      const line = columns.map((column) => this.#value(row, column));
      values.push(line);
      texts.push(line.map((value, index) => copyText(columns[index]!.field, value)));
    }
    return { texts, values, types: columns.map((column) => column.field.type) };
  }

  #complete(range: Range): boolean {
    if (range.bottom - range.top >= most) return false;
    for (let row = range.top; row <= range.bottom; row++) if (!this.host.rowAt(row)) return false;
    return true;
  }

  /** Put the range on the clipboard of a copy or cut event. Rows that are not here yet are fetched first. */
  copy(event: ClipboardEvent): void {
    const { range } = this.host.selection;
    event.preventDefault();
    if (this.#complete(range)) return this.#put(range, event.clipboardData);
    if (range.bottom - range.top >= most) {
      toast(t("一次最多复制 {n} 行,更多请用导出", { n: most }), { kind: "bad" });
      return;
    }
    toast(t("正在取还没显示过的行"), { kind: "info" });
    void this.host.fetchRange(range).then((good) => good && this.#put(range, null));
  }

  #put(range: Range, clipboard: DataTransfer | null): void {
    const { texts, values, types } = this.#texts(range);
    const text = toTsv(texts);
    CopyPaste.#copied = { text, types, values };
    if (clipboard) {
      clipboard.setData("text/plain", text);
      clipboard.setData("text/html", toHtml(texts));
    } else {
      void navigator.clipboard?.writeText(text).then(
        () => toast(t("已复制 {n} 行", { n: texts.length })),
        () => toast(t("浏览器不允许复制,请手动选中复制"), { kind: "bad" }),
      );
    }
  }

  /** Paste text: tiled over a larger range, and beyond the last row as new records. */
  async paste(text: string): Promise<void> {
    if (!this.host.canEdit) return;
    const copied = CopyPaste.#copied?.text === text.replace(/\r?\n$/, "") || CopyPaste.#copied?.text === text ? CopyPaste.#copied : null;
    const cells = fromTsv(text);
    const { range } = this.host.selection;
    const height = Math.max(range.bottom - range.top + 1, 1);
    const width = Math.max(range.right - range.left + 1, 1);
    const clipWidth = Math.max(...cells.map((row) => row.length));
    const tile = height % cells.length === 0 && width % clipWidth === 0;
    const rows = tile ? height : cells.length;
    const columns = Math.min(tile ? width : clipWidth, this.host.columns.length - range.left);
    const over = Math.max(0, range.top + rows - this.host.rowCount);
    if (over && !(await this.#mayCreate(over))) return;
    const target: Range = { top: range.top, left: range.left, bottom: Math.min(range.top + rows, this.host.rowCount) - 1, right: range.left + columns - 1 };
    if (!(await this.host.fetchRange(target))) return;
    const valueAt = (row: number, column: number): Value => {
      const field = this.host.columns[range.left + column]!.field;
      const from = column % clipWidth;
      const exact = copied && copied.types[from] === field.type;
      return exact ? (copied.values[row % cells.length]?.[from] ?? null) : (cells[row % cells.length]?.[from] ?? "");
    };
    const edits: Edit[] = [];
    for (let row = target.top; row <= target.bottom; row++) {
      const id = this.host.rowAt(row)?.id;
      if (!id) continue;
      for (let column = 0; column < columns; column++) edits.push({ id, field: this.host.columns[range.left + column]!.field, value: valueAt(row - range.top, column) });
    }
    this.host.selection.selectRange({ ...target, bottom: Math.max(target.top, target.bottom) });
    this.host.repaint();
    await this.#write(edits, (n) => t("已粘贴 {n} 格", { n }), true);
    if (over) await this.#createOver(range, rows, over, columns, valueAt);
  }

  async #createOver(range: Range, rows: number, over: number, columns: number, valueAt: (row: number, column: number) => Value): Promise<void> {
    const records = Array.from({ length: over }, (_none, index) => {
      const fields: Record<string, Value> = {};
      for (let column = 0; column < columns; column++) {
        const { field } = this.host.columns[range.left + column]!;
        if (!field.readonly) fields[field.id] = valueAt(rows - over + index, column);
      }
      return fields;
    });
    await this.host.createRows(records, true);
  }

  async #mayCreate(count: number): Promise<boolean> {
    if (!this.host.canCreate) {
      toast(t("多出的 {n} 行放不下:没有新建记录的权限", { n: count }), { kind: "bad" });
      return false;
    }
    if (count > most) {
      toast(t("一次最多粘贴 {n} 行,更多请用导入", { n: most }), { kind: "bad" });
      return false;
    }
    return confirmDialog({ heading: t("新建 {n} 条记录?", { n: count }), text: t("粘贴的内容比表格多出 {n} 行,会接在最后新建。", { n: count }), action: t("粘贴并新建") });
  }

  async #write(edits: readonly Edit[], announce: (stored: number) => string, typecast = false): Promise<void> {
    const fields = new Set(edits.map((edit) => edit.field));
    const locked = [...fields].filter((field) => field.readonly);
    if (locked.length === fields.size && locked.length) {
      toast(t("「{name}」是自动算出的,不能直接改", { name: locked[0]!.name }), { kind: "info" });
      return;
    }
    const single = edits.length === 1;
    await this.host.edits.apply(edits, { typecast, ...(single ? {} : { announce }) });
  }

  /** Empty the range's cells. */
  async clear(): Promise<void> {
    if (!this.host.canEdit) return;
    const { range } = this.host.selection;
    if (!(await this.host.fetchRange(range))) return;
    const edits: Edit[] = [];
    for (let row = range.top; row <= range.bottom; row++) {
      const found = this.host.rowAt(row);
      if (!found) continue;
      for (const { field } of this.host.columns.slice(range.left, range.right + 1)) {
        edits.push({ id: found.id, field, value: field.type === "checkbox" ? false : null });
      }
    }
    await this.#write(edits, (n) => t("已清空 {n} 格", { n }));
  }

  /** Write the source's values on (Ctrl+D, Ctrl+R and the fill handle). */
  async fill(source: Range, target: Range): Promise<void> {
    if (!this.host.canEdit) return;
    const whole: Range = {
      top: Math.min(source.top, target.top),
      bottom: Math.max(source.bottom, target.bottom),
      left: Math.min(source.left, target.left),
      right: Math.max(source.right, target.right),
    };
    if (!(await this.host.fetchRange(whole))) return;
    const edits = target.left === source.left && target.right === source.right ? this.#fillDown(source, target) : this.#fillRight(source, target);
    this.host.selection.selectRange(whole);
    this.host.repaint();
    await this.#write(edits, (n) => t("已填充 {n} 格", { n }));
  }

  #fillDown(source: Range, target: Range): Edit[] {
    const up = target.top < source.top;
    const edits: Edit[] = [];
    for (const column of this.host.columns.slice(source.left, source.right + 1)) {
      const given: Value[] = [];
      for (let row = source.top; row <= source.bottom; row++) given.push(this.#value(row, column));
      if (up) given.reverse();
      const count = target.bottom - target.top + 1;
      fillValues(column.field, given, count).forEach((value, index) => {
        const id = this.host.rowAt(up ? target.bottom - index : target.top + index)?.id;
        if (id) edits.push({ id, field: column.field, value });
      });
    }
    return edits;
  }

  /** To the side values are repeated where the types agree. */
  #fillRight(source: Range, target: Range): Edit[] {
    const edits: Edit[] = [];
    const width = source.right - source.left + 1;
    for (let row = source.top; row <= source.bottom; row++) {
      const id = this.host.rowAt(row)?.id;
      if (!id) continue;
      for (let column = target.left; column <= target.right; column++) {
        const offset = (((column - source.left) % width) + width) % width;
        const from = this.host.columns[source.left + offset]!;
        const to = this.host.columns[column]!;
        if (from.field.type === to.field.type) edits.push({ id, field: to.field, value: this.#value(row, from) });
      }
    }
    return edits;
  }

  /** Ctrl+R: the first column of the range goes to the right, into fields of its type. */
  async fillRight(): Promise<void> {
    const { range } = this.host.selection;
    if (range.left === range.right) {
      if (range.left > 0) await this.fill({ ...range, left: range.left - 1, right: range.left - 1 }, range);
    } else await this.fill({ ...range, right: range.left }, { ...range, left: range.left + 1 });
  }

  /** Ctrl+D: the first row of the range goes down; with one row, the row above comes down. */
  async fillDown(): Promise<void> {
    const { range } = this.host.selection;
    if (range.top === range.bottom) {
      if (range.top > 0) await this.#repeat({ ...range, top: range.top - 1, bottom: range.top - 1 }, range);
    } else await this.#repeat({ ...range, bottom: range.top }, { ...range, top: range.top + 1 });
  }

  async #repeat(source: Range, target: Range): Promise<void> {
    if (!this.host.canEdit || !(await this.host.fetchRange({ ...target, top: source.top }))) return;
    const edits: Edit[] = [];
    for (let row = target.top; row <= target.bottom; row++) {
      const id = this.host.rowAt(row)?.id;
      if (!id) continue;
      for (const column of this.host.columns.slice(target.left, target.right + 1)) edits.push({ id, field: column.field, value: this.#value(source.top, column) });
    }
    await this.#write(edits, (n) => t("已填充 {n} 格", { n }));
  }
}

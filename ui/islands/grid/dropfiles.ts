/** Files dropped onto a cell of attachments, or pasted into it. */
import type { Field, Value } from "../fields/field";
import { typeUi } from "../fields/types";
import { dragsFiles, filesOf, filesOfTransfer } from "../files/file";
import { t } from "../i18n";
import { toast } from "../toast/toast";
import type { Edits } from "./edits";
import type { Row } from "./types";
import type { GridView } from "./view";

export interface DropHost {
  readonly view: GridView;
  readonly edits: Edits;
  readonly canEdit: boolean;
  readonly columns: { field: Field }[];
  rowAt(row: number): Row | undefined;
  /** The record, if it is still among the rows here. */
  rowById(id: string): Row | undefined;
  select(row: number, column: number): void;
}

export class DropFiles {
  #over: HTMLElement | null = null;

  constructor(
    private readonly host: DropHost,
    wrap: HTMLElement,
  ) {
    wrap.addEventListener("dragover", (event) => this.#dragOver(event));
    wrap.addEventListener("dragleave", (event) => !wrap.contains(event.relatedTarget as Node | null) && this.#mark(null));
    wrap.addEventListener("drop", (event) => this.#drop(event));
  }

  /** The cell under the pointer, if it takes files. */
  #cell(event: DragEvent): { row: number; column: number } | null {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>(".g-c") : null;
    const line = cell?.closest<HTMLElement & { rowNumber: number }>(".g-r");
    const column = cell?.dataset.c === undefined ? -1 : Number(cell.dataset.c);
    return line && column >= 0 ? { row: line.rowNumber, column } : null;
  }

  takes(field: Field | undefined): field is Field {
    return field !== undefined && typeUi(field.type)?.files === true && !field.readonly && this.host.canEdit;
  }

  #dragOver(event: DragEvent): void {
    if (!dragsFiles(event)) return;
    // without this, a drop that misses would open the file in place of the page
    event.preventDefault();
    const place = this.#cell(event);
    const good = place !== null && this.takes(this.host.columns[place.column]?.field);
    event.dataTransfer!.dropEffect = good ? "copy" : "none";
    this.#mark(good && place ? (this.host.view.cell(place.row, place.column) ?? null) : null);
  }

  #mark(cell: HTMLElement | null): void {
    if (this.#over === cell) return;
    this.#over?.classList.remove("g-dropping");
    cell?.classList.add("g-dropping");
    this.#over = cell;
  }

  #drop(event: DragEvent): void {
    this.#mark(null);
    if (!dragsFiles(event)) return;
    event.preventDefault();
    const place = this.#cell(event);
    const field = place ? this.host.columns[place.column]?.field : undefined;
    if (!place || !this.takes(field)) {
      toast(t("把文件放到附件字段的格子里"), { kind: "info" });
      return;
    }
    this.host.select(place.row, place.column);
    this.add(place.row, field, filesOfTransfer(event.dataTransfer));
  }

  /** Upload files into a cell; whether they are for it. */
  paste(row: number, field: Field | undefined, data: DataTransfer | null): boolean {
    const files = this.takes(field) ? filesOfTransfer(data) : [];
    if (!files.length) return false;
    this.add(row, field as Field, files);
    return true;
  }

  add(row: number, field: Field, files: readonly File[]): void {
    const id = this.host.rowAt(row)?.id;
    if (!id) return;
    const most = Number(field.options.max_files ?? 100);
    const room = Math.max(0, most - filesOf(this.#value(id, field)).length);
    if (files.length > room) toast(t("「{field}」最多放 {max} 个文件", { field: field.name, max: most }), { kind: "bad", life: 8_000 });
    void import("../files/uploads").then(({ addToRecord, uploadKey, uploads }) => {
      uploads.add(field, uploadKey(field, id), files.slice(0, room), async (arrived) => {
        if (!this.host.rowById(id)) return addToRecord(field, id, arrived);
        const value = [...filesOf(this.#value(id, field)), ...arrived];
        await this.host.edits.apply([{ id, field, value }], { announce: () => t("已添加 {n} 个文件", { n: arrived.length }) });
      });
    });
  }

  #value(id: string, field: Field): Value {
    const row = this.host.rowById(id);
    const draft = row?.drafts?.[field.id];
    return draft && draft.problem === undefined ? draft.value : row?.fields[field.id];
  }
}

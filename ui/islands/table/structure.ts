/** Changes of the table's structure that the page starts: fields by their columns' menus, the table by its name's menu. */
import { api, showError } from "../api";
import type { ViewParts } from "./draft";
import { columnsWith, deleteField, openFieldPanel, renameField, type Beside } from "./field-actions";
import { openUniqueRules } from "./hb-unique-rules";
import type { TableInfo, View } from "./info";
import { choosePrimary, deleteTable, exportTable, renameTable } from "./table-actions";

export interface StructureHost {
  readonly table: TableInfo;
  readonly view: View;
  readonly search: string;
  /** This person has changes of the view that are not saved. */
  readonly dirty: boolean;
  change(parts: Partial<ViewParts>): void;
  /** The view has been saved with these columns. */
  saved(view: View): void;
  reload(): Promise<void>;
  /** The side panel is wanted for something else than a record. */
  freePanel(): void;
}

export interface FieldSaved {
  field: string;
  beside?: Beside | null;
  created?: boolean;
  /** Told when the page will have shown it, for whoever waits for that. */
  shown?: (done: Promise<void>) => void;
}

export class Structure {
  constructor(private readonly host: StructureHost) {}

  /** What a column's menu asks for: `new edit rename insert-left insert-right delete`. */
  ask(action: string, id: string | null): void {
    const field = this.host.table.fields.find((one) => one.id === id) ?? null;
    if (action === "new") return this.settings(null, null);
    if (!field) return;
    const again = (changed: boolean) => (changed ? this.host.reload() : undefined);
    if (action === "edit") this.settings(field.id, null);
    else if (action === "insert-left" || action === "insert-right") this.settings(null, { field: field.id, side: action === "insert-left" ? "left" : "right" });
    else if (action === "rename") void renameField(field).then(again);
    else if (action === "delete") void deleteField(field).then(again);
  }

  /** The settings of a field (null: a new one) in the side panel. */
  settings(id: string | null, beside: Beside | null): void {
    this.host.freePanel();
    openFieldPanel(this.host.table, this.host.table.fields.find((field) => field.id === id) ?? null, beside);
  }

  /** A field has been saved; one that was asked for beside another is put there, for everybody if nothing else is open. */
  async fieldSaved({ field, beside, created }: FieldSaved): Promise<void> {
    await this.host.reload();
    const { table, view, dirty } = this.host;
    if (!created || !beside || !table.fields.some((one) => one.id === field)) return;
    const columns = columnsWith(table, view, field, beside);
    this.host.change({ columns });
    if (dirty || !view.id) return;
    try {
      this.host.saved(await api.patch<View>(`/api/v1/views/${view.id}`, { columns }));
    } catch (failure) {
      showError(failure);
    }
  }

  /** Which fields together may not repeat; a new rule begins with `start`. Somebody may rather look at what repeats. */
  uniqueRules(start = ""): void {
    void openUniqueRules(this.host.table, start, (where) => this.host.change({ where })).then((done) => (done ? this.host.reload() : undefined));
  }

  /** What the menu behind the table's name asks for: `rename primary unique delete export-xlsx export-csv`. */
  tableMenu(action: string): void {
    const { table, view, search } = this.host;
    const name = document.querySelector<HTMLElement>(".crumb [aria-current]");
    if (action === "rename") void renameTable(table).then((done) => done && location.reload());
    // The menu is still closing; another one opened now would be closed with it.
    else if (action === "primary" && name) setTimeout(() => choosePrimary(table, name.getBoundingClientRect(), () => void this.host.reload()));
    else if (action === "unique") this.uniqueRules();
    else if (action === "delete") void deleteTable(table);
    else if (action === "export-xlsx") void exportTable(table, view, search, "xlsx");
    else if (action === "export-csv") void exportTable(table, view, search, "csv");
  }
}

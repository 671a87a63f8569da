/** The bar for the records that are ticked: what can be done with all of them. */
import { html, nothing, render, type TemplateResult } from "lit";
import { showError } from "../api";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import type { HbGrid } from "./hb-grid";
import { settable, type SetOutcome } from "./set-field";
import type { Field } from "./types";

export interface BulkActions {
  start(anchor: HTMLElement, ids: readonly string[]): void;
  merge(ids: readonly string[]): void;
  remove(ids: string[]): void;
}

export class Bulk {
  #bar: HTMLElement | null = null;

  constructor(
    private readonly grid: HbGrid,
    private readonly actions: BulkActions,
  ) {}

  draw(): void {
    const { grid } = this;
    if (!grid.checked.size) {
      this.#bar?.remove();
      this.#bar = null;
      return;
    }
    if (!this.#bar) {
      this.#bar = document.createElement("div");
      this.#bar.className = "g-bulk";
      this.#bar.setAttribute("role", "toolbar");
      this.#bar.setAttribute("aria-label", t("对选中的记录"));
      grid.wrap.append(this.#bar);
    }
    render(
      html`<span class="g-bulk-n">${t("已选 {n} 条", { n: formatNumber(grid.checked.size) })}</span>
        ${grid.canEdit ? this.#edits() : nothing}
        ${button(t("取消选择"), "x", () => grid.checkAll(false))}`,
      this.#bar,
    );
  }

  #edits(): TemplateResult {
    const { grid } = this;
    const ids = () => [...grid.checked];
    return html`${settable(grid.fields).length ? button(t("批量修改"), "square-pen", () => void this.setField(ids()), "dialog") : nothing}${button(t("运行自动化"), "zap", (event) => this.actions.start(event.currentTarget as HTMLElement, ids()), "menu")}${grid.table && grid.checked.size > 1
      ? button(t("合并…"), "merge", () => this.actions.merge(ids()))
      : nothing}${button(t("删除"), "trash-2", () => this.actions.remove(ids()))}`;
  }

  /** Set one field in these records; those that are refused stay ticked, or, if all went well, all of them. */
  async setField(ids: readonly string[]): Promise<void> {
    const { grid } = this;
    const { source, rows } = grid;
    try {
      const { openSetField } = await import("./set-field-dialog");
      const host = { source, fields: grid.fields, primary: grid.columns[0]?.field ?? null, known: (id: string) => rows.byId(id), stored: (field: Field, outcome: SetOutcome) => this.#stored(field, outcome) };
      await openSetField(host, ids);
    } catch (failure) {
      showError(failure);
    }
  }

  #stored(field: Field, { changed, refused, left }: SetOutcome): void {
    const { grid } = this;
    for (const { id, version, fields } of changed) {
      grid.rows.setDraft(id!, field.id, undefined); // what was typed there and refused is out of date
      grid.rows.update({ id: id!, version: version ?? 0, fields: fields ?? {} });
    }
    const rest = [...refused.map((one) => one.id), ...left];
    if (changed.length && rest.length) {
      for (const { id } of changed) grid.checked.delete(id!);
      for (const id of rest) grid.checked.add(id);
    }
    // They may have left the view: what one no longer sees must not stay ticked.
    if (changed.length && !rest.length && grid.marked.has(field.id)) grid.checked.clear();
    grid.checksChanged();
    if (!changed.length) return;
    if (grid.orderFields.has(field.id)) void grid.refresh();
    else grid.actions.summariseSoon();
  }
}

/** In a narrow bar only the picture is seen. */
function button(label: string, picture: string, press: (event: Event) => void, opens?: "dialog" | "menu"): TemplateResult {
  return html`<button type="button" class="btn s" title=${label} aria-haspopup=${opens ?? nothing} @click=${press}>${icon(picture, 14)}<span class="g-bulk-t">${label}</span></button>`;
}

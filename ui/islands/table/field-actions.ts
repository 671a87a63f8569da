/** What the menus of columns ask for: editing, adding and deleting fields. Filters, sorts and groups are the view's. */
import { html } from "lit";
import { api, showError } from "../api";
import { confirmDialog } from "../dialog/dialog";
import type { Field } from "../fields/field";
import { allStates, movedStates } from "../grid/columns";
import { formatNumber } from "../fields/format";
import { t } from "../i18n";
import { toast } from "../toast/toast";
import { askName } from "./ask-name";
import type { TableInfo, View, ViewColumn } from "./info";

interface Removal {
  records: number;
  filled: number;
  harmless: boolean;
  blocked: { text: string }[];
  notes: string[];
}

/** Where a new field is to stand: beside this one; at the end without it. */
export interface Beside {
  field: string;
  side: "left" | "right";
}

/** Open the settings of a field (null: a new one) in the side panel. */
export function openFieldPanel(table: TableInfo, field: Field | null, beside: Beside | null = null): void {
  const body = document.querySelector<HTMLElement>("hb-panel .panel-body");
  if (!body) return;
  const panel = document.createElement("hb-field-panel");
  Object.assign(panel, { table, field: field?.id ?? null, beside });
  body.replaceChildren(panel);
}

/** The columns of a view with a new field put beside another. */
export function columnsWith(table: TableInfo, view: View, made: string, beside: Beside): ViewColumn[] {
  const states = allStates(table.fields, view.columns, table.primary);
  const at = states.findIndex((state) => state.field === beside.field);
  const before = beside.side === "left" ? states[at] : states.slice(at + 1).find((state) => state.field !== made);
  return movedStates(table.fields, view.columns, table.primary, made, before?.field ?? null);
}

/** Give a field another name; formulas and filters follow by themselves. True if it was changed. */
export function renameField(field: Field): Promise<boolean> {
  return askName({
    heading: t("重命名字段"),
    label: t("字段名"),
    value: field.name,
    action: t("保存"),
    run: async (name) => void (await api.patch(`/api/v1/fields/${field.id}`, { name })),
  });
}

/** Say in numbers what deleting would do, ask, and do it. True if the field is gone. */
export async function deleteField(field: Field): Promise<boolean> {
  try {
    const removal = await api.get<Removal>(`/api/v1/fields/${field.id}/deletion`);
    if (removal.blocked.length) {
      toast(t("「{name}」正被用着,先换掉它:{places}", { name: field.name, places: removal.blocked.map((use) => use.text).join(t("、")) }), { kind: "bad" });
      return false;
    }
    const filled = removal.filled
      ? t("{n} 条记录在这里填了内容,会和字段一起进回收站,恢复字段时内容也回来。", { n: formatNumber(removal.filled) })
      : t("没有记录在这里填过内容。");
    const text = html`${filled}${removal.notes.length ? html`<ul class="rc-notes">${removal.notes.map((note) => html`<li>${note}</li>`)}</ul>` : ""}`;
    const yes = await confirmDialog({ heading: t("删除字段「{name}」?", { name: field.name }), text, action: t("删除字段"), danger: true });
    if (!yes) return false;
    await api.delete(`/api/v1/fields/${field.id}?confirm=true`);
    toast(t("已删除字段「{name}」", { name: field.name }));
    return true;
  } catch (failure) {
    showError(failure);
    return false;
  }
}

/** What is done with a record as a whole: copying it and its address, the trash and back, merging, automations. */
import { api, showError } from "../api";
import { startMenu } from "../automation/start";
import type { RecordData } from "../fields/field";
import type { SaveAnswer } from "../grid/types";
import { t } from "../i18n";
import type { MenuItem } from "../menu/menu";
import { copyText } from "../shell/forms";
import type { TableInfo } from "../table/info";
import { mergeWithAnother } from "../table/merge";
import { toast, toastUndo } from "../toast/toast";
import { forgetRedo, undo } from "../undo";
import { isEditable } from "./control";
import { nameOf } from "./head";
import { toWire } from "./saver";

export interface WholeHost {
  readonly record: string;
  emit(name: string, detail?: unknown): void;
}

function recordsOf(table: TableInfo): string {
  return `/api/v1/tables/${table.id}/records`;
}

/** The menu of a record that may be changed. `anchor` finds where another menu opens, `stored` is the record as the server has it. */
export function wholeMenu(host: WholeHost, table: TableInfo, data: RecordData, stored: RecordData, anchor: () => HTMLElement): MenuItem[] {
  return [
    { label: t("运行自动化…"), icon: "zap", run: () => setTimeout(() => void startMenu(anchor(), table.id, [host.record])) },
    { label: t("和另一条记录合并…"), icon: "merge", run: () => void merge(table, host.record, nameOf(table, stored)) },
    { label: t("复制成新记录"), icon: "copy", run: () => void duplicateRecord(host, table, data) },
    { label: t("删除记录"), icon: "trash-2", danger: true, run: () => void deleteRecord(host, table) },
  ];
}

async function merge(table: TableInfo, record: string, name: string): Promise<void> {
  if (await mergeWithAnother(table.id, record, name)) document.dispatchEvent(new CustomEvent("hb:undone"));
}

/** Put it into the trash. */
async function deleteRecord(host: WholeHost, table: TableInfo): Promise<void> {
  const { record } = host;
  try {
    const answer = await api.delete<SaveAnswer>(recordsOf(table), { records: [record] });
    forgetRedo();
    const { change } = answer;
    if (change) toastUndo(t("已删除 {n} 条", { n: 1 }), () => void undo(change));
    host.emit("hb:record-gone", { record, change });
  } catch (failure) {
    showError(failure);
  }
}

/** Take it out of the trash again; false where that failed. */
export async function restoreRecord(table: TableInfo, record: string): Promise<boolean> {
  try {
    await api.post(`/api/v1/tables/${table.id}/restore`, { records: [record] });
    return true;
  } catch (failure) {
    showError(failure);
    return false;
  }
}

/** A copy with all that may be copied: what is computed, unique or a state begins anew. */
async function duplicateRecord(host: WholeHost, table: TableInfo, data: RecordData): Promise<void> {
  const { fields } = data;
  const copied = table.fields.filter((field) => isEditable(field) && !field.unique && !field.options.machine);
  const body = { records: [{ fields: Object.fromEntries(copied.map((field) => [field.id, toWire(fields[field.id])])) }] };
  try {
    const answer = await api.post<{ records: { id: string }[]; change: string | null }>(recordsOf(table), body);
    forgetRedo();
    const { change } = answer;
    if (change) toastUndo(t("已复制成一条新记录"), () => void undo(change));
    const made = answer.records[0]?.id;
    if (made) host.emit("hb:record-made", { record: made });
  } catch (failure) {
    showError(failure);
  }
}

/** Put the record's address on the clipboard. */
export async function copyLink(record: string): Promise<void> {
  const copied = await copyText(`${location.origin}/r/${record}`);
  toast(copied ? t("链接已复制") : t("浏览器不允许复制,请手动选中复制"), { kind: copied ? "done" : "bad" });
}

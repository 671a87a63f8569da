/** What the menu behind the table's name does: name and icon, the naming field, export, deletion. */
import { html } from "lit";
import { api, ApiError, csrfToken, showError, showProblems } from "../api";
import { confirmDialog, openDialog } from "../dialog/dialog";
import { fieldIcon } from "../fields/field";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu, type MenuItem } from "../menu/menu";
import { toast } from "../toast/toast";
import { tableIcons } from "./icons";
import type { TableInfo, View } from "./info";

interface Removal {
  records: number;
  blocked: { text: string }[];
  notes: string[];
}

/** Types whose values can name a record. */
const naming = new Set(["text", "long_text", "email", "url", "phone", "barcode", "location", "duration", "number", "currency", "date", "datetime", "single_select", "auto_number", "formula"]);

/** Name, icon, remark and the word for one record. True if they were changed. */
export async function renameTable(table: TableInfo): Promise<boolean> {
  let chosen = table.icon;
  const pick = (name: string) => (event: Event) => {
    chosen = name;
    const list = (event.currentTarget as HTMLElement).parentElement!;
    for (const button of list.children) button.setAttribute("aria-pressed", String(button === event.currentTarget));
  };
  const body = html`<form class="stack" @submit=${submit}>
    <div class="field"><label class="lab" for="table-name">${t("名字")}</label><input class="inp" id="table-name" name="name" autofocus maxlength="100" autocomplete="off" .value=${table.name} /></div>
    <div class="field">
      <span class="lab" id="table-icon">${t("图标")}</span>
      <div class="tb-icons" role="group" aria-labelledby="table-icon">
        ${tableIcons.map((name) => html`<button type="button" class="icb" aria-label=${name} aria-pressed=${String(name === table.icon)} @click=${pick(name)}>${icon(name, 18)}</button>`)}
      </div>
    </div>
    <div class="field">
      <label class="lab" for="table-noun">${t("一条记录叫什么")}<span class="opt">${t("可不填")}</span></label>
      <input class="inp" id="table-noun" name="record_noun" maxlength="20" autocomplete="off" placeholder=${t("如:订单、客户、商品")} .value=${table.record_noun} />
    </div>
    <div class="field">
      <label class="lab" for="table-text">${t("说明")}<span class="opt">${t("可不填")}</span></label>
      <textarea class="inp" id="table-text" name="description" rows="2" .value=${table.description}></textarea>
    </div>
  </form>`;
  const done = await openDialog<boolean>({
    heading: t("名字和图标"),
    body,
    actions: [
      { label: t("取消"), value: false },
      { label: t("保存"), value: true, kind: "p" },
    ],
    before: async (wanted, dialog) => !wanted || save(table, dialog, chosen),
  });
  return done === true;
}

function submit(event: Event): void {
  event.preventDefault();
  (event.target as HTMLElement).closest("dialog")?.querySelector<HTMLElement>(".dlg-f .btn.p")?.click();
}

async function save(table: TableInfo, dialog: HTMLElement, chosen: string): Promise<boolean> {
  const form = dialog.querySelector("form")!;
  const value = (name: string) => (form.elements.namedItem(name) as HTMLInputElement).value;
  try {
    await api.patch(`/api/v1/tables/${table.id}`, { name: value("name"), icon: chosen, description: value("description"), record_noun: value("record_noun") });
    return true;
  } catch (failure) {
    if (failure instanceof ApiError) showProblems(form, failure);
    else showError(failure);
    return false;
  }
}

/** Choose the field that names records, from a menu at `anchor`. */
export function choosePrimary(table: TableInfo, anchor: HTMLElement | DOMRect, done: () => void): void {
  const items: MenuItem[] = [{ heading: t("用哪个字段当记录的名字") }];
  for (const field of table.fields) {
    if (!naming.has(field.type)) continue;
    const set = async () => {
      try {
        await api.patch(`/api/v1/tables/${table.id}`, { primary: field.id });
        done();
      } catch (failure) {
        showError(failure);
      }
    };
    items.push({ label: field.name, icon: fieldIcon(field), checked: field.id === table.primary, run: () => void set() });
  }
  openMenu(anchor, items);
}

/** Say in numbers what deleting the table would do, ask, and do it. */
export async function deleteTable(table: TableInfo): Promise<void> {
  try {
    const removal = await api.get<Removal>(`/api/v1/tables/${table.id}/deletion`);
    if (removal.blocked.length) {
      toast(t("「{name}」正被用着,先换掉它:{places}", { name: table.name, places: removal.blocked.map((use) => use.text).join(t("、")) }), { kind: "bad" });
      return;
    }
    const text = html`${t("{n} 条记录会和数据表一起进回收站,之后可以恢复。", { n: formatNumber(removal.records) })}${removal.notes.length
      ? html`<ul class="rc-notes">${removal.notes.map((note) => html`<li>${note}</li>`)}</ul>`
      : ""}`;
    if (!(await confirmDialog({ heading: t("删除数据表「{name}」?", { name: table.name }), text, action: t("删除数据表"), danger: true }))) return;
    await api.delete(`/api/v1/tables/${table.id}?confirm=true`);
    location.assign(`/a/${table.app}`);
  } catch (failure) {
    showError(failure);
  }
}

/** Download what the view shows, with the filter, sorts and columns on the screen. */
export async function exportTable(table: TableInfo, view: View, search: string, format: "xlsx" | "csv"): Promise<void> {
  const fields = view.columns.filter((column) => !column.hidden).map((column) => column.field);
  const missing = table.fields.map((field) => field.id).filter((id) => !view.columns.some((column) => column.field === id));
  const query = { where: view.where, sorts: view.sorts, search: search || null, fields: [...fields, ...missing] };
  try {
    const response = await fetch("/api/v1/exports", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrfToken(), "Accept-Language": document.documentElement.lang },
      body: JSON.stringify({ table: table.id, view: view.id || null, query, format }),
    });
    if (!response.ok) {
      const body = (await response.json().catch(() => ({}))) as { detail?: string; code?: string };
      throw new ApiError(response.status, body.code ?? `http_${response.status}`, body.detail ?? t("没有导出成功,请再试一次"));
    }
    download(await response.blob(), nameIn(response) ?? `${table.name}.${format}`);
  } catch (failure) {
    showError(failure);
  }
}

function nameIn(response: Response): string | null {
  const found = /filename\*=UTF-8''([^;]+)/i.exec(response.headers.get("Content-Disposition") ?? "");
  return found ? decodeURIComponent(found[1]!) : null;
}

function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

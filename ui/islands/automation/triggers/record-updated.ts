/** "When a record is changed". */
import { html, nothing, type TemplateResult } from "lit";
import type { Field } from "../../fields/field";
import { t } from "../../i18n";
import { choose, chooseSome, fieldOptions, row } from "../form-parts";
import type { TriggerHost } from "../trigger-form";
import type { Of, TriggerUi } from "./ui";

/** Types whose value never changes. */
const never = new Set(["button", "created_time", "created_by", "auto_number"]);
const numeric = new Set(["number", "currency", "percent", "rating", "progress"]);
const textual = new Set(["text", "phone", "email", "url", "barcode"]);

function comparable(field: Field): boolean {
  return field.type === "checkbox" || numeric.has(field.type) || textual.has(field.type);
}

/** What value the one field has to change from or to; empty for any. */
function valueRow(host: TriggerHost, trigger: Of<"record_updated">, field: Field, part: "sources" | "targets", label: string): TemplateResult {
  const value = trigger[part]?.[0];
  const set = (values: unknown[]) => host.setTrigger({ ...trigger, [part]: values });
  if (field.type === "checkbox") {
    const options = [{ value: "", label: t("任意值") }, { value: "yes", label: t("勾选") }, { value: "no", label: t("没勾选") }];
    return row(host, label, `trigger.${part}`, choose(host, label, value === undefined ? "" : value ? "yes" : "no", options, (chosen) => set(chosen ? [chosen === "yes"] : [])));
  }
  const number = numeric.has(field.type);
  return row(host, label, `trigger.${part}`, html`<input class="inp" aria-label=${label} inputmode=${number ? "decimal" : nothing} placeholder=${t("任意值")} ?disabled=${host.locked} .value=${value === undefined || value === null ? "" : String(value)} @change=${(event: Event) => {
    const text = (event.target as HTMLInputElement).value.trim();
    set(text === "" ? [] : [number && !Number.isNaN(Number(text)) ? Number(text) : text]);
  }} />`);
}

export const recordUpdated: TriggerUi<"record_updated"> = {
  kind: "record_updated",
  icon: "pencil-line",
  name: () => t("修改记录时"),
  description: () => t("选中的字段有改动时"),
  fresh: (_page, table, where) => ({ kind: "record_updated", table, fields: [], where }),
  rows: (host, trigger, fields) => {
    const changing = fields.filter((field) => !never.has(field.type));
    const chosen = fields.find((field) => trigger.fields?.length === 1 && field.id === trigger.fields[0]);
    return html`${row(host, t("哪些字段改了"), "trigger.fields", chooseSome(host, t("哪些字段改了"), trigger.fields ?? [], fieldOptions(changing), (keys) => host.setTrigger({ ...trigger, fields: keys, sources: [], targets: [] }), t("任意字段")), t("任意字段不含公式、汇总这些算出来的;要看它们就选上。另一张表改了关联也算"))}
      ${chosen && comparable(chosen) ? html`${valueRow(host, trigger, chosen, "sources", t("从"))}${valueRow(host, trigger, chosen, "targets", t("变成"))}` : nothing}`;
  },
  describe: (_page, trigger, table) => {
    const fields = (trigger.fields ?? []).map((id) => table.fields.find((field) => field.id === id)?.name ?? "?");
    return html`<span class="f3">·</span>${fields.length ? fields.map((field) => html`<span class="chip">${field}</span>`) : html`<span class="f3">${t("任意字段")}</span>`}`;
  },
};

/** "When a record is changed". */
import { html } from "lit";
import { t } from "../../i18n";
import { chooseSome, fieldOptions, row } from "../form-parts";
import type { TriggerUi } from "./ui";

export const recordUpdated: TriggerUi<"record_updated"> = {
  kind: "record_updated",
  icon: "pencil-line",
  name: () => t("修改记录时"),
  description: () => t("选中的字段有改动时"),
  fresh: (_page, table, where) => ({ kind: "record_updated", table, fields: [], where }),
  rows: (host, trigger, fields) => {
    const writable = fields.filter((field) => !field.readonly || field.read_only === true);
    return row(host, t("哪些字段改了"), "trigger.fields", chooseSome(host, t("哪些字段改了"), trigger.fields ?? [], fieldOptions(writable), (chosen) => host.setTrigger({ ...trigger, fields: chosen }), t("任意字段")));
  },
  describe: (_page, trigger, table) => {
    const fields = (trigger.fields ?? []).map((id) => table.fields.find((field) => field.id === id)?.name ?? "?");
    return html`<span class="f3">·</span>${fields.length ? fields.map((field) => html`<span class="chip">${field}</span>`) : html`<span class="f3">${t("任意字段")}</span>`}`;
  },
};

/** "When a form is submitted". */
import { html, nothing } from "lit";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { missing } from "../describe";
import { choose, row } from "../form-parts";
import type { PageData } from "../types";
import type { TriggerUi } from "./ui";

/** The form of a table, or the first there is. */
function formOf(page: PageData, table: string): { id: string; name: string; table: string } | undefined {
  const forms = page.forms ?? [];
  return forms.find((form) => form.table === table) ?? forms[0];
}

export const formSubmitted: TriggerUi<"form_submitted"> = {
  kind: "form_submitted",
  icon: "clipboard-list",
  name: () => t("提交表单时"),
  description: () => t("有人填好一个表单,每份开始一次"),
  fresh: (page, table, where) => {
    const form = formOf(page, table);
    return { kind: "form_submitted", form: form?.id ?? "", table: form?.table ?? table, where: form?.table === table ? where : null };
  },
  rows: (host, trigger) => {
    const forms = (host.page.forms ?? []).filter((form) => form.table === trigger.table);
    const label = t("哪个表单");
    return html`${row(host, label, "trigger.form", forms.length
        ? choose(host, label, trigger.form, forms.map((form) => ({ value: form.id, label: form.name, icon: "clipboard-list" })), (form) => host.setTrigger({ ...trigger, form }), t("选一个表单"))
        : html`<p class="note warn">${icon("triangle-alert", 14)}${t("这张表还没有表单,先新建一个,或换一张表")}</p>`)}
      <p class="hint">${t("「新建记录时」的自动化也会开始,两个都要就各做各的")}</p>`;
  },
  describe: (page, trigger) => {
    const form = (page.forms ?? []).find((one) => one.id === trigger.form);
    return form ? html`<span class="f3">·</span><span class="chip">${form.name}</span>` : trigger.form ? missing() : nothing;
  },
};

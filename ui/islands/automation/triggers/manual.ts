/** "When somebody starts it by hand". */
import { html } from "lit";
import { t } from "../../i18n";
import { choose, row } from "../form-parts";
import type { TriggerUi } from "./ui";

export const manual: TriggerUi<"manual"> = {
  kind: "manual",
  icon: "hand",
  name: () => t("手动运行"),
  description: () => t("在表格里选几条记录运行,或在这里直接运行"),
  fresh: (_page, table, where) => ({ kind: "manual", table: table || null, where, who: "editor" }),
  alone: (trigger) => !trigger.table,
  rows: (host, trigger) => html`
    ${row(host, t("对什么运行"), "", choose(host, t("对什么运行"), trigger.table ? "records" : "nothing", [
      { value: "records", label: t("对选中的记录,每条运行一次") },
      { value: "nothing", label: t("不针对记录,在这个页面上运行") },
    ], (chosen) => host.setTrigger({ ...trigger, table: chosen === "records" ? (host.page.tables[0]?.id ?? null) : null, where: null })))}
    ${row(host, t("谁可以运行"), "trigger.who", choose(host, t("谁可以运行"), trigger.who ?? "editor", [
      { value: "editor", label: t("能修改记录的人") },
      { value: "builder", label: t("只有搭建者") },
    ], (who) => host.setTrigger({ ...trigger, who: who as "editor" | "builder" })))}
    <p class="hint">${trigger.table ? t("勾选记录后在下面的条上点「运行自动化」,或在记录的菜单里点") : t("启用以后,这个页面上面会有「运行」")}</p>`,
  describe: (_page, trigger) => html`<span class="f3">${trigger.table ? t("· 选中的记录") : t("不针对记录")}</span>`,
};

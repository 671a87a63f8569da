/** "When a record begins to meet conditions". */
import { html, nothing } from "lit";
import { t } from "../../i18n";
import type { TriggerUi } from "./ui";

export const conditionsMet: TriggerUi<"conditions_met"> = {
  kind: "conditions_met",
  icon: "list-filter",
  name: () => t("开始符合条件时"),
  description: () => t("原来不符合,现在符合了;汇总、公式变了,时间到了,也算"),
  fresh: (_page, table, where) => ({ kind: "conditions_met", table, where }),
  rows: () => html`<p class="hint">${t("启用时已经符合的不算。不再符合以后又符合,会再开始一次")}</p>`,
  where: () => ({ label: t("什么条件"), hint: t("条件里有「多久以前」这类时间的,到时间后几秒内开始"), always: true }),
  describe: () => nothing,
};

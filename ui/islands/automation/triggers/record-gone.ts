/** "When a record is deleted", and "when it is restored". */
import { html, nothing } from "lit";
import { t } from "../../i18n";
import type { TriggerUi } from "./ui";

export const recordDeleted: TriggerUi<"record_deleted"> = {
  kind: "record_deleted",
  icon: "trash-2",
  name: () => t("删除记录时"),
  description: () => t("记录进回收站时;步骤里用的是它删除时的值"),
  fresh: (_page, table, where) => ({ kind: "record_deleted", table, where }),
  rows: () => html`<p class="hint">${t("记录已经在回收站里,步骤能读它,不能再修改它")}</p>`,
  where: () => ({ label: t("而且记录删除时符合"), hint: t("不加条件就是每次都开始") }),
  describe: () => nothing,
};

export const recordRestored: TriggerUi<"record_restored"> = {
  kind: "record_restored",
  icon: "rotate-ccw",
  name: () => t("恢复记录时"),
  description: () => t("记录从回收站里拿出来时"),
  fresh: (_page, table, where) => ({ kind: "record_restored", table, where }),
  rows: () => nothing,
  describe: () => nothing,
};

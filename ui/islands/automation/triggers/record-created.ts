/** "When a record is created". */
import { nothing } from "lit";
import { t } from "../../i18n";
import type { TriggerUi } from "./ui";

export const recordCreated: TriggerUi<"record_created"> = {
  kind: "record_created",
  icon: "file-plus-2",
  name: () => t("新建记录时"),
  description: () => t("手工新建、导入、表单、接口来的都算"),
  fresh: (_page, table, where) => ({ kind: "record_created", table, where }),
  rows: () => nothing,
  describe: () => nothing,
};

/** "When a button is pressed". */
import { html, nothing } from "lit";
import { t } from "../../i18n";
import type { TriggerUi } from "./ui";

export const button: TriggerUi<"button"> = {
  kind: "button",
  icon: "square-mouse-pointer",
  name: () => t("按按钮时"),
  description: () => t("有人在记录上按一个按钮字段时"),
  fresh: (_page, table, where) => ({ kind: "button", table, where }),
  rows: () => html`<p class="hint">${t("在这张表里加一个按钮字段,选这个自动化,按下就为那条记录运行")}</p>`,
  describe: () => nothing,
};

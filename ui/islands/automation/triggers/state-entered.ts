/** "When a record comes into a state", and "when it leaves one". */
import { html } from "lit";
import { t } from "../../i18n";
import { missing } from "../describe";
import { tableOf } from "../values";
import { stateFields } from "./state-moved";
import { statePills, stateRows } from "./state-rows";
import type { TriggerUi } from "./ui";

const first = (page: Parameters<TriggerUi["fresh"]>[0], table: string) => stateFields(tableOf(page, table)?.fields ?? [])[0]?.id ?? "";

export const stateEntered: TriggerUi<"state_entered"> = {
  kind: "state_entered",
  icon: "log-in",
  name: () => t("进入状态时"),
  description: () => t("流转到这个状态,或新建时就是这个状态"),
  fresh: (page, table, where) => ({ kind: "state_entered", table, field: first(page, table), states: [], where }),
  rows: (host, trigger, fields) => stateRows(host, trigger, fields, t("进入"), t("任意状态")),
  describe: (_page, trigger, table) => {
    const field = table.fields.find((one) => one.id === trigger.field);
    return field ? html`<span class="f3">· ${t("进入")}</span>${statePills(field, trigger.states, t("任意状态"))}` : missing();
  },
};

export const stateLeft: TriggerUi<"state_left"> = {
  kind: "state_left",
  icon: "log-out",
  name: () => t("离开状态时"),
  description: () => t("记录从这个状态变成别的状态"),
  fresh: (page, table, where) => ({ kind: "state_left", table, field: first(page, table), states: [], where }),
  rows: (host, trigger, fields) => stateRows(host, trigger, fields, t("离开的状态"), t("任意状态")),
  describe: (_page, trigger, table) => {
    const field = table.fields.find((one) => one.id === trigger.field);
    return field ? html`<span class="f3">· ${t("离开了")}</span>${statePills(field, trigger.states, t("任意状态"))}` : missing();
  },
};

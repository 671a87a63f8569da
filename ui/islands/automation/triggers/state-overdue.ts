/** "When a record stays in a state for too long". */
import { html, nothing } from "lit";
import { t } from "../../i18n";
import { missing } from "../describe";
import { choose, row } from "../form-parts";
import { tableOf } from "../values";
import { inUnits, spanControl, unitSeconds, unitWord } from "./spans";
import { stateFields } from "./state-moved";
import { statePills, stateRows } from "./state-rows";
import type { TriggerUi } from "./ui";

export const stateOverdue: TriggerUi<"state_overdue"> = {
  kind: "state_overdue",
  icon: "alarm-clock",
  name: () => t("停留太久时"),
  description: () => t("在一个状态里超过时限还没动;每停留一次只开始一次"),
  fresh: (page, table, where) => {
    const machine = stateFields(tableOf(page, table)?.fields ?? []).find((field) => field.options.machine);
    return { kind: "state_overdue", table, field: machine?.id ?? "", states: [], seconds: null, where };
  },
  rows: (host, trigger, fields) => {
    const own = trigger.seconds !== null && trigger.seconds !== undefined;
    const { amount, unit } = inUnits(trigger.seconds ?? unitSeconds.day);
    return html`${stateRows(host, trigger, fields, t("在哪个状态"), own ? t("选状态") : t("所有设了时限的状态"), true)}
      ${row(host, t("多久算太久"), "trigger.seconds", choose(host, t("多久算太久"), own ? "own" : "state", [
        { value: "state", label: t("按状态流转里设的时限") },
        { value: "own", label: t("在这里填一个时限") },
      ], (chosen) => host.setTrigger({ ...trigger, seconds: chosen === "own" ? unitSeconds.day : null })))}
      ${own ? row(host, t("时限"), "", spanControl(host, t("时限"), amount, unit, ["minute", "hour", "day"], (number, chosen) => host.setTrigger({ ...trigger, seconds: number * unitSeconds[chosen] }))) : nothing}
      <p class="hint">${t("启用以后才超过时限的才算;启用前已经超时的不会一下子全部开始")}</p>`;
  },
  describe: (_page, trigger, table) => {
    const field = table.fields.find((one) => one.id === trigger.field);
    if (!field) return missing();
    const { amount, unit } = inUnits(trigger.seconds ?? 0);
    return html`<span class="f3">·</span>${statePills(field, trigger.states, t("所有设了时限的状态"))}<span>${trigger.seconds ? t("超过 {n} {unit}", { n: amount, unit: unitWord(unit) }) : t("超过时限")}</span>`;
  },
};

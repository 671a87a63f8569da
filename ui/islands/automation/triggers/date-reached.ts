/** "Before or after a date of the record". */
import { html, nothing } from "lit";
import type { Field } from "../../fields/field";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { missing } from "../describe";
import { choose, fieldOptions, row } from "../form-parts";
import { tableOf } from "../values";
import { spanControl, unitWord } from "./spans";
import type { TriggerUi } from "./ui";

function dates(fields: readonly Field[]): Field[] {
  return fields.filter((field) => ["date", "datetime", "created_time"].includes(field.type) || (["formula", "rollup"].includes(field.type) && ["date", "datetime"].includes(String(field.options.result))));
}

export const dateReached: TriggerUi<"date_reached"> = {
  kind: "date_reached",
  icon: "calendar-clock",
  name: () => t("日期字段到时间"),
  description: () => t("例如预计发货日前 3 天的 9:00,下单后 2 小时"),
  fresh: (page, table, where) => ({ kind: "date_reached", table, field: dates(tableOf(page, table)?.fields ?? [])[0]?.id ?? "", amount: 0, unit: "day", after: false, at: "09:00", where }),
  rows: (host, trigger, fields) => {
    const candidates = dates(fields);
    const { unit = "day", amount = 0, after = false } = trigger;
    const days = unit === "day" || unit === "week";
    return html`
      ${row(host, t("看哪个日期"), "trigger.field", candidates.length
        ? choose(host, t("看哪个日期"), trigger.field, fieldOptions(candidates), (field) => host.setTrigger({ ...trigger, field }))
        : html`<p class="note warn">${icon("triangle-alert", 14)}${t("这张表没有日期字段,换一张表或先加一个")}</p>`)}
      ${row(host, t("提前还是推后"), "", choose(host, t("提前还是推后"), after ? "after" : "before", [
        { value: "before", label: t("在它之前") },
        { value: "after", label: t("在它之后") },
      ], (chosen) => host.setTrigger({ ...trigger, after: chosen === "after" })))}
      ${row(host, t("多久"), "trigger.amount", spanControl(host, t("多久"), amount, unit, ["minute", "hour", "day", "week"], (number, chosen) => host.setTrigger({ ...trigger, amount: number, unit: chosen, at: chosen === "day" || chosen === "week" ? (trigger.at ?? "") : "" }), 0), amount === 0 ? t("0 就是当天") : "")}
      ${days
        ? row(host, t("那天的几点"), "trigger.at", html`<input class="inp au-time" type="time" aria-label=${t("那天的几点")} ?disabled=${host.locked} .value=${trigger.at ?? ""} @change=${(event: Event) => host.setTrigger({ ...trigger, at: (event.target as HTMLInputElement).value })} />`, t("空着:日期按 0 点,带时间的按它自己的时间"))
        : nothing}
      <p class="hint">${t("每条记录、每个日期只开始一次;改了日期就按新的来。启用时已经过去的不补")}</p>`;
  },
  describe: (_page, trigger, table) => {
    const field = table.fields.find((one) => one.id === trigger.field);
    if (!field) return missing();
    const { unit = "day", amount = 0, after = false, at = "" } = trigger;
    const span = amount ? (after ? t("之后 {n} {unit}", { n: amount, unit: unitWord(unit) }) : t("之前 {n} {unit}", { n: amount, unit: unitWord(unit) })) : t("当天");
    return html`<span class="f3">·</span><span class="chip">${field.name}</span><span>${span}${at ? ` ${at}` : ""}</span>`;
  },
};

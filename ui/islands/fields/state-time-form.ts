/** The settings of a state time: of which state machine, and what of it. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo } from "../table/info";
import { fieldIcon } from "./field";
import { optionRow, type OptionsHost } from "./option-forms";
import { choose as select } from "../select/choose";
import { shows, showsName } from "./types/state-time";

interface Host extends OptionsHost {
  readonly table: TableInfo;
}

function hint(what: string): string {
  return (
    {
      entered_at: t("最近一次进入现在这个状态的时间"),
      time_in_state: t("从进入现在这个状态算到现在,随时间走"),
      due_at: t("进入时间加上状态的时限;没有时限的状态为空。时限在状态流转里设"),
      late: t("过了到期时间还在这个状态,就是超时"),
      time_spent: t("按操作记录把每次待在里面的时间加起来"),
    }[what] ?? ""
  );
}

export function stateTimeForm(host: Host): TemplateResult {
  const { options, table } = host;
  const machines = table.fields.filter((field) => field.type === "single_select" && field.options.machine);
  const chosen = table.fields.find((field) => field.id === options.field);
  const what = String(options.shows ?? "time_in_state");
  if (!machines.length && !chosen) {
    return html`<div class="notice info">${icon("info")}<p>${t("这张表还没有状态流转。先建一个单选字段,在它的设置里做成状态流转,再来加状态时间。")}</p></div>`;
  }
  const offered = chosen && !machines.includes(chosen) ? [chosen, ...machines] : machines;
  const choices = (chosen?.options.choices ?? []).filter((choice) => !choice.archived || choice.id === options.state);
  return html`${optionRow(
      host,
      "field",
      t("哪个状态流转"),
      select(host, t("哪个状态流转"), chosen?.id ?? "", offered.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) })), (field) => host.set({ field, state: null }), t("选一个字段")),
      chosen && !chosen.options.machine ? t("「{name}」现在没有状态流转,这个字段会是空的", { name: chosen.name }) : "",
    )}
    ${optionRow(host, "shows", t("显示什么"), select(host, t("显示什么"), what, shows.map((value) => ({ value, label: showsName(value) })), (value) => host.set({ shows: value, state: null })), hint(what))}
    ${what === "time_spent" && chosen
      ? optionRow(host, "state", t("哪个状态"), select(host, t("哪个状态"), String(options.state ?? ""), choices.map((choice) => ({ value: String(choice.id), label: choice.name, color: choice.color })), (value) => host.set({ state: Number(value) }), t("选一个状态")))
      : nothing}`;
}

/** What the form begins with in this table: its only machine. */
export function startOf(table: TableInfo): Record<string, unknown> {
  const machine = table.fields.find((field) => field.options.machine);
  return machine ? { field: machine.id } : {};
}

/** What the forms of triggers about states share: the field, and states to choose. */
import { html, nothing, type TemplateResult } from "lit";
import type { Field } from "../../fields/field";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { choicePill } from "../describe";
import { choose, chooseSome, fieldOptions, row } from "../form-parts";
import type { TriggerHost } from "../trigger-form";
import type { Trigger } from "../types";
import { choiceOptions, stateFields } from "./state-moved";

type InState = Extract<Trigger, { kind: "state_entered" | "state_left" | "state_overdue" }>;

/** The rows of the field and its states; `any` is said while no state is chosen. */
export function stateRows<T extends InState>(host: TriggerHost, trigger: T, fields: readonly Field[], label: string, any: string, machines = false): TemplateResult {
  const candidates = stateFields(fields).filter((field) => !machines || field.options.machine);
  const field = candidates.find((one) => one.id === trigger.field);
  const none = machines ? t("这张表没有带状态流转的字段,先给单选字段设置状态流转") : t("这张表没有单选字段,换一张表或换一种触发");
  const pick = row(host, t("看哪个字段"), "trigger.field", candidates.length
    ? choose(host, t("看哪个字段"), trigger.field, fieldOptions(candidates), (id) => host.setTrigger({ ...trigger, field: id, states: [] }))
    : html`<p class="note warn">${icon("triangle-alert", 14)}${none}</p>`);
  if (!field) return pick;
  return html`${pick}${row(host, label, "trigger.states", chooseSome(host, label, (trigger.states ?? []).map(String), choiceOptions(field), (chosen) => host.setTrigger({ ...trigger, states: chosen.map(Number) }), any, field.options.machine ? "pill" : "tag"))}`;
}

/** The chosen states as pills. */
export function statePills(field: Field | undefined, states: readonly number[] | undefined, any: string): TemplateResult | typeof nothing {
  if (!field) return nothing;
  if (!states?.length) return html`<span class="f3">${any}</span>`;
  return html`${states.map((number) => choicePill(field, field.options.choices?.find((choice) => choice.id === number)))}`;
}

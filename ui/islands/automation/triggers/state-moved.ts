/** "When a record's state moves". */
import { html, nothing, type TemplateResult } from "lit";
import { stateGlyph, type Field } from "../../fields/field";
import { icon } from "../../icons";
import { t } from "../../i18n";
import type { Option } from "../../select/options";
import { choicePill, missing } from "../describe";
import { choose, chooseSome, fieldOptions, row } from "../form-parts";
import type { TriggerHost } from "../trigger-form";
import { tableOf } from "../values";
import type { Of, TriggerUi } from "./ui";

/** The selects that can trigger, state machines first. */
export function stateFields(fields: readonly Field[]): Field[] {
  const selects = fields.filter((field) => field.type === "single_select");
  return [...selects.filter((field) => field.options.machine), ...selects.filter((field) => !field.options.machine)];
}

/** The options of a select for a form. */
export function choiceOptions(field: Field): Option[] {
  return (field.options.choices ?? [])
    .filter((choice) => !choice.archived)
    .map((choice) => ({ value: String(choice.id), label: choice.name, color: choice.color, glyph: stateGlyph(field, choice) || undefined }));
}

/** Moves that the trigger waits for and the state machine does not know. */
export function impossible(field: Field, sources: readonly number[], targets: readonly number[]): boolean {
  const { machine } = field.options;
  if (!machine || !targets.length) return false;
  return !machine.transitions.some((move) => (!sources.length || sources.includes(move.source)) && targets.includes(move.target));
}

function stateRows(host: TriggerHost, trigger: Of<"state_moved">, fields: readonly Field[]): TemplateResult {
  const candidates = stateFields(fields);
  const field = candidates.find((one) => one.id === trigger.field);
  const pick = row(host, t("看哪个字段"), "trigger.field", candidates.length
    ? choose(host, t("看哪个字段"), trigger.field, fieldOptions(candidates), (id) => host.setTrigger({ ...trigger, field: id, sources: [], targets: [] }))
    : html`<p class="note warn">${icon("triangle-alert", 14)}${t("这张表没有单选字段,换一张表或换一种触发")}</p>`);
  if (!field) return pick;
  const options = choiceOptions(field);
  const look = field.options.machine ? "pill" : "tag";
  const states = (value: number[] | undefined, set: (numbers: number[]) => void, label: string) =>
    chooseSome(host, label, (value ?? []).map(String), options, (chosen) => set(chosen.map(Number)), t("任意状态"), look);
  return html`${pick}
    ${row(host, t("从"), "trigger.sources", states(trigger.sources, (sources) => host.setTrigger({ ...trigger, sources }), t("从")))}
    ${row(host, t("变成"), "trigger.targets", states(trigger.targets, (targets) => host.setTrigger({ ...trigger, targets }), t("变成")),
      impossible(field, trigger.sources ?? [], trigger.targets ?? []) ? html`<span class="warn-t">${t("状态流转里没有这样的一步,现在不会触发")}</span>` : nothing)}`;
}

function choices(field: Field, numbers: readonly number[] | undefined): TemplateResult {
  if (!numbers?.length) return html`<span class="f3">${t("任意状态")}</span>`;
  return html`${numbers.map((number) => choicePill(field, field.options.choices?.find((choice) => choice.id === number)))}`;
}

export const stateMoved: TriggerUi<"state_moved"> = {
  kind: "state_moved",
  icon: "workflow",
  name: () => t("状态流转时"),
  description: () => t("记录的状态从一个变成另一个,例如 已支付 → 审核中"),
  fresh: (page, table, where) => {
    const fields = stateFields(tableOf(page, table)?.fields ?? []);
    return { kind: "state_moved", table, field: fields[0]?.id ?? "", sources: [], targets: [], where };
  },
  rows: stateRows,
  describe: (_page, trigger, table) => {
    const field = table.fields.find((one) => one.id === trigger.field);
    if (!field) return missing();
    return html`<span class="f3">·</span>${choices(field, trigger.sources)}<span aria-label=${t("变成")}>→</span>${choices(field, trigger.targets)}`;
  },
};

/** The form of a trigger: what happens to which table, from which state to which, and what the record must meet. */
import { html, nothing, type TemplateResult } from "lit";
import { stateGlyph, type Field } from "../fields/field";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { icon } from "../icons";
import { t } from "../i18n";
import type { Option } from "../select/options";
import { choose, chooseSome, fieldOptions, row, tableOptions, type FormHost } from "./form-parts";
import { triggerKinds } from "./kinds";
import type { PageData, Trigger } from "./types";
import { tableOf } from "./values";
import { settled } from "./settled";

export interface TriggerHost extends FormHost {
  readonly page: PageData;
  readonly trigger: Trigger;
  setTrigger(trigger: Trigger): void;
}

/** A trigger of another kind or table, keeping what still makes sense. */
export function withKind(page: PageData, trigger: Trigger, kind: Trigger["kind"], table = trigger.table): Trigger {
  const where = table === trigger.table ? (trigger.where ?? null) : null;
  if (kind === "button") return { kind, table, where };
  if (kind === "record_created") return { kind, table, where };
  if (kind === "record_updated") return { kind, table, fields: [], where };
  const fields = stateFields(tableOf(page, table)?.fields ?? []);
  return { kind, table, field: fields[0]?.id ?? "", sources: [], targets: [], where };
}

/** The selects that can trigger, state machines first. */
export function stateFields(fields: readonly Field[]): Field[] {
  const selects = fields.filter((field) => field.type === "single_select");
  return [...selects.filter((field) => field.options.machine), ...selects.filter((field) => !field.options.machine)];
}

function choiceOptions(field: Field): Option[] {
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

function stateRows(host: TriggerHost, trigger: Extract<Trigger, { kind: "state_moved" }>, fields: readonly Field[]): TemplateResult {
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

/** The whole form. */
export function triggerForm(host: TriggerHost): TemplateResult {
  const { page, trigger } = host;
  const table = tableOf(page, trigger.table);
  return html`
    <div class="field">
      <span class="lab">${t("什么时候开始")}</span>
      <div class="au-kinds" role="radiogroup" aria-label=${t("什么时候开始")}>
        ${triggerKinds().map(
          (kind) => html`<label class="au-kind">
            <input class="rd" type="radio" name="trigger-kind" .checked=${kind.kind === trigger.kind} ?disabled=${host.locked} @change=${() => host.setTrigger(withKind(page, trigger, kind.kind))} />
            <span>${kind.name}<span class="hint">${kind.description}</span></span>
          </label>`,
        )}
      </div>
    </div>
    ${row(host, t("数据表"), "trigger.table", choose(host, t("数据表"), trigger.table, tableOptions(page.tables), (id) => host.setTrigger(withKind(page, trigger, trigger.kind, id)), t("选一张数据表")))}
    ${table && trigger.kind === "state_moved" ? stateRows(host, trigger, table.fields) : nothing}
    ${table && trigger.kind === "record_updated"
      ? row(host, t("哪些字段改了"), "trigger.fields", chooseSome(host, t("哪些字段改了"), trigger.fields ?? [], fieldOptions(table.fields.filter((field) => !field.readonly || field.read_only === true)), (fields) => host.setTrigger({ ...trigger, fields }), t("任意字段")))
      : nothing}
    ${trigger.kind === "button" ? html`<p class="hint">${t("在这张表里加一个按钮字段,选这个自动化,按下就为那条记录运行")}</p>` : nothing}
    ${table
      ? row(host, t("而且记录符合"), "trigger.where", html`<hb-filter
          .fields=${table.fields}
          .value=${settled(trigger.where ?? null)}
          ?disabled=${host.locked}
          @change=${(event: Event) => {
            event.stopPropagation();
            host.setTrigger({ ...trigger, where: (event.currentTarget as HbFilter).value });
          }}
        ></hb-filter>`, t("不加条件就是每次都开始"))
      : nothing}
  `;
}

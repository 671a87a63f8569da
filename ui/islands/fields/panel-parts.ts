/** Larger blocks of the field panel: choices with the way to the state machine, the formula, the default value. */
import { html, nothing, type TemplateResult } from "lit";
import type { Problem } from "../api";
import type { ChoiceRecord } from "../grid/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { controlTemplate } from "../record/control";
import type { TableInfo } from "../table/info";
import type { Field } from "./field";
import "./hb-choices";
import type { HbChoices } from "./hb-choices";
import "./hb-formula";
import type { HbFormula } from "./hb-formula";
import { segments, toggle, type OptionsHost } from "./option-forms";
import { choose as select } from "../select/choose";
import { isSelect, optionsOf, type ChoiceDraft, type FieldDraft } from "./spec";

/** What these blocks know of the panel. */
export interface PartsHost extends OptionsHost {
  readonly draft: FieldDraft;
  readonly table: TableInfo;
  readonly original: Field | null;
  readonly problems: readonly Problem[];
  change(part: Partial<FieldDraft>, places?: string[]): void;
  messageAt(path: string): string;
}

/** What a new record holds when nobody fills the field. */
export function defaultForm(host: PartsHost): TemplateResult {
  const { draft } = host;
  const dated = draft.type === "date" || draft.type === "datetime";
  const now = draft.default === "$now";
  const named = draft.choices.filter((choice) => choice.name.trim());
  const stand: Field = {
    id: "default",
    name: t("默认值"),
    type: draft.type,
    people: host.table.people ?? [],
    options: { ...optionsOf(draft), machine: null, ...(draft.type === "member" ? { me: true } : {}), choices: named.map((choice, index) => ({ id: index + 1, name: choice.name.trim(), color: choice.color })) },
  };
  const problem = host.messageAt("default");
  if (draft.defaultFormula) return defaultFormulaForm(host);
  return html`<div class="field" role="group" aria-label=${t("默认值")}>
    <label class="lab" for="fe-default">${t("默认值")}<span class="opt">${t("新记录没填时用它")}</span></label>
    ${defaultWays(host)}
    ${dated ? toggle(host, draft.type === "date" ? t("新建那天") : t("新建的那一刻"), now, (on) => host.change({ default: on ? "$now" : null })) : nothing}
    ${now
      ? nothing
      : controlTemplate(stand, {
          id: "fe-default",
          value: draft.default ?? null,
          listed: true,
          invalid: Boolean(problem),
          commit: (value) => host.change({ default: value === "" || value === false || (Array.isArray(value) && !value.length) ? null : value }),
          cancel: () => {},
          choices: (): Promise<ChoiceRecord[]> => Promise.resolve([]),
        })}
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : nothing}
  </div>`;
}

/** A fixed default, or one by formula. */
function defaultWays(host: PartsHost): TemplateResult {
  const byFormula = host.draft.defaultFormula !== "";
  const choose = (way: string) => {
    if ((way === "formula") === byFormula) return;
    host.change(way === "formula" ? { default: null, defaultFormula: dated(host.draft.type) ? "TODAY()" : " " } : { defaultFormula: "" }, ["default", "default_formula"]);
  };
  return html`<div class="fe-ways">${segments(host, t("默认值怎么来"), byFormula ? "formula" : "fixed", [["fixed", t("固定值")], ["formula", t("用公式")]], choose)}</div>`;
}

const dated = (type: string): boolean => type === "date" || type === "datetime";

function defaultFormulaForm(host: PartsHost): TemplateResult {
  const problem = host.messageAt("default_formula");
  return html`<div class="field" role="group" aria-label=${t("默认值")}>
    <span class="lab">${t("默认值")}<span class="opt">${t("新记录没填时用它")}</span></span>
    ${defaultWays(host)}
    <hb-formula
      .table=${host.table}
      .own=${host.original?.id ?? null}
      .value=${host.draft.defaultFormula}
      .problem=${problem}
      @change=${(event: Event) => {
        event.stopPropagation();
        host.change({ defaultFormula: (event.currentTarget as HbFormula).value || " " }, ["default_formula"]);
      }}
    ></hb-formula>
    <p class="hint">${t("新建时算一次,可以用同一条记录里别的字段,如 {example};算不出来就留空", { example: `{${host.table.fields.find((field) => field.type === "single_select")?.name ?? host.table.fields[0]?.name ?? ""}}&"-"` })}</p>
  </div>`;
}

/** What a filled value must fulfil, and what is said where it does not. */
export function validationForm(host: PartsHost): TemplateResult {
  const { draft, original } = host;
  const on = draft.formula !== "";
  const example = `{${original?.name ?? draft.name}}`;
  const problem = host.messageAt("validation.formula") || host.messageAt("validation");
  return html`${toggle(host, t("用公式校验"), on, (next) => host.change({ formula: next ? `${example}<>""` : "", message: next ? draft.message : "" }, ["validation"]), on ? t("填了内容才检查;算出「是」才能保存,导入和接口也一样") : "")}
    ${on
      ? html`<div class="fe-validation">
          <hb-formula
            local
            .table=${host.table}
            .own=${null}
            .pretend=${original ? null : { name: draft.name.trim(), type: draft.type }}
            .value=${draft.formula}
            .problem=${problem}
            @change=${(event: Event) => {
              event.stopPropagation();
              host.change({ formula: (event.currentTarget as HbFormula).value || " " }, ["validation"]);
            }}
          ></hb-formula>
          <label class="field"><span class="lab">${t("不符合时的提示")}</span><input class="inp" name="validation-message" maxlength="200" autocomplete="off" placeholder=${t("如:数量要大于 0")} ?disabled=${host.locked} .value=${draft.message} @change=${(event: Event) => event.stopPropagation()} @input=${(event: Event) => host.change({ message: (event.target as HTMLInputElement).value }, ["validation"])} /></label>
        </div>`
      : nothing}`;
}

/** Whether the select is a state machine, and the way to its editor. */
export function machineBlock(host: PartsHost): TemplateResult {
  const { original, draft } = host;
  const { machine } = draft.options;
  const stored = original?.type === "single_select" ? original : null;
  const href = stored ? `/t/${host.table.id}/fields/${stored.id}/states` : "";
  const reason = machine
    ? t("{states} 个状态,{moves} 条流转", { states: draft.choices.length, moves: machine.transitions.length })
    : stored
      ? t("规定能从哪个选项改到哪个,由谁改")
      : t("先保存这个字段,再设置流转");
  return html`<div class="fe-machine">
    ${icon("workflow")}<span class="grow"><b>${t("状态流转")}</b><br /><span class="hint">${reason}</span></span>
    ${stored ? html`<a class="btn s" href=${href}>${machine ? t("编辑流转") : t("做成状态流转")}</a>` : nothing}
  </div>`;
}

function setChoices(host: PartsHost, choices: ChoiceDraft[]): void {
  // The default names a choice: it follows when the choice is called something else.
  const before = new Map(host.draft.choices.map((choice) => [choice.name, choice.key]));
  const after = new Map(choices.map((choice) => [choice.key, choice.name]));
  const follow = (name: string) => after.get(before.get(name) ?? "");
  const { default: old } = host.draft;
  let next: unknown = old;
  if (typeof old === "string") next = follow(old) ?? null;
  else if (Array.isArray(old)) next = (old as string[]).map(follow).filter((name) => name !== undefined);
  host.change({ choices, default: Array.isArray(next) && !next.length ? null : next }, ["options.choices", "default"]);
}

/** The choices of a select. */
export function choicesForm(host: PartsHost): TemplateResult {
  const { original, draft } = host;
  const becomes = original !== null && !isSelect(original.type);
  // Rows without a name were not sent: places in the answer are those of the others.
  const sent = draft.choices.flatMap((choice, at) => (choice.name.trim() ? [at] : []));
  const problems = new Map<number, string>();
  for (const problem of host.problems) {
    const place = /^options\.choices\.(\d+)/.exec(problem.path ?? "");
    if (place) problems.set(sent[Number(place[1])] ?? Number(place[1]), problem.message);
  }
  return html`<div class="field" role="group" aria-label=${t("选项")}>
      <span class="lab">${t("选项")}<span class="opt">${t("拖动排序,回车加下一个")}</span></span>
      ${becomes && !draft.choices.length ? html`<p class="hint">${t("不填就按现有内容自动生成选项")}</p>` : nothing}
      <hb-choices
        look=${draft.options.machine ? "pill" : "tag"}
        .value=${draft.choices}
        .problems=${problems}
        ?disabled=${host.locked}
        @change=${(event: Event) => {
          event.stopPropagation();
          setChoices(host, (event.currentTarget as HbChoices).value);
        }}
      ></hb-choices>
      ${problems.size || !host.problem("choices") ? nothing : html`<p class="hint bad">${icon("circle-alert", 14)}${host.problem("choices")}</p>`}
    </div>
    ${draft.type === "single_select" ? machineBlock(host) : nothing}`;
}

/** The formula, and how many places its numbers have. */
export function formulaForm(host: PartsHost): TemplateResult {
  const { options } = host.draft;
  const result = host.original?.options.result;
  return html`<hb-formula
      .table=${host.table}
      .own=${host.original?.id ?? null}
      .value=${(options.source as string | undefined) ?? ""}
      .decimals=${options.decimals ?? 2}
      .percent=${options.percent === true}
      .problem=${host.problem("source")}
      @change=${(event: Event) => {
        event.stopPropagation();
        host.set({ source: (event.currentTarget as HbFormula).value });
      }}
    ></hb-formula>
    ${result === undefined || result === "number"
      ? html`<div class="field fe-short">
          <span class="lab">${t("结果是数字时的小数位")}</span>
          ${select(
            host,
            t("小数位"),
            String(options.decimals ?? 2),
            [0, 1, 2, 3, 4, 6].map((places) => ({ value: String(places), label: places ? t("最多 {n} 位", { n: places }) : t("整数") })),
            (value) => host.set({ decimals: Number(value) }),
          )}
        </div>
        ${toggle(host, t("显示成百分比"), options.percent === true, (on) => host.set({ percent: on }), t("0.125 显示成 12.5%,如退货率"))}`
      : nothing}`;
}

/** The table of moves below the picture: who may, what it takes, what it does, how often it happens. */
import { html, nothing, type TemplateResult } from "lit";
import type { Field, Filter } from "../fields/field";
import { formatNumber } from "../fields/format";
import { operandLabel, operatorLabel } from "../filter/operators";
import { icon } from "../icons";
import { t } from "../i18n";
import { keyOf, type Draft } from "./draft";
import type { Check, Effect, Listener, Transition } from "./types";

export interface MovesHost {
  readonly chosen: string;
  readonly check: Check | null;
  readonly fields: readonly Field[];
  readonly automations: readonly Listener[];
  readonly people: readonly { id: string; name: string; gone?: boolean }[];
  pill(id: number): TemplateResult | typeof nothing;
  open(move: Transition): void;
}

/** What a role is called. */
export function roleName(role: string): string {
  return { viewer: t("查看者"), editor: t("编辑者"), builder: t("搭建者"), owner: t("所有者") }[role] ?? role;
}

/** Who may make a move, in words. */
export function whoWords(move: Transition, people: MovesHost["people"]): string {
  if (move.automations_only) return t("只有自动化");
  const names = (move.members ?? []).map((id) => {
    const person = people.find((one) => one.id === id);
    return person && !person.gone ? person.name : t("{name}(已不在)", { name: person?.name ?? "?" });
  });
  return [...(move.roles ?? []).map(roleName), ...names].join(t("、")) || t("能编辑的人");
}

/** Conditions in a few words: one is told, more are counted. */
export function guardWords(guard: Filter | null | undefined, fields: readonly Field[]): string {
  if (!guard) return "";
  const conditions = leaves(guard);
  const [only] = conditions;
  if (conditions.length !== 1 || !only || only.kind !== "condition") return t("{n} 个条件", { n: conditions.length });
  const field = fields.find((one) => one.id === only.field);
  const value = (Array.isArray(only.value) ? only.value : [only.value]).map((one) => operandLabel(field, one) ?? plain(one)).join(t("、"));
  return `${field?.name ?? ""} ${operatorLabel(only.op, field)} ${value}`.trim();
}

function leaves(where: Filter): Filter[] {
  return where.kind === "condition" ? [where] : (where.items ?? []).flatMap(leaves);
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value === true) return t("是");
  if (value === false) return t("否");
  if (typeof value === "object") {
    const { name, amount } = value as { name?: string; amount?: number };
    return name ?? (amount === undefined ? "" : String(amount));
  }
  return String(value);
}

/** An effect in a few words. */
export function effectWords(effect: Effect, fields: readonly Field[]): string {
  if (effect.kind === "set_field") return t("填{field}", { field: fields.find((field) => field.id === effect.field)?.name ?? "" });
  if (effect.kind === "create_record") return t("新建记录");
  return { reserve_stock: t("预占库存"), release_stock: t("释放预占"), consume_stock: t("扣减库存") }[effect.kind];
}

/** The automations that a move sets off. */
export function listeners(move: Transition, automations: readonly Listener[]): Listener[] {
  const fits = (list: number[], id: number) => !list.length || list.includes(id);
  return automations.filter((one) => fits(one.sources, move.source) && fits(one.targets, move.target));
}

export function movesTable(host: MovesHost, draft: Draft): TemplateResult {
  const counts = new Map(host.check?.transitions.map((one) => [keyOf(one), one]));
  if (!draft.machine.transitions.length) return html`<p class="st-none">${t("还没有流转,记录进了哪个状态就停在哪里")}</p>`;
  return html`<div class="st-moves">
    <table class="tbl">
      <thead>
        <tr><th>${t("从哪个状态")}</th><th>${t("到哪个状态")}</th><th>${t("按钮")}</th><th>${t("谁可以")}</th><th>${t("要满足")}</th><th>${t("流转时做")}</th><th class="num">${t("30 天")}</th></tr>
      </thead>
      <tbody>
        ${draft.machine.transitions.map((move) => row(host, move, counts.get(keyOf(move))))}
      </tbody>
    </table>
  </div>`;
}

function row(host: MovesHost, move: Transition, count: Check["transitions"][number] | undefined): TemplateResult {
  const chosen = host.chosen === keyOf(move);
  const required = (move.required ?? []).map((id) => host.fields.find((field) => field.id === id)?.name).filter(Boolean);
  const needs = [...(required.length ? [t("填了{fields}", { fields: required.join(t("、")) })] : []), guardWords(move.guard, host.fields), move.formula ?? ""].filter(Boolean);
  const does = (move.effects ?? []).map((effect) => effectWords(effect, host.fields));
  const after = listeners(move, host.automations);
  return html`<tr class="link-row ${chosen ? "on" : ""}" @click=${() => host.open(move)}>
    <td>${host.pill(move.source)}</td>
    <td><span class="st-way">${icon("arrow-right", 14)}${host.pill(move.target)}</span></td>
    <td>
      <button type="button" class="btn s g" aria-pressed=${chosen ? "true" : "false"} @click=${(event: Event) => (event.stopPropagation(), host.open(move))}>${move.label || t("(没起名)")}</button>
    </td>
    <td>${whoWords(move, host.people)}</td>
    <td class=${needs.length || count?.held_back ? "" : "st-nil"} data-name=${t("要满足")}>
      ${needs.length ? needs.join(t(",")) : "—"}${count?.held_back ? html` <span class="tag c-amber">${t("{n} 条还不满足", { n: formatNumber(count.held_back) })}</span>` : nothing}
    </td>
    <td class=${does.length || after.length ? "" : "st-nil"} data-name=${t("流转时做")}>${does.length || after.length ? html`${does.join(t("、"))}${after.length ? html` <span class="st-after" data-tip=${after.map((one) => one.name).join(t("、"))}>${icon("zap", 14)}${after.length}</span>` : nothing}` : "—"}</td>
    <td class="num" data-name=${t("30 天")}>${formatNumber(count?.moves ?? 0)}</td>
  </tr>`;
}

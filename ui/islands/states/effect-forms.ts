/** What a move does, as forms: fill a field, reserve or release or take out stock, create a record. */
import { html, nothing, type TemplateResult } from "lit";
import { fieldIcon, type Field } from "../fields/field";
import "../fields/hb-formula";
import type { HbFormula } from "../fields/hb-formula";
import type { ChoiceRecord } from "../grid/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { controlTemplate } from "../record/control";
import { choose as pick } from "../select/choose";
import type { TableInfo } from "../table/info";
import type { Effect, Fill } from "./types";

export type StockEffect = Extract<Effect, { kind: "reserve_stock" | "release_stock" | "consume_stock" }>;

export interface EffectHost {
  readonly locked: boolean;
  readonly field: Field;
  readonly fields: readonly Field[];
  readonly stocks: readonly { id: string; name: string }[];
  readonly tables: readonly { id: string; name: string; icon: string }[];
  /** The table the machine stands in, once it is read. */
  readonly info: TableInfo | null;
  /** The tables in which records are created, as far as they are read; asks for the others. */
  other(id: string): TableInfo | null;
  put(index: number, effect: Effect): void;
  drop(index: number): void;
  problemAt(path: string): TemplateResult | typeof nothing;
}

const icons: Record<Effect["kind"], string> = { set_field: "pencil", reserve_stock: "package-check", release_stock: "package-open", consume_stock: "package-minus", create_record: "file-plus" };

/** What an effect is called. */
export function effectName(kind: Effect["kind"]): string {
  return { set_field: t("填一个字段"), reserve_stock: t("预占库存"), release_stock: t("释放预占"), consume_stock: t("扣减库存(出库)"), create_record: t("新建一条记录") }[kind];
}

/** Fields that a move can fill: what people can, but no other state machine and no links. */
export function settable(fields: readonly Field[], own: string): Field[] {
  return fields.filter((field) => canBeFilled(field) && field.id !== own && field.type !== "link" && !field.options.machine);
}

function canBeFilled(field: Field): boolean {
  return (!field.readonly || field.read_only === true) && field.type !== "attachment" && field.type !== "button";
}

/** What a field begins with when a move is to fill it. */
export function startValue(field: Field): unknown {
  if (field.type === "date" || field.type === "datetime") return "$now";
  if (field.type === "member") return "$me";
  return field.type === "checkbox" ? true : null;
}

export function effectTemplate(host: EffectHost, effect: Effect, index: number): TemplateResult {
  const body = effect.kind === "set_field" ? setField(host, effect, index) : effect.kind === "create_record" ? createRecord(host, effect, index) : stock(host, effect, index);
  return html`<li class="st-effect">
    <div class="row">
      ${icon(icons[effect.kind])}<b class="grow">${effectName(effect.kind)}</b><span class="tag c-indigo" data-tip=${t("和流转一起成功或一起不做")}>${t("一起生效")}</span>
      ${host.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("去掉这件事")} @click=${() => host.drop(index)}>${icon("x", 14)}</button>`}
    </div>
    ${body} ${host.problemAt(`effects.${index}`)}
  </li>`;
}

const fieldOptions = (fields: readonly Field[]) => fields.map((one) => ({ value: one.id, label: one.name, icon: fieldIcon(one) }));

/* ---- fill a field ---- */

function setField(host: EffectHost, effect: Extract<Effect, { kind: "set_field" }>, index: number): TemplateResult {
  const fields = settable(host.fields, host.field.id);
  const field = fields.find((one) => one.id === effect.field);
  const choose = (id: string) => {
    const next = fields.find((one) => one.id === id);
    if (next) host.put(index, { kind: "set_field", field: next.id, value: startValue(next) });
  };
  const put = (part: Fill) => host.put(index, { kind: "set_field", field: effect.field, value: part.value ?? null, ...(part.formula !== undefined ? { formula: part.formula } : {}) });
  return html`${pick(host, t("字段"), effect.field, fieldOptions(fields), choose)} ${field ? worth(host, field, effect, `tf-effect-${index}`, put, { formula: true, local: true }) : nothing}`;
}

type Mode = "value" | "now" | "me" | "formula" | "source";

function modeOf(fill: Fill): Mode {
  if (fill.source !== undefined && fill.source !== "") return "source";
  if (fill.formula !== undefined && fill.formula !== "") return "formula";
  return fill.value === "$now" ? "now" : fill.value === "$me" ? "me" : "value";
}

/** Where a field's value comes from, and the value itself. */
function worth(host: EffectHost, field: Field, fill: Fill, id: string, put: (fill: Fill) => void, ways: { formula?: boolean; source?: boolean; local?: boolean }): TemplateResult {
  const mode = modeOf(fill);
  const dated = field.type === "date" || field.type === "datetime";
  const modes: [Mode, string][] = [
    ["value", t("固定的值")],
    ...(dated ? [["now", t("流转那一刻的时间")] as [Mode, string]] : []),
    ...(field.type === "member" ? [["me", t("操作的人")] as [Mode, string]] : []),
    ...(ways.source ? [["source", t("这条记录的字段")] as [Mode, string]] : []),
    ...(ways.formula && field.type !== "link" && field.type !== "member" ? [["formula", t("公式")] as [Mode, string]] : []),
  ];
  const switchTo = (next: Mode) => {
    const base = { field: field.id };
    if (next === "now") put({ ...base, value: "$now" });
    else if (next === "me") put({ ...base, value: "$me" });
    else if (next === "formula") put({ ...base, formula: `{${host.fields.find((one) => !one.readonly && one.type !== "link")?.name ?? ""}}` });
    else if (next === "source") put({ ...base, source: host.fields[0]?.id ?? "" });
    else put({ ...base, value: null });
  };
  return html`${modes.length > 1 ? pick(host, t("「{name}」填什么", { name: field.name }), mode, modes.map(([value, label]) => ({ value, label })), (value) => switchTo(value as Mode)) : nothing}
    ${mode === "value" && !host.locked ? html`<div role="group" aria-label=${t("填成")}>${controlTemplate(field, { id, value: (fill.value ?? null) as never, commit: (value) => put({ field: field.id, value }), cancel: () => undefined, choices: (): Promise<ChoiceRecord[]> => Promise.resolve([]) })}</div>` : nothing}
    ${mode === "source" ? pick(host, t("哪个字段"), fill.source ?? "", fieldOptions(host.fields.filter((one) => one.type !== "button")), (source) => put({ field: field.id, source })) : nothing}
    ${mode === "formula" ? formula(host, fill.formula ?? "", ways.local === true, (text) => put({ field: field.id, formula: text })) : nothing}`;
}

/** A formula over the record that moves. */
export function formula(host: Pick<EffectHost, "info" | "locked">, value: string, local: boolean, put: (text: string) => void, problem = ""): TemplateResult | typeof nothing {
  if (host.locked) return html`<code class="st-code">${value}</code>`;
  if (!host.info) return nothing;
  return html`<hb-formula
    ?local=${local}
    .table=${host.info}
    .own=${null}
    .value=${value}
    .problem=${problem}
    @change=${(event: Event) => {
      event.stopPropagation();
      put((event.currentTarget as HbFormula).value || " ");
    }}
  ></hb-formula>`;
}

/* ---- stock ---- */

function stock(host: EffectHost, effect: StockEffect, index: number): TemplateResult {
  const words: Record<StockEffect["kind"], string> = {
    reserve_stock: t("每条明细都占到才流转,占不到就不让流转并说明缺什么"),
    release_stock: t("把这条记录的明细占着的都还回去"),
    consume_stock: t("占着的变成出库,在库数量跟着减"),
  };
  return html`<p class="hint">${words[effect.kind]}</p>
    ${host.stocks.length > 1 ? pick(host, t("库存规则"), effect.stock, host.stocks.map((one) => ({ value: one.id, label: one.name, icon: "package" })), (id) => host.put(index, { ...effect, stock: id })) : nothing}`;
}

/* ---- create a record ---- */

function createRecord(host: EffectHost, effect: Extract<Effect, { kind: "create_record" }>, index: number): TemplateResult {
  const target = effect.table ? host.other(effect.table) : null;
  const links = (target?.fields ?? []).filter((field) => field.type === "link" && field.options.table === host.info?.id);
  const fillable = (target?.fields ?? []).filter((field) => canBeFilled(field) && field.id !== effect.link && !(field.type === "link" && links.includes(field)));
  const put = (part: Partial<Extract<Effect, { kind: "create_record" }>>) => host.put(index, { ...effect, ...part });
  const putFill = (at: number, fill: Fill) => put({ fields: effect.fields.map((one, place) => (place === at ? fill : one)) });
  const rest = fillable.filter((field) => !effect.fields.some((fill) => fill.field === field.id));
  return html`${pick(host, t("建在哪张表"), effect.table, host.tables.map((one) => ({ value: one.id, label: one.name, icon: one.icon })), (table) => put({ table, link: "", fields: [] }), t("选一张表"))}
    ${target
      ? links.length
        ? pick(host, t("用哪个关联指回这条记录"), effect.link, [{ value: "", label: t("不关联") }, ...fieldOptions(links)], (link) => put({ link }))
        : html`<p class="hint">${t("「{table}」没有指向这张表的关联,新记录不会连回来", { table: target.name })}</p>`
      : nothing}
    ${target
      ? effect.fields.map((fill, at) => {
          const field = target.fields.find((one) => one.id === fill.field);
          return html`<div class="st-fill" role="group" aria-label=${field?.name ?? t("字段")}>
            <div class="row"><b class="grow">${field?.name ?? t("已删除的字段")}</b>${host.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("不填这个字段")} @click=${() => put({ fields: effect.fields.filter((_one, place) => place !== at) })}>${icon("x", 14)}</button>`}</div>
            ${field ? worth(host, field, fill, `tf-fill-${index}-${at}`, (next) => putFill(at, next), { formula: true, source: true }) : nothing}
          </div>`;
        })
      : nothing}
    ${target && rest.length && !host.locked
      ? html`<button type="button" class="btn s g" aria-haspopup="menu" @click=${(event: Event) =>
          openMenu(
            event.currentTarget as HTMLElement,
            rest.map((field) => ({ label: field.name, icon: fieldIcon(field), run: () => put({ fields: [...effect.fields, { field: field.id, value: startValue(field) }] }) })),
          )}>${icon("plus", 14)}${t("填一个字段")}</button>`
      : nothing}`;
}

/** What creating a record begins with: the first table that points here, linked back. */
export function startCreate(tables: EffectHost["tables"], own: string): Effect {
  const first = tables.find((table) => table.id !== own) ?? tables[0];
  return { kind: "create_record", table: first?.id ?? "", link: "", fields: [] };
}

/** Which records a link may point at: those that meet conditions, and agree with the record that points. */
import { html, nothing, type TemplateResult } from "lit";
import { settled } from "../automation/settled";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo } from "../table/info";
import { fieldIcon, type Field, type Filter } from "./field";
import type { LinkHost } from "./link-forms";
import { comparable, signName } from "./match-forms";
import { toggle } from "./option-forms";
import { choose as select } from "../select/choose";
import { isComputed } from "./spec";

export interface LimitPair {
  field: string;
  near: string;
  op?: string;
}

const most = 8;
const systemTypes = new Set(["created_time", "updated_time", "created_by", "updated_by", "auto_number"]);

/** Whether a record's field can be told to agree with one of the records it points at. */
export function canAgree(near: Field, far: Field): boolean {
  if (near.type === "link" || far.type === "link") return near.type === far.type && near.options.table === far.options.table;
  return comparable(near, far);
}

/** The comparisons that conditions on the far field know. */
function signsOf(far: Field | undefined): string[] {
  if (!far || far.type === "link" || !["number", "date", "datetime"].includes(far.compares ?? "")) return ["eq", "ne"];
  return far.compares === "number" ? ["eq", "ne", "lt", "le", "gt", "ge"] : ["eq", "lt", "gt"];
}

/** The fields that most likely should agree: of the same name, links first. */
function likely(near: readonly Field[], far: readonly Field[]): LimitPair {
  const sorted = [...near].sort((a, b) => Number(b.type === "link") - Number(a.type === "link"));
  for (const one of sorted) {
    const other = far.find((field) => canAgree(one, field) && (one.type === "link" || field.name === one.name));
    if (other) return { field: other.id, near: one.id };
  }
  return { field: "", near: "" };
}

export function limitForm(host: LinkHost, target: TableInfo | undefined): TemplateResult | typeof nothing {
  if (!target) return nothing;
  const pairs = (host.options.pairs as LimitPair[] | undefined) ?? [];
  const where = (host.options.where as Filter | null | undefined) ?? null;
  const open = Boolean(where) || pairs.length > 0 || host.options.limit_open === true;
  const name = t("只能选符合条件的记录");
  const turn = (on: boolean) => host.set(on ? { limit_open: true } : { limit_open: undefined, where: null, pairs: [] });
  return html`${toggle(host, name, open, turn, open ? t("只管新选的,已有的关联不动;导入、粘贴和接口也一样") : "")}
    ${open
      ? html`<div class="fe-inset fe-limit" role="group" aria-label=${name}>
          ${pairList(host, target, pairs)}
          <div class="field" role="group" aria-label=${t("「{table}」里符合这些条件的", { table: target.name })}>
            <span class="lab">${t("「{table}」里符合这些条件的", { table: target.name })}</span>
            <hb-filter
              .fields=${target.fields}
              .value=${settled(where)}
              ?disabled=${host.locked}
              lead=${t("当")}
              @change=${(event: Event) => {
                event.stopPropagation();
                host.set({ limit_open: true, where: (event.currentTarget as HbFilter).value });
              }}
            ></hb-filter>
            ${problem(host, "where")}
          </div>
        </div>`
      : nothing}`;
}

function problem(host: LinkHost, path: string): TemplateResult | typeof nothing {
  const said = host.problem(path);
  return said ? html`<p class="hint bad">${icon("circle-alert", 14)}${said}</p>` : nothing;
}

function pairList(host: LinkHost, target: TableInfo, pairs: readonly LimitPair[]): TemplateResult {
  const near = host.table.fields.filter((field) => field.id !== host.original?.id && !isComputed(field.type) && !systemTypes.has(field.type) && (field.compares || field.type === "link"));
  const far = target.fields.filter((field) => (field.compares || field.type === "link") && field.id !== host.options.inverse);
  const set = (next: LimitPair[]) => host.set({ limit_open: true, pairs: next });
  const change = (at: number, part: Partial<LimitPair>) => set(pairs.map((pair, index) => (index === at ? { ...pair, ...part } : pair)));
  const option = (field: Field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) });
  const row = (pair: LimitPair, at: number) => {
    const theirs = far.find((field) => field.id === pair.field);
    const fits = theirs ? near.filter((field) => canAgree(field, theirs)) : near;
    return html`<div class="fe-agree" role="group" aria-label=${t("一致条件 {n}", { n: at + 1 })}>
      ${select(host, t("「{table}」的字段", { table: target.name }), pair.field, far.map(option), (field) => change(at, { field, near: "", op: "eq" }), t("那边的字段"))}
      ${select(host, t("怎么比"), pair.op ?? "eq", signsOf(theirs).map((op) => ({ value: op, label: signName(op) })), (op) => change(at, { op }))}
      ${select(host, t("这条记录的字段"), pair.near, fits.map(option), (id) => change(at, { near: id }), t("这条记录的字段"))}
      <button type="button" class="icb" ?disabled=${host.locked} aria-label=${t("去掉一致条件 {n}", { n: at + 1 })} @click=${() => set(pairs.filter((_, index) => index !== at))}>${icon("x", 14)}</button>
      ${problem(host, `pairs.${at}`)}
    </div>`;
  };
  return html`<div class="field" role="group" aria-label=${t("和这条记录一致的")}>
    <span class="lab">${t("和这条记录一致的")}<span class="opt">${t("如同一个客户的订单")}</span></span>
    ${pairs.length ? html`<div class="fe-agrees">${pairs.map(row)}</div>` : nothing}
    ${pairs.length < most ? html`<button type="button" class="btn s g" ?disabled=${host.locked} @click=${() => set([...pairs, pairs.length ? { field: "", near: "" } : likely(near, far)])}>${icon("plus", 14)}${t("加一条一致条件")}</button>` : nothing}
    ${pairs.length ? html`<p class="hint">${t("这条记录的这些字段空着时,什么都选不了,会提示先填")}</p>` : nothing}
  </div>`;
}

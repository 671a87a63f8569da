/** The part of the stock dialog below the mapping: which places are taken, what becomes of what lacks, how long it holds. */
import { html, nothing, type TemplateResult } from "lit";
import type { Choice, Field } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import { make as toBeMade, numbers, type SkuPart, type StockDraft, type TableLike } from "./guess";

/** A field or an option that is still to be made when the definition is saved. */
export const toMake = { line_open: "+line_open", backordered: -1, expired: -2 } as const;

export interface OptionsHost {
  draft: StockDraft;
  shelf: TableLike | undefined;
  lines: TableLike | undefined;
  set(parts: Partial<StockDraft>): void;
  options(fields: readonly Field[]): Option[];
}

const texts = ["text", "long_text", "barcode", "auto_number", "phone"];
const amounts = ["number", "currency"];
const dates = ["date", "datetime", "created_time"];

/** Whether a field of the line and one of the shelf can name the same thing. */
export function comparable(line: Field, shelf: Field): boolean {
  if (line.type === "link" && shelf.type === "link") return line.options.many === false && shelf.options.many === false && line.options.table === shelf.options.table;
  if (line.type === "single_select" && shelf.type === "single_select") return !line.options.machine && !shelf.options.machine;
  return [texts, amounts].some((family) => family.includes(line.type) && family.includes(shelf.type));
}

/** The pairs that say the same thing in both tables: links to one table, and fields of the same name. */
export function guessSku(lines: TableLike | undefined, shelf: TableLike | undefined, draft: StockDraft): SkuPart[] {
  const taken = new Set([draft.line_order, draft.line_stock, draft.line_quantity, draft.line_status, draft.line_open, draft.on_hand, draft.reserved, draft.location]);
  const pairs: SkuPart[] = [];
  for (const line of lines?.fields ?? []) {
    if (taken.has(line.id)) continue;
    const match = shelf?.fields.find((one) => !taken.has(one.id) && comparable(line, one) && (line.type === "link" || one.name === line.name));
    if (match) pairs.push({ line: line.id, shelf: match.id });
  }
  return pairs;
}

/** The field by which places are taken: a date for first in first out, else the place's code. */
export function guessOrder(shelf: TableLike | undefined, pick: StockDraft["pick"], location: string | null): string | null {
  if (pick === "fifo") return shelf?.fields.find((field) => dates.includes(field.type))?.id ?? null;
  return location ?? shelf?.fields.find((field) => texts.includes(field.type))?.id ?? null;
}

/** Lines that cannot name a shelf are served by what goods they want, as far as that can be guessed. */
export function withPlaces(draft: StockDraft, lines: TableLike | undefined, shelf: TableLike | undefined): StockDraft {
  if ((draft.pick ?? "exact") !== "exact" || draft.line_stock || !lines || !shelf) return draft;
  const sku = guessSku(lines, shelf, draft);
  return sku.length ? { ...draft, pick: "ordered", sku, pick_by: guessOrder(shelf, "ordered", draft.location) } : draft;
}

export function optionsTemplate(host: OptionsHost): TemplateResult {
  return html`<fieldset class="st-box"><legend>${t("从哪个库位占")}</legend>${picking(host)}</fieldset>
    <fieldset class="st-box"><legend>${t("缺货和时限")}</legend>${lacking(host)}${expiring(host)}</fieldset>`;
}

function selected(event: Event): string {
  event.stopPropagation();
  return (event.currentTarget as HbSelect).value as string;
}

function select(name: string, label: string, value: string, options: Option[], set: (value: string) => void, hint = ""): TemplateResult {
  return html`<div class="field"><span class="lab">${label}</span><hb-select name=${name} label=${label} placeholder=${options.length ? t("选一个") : t("没有合适的")} .options=${options} .value=${value} @change=${(event: Event) => set(selected(event))}></hb-select>${hint ? html`<p class="hint">${hint}</p>` : nothing}</div>`;
}

function picking(host: OptionsHost): TemplateResult {
  const { draft, shelf, lines } = host;
  const pick = draft.pick ?? "exact";
  const ways: Option[] = [
    { value: "exact", label: t("明细指定的那一个"), icon: "map-pin" },
    { value: "ordered", label: t("按顺序取,一处不够再取下一处"), icon: "list-ordered" },
    { value: "fifo", label: t("先进先出,按日期取"), icon: "calendar-clock" },
  ];
  const change = (value: string): void => {
    const next = value as NonNullable<StockDraft["pick"]>;
    host.set({ pick: next, ...(next === "exact" ? {} : { sku: draft.sku?.length ? draft.sku : guessSku(lines, shelf, draft), pick_by: guessOrder(shelf, next, draft.location) }) });
  };
  const hint = pick === "exact" ? t("每条明细都要选好是哪份货、在哪个库位") : t("明细只说要什么货;自己选了库位的,仍按选的占");
  const sorted = (shelf?.fields ?? []).filter((field) => (pick === "fifo" ? dates : [...dates, ...texts, "number", "single_select"]).includes(field.type));
  return html`${select("pick", t("取货方式"), pick, ways, change, hint)}
    ${pick === "exact"
      ? nothing
      : html`${sku(host)}${select("pick_by", pick === "fifo" ? t("按哪个日期") : t("按哪个字段的顺序"), draft.pick_by ?? "", host.options(sorted), (value) => host.set({ pick_by: value || null }))}
          ${pick === "fifo" ? nothing : html`<label class="row"><input type="checkbox" class="ck" .checked=${draft.pick_descending ?? false} @change=${(event: Event) => host.set({ pick_descending: (event.target as HTMLInputElement).checked })} />${t("从大到小取")}</label>`}`}`;
}

function sku(host: OptionsHost): TemplateResult {
  const { draft, shelf, lines } = host;
  const parts = draft.sku ?? [];
  const change = (at: number, part: Partial<SkuPart> | null): void => {
    const next = parts.map((one, index) => (index === at ? { ...one, ...part } : one));
    host.set({ sku: part === null ? parts.filter((_, index) => index !== at) : next });
  };
  const own = (lines?.fields ?? []).filter((field) => (shelf?.fields ?? []).some((one) => comparable(field, one)));
  return html`<div class="field" data-problem="sku"><span class="lab">${t("怎么认出是同一种货")}</span>
    <div class="stack st-sku">${parts.map((part, at) => {
      const line = lines?.fields.find((field) => field.id === part.line);
      const far = (shelf?.fields ?? []).filter((one) => line && comparable(line, one));
      return html`<div class="row st-pair">
        <hb-select label=${t("明细的字段")} placeholder=${t("明细的字段")} .options=${host.options(own)} .value=${part.line} @change=${(event: Event) => change(at, { line: selected(event), shelf: "" })}></hb-select><span class="f3">=</span>
        <hb-select label=${t("库存的字段")} placeholder=${t("库存的字段")} .options=${host.options(far)} .value=${part.shelf} @change=${(event: Event) => change(at, { shelf: selected(event) })}></hb-select>
        <button type="button" class="icb" aria-label=${t("去掉这一对")} @click=${() => change(at, null)}>${icon("x", 16)}</button>
      </div>`;
    })}<div><button type="button" class="btn s g" @click=${() => host.set({ sku: [...parts, { line: "", shelf: "" }] })}>${icon("plus", 14)}${t("加一对字段")}</button></div></div>
    <p class="hint">${t("例如都关联到同一个商品,再加颜色、尺码;几对都相同才是同一种货")}</p></div>`;
}

function choices(host: OptionsHost, make: number, name: string): Option[] {
  const status = host.lines?.fields.find((field) => field.id === host.draft.line_status);
  const taken = [host.draft.unreserved, host.draft.reserved_choice, host.draft.consumed];
  const free = (status?.options.choices ?? []).filter((choice: Choice) => !choice.archived && !taken.includes(choice.id));
  return [{ value: "", label: t("(不区分)") }, ...free.map((choice) => ({ value: String(choice.id), label: choice.name, color: choice.color })), ...((status || host.draft.line_status === toBeMade.line_status) && !free.some((choice) => choice.name === name) ? [{ value: String(make), label: t("新建选项「{name}」", { name }), icon: "plus" }] : [])];
}

/** The choice that is called so; one to be made where there is none. */
function likely(host: OptionsHost, make: number, name: RegExp): number {
  return Number(choices(host, make, "").find((one) => Number(one.value) > 0 && name.test(one.label))?.value ?? make);
}

function lacking(host: OptionsHost): TemplateResult {
  const { draft, lines } = host;
  const partial = draft.partial ?? false;
  const switched = (on: boolean): void => host.set({ partial: on, ...(on && !draft.backordered ? { backordered: likely(host, toMake.backordered, /补货|缺货|back/i) } : {}), ...(on && !draft.line_open ? { line_open: numbers(lines).find((field) => /缺|欠|open|short|back/i.test(field.name))?.id ?? toMake.line_open } : {}) });
  const open = numbers(lines).filter((field) => field.id !== draft.line_quantity);
  return html`<label class="row st-switch"><input type="checkbox" class="sw" role="switch" .checked=${partial} @change=${(event: Event) => switched((event.target as HTMLInputElement).checked)} /><span class="grow">${t("缺货时先占有的,缺的等补货")}<span class="hint">${partial ? t("来货以后按等的先后补上") : t("现在是:有一条缺,就一件也不占")}</span></span></label>
    ${partial
      ? html`<div class="fields2">
            ${select("line_open", t("还缺多少记在"), draft.line_open ?? "", [...host.options(open), { value: toMake.line_open, label: t("新建字段「缺货数量」"), icon: "plus" }], (value) => host.set({ line_open: value || null }))}
            ${select("backordered", t("等补货时是"), draft.backordered ? String(draft.backordered) : "", choices(host, toMake.backordered, t("待补货")), (value) => host.set({ backordered: value ? Number(value) : null }))}
          </div>
          <label class="row"><input type="checkbox" class="ck" .checked=${draft.auto_fill ?? true} @change=${(event: Event) => host.set({ auto_fill: (event.target as HTMLInputElement).checked })} />${t("来货时自动补上(不选就在库存页或自动化里补)")}</label>`
      : nothing}`;
}

function expiring(host: OptionsHost): TemplateResult {
  const { draft } = host;
  const on = draft.expire_hours !== null && draft.expire_hours !== undefined;
  return html`<label class="row st-switch"><input type="checkbox" class="sw" role="switch" .checked=${on} @change=${(event: Event) => host.set((event.target as HTMLInputElement).checked ? { expire_hours: 24, expired: draft.expired ?? likely(host, toMake.expired, /过期|超时|expire/i) } : { expire_hours: null })} /><span class="grow">${t("预占有时限,过期自动放回")}<span class="hint">${t("放回去会记在流水和操作记录里")}</span></span></label>
    ${on
      ? html`<div class="fields2">
          <div class="field"><label class="lab" for="st-hours">${t("几小时以后")}</label><input class="inp" id="st-hours" name="expire_hours" inputmode="decimal" .value=${String(draft.expire_hours ?? "")} @change=${(event: Event) => host.set({ expire_hours: Number((event.target as HTMLInputElement).value) || 0 })} /></div>
          ${select("expired", t("过期时是"), draft.expired ? String(draft.expired) : "", choices(host, toMake.expired, t("预占过期")), (value) => host.set({ expired: value ? Number(value) : null }))}
        </div>`
      : nothing}`;
}

/** Links, look-ups and roll-ups: which table, which field, and which of the linked records. */
import { html, nothing, type TemplateResult } from "lit";
import { settled } from "../automation/settled";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo, TableRef } from "../table/info";
import { fieldIcon, type Field, type FieldOptions, type Filter, type Sort } from "./field";
import "./hb-worth";
import { matchForm, matchOf, wayRow } from "./match-forms";
import { limitForm } from "./link-limit-form";
import { optionRow, segments, toggle, type OptionsHost } from "./option-forms";
import { choose as select } from "../select/choose";

/** What these forms know besides the options. */
export interface LinkHost extends OptionsHost {
  readonly table: TableInfo;
  /** The tables of the app. */
  readonly siblings: readonly TableRef[];
  /** The field being edited; null for a new one. */
  readonly original: Field | null;
  /** A table with its fields; undefined while it is being asked for. */
  tableOf(id: string): TableInfo | undefined;
}

export function linkForm(host: LinkHost): TemplateResult {
  const { table, many = true, two_way, inverse } = host.options;
  const target = host.siblings.find((one) => one.id === table);
  const paired = Boolean(inverse) && host.original?.options.table === table;
  const wantsPair = two_way === true || (two_way === undefined && !host.original);
  return html`${optionRow(
      host,
      "table",
      t("关联到哪张表"),
      select(
        host,
        t("关联到哪张表"),
        table ?? "",
        host.siblings.map((one) => ({ value: one.id, label: one.name, icon: one.icon, sub: one.id === host.table.id ? t("就是这张表") : undefined })),
        (id) => host.set({ table: id, two_way: id !== host.table.id, where: null, pairs: [] }),
        t("选一张数据表"),
      ),
    )}
    ${optionRow(
      host,
      "many",
      t("每条记录可以关联"),
      segments(host, t("每条记录可以关联"), many ? "many" : "one", [["one", t("一条")], ["many", t("多条")]], (value) => host.set({ many: value === "many" })),
    )}
    ${target ? (paired ? pairedNote(host, target) : pairForm(host, target, wantsPair)) : nothing}
    ${target ? limitForm(host, host.tableOf(target.id)) : nothing}`;
}

function pairedNote(host: LinkHost, target: TableRef): TemplateResult {
  const far = host.tableOf(target.id)?.fields.find((field) => field.id === host.options.inverse);
  return html`<p class="hint">${icon("arrow-left-right", 14)} ${t("「{table}」那边是字段「{field}」,两边一起变", { table: target.name, field: far?.name ?? "…" })}</p>`;
}

function pairForm(host: LinkHost, target: TableRef, wanted: boolean): TemplateResult {
  const name = (host.options.inverse_name as string | undefined) ?? "";
  return html`${toggle(host, t("在「{table}」里也加一个字段", { table: target.name }), wanted, (on) => host.set({ two_way: on }), t("那边能看到哪些记录关联了它"))}
    ${wanted
      ? html`<div class="fields2 fe-inset">
          ${optionRow(
            host,
            "inverse_name",
            t("那边的字段名"),
            html`<input
              class="inp"
              name="inverse_name"
              autocomplete="off"
              maxlength="80"
              aria-label=${t("那边的字段名")}
              placeholder=${host.table.name}
              aria-invalid=${host.problem("inverse_name") ? "true" : nothing}
              ?disabled=${host.locked}
              .value=${name}
              @change=${(event: Event) => event.stopPropagation()}
              @input=${(event: Event) => {
                event.stopPropagation();
                host.set({ inverse_name: (event.target as HTMLInputElement).value });
              }}
            />`,
          )}
          ${optionRow(
            host,
            "inverse_many",
            t("那边可以关联"),
            segments(host, t("那边可以关联"), host.options.inverse_many === false ? "one" : "many", [["one", t("一条")], ["many", t("多条")]], (value) => host.set({ inverse_many: value === "many" })),
          )}
        </div>`
      : nothing}`;
}

/** The link fields of the table, and the table that the chosen one, or the match, leads to. */
function through(host: LinkHost): { links: Field[]; target: TableInfo | undefined } {
  const links = host.table.fields.filter((field) => field.type === "link" && field.id !== host.original?.id);
  const match = matchOf(host);
  const chosen = links.find((field) => field.id === host.options.link);
  const id = match ? match.table : chosen?.options.table;
  return { links, target: id ? host.tableOf(id) : undefined };
}

/** Where the records come from: the way, and the link or what has to match. */
function sourceForm(host: LinkHost, links: Field[], target: TableInfo | undefined): TemplateResult {
  const match = matchOf(host);
  const only = links.length === 1 && !host.original ? links[0] : undefined;
  if (!match && only && !host.options.link) queueMicrotask(() => host.set({ link: only.id }));
  return html`${wayRow(host)} ${match ? matchForm(host, match, target) : linkRow(host, links)}`;
}

function linkRow(host: LinkHost, links: Field[]): TemplateResult {
  if (!links.length) {
    return html`<div class="notice info">${icon("info")}<div><b>${t("这张表还没有关联字段")}</b><br />${t("先加一个关联字段,或者选「按条件匹配」,不用关联也能取值")}</div></div>`;
  }
  return optionRow(
    host,
    "link",
    t("从哪个关联取"),
    select(
      host,
      t("从哪个关联取"),
      (host.options.link as string | undefined) ?? "",
      links.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field), sub: host.siblings.find((one) => one.id === field.options.table)?.name })),
      (id) => host.set({ link: id, field: undefined, where: null, sorts: [] }),
      t("选一个关联字段"),
    ),
  );
}

function fieldRow(host: LinkHost, label: string, fields: Field[]): TemplateResult {
  return optionRow(
    host,
    "field",
    label,
    select(
      host,
      label,
      (host.options.field as string | undefined) ?? "",
      fields.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) })),
      (id) => host.set({ field: id }),
      t("选一个字段"),
    ),
  );
}

/** Which of the records count. */
function whereRow(host: LinkHost, target: TableInfo, label: string): TemplateResult {
  return html`<div class="field" role="group" aria-label=${label}>
    <span class="lab">${label}<span class="opt">${t("不加条件就全算")}</span></span>
    <hb-filter
      .fields=${target.fields}
      .value=${settled((host.options.where as Filter | null | undefined) ?? null)}
      ?disabled=${host.locked}
      lead=${t("当")}
      @change=${(event: Event) => {
        event.stopPropagation();
        host.set({ where: (event.currentTarget as HbFilter).value });
      }}
    ></hb-filter>
    ${host.problem("where") ? html`<p class="hint bad">${icon("circle-alert", 14)}${host.problem("where")}</p>` : nothing}
  </div>`;
}

/** By what the records are put in order; ``directed``: which way round, too. */
function orderRow(host: LinkHost, target: TableInfo, directed: boolean): TemplateResult {
  const sort = (host.options.sorts as Sort[] | undefined)?.[0];
  const fields = target.fields.filter((field) => field.sortable && field.type !== "link" && field.id !== host.original?.id);
  const linked = matchOf(host) === null;
  return optionRow(
    host,
    "sorts",
    t("按什么排先后"),
    html`<div class="mt-order">
      ${select(
        host,
        t("按什么排先后"),
        sort?.field ?? "",
        [{ value: "", label: linked ? t("关联的先后") : t("新建的先后"), icon: "list-ordered" }, ...fields.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }))],
        (id) => host.set({ sorts: id ? [{ field: id, ...(directed && sort?.descending ? { descending: true } : {}) }] : [] }),
      )}
      ${directed && sort
        ? segments(host, t("哪个在前"), sort.descending ? "down" : "up", [["up", t("从小到大")], ["down", t("从大到小")]], (way) => host.set({ sorts: [{ field: sort.field, ...(way === "down" ? { descending: true } : {}) }] }))
        : nothing}
    </div>`,
  );
}

function worth(host: LinkHost, type: string): TemplateResult {
  const options: FieldOptions = { ...host.options };
  delete options.result;
  if (type === "rollup" && (options.fn ?? "count") === "count") options.field = null;
  return html`<hb-worth .table=${host.table} .type=${type} .options=${options} .own=${host.original?.id ?? null}></hb-worth>`;
}

export function lookupForm(host: LinkHost): TemplateResult {
  const { links, target } = through(host);
  const take = (host.options.take as string | undefined) ?? "all";
  return html`${sourceForm(host, links, target)}
    ${target
      ? html`${fieldRow(host, t("显示「{table}」的哪个字段", { table: target.name }), target.fields.filter((field) => field.type !== "link" && field.id !== host.original?.id))}
          ${optionRow(
            host,
            "take",
            t("取哪些"),
            segments(host, t("取哪些"), take, [["all", t("全部")], ["first", t("第一条")], ["last", t("最后一条")]], (value) => host.set({ take: value })),
            take === "all" ? "" : t("空的不算:取填了内容的那一条"),
          )}
          ${orderRow(host, target, take === "all")} ${whereRow(host, target, t("只看符合条件的"))} ${worth(host, "lookup")}`
      : nothing}`;
}

const functions = ["count", "sum", "avg", "min", "max", "first", "last", "count_filled", "count_empty", "count_unique", "count_files", "share_filled", "list", "list_unique"];

/** What a roll-up can calculate over a field. */
export function functionsFor(field: Field | undefined): string[] {
  if (!field) return [];
  const numbers = ["number", "currency", "percent"].includes(field.type) || field.compares === "number" || field.options.result === "number";
  const dates = ["date", "datetime"].includes(field.compares ?? "");
  const allowed = field.aggregates ?? [];
  const lists = ["attachment", "button"].includes(field.type) ? [] : ["first", "last", "list", "list_unique"];
  return functions.filter((fn) => {
    if (lists.includes(fn)) return true;
    if (fn === "share_filled") return allowed.includes("count_filled");
    if (!allowed.includes(fn)) return false;
    return fn.startsWith("count") || numbers || (dates && (fn === "min" || fn === "max"));
  });
}

/** A function in words. */
export function functionName(fn: string): string {
  return (
    {
      count: t("记录条数"),
      sum: t("求和"),
      avg: t("平均"),
      min: t("最小"),
      max: t("最大"),
      count_filled: t("填了的条数"),
      count_empty: t("没填的条数"),
      count_unique: t("不同的值有几个"),
      count_files: t("文件数"),
      share_filled: t("填了的比例"),
      first: t("第一条的值"),
      last: t("最后一条的值"),
      list: t("列出来"),
      list_unique: t("列出不同的值"),
    }[fn] ?? fn
  );
}

/** What a spreadsheet calls it, for those who come from there. */
const excelNames: Record<string, string> = { count: "COUNTIFS", sum: "SUMIFS", avg: "AVERAGEIFS", min: "MINIFS", max: "MAXIFS", list: "TEXTJOIN", list_unique: "UNIQUE" };

export function rollupForm(host: LinkHost): TemplateResult {
  const { links, target } = through(host);
  const fn = (host.options.fn as string | undefined) ?? "count";
  const fields = target?.fields.filter((field) => field.type !== "link" && field.id !== host.original?.id && functionsFor(field).length) ?? [];
  const field = fields.find((one) => one.id === host.options.field);
  const usable = fn === "count" || !field ? functions : ["count", ...functionsFor(field)];
  return html`${sourceForm(host, links, target)}
    ${target
      ? html`${optionRow(
            host,
            "fn",
            t("算什么"),
            select(
              host,
              t("算什么"),
              fn,
              usable.map((one) => ({ value: one, label: functionName(one), sub: excelNames[one] })),
              (value) => host.set({ fn: value }),
            ),
          )}
          ${fn === "count" ? nothing : fieldRow(host, t("算「{table}」的哪个字段", { table: target.name }), fields.filter((one) => functionsFor(one).includes(fn)))}
          ${["first", "last", "list"].includes(fn) ? orderRow(host, target, fn === "list") : nothing} ${whereRow(host, target, t("只算符合条件的"))} ${worth(host, "rollup")}`
      : nothing}`;
}

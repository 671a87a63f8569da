/** Links, look-ups and roll-ups: which table, which field, and which of the linked records. */
import { html, nothing, type TemplateResult } from "lit";
import { settled } from "../automation/settled";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo, TableRef } from "../table/info";
import { fieldIcon, type Field, type Filter } from "./field";
import { optionRow, segments, select, toggle, type OptionsHost } from "./option-forms";

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
        (id) => host.set({ table: id, two_way: id !== host.table.id }),
        t("选一张数据表"),
      ),
    )}
    ${optionRow(
      host,
      "many",
      t("每条记录可以关联"),
      segments(host, t("每条记录可以关联"), many ? "many" : "one", [["one", t("一条")], ["many", t("多条")]], (value) => host.set({ many: value === "many" })),
    )}
    ${target ? (paired ? pairedNote(host, target) : pairForm(host, target, wantsPair)) : nothing}`;
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

/** The link fields of the table, and the table that the chosen one leads to. */
function through(host: LinkHost): { links: Field[]; target: TableInfo | undefined } {
  const links = host.table.fields.filter((field) => field.type === "link" && field.id !== host.original?.id);
  const chosen = links.find((field) => field.id === host.options.link);
  const id = chosen?.options.table;
  return { links, target: id ? host.tableOf(id) : undefined };
}

function linkRow(host: LinkHost, links: Field[]): TemplateResult {
  if (!links.length) {
    return html`<div class="notice info">${icon("info")}<div><b>${t("这张表还没有关联字段")}</b><br />${t("先加一个关联字段,才能从关联的记录里取值")}</div></div>`;
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
      (id) => host.set({ link: id, field: undefined, ...(host.options.fn ? { where: null } : {}) }),
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

export function lookupForm(host: LinkHost): TemplateResult {
  const { links, target } = through(host);
  return html`${linkRow(host, links)}
    ${target ? fieldRow(host, t("显示「{table}」的哪个字段", { table: target.name }), target.fields.filter((field) => field.type !== "link" && field.id !== host.original?.id)) : nothing}`;
}

/** What a roll-up can calculate over a field. */
export function functionsFor(field: Field | undefined): string[] {
  if (!field) return [];
  const numbers = ["number", "currency", "percent", "rollup"].includes(field.type) || field.options.result === "number";
  const allowed = field.aggregates ?? [];
  return ["sum", "avg", "min", "max", "count_filled", "count_empty", "count_unique"].filter((fn) => allowed.includes(fn) && (fn.startsWith("count") || numbers));
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
    }[fn] ?? fn
  );
}

export function rollupForm(host: LinkHost): TemplateResult {
  const { links, target } = through(host);
  const fn = (host.options.fn as string | undefined) ?? "count";
  const fields = target?.fields.filter((field) => field.type !== "link" && functionsFor(field).length) ?? [];
  const field = fields.find((one) => one.id === host.options.field);
  const functions = ["count", "sum", "avg", "min", "max", "count_filled", "count_empty", "count_unique"];
  const usable = fn === "count" || !field ? functions : ["count", ...functionsFor(field)];
  return html`${linkRow(host, links)}
    ${target
      ? html`${optionRow(
            host,
            "fn",
            t("算什么"),
            select(
              host,
              t("算什么"),
              fn,
              usable.map((one) => ({ value: one, label: functionName(one) })),
              (value) => host.set({ fn: value }),
            ),
          )}
          ${fn === "count" ? nothing : fieldRow(host, t("算「{table}」的哪个字段", { table: target.name }), fields.filter((one) => functionsFor(one).includes(fn)))}
          <div class="field" role="group" aria-label=${t("只算符合条件的")}>
            <span class="lab">${t("只算符合条件的")}<span class="opt">${t("不加条件就全算")}</span></span>
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
          </div>`
      : nothing}`;
}

/** The forms of steps that look for records: find, count, update or create, link by matching fields, move, delete. */
import { html, nothing, type TemplateResult } from "lit";
import { stateGlyph, type Field, type Filter, type Sort } from "../fields/field";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import "../filter/hb-sorts";
import type { HbSorts } from "../filter/hb-sorts";
import { icon } from "../icons";
import { t } from "../i18n";
import { isEmptyFilter, withSystem } from "./describe";
import { choose, fieldOptions, problemAt, row, tableOptions } from "./form-parts";
import { aimedTable, linkTarget, tableFor, triggerTable } from "./made";
import { aimForm, assignments } from "./set-form";
import { settled } from "./settled";
import type { Aim, StepConfig, Table } from "./types";
import type { SetHost } from "./value-control";
import { pickable } from "./value-dialogs";
import { fitting, optionOf, reachable, tableOf, takesText } from "./values";

type Config<K extends StepConfig["kind"]> = Extract<StepConfig, { kind: K }>;
type Put = (config: StepConfig) => void;

/** Conditions over a table, whose operands may be values; fixed ones only where they are asked outside of the run (`values` false). */
export function whereForm(host: SetHost, label: string, table: Table, where: Filter | null | undefined, path: string, set: (where: Filter | null) => void, hint: string = "", values = true): TemplateResult {
  const problem = problemAt(host, path);
  return html`<div class="field" role="group" aria-label=${label}>
    <span class="lab">${label}</span>
    ${whereControl(host, table, where, set, values)}
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : hint ? html`<p class="hint">${hint}</p>` : nothing}
  </div>`;
}

/** The filter builder with the picker of values beside each operand. */
export function whereControl(host: SetHost, table: Table, where: Filter | null | undefined, set: (where: Filter | null) => void, values = true): TemplateResult {
  return html`<hb-filter
    careful
    .fields=${settled(withSystem(table))}
    .valuesFor=${(field: Field) => (values ? forOperand(host, field) : [])}
    .named=${(value: { kind: string }) => optionOf(host.around, value)}
    .value=${settled(isEmptyFilter(where) ? null : where)}
    ?disabled=${host.locked}
    @change=${(event: Event) => {
      event.stopPropagation();
      set((event.currentTarget as HbFilter).value);
    }}
  ></hb-filter>`;
}

function forOperand(host: SetHost, field: Field) {
  const options = pickable(host.around);
  if (takesText(field)) return options.filter((option) => !["records", "attachment"].includes(option.type ?? ""));
  const alike = field.type === "formula" || field.type === "rollup" || field.type === "lookup" ? { ...field, type: field.options.result ?? "text" } : field;
  return takesText(alike) ? options : fitting({ ...alike, type: { created_time: "datetime", updated_time: "datetime", created_by: "member", updated_by: "member", boolean: "checkbox" }[alike.type] ?? alike.type }, options);
}

function tableRow(host: SetHost, label: string, table: string, set: (id: string) => void): TemplateResult {
  return row(host, label, "config.table", choose(host, label, table, tableOptions(host.around.page.tables), set, t("选一张数据表")));
}

function othersBox(host: SetHost, table: string, others: boolean | undefined, set: (others: boolean) => void): TemplateResult | typeof nothing {
  if (triggerTable(host.around.definition.trigger) !== table || !table) return nothing;
  return html`<label class="opt-row"><input class="ck" type="checkbox" .checked=${others === true} ?disabled=${host.locked} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)} /><span>${t("不算触发的那条记录")}</span></label>`;
}

/** "Find records". */
export function findForm(host: SetHost, config: Config<"find_records">, set: Put): TemplateResult {
  const { page, definition } = host.around;
  const table = tableOf(page, config.table);
  const chosen = (id: string) => set({ kind: "find_records", table: id, where: null, sorts: [], limit: config.limit ?? 100, others: id === triggerTable(definition.trigger) });
  if (!table) return tableRow(host, t("找哪张表"), config.table, chosen);
  const sorts = problemAt(host, "config.sorts");
  return html`${tableRow(host, t("找哪张表"), config.table, chosen)}
    ${whereForm(host, t("找符合什么条件的"), table, config.where, "config.where", (where) => set({ ...config, where }), t("值可以用按钮选记录里的字段;取到的值是空的时候,一条也不算符合"))}
    ${othersBox(host, config.table, config.others, (others) => set({ ...config, others }))}
    <div class="field" role="group" aria-label=${t("哪条在前")}><span class="lab">${t("哪条在前")}</span>
      <hb-sorts .fields=${settled(withSystem(table))} .value=${settled(config.sorts ?? [])} ?disabled=${host.locked} @change=${(event: Event) => {
        event.stopPropagation();
        set({ ...config, sorts: (event.currentTarget as HbSorts).value as Sort[] });
      }}></hb-sorts>
      ${sorts ? html`<p class="hint bad">${icon("circle-alert", 14)}${sorts.message}</p>` : nothing}</div>
    ${row(host, t("最多找几条"), "config.limit", html`<input class="inp s au-number" type="number" min="1" max="10000" aria-label=${t("最多找几条")} ?disabled=${host.locked} .value=${String(config.limit ?? 100)} @change=${(event: Event) => set({ ...config, limit: Math.max(1, Math.min(10000, Math.round(Number((event.target as HTMLInputElement).value)) || 1)) })} />`, t("后面的步骤可以用第一条、全部,或只用条数"))}`;
}

/** Functions in words, by their ids. */
export function functionNames(): Record<string, string> {
  return { count: t("记录数"), sum: t("求和"), avg: t("平均"), min: t("最小"), max: t("最大"), count_filled: t("已填的数目"), count_empty: t("没填的数目"), count_unique: t("不同的值有几个") };
}

/** "Count records". */
export function aggregateForm(host: SetHost, config: Config<"aggregate">, set: Put): TemplateResult {
  const { page, definition } = host.around;
  const table = tableOf(page, config.table);
  const chosen = (id: string) => set({ kind: "aggregate", table: id, fn: "count", others: id === triggerTable(definition.trigger) });
  if (!table) return tableRow(host, t("统计哪张表"), config.table, chosen);
  const fn = config.fn ?? "count";
  const names = functionNames();
  const usable = table.fields.filter((field) => fn === "count" || field.aggregates?.includes(fn));
  const grouped = table.fields.filter((field) => field.groupable !== false && field.type !== "button");
  return html`${tableRow(host, t("统计哪张表"), config.table, chosen)}
    ${whereForm(host, t("只算符合条件的"), table, config.where, "config.where", (where) => set({ ...config, where }))}
    ${othersBox(host, config.table, config.others, (others) => set({ ...config, others }))}
    ${row(host, t("怎么算"), "config.fn", html`<div class="au-two">
        ${choose(host, t("怎么算"), fn, Object.entries(names).map(([value, label]) => ({ value, label })), (next) => set({ ...config, fn: next, field: next === "count" ? null : (config.field ?? null) }))}
        ${fn === "count" ? html`<span></span>` : choose(host, t("算哪个字段"), config.field ?? "", fieldOptions(usable), (field) => set({ ...config, field }), t("选一个字段"))}
      </div>
      ${problemAt(host, "config.field") ? html`<p class="hint bad">${icon("circle-alert", 14)}${problemAt(host, "config.field")!.message}</p>` : nothing}`)}
    ${row(host, t("再看哪一组最大"), "config.group", choose(host, t("再看哪一组最大"), config.group ?? "", [{ value: "", label: t("不分组") }, ...fieldOptions(grouped)], (group) => set({ ...config, group: group || null })), t("例如按商品分组,得到卖得最多的那个"))}`;
}

const matchable = new Set(["text", "email", "url", "phone", "barcode", "number", "currency", "percent", "rating", "progress", "duration", "date", "single_select", "cascade", "member", "link"]);

/** "Update or create a record". */
export function upsertForm(host: SetHost, config: Config<"upsert_record">, set: Put): TemplateResult {
  const table = tableOf(host.around.page, config.table);
  const chosen = (id: string) => set({ kind: "upsert_record", table: id, match: [], set: [], create: [] });
  if (!table) return tableRow(host, t("在哪张表里"), config.table, chosen);
  const [match, put, create] = [config.match ?? [], config.set ?? [], config.create ?? []];
  const of = (list: readonly { field: string }[]) => list.map((one) => one.field);
  return html`${tableRow(host, t("在哪张表里"), config.table, chosen)}
    ${assignments(host, table, match, (next) => set({ ...config, match: next }), { label: t("按哪些字段找"), path: "config.match", hint: t("都一样的就是同一条;有几条时用最早的一条"), only: (field) => matchable.has(field.type), taken: [...of(put), ...of(create)] })}
    ${assignments(host, table, put, (next) => set({ ...config, set: next }), { label: t("找到和新建都填"), path: "config.set", ways: true, taken: [...of(match), ...of(create)] })}
    ${assignments(host, table, create, (next) => set({ ...config, create: next }), { label: t("只在新建时填"), path: "config.create", taken: [...of(match), ...of(put)] })}`;
}

/** "Link by matching fields". */
export function linkForm(host: SetHost, config: Config<"link_record">, set: Put): TemplateResult {
  const { page, definition } = host.around;
  const records = reachable(host.around);
  const near = tableOf(page, tableFor(page, definition, config.of));
  const links = near?.fields.filter((field) => field.type === "link") ?? [];
  const link = links.find((field) => field.id === config.link);
  const far = link ? tableOf(page, linkTarget(page, near!.id, link.id)) : undefined;
  const match = config.match ?? [];
  const make = config.missing !== "leave";
  return html`${row(host, t("关联哪条记录"), "config.of", choose(host, t("关联哪条记录"), config.of ?? "trigger", records.map((one) => ({ value: one.of, label: one.label })), (of) => set({ ...config, of, link: "", match: [], set: [] })))}
    ${row(host, t("写到哪个关联字段"), "config.link", choose(host, t("写到哪个关联字段"), config.link, fieldOptions(links), (id) => set({ ...config, link: id, match: [], set: [] }), links.length ? t("选一个关联字段") : t("这张表没有关联字段")))}
    ${far ? assignments(host, far, match, (next) => set({ ...config, match: next }), { label: t("在「{table}」里按哪些字段找", { table: far.name }), path: "config.match", hint: t("例如 电话 = 订单的电话"), only: (field) => matchable.has(field.type), taken: (config.set ?? []).map((one) => one.field) }) : nothing}
    ${far
      ? row(host, t("没找到时"), "config.missing", html`<div class="seg" role="group" aria-label=${t("没找到时")}>
          <button type="button" aria-pressed=${make} ?disabled=${host.locked} @click=${() => set({ ...config, missing: "create" })}>${t("新建一条再关联")}</button>
          <button type="button" aria-pressed=${!make} ?disabled=${host.locked} @click=${() => set({ ...config, missing: "leave", set: [] })}>${t("不关联")}</button>
        </div>`)
      : nothing}
    ${far && make ? assignments(host, far, config.set ?? [], (next) => set({ ...config, set: next }), { label: t("新建时还填"), path: "config.set", taken: match.map((one) => one.field) }) : nothing}
    ${link && link.options.many !== false
      ? html`<label class="opt-row"><input class="ck" type="checkbox" .checked=${config.keep !== false} ?disabled=${host.locked} @change=${(event: Event) => set({ ...config, keep: (event.target as HTMLInputElement).checked })} /><span>${t("原来关联的留着")}</span></label>`
      : nothing}`;
}

/** "Delete records". */
export function deleteForm(host: SetHost, config: Config<"delete_record">, set: Put): TemplateResult {
  return html`${aimForm(host, t("删除哪些记录"), config, (aim: Aim) => set({ kind: "delete_record", ...aim }))}
    <p class="hint">${t("删除的进回收站,可以恢复")}</p>`;
}

/** "Move the state". */
export function moveForm(host: SetHost, config: Config<"move_state">, set: Put): TemplateResult {
  const { page, definition } = host.around;
  const table = tableOf(page, aimedTable(page, definition, config));
  const machines = table?.fields.filter((field) => field.options.machine) ?? [];
  const field = machines.find((one) => one.id === config.field);
  const states = (field?.options.choices ?? []).filter((choice) => !choice.archived);
  const aimed = (aim: Aim) => {
    const same = aimedTable(page, definition, aim) === table?.id;
    const found = tableOf(page, aimedTable(page, definition, aim))?.fields.find((one) => one.options.machine);
    set({ kind: "move_state", ...aim, field: same ? config.field : (found?.id ?? ""), to: same ? config.to : 0 });
  };
  return html`${aimForm(host, t("流转哪些记录"), config, aimed)}
    ${machines.length
      ? row(host, t("哪个状态"), "config.field", choose(host, t("哪个状态"), config.field, fieldOptions(machines), (id) => set({ ...config, field: id, to: 0 })))
      : html`<p class="note warn">${icon("triangle-alert", 14)}<span>${t("这张表没有带状态流转的单选字段")}</span></p>`}
    ${field
      ? row(host, t("流转到"), "config.to", html`<hb-select label=${t("流转到")} look="pill" placeholder=${t("选一个状态")} ?disabled=${host.locked} .options=${states.map((choice) => ({ value: String(choice.id), label: choice.name, color: choice.color, glyph: stateGlyph(field, choice) || undefined }))} .value=${config.to ? String(config.to) : ""} @change=${(event: Event) => {
          event.stopPropagation();
          set({ ...config, to: Number((event.currentTarget as HTMLElement & { value: string }).value) });
        }}></hb-select>`, t("照状态流转的规则走;不允许时不算失败,后面的步骤能用到原因"))
      : nothing}`;
}

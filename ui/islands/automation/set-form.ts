/** The forms that fill fields: which records, which field, how, and a value from a picker or a fixed one. */
import { html, nothing, type TemplateResult } from "lit";
import type { Field } from "../fields/field";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import { choose, fieldOptions, problemAt, row, tableOptions } from "./form-parts";
import { aimedTable } from "./made";
import type { Aim, Assignment, How, StepConfig, Table } from "./types";
import { firstValue, valueControl, type SetHost } from "./value-control";
import { lists, reachable, tableOf } from "./values";

export type { SetHost } from "./value-control";

/** Which records: one in reach, all that a step found, or those that a link points at. */
export function aimForm(host: SetHost, label: string, aim: Aim, set: (aim: Aim) => void): TemplateResult {
  const records = reachable(host.around);
  const key = (one: Aim) => `${one.of ?? "trigger"}|${one.every ? "every" : ""}|${one.via ?? ""}`;
  const options = [
    ...records.map((one) => ({ aim: { of: one.of } as Aim, label: one.label, icon: one.table.icon })),
    ...lists(host.around).map((one) => ({ aim: { of: one.of, every: true } as Aim, label: one.label, icon: "list" })),
    ...records.flatMap((one) =>
      one.table.fields
        .filter((field) => field.type === "link" && tableOf(host.around.page, field.options.table ?? ""))
        .map((field) => ({ aim: { of: one.of, via: field.id } as Aim, label: t("{record} 的「{field}」", { record: one.label, field: field.name }), icon: "link" })),
    ),
  ];
  const pick = (value: string) => {
    const found = options.find((option) => key(option.aim) === value);
    if (found) set(found.aim);
  };
  return row(host, label, ["config.of", "config.via"], choose(host, label, key(aim), options.map((option) => ({ value: key(option.aim), label: option.label, icon: option.icon })), pick, t("选要处理哪些记录")));
}

/** "Update records". */
export function updateForm(host: SetHost, config: Extract<StepConfig, { kind: "update_record" }>, set: (config: StepConfig) => void): TemplateResult {
  const { page, definition } = host.around;
  const table = tableOf(page, aimedTable(page, definition, config));
  const aimed = (aim: Aim) => {
    const same = aimedTable(page, definition, aim) === table?.id;
    set({ kind: "update_record", ...aim, set: same ? config.set : [] });
  };
  return html`${aimForm(host, t("改哪些记录"), config, aimed)}
    ${table ? assignments(host, table, config.set, (next) => set({ ...config, set: next }), { label: t("填哪些字段"), path: "config.set", ways: true }) : nothing}`;
}

/** "Create a record". */
export function createForm(host: SetHost, config: Extract<StepConfig, { kind: "create_record" }>, set: (config: StepConfig) => void): TemplateResult {
  const { page } = host.around;
  const table = tableOf(page, config.table);
  return html`${row(host, t("在哪张表里新建"), "config.table", choose(host, t("在哪张表里新建"), config.table, tableOptions(page.tables), (id) => set({ ...config, table: id, set: [] }), t("选一张数据表")))}
    ${table ? assignments(host, table, config.set ?? [], (next) => set({ ...config, set: next }), { label: t("填哪些字段"), path: "config.set" }) : nothing}`;
}

export interface AssignmentsOptions {
  label: string;
  path: string;
  hint?: string;
  /** Numbers may be added, items appended and taken out, fields emptied. */
  ways?: boolean;
  /** Fields that may be chosen; those that can be written by default. */
  only?: (field: Field) => boolean;
  /** Fields that are set elsewhere in the same step. */
  taken?: readonly string[];
}

/** Fields and their values. */
export function assignments(host: SetHost, table: Table, list: readonly Assignment[], set: (list: Assignment[]) => void, about: AssignmentsOptions): TemplateResult {
  const used = new Set([...list.map((one) => one.field), ...(about.taken ?? [])]);
  const free = table.fields.filter((field) => (!field.readonly || field.read_only === true) && !used.has(field.id) && (about.only?.(field) ?? true));
  const whole = host.problems.find((problem) => problem.path === about.path);
  const add = (id: string) => {
    const field = table.fields.find((one) => one.id === id);
    if (field) set([...list, { field: id, value: firstValue(field) }]);
  };
  return html`<div class="field" role="group" aria-label=${about.label}>
    <span class="lab">${about.label}</span>
    ${about.hint ? html`<p class="hint">${about.hint}</p>` : nothing}
    <div class="stack">
      ${list.map((one, index) => {
        const field = table.fields.find((found) => found.id === one.field);
        const put = (next: Assignment) => set(list.map((old, at) => (at === index ? next : old)));
        const remove = () => set(list.filter((_, at) => at !== index));
        return assignment(host, field, one, `${about.path}.${index}`, about.ways === true, put, remove);
      })}
      ${whole ? html`<p class="hint bad">${icon("circle-alert", 14)}${whole.message}</p>` : nothing}
      ${host.locked || !free.length ? nothing : html`<hb-select class="au-more" label=${about.label === t("填哪些字段") ? t("再填一个字段") : about.label} placeholder=${list.length ? t("再填一个字段") : t("选要填的字段")} .options=${fieldOptions(free)} .value=${""} @change=${(event: Event) => {
        event.stopPropagation();
        const box = event.currentTarget as HbSelect;
        const chosen = box.value as string;
        box.value = "";
        add(chosen);
      }}></hb-select>`}
    </div>
  </div>`;
}

const amounts = new Set(["number", "currency", "percent", "rating", "progress", "duration"]);

/** The ways in which a field can be set, the usual one first. */
export function waysOf(field: Field): { how: How; label: string }[] {
  const list = field.type === "multi_select" || field.type === "attachment" || (field.type === "link" && field.options.many !== false) || (field.type === "member" && field.options.many === true);
  const ways: { how: How; label: string }[] = [{ how: "set", label: t("设为") }];
  if (amounts.has(field.type)) ways.push({ how: "add", label: t("加上") }, { how: "remove", label: t("减去") });
  else if (list) ways.push({ how: "add", label: t("追加") }, { how: "remove", label: t("移除") });
  else if (field.type === "text" || field.type === "long_text") ways.push({ how: "add", label: t("追加") });
  if (!field.options.machine) ways.push({ how: "clear", label: t("清空") });
  return ways;
}

function assignment(host: SetHost, field: Field | undefined, one: Assignment, path: string, ways: boolean, put: (next: Assignment) => void, remove: () => void): TemplateResult {
  const problem = problemAt(host, path);
  const how = one.how ?? "set";
  const value = one.value ?? { kind: "literal", value: null };
  const offered = field && ways ? waysOf(field) : [];
  const way = offered.length > 1
    ? html`<span class="sel au-how"><select class="inp s" aria-label=${t("「{field}」怎么填", { field: field!.name })} ?disabled=${host.locked} @change=${(event: Event) => put({ ...one, how: (event.target as HTMLSelectElement).value as How })}>
        ${offered.map((found) => html`<option value=${found.how} ?selected=${found.how === how}>${found.label}</option>`)}
      </select></span>`
    : nothing;
  return html`<div class="au-set">
    <div class="au-set-h"><b class="cut">${field?.name ?? t("已删除的字段")}</b>${way}
      ${host.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("不填「{field}」", { field: field?.name ?? "" })} @click=${remove}>${icon("x", 14)}</button>`}</div>
    ${field && how !== "clear" ? valueControl(host, field, value, (next) => put({ ...one, value: next })) : nothing}
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : nothing}
  </div>`;
}

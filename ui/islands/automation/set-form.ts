/** The forms that fill fields: which record, which field, and a value from a picker or a fixed one. */
import { html, nothing, type TemplateResult } from "lit";
import { api } from "../api";
import { stateGlyph, type Field } from "../fields/field";
import type { ChoiceRecord } from "../grid/types";
import { typeUi } from "../fields/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { controlTemplate } from "../record/control";
import type { HbSelect } from "../select/hb-select";
import "../template-text/hb-template-text";
import type { HbTemplateText } from "../template-text/hb-template-text";
import { valueKey, type ValueOption } from "../template-text/parts";
import { choose, fieldOptions, problemAt, row, tableOptions, type FormHost } from "./form-parts";
import type { Assignment, StepConfig, StepValue, Table } from "./types";
import { fitting, fromParts, reachable, tableOf, takesText, toParts, valueOptions, type Surroundings } from "./values";
import { settled } from "./settled";

export interface SetHost extends FormHost {
  readonly around: Surroundings;
}

async function findChoices(field: Field, words: string): Promise<ChoiceRecord[]> {
  const answer = await api.get<{ records: ChoiceRecord[] }>(`/api/v1/tables/${field.options.table ?? ""}/choices`, { params: { q: words } });
  return answer.records;
}

/** "Update a record". */
export function updateForm(host: SetHost, config: Extract<StepConfig, { kind: "update_record" }>, set: (config: StepConfig) => void): TemplateResult {
  const records = reachable(host.around);
  const record = records.find((one) => one.of === (config.of ?? "trigger"));
  return html`${row(host, t("改哪条记录"), "config.of", choose(host, t("改哪条记录"), config.of ?? "trigger", records.map((one) => ({ value: one.of, label: one.label })), (of) => set({ ...config, of, set: [] })))}
    ${record ? assignments(host, record.table, config.set, (next) => set({ ...config, set: next })) : nothing}`;
}

/** "Create a record". */
export function createForm(host: SetHost, config: Extract<StepConfig, { kind: "create_record" }>, set: (config: StepConfig) => void): TemplateResult {
  const { page } = host.around;
  const table = tableOf(page, config.table);
  return html`${row(host, t("在哪张表里新建"), "config.table", choose(host, t("在哪张表里新建"), config.table, tableOptions(page.tables), (id) => set({ ...config, table: id, set: [] }), t("选一张数据表")))}
    ${table ? assignments(host, table, config.set ?? [], (next) => set({ ...config, set: next })) : nothing}`;
}

function assignments(host: SetHost, table: Table, list: readonly Assignment[], set: (list: Assignment[]) => void): TemplateResult {
  const options = valueOptions(host.around);
  const used = new Set(list.map((one) => one.field));
  const free = table.fields.filter((field) => (!field.readonly || field.read_only === true) && !used.has(field.id));
  const whole = host.problems.find((problem) => problem.path === "config.set");
  const add = (id: string) => {
    const field = table.fields.find((one) => one.id === id);
    if (field) set([...list, { field: id, value: firstValue(field) }]);
  };
  return html`<div class="field" role="group" aria-label=${t("填哪些字段")}>
    <span class="lab">${t("填哪些字段")}</span>
    <div class="stack">
      ${list.map((one, index) => {
        const field = table.fields.find((found) => found.id === one.field);
        const put = (value: StepValue) => set(list.map((old, at) => (at === index ? { ...old, value } : old)));
        const remove = () => set(list.filter((_, at) => at !== index));
        return assignment(host, field, one.value, options, `config.set.${index}`, put, remove);
      })}
      ${whole ? html`<p class="hint bad">${icon("circle-alert", 14)}${whole.message}</p>` : nothing}
      ${host.locked || !free.length ? nothing : html`<hb-select class="au-more" label=${t("再填一个字段")} placeholder=${list.length ? t("再填一个字段") : t("选要填的字段")} .options=${fieldOptions(free)} .value=${""} @change=${(event: Event) => {
        event.stopPropagation();
        const box = event.currentTarget as HbSelect;
        const chosen = box.value as string;
        box.value = "";
        add(chosen);
      }}></hb-select>`}
    </div>
  </div>`;
}

function firstValue(field: Field): StepValue {
  return { kind: "literal", value: field.type === "checkbox" ? true : takesText(field) ? "" : null };
}

function assignment(host: SetHost, field: Field | undefined, value: StepValue, options: ValueOption[], path: string, put: (value: StepValue) => void, remove: () => void): TemplateResult {
  const problem = problemAt(host, path);
  return html`<div class="au-set">
    <div class="au-set-h"><b class="cut">${field?.name ?? t("已删除的字段")}</b>
      ${host.locked ? nothing : html`<button type="button" class="icb" aria-label=${t("不填「{field}」", { field: field?.name ?? "" })} @click=${remove}>${icon("x", 14)}</button>`}</div>
    ${field ? valueControl(host, field, value, options, put) : nothing}
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : nothing}
  </div>`;
}

/** The control of one value: text with chips, a control of the field's type, or a value from a picker. */
export function valueControl(host: SetHost, field: Field, value: StepValue, options: ValueOption[], put: (value: StepValue) => void): TemplateResult {
  if (takesText(field)) {
    return html`<hb-template-text
      ?single=${field.type !== "long_text"}
      ?disabled=${host.locked}
      label=${field.name}
      placeholder=${t("留空就是清空;按 / 插入字段")}
      .values=${settled(options)}
      .value=${settled(toParts(value))}
      @change=${(event: Event) => {
        event.stopPropagation();
        put(fromParts((event.currentTarget as HbTemplateText).value));
      }}
    ></hb-template-text>`;
  }
  const fit = fitting(field, options, host.around);
  if (value.kind !== "literal") return reference(host, value, options, () => put(firstValue(field)));
  return html`<div class="au-value">${literal(host, field, value.value, put)}${fit.length && !host.locked ? picker(fit, put) : nothing}</div>`;
}

function reference(host: SetHost, value: StepValue, options: ValueOption[], clear: () => void): TemplateResult {
  const option = options.find((one) => valueKey(one.value) === valueKey(value));
  return html`<div class="inp s"><span class="vchip ${option ? "" : "lost"}">${icon(option?.icon ?? "circle-alert", 13)}<span class="cut">${option?.label ?? t("已经没有了")}</span>${option?.example ? html`<em>${option.example}</em>` : nothing}${host.locked
      ? nothing
      : html`<button type="button" class="x" aria-label=${t("换成固定的值")} @click=${clear}>${icon("x", 12)}</button>`}</span>
    ${option?.group ? html`<span class="f3 t12 cut">${option.group}</span>` : nothing}</div>`;
}

function picker(options: ValueOption[], put: (value: StepValue) => void): TemplateResult {
  const open = (event: Event) => {
    let group: string | undefined;
    openMenu(event.currentTarget as HTMLElement, options.flatMap((option) => {
      const heading = option.group && option.group !== group ? [{ heading: option.group }] : [];
      group = option.group;
      return [...heading, { label: option.label, icon: option.icon ?? "braces", end: option.example ?? "", run: () => put(option.value) }];
    }));
  };
  return html`<button type="button" class="icb" aria-label=${t("用记录里的值")} data-tip=${t("用记录里的值")} aria-haspopup="menu" @click=${open}>${icon("braces", 15)}</button>`;
}

function literal(host: SetHost, field: Field, value: unknown, put: (value: StepValue) => void): TemplateResult {
  const fixed = (next: unknown) => put({ kind: "literal", value: next });
  if (field.type === "checkbox") {
    return html`<div class="seg" role="group" aria-label=${field.name}>
      <button type="button" aria-pressed=${value === true} ?disabled=${host.locked} @click=${() => fixed(true)}>${t("勾选")}</button>
      <button type="button" aria-pressed=${value !== true} ?disabled=${host.locked} @click=${() => fixed(false)}>${t("不勾选")}</button>
    </div>`;
  }
  if (typeUi(field.type)?.files) return html`<p class="hint grow">${t("文件不能写死在这里,用右边的按钮选记录里的附件")}</p>`;
  if (field.type === "single_select" || field.type === "multi_select") return selectLiteral(host, field, value, fixed);
  return html`<div class="grow">${controlTemplate(field, { id: `set-${field.id}`, value, commit: fixed, cancel: () => undefined, choices: findChoices })}</div>`;
}

function selectLiteral(host: SetHost, field: Field, value: unknown, fixed: (value: unknown) => void): TemplateResult {
  const multiple = field.type === "multi_select";
  const options = (field.options.choices ?? []).filter((choice) => !choice.archived).map((choice) => ({ value: choice.name, label: choice.name, color: choice.color, glyph: stateGlyph(field, choice) || undefined }));
  return html`<hb-select
    class="grow"
    small
    label=${field.name}
    look=${field.options.machine ? "pill" : "tag"}
    placeholder=${t("清空")}
    ?multiple=${multiple}
    ?clearable=${!multiple && !field.options.machine}
    ?disabled=${host.locked}
    .options=${options}
    .value=${multiple ? (Array.isArray(value) ? value.map(String) : []) : String(value ?? "")}
    @change=${(event: Event) => {
      event.stopPropagation();
      const chosen = (event.currentTarget as HbSelect).value;
      fixed(multiple ? chosen : chosen || null);
    }}
  ></hb-select>`;
}

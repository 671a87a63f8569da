/** The fields of a record, two beside each other, each edited where it stands. */
import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { allowedMoves, choiceOf, isEmpty, type Field, type RecordData, type Value } from "../fields/field";
import { typeUi } from "../fields/types";
import { icon } from "../icons";
import { t } from "../i18n";
import type { ChoiceRecord } from "../grid/types";
import { primaryOf, type TableInfo } from "../table/info";
import { controlTemplate, isEditable } from "./control";
import { said } from "./said";
import type { Draft } from "./saver";
import { isWide, valueTemplate } from "./value";

/** With more fields than this, empty and hidden ones wait behind "显示全部". */
const alwaysAll = 14;
/** So many at most while they wait, so that what stands below stays in reach. */
const mostFolded = 16;

export interface FieldsOptions {
  table: TableInfo;
  record: RecordData;
  /** Order of the view, and what it hides. */
  order: readonly { field: string; hidden?: boolean }[];
  canEdit: boolean;
  editing: string | null;
  drafts: ReadonlyMap<string, Draft>;
  showAll: boolean;
  edit(field: Field): void;
  commit(field: Field, value: Value): void;
  cancel(field: Field): void;
  keepMine(field: Field): void;
  drop(field: Field): void;
  open(record: string): void;
  toggleAll(): void;
  /** Put a record that has no state yet into one that records begin in; null while a move is on its way. */
  start: ((field: Field, state: string) => void) | null;
  /** What the background is doing to a field, in words. */
  atWork?(field: string): string | null;
  choices(field: Field, words: string): Promise<ChoiceRecord[]>;
}

/** Whether the field is a state machine which the record has not entered. */
function isStateless(field: Field, record: RecordData | undefined): boolean {
  return Boolean(field.options.machine) && isEmpty(record?.fields[field.id]);
}

/** All fields in the order of the view, without those in the title: a name that cannot be edited, and the state. One that is not there yet comes first. */
export function orderedFields(table: TableInfo, order: readonly { field: string }[], record?: RecordData): Field[] {
  const rank = new Map(order.map((column, index) => [column.field, index]));
  const title = new Set<string | undefined>();
  if (primaryOf(table)?.readonly) title.add(primaryOf(table)?.id);
  for (const field of table.fields) if (field.options.machine && typeof record?.fields[field.id] === "string") title.add(field.id);
  const place = (field: Field) => (record && isStateless(field, record) ? -1 : (rank.get(field.id) ?? order.length));
  return [...table.fields].filter((field) => !title.has(field.id) && !(field.type === "button" && record && isEmpty(record.fields[field.id]))).sort((a, b) => place(a) - place(b));
}

/** Those that are shown at first. */
export function chosenFields(options: Pick<FieldsOptions, "table" | "record" | "order" | "drafts" | "showAll" | "editing">): { shown: Field[]; hidden: number } {
  const all = orderedFields(options.table, options.order, options.record);
  if (options.showAll || all.length <= alwaysAll) return { shown: all, hidden: 0 };
  const out = new Set(options.order.filter((column) => column.hidden).map((column) => column.field));
  const must = (field: Field) => options.drafts.has(field.id) || field.required === true || field.id === options.editing || isStateless(field, options.record);
  let room = mostFolded - all.filter(must).length;
  const shown = all.filter((field) => must(field) || (!out.has(field.id) && !isEmpty(options.record.fields[field.id]) && room-- > 0));
  return { shown, hidden: all.length - shown.length };
}

export function fieldsTemplate(options: FieldsOptions): TemplateResult {
  const { table } = options;
  const { shown, hidden } = chosenFields(options);
  const foldable = orderedFields(table, options.order, options.record).length > alwaysAll;
  return html`<section class="sec rc-fields">
    <h3>
      ${t("字段")}<span class="n">${table.fields.length}</span>
      <span class="end"
        >${foldable
          ? html`<button type="button" class="rc-fold" aria-expanded=${String(options.showAll)} @click=${() => options.toggleAll()}>
              ${options.showAll ? t("收起空的") : t("显示全部")}${icon(options.showAll ? "chevron-up" : "chevron-down", 14)}
            </button>`
          : nothing}</span
      >
    </h3>
    <dl class="rc-kv">${repeat(shown, (field) => field.id, (field) => row(field, options))}</dl>
    ${!shown.length && hidden ? html`<p class="hint">${t("都还空着")}</p>` : nothing}
  </section>`;
}

function row(field: Field, options: FieldsOptions): TemplateResult {
  const draft = options.drafts.get(field.id);
  const value = draft ? draft.value : options.record.fields[field.id];
  const editing = options.editing === field.id;
  const editable = options.canEdit && isEditable(field);
  const problemId = `rc-problem-${field.id}`;
  const atWork = options.atWork?.(field.id) ?? null;
  return html`<div class="rc-i ${atWork ? "stale" : ""} ${isWide(field, value) || draft?.problem || isStateless(field, options.record) ? "wide" : ""} ${draft && !draft.problem ? "saving" : ""}" data-field=${field.id}>
    <dt><span class="cut" title=${field.description ? `${field.name}\n${field.description}` : field.name}>${field.name}</span>${field.required ? html`<span class="req" aria-hidden="true">*</span>` : nothing}${atWork
      ? html`<span class="spin" role="img" aria-label=${atWork} data-tip=${atWork}></span>`
      : nothing}</dt>
    <dd>
      ${editing
        ? // While somebody edits, what arrives from others draws the panel anew; the control keeps what is in it.
          guard([options.record.id, JSON.stringify(field), draft?.problem, field.options.machine ? options.record.fields[field.id] : null], () =>
            controlTemplate(field, {
              id: `rc-${field.id}`,
              value,
              state: typeof options.record.fields[field.id] === "string" ? (options.record.fields[field.id] as string) : null,
              invalid: draft?.problem !== undefined,
              describedBy: draft?.problem ? problemId : undefined,
              immediate: true,
              commit: (next) => options.commit(field, next),
              cancel: () => options.cancel(field),
              choices: (one, words) => options.choices(one, words),
            }),
          )
        : editable
          ? (beginnings(field, draft, options) ?? editableValue(field, value, draft, problemId, options))
          : html`<span class="rc-v ro">${shown(field, value, options)}</span>`}
      ${editing && field.description ? html`<p class="hint rc-about">${field.description}</p>` : nothing}
      ${draft?.problem ? problem(field, draft, problemId, options) : nothing}
    </dd>
  </div>`;
}

function shown(field: Field, value: Value, options: FieldsOptions): TemplateResult {
  const template = valueTemplate(field, value, { open: options.open });
  return template === nothing ? html`<span class="rc-empty">${options.canEdit && isEditable(field) ? t("填写") : "—"}</span>` : html`${template}`;
}

/** The states that a record without one may begin in, to be entered; null for any other field. */
function beginnings(field: Field, draft: Draft | undefined, options: FieldsOptions): TemplateResult | null {
  if (draft || !isStateless(field, options.record)) return null;
  const states = allowedMoves(field, null).filter((name) => !choiceOf(field, name)?.archived);
  if (!states.length) return null;
  const { start } = options;
  return html`<div class="rc-v ro rc-start" role="group" aria-label=${field.name}>
    ${states.map((name) => html`<button type="button" class="btn s" ?disabled=${start === null} @click=${() => start?.(field, name)}>${t("从「{state}」开始", { state: name })}</button>`)}
  </div>`;
}

function editableValue(field: Field, value: Value, draft: Draft | undefined, problemId: string, options: FieldsOptions): TemplateResult {
  if (field.type === "checkbox" || typeUi(field.type)?.files) {
    return controlTemplate(field, {
      id: `rc-${field.id}`,
      value,
      record: options.record.id,
      invalid: draft?.problem !== undefined,
      commit: (next) => options.commit(field, next),
      cancel: () => {},
      choices: (one, words) => options.choices(one, words),
    });
  }
  const begin = (event: Event) => {
    if (!(event.target as Element).closest("a, button.chip")) options.edit(field);
  };
  // A click anywhere in the line edits; the button is the keyboard's way, beside links that the value may hold.
  return html`<div class="rc-v ${draft?.problem ? "bad" : ""}" @click=${begin}>
    ${shown(field, value, options)}<button
      type="button"
      class="icb rc-edit"
      aria-label=${t("编辑「{name}」", { name: field.name })}
      aria-describedby=${draft?.problem ? problemId : nothing}
    >
      ${icon("pencil", 14)}
    </button>
  </div>`;
}

function problem(field: Field, draft: Draft, id: string, options: FieldsOptions): TemplateResult {
  return html`<div class="rc-problem" role="alert" id=${id}>
    <span class="hint bad">${icon("circle-alert", 14)}<span>${said(draft.problem ?? "")}${draft.theirs?.who ? t("({who})", { who: draft.theirs.who }) : nothing}</span></span>
    ${draft.theirs
      ? html`<div class="rc-theirs">
          <span class="f3">${t("现在是")}</span> ${valueTemplate(field, draft.theirs.value)}
          <button type="button" class="btn s" @click=${() => options.keepMine(field)}>${t("用我填的")}</button>
          <button type="button" class="btn s g" @click=${() => options.drop(field)}>${t("用现在的")}</button>
        </div>`
      : html`<div class="rc-theirs">
          <button type="button" class="btn s" @click=${() => options.edit(field)}>${t("再改改")}</button>
          <button type="button" class="btn s g" @click=${() => options.drop(field)}>${t("恢复原值")}</button>
        </div>`}
  </div>`;
}

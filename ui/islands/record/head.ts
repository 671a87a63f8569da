/** The top of the record panel: the way through the records, the name with its state, what is wrong, and the moves. */
import { html, nothing, type TemplateResult } from "lit";
import { choiceOf, isEmpty, stateGlyph, type Field, type RecordData } from "../fields/field";
import { formatMoment, formatNumber, textOf } from "../fields/format";
import { allStates } from "../grid/columns";
import { glyph, icon } from "../icons";
import { locale, t } from "../i18n";
import { openMenu, type MenuItem } from "../menu/menu";
import { machineOf, primaryOf, type TableInfo } from "../table/info";
import type { Entry, Move, Neighbours, Standing } from "./types";
import { optionTemplate } from "./value";

export interface BarOptions {
  neighbours: Neighbours | null;
  /** Name of the record one came from, when this one was opened from inside another's panel. */
  back: string | null;
  menu: MenuItem[];
  step(by: 1 | -1): void;
  goBack(): void;
  copyLink(): void;
}

export function barTemplate(options: BarOptions): TemplateResult {
  const { neighbours, back } = options;
  return html`<div class="panel-h rc-bar">
    ${back !== null
      ? html`<button type="button" class="btn s g rc-back" @click=${() => options.goBack()}>${icon("arrow-left", 14)}<span class="cut">${back || t("返回")}</span></button>`
      : neighbours && neighbours.index >= 0
        ? html`<button type="button" class="icb" ?disabled=${!neighbours.previous} aria-label=${t("上一条记录")} data-tip=${t("上一条记录")} @click=${() => options.step(-1)}>${icon("chevron-up")}</button
            ><button type="button" class="icb" ?disabled=${!neighbours.next} aria-label=${t("下一条记录")} data-tip=${t("下一条记录")} @click=${() => options.step(1)}>${icon("chevron-down")}</button
            ><span class="m f2 t13">${t("{n} / {total}", { n: formatNumber(neighbours.index + 1), total: `${neighbours.exact ? "" : "≈"}${formatNumber(neighbours.total)}` })}</span>`
        : nothing}
    <span class="grow"></span>
    <button type="button" class="icb" aria-label=${t("复制链接")} data-tip=${t("复制链接")} @click=${() => options.copyLink()}>${icon("link")}</button>
    ${options.menu.length
      ? html`<button type="button" class="icb" aria-haspopup="menu" aria-label=${t("更多操作")} data-tip=${t("更多操作")} @click=${(event: Event) => openMenu(event.currentTarget as HTMLElement, options.menu, { align: "end" })}>${icon("ellipsis")}</button>`
      : nothing}
    <button type="button" class="icb" data-close-panel aria-label=${t("关闭")} data-tip=${t("关闭")}>${icon("x")}</button>
  </div>`;
}

/** What the record is called. */
export function nameOf(table: TableInfo, record: RecordData): string {
  const primary = primaryOf(table);
  return (primary ? textOf(primary, record.fields[primary.id]) : "") || t("未命名");
}

/**
 * A channel or kind at the right of the title: what is chosen in the first plain select of the view (of the table, where
 * the view names none). A state stands beside the name.
 */
export function kindOf(table: TableInfo, record: RecordData, order: readonly { field: string; hidden?: boolean }[]): { field: Field; name: string } | null {
  const shown = allStates(table.fields, [...order], table.primary).filter((column) => !column.hidden);
  const fields = shown.map((column) => table.fields.find((field) => field.id === column.field));
  const field = fields.find((one) => one?.type === "single_select" && !one.options.machine);
  const name = field ? record.fields[field.id] : null;
  return field && typeof name === "string" && name ? { field, name } : null;
}

/**
 * What stands in the record's way, in its own words: a ticked check box whose reason stands in a text field of the same
 * name (异常 and 异常原因, "Hold" and "Hold reason").
 */
export function exceptionOf(table: TableInfo, record: RecordData): { title: string; reason: string } | null {
  for (const field of table.fields) {
    if (field.type !== "checkbox" || record.fields[field.id] !== true) continue;
    const names = [`${field.name}原因`, `${field.name}说明`, `${field.name} reason`, `${field.name} Reason`];
    const reason = table.fields.find((other) => names.includes(other.name));
    if (reason) return { title: field.name, reason: isEmpty(record.fields[reason.id]) ? "" : textOf(reason, record.fields[reason.id]) };
  }
  return null;
}

/** When the record came into the state it is in; null where the history shown does not tell. */
export function stateSince(field: Field, record: RecordData, entries: readonly Entry[], complete: boolean): string | null {
  for (const entry of entries) {
    if (entry.action === "create" || entry.changes.some((change) => change.field === field.id)) return entry.at;
  }
  return complete ? (record.created_at ?? null) : null;
}

/** "27 小时", "27 hours": how long from `since` to now, in a unit that a person can grasp. */
export function stayed(since: string, now = Date.now()): string {
  const minutes = Math.max(1, Math.floor((now - new Date(since).getTime()) / 60_000));
  const [count, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 48 * 60 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
  const text = new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(count);
  // Chinese typography wants a space between digits and characters; Intl leaves it out.
  return text.replace(/^([\d,]+)(?=[^\d,\s])/, "$1 ");
}

export interface TitleOptions {
  table: TableInfo;
  record: RecordData;
  /** Columns of the view. */
  order: readonly { field: string; hidden?: boolean }[];
  entries: readonly Entry[];
  complete: boolean;
  moves: readonly Move[];
  standing: readonly Standing[];
  /** The move on its way. */
  moving: Move | null;
  /** Why the last move was refused. */
  refusal: string | null;
  deleted: boolean;
  canEdit: boolean;
  move(move: Move): void;
  /** A locked move was pressed: say why where everybody sees it. */
  explain(move: Move): void;
  restore(): void;
}

export function titleTemplate(options: TitleOptions): TemplateResult {
  const { table, record } = options;
  const machine = machineOf(table);
  const state = machine ? record.fields[machine.id] : null;
  const kind = kindOf(table, record, options.order);
  const exception = exceptionOf(table, record);
  return html`<div class="rc-t">
    <div class="rc-name-line">
      <h2 class="rc-title m" tabindex="-1">${nameOf(table, record)}</h2>
      ${machine && typeof state === "string" && state ? html`${optionTemplate(machine, state)}${stay(machine, options)}` : nothing}
      ${kind ? html`<span class="chan rc-kind c-${choiceOf(kind.field, kind.name)?.color ?? "grey"}">${kind.name}</span>` : nothing}
    </div>
    ${options.deleted
      ? html`<div class="note">${icon("trash-2")}<span class="grow">${t("这条记录已被删除,在回收站里")}</span>${options.canEdit ? html`<button type="button" class="btn s" @click=${() => options.restore()}>${t("恢复")}</button>` : nothing}</div>`
      : nothing}
    ${options.deleted ? nothing : options.standing.filter((one) => one.note).map((one) => html`<div class="note warn rc-stuck">${icon("triangle-alert")}<span>${one.note}</span></div>`)}
    ${exception ? html`<div class="note">${icon("triangle-alert")}<span>${exception.title}${exception.reason ? t(":{reason}", { reason: exception.reason }) : nothing}</span></div>` : nothing}
    ${options.moves.length && !options.deleted ? html`<div class="rc-moves" role="group" aria-label=${t("流转")}>${movesTemplate(options)}</div>` : nothing}
    ${options.refusal ? html`<div class="note" role="alert">${icon("circle-alert")}<span>${options.refusal}</span></div>` : nothing}
  </div>`;
}

function stay(machine: Field, options: TitleOptions): TemplateResult | typeof nothing {
  const choice = choiceOf(machine, options.record.fields[machine.id]);
  const kind = machine.options.machine?.states.find((state) => state.choice === choice?.id)?.kind ?? "open";
  const standing = options.standing.find((one) => one.field === machine.id);
  const since = kind === "done" || kind === "cancelled" ? null : (standing?.since ?? stateSince(machine, options.record, options.entries, options.complete));
  if (!since) return nothing;
  const tip = standing?.due ? t("在「{state}」停留的时间,时限到 {due}", { state: choice?.name ?? "", due: formatMoment(standing.due) }) : t("在「{state}」停留的时间", { state: choice?.name ?? "" });
  return html`<span class="rc-stay m ${standing?.late ? "late" : ""}" data-tip=${tip}>${stayed(since)}</span>${standing?.late ? html`<span class="tag c-red rc-late">${t("已超时")}</span>` : nothing}`;
}

/** The way forward first and filled; the rest beside it; what cannot be taken now is locked and says why. */
function movesTemplate(options: TitleOptions): TemplateResult[] {
  const main = options.moves.find((move) => move.allowed && isForward(move, options.table));
  return options.moves.map((move) => {
    if (!move.allowed) {
      return html`<button type="button" class="btn s" aria-disabled="true" data-tip=${move.locked ?? ""} aria-label=${`${move.label}: ${move.locked ?? ""}`} @click=${() => options.explain(move)}>${icon("lock", 14)}${move.label}</button>`;
    }
    const field = options.table.fields.find((one) => one.id === move.field);
    const shape = field ? stateGlyph(field, choiceOf(field, move.target)) : "";
    return html`<button
      type="button"
      class="btn s ${move === main ? "p" : ""}"
      aria-busy=${options.moving === move ? "true" : nothing}
      ?disabled=${options.moving !== null && options.moving !== move}
      @click=${() => options.move(move)}
    >
      ${move === main && shape ? glyph(shape) : nothing}${move.label}
    </button>`;
  });
}

/** Whether a move leads on in the order of the states, and not into a cancelled one. */
export function isForward(move: Move, table: TableInfo): boolean {
  const field = table.fields.find((one) => one.id === move.field);
  const choices = field?.options.choices ?? [];
  const at = (name: string) => choices.findIndex((choice) => choice.name === name);
  const kind = field?.options.machine?.states.find((state) => state.choice === choiceOf(field, move.target)?.id)?.kind;
  return kind !== "cancelled" && at(move.target) > at(move.source);
}

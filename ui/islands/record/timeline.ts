/** 操作记录: what happened to a record, who did it, through what, from what to what. */
import { html, nothing, type TemplateResult } from "lit";
import { isEmpty, type Field, type Value } from "../fields/field";
import { icon } from "../icons";
import { locale, t } from "../i18n";
import { relative } from "../shell/times";
import type { TableInfo } from "../table/info";
import { avatar } from "./people";
import type { Entry, FieldChange, LinkedName } from "./types";
import { exactMoment, linksOf, optionTemplate } from "./value";

const shownChanges = 3;

export interface TimelineOptions {
  table: TableInfo;
  /** Entries whose changes are all shown. */
  unfolded: ReadonlySet<number>;
  unfold(entry: number): void;
}

/** Through what a change came, in words; "" where the sentence says it already. */
export function channelWords(entry: Entry): string {
  switch (entry.channel) {
    case "ui":
      return t("手动");
    case "api":
      return t("接口");
    case "import":
      return t("导入");
    case "form":
      return t("表单提交");
    case "automation":
      return t("自动化运行");
    case "connector":
      return t("外部连接");
    case "undo":
      return t("撤销");
    case "redo":
      return t("重做");
    case "stock":
      return t("库存");
    case "template":
      return t("模板");
    default:
      return t("系统");
  }
}

function who(entry: Entry): string {
  if (entry.actor.kind === "automation") return t("自动化「{name}」", { name: entry.actor.name });
  return entry.actor.name || t("系统");
}

function mark(entry: Entry): TemplateResult {
  const icons: Record<string, string> = { automation: "zap", token: "plug", import: "upload", form: "clipboard-list", system: "settings" };
  const name = icons[entry.actor.kind];
  if (!name) return avatar(entry.actor, "s");
  return html`<span class="ico">${icon(name, 12)}</span>`;
}

/** Whether an entry moved a state and nothing else that a person did. */
function moveOf(entry: Entry, table: TableInfo): { field: Field; change: FieldChange } | null {
  if (entry.action !== "update") return null;
  for (const change of entry.changes) {
    const field = table.fields.find((one) => one.id === change.field);
    if (field?.options.machine && typeof change.after === "string") return { field, change };
  }
  return null;
}

function shownValue(field: Field | undefined, value: Value, text: string): TemplateResult {
  if (field?.type === "checkbox") return html`<span class=${value === true ? "b" : "f3"}>${value === true ? t("勾选") : t("没勾选")}</span>`;
  if (isEmpty(value) || value === false) return html`<span class="f3">${t("空")}</span>`;
  if (field && (field.type === "single_select" || field.type === "multi_select")) {
    return html`${(Array.isArray(value) ? value : [value]).map((name) => optionTemplate(field, String(name)))}`;
  }
  if (field?.type === "link") return html`${linksOf(value).map((item) => html`<span class="chip"><span class="cut">${item.name || "—"}</span></span>`)}`;
  return html`<span class="rc-was">${text}</span>`;
}

function fromTo(change: FieldChange, field: Field | undefined): TemplateResult {
  const pills = field?.type === "single_select" || field?.type === "multi_select" || field?.type === "link" || field?.type === "checkbox";
  const before = shownValue(field, change.before, change.before_text);
  const after = shownValue(field, change.after, change.after_text);
  return html`${pills || isEmpty(change.before) ? before : html`<del>${before}</del>`} <span class="f3" aria-label=${t("变为")}>→</span>
    ${pills || isEmpty(change.after) ? after : html`<ins>${after}</ins>`}`;
}

function sentence(entry: Entry, options: TimelineOptions): TemplateResult {
  const name = html`<b class="rc-who">${who(entry)}</b>`;
  if (entry.merged) return html`${name} ${mergeWords(entry.action === "delete", entry.merged, options.table)}`;
  if (entry.as_is) return html`${name} ${entry.action === "create" ? t("作为历史导入,状态照原样") : t("照原样改了状态,不算流转")}`;
  if (entry.action === "create") return html`${name} ${t("新建了记录")}`;
  if (entry.action === "delete") return html`${name} ${t("删除了记录")}`;
  if (entry.action === "restore") return html`${name} ${t("恢复了记录")}`;
  if (entry.action === "press") return html`${name} ${t("按了「{button}」", { button: entry.changes[0]?.after_text || entry.changes[0]?.name || t("按钮") })}`;
  const move = moveOf(entry, options.table);
  if (move && entry.changes.length === 1) return html`${name} ${t("流转")} ${fromTo(move.change, move.field)}`;
  if (entry.changes.length === 1) {
    const change = entry.changes[0]!;
    return html`${name} ${t("改了「{field}」", { field: change.name })} ${fromTo(change, fieldOf(options, change))}`;
  }
  if (!entry.changes.length) return html`${name} ${t("保存了记录")}`;
  return html`${name} ${move ? html`${t("流转")} ${fromTo(move.change, move.field)}` : t("改了 {n} 个字段", { n: entry.changes.length })}`;
}

/** "合并了 DD0002、DD0003", "把它并入 DD0001": names lead to the record that stayed, or to the trash with the others. */
function mergeWords(gone: boolean, merged: NonNullable<Entry["merged"]>, table: TableInfo): TemplateResult {
  const link = (one: LinkedName) => html`<a href=${gone ? `/t/${table.id}?record=${one.id}` : `/t/${table.id}/trash`}>${one.name || t("未命名")}</a>`;
  const words = gone ? t("把它并入 {into}") : t("合并了 {others}");
  const [before = "", after = ""] = words.split(gone ? "{into}" : "{others}");
  const names = gone ? link(merged.into) : merged.others.map((one, index) => html`${index ? t("、") : nothing}${link(one)}`);
  return html`${before}${names}${after}`;
}

function fieldOf(options: TimelineOptions, change: FieldChange): Field | undefined {
  return options.table.fields.find((field) => field.id === change.field);
}

/** Fields changed together, one a line; the first ones, unless unfolded. */
function lines(entry: Entry, options: TimelineOptions): TemplateResult | typeof nothing {
  const creating = entry.action === "create";
  const move = creating ? null : moveOf(entry, options.table);
  const rest = entry.changes.filter((change) => change !== move?.change);
  if (entry.action === "delete" || entry.action === "restore" || (!creating && entry.changes.length < 2)) return nothing;
  const all = options.unfolded.has(entry.id);
  // A new record's values stand in the panel; they are listed only on request.
  const shown = all ? rest : creating ? [] : rest.slice(0, shownChanges);
  const hidden = rest.length - shown.length;
  return html`${shown.map(
    (change) =>
      html`<div class="rc-line"><span class="f3">${change.name}</span> ${creating ? shownValue(fieldOf(options, change), change.after, change.after_text) : fromTo(change, fieldOf(options, change))}</div>`,
  )}${hidden > 0
    ? html`<button type="button" class="rc-more" @click=${() => options.unfold(entry.id)}>${creating ? t("看填了什么") : t("还有 {n} 个字段", { n: hidden })}</button>`
    : nothing}`;
}

/** "10:24" today, "昨天 08:31", else the date; the exact moment is the tooltip. */
export function shortTime(iso: string, now = new Date()): string {
  const moment = new Date(iso);
  const words = relative(moment, now);
  if (words) return words;
  return new Intl.DateTimeFormat(locale(), { month: "2-digit", day: "2-digit", ...(moment.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }) }).format(moment);
}

/** Through what it came: in the same line when there is nothing more to say, else with the reason and the way there. */
function sub(entry: Entry): TemplateResult | typeof nothing {
  const run = entry.source?.startsWith("run") ? entry.source : null;
  const job = entry.source?.startsWith("job") ? entry.source : null;
  if (!run && !job && !entry.reason) return nothing;
  const parts = [
    html`<span>${channelWords(entry)}</span>`,
    ...(entry.reason ? [html`<span>${entry.reason}</span>`] : []),
    ...(run ? [html`<a href="/runs/${run}">${t("看步骤")}</a>`] : []),
    ...(job ? [html`<a href="/imports/${job}">${t("看这次导入")}</a>`] : []),
  ];
  return html`<div class="sub">${parts.map((part, index) => html`${index ? html`<span aria-hidden="true">·</span>` : nothing}${part}`)}</div>`;
}

/** One entry of the list. */
export function entryTemplate(entry: Entry, options: TimelineOptions): TemplateResult {
  const below = sub(entry);
  return html`<li>
    ${mark(entry)}
    <div class="rc-entry">
      <div class="rc-said">${sentence(entry, options)}${below === nothing ? html` <span class="rc-through">${channelWords(entry)}</span>` : nothing}</div>
      ${lines(entry, options)} ${below}
    </div>
    <time datetime=${entry.at} data-relative data-tip=${exactMoment(entry.at)} .textContent=${shortTime(entry.at)}></time>
  </li>`;
}

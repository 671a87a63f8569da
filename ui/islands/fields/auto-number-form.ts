/** The rule of an auto number: its pieces in order, what stands for the values of another field, when it begins again. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import type { Option } from "../select/options";
import { fieldIcon, type Field } from "./field";
import { formatNumber } from "./format";
import type { LinkHost } from "./link-forms";
import { optionRow, segments, textInput, toggle } from "./option-forms";
import { choose as select } from "../select/choose";
import { formatDateParts } from "./pattern";

export interface Case {
  /** The number of a choice, or the text of any other value. */
  value: number | string;
  text: string;
}

export interface Segment {
  kind: "text" | "date" | "sequence" | "field";
  text?: string;
  width?: number;
  field?: string;
  cases?: Case[];
  /** What stands for a value without a case; null for the value itself. */
  other?: string | null;
  empty?: string;
  /** Every text counts for itself. */
  separate?: boolean;
}

/** Types whose values can stand in a number, as the server has them. */
const mappable = new Set(["single_select", "cascade", "text", "email", "url", "phone", "barcode", "number", "rating", "checkbox", "location"]);
const most = 200;

/** Whether sequences are counted one by one, without gaps. */
export function isGapless(pieces: readonly Segment[], restart: string): boolean {
  return restart !== "never" || pieces.some((piece) => piece.kind === "field" && piece.separate);
}

/** What a number looks like: the pieces in order, number 1, today; `of` gives the text of a field's piece. */
export function sampleNumber(pieces: readonly Segment[], now = new Date(), of: (piece: Segment) => string = () => ""): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "text") return piece.text ?? "";
      if (piece.kind === "date") return formatDateParts(piece.text || "%Y%m%d", now);
      if (piece.kind === "field") return of(piece);
      return "1".padStart(piece.width ?? 4, "0");
    })
    .join("");
}

/** The values that a piece tells apart, with the text of each; those that the form always shows come first. */
export function mappedValues(piece: Segment, field: Field): { value: number | string; name: string; text: string; given: boolean }[] {
  const cases = new Map((piece.cases ?? []).map((one) => [one.value, one.text]));
  const row = (value: number | string, name: string) => ({ value, name, text: cases.get(value) ?? "", given: cases.has(value) });
  if (field.type === "single_select") return (field.options.choices ?? []).filter((choice) => !choice.archived || cases.has(choice.id)).map((choice) => row(choice.id, choice.name));
  if (field.type === "checkbox") return [row("是", t("打了勾")), row("否", t("没打勾"))];
  return (piece.cases ?? []).map((one) => ({ value: one.value, name: String(one.value), text: one.text, given: true }));
}

/** Some numbers as they would come out for different values of the first mapped field: what it is for, and the number. */
export function samples(pieces: readonly Segment[], fields: readonly Field[], now = new Date()): { name: string; number: string }[] {
  const first = pieces.find((piece) => piece.kind === "field" && piece.field);
  const field = fields.find((one) => one.id === first?.field);
  const usual = (piece: Segment) => piece.cases?.[0]?.text ?? piece.other ?? "…";
  if (!first || !field) return [{ name: "", number: sampleNumber(pieces, now, usual) }];
  const of = (text: string) => sampleNumber(pieces, now, (piece) => (piece === first ? text : usual(piece)));
  const named = mappedValues(first, field).slice(0, 3).map(({ name, text, given }) => ({ name, number: of(given ? text : (first.other ?? name)) }));
  return named.length ? named : [{ name: "", number: of(first.other ?? "…") }];
}

/** The form. */
export function autoNumberForm(host: LinkHost): TemplateResult {
  const pieces = (host.options.segments as Segment[] | undefined) ?? [];
  const restart = (host.options.restart as string | undefined) ?? "never";
  const records = host.original?.type === "auto_number" ? 0 : (host.table.estimate ?? 0);
  return html`${optionRow(host, "segments", t("编号由这些段组成"), pieceList(host, pieces), sampleLine(host, pieces))}
    ${optionRow(
      host,
      "restart",
      t("流水号重新开始"),
      segments(
        host,
        t("流水号重新开始"),
        restart,
        [
          ["never", t("一直往上")],
          ["day", t("每天重来")],
          ["month", t("每月重来")],
          ["year", t("每年重来")],
        ],
        (value) => host.set({ restart: value }),
      ),
      restart === "never" ? "" : t("编号里要有对应的日期,不然会重复"),
    )}
    <ul class="fe-notes hint">
      <li>${isGapless(pieces, restart) ? t("号码连续:没存成的记录不占号;同一串号码一次只发给一个人") : t("号码不会重复,但可能有空缺:没存成的记录也会用掉一个")}</li>
      <li>${overflowNote(pieces)}</li>
      ${pieces.some((piece) => piece.kind === "field") ? html`<li>${t("编号在新建时定下,之后改了记录里的内容,编号也不变")}</li>` : nothing}
      ${records ? html`<li>${t("现有的约 {n} 条记录会按创建先后编好号,新的接着往下", { n: formatNumber(records) })}</li>` : nothing}
    </ul>`;
}

function overflowNote(pieces: readonly Segment[]): string {
  const width = pieces.find((piece) => piece.kind === "sequence")?.width ?? 4;
  return t("流水号用过 {n} 以后会变长,不会从头再来", { n: "9".repeat(width) });
}

function sampleLine(host: LinkHost, pieces: readonly Segment[]): TemplateResult {
  const all = samples(pieces, host.table.fields);
  return html`${t("下一个像这样:")}${all.map(({ name, number }, at) => html`${at ? t("、") : nothing}<b class="num">${number}</b>${name ? html` <span>(${name})</span>` : nothing}`)}`;
}

/** The pieces with one more: before the sequence where that ends the number, for that is where people write what they add. */
export function withPiece(pieces: readonly Segment[], added: Segment): Segment[] {
  const at = pieces.at(-1)?.kind === "sequence" ? pieces.length - 1 : pieces.length;
  return [...pieces.slice(0, at), added, ...pieces.slice(at)];
}

function pieceList(host: LinkHost, pieces: readonly Segment[]): TemplateResult {
  const put = (next: Segment[]) => host.set({ segments: next });
  const move = (at: number, to: number, list: HTMLElement | null) => {
    if (to < 0 || to >= pieces.length) return;
    const next = pieces.filter((_, index) => index !== at);
    next.splice(to, 0, pieces[at]!);
    put(next);
    requestAnimationFrame(() => {
      const buttons = list?.children[to]?.querySelectorAll<HTMLButtonElement>(".fe-seg-move");
      (buttons?.[to < at ? 0 : 1]?.disabled ? buttons[to < at ? 1 : 0] : buttons?.[to < at ? 0 : 1])?.focus();
    });
  };
  const keys = (event: KeyboardEvent, at: number) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    move(at, at + (event.key === "ArrowDown" ? 1 : -1), listOf(event));
  };
  const added: Segment = pieces.some((one) => one.kind === "sequence") ? { kind: "text", text: "-", width: 4 } : { kind: "sequence", text: "", width: 4 };
  return html`<ol class="fe-segs">
      ${pieces.map(
        (piece, at) =>
          html`<li class="fe-seg" @keydown=${(event: KeyboardEvent) => keys(event, at)}>
            ${kindSelect(host, pieces, piece, at)} ${pieceControl(host, pieces, piece, at)}
            <button type="button" class="icb fe-seg-move" ?disabled=${host.locked || at === 0} aria-label=${t("第 {n} 段往前移", { n: at + 1 })} data-tip=${t("往前移(Alt+↑)")} @click=${(event: Event) => move(at, at - 1, listOf(event))}>${icon("arrow-up", 14)}</button>
            <button type="button" class="icb fe-seg-move" ?disabled=${host.locked || at === pieces.length - 1} aria-label=${t("第 {n} 段往后移", { n: at + 1 })} data-tip=${t("往后移(Alt+↓)")} @click=${(event: Event) => move(at, at + 1, listOf(event))}>${icon("arrow-down", 14)}</button>
            <button type="button" class="icb" ?disabled=${host.locked || pieces.length === 1} aria-label=${t("去掉第 {n} 段", { n: at + 1 })} @click=${() => put(pieces.filter((_, index) => index !== at))}>${icon("x", 14)}</button>
            ${piece.kind === "field" ? mapping(host, pieces, piece, at) : nothing}
          </li>`,
      )}
    </ol>
    ${host.locked || pieces.length >= 10 ? nothing : html`<button type="button" class="btn s g" @click=${() => put(withPiece(pieces, added))}>${icon("plus", 14)}${t("加一段")}</button>`}`;
}

function listOf(event: Event): HTMLElement | null {
  return (event.currentTarget as HTMLElement).closest<HTMLElement>(".fe-segs");
}

function changed(host: LinkHost, pieces: readonly Segment[], at: number, part: Partial<Segment>): void {
  host.set({ segments: pieces.map((piece, index) => (index === at ? { ...piece, ...part } : piece)) });
}

function kindSelect(host: LinkHost, pieces: readonly Segment[], piece: Segment, at: number): TemplateResult {
  const fresh: Record<string, Segment> = {
    text: { kind: "text", text: "" },
    date: { kind: "date", text: "%Y%m%d" },
    sequence: { kind: "sequence", width: 4 },
    field: { kind: "field", field: "", cases: [], other: null, empty: "", separate: false },
  };
  const kinds: Option[] = [
    { value: "text", label: t("固定文字") },
    { value: "field", label: t("按字段"), sub: t("如淘宝写 TB") },
    { value: "date", label: t("日期") },
    { value: "sequence", label: t("流水号") },
  ];
  const put = (kind: string) => kind !== piece.kind && host.set({ segments: pieces.map((one, index) => (index === at ? fresh[kind]! : one)) });
  return select(host, t("第 {n} 段", { n: at + 1 }), piece.kind, kinds, put);
}

function pieceControl(host: LinkHost, pieces: readonly Segment[], piece: Segment, at: number): TemplateResult {
  const put = (part: Partial<Segment>) => changed(host, pieces, at, part);
  if (piece.kind === "text") return textInput(host, `segments.${at}.text`, t("第 {n} 段的文字", { n: at + 1 }), piece.text ?? "", (text) => put({ text }), { max: 40, placeholder: t("如 DD、-") });
  if (piece.kind === "date") {
    const dates: Option[] = ["%Y%m%d", "%y%m%d", "%Y%m", "%Y", "%m%d"].map((pattern) => ({ value: pattern, label: formatDateParts(pattern, new Date()) }));
    return select(host, t("日期的写法"), piece.text || "%Y%m%d", dates, (text) => put({ text }));
  }
  if (piece.kind === "field") {
    const fields = host.table.fields.filter((field) => mappable.has(field.type) && field.id !== host.original?.id);
    const options: Option[] = fields.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }));
    return select(host, t("第 {n} 段用哪个字段", { n: at + 1 }), piece.field ?? "", options, (field) => put({ field, cases: [] }), t("选一个字段"));
  }
  const widths: Option[] = [1, 2, 3, 4, 5, 6, 8].map((width) => ({ value: String(width), label: t("{n} 位", { n: width }), sub: "1".padStart(width, "0") }));
  return select(host, t("流水号位数"), String(piece.width ?? 4), widths, (width) => put({ width: Number(width) }));
}

/* ---- what stands for which value ---- */

function mapping(host: LinkHost, pieces: readonly Segment[], piece: Segment, at: number): TemplateResult | typeof nothing {
  const field = host.table.fields.find((one) => one.id === piece.field);
  if (!field) return nothing;
  const put = (part: Partial<Segment>) => changed(host, pieces, at, part);
  const box = field.type === "checkbox";
  const fixed = box || field.type === "single_select";
  return html`<div class="fe-map" role="group" aria-label=${t("「{field}」对应的文字", { field: field.name })}>
    <div class="fe-map-row fe-map-h"><span>${field.name}</span><span>${t("编号里写")}</span></div>
    ${fixed ? fixedRows(host, piece, field, at, put) : typedRows(host, piece, at, put)}
    <div class="fe-map-row"><span class="fe-map-more">${fixed ? (box ? t("没写的") : t("其他选项")) : t("其他内容")}</span>${otherControl(host, piece, at, put)}</div>
    ${box
      ? nothing
      : html`<div class="fe-map-row"><span class="fe-map-more">${t("空着的")}</span>${textInput(host, `segments.${at}.empty`, t("空着的写成"), piece.empty ?? "", (text) => put({ empty: text }), { max: 40, placeholder: t("什么都不写") })}</div>`}
    ${unmappedNote(piece, field)}
    ${toggle(host, t("按「{field}」分开编号", { field: field.name }), piece.separate ?? false, (on) => put({ separate: on }), t("写法不同的各有一串流水号,都从 1 开始;写法相同的共用一串"))}
  </div>`;
}

type Put = (part: Partial<Segment>) => void;

function withCase(piece: Segment, value: number | string, text: string): Case[] {
  const rest = (piece.cases ?? []).filter((one) => one.value !== value);
  if (!text) return rest;
  const known = (piece.cases ?? []).some((one) => one.value === value);
  return known ? (piece.cases ?? []).map((one) => (one.value === value ? { value, text } : one)) : [...rest, { value, text }];
}

function fixedRows(host: LinkHost, piece: Segment, field: Field, at: number, put: Put): TemplateResult[] {
  return mappedValues(piece, field).map(({ value, name, text }) => {
    const place = (piece.cases ?? []).findIndex((one) => one.value === value);
    const control = textInput(host, `segments.${at}.cases.${place < 0 ? `new-${value}` : place}.text`, t("「{value}」写成", { value: name }), text, (next) => put({ cases: withCase(piece, value, next) }), { max: 40, placeholder: t("按「其他」写") });
    return html`<div class="fe-map-row"><span class="cut">${name}</span>${control}</div>`;
  });
}

function typedRows(host: LinkHost, piece: Segment, at: number, put: Put): TemplateResult {
  const cases = piece.cases ?? [];
  const change = (row: number, part: Partial<Case>) => put({ cases: cases.map((one, index) => (index === row ? { ...one, ...part } : one)) });
  return html`${cases.map(
      (one, row) =>
        html`<div class="fe-map-row fe-map-x">
          ${textInput(host, `segments.${at}.cases.${row}.value`, t("第 {n} 个值", { n: row + 1 }), String(one.value), (value) => change(row, { value }), { max: 200, placeholder: t("内容是") })}
          ${textInput(host, `segments.${at}.cases.${row}.text`, t("第 {n} 个值写成", { n: row + 1 }), one.text, (text) => change(row, { text }), { max: 40 })}
          <button type="button" class="icb" ?disabled=${host.locked} aria-label=${t("去掉第 {n} 行", { n: row + 1 })} @click=${() => put({ cases: cases.filter((_, index) => index !== row) })}>${icon("x", 14)}</button>
        </div>`,
    )}
    ${host.locked || cases.length >= most ? nothing : html`<button type="button" class="btn s g" @click=${() => put({ cases: [...cases, { value: "", text: "" }] })}>${icon("plus", 14)}${t("加一行对应")}</button>`}`;
}

function otherControl(host: LinkHost, piece: Segment, at: number, put: Put): TemplateResult {
  const way = piece.other === null || piece.other === undefined ? "same" : "text";
  const ways: Option[] = [
    { value: "same", label: t("写它自己的文字") },
    { value: "text", label: t("写成固定文字") },
  ];
  return html`<span class="fe-map-other">
    ${select(host, t("其他的怎么写"), way, ways, (next) => put({ other: next === "same" ? null : "" }))}
    ${way === "text" ? textInput(host, `segments.${at}.other`, t("其他的写成"), piece.other ?? "", (text) => put({ other: text }), { max: 40, placeholder: t("什么都不写") }) : nothing}
  </span>`;
}

function unmappedNote(piece: Segment, field: Field): TemplateResult | typeof nothing {
  const missing = field.type === "single_select" ? mappedValues(piece, field).filter((one) => !one.given) : [];
  if (!missing.length || missing.length === mappedValues(piece, field).length) return nothing;
  const names = missing.map((one) => one.name).slice(0, 4).join(t("、")) + (missing.length > 4 ? "…" : "");
  if (piece.other === null || piece.other === undefined) return html`<p class="hint">${t("没填的选项({names})和以后新加的选项,写它自己的文字", { names })}</p>`;
  if (!piece.other) return html`<p class="hint">${t("没填的选项({names})和以后新加的选项,什么都不写", { names })}</p>`;
  return html`<p class="hint">${t("没填的选项({names})和以后新加的选项,写成「{text}」", { names, text: piece.other })}</p>`;
}

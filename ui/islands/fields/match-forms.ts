/** Look-ups and roll-ups without a link: which table, what has to match, and within which time. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo } from "../table/info";
import { fieldIcon, type Field } from "./field";
import type { LinkHost } from "./link-forms";
import { optionRow, segments, toggle } from "./option-forms";
import { choose as select } from "../select/choose";

export interface Pair {
  field: string;
  near: string;
  op?: string;
}

export interface Window {
  field: string;
  near?: string | null;
  direction?: "before" | "after" | "around";
  amount?: number;
  unit?: string;
}

export interface Match {
  table: string;
  pairs: Pair[];
  windows?: Window[];
  others?: boolean;
}

export const matchOf = (host: LinkHost): Match | null => (host.options.match as Match | null | undefined) ?? null;

const ordered = new Set(["number", "date", "datetime"]);
const isDated = (field: Field | undefined): boolean => field?.compares === "date" || field?.compares === "datetime";

/** Whether two fields can be compared; the server says the same with reasons. */
export function comparable(one: Field, other: Field): boolean {
  if (!one.compares || !other.compares) return false;
  if (one.compares === other.compares) return true;
  const kinds = [one.compares, other.compares].sort().join("/");
  return kinds === "choice/text" || kinds === "date/datetime";
}

/** Fields of the same name that can be compared: what one most likely wants to match by. */
export function likelyPair(near: readonly Field[], far: readonly Field[]): Pair {
  for (const one of near) {
    const other = far.find((field) => field.name === one.name && comparable(field, one));
    if (other && ["text", "choice"].includes(one.compares ?? "")) return { field: other.id, near: one.id };
  }
  return { field: "", near: "" };
}

const signsFor = (field: Field | undefined): string[] => (ordered.has(field?.compares ?? "") ? ["eq", "ne", "lt", "le", "gt", "ge"] : ["eq", "ne"]);

/** The pair with another field on the far side: what went with the one before by its name, or cannot be compared any more, goes along. */
export function followed(pair: Pair, field: string, near: readonly Field[], far: readonly Field[]): Pair {
  const theirs = far.find((one) => one.id === field);
  const mine = near.find((one) => one.id === pair.near);
  const op = signsFor(theirs).includes(pair.op ?? "eq") ? {} : { op: "eq" };
  const chosen = mine && theirs && comparable(theirs, mine) && far.find((one) => one.id === pair.field)?.name !== mine.name;
  if (!theirs || chosen) return { ...pair, ...op, field };
  const namesake = near.find((one) => one.name === theirs.name && comparable(theirs, one));
  return { ...pair, ...op, field, near: namesake?.id ?? "" };
}

const option = (field: Field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) });

/** How the records are found: by a link, or by fields that match. */
export function wayRow(host: LinkHost): TemplateResult {
  const match = matchOf(host);
  const links = host.table.fields.some((field) => field.type === "link" && field.id !== host.original?.id);
  const way = match ? "match" : "link";
  const choose = (next: string) => {
    if (next === way) return;
    if (next === "match") host.set({ link: null, field: null, where: null, sorts: [], match: { table: "", pairs: [{ field: "", near: "" }], windows: [] } });
    else host.set({ match: null, field: null, where: null, sorts: [] });
  };
  return optionRow(
    host,
    "way",
    t("怎么找到那些记录"),
    segments(host, t("怎么找到那些记录"), way, [["link", t("通过关联字段")], ["match", t("按条件匹配")]], choose),
    match ? t("不需要关联:两边内容对得上就算,像 COUNTIFS、SUMIFS") : links ? "" : t("没有关联字段也行:选「按条件匹配」"),
  );
}

/** The table, the rows that have to match, and the time spans. */
export function matchForm(host: LinkHost, match: Match, target: TableInfo | undefined): TemplateResult {
  const set = (part: Partial<Match>) => host.set({ match: { ...match, ...part } });
  const chosen = host.siblings.find((one) => one.id === match.table);
  const own = match.table === host.table.id;
  return html`${optionRow(
      host,
      "match.table",
      t("在哪张表里找"),
      select(
        host,
        t("在哪张表里找"),
        match.table,
        host.siblings.map((one) => ({ value: one.id, label: one.name, icon: one.icon, sub: one.id === host.table.id ? t("就是这张表") : undefined })),
        (id) => host.set({ field: null, where: null, sorts: [], match: { table: id, pairs: [{ field: "", near: "" }], windows: [], others: id === host.table.id } }),
        t("选一张数据表"),
      ),
    )}
    ${target && chosen ? html`${pairRows(host, match, target, set)} ${windowRows(host, match, target, set)} ${own ? toggle(host, t("不算这条记录自己"), match.others ?? false, (on) => set({ others: on }), t("只数同一张表里别的记录")) : nothing}` : nothing}`;
}

function removeButton(host: LinkHost, label: string, press: () => void, disabled = false): TemplateResult {
  return html`<button type="button" class="icb mt-x" aria-label=${label} ?disabled=${host.locked || disabled} @click=${press}>${icon("x", 14)}</button>`;
}

function problemLine(host: LinkHost, path: string): TemplateResult | typeof nothing {
  const said = host.problem(path);
  return said ? html`<p class="hint bad mt-say">${icon("circle-alert", 14)}${said}</p>` : nothing;
}

function pairRows(host: LinkHost, match: Match, target: TableInfo, set: (part: Partial<Match>) => void): TemplateResult {
  const near = host.table.fields.filter((field) => field.compares && field.id !== host.original?.id);
  const far = target.fields.filter((field) => field.compares && field.id !== host.original?.id);
  const first = match.pairs[0];
  if (match.pairs.length === 1 && first && !first.field && !first.near) {
    const likely = likelyPair(near, far);
    if (likely.field) queueMicrotask(() => set({ pairs: [likely] }));
  }
  const change = (at: number, part: Partial<Pair>) => set({ pairs: match.pairs.map((pair, index) => (index === at ? { ...pair, ...part } : pair)) });
  const row = (pair: Pair, at: number) => {
    const theirs = far.find((field) => field.id === pair.field);
    const mine = near.find((field) => field.id === pair.near);
    const fits = theirs ? near.filter((field) => comparable(theirs, field)) : near;
    const signs = signsFor(theirs);
    const known = mine && !fits.includes(mine) ? [...fits, mine] : fits;
    return html`<div class="mt-row" role="group" aria-label=${t("匹配条件 {n}", { n: at + 1 })}>
      <span class="mt-of cut">${t("「{table}」的", { table: target.name })}</span>
      ${select(host, t("「{table}」的字段", { table: target.name }), pair.field, far.map(option), (id) => change(at, followed(pair, id, near, far)), t("选字段"))}
      ${select(
        host,
        t("怎么比"),
        pair.op ?? "eq",
        signs.map((op) => ({ value: op, label: signName(op) })),
        (op) => change(at, { op }),
      )}
      <span class="mt-of mt-mine cut">${t("这条记录的")}</span>
      ${select(host, t("这条记录的字段"), pair.near, known.map(option), (id) => change(at, { near: id }), t("选字段"))}
      ${removeButton(host, t("去掉匹配条件 {n}", { n: at + 1 }), () => set({ pairs: match.pairs.filter((_, index) => index !== at) }), match.pairs.length === 1)}
      ${problemLine(host, `match.pairs.${at}`)}
    </div>`;
  };
  const general = match.pairs.some((_, at) => host.problem(`match.pairs.${at}`)) ? "" : host.problem("match.pairs");
  return html`<div class="field" role="group" aria-label=${t("匹配条件")}>
    <span class="lab">${t("匹配条件")}<span class="opt">${t("几行都要满足;这边是空的就不匹配")}</span></span>
    <div class="mt-rows">
      ${match.pairs.map(row)}
    </div>
    ${general ? html`<p class="hint bad">${icon("circle-alert", 14)}${general}</p>` : nothing}
    ${match.pairs.length < 8 ? html`<button type="button" class="btn s g" ?disabled=${host.locked} @click=${() => set({ pairs: [...match.pairs, { field: "", near: "" }] })}>${icon("plus", 14)}${t("加一行")}</button>` : nothing}
  </div>`;
}

/** A comparison in words. */
export function signName(op: string): string {
  return { eq: t("等于"), ne: t("不等于"), lt: t("小于"), le: t("小于等于"), gt: t("大于"), ge: t("大于等于") }[op] ?? op;
}

function windowRows(host: LinkHost, match: Match, target: TableInfo, set: (part: Partial<Match>) => void): TemplateResult | typeof nothing {
  const windows = match.windows ?? [];
  const far = target.fields.filter((field) => isDated(field) && field.id !== host.original?.id);
  if (!far.length && !windows.length) return nothing;
  const near = host.table.fields.filter((field) => isDated(field) && field.id !== host.original?.id);
  const put = (next: Window[]) => set({ windows: next });
  const change = (at: number, part: Partial<Window>) => put(windows.map((one, index) => (index === at ? { ...one, ...part } : one)));
  const row = (window: Window, at: number) => {
    const theirs = far.find((field) => field.id === window.field);
    const mine = near.find((field) => field.id === window.near);
    const hours = theirs?.compares !== "date" && mine?.compares !== "date";
    const unit = window.unit ?? "day";
    const units = [...(hours || unit === "hour" ? ["hour"] : []), "day", "week", "month", "year"];
    return html`<div class="mt-win" role="group" aria-label=${t("时间范围 {n}", { n: at + 1 })}>
      <span class="mt-of cut">${t("「{table}」的", { table: target.name })}</span>
      ${select(host, t("「{table}」的日期", { table: target.name }), window.field, far.map(option), (id) => change(at, { field: id }), t("选日期"))}
      <span class="mt-word">${t("在{day}", { day: "" })}</span>
      ${select(
        host,
        t("从哪天算"),
        window.near ?? "$now",
        [{ value: "$now", label: unit === "hour" ? t("现在") : t("今天"), icon: "clock" }, ...near.map((field) => ({ ...option(field), sub: t("这条记录的") }))],
        (id) => change(at, { near: id === "$now" ? null : id }),
      )}
      ${select(
        host,
        t("哪一边"),
        window.direction ?? "before",
        [
          { value: "before", label: t("之前") },
          { value: "after", label: t("之后") },
          { value: "around", label: t("前后") },
        ],
        (direction) => change(at, { direction: direction as "before" }),
      )}
      <span class="mt-long">
        <input
          class="inp"
          inputmode="numeric"
          autocomplete="off"
          aria-label=${t("多久")}
          ?disabled=${host.locked}
          .value=${String(window.amount ?? 90)}
          @change=${(event: Event) => event.stopPropagation()}
          @input=${(event: Event) => {
            event.stopPropagation();
            const typed = Number((event.target as HTMLInputElement).value.trim());
            change(at, { amount: Number.isInteger(typed) ? typed : 0 });
          }}
        />
        ${select(
          host,
          t("单位"),
          unit,
          units.map((key) => ({ value: key, label: unitName(key) })),
          (key) => change(at, { unit: key }),
        )}
      </span>
      <span class="mt-word">${t("内")}</span>
      ${removeButton(host, t("去掉时间范围 {n}", { n: at + 1 }), () => put(windows.filter((_, index) => index !== at)))}
      ${problemLine(host, `match.windows.${at}`)}
    </div>`;
  };
  const begin = (): Window => ({ field: far[0]?.id ?? "", near: null, direction: "before", amount: 90, unit: "day" });
  return html`<div class="field" role="group" aria-label=${t("时间范围")}>
    <span class="lab">${t("时间范围")}<span class="opt">${windows.length ? t("头尾两天都算") : t("如:今天之前 90 天内")}</span></span>
    ${windows.length ? html`<div class="mt-rows">${windows.map(row)}</div>` : nothing}
    ${windows.length < 3 && far.length ? html`<button type="button" class="btn s g" ?disabled=${host.locked} @click=${() => put([...windows, begin()])}>${icon("plus", 14)}${t("加时间范围")}</button>` : nothing}
  </div>`;
}

/** A unit of time windows. */
export function unitName(unit: string): string {
  return { hour: t("小时"), day: t("天"), week: t("周"), month: t("个月"), year: t("年") }[unit] ?? unit;
}

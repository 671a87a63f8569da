/** What the workbench shows beside the card: the way in, the states at work, recent look-ups, several hits, nothing found. */
import { html, nothing, type TemplateResult } from "lit";
import type { RecordData } from "../fields/field";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { relative } from "../shell/times";
import type { TableInfo } from "../table/info";
import { customerOf, numberOf, rowTemplate, statusOf } from "./card";
import type { Kept } from "./memory";
import type { Bindings } from "./types";

export interface Bench {
  table: TableInfo;
  bindings: Bindings;
}

export interface SearchOptions {
  value: string;
  problem: string;
  busy: boolean;
  input(value: string): void;
  submit(): void;
}

export function searchTemplate(options: SearchOptions): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    options.submit();
  };
  return html`<form class="wb-search" role="search" @submit=${submit}>
    <label class="inp">${icon("search", 20)}<span class="sr">${t("查单")}</span><input type="search" enterkeyhint="search" autocomplete="off" autocapitalize="characters" spellcheck="false"
      placeholder=${t("快递单号、订单号、手机号")} aria-invalid=${options.problem ? "true" : nothing} aria-describedby=${options.problem ? "wb-problem" : nothing} .value=${options.value} @input=${(event: Event) => options.input((event.target as HTMLInputElement).value)} /></label>
    <button class="btn p" aria-busy=${options.busy ? "true" : nothing}>${t("查")}</button>
    ${options.problem ? html`<p class="hint bad" id="wb-problem" role="alert">${icon("circle-alert", 14)}${options.problem}</p>` : nothing}
  </form>`;
}

export interface StateCount {
  name: string;
  count: number;
}

export function statesTemplate(states: readonly StateCount[], open: (state: string) => void): TemplateResult | typeof nothing {
  if (!states.length) return nothing;
  return html`<section class="wb-states"><h2>${t("要处理的")}</h2>
    <div class="wb-counts">${states.map((state) => html`<button type="button" @click=${() => open(state.name)}><b>${formatNumber(state.count)}</b><span class="cut">${state.name}</span></button>`)}</div></section>`;
}

export interface RecentOptions extends Bench {
  kept: readonly Kept[];
  current: string;
  unfolded: boolean;
  unfold(): void;
  open(record: string): void;
  clear(): void;
}

const fewRecent = 6;

export function recentTemplate(options: RecentOptions): TemplateResult {
  const shown = options.unfolded ? options.kept : options.kept.slice(0, fewRecent);
  return html`<section class="wb-recent">
    <div class="wb-recent-h"><h2>${t("刚查过")}</h2>${options.kept.length ? html`<button type="button" class="btn s g end" @click=${() => options.clear()}>${t("清空")}</button>` : nothing}</div>
    ${options.kept.length
      ? html`<ul class="wb-list">${shown.map((one) => html`<li>${recentRow(one, options)}</li>`)}
          ${options.kept.length > shown.length ? html`<li><button type="button" class="wb-row wb-more" @click=${() => options.unfold()}><span class="grow">${t("全部 {n} 单", { n: options.kept.length })}</span>${icon("chevron-down", 18)}</button></li>` : nothing}</ul>`
      : html`<p class="f3 wb-none">${t("查过的单会留在这台设备上,断网也能看")}</p>`}
  </section>`;
}

function recentRow({ card, at }: Kept, options: RecentOptions): TemplateResult {
  const place = card.places[0];
  const sub = [customerOf(options, card.record), place ? place.title : "", relative(new Date(at)) ?? ""].filter(Boolean).join(" · ");
  return html`<button type="button" class="wb-row ${card.record.id === options.current ? "on" : ""}" @click=${() => options.open(card.record.id)}>
    <span class="grow"><b class="m cut">${numberOf(options, card.record)}</b><span class="f2 cut">${sub}</span></span>${statusOf(options, card.record)}</button>`;
}

export function listTemplate(bench: Bench, title: string, note: string, records: readonly RecordData[], open: (record: string) => void): TemplateResult {
  return html`<section class="wb-hits"><h2 class="wb-title" tabindex="-1">${title}</h2>${note ? html`<p class="f2">${note}</p>` : nothing}
    ${records.length ? html`<ul class="wb-list">${records.map((record) => html`<li>${rowTemplate(bench, record, open)}</li>`)}</ul>` : html`<p class="f3 wb-none">${t("现在一单也没有")}</p>`}</section>`;
}

export interface NothingOptions {
  code: string;
  offline: boolean;
  /** How many cards this device has kept. */
  kept: number;
}

/** 没有找到: what it can be. What to do now stands under the thumb: {@link nothingBar}. */
export function nothingTemplate({ code, offline, kept }: NothingOptions): TemplateResult {
  return html`<section class="wb-nothing" role="alert">
    <span class="wb-nothing-ic">${icon(offline ? "cloud-off" : "search-x", 36)}</span>
    <h2 class="wb-title" tabindex="-1">${offline ? t("离线,没有查过这一单") : t("没有找到")}</h2>
    <p class="wb-code-big">${code}</p>
    <ul class="wb-tips">
      ${offline
        ? html`<li>${t("能看的只有这台设备上最近查过的 {n} 单", { n: kept })}</li><li>${t("联网以后再查一次")}</li>`
        : html`<li>${t("核对一下单号,换订单号、客户手机号,或者单号的后 4 位试试")}</li><li>${t("刚打的单可能还没进表,过几分钟再查")}</li><li>${t("扫到的也许是面单上别的条码,把快递单号那一条放进框里再扫")}</li>`}
    </ul>
  </section>`;
}

export interface NothingActions {
  canScan: boolean;
  again(): void;
  scan(): void;
  edit(): void;
}

export function nothingBar(actions: NothingActions): TemplateResult {
  return html`<div class="wb-bar">
    <button type="button" class="wb-act" @click=${() => actions.again()}>${icon("refresh-cw", 20)}<span>${t("再查一次")}</span></button>
    <button type="button" class="wb-act ${actions.canScan ? "" : "wide"}" @click=${() => actions.edit()}>${icon("keyboard", 20)}<span>${t("改单号")}</span></button>
    ${actions.canScan ? html`<button type="button" class="btn p wb-main-act" @click=${() => actions.scan()}>${icon("scan-line", 20)}${t("重新扫")}</button>` : nothing}
  </div>`;
}

export function waitingTemplate(): TemplateResult {
  return html`<div class="wb-waiting" role="status" aria-label=${t("正在查")}><div class="sk wb-sk-1"></div><div class="sk wb-sk-2"></div><div class="sk wb-sk-3"></div><div class="sk wb-sk-3"></div></div>`;
}

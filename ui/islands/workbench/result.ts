/** The place of the card on a workbench: what was looked up, and the bar below it for the thumb. */
import { html, nothing, type TemplateResult } from "lit";
import type { Field, RecordData, Value } from "../fields/field";
import { formatMoment, formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { cardTemplate, numberOf, partText } from "./card";
import type { Changing } from "./changing";
import { barTemplate } from "./moves";
import { listTemplate, nothingBar, nothingTemplate, waitingTemplate } from "./screens";
import type { Card, PageData } from "./types";

/** What stands in the place of the card. */
export type Shown =
  | { kind: "nothing" }
  | { kind: "waiting" }
  | { kind: "card"; card: Card; took: number | null; kept: number | null }
  | { kind: "hits"; code: string; hits: RecordData[] }
  | { kind: "missing"; code: string; offline: boolean }
  | { kind: "state"; state: string; records: RecordData[]; total: number }
  | { kind: "failed"; message: string };

export interface ResultHost {
  readonly page: PageData;
  readonly bench: { table: PageData["table"]; bindings: PageData["workbench"]["bindings"] };
  readonly shown: Shown;
  readonly changing: Changing;
  readonly offline: boolean;
  /** How many cards this device remembers. */
  readonly remembered: number;
  unfolded: boolean;
  allFacts: boolean;
  open(record: string): void;
  openScan(): void;
  /** Look up once more what the address names. */
  again(): void;
  lookUpAgain(code: string): void;
  /** Back to the box with the number in it, to mend it. */
  edit(code: string): void;
}

/** What was found, or why nothing was. */
export function resultTemplate(host: ResultHost): TemplateResult | typeof nothing {
  const { shown } = host;
  switch (shown.kind) {
    case "nothing":
      return html`<div class="wb-hint"><p class="f2">${host.page.workbench.scan ? t("扫面单、用扫码枪,或者输入单号后按回车") : t("输入单号后按回车")}</p></div>`;
    case "waiting":
      return waitingTemplate();
    case "card":
      return article(host, shown.card, shown.took, shown.kept);
    case "hits":
      return listTemplate(host.bench, t("有 {n} 单对得上", { n: formatNumber(shown.hits.length) }), t("「{code}」对上了不止一单,点要看的那一单", { code: shown.code }), shown.hits, (record) => host.open(record));
    case "state":
      return listTemplate(host.bench, t("{state} · {n} 单", { state: shown.state, n: formatNumber(shown.total) }), shown.total > shown.records.length ? t("先列最近的 {n} 单", { n: shown.records.length }) : "", shown.records, (record) => host.open(record));
    case "missing":
      return nothingTemplate({ code: shown.code, offline: shown.offline, kept: host.remembered });
    case "failed":
      return html`<div class="notice" role="alert">${icon("circle-alert", 18)}<div><b class="wb-title" tabindex="-1">${t("没有查成")}</b><div>${shown.message}</div>
        <p class="wrap"><button type="button" class="btn" @click=${() => host.again()}>${t("再试一次")}</button></p></div></div>`;
  }
}

function article(host: ResultHost, card: Card, took: number | null, kept: number | null): TemplateResult {
  const { refusal, stuck } = host.changing;
  return html`<article class="wb-card">
    <div class="wb-card-h"><h2 class="wb-number wb-title" tabindex="-1">${numberOf(host.bench, card.record)}</h2>
      ${took !== null ? html`<span class="t12 f3" data-tip=${t("从开始查到显示出来")}>${t("{n} 秒", { n: Math.max(0.1, Math.round(took / 100) / 10) })}</span>` : nothing}</div>
    ${kept !== null ? html`<p class="note warn" role="status">${icon("cloud-off", 16)}${t("离线:这是 {time} 看到的样子", { time: formatMoment(new Date(kept).toISOString()) })}</p>` : nothing}
    ${stuck ? html`<div class="note warn wb-stuck">${icon("triangle-alert", 18)}<span>${stuck}</span></div>` : nothing}
    ${refusal ? html`<div class="notice" role="alert">${icon("circle-alert", 18)}<div><b>${t("状态没有改")}</b><div>${refusal}</div><p><a class="link" href="/r/${card.record.id}">${t("打开完整记录去改")}</a></p></div></div>` : nothing}
    ${cardTemplate({ ...host.bench, fields: host.page.workbench.card, card, unfolded: host.unfolded, unfold: () => (host.unfolded = true), allFacts: host.allFacts, showFacts: () => (host.allFacts = true), open: (record) => host.open(record), ...(host.page.can_edit && kept === null && !host.offline ? { saveFiles: (field: Field, value: Value) => void host.changing.saveFiles(card, field, value) } : {}) })}
  </article>`;
}

/** What the thumb reaches: the moves of a card, or looking up the next one. */
export function footTemplate(host: ResultHost): TemplateResult | typeof nothing {
  const { scan } = host.page.workbench;
  const { shown } = host;
  if (shown.kind === "card") {
    return html`<footer class="wb-thumb">${barTemplate({
      phone: partText(host.bench, "phone", shown.card.record),
      moves: shown.kept === null && !host.offline ? host.changing.moves : [],
      moving: host.changing.moving,
      canScan: scan,
      scan: () => host.openScan(),
      move: (move) => void host.changing.move(move),
      explain: (move) => host.changing.say(move.locked ?? ""),
    })}</footer>`;
  }
  if (shown.kind === "missing") {
    const again = () => host.lookUpAgain(shown.code);
    return html`<footer class="wb-thumb">${nothingBar({ canScan: scan, again, scan: () => host.openScan(), edit: () => host.edit(shown.code) })}</footer>`;
  }
  if (!scan) return shown.kind === "nothing" ? html`<footer class="wb-thumb wb-locked f3">${icon("lock", 14)}${t("这个工作台没有开启扫码,手输单号就能查")}</footer>` : nothing;
  return html`<footer class="wb-thumb"><button type="button" class="btn p wb-scan" @click=${() => host.openScan()}>${icon("scan-line", 28)}<b>${t("扫快递面单")}</b><span>${t("也支持扫码枪和手输")}</span></button></footer>`;
}

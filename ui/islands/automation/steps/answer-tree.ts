/** A JSON answer as a tree of buttons: a click picks the value, another one leaves it. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../../icons";
import { t } from "../../i18n";
import type { AnswerValue } from "../types";

export type Place = (string | number)[];

export function samePlace(one: Readonly<Place>, other: Readonly<Place>): boolean {
  return one.length === other.length && one.every((part, index) => part === other[index]);
}

/** A picked value: named by the last name on the way to it, with a key that no other has. */
export function pickOf(place: Place, value: unknown, others: readonly AnswerValue[]): AnswerValue {
  const name = [...place].reverse().find((part): part is string => typeof part === "string") ?? t("回答");
  const base = name.toLowerCase().replace(/[^a-z0-9_]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 30) || "value";
  const taken = new Set(["status", "deliveries", "messages", ...others.map((one) => one.key)]);
  let key = base;
  for (let number = 2; taken.has(key); number += 1) key = `${base}_${number}`;
  const simple = value === null || typeof value !== "object";
  const example = typeof value === "string" ? value.slice(0, 200) : simple ? value : undefined;
  return { key, name: name.slice(0, 60), place, ...(example === undefined || example === null ? {} : { example }) };
}

function words(value: unknown): string {
  if (typeof value === "string") return value.length > 80 ? `"${value.slice(0, 80)}…"` : JSON.stringify(value);
  if (Array.isArray(value)) return t("{n} 项的列表", { n: value.length });
  if (value !== null && typeof value === "object") return t("{n} 项", { n: Object.keys(value).length });
  return String(value);
}

/** The tree; `pick` is null where nothing may be changed. */
export function answerTree(answer: unknown, has: (place: Place) => boolean, pick: ((place: Place, value: unknown) => void) | null): TemplateResult {
  const node = (name: string, value: unknown, place: Place): TemplateResult => {
    const inside = value !== null && typeof value === "object" ? Object.entries(value as Record<string, unknown>) : [];
    const on = has(place);
    const label = on ? t("不用「{name}」了", { name }) : t("取「{name}」的值", { name });
    const leaf = html`<button type="button" class="jt-v ${on ? "on" : ""}" aria-pressed=${String(on)} aria-label="${label}: ${words(value)}" ?disabled=${!pick} @click=${() => pick?.(place, value)}>${on ? icon("check", 12) : nothing}<span class="cut">${words(value)}</span></button>`;
    const key = html`<span class="jt-k">${name}</span>`;
    if (!inside.length) return html`<li><div class="jt-row">${key}${leaf}</div></li>`;
    return html`<li><div class="jt-row">${key}${leaf}</div>
      <ul>${inside.map(([part, item]) => node(Array.isArray(value) ? t("第 {n} 项", { n: Number(part) + 1 }) : part, item, [...place, Array.isArray(value) ? Number(part) : part]))}</ul></li>`;
  };
  return html`<ul class="jt">${node(t("回答"), answer, [])}</ul>`;
}

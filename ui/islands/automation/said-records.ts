/** What steps over records gave, in a sentence: for test runs and for traces. */
import { html, nothing, type TemplateResult } from "lit";
import { operatorLabel } from "../filter/operators";
import { t } from "../i18n";
import type { Rehearsed } from "./types";

type Run = Pick<Rehearsed, "kind" | "input" | "output">;

interface Comparison {
  left: string;
  op: string;
  right: string;
}

const kinds = new Set(["find_records", "aggregate", "upsert_record", "link_record", "delete_record", "move_state"]);

/** Whether the kind is told here. */
export function isOfRecords(kind: string): boolean {
  return kinds.has(kind);
}

/** The sentence; `written` draws what became of fields. */
export function saidOfRecords(run: Run, outcome: string | undefined, written: TemplateResult): TemplateResult {
  const { input, output } = run;
  const table = ((input?.table as { name?: string } | undefined)?.name ?? "") as string;
  const name = String(output?.name ?? "");
  switch (run.kind) {
    case "find_records":
      return html`<span class="f3">${table}</span> ${t("找到 {n} 条", { n: Number(output?.count ?? 0) })}`;
    case "aggregate":
      return html`<span class="f3">${table}</span> <b>${shown(output?.value)}</b>${output?.top ? html` · ${String(output.top)} <b>${shown(output.top_value)}</b>` : nothing}`;
    case "upsert_record":
    case "link_record":
      return html`${outcome}${name ? html` <b>${name}</b>` : nothing}${matchedBy(input?.match)} ${written}`;
    case "move_state":
      return html`${outcome}${output?.reason ? html`:<span class="warn-t">${String(output.reason)}</span>` : html` <b>${String(input?.state ?? "")}</b>`}${Number(output?.count ?? 0) > 1 ? html` · ${t("共 {n} 条", { n: Number(output?.count) })}` : nothing}`;
    default:
      return html`${outcome}${Number(output?.count ?? 0) > 1 ? html` · ${t("共 {n} 条", { n: Number(output?.count) })}` : nothing}`;
  }
}

/** Many records that were updated at once; null where it was one, which says what became of its fields. */
export function saidOfMany(run: Run): TemplateResult | null {
  const { input, output } = run;
  if (output?.changes !== undefined || output?.count === undefined) return null;
  const table = ((input?.table as { name?: string } | undefined)?.name ?? "") as string;
  return html`<span class="f3">${table}</span> ${t("更新了 {n} 条", { n: Number(output.count) })}${output.changed !== output.count ? html` <span class="f3">${t("其中 {n} 条有变化", { n: Number(output.changed ?? 0) })}</span>` : nothing}`;
}

/** The comparisons that a test made, and what its formulas gave. */
export function compared(input: Record<string, unknown> | null): TemplateResult {
  const comparisons = (input?.comparisons ?? []) as Comparison[];
  const formulas = (input?.formulas ?? []) as string[];
  return html`${comparisons.map((one, index) => html`${index ? ", " : nothing}<b>${one.left || t("空")}</b> <span class="f3">${operatorLabel(one.op)} ${one.right}</span>`)}${formulas.map((one) => html` <span class="f3">ƒ</span> <b>${one || t("空")}</b>`)}`;
}

function matchedBy(match: unknown): TemplateResult | typeof nothing {
  const fields = (match ?? []) as { name: string; value: unknown }[];
  if (!fields.length) return nothing;
  return html` <span class="f3">(${fields.map((one, index) => html`${index ? ", " : nothing}${one.name} = ${shown(one.value) || t("空")}`)})</span>`;
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(shown).join(t("、"));
  return typeof value === "object" ? ((value as { name?: string }).name ?? "") : String(value);
}

/** Records that a state machine leaves standing: in a state that nothing leads out of, or in none at all. */
import { html, nothing, type TemplateResult } from "lit";
import { confirmDialog } from "../dialog/dialog";
import type { Field } from "../fields/field";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { published, type Draft } from "./draft";
import type { Check } from "./types";

/** Say how many records would be stuck, before it is so; false where somebody rather changes the draft. None stuck: no question. */
export async function acceptsStuck(field: Field, draft: Draft, check: Check | null): Promise<boolean> {
  const before = published(field);
  const names = new Map([...(field.options.choices ?? []), ...draft.choices].map((choice) => [choice.id, choice.name]));
  const stuck = (check?.states ?? []).filter((state) => state.choice !== null && state.records > 0 && stands(draft, state.choice) && !(before && stands(before, state.choice)));
  if (!stuck.length) return true;
  const lines = stuck.map((state) => t("「{state}」里有 {n} 条记录", { state: names.get(state.choice!) ?? "?", n: formatNumber(state.records) }));
  return confirmDialog({
    heading: t("有记录会停在没有出路的状态"),
    text: t("{states}。发布以后没有流转离开它们,这些记录就停在那里,直到再加一条流转。", { states: lines.join(t(",")) }),
    action: t("仍然发布"),
    danger: true,
  });
}

/** Whether records in a state can go nowhere, though it is no end. */
function stands(draft: Draft, choice: number): boolean {
  const kind = draft.machine.states.find((state) => state.choice === choice)?.kind ?? "open";
  const known = draft.choices.some((one) => one.id === choice);
  const end = known && (kind === "done" || kind === "cancelled");
  return !end && !draft.machine.transitions.some((move) => move.source === choice);
}

/** Records that were there before the machine have no state: how many, and what brings them onto the way. */
export function statelessNote(field: Field, draft: Draft, check: Check | null, table: string): TemplateResult | typeof nothing {
  const records = check?.states.find((state) => state.choice === null)?.records ?? 0;
  const start = draft.choices.find((choice) => choice.id === draft.machine.initial[0]);
  if (!records || !start) return nothing;
  const said = t("{n} 条记录的「{field}」还空着;打开记录,选一个起点,如「{state}」,就能往下走。", { n: formatNumber(records), field: field.name, state: start.name });
  return html`<p class="hint">${icon("info", 14)}<span>${said} <a class="link" href=${`/t/${table}`}>${t("打开数据表")}</a></span></p>`;
}

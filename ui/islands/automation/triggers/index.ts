/** All kinds of triggers. A new kind: a file beside this one and a line in `all`, in the order in which a form offers them. */
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../../i18n";
import { describeFilter, isEmptyFilter, missing } from "../describe";
import { triggerTable } from "../made";
import type { PageData, Table, Trigger } from "../types";
import { tableOf } from "../values";
import { button } from "./button";
import { conditionsMet } from "./conditions-met";
import { dateReached } from "./date-reached";
import { formSubmitted } from "./form_submitted";
import { manual } from "./manual";
import { recordCreated } from "./record-created";
import { recordDeleted, recordRestored } from "./record-gone";
import { recordUpdated } from "./record-updated";
import { schedule } from "./schedule";
import { stateEntered, stateLeft } from "./state-entered";
import { stateMoved } from "./state-moved";
import { stateOverdue } from "./state-overdue";
import type { TriggerKind, TriggerUi } from "./ui";
import { webhook } from "./webhook";

const sorted = [
  { heading: () => t("记录"), kinds: [recordCreated, recordUpdated, conditionsMet, recordDeleted, recordRestored] },
  { heading: () => t("状态"), kinds: [stateMoved, stateEntered, stateLeft, stateOverdue] },
  { heading: () => t("时间"), kinds: [schedule, dateReached] },
  { heading: () => t("人和别的系统"), kinds: [button, manual, formSubmitted, webhook] },
] as unknown as readonly { heading: () => string; kinds: readonly TriggerUi[] }[];
const all = sorted.flatMap((group) => group.kinds);
const byKind = new Map(all.map((ui) => [ui.kind, ui]));

/** The kinds of triggers under their headings, in the order in which a form offers them. */
export function triggerGroups(): readonly { heading: () => string; kinds: readonly TriggerUi[] }[] {
  return sorted;
}

/** How a kind of trigger looks and is filled in. */
export function triggerUi(kind: TriggerKind): TriggerUi {
  return byKind.get(kind)!;
}

/** What sets an automation off, in one line. */
export function describeTrigger(page: PageData, trigger: Trigger): TemplateResult | typeof nothing {
  const ui = triggerUi(trigger.kind);
  if (ui.alone?.(trigger)) return ui.describe(page, trigger, undefined as unknown as Table);
  const table = tableOf(page, triggerTable(trigger));
  if (!table) return missing();
  const asked = "where" in trigger ? trigger.where : null;
  const where = asked && !isEmptyFilter(asked) ? html`<span class="au-and">${t("且")}</span>${describeFilter(table, asked)}` : nothing;
  return html`<span>${table.name}</span>${ui.describe(page, trigger, table)}${where}`;
}

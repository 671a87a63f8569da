/** All kinds of triggers. A new kind: a file beside this one and a line in `all`, in the order in which a form offers them. */
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../../i18n";
import { describeFilter, isEmptyFilter, missing } from "../describe";
import type { PageData, Table, Trigger } from "../types";
import { tableOf } from "../values";
import { button } from "./button";
import { recordCreated } from "./record-created";
import { recordUpdated } from "./record-updated";
import { stateMoved } from "./state-moved";
import type { TriggerKind, TriggerUi } from "./ui";

const all = [stateMoved, recordCreated, recordUpdated, button] as unknown as readonly TriggerUi[];
const byKind = new Map(all.map((ui) => [ui.kind, ui]));

/** The kinds of triggers, in the order in which a form offers them. */
export function triggerUis(): readonly TriggerUi[] {
  return all;
}

/** How a kind of trigger looks and is filled in. */
export function triggerUi(kind: TriggerKind): TriggerUi {
  return byKind.get(kind)!;
}

/** What sets an automation off, in one line. */
export function describeTrigger(page: PageData, trigger: Trigger): TemplateResult | typeof nothing {
  const ui = triggerUi(trigger.kind);
  if (ui.alone) return ui.describe(page, trigger, undefined as unknown as Table);
  const table = tableOf(page, trigger.table);
  if (!table) return missing();
  const where = trigger.where && !isEmptyFilter(trigger.where) ? html`<span class="au-and">${t("且")}</span>${describeFilter(table, trigger.where)}` : nothing;
  return html`<span>${table.name}</span>${ui.describe(page, trigger, table)}${where}`;
}

/** All kinds of steps. A new kind: a file beside this one and a line in `all`, in the order in which a menu offers them. */
import type { nothing, TemplateResult } from "lit";
import { t } from "../../i18n";
import type { Definition, PageData, Step, StepConfig, StepKind } from "../types";
import { branch } from "./branch";
import { callAutomation, loop, stop, wait } from "./course";
import { createRecord } from "./create-record";
import { httpPost } from "./http-post";
import { httpRequest } from "./http-request";
import { notify } from "./notify";
import { onlyIf } from "./only-if";
import { sendEmail } from "./send-email";
import { sendWecom } from "./send-wecom";
import { consumeStock, fillBackorders, releaseStock, reserveStock } from "./stock";
import { aggregate, deleteRecord, findRecords, linkRecord, moveState, upsertRecord } from "./records";
import type { Known, StepGroup, StepUi } from "./ui";
import { updateRecord } from "./update-record";

const all = [onlyIf, branch, loop, wait, callAutomation, stop, findRecords, aggregate, updateRecord, createRecord, upsertRecord, linkRecord, moveState, deleteRecord, reserveStock, releaseStock, consumeStock, fillBackorders, notify, sendWecom, sendEmail, httpRequest, httpPost] as unknown as readonly StepUi[];
const byKind = new Map(all.map((ui) => [ui.kind, ui]));

/** How a kind of step looks and is filled in. */
export function stepUi(kind: StepKind): StepUi {
  return byKind.get(kind)!;
}

/** A new step of a kind, with what can be guessed filled in. */
export function freshConfig(kind: StepKind, known: Known): StepConfig {
  return stepUi(kind).fresh(known);
}

/** What a step does, in one line. */
export function describeStep(page: PageData, definition: Definition, step: Step): TemplateResult | typeof nothing {
  return stepUi(step.config.kind).describe(page, definition, step.config);
}

/** Steps that are offered in a menu, in groups. */
export function menuGroups(): { heading: string; kinds: StepKind[] }[] {
  const headings: [StepGroup, string][] = [
    ["conditions", t("条件")],
    ["course", t("流程")],
    ["records", t("记录和库存")],
    ["outside", t("通知和对接")],
  ];
  return headings.map(([group, heading]) => ({ heading, kinds: all.filter((ui) => ui.group === group).map((ui) => ui.kind) }));
}

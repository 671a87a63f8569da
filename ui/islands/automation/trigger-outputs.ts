/** Values that come with the trigger itself, as steps can use them. */
import { t } from "../i18n";
import type { ValueOption } from "../template-text/parts";
import type { Trigger } from "./types";

interface Output {
  key: string;
  label: string;
  icon: string;
  type: string;
}

const types = { text: "text", number: "number", boolean: "checkbox", list: "list", json: "json" } as const;

function outputs(trigger: Trigger): Output[] {
  switch (trigger.kind) {
    case "webhook":
      return [
        ...(trigger.values ?? []).map((value) => ({ key: value.key, label: value.name, icon: "webhook", type: types[value.type ?? "text"] })),
        { key: "received_at", label: t("收到的时间"), icon: "clock", type: "datetime" },
      ];
    case "schedule":
      return [
        { key: "planned_at", label: t("计划的时间"), icon: "clock", type: "datetime" },
        { key: "planned_day", label: t("计划的日期"), icon: "calendar", type: "date" },
      ];
    case "date_reached":
      return [{ key: "due_at", label: t("到的时间"), icon: "clock", type: "datetime" }];
    case "state_overdue":
      return [{ key: "since", label: t("从什么时候起在这个状态"), icon: "clock", type: "datetime" }];
    case "form_submitted":
      return [
        { key: "submitter", label: t("谁提交的"), icon: "user", type: "text" },
        { key: "submitted_at", label: t("提交的时间"), icon: "clock", type: "datetime" },
      ];
    case "manual":
      return [{ key: "by", label: t("谁运行的"), icon: "user", type: "text" }];
    default:
      return [];
  }
}

/** The options of a picker. */
export function triggerOutputs(trigger: Trigger): ValueOption[] {
  return outputs(trigger).map((one) => ({ value: { kind: "output", step: "trigger", key: one.key }, label: one.label, icon: one.icon, group: t("触发"), type: one.type }));
}

/** What a test run works with instead: now. A webhook's values come from the sample that was caught, which the server has. */
export function givenFor(trigger: Trigger): Record<string, unknown> {
  const now = new Date().toISOString();
  if (trigger.kind === "schedule") return { planned_at: now, planned_day: now.slice(0, 10) };
  if (trigger.kind === "date_reached") return { due_at: now };
  if (trigger.kind === "state_overdue") return { since: now };
  if (trigger.kind === "form_submitted") return { submitter: "", submitted_at: now };
  return {};
}

/** How kinds of steps and triggers look. Their names and texts come from the server, in the reader's language. */
import { t } from "../i18n";
import type { StepKind, Trigger } from "./types";

/** The option colour of a kind's icon. */
export const stepColors: Record<StepKind, string> = {
  only_if: "grey",
  branch: "amber",
  update_record: "blue",
  create_record: "blue",
  reserve_stock: "indigo",
  release_stock: "indigo",
  send_wecom: "green",
  http_post: "violet",
};

export interface TriggerKind {
  kind: Trigger["kind"];
  name: string;
  description: string;
  icon: string;
}

/** The kinds of triggers, in the order in which a menu offers them. */
export function triggerKinds(): TriggerKind[] {
  return [
    { kind: "state_moved", name: t("状态流转时"), description: t("记录的状态从一个变成另一个,例如 已支付 → 审核中"), icon: "workflow" },
    { kind: "record_created", name: t("新建记录时"), description: t("手工新建、导入、表单、接口来的都算"), icon: "file-plus-2" },
    { kind: "record_updated", name: t("修改记录时"), description: t("选中的字段有改动时"), icon: "pencil-line" },
    { kind: "button", name: t("按按钮时"), description: t("有人在记录上按一个按钮字段时"), icon: "square-mouse-pointer" },
  ];
}

/** Steps that are offered in a menu, in groups. */
export function menuGroups(): { heading: string; kinds: StepKind[] }[] {
  return [
    { heading: t("条件"), kinds: ["only_if", "branch"] },
    { heading: t("记录和库存"), kinds: ["update_record", "create_record", "reserve_stock", "release_stock"] },
    { heading: t("通知和对接"), kinds: ["send_wecom", "http_post"] },
  ];
}

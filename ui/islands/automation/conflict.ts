/** Two people have edited one draft: what is different between theirs and mine, and which of them is to go on. */
import { html } from "lit";
import { openDialog } from "../dialog/dialog";
import { icon } from "../icons";
import { t } from "../i18n";
import { exactMoment } from "../record/value";
import { diffView } from "./diff";
import type { Definition, Draft, PageData } from "./types";

export type Choice = "mine" | "theirs";

/** Ask which draft to keep; null for neither yet. `draft`: the other's, null when it was published or dropped. */
export async function conflictDialog(page: PageData, draft: Draft | null, theirs: Definition, mine: Definition): Promise<Choice | null> {
  const who = draft ? t("「{by}」在 {when} 改了这份草稿,你的改动还没存上。", { by: draft.by || t("别人"), when: exactMoment(draft.at) }) : t("这份草稿已经被别人发布或丢掉了,你的改动还没存上。");
  return openDialog<Choice | null>({
    heading: t("草稿被别人改过"),
    body: html`<div class="stack"><p>${who}</p><p class="f2">${t("从对方的到你的,不同的是:")}</p><div class="au-diff-box">${diffView(page, theirs, mine, icon)}</div><p class="hint">${t("选了一份,另一份就不在草稿里了;改用对方的以后可以撤销回你的。")}</p></div>`,
    size: "l",
    actions: [
      { label: t("先不决定"), value: null },
      { label: t("用我的盖过去"), value: "mine" },
      { label: t("改用对方的"), value: "theirs", kind: "p" },
    ],
  });
}

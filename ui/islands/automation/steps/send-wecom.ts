/** "Send a WeCom message". */
import { html, nothing } from "lit";
import { t } from "../../i18n";
import { describeConnector, describeParts, missing } from "../describe";
import { wecomForm } from "../message-form";
import type { StepUi } from "./ui";

export const sendWecom: StepUi<"send_wecom"> = {
  kind: "send_wecom",
  color: "green",
  group: "outside",
  failure: "outside",
  fresh: (known) => ({ kind: "send_wecom", connector: known.connector("wecom_robot"), text: { kind: "text", parts: [] } }),
  form: wecomForm,
  describe: (page, definition, config) => {
    const mention = config.mention?.length ? html`<span class="f3">·</span>${t("提到")} ${config.mention.map((who) => html`<span class="chip">${who === "@all" ? t("所有人") : who}</span>`)}` : nothing;
    return html`${describeConnector(page, config.connector)}${mention}<span class="au-said cut">${config.text.parts.length ? describeParts(page, definition, config.text.parts) : missing()}</span>`;
  },
};

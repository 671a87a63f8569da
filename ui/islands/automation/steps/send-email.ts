/** "Send e-mail". */
import { html } from "lit";
import { t } from "../../i18n";
import { describeConnector, describeParts, missing } from "../describe";
import { row } from "../form-parts";
import { connectorRow } from "../message-form";
import { textControl } from "../value-control";
import { toParts } from "../values";
import { audienceControl, audienceWords } from "./tell";
import type { StepUi } from "./ui";

export const sendEmail: StepUi<"send_email"> = {
  kind: "send_email",
  color: "blue",
  group: "outside",
  failure: "outside",
  fresh: (known) => ({ kind: "send_email", connector: known.connector("smtp"), subject: { kind: "text", parts: [] }, text: { kind: "text", parts: [] }, to: [] }),
  form: (host, config, set) => html`${connectorRow(host, "smtp", t("用哪个邮箱"), config.connector, (connector) => set({ ...config, connector }), t("没发出去会自动重试;同一封信重发时编号不变,不会当成两封"))}
    ${row(host, t("发给谁"), ["config.to", "config.values"], audienceControl(host, config, ({ to = [], values = [] }) => set({ ...config, to, values }), true), t("每个地址单独一封,互相看不到;字段里可以写几个地址,用逗号分开"))}
    ${row(host, t("邮件主题"), "config.subject", textControl(host, t("邮件主题"), config.subject, true, (value) => set({ ...config, subject: { kind: "text", parts: toParts(value) } }), t("一句话,按 / 插入字段")))}
    ${row(host, t("邮件正文"), "config.text", textControl(host, t("邮件正文"), config.text, false, (value) => set({ ...config, text: { kind: "text", parts: toParts(value) } }), t("写正文,按 / 插入字段")))}`,
  describe: (page, definition, config) => {
    const around = { page, definition, step: "", sample: null, rehearsal: null };
    const who = audienceWords(page, around, config);
    return html`${describeConnector(page, config.connector)}<span class="f3">·</span>${who.length ? who.map((one) => html`<span class="chip">${one}</span>`) : missing()}<span class="au-said cut">${config.subject.parts.length ? describeParts(page, definition, config.subject.parts) : missing()}</span>`;
  },
};

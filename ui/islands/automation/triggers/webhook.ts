/** "When a program calls". */
import { html } from "lit";
import { t } from "../../i18n";
import "./hb-hook-form";
import type { TriggerUi } from "./ui";

export const webhook: TriggerUi<"webhook"> = {
  kind: "webhook",
  icon: "webhook",
  name: () => t("收到推送时"),
  description: () => t("别的系统向一个保密的地址发数据(Webhook)"),
  fresh: () => ({ kind: "webhook", values: [], key_header: "Idempotency-Key", key_path: [], signature: null }),
  alone: () => true,
  rows: (host, trigger) => html`<hb-hook-form .host=${host} .problems=${host.problems} .trigger=${trigger} .automation=${host.page.automation.id}></hb-hook-form>`,
  describe: (_page, trigger) => {
    const values = trigger.values ?? [];
    return values.length ? html`${values.map((value) => html`<span class="chip">${value.name}</span>`)}` : html`<span class="f3">${t("还没取值")}</span>`;
  },
};

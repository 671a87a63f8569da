/** "Post to a URL". */
import { html } from "lit";
import { t } from "../../i18n";
import { describeConnector } from "../describe";
import { postForm } from "../message-form";
import type { StepUi } from "./ui";

export const httpPost: StepUi<"http_post"> = {
  kind: "http_post",
  color: "violet",
  group: "outside",
  failure: "outside",
  fresh: (known) => ({ kind: "http_post", connector: known.connector("http_webhook"), body: {} }),
  form: postForm,
  describe: (page, _definition, config) => html`${describeConnector(page, config.connector)}<span class="f3">·</span>${t("{n} 项内容", { n: Object.keys(config.body ?? {}).length })}`,
};

/** "Create a record". */
import { html } from "lit";
import { t } from "../../i18n";
import { describeSet, missing } from "../describe";
import { createForm } from "../set-form";
import { tableOf } from "../values";
import type { StepUi } from "./ui";

export const createRecord: StepUi<"create_record"> = {
  kind: "create_record",
  color: "blue",
  group: "records",
  failure: "inside",
  fresh: (known) => ({ kind: "create_record", table: known.table, set: [] }),
  form: createForm,
  describe: (page, definition, config) => {
    const table = tableOf(page, config.table);
    if (!table) return missing();
    return html`<span>${table.name}</span><span class="f3">·</span>${config.set?.length ? describeSet(page, definition, table, config.set) : html`<span class="f3">${t("空记录")}</span>`}`;
  },
};

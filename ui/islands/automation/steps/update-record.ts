/** "Update a record". */
import { html } from "lit";
import { describeAim, describeSet } from "../describe";
import { aimedTable } from "../made";
import { updateForm } from "../set-form";
import { tableOf } from "../values";
import type { StepUi } from "./ui";

export const updateRecord: StepUi<"update_record"> = {
  kind: "update_record",
  color: "blue",
  group: "records",
  failure: "inside",
  fresh: () => ({ kind: "update_record", set: [] }),
  form: updateForm,
  describe: (page, definition, config) => html`${describeAim(page, definition, config)}${describeSet(page, definition, tableOf(page, aimedTable(page, definition, config)), config.set)}`,
};

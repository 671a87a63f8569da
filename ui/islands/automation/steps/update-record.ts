/** "Update a record". */
import { describeSet } from "../describe";
import { tableFor } from "../made";
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
  describe: (page, definition, config) => describeSet(page, definition, tableOf(page, tableFor(definition, config.of)), config.set),
};

/** "Continue only if". */
import { onlyIfForm } from "../condition-form";
import { describeTest } from "../describe";
import type { StepUi } from "./ui";

export const onlyIf: StepUi<"only_if"> = {
  kind: "only_if",
  color: "grey",
  group: "conditions",
  failure: "none",
  fresh: (known) => ({ kind: "only_if", test: known.test }),
  form: (host, config, set) => onlyIfForm(host, config.test, (test) => set({ ...config, test })),
  describe: (page, definition, config) => describeTest(page, definition, config.test),
};

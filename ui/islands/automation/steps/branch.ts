/** A branch: its arms stand below its card. */
import { nothing } from "lit";
import { branchForm } from "../condition-form";
import { freshArm } from "../tree";
import type { StepUi } from "./ui";

export const branch: StepUi<"branch"> = {
  kind: "branch",
  color: "amber",
  group: "conditions",
  failure: "none",
  fresh: (known) => ({ kind: "branch", arms: [freshArm(known.test)] }),
  form: (host, config, set) => branchForm(host, config.arms, (arms) => set({ ...config, arms })),
  describe: () => nothing,
};

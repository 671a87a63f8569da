import { beforeEach, describe, expect, it } from "vitest";
import { definitionOf, forget, keep, kept, same } from "./draft";
import type { Automation } from "./types";

const automation: Automation = {
  id: "autA",
  version: 3,
  name: "播报",
  enabled: true,
  trigger: { kind: "record_created", table: "tblO" },
  steps: [{ id: "stpA", config: { kind: "update_record", set: [] } }],
};

describe("drafts", () => {
  beforeEach(() => localStorage.clear());

  it("are what differs in meaning, not in spelling", () => {
    const saved = definitionOf(automation);
    const spelt = { ...saved, enabled: false, trigger: { table: "tblO", kind: "record_created" as const, where: null }, steps: [{ id: "stpA", name: "", attempts: 5, on_failure: "stop" as const, config: { kind: "update_record" as const, of: "trigger", set: [] } }] };
    expect(same(saved, spelt)).toBe(true);
    expect(same(saved, { ...saved, name: "别的" })).toBe(false);
    expect(same(saved, { ...saved, steps: [{ ...saved.steps[0]!, attempts: 3 }] })).toBe(false);
  });

  it("are found again while the server's draft is the one they began on", () => {
    const draft = { ...definitionOf(automation), name: "改了" };
    keep("autA", 3, draft);
    expect(kept(automation, 3)?.name).toBe("改了");
    expect(kept(automation, 4)).toBeNull();
    forget("autA");
    expect(kept(automation, 3)).toBeNull();
  });
});

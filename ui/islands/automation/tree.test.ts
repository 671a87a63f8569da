import { describe, expect, it } from "vitest";
import { before, byStep, canMove, copyOf, emptyTest, find, insert, move, numbers, placeOf, remove, replace, top, users, walk } from "./tree";
import { freshConfig } from "./steps/index";
import type { Step } from "./types";

const update = (id: string): Step => ({ id, config: { kind: "update_record", set: [] } });
const steps: Step[] = [
  { id: "stpA", config: { kind: "reserve_stock", stock: "stk1" } },
  {
    id: "stpB",
    config: {
      kind: "branch",
      arms: [
        { name: "缺", test: { kind: "outcome_is", step: "stpA", outcome: "short" }, steps: [update("stpC"), update("stpD")] },
        { name: "够", test: null, steps: [update("stpE")] },
      ],
    },
  },
  update("stpF"),
];
const order = (list: readonly Step[]) => [...walk(list)].map(({ step }) => step.id).join(" ");

describe("the tree of steps", () => {
  it("is read in order and numbered", () => {
    expect(order(steps)).toBe("stpA stpB stpC stpD stpE stpF");
    expect(numbers(steps).get("stpE")).toBe(5);
    expect(find(steps, "stpD")?.id).toBe("stpD");
    expect(find(steps, "stpX")).toBeUndefined();
  });

  it("is changed without touching what was there", () => {
    const frozen = JSON.stringify(steps);
    expect(order(insert(steps, { branch: "stpB", arm: 1 }, 0, update("stpN")))).toBe("stpA stpB stpC stpD stpN stpE stpF");
    expect(order(insert(steps, top, 3, update("stpN")))).toBe("stpA stpB stpC stpD stpE stpF stpN");
    expect(order(remove(steps, "stpB"))).toBe("stpA stpF");
    expect(order(remove(steps, "stpC"))).toBe("stpA stpB stpD stpE stpF");
    expect(find(replace(steps, "stpE", (step) => ({ ...step, name: "改" })), "stpE")?.name).toBe("改");
    expect(JSON.stringify(steps)).toBe(frozen);
  });

  it("lets steps change places with their neighbours only", () => {
    expect(order(move(steps, "stpD", -1))).toBe("stpA stpB stpD stpC stpE stpF");
    expect(order(move(steps, "stpD", 1))).toBe(order(steps));
    expect([canMove(steps, "stpD", -1), canMove(steps, "stpD", 1), canMove(steps, "stpE", 1)]).toEqual([true, false, false]);
  });

  it("knows what a step can refer to: not what another arm did", () => {
    expect(before(steps, "stpE").map((step) => step.id)).toEqual(["stpA", "stpB"]);
    expect(before(steps, "stpD").map((step) => step.id)).toEqual(["stpA", "stpB", "stpC"]);
    expect(before(steps, "stpF").map((step) => step.id)).toEqual(["stpA", "stpB"]);
    expect(before(steps, "stpA")).toEqual([]);
    expect(users(steps, "stpA").map((step) => step.id)).toEqual(["stpB"]);
  });

  it("copies a branch with ids of its own", () => {
    let drawn = 0;
    const copy = copyOf(steps[1]!, () => `stpNew${(drawn += 1)}`);
    expect(order([copy])).toBe("stpNew1 stpNew2 stpNew3 stpNew4");
    expect(JSON.stringify(copy)).toContain('"step":"stpA"');
  });

  it("finds the step that a problem is about", () => {
    expect(placeOf({ steps }, "steps.1.config.arms.0.steps.1.config.set")).toEqual({ step: "stpD", rest: "config.set" });
    expect(placeOf({ steps }, "steps.1.config.arms.0.test.where")).toEqual({ step: "stpB", rest: "config.arms.0.test.where" });
    expect(placeOf({ steps }, "steps.2.config.set.0.value")).toEqual({ step: "stpF", rest: "config.set.0.value" });
    expect(placeOf({ steps }, "trigger.table")).toBeNull();
    const problem = (path: string) => ({ code: "x", message: "m", path });
    const found = byStep({ steps }, [problem("trigger.where"), problem("steps.0.config.stock"), problem("name")]);
    expect([...found.keys()]).toEqual(["trigger", "stpA", ""]);
  });

  it("makes fresh steps with what can be guessed", () => {
    const known = { table: "tbl1", stock: "stk1", connector: (kind: string) => (kind === "wecom_robot" ? "con1" : ""), test: emptyTest() };
    expect(freshConfig("send_wecom", known)).toEqual({ kind: "send_wecom", connector: "con1", text: { kind: "text", parts: [] } });
    expect(freshConfig("reserve_stock", known)).toEqual({ kind: "reserve_stock", stock: "stk1" });
  });
});

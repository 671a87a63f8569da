import { describe, expect, it } from "vitest";
import { draw } from "./picture";

const choices = ["待支付", "已支付", "已关闭"].map((name, index) => ({ id: index + 1, name, color: "grey" }));
const machine = {
  initial: [1],
  states: [{ choice: 3, kind: "cancelled" as const }],
  transitions: [{ source: 1, target: 2 }, { source: 1, target: 3 }, { source: 2, target: 3 }, { source: 2, target: 1 }],
};

describe("the picture of a state machine", () => {
  it("puts each state a step further, cancelled ones below", () => {
    const { nodes } = draw(choices, machine);
    const at = Object.fromEntries(nodes.map((node) => [node.choice.name, node]));
    expect(at["已支付"]!.x).toBeGreaterThan(at["待支付"]!.x);
    expect(at["已关闭"]!.x).toBe(at["已支付"]!.x);
    expect(at["已关闭"]!.y).toBeGreaterThan(at["已支付"]!.y);
  });

  it("draws one edge for each transition and marks the ways back", () => {
    const { edges } = draw(choices, machine);
    expect(edges).toHaveLength(4);
    expect(edges.filter((edge) => edge.back).map((edge) => edge.transition.target)).toEqual([1]);
  });

  it("never puts two states on one another, also those that no way leads to", () => {
    const { nodes } = draw([...choices, { id: 4, name: "孤立", color: "grey" }], machine);
    expect(new Set(nodes.map((node) => `${node.x},${node.y}`)).size).toBe(4);
  });
});

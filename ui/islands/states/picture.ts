/** Where states stand in the picture, and the curves between them. Columns are steps from the first state; cancelled ones stand below. */
import type { Choice } from "../fields/field";
import type { Machine, Transition } from "./types";

export const nodeWidth = 136;
export const nodeHeight = 56;
const gapX = 80;
const gapY = 58;
const margin = { x: 8, y: 44 };

export interface Node {
  choice: Choice;
  x: number;
  y: number;
}

export interface Edge {
  transition: Transition;
  path: string;
  tip: string;
  label: { x: number; y: number };
  back: boolean;
}

export interface Picture {
  nodes: Node[];
  edges: Edge[];
  width: number;
  height: number;
}

function depths(choices: Choice[], machine: Machine): Map<number, number> {
  const depth = new Map<number, number>();
  const first = machine.initial[0] ?? choices[0]?.id;
  let front = first === undefined ? [] : [first];
  for (let at = 0; front.length; at++) {
    for (const id of front) depth.set(id, at);
    front = [...new Set(machine.transitions.filter((one) => front.includes(one.source)).map((one) => one.target))].filter((id) => !depth.has(id));
  }
  const last = Math.max(-1, ...depth.values());
  choices.forEach((choice) => depth.has(choice.id) || depth.set(choice.id, last + 1));
  return depth;
}

/** The picture of a machine over `choices` (those in use). */
export function draw(choices: Choice[], machine: Machine): Picture {
  const depth = depths(choices, machine);
  const kinds = new Map(machine.states.map((state) => [state.choice, state.kind]));
  const columns: Choice[][] = [];
  for (const choice of choices) (columns[depth.get(choice.id)!] ??= []).push(choice);
  const nodes = new Map<number, Node>();
  let rows = 1;
  columns.forEach((column, x) => {
    column.sort((a, b) => Number(kinds.get(a.id) === "cancelled") - Number(kinds.get(b.id) === "cancelled"));
    column.forEach((choice, y) => nodes.set(choice.id, { choice, x: margin.x + x * (nodeWidth + gapX), y: margin.y + y * (nodeHeight + gapY) }));
    rows = Math.max(rows, column.length);
  });
  const edges = machine.transitions.flatMap((transition) => {
    const [from, to] = [nodes.get(transition.source), nodes.get(transition.target)];
    return from && to && from !== to ? [edge(transition, from, to)] : [];
  });
  return {
    nodes: [...nodes.values()],
    edges,
    width: margin.x * 2 + columns.length * nodeWidth + Math.max(0, columns.length - 1) * gapX,
    height: margin.y + 12 + rows * nodeHeight + (rows - 1) * gapY,
  };
}

/** A curve, and the point `at` along it (0 at its start, 1 at its end) for its text. */
function curve(points: [number, number, number, number, number, number, number, number], at = 0.5): { path: string; label: { x: number; y: number } } {
  const [ax, ay, bx, by, cx, cy, dx, dy] = points;
  const left = 1 - at;
  const along = (a: number, b: number, c: number, d: number) => left ** 3 * a + 3 * left * left * at * b + 3 * left * at * at * c + at ** 3 * d;
  return { path: `M${ax} ${ay}C${bx} ${by} ${cx} ${cy} ${dx} ${dy}`, label: { x: along(ax, bx, cx, dx), y: along(ay, by, cy, dy) } };
}

function tip(x: number, y: number, direction: "right" | "left" | "up" | "down"): string {
  const by: Record<string, string> = { right: `${x - 7} ${y - 4}L${x} ${y}L${x - 7} ${y + 4}Z`, left: `${x + 7} ${y - 4}L${x} ${y}L${x + 7} ${y + 4}Z`, up: `${x - 4} ${y + 7}L${x} ${y}L${x + 4} ${y + 7}Z`, down: `${x - 4} ${y - 7}L${x} ${y}L${x + 4} ${y - 7}Z` };
  return `M${by[direction]}`;
}

function edge(transition: Transition, from: Node, to: Node): Edge {
  const middle = (node: Node) => ({ x: node.x + nodeWidth / 2, y: node.y + nodeHeight / 2 });
  const [a, b] = [middle(from), middle(to)];
  if (to.x > from.x) {
    // neighbours in a row: straight; further on, or in another row: round the states between
    const start = { x: from.x + nodeWidth, y: a.y };
    const bend = to.y === from.y && to.x - from.x > nodeWidth + gapX ? -nodeHeight : 0;
    // a text on the way to another row stands near where it leaves, clear of what joins the rows further on
    const drawn = curve([start.x, start.y, start.x + gapX / 2, start.y + bend, to.x - gapX / 2, b.y + bend, to.x, b.y], to.y === from.y ? 0.5 : 0.45);
    return { transition, ...drawn, tip: tip(to.x, b.y, "right"), back: false };
  }
  if (to.x === from.x) {
    const down = to.y > from.y;
    const shift = down ? -14 : 14; // both ways between two states stand apart
    const [startY, endY] = down ? [from.y + nodeHeight, to.y] : [from.y, to.y + nodeHeight];
    const drawn = curve([a.x + shift, startY, a.x + shift, (startY + endY) / 2, b.x + shift, (startY + endY) / 2, b.x + shift, endY]);
    const label = { x: drawn.label.x + (down ? -34 : 40), y: drawn.label.y };
    return { transition, ...drawn, label, tip: tip(b.x + shift, endY, down ? "down" : "up"), back: false };
  }
  if (to.y === from.y) {
    const drawn = curve([a.x - 18, from.y, a.x - 18, from.y - nodeHeight + 8, b.x + 18, to.y - nodeHeight + 8, b.x + 18, to.y]);
    return { transition, ...drawn, tip: tip(b.x + 18, to.y, "down"), back: true };
  }
  const down = to.y > from.y;
  const [startY, endY] = [down ? from.y + nodeHeight : from.y, b.y];
  const drawn = curve([a.x, startY, a.x, endY, to.x + nodeWidth + gapX / 2, endY, to.x + nodeWidth, endY]);
  return { transition, ...drawn, tip: tip(to.x + nodeWidth, endY, "left"), back: true };
}

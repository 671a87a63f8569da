/** What a sample holds, as values that can be clicked. */
import type { HookValue } from "../types";

export type Path = readonly (string | number)[];

/** One line of a sample: a value to click, or what holds others. */
export interface Line {
  path: Path;
  /** The last part of the path, as it is shown. */
  name: string;
  depth: number;
  /** How a value is shown; "" for what holds others. */
  shown: string;
  /** Lists can be taken as a whole; objects cannot. */
  takes: boolean;
  type: NonNullable<HookValue["type"]>;
}

const most = 400;

/** The lines of a sample from the top, at most 400. */
export function linesOf(value: unknown, path: Path = [], lines: Line[] = []): Line[] {
  if (lines.length >= most) return lines;
  const name = path.length ? String(path.at(-1)) : "";
  const depth = Math.max(0, path.length - 1);
  if (Array.isArray(value)) {
    if (path.length) lines.push({ path, name, depth, shown: `[${value.length}]`, takes: true, type: "list" });
    value.forEach((item, index) => linesOf(item, [...path, index], lines));
  } else if (value !== null && typeof value === "object") {
    if (path.length) lines.push({ path, name, depth, shown: "", takes: false, type: "json" });
    for (const [key, item] of Object.entries(value)) linesOf(item, [...path, key], lines);
  } else {
    const type = typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "text";
    lines.push({ path, name: name || "·", depth, shown: value === null ? "null" : String(value), takes: path.length > 0, type });
  }
  return lines;
}

export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

/** "order › lines › 1 › sku": positions in lists count from 1. */
export function pathWords(path: Path): string {
  return path.map((part) => (typeof part === "number" ? String(part + 1) : part)).join(" › ");
}

/** What stands at a path; undefined where there is nothing. */
export function at(value: unknown, path: Path): unknown {
  let found = value;
  for (const part of path) {
    if (found === null || typeof found !== "object") return undefined;
    found = (found as Record<string | number, unknown>)[part];
  }
  return found;
}

/** A value taken from a line, with a name and a key that no other has. */
export function taken(line: Line, others: readonly HookValue[]): HookValue {
  const words = line.path.filter((part): part is string => typeof part === "string");
  const base = words.at(-1) ?? `${line.name}`;
  let name = base.slice(0, 60);
  for (let n = 2; others.some((one) => one.name === name); n++) name = `${words.at(-2) ?? base} ${base}${n > 2 ? ` ${n - 1}` : ""}`.slice(0, 60);
  const plain = base.normalize("NFKD").replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 30) || "value";
  let key = plain;
  for (let n = 2; key === "received_at" || others.some((one) => one.key === key); n++) key = `${plain}_${n}`;
  return { key, name, path: [...line.path], type: line.type };
}

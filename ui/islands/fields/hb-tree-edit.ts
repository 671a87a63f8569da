/**
 * `<hb-tree-edit>`: the choices of a cascading select, one a line, indented by level. Set `.value` (flat with parents, as the
 * server has them, or nested); sends `change`, `.value` is then nested. Enter adds a line, Alt and the arrow keys move its
 * level, several lines (indented, or as paths with slashes) can be pasted.
 */
import { html, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { define, HbElement } from "../base";
import { icon } from "../icons";
import { t } from "../i18n";
import type { NestedNode, TreeNode } from "./types/cascade";

export interface Line {
  key: string;
  id: number | null;
  name: string;
  depth: number;
}

let counter = 0;
const line = (name: string, depth: number, id: number | null = null): Line => ({ key: `n${(counter += 1)}`, id, name, depth });

/** A tree as lines; what was taken off it is left out. */
export function linesOf(tree: readonly (TreeNode | NestedNode)[]): Line[] {
  if (tree.some((node) => "children" in node)) {
    const nested = (nodes: readonly NestedNode[], depth: number): Line[] => nodes.flatMap((node) => [line(node.name, depth, node.id ?? null), ...nested(node.children, depth + 1)]);
    return nested(tree as NestedNode[], 0);
  }
  const flat = (tree as readonly TreeNode[]).filter((node) => !node.archived);
  const under = (parent: number | null, depth: number): Line[] => flat.filter((node) => (node.parent ?? null) === parent).flatMap((node) => [line(node.name, depth, node.id), ...under(node.id, depth + 1)]);
  return under(null, 0);
}

/** Lines as a nested tree; those without a name are left out with nothing below them lost. */
export function treeOf(lines: readonly Line[]): NestedNode[] {
  const root: NestedNode[] = [];
  const open: NestedNode[] = [];
  for (const { id, name, depth } of lines) {
    if (!name.trim()) continue;
    const node: NestedNode = { ...(id === null ? {} : { id }), name: name.trim(), children: [] };
    open.length = Math.min(open.length, depth);
    (open.at(-1)?.children ?? root).push(node);
    open.push(node);
  }
  return root;
}

/** Pasted text as lines: paths with slashes, or indented by tabs or two blanks. */
export function pastedLines(text: string, depth: number): Line[] {
  const rows = text.split(/\r?\n/).filter((row) => row.trim());
  if (!rows.some((row) => row.includes("/"))) return rows.map((row) => line(row.trim(), depth + Math.floor((/^[\t ]*/.exec(row)![0].replace(/\t/g, "  ").length) / 2)));
  const seen = new Set<string>();
  return rows.flatMap((row) => {
    const parts = row.split("/").map((part) => part.trim()).filter(Boolean);
    return parts.flatMap((part, n) => {
      const path = parts.slice(0, n + 1).join("/");
      if (seen.has(path)) return [];
      seen.add(path);
      return [line(part, depth + n)];
    });
  });
}

/** The line at `at` with everything below it one level further in (1) or out (-1); unchanged where that cannot be. */
export function shifted(lines: readonly Line[], at: number, by: 1 | -1): Line[] {
  const own = lines[at]!.depth;
  if (by === 1 ? at === 0 || own > lines[at - 1]!.depth || own >= 5 : own === 0) return [...lines];
  const end = endOf(lines, at);
  return lines.map((one, n) => (n >= at && n < end ? { ...one, depth: one.depth + by } : one));
}

/** Behind everything that lies below the line at `at`. */
export function endOf(lines: readonly Line[], at: number): number {
  let end = at + 1;
  while (end < lines.length && lines[end]!.depth > lines[at]!.depth) end += 1;
  return end;
}

export class HbTreeEdit extends HbElement {
  static override properties = { value: { attribute: false }, disabled: { type: Boolean }, lines: { state: true } };

  declare value: readonly (TreeNode | NestedNode)[];
  declare disabled: boolean;
  declare private lines: Line[];
  #sent: unknown = null;

  constructor() {
    super();
    this.value = [];
    this.disabled = false;
    this.lines = [];
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("value") && this.value !== this.#sent) this.lines = linesOf(this.value);
  }

  #put(lines: Line[], focus = -1): void {
    this.lines = lines;
    this.#sent = treeOf(lines);
    this.value = this.#sent as NestedNode[];
    this.emit("change");
    if (focus >= 0) void this.updateComplete.then(() => this.querySelectorAll<HTMLInputElement>("input")[focus]?.focus());
  }

  #add(at: number, depth: number): void {
    this.#put([...this.lines.slice(0, at), line("", depth), ...this.lines.slice(at)], at);
  }

  #remove(at: number): void {
    this.#put([...this.lines.slice(0, at), ...this.lines.slice(endOf(this.lines, at))], Math.max(0, at - 1));
  }

  #keys(event: KeyboardEvent, at: number): void {
    if (event.isComposing) return;
    const own = this.lines[at]!;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.#add(at + 1, this.lines[at + 1] && this.lines[at + 1]!.depth > own.depth ? own.depth + 1 : own.depth);
    } else if (event.altKey && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      event.preventDefault();
      this.#put(shifted(this.lines, at, event.key === "ArrowRight" ? 1 : -1), at);
    } else if (event.key === "Backspace" && !own.name && this.lines.length > 1) {
      event.preventDefault();
      this.#remove(at);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.querySelectorAll<HTMLInputElement>("input")[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    }
  }

  #paste(event: ClipboardEvent, at: number): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\r\n]/.test(text.trim())) return;
    event.preventDefault();
    const own = this.lines[at]!;
    const made = pastedLines(text, own.depth);
    this.#put([...this.lines.slice(0, own.name ? at + 1 : at), ...made, ...this.lines.slice(at + 1)]);
  }

  #row(one: Line, at: number): TemplateResult {
    const name = one.name || t("第 {n} 个选项", { n: at + 1 });
    return html`<li class="tr-i" style="--tr:${one.depth}">
      <input class="inp s" autocomplete="off" maxlength="80" aria-label=${t("第 {level} 级选项", { level: one.depth + 1 })} placeholder=${t("选项名")} ?disabled=${this.disabled} .value=${one.name} @change=${(event: Event) => event.stopPropagation()} @input=${(event: Event) => this.#put(this.lines.map((other) => (other === this.lines[at] ? { ...other, name: (event.target as HTMLInputElement).value } : other)))} @keydown=${(event: KeyboardEvent) => this.#keys(event, at)} @paste=${(event: ClipboardEvent) => this.#paste(event, at)} />
      <button type="button" class="icb" ?disabled=${this.disabled || one.depth === 0} aria-label=${t("「{name}」上移一级", { name })} data-tip=${t("上移一级(Alt+←)")} @click=${() => this.#put(shifted(this.lines, at, -1))}>${icon("chevron-left", 14)}</button>
      <button type="button" class="icb" ?disabled=${this.disabled || at === 0} aria-label=${t("「{name}」放到上一项下面", { name })} data-tip=${t("放到上一项下面(Alt+→)")} @click=${() => this.#put(shifted(this.lines, at, 1))}>${icon("chevron-right", 14)}</button>
      <button type="button" class="icb" ?disabled=${this.disabled || one.depth >= 5} aria-label=${t("在「{name}」下面加一项", { name })} data-tip=${t("加下一级")} @click=${() => this.#add(endOf(this.lines, at), one.depth + 1)}>${icon("plus", 14)}</button>
      <button type="button" class="icb" ?disabled=${this.disabled} aria-label=${t("去掉选项「{name}」", { name })} @click=${() => this.#remove(at)}>${icon("x", 14)}</button>
    </li>`;
  }

  protected override render(): TemplateResult {
    return html`<ul class="tr">${repeat(this.lines, (one) => one.key, (one, at) => this.#row(one, at))}</ul>
      <button type="button" class="btn s g" ?disabled=${this.disabled} @click=${() => this.#add(this.lines.length, 0)}>${icon("plus", 14)}${t("加一个选项")}</button>`;
  }
}

define("hb-tree-edit", HbTreeEdit);

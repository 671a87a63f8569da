/** Cascading selects: a path through a tree, chosen in columns. */
import { html, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { icon } from "../../icons";
import { t } from "../../i18n";
import type { ControlOptions } from "../../record/control";
import type { Field, Value } from "../field";
import { along, pathsOf, type HbLevels, type Level } from "../hb-levels";
import type { TypeUi } from "./ui";

export interface TreeNode {
  id: number;
  name: string;
  parent?: number | null;
  archived?: boolean;
}

/** A node in the making, as the form sends it. */
export interface NestedNode {
  id?: number;
  name: string;
  children: NestedNode[];
}

/** A field's tree without what was taken off it; ids are numbers as text. */
export function levelsOf(field: Field): Level[] {
  const nodes = ((field.options.tree as (TreeNode | NestedNode)[] | undefined) ?? []).filter((node) => !("archived" in node && node.archived));
  const nested = (list: readonly NestedNode[], before: string): Level[] => list.map((node, n) => ({ id: `${before}${n}`, name: node.name, children: nested(node.children, `${before}${n}.`) }));
  if (nodes.some((node) => "children" in node)) return nested(nodes as NestedNode[], "");
  const flat = nodes as TreeNode[];
  const under = (parent: number | null): Level[] => flat.filter((node) => (node.parent ?? null) === parent).map((node) => ({ id: String(node.id), name: node.name, children: under(node.id) }));
  return under(null);
}

function names(value: Value): string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === "string" && value ? value.split(/\s*\/\s*/) : [];
}

const text = (_field: Field, value: Value): string => names(value).join(" / ");

/** The ids along a path of names. */
export function idsOf(tree: readonly Level[], path: readonly string[]): string[] {
  const found: string[] = [];
  let level = tree;
  for (const name of path) {
    const node = level.find((one) => one.name === name);
    if (!node) break;
    found.push(node.id);
    level = node.children ?? [];
  }
  return found;
}

function tag(path: readonly string[]): HTMLElement {
  const made = document.createElement("span");
  made.className = "tag c-grey ft-path";
  made.dataset.tip = path.join(" / ");
  const words = document.createElement("span");
  words.className = "cut";
  words.textContent = path.join(" / ");
  made.append(words);
  return made;
}

function control(field: Field, options: ControlOptions): TemplateResult {
  const tree = levelsOf(field);
  const given = names(options.value);
  const any = field.options.any_level === true;
  let chosen: Value | undefined;
  let done = false;
  const finish = (value: Value | undefined) => {
    if (done && options.immediate) return;
    done = true;
    if (value === undefined) options.cancel();
    else options.commit(value);
  };
  const box = (event: Event) => (event.target as Element).closest(".ft-loc")!;
  const show = (own: Element, open: boolean) => {
    const levels = own.querySelector<HbLevels>("hb-levels")!;
    levels.hidden = !open;
    own.querySelector(".ft-loc-region")!.setAttribute("aria-expanded", String(open));
    if (open) levels.begin?.();
  };
  const picked = (event: Event) => {
    event.stopPropagation();
    const levels = event.currentTarget as HbLevels;
    const path = along(tree, levels.value);
    chosen = path.map((node) => node.name);
    const label = box(event).querySelector(".ft-loc-region > .grow")!;
    label.textContent = (chosen as string[]).join(" / ");
    label.classList.remove("f3");
    if (path.at(-1)?.children?.length) {
      if (!options.immediate) options.commit(chosen);
      return; // something smaller may follow
    }
    if (!options.immediate) show(box(event), false);
    finish(chosen);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.isComposing || !options.immediate || event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    finish(undefined);
  };
  const begin = (element: Element | undefined) => {
    if (!(element instanceof HTMLElement) || !options.immediate || element.dataset.begun) return;
    element.dataset.begun = "1";
    queueMicrotask(async () => {
      await customElements.whenDefined("hb-levels");
      element.querySelector<HbLevels>("hb-levels")?.begin();
    });
  };
  const clearable = given.length > 0 && !field.required;
  return html`<div class="ft-loc" ${ref(begin)} @keydown=${keys} @focusout=${(event: FocusEvent) => {
    const own = event.currentTarget as HTMLElement;
    if (options.immediate && !own.contains(event.relatedTarget as Node | null)) setTimeout(() => own.isConnected && !own.contains(document.activeElement) && document.hasFocus() && finish(chosen), 80);
  }}>
    <div class="ft-loc-head">
      <button type="button" class="inp s ft-loc-region" id=${options.id} aria-label=${field.name} aria-invalid=${options.invalid ? "true" : "false"} aria-expanded=${String(options.immediate === true)} @click=${(event: Event) => show(box(event), box(event).querySelector<HbLevels>("hb-levels")!.hidden !== false)}>
        ${icon("list-tree", 14)}<span class="grow cut ${given.length ? "" : "f3"}">${given.join(" / ") || t("选择")}</span>${icon("chevron-down", 14)}
      </button>
      ${clearable ? html`<button type="button" class="icb" aria-label=${t("清空")} @click=${() => finish(null)}>${icon("x", 14)}</button>` : ""}
    </div>
    <hb-levels ?hidden=${!options.immediate} label=${field.name} ?any=${any} .tree=${tree} .value=${idsOf(tree, given)} @change=${picked}></hb-levels>
  </div>`;
}

export const cascade: TypeUi = {
  icon: "list-tree",
  width: 184,
  wide: true,
  operators: ["within", "not_within", "is", "is_not", "is_empty", "is_not_empty"],
  valueKind: (op) => (op === "is" || op === "is_not" ? "choice" : "choices"),
  options: (field) => pathsOf(levelsOf(field), true).map((path) => ({ value: `#${path.at(-1)!.id}`, label: path.map((node) => node.name).join(" / ") })),
  text,
  editText: text,
  cell: (box, _field, value) => box.append(tag(names(value))),
  template: (_field, value) => html`<span class="tag c-grey ft-path"><span class="cut">${names(value).join(" / ")}</span></span>`,
  control,
  room: { width: 340, height: 60 },
  start: { tree: [], any_level: false },
  settings: ["tree", "any_level"],
  cannotBePrimary: true,
};

/** The tools above a text box for Markdown, and Markdown on one line for cells. */
import { html, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";

/** The words of a Markdown text without its marks. */
export function plainMarkdown(source: string): string {
  return source
    .replace(/^\s{0,3}(#{1,6}|>|[-*+]|\d+[.)])\s+(\[[ xX]\]\s+)?/gm, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/(\*\*|__|~~|`)(.+?)\1/g, "$2")
    .replace(/(^|[^\w*])[*_](\S(?:.*?\S)?)[*_](?!\w)/g, "$1$2");
}

interface Selected {
  value: string;
  start: number;
  end: number;
}

/** A text with the selection put between `mark`s, or freed of them. */
export function wrapped({ value, start, end }: Selected, mark: string): Selected {
  const inner = value.slice(start, end);
  if (value.slice(start - mark.length, start) === mark && value.slice(end, end + mark.length) === mark) {
    return { value: value.slice(0, start - mark.length) + inner + value.slice(end + mark.length), start: start - mark.length, end: end - mark.length };
  }
  return { value: value.slice(0, start) + mark + inner + mark + value.slice(end), start: start + mark.length, end: end + mark.length };
}

/** A text in which every line of the selection begins with `mark`, or no longer does. */
export function prefixed({ value, start, end }: Selected, mark: string): Selected {
  const from = value.lastIndexOf("\n", start - 1) + 1;
  const to = value.indexOf("\n", end) < 0 ? value.length : value.indexOf("\n", end);
  const lines = value.slice(from, to).split("\n");
  const off = lines.every((line) => line.startsWith(mark));
  const next = lines.map((line, n) => (off ? line.slice(mark.length) : (mark === "1. " ? `${n + 1}. ` : mark) + line)).join("\n");
  return { value: value.slice(0, from) + next + value.slice(to), start: from, end: from + next.length };
}

function change(area: HTMLTextAreaElement, how: (now: Selected) => Selected): void {
  const next = how({ value: area.value, start: area.selectionStart, end: area.selectionEnd });
  area.focus();
  // As if typed, so that the browser's own undo knows it.
  area.setSelectionRange(0, area.value.length);
  if (!document.execCommand("insertText", false, next.value)) area.value = next.value;
  area.setSelectionRange(next.start, next.end);
}

const tools: [string, () => string, (now: Selected) => Selected][] = [
  ["bold", () => t("加粗"), (now) => wrapped(now, "**")],
  ["italic", () => t("斜体"), (now) => wrapped(now, "*")],
  ["heading", () => t("标题"), (now) => prefixed(now, "## ")],
  ["list", () => t("列表"), (now) => prefixed(now, "- ")],
  ["list-ordered", () => t("编号列表"), (now) => prefixed(now, "1. ")],
  ["text-quote", () => t("引用"), (now) => prefixed(now, "> ")],
  ["code", () => t("代码"), (now) => wrapped(now, "`")],
];

/** The keys that do the same: Ctrl/⌘ B and I. Returns whether it was one. */
export function markdownKey(event: KeyboardEvent): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return false;
  const mark = { b: "**", i: "*" }[event.key.toLowerCase()];
  if (!mark) return false;
  event.preventDefault();
  change(event.target as HTMLTextAreaElement, (now) => wrapped(now, mark));
  return true;
}

/** A row of tools; it stands in a `.ft-mdbox` beside the text box and the place for the preview. */
export function markdownTools(): TemplateResult {
  const parts = (event: Event) => {
    const box = (event.currentTarget as Element).closest(".ft-mdbox")!;
    return { area: box.querySelector("textarea")!, shown: box.querySelector<HTMLElement & { value: string }>("hb-markdown")! };
  };
  const hold = (event: Event) => event.preventDefault(); // the text box keeps the focus
  const preview = (event: Event) => {
    const { area, shown } = parts(event);
    const open = shown.hidden;
    if (open) (event.currentTarget as HTMLElement).focus(); // a hidden box would lose the focus, and end the edit
    shown.value = area.value;
    shown.hidden = !open;
    area.hidden = open;
    (event.currentTarget as HTMLElement).setAttribute("aria-pressed", String(open));
    if (!open) area.focus();
  };
  return html`<div class="ft-mdtools" role="toolbar" aria-label=${t("格式")}>
    ${tools.map(([name, label, how]) => html`<button type="button" class="icb" aria-label=${label()} data-tip=${label()} @pointerdown=${hold} @click=${(event: Event) => change(parts(event).area, how)}>${icon(name, 15)}</button>`)}
    <button type="button" class="btn s g end" aria-pressed="false" @pointerdown=${hold} @click=${preview}>${icon("eye", 14)}${t("预览")}</button>
  </div>`;
}

/**
 * `<hb-template-text>`: text with values in it, for messages. Values are put in from a picker (the button, or "/"), show as
 * chips with name and example, and are deleted like a letter.
 *
 * `.values` are the {@link ValueOption}s, `.value` the list of parts. Sends `change` after each edit. In a form it stands
 * under its `name` as JSON. `data-values` and `data-value` name json_data scripts. `single`: one line.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import "../../styles/template-text.css";
import { define, HbElement, readJson } from "../base";
import { icon, iconElement } from "../icons";
import { t } from "../i18n";
import { joined, readParts, valueKey, type Part, type PartValue, type ValueOption } from "./parts";
import { pickValue } from "./picker";

export class HbTemplateText extends HbElement {
  static formAssociated = true;
  static override properties = {
    values: { attribute: false },
    name: { type: String },
    label: { type: String },
    placeholder: { type: String },
    single: { type: Boolean },
    noslash: { type: Boolean },
    disabled: { type: Boolean },
    invalid: { type: Boolean },
  };

  declare values: ValueOption[];
  declare name: string;
  declare label: string;
  declare placeholder: string;
  declare single: boolean;
  /** "/" is a character like any other: values come from the button only. */
  declare noslash: boolean;
  declare disabled: boolean;
  declare invalid: boolean;
  #parts: Part[] = [];
  readonly #internals: ElementInternals | null;
  /** What a value is called that is not among `values` themselves (a looked-up field, a formula). */
  named: (value: PartValue) => ValueOption | undefined = () => undefined;

  constructor() {
    super();
    this.values = [];
    this.name = "";
    this.label = "";
    this.placeholder = "";
    this.single = false;
    this.noslash = false;
    this.disabled = false;
    this.invalid = false;
    this.#internals = "attachInternals" in this ? this.attachInternals() : null;
  }

  override connectedCallback(): void {
    if (this.dataset.values && !this.values.length) this.values = readJson<ValueOption[]>(this.dataset.values) ?? [];
    if (this.dataset.value) this.value = readJson<Part[]>(this.dataset.value) ?? [];
    super.connectedCallback();
  }

  get value(): Part[] {
    return [...this.#parts];
  }

  set value(parts: readonly Part[] | string) {
    this.#parts = joined(typeof parts === "string" ? [parts] : parts);
    this.#tellForm();
    if (this.hasUpdated) this.#show();
  }

  get #editor(): HTMLElement {
    return this.querySelector<HTMLElement>(".tt-text")!;
  }

  #tellForm(): void {
    this.#internals?.setFormValue(this.#parts.length ? JSON.stringify(this.#parts) : "");
  }

  protected override firstUpdated(): void {
    this.#show();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("values") && this.hasUpdated) this.#show();
  }

  /** Put the parts into the editor. */
  #show(): void {
    const nodes: Node[] = [];
    for (const part of this.#parts) {
      if (typeof part !== "string") {
        nodes.push(this.#chip(part));
        continue;
      }
      part.split("\n").forEach((line, index) => {
        if (index) nodes.push(document.createElement("br"));
        if (line) nodes.push(document.createTextNode(line));
      });
    }
    this.#editor.replaceChildren(...nodes);
    this.#afterEdit();
  }

  #chip(value: PartValue): HTMLElement {
    const option = this.values.find((found) => !found.make && !found.only && valueKey(found.value) === valueKey(value)) ?? this.named(value);
    const chip = document.createElement("span");
    chip.className = `vchip${option ? "" : " lost"}`;
    chip.contentEditable = "false";
    chip.dataset.value = JSON.stringify(value);
    chip.append(iconElement(option ? (option.icon ?? "braces") : "circle-alert", 13), option ? option.label : t("已经没有了"));
    if (option?.example) {
      const example = document.createElement("em");
      example.textContent = option.example;
      chip.append(example);
    }
    if (option?.group) chip.dataset.tip = option.group;
    return chip;
  }

  /** A line break at the very end needs a second one to be seen, and a chip there a place for the caret. */
  #afterEdit(): void {
    const editor = this.#editor;
    for (const tail of editor.querySelectorAll("br[data-tail]")) tail.remove();
    while (editor.lastChild instanceof Text && !editor.lastChild.data) editor.lastChild.remove();
    const last = editor.lastChild;
    if (isChip(last)) editor.append(caretPlace);
    if (last instanceof HTMLBRElement) {
      const tail = document.createElement("br");
      tail.dataset.tail = "1";
      editor.append(tail);
    }
    editor.classList.toggle("blank", this.#parts.length === 0);
  }

  #edited(): void {
    this.#parts = readParts(this.#editor);
    this.#afterEdit();
    this.#tellForm();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** The selection as a range inside the editor; its end if the caret is elsewhere. */
  #range(): Range {
    const selection = getSelection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    if (range && this.#editor.contains(range.commonAncestorContainer)) return outsideChips(range.cloneRange());
    const end = document.createRange();
    end.selectNodeContents(this.#editor);
    end.collapse(false);
    return end;
  }

  #put(range: Range, ...nodes: Node[]): void {
    range.deleteContents();
    const last = nodes.at(-1)!;
    for (const node of [...nodes].reverse()) range.insertNode(node);
    const after = document.createRange();
    after.setStartAfter(last);
    after.collapse(true);
    this.#editor.focus();
    const selection = getSelection();
    selection?.removeAllRanges();
    selection?.addRange(after);
    this.#edited();
  }

  #putText(text: string): void {
    const lines = (this.single ? text.replace(/\s*\n\s*/g, " ") : text).split("\n");
    const nodes: Node[] = [];
    lines.forEach((line, index) => {
      if (index) nodes.push(document.createElement("br"));
      if (line) nodes.push(document.createTextNode(line));
    });
    if (nodes.length) this.#put(this.#range(), ...nodes);
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (!this.single) this.#put(this.#range(), document.createElement("br"));
      else this.closest("form")?.requestSubmit();
    } else if (event.key === "/" && !this.noslash && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.#pick(this.#range());
    } else if ((event.ctrlKey || event.metaKey) && ["b", "i", "u"].includes(event.key.toLowerCase())) event.preventDefault();
  }

  /* ---- the picker ---- */

  #pick(at: Range | null): void {
    const caret = at ?? this.#range();
    const rect = caret.getBoundingClientRect();
    const anchor = rect.height ? rect : this.#editor.getBoundingClientRect();
    pickValue(anchor, this.values, (value) => this.#put(caret, this.#chip(value)), () => this.#editor.focus());
  }

  protected override render(): TemplateResult {
    return html`<div class="tt inp ${this.single ? "one" : ""} ${this.invalid ? "bad" : ""} ${this.disabled ? "off" : ""}">
      <div
        class="tt-text blank"
        contenteditable=${this.disabled ? "false" : "true"}
        role="textbox"
        aria-multiline=${String(!this.single)}
        aria-label=${this.label || t("内容")}
        data-placeholder=${this.placeholder || t("输入文字,按 / 插入字段")}
        @input=${(event: Event) => {
          event.stopPropagation();
          this.#edited();
        }}
        @keydown=${this.#key}
        @paste=${(event: ClipboardEvent) => {
          event.preventDefault();
          this.#putText(event.clipboardData?.getData("text/plain").replaceAll("\r\n", "\n") ?? "");
        }}
        @drop=${(event: DragEvent) => event.preventDefault()}
      ></div>
      ${this.disabled
        ? nothing
        : html`<div class="tt-bar">
            <button type="button" class="tool" aria-label=${t("插入字段")} @mousedown=${(event: Event) => event.preventDefault()} @click=${() => this.#pick(null)}>${icon("plus", 14)}<span>${t("插入字段")}</span></button>
            ${this.single ? nothing : html`<span class="end f3 t12">${t("输入 / 也能插入")}</span>`}
          </div>`}
    </div>`;
  }
}

/** Chromium takes no keys behind a chip that nothing follows; this shows nothing and is not part of what is read. */
const caretPlace = "\u200b";

function isChip(node: Node | null): node is HTMLElement {
  return node instanceof HTMLElement && node.classList.contains("vchip");
}

/** The range with ends that stand behind a chip instead of in it: nothing is typed into what cannot be edited. */
function outsideChips(range: Range): Range {
  const chipOf = (node: Node) => (node instanceof Element ? node : node.parentElement)?.closest(".vchip") ?? null;
  const [start, end] = [chipOf(range.startContainer), chipOf(range.endContainer)];
  if (start) range.setStartAfter(start);
  if (end) range.setEndAfter(end);
  return range;
}

define("hb-template-text", HbTemplateText);

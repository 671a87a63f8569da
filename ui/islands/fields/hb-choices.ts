/**
 * `<hb-choices>`: the choices of a select: name and colour of each, in the order people choose from. Drag, or Alt with the
 * arrow keys; Enter goes on to the next one; a paste of several lines makes several. `.value` ({@link ChoiceDraft}[]), `.problems`
 * (message by index); sends `change`, and `hb:choice-remove` (the choice; prevent it to ask first).
 */
import Sortable from "sortablejs";
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { define, HbElement } from "../base";
import { icon } from "../icons";
import { t } from "../i18n";
import { openColors } from "./colors";
import { newChoice, type ChoiceDraft } from "./spec";

export class HbChoices extends HbElement {
  static override properties = {
    value: { attribute: false },
    problems: { attribute: false },
    look: { type: String },
    disabled: { type: Boolean },
  };

  declare value: ChoiceDraft[];
  declare problems: Map<number, string>;
  /** "pill" for states, "tag" for others. */
  declare look: string;
  declare disabled: boolean;
  #sortable: Sortable | null = null;

  constructor() {
    super();
    this.value = [];
    this.problems = new Map();
    this.look = "tag";
    this.disabled = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sortable?.destroy();
    this.#sortable = null;
  }

  #set(value: ChoiceDraft[]): void {
    this.value = value;
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #change(key: string, part: Partial<ChoiceDraft>): void {
    this.#set(this.value.map((choice) => (choice.key === key ? { ...choice, ...part } : choice)));
  }

  #remove(choice: ChoiceDraft): void {
    if (choice.id !== null && !this.emit("hb:choice-remove", choice, true)) return;
    const at = this.value.indexOf(choice);
    this.#set(this.value.filter((other) => other !== choice));
    this.#focus(Math.min(at, this.value.length - 1));
  }

  #move(key: string, to: number): void {
    const choice = this.value.find((other) => other.key === key);
    if (!choice) return;
    const rest = this.value.filter((other) => other !== choice);
    rest.splice(Math.max(0, Math.min(to, rest.length)), 0, choice);
    this.#set(rest);
  }

  /** Add a choice behind the one at `at` (at the end without it) and go there. */
  add(at = this.value.length - 1, names: string[] = [""]): void {
    const value = [...this.value];
    names.forEach((name, index) => value.splice(at + 1 + index, 0, newChoice(name, value.slice(0, at + 1 + index))));
    this.#set(value);
    this.#focus(at + names.length);
  }

  #focus(at: number): void {
    void this.updateComplete.then(() => {
      const inputs = this.querySelectorAll<HTMLInputElement>(".fe-choice input");
      (inputs[at] ?? this.querySelector<HTMLElement>(".fe-add"))?.focus();
    });
  }

  #key(event: KeyboardEvent, choice: ChoiceDraft, at: number): void {
    if (event.isComposing) return;
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const to = at + (event.key === "ArrowDown" ? 1 : -1);
      this.#move(choice.key, to);
      this.#focus(Math.max(0, Math.min(to, this.value.length - 1)));
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.add(at);
    } else if (event.key === "Backspace" && !choice.name && this.value.length > 1) {
      event.preventDefault();
      this.#remove(choice);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.#focus(at + (event.key === "ArrowDown" ? 1 : -1));
    }
  }

  #paste(event: ClipboardEvent, choice: ChoiceDraft, at: number): void {
    const lines = (event.clipboardData?.getData("text/plain") ?? "").split(/[\r\n\t]+/).map((line) => line.trim()).filter(Boolean);
    if (lines.length < 2) return;
    event.preventDefault();
    const [first, ...rest] = choice.name ? ["", ...lines] : lines;
    if (first) this.#change(choice.key, { name: first });
    this.add(at, rest);
  }

  protected override updated(): void {
    const list = this.querySelector<HTMLElement>(".fe-choices");
    if (!list || this.#sortable || this.disabled) return;
    this.#sortable = Sortable.create(list, {
      handle: ".fe-grip",
      animation: 120,
      onEnd: (event) => {
        const key = event.item.dataset.key!;
        const keys = [...list.children].map((item) => (item as HTMLElement).dataset.key!);
        const to = keys.indexOf(key);
        // Lit draws the list itself: the element goes back to where it was, and the data moves.
        const before = list.children[event.oldIndex! + (event.oldIndex! > event.newIndex! ? 1 : 0)];
        list.insertBefore(event.item, before ?? null);
        this.#move(key, to);
      },
    });
  }

  #row(choice: ChoiceDraft, at: number): TemplateResult {
    const problem = this.problems.get(at);
    const name = t("第 {n} 个选项", { n: at + 1 });
    return html`<li class="fe-choice" data-key=${choice.key}>
      <span class="fe-grip" aria-hidden="true">${this.disabled ? nothing : icon("grip-vertical", 14)}</span>
      <button type="button" class="fe-dot c-${choice.color}" ?disabled=${this.disabled} aria-label=${t("{name}的颜色", { name: choice.name || name })} @click=${(event: Event) => openColors(event.currentTarget as HTMLElement, choice.color, (color) => this.#change(choice.key, { color }))}></button>
      <input
        class="inp s"
        autocomplete="off"
        maxlength="80"
        aria-label=${name}
        placeholder=${t("选项名")}
        aria-invalid=${problem ? "true" : nothing}
        ?disabled=${this.disabled}
        .value=${choice.name}
        @input=${(event: Event) => this.#change(choice.key, { name: (event.target as HTMLInputElement).value })}
        @keydown=${(event: KeyboardEvent) => this.#key(event, choice, at)}
        @paste=${(event: ClipboardEvent) => this.#paste(event, choice, at)}
        @change=${(event: Event) => event.stopPropagation()}
      />
      <button type="button" class="icb" ?disabled=${this.disabled} aria-label=${t("去掉选项「{name}」", { name: choice.name || name })} @click=${() => this.#remove(choice)}>${icon("x", 14)}</button>
      ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : nothing}
    </li>`;
  }

  protected override render(): TemplateResult {
    return html`<ul class="fe-choices">${repeat(this.value, (choice) => choice.key, (choice, at) => this.#row(choice, at))}</ul>
      ${this.disabled ? nothing : html`<button type="button" class="btn s g fe-add" @click=${() => this.add()}>${icon("plus", 14)}${t("加一个选项")}</button>`}`;
  }
}

define("hb-choices", HbChoices);

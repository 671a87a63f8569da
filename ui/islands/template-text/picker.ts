/** The picker of values: a list to search, in groups, in which one goes on from a link to the fields of the linked record. */
import { html, nothing, render, type TemplateResult } from "lit";
import { hide, show } from "../floating";
import { icon } from "../icons";
import { t } from "../i18n";
import type { PartValue, ValueOption } from "./parts";

interface Level {
  title: string;
  options: readonly ValueOption[];
}

/** Ask for a value at `anchor`; `choose` gets it, also when it had to be filled in first. */
export function pickValue(anchor: HTMLElement | DOMRect, options: readonly ValueOption[], choose: (value: PartValue) => void, closed: () => void = () => undefined): void {
  new Picker(anchor, options, choose, closed);
}

class Picker {
  readonly #box = document.createElement("div");
  readonly #levels: Level[];
  #words = "";
  #cursor = 0;

  constructor(
    anchor: HTMLElement | DOMRect,
    options: readonly ValueOption[],
    readonly choose: (value: PartValue) => void,
    closed: () => void,
  ) {
    this.#levels = [{ title: "", options }];
    this.#box.className = "menu sheet tt-picker";
    this.#draw();
    show(this.#box, anchor, {
      onClose: () => {
        closed();
        setTimeout(() => this.#box.remove());
      },
    });
    this.#focus();
  }

  #focus(): void {
    this.#box.querySelector("input")?.focus({ preventScroll: true });
  }

  get #level(): Level {
    return this.#levels.at(-1)!;
  }

  #found(): ValueOption[] {
    const words = this.#words.trim().toLowerCase();
    const here = this.#level.options;
    if (!words) return [...here];
    const fits = (option: ValueOption) => `${option.label} ${option.group ?? ""}`.toLowerCase().includes(words);
    // what lies behind a link is found by its name too
    const behind = here.flatMap((option) => option.more?.().filter((inner) => !inner.only && inner.label.toLowerCase().includes(words)) ?? []);
    return [...here.filter(fits), ...behind];
  }

  #take(option: ValueOption): void {
    if (option.only) {
      this.#into(option);
      return;
    }
    hide(this.#box);
    if (!option.make) {
      this.choose(option.value);
      return;
    }
    void option.make().then((value) => {
      if (value) this.choose(value);
    });
  }

  #into(option: ValueOption): void {
    this.#levels.push({ title: option.label, options: option.more?.() ?? [] });
    this.#begin();
  }

  #back(): void {
    this.#levels.pop();
    this.#begin();
  }

  #begin(): void {
    this.#words = "";
    this.#cursor = 0;
    this.#draw();
    this.#focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const found = this.#found();
    const current = found[this.#cursor];
    const atEnd = (event.target as HTMLInputElement).value === "";
    if (event.key === "ArrowDown") this.#cursor = Math.min(found.length - 1, this.#cursor + 1);
    else if (event.key === "ArrowUp") this.#cursor = Math.max(0, this.#cursor - 1);
    else if (event.key === "Enter" && current) {
      event.preventDefault();
      event.stopPropagation();
      this.#take(current);
      return;
    } else if (event.key === "ArrowRight" && atEnd && current?.more) this.#into(current);
    else if (event.key === "ArrowLeft" && atEnd && this.#levels.length > 1) this.#back();
    else if (event.key === "Escape") hide(this.#box);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.#draw();
    this.#box.querySelector(".cur")?.scrollIntoView({ block: "nearest" });
  }

  #row(option: ValueOption, index: number): TemplateResult {
    return html`<div class="row tt-row">
      <div class="menu-i grow ${index === this.#cursor ? "cur on" : ""}" role="option" aria-selected=${String(index === this.#cursor)} @click=${() => this.#take(option)}>
        ${icon(option.icon ?? "braces")}<span class="cut">${option.label}</span>${option.example ? html`<span class="end cut">${option.example}</span>` : nothing}
      </div>
      ${option.more
        ? html`<button type="button" class="icb" tabindex="-1" aria-label=${t("「{field}」里的字段", { field: option.label })} data-tip=${t("用关联记录里的字段")} @click=${() => this.#into(option)}>${icon("chevron-right", 14)}</button>`
        : nothing}
    </div>`;
  }

  #draw(): void {
    const found = this.#found();
    let group: string | undefined;
    render(
      html`${this.#levels.length > 1 ? html`<button type="button" class="menu-i" @click=${() => this.#back()}>${icon("chevron-left")}<b class="cut">${this.#level.title}</b></button>` : nothing}
        <label class="inp s menu-find"
          >${icon("search", 14)}<input
            type="text"
            autocomplete="off"
            aria-label=${t("搜索要插入的值")}
            placeholder=${t("搜索要插入的值")}
            .value=${this.#words}
            @change=${(event: Event) => event.stopPropagation()}
            @input=${(event: Event) => {
              event.stopPropagation();
              this.#words = (event.target as HTMLInputElement).value;
              this.#cursor = 0;
              this.#draw();
            }}
            @keydown=${(event: KeyboardEvent) => this.#key(event)}
        /></label>
        <div role="listbox" aria-label=${t("可以插入的值")}>
          ${found.map((option, index) => {
            const heading = option.group && option.group !== group ? html`<div class="menu-h">${option.group}</div>` : nothing;
            group = option.group;
            return html`${heading}${this.#row(option, index)}`;
          })}
          ${found.length ? nothing : html`<p class="menu-none">${t("没有叫这个的")}</p>`}
        </div>`,
      this.#box,
    );
  }
}

/** The menu of field types: a search box, groups, and one line on what each is for. Arrow keys go through it. */
import { html, nothing, render, type TemplateResult } from "lit";
import { hide, show } from "../floating";
import { icon } from "../icons";
import { t } from "../i18n";
import { grouped, matching, type FieldKind } from "./kinds";

interface Asked {
  kinds: FieldKind[];
  chosen: string;
  /** Types that are shown but not to be chosen, and why. */
  barred: Map<string, string>;
  choose: (type: string) => void;
}

/** Open the menu beside `anchor`. */
export function openTypeMenu(anchor: HTMLElement, asked: Asked): void {
  const box = document.createElement("div");
  box.className = "pop fe-types";
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", t("字段类型"));
  let words = "";

  const pick = (kind: FieldKind) => {
    if (asked.barred.has(kind.name)) return;
    hide(box);
    asked.choose(kind.name);
  };

  const item = (kind: FieldKind): TemplateResult => {
    const reason = asked.barred.get(kind.name);
    return html`<button
      type="button"
      class="menu-i fe-type ${kind.name === asked.chosen ? "on" : ""}"
      aria-pressed=${kind.name === asked.chosen ? "true" : "false"}
      aria-disabled=${reason ? "true" : nothing}
      @click=${() => pick(kind)}
    >
      ${icon(kind.icon)}<span class="grow">${kind.label}<span class="sub">${reason ?? kind.description}</span></span>${kind.name === asked.chosen ? icon("check") : nothing}
    </button>`;
  };

  const draw = () => {
    const found = matching(asked.kinds, words);
    const groups = words.trim() ? [{ heading: "", kinds: found }] : grouped(asked.kinds);
    render(
      html`<label class="inp s menu-find">${icon("search", 14)}<input
            type="search"
            aria-label=${t("搜索字段类型")}
            placeholder=${t("搜索字段类型")}
            autocomplete="off"
            @input=${(event: Event) => {
              words = (event.target as HTMLInputElement).value;
              draw();
            }}
        /></label>
        <div class="fe-type-list">
          ${groups.map((group) => html`${group.heading ? html`<div class="menu-h">${group.heading}</div>` : nothing}<div class="fe-type-grid">${group.kinds.map(item)}</div>`)}
          ${found.length ? nothing : html`<p class="hint fe-none">${t("没有这种字段")}</p>`}
        </div>`,
      box,
    );
  };

  box.addEventListener("keydown", (event) => keys(event, box));
  draw();
  show(box, anchor, { onClose: () => setTimeout(() => box.remove()) });
  box.querySelector<HTMLInputElement>("input")?.focus();
}

/** Up and down by rows (two columns), left and right within one, Enter in the search box takes the first. */
function keys(event: KeyboardEvent, box: HTMLElement): void {
  const items = [...box.querySelectorAll<HTMLElement>(".fe-type:not([aria-disabled])")];
  const now = items.indexOf(document.activeElement as HTMLElement);
  if (event.key === "Enter" && now < 0 && !event.isComposing) {
    event.preventDefault();
    items[0]?.click();
    return;
  }
  const input = document.activeElement instanceof HTMLInputElement;
  let next: HTMLElement | undefined;
  if (event.key === "ArrowDown") next = now < 0 ? items[0] : below(items, now, 1);
  else if (event.key === "ArrowUp") next = now < 0 ? items.at(-1) : below(items, now, -1);
  else if (!input && event.key === "ArrowRight") next = items[now + 1];
  else if (!input && event.key === "ArrowLeft") next = items[now - 1];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** The nearest item in the next row of the same column. */
function below(items: readonly HTMLElement[], now: number, step: 1 | -1): HTMLElement | undefined {
  const from = items[now]!.getBoundingClientRect();
  const rest = step > 0 ? items.slice(now + 1) : items.slice(0, now).reverse();
  return rest.find((item) => Math.abs(item.getBoundingClientRect().left - from.left) < 4) ?? rest[0];
}

/** The options of a select: what they look like and how a search finds them. */
import { html, nothing, type TemplateResult } from "lit";
import { glyph, icon } from "../icons";
import { colorOf, initialOf } from "../record/people";

export interface Option {
  value: string;
  label: string;
  /** One of the twelve option colours. */
  color?: string | undefined;
  icon?: string | undefined;
  /** A state's glyph. */
  glyph?: string | undefined;
  /** Small second line or remark. */
  sub?: string | undefined;
  group?: string | undefined;
  /** A person: shown with their avatar. */
  person?: boolean;
  /** Further words by which a search finds it. */
  words?: string | undefined;
  /** Shown, not to be chosen; `sub` says why. */
  disabled?: boolean;
}

/** How chosen values look: a state pill, a tag, a coloured square with text, an outlined chip, or plain text. */
export type Look = "pill" | "tag" | "chan" | "chip" | "plain";

/** A value as it looks everywhere (grid, select, filter). */
export function optionLook(option: Option, look: Look, remove?: () => void, removeLabel = ""): TemplateResult {
  const cross = remove
    ? html`<button
        type="button"
        class="x"
        tabindex="-1"
        aria-label=${removeLabel}
        @click=${(event: Event) => {
          event.stopPropagation();
          remove();
        }}
      >
        ${icon("x", 12)}
      </button>`
    : nothing;
  if (option.person) {
    const who = html`<span class="av s c-${colorOf(option.value)}" aria-hidden="true">${initialOf(option.label)}</span><span class="cut">${option.label}</span>`;
    return look === "plain" ? html`<span class="person">${who}</span>` : html`<span class="chip person">${who}${cross}</span>`;
  }
  const color = `c-${option.color ?? "grey"}`;
  if (look === "pill")
    return html`<span class="pill ${color} ${option.glyph ? "" : "plain"}"
      >${option.glyph ? glyph(option.glyph) : nothing}<span class="cut">${option.label}</span>${cross}</span
    >`;
  if (look === "tag") return html`<span class="tag ${color}"><span class="cut">${option.label}</span>${cross}</span>`;
  if (look === "chan") return html`<span class="chan ${color}">${option.label}${cross}</span>`;
  if (look === "chip") return html`<span class="chip"><span class="cut">${option.label}</span>${cross}</span>`;
  return html`${option.icon ? icon(option.icon) : nothing}<span class="cut">${option.label}</span>`;
}

function plain(text: string): string {
  return text.toLowerCase().normalize("NFKC");
}

/** The options that contain every word of `query`; those that begin with it first. */
export function search(options: readonly Option[], query: string): Option[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (!words.length) return [...options];
  const found = options.filter((option) => {
    const text = plain(`${option.label} ${option.sub ?? ""} ${option.words ?? ""}`);
    return words.every((word) => text.includes(word));
  });
  const first = words[0]!;
  const rank = (option: Option) => (plain(option.label).startsWith(first) ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b));
}

/** Read `<option>` children: value, text, `data-color|icon|glyph|sub`, `selected`, `disabled`, `<optgroup label>`. */
export function readOptions(host: Element): { options: Option[]; chosen: string[] } {
  const elements = [...host.querySelectorAll("option")];
  return {
    options: elements.map((element) => ({
      value: element.value,
      label: element.textContent?.trim() ?? "",
      color: element.dataset.color,
      icon: element.dataset.icon,
      glyph: element.dataset.glyph,
      sub: element.dataset.sub,
      group: element.closest("optgroup")?.label,
      disabled: element.disabled,
    })),
    chosen: elements.filter((element) => element.hasAttribute("selected")).map((element) => element.value),
  };
}

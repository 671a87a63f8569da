/** `<hb-select>` as one line of a form's template; what is chosen goes to `set`, not up the page. */
import { html, type TemplateResult } from "lit";
import "./hb-select";
import type { HbSelect } from "./hb-select";
import type { Option } from "./options";

/** What a select asks of the form it stands in. */
export interface Lockable {
  readonly locked: boolean;
}

/** A select with one value. */
export function choose(host: Lockable, label: string, value: string, options: readonly Option[], set: (value: string) => void, placeholder = ""): TemplateResult {
  return html`<hb-select
    label=${label}
    placeholder=${placeholder}
    ?disabled=${host.locked}
    .options=${options}
    .value=${value}
    @change=${(event: Event) => {
      event.stopPropagation();
      set((event.currentTarget as HbSelect).value as string);
    }}
  ></hb-select>`;
}

/** A select with several values. */
export function chooseSome(host: Lockable, label: string, value: readonly string[], options: readonly Option[], set: (value: string[]) => void, placeholder = "", look = "chip"): TemplateResult {
  return html`<hb-select
    multiple
    label=${label}
    look=${look}
    placeholder=${placeholder}
    ?disabled=${host.locked}
    .options=${options}
    .value=${value}
    @change=${(event: Event) => {
      event.stopPropagation();
      set((event.currentTarget as HbSelect).value as string[]);
    }}
  ></hb-select>`;
}

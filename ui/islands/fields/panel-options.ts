/** The settings of each type in a field's panel. */
import { html, nothing, type TemplateResult } from "lit";
import { autoNumberForm } from "./auto-number-form";
import "./hb-button-form";
import { linkForm, lookupForm, rollupForm, type LinkHost } from "./link-forms";
import { currencyForm, datetimeForm, numberForm, percentForm, phoneForm, textForm } from "./option-forms";
import { choicesForm, formulaForm, type PartsHost } from "./panel-parts";
import { stateTimeForm } from "./state-time-form";
import { typeForm } from "./types/forms";

/** What the forms ask of the panel. */
export type FormHost = LinkHost & PartsHost;

/** The settings that only the drafted type has. */
export function optionsForm(host: FormHost): TemplateResult | typeof nothing {
  switch (host.draft.type) {
    case "text":
      return host.original || host.draft.options.max_length !== undefined ? textForm(host) : nothing;
    case "number":
      return numberForm(host);
    case "currency":
      return currencyForm(host);
    case "percent":
      return percentForm(host);
    case "phone":
      return phoneForm(host);
    case "datetime":
      return datetimeForm(host);
    case "single_select":
    case "multi_select":
      return choicesForm(host);
    case "auto_number":
      return autoNumberForm(host);
    case "link":
      return linkForm(host);
    case "lookup":
      return lookupForm(host);
    case "rollup":
      return rollupForm(host);
    case "formula":
      return formulaForm(host);
    case "state_time":
      return stateTimeForm(host);
    case "button":
      return html`<hb-button-form .host=${host} .options=${host.draft.options} .table=${host.table} .name=${host.draft.name}></hb-button-form>`;
    default:
      return typeForm(host.draft.type, host);
  }
}

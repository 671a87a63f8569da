/** Small pieces that the forms of triggers and steps share. */
import { html, nothing, type TemplateResult } from "lit";
import type { Problem } from "../api";
import { fieldIcon, type Field } from "../fields/field";
import { icon } from "../icons";
export { choose, chooseSome } from "../select/choose";
import type { Option } from "../select/options";
import type { Table } from "./types";

/** What a form asks of the element it stands in. */
export interface FormHost {
  readonly problems: readonly Problem[];
  readonly locked: boolean;
}

/** The first problem whose path begins with `start`. */
export function problemAt(host: FormHost, start: string): Problem | undefined {
  return host.problems.find((problem) => problem.path === start || problem.path?.startsWith(`${start}.`));
}

/** One row of a form: label, control, hint or problem. `path`: what its problems are about, one path or several. */
export function row(host: FormHost, label: string, path: string | readonly string[], control: TemplateResult, hint: TemplateResult | string | typeof nothing = nothing): TemplateResult {
  const problem = [path].flat().filter(Boolean).map((one) => problemAt(host, one)).find(Boolean);
  return html`<div class="field" role="group" aria-label=${label}>
    <span class="lab">${label}</span>
    ${control}
    ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem.message}</p>` : hint === nothing ? nothing : html`<p class="hint">${hint}</p>`}
  </div>`;
}

export function tableOptions(tables: readonly Table[]): Option[] {
  return tables.map((table) => ({ value: table.id, label: table.name, icon: table.icon }));
}

export function fieldOptions(fields: readonly Field[]): Option[] {
  return fields.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }));
}

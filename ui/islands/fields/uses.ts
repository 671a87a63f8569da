/** Where a field is used: views, formulas, automations … */
import { html, nothing, type TemplateResult } from "lit";
import { api } from "../api";
import { t } from "../i18n";

export interface Use {
  kind: string;
  id: string;
  name: string;
  text: string;
}

/** Ask where a field is used; none where that cannot be found out: it is a remark, and everything else works without. */
export async function usesOf(field: string): Promise<Use[]> {
  try {
    return (await api.get<{ uses: Use[] }>(`/api/v1/fields/${field}/uses`)).uses;
  } catch {
    return [];
  }
}

/** How many they are, and the list of them to unfold; nothing for none. */
export function usesTemplate(uses: readonly Use[]): TemplateResult | typeof nothing {
  if (!uses.length) return nothing;
  const named = [...new Map(uses.map((use) => [use.text, use])).values()];
  return html`<details class="fe-sec fe-uses">
    <summary>${t("用在 {n} 个地方", { n: named.length })}</summary>
    <ul>
      ${named.map((use) => html`<li>${use.text}</li>`)}
    </ul>
  </details>`;
}

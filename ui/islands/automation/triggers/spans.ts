/** Lengths of time as a number and a unit. */
import { html, type TemplateResult } from "lit";
import { t } from "../../i18n";
import { choose } from "../form-parts";
import type { TriggerHost } from "../trigger-form";

export const unitSeconds = { minute: 60, hour: 3600, day: 86_400, week: 604_800 } as const;
export type Unit = keyof typeof unitSeconds;

export function unitWord(unit: Unit): string {
  return { minute: t("分钟"), hour: t("小时"), day: t("天"), week: t("周") }[unit];
}

/** The largest unit in which seconds are a whole number. */
export function inUnits(seconds: number): { amount: number; unit: Unit } {
  const unit = (["day", "hour"] as const).find((one) => seconds >= unitSeconds[one] && seconds % unitSeconds[one] === 0) ?? "minute";
  return { amount: Math.round(seconds / unitSeconds[unit]), unit };
}

/** A number and its unit side by side. */
export function spanControl(host: TriggerHost, label: string, amount: number, unit: Unit, units: readonly Unit[], set: (amount: number, unit: Unit) => void, least = 1): TemplateResult {
  return html`<div class="au-span">
    <input class="inp" type="number" inputmode="numeric" min=${least} aria-label=${label} ?disabled=${host.locked} .value=${String(amount)} @change=${(event: Event) => {
      const number = Math.max(least, Math.round(Number((event.target as HTMLInputElement).value)) || least);
      (event.target as HTMLInputElement).value = String(number);
      set(number, unit);
    }} />
    ${choose(host, t("单位"), unit, units.map((one) => ({ value: one, label: unitWord(one) })), (chosen) => set(amount, chosen as Unit))}
  </div>`;
}

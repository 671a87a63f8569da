/** Time limits of states: typed as "24 小时", kept as seconds. */
import { t } from "../i18n";

const units: readonly [RegExp, number][] = [
  [/^(周|星期|w|weeks?)$/i, 604_800],
  [/^(天|日|d|days?)$/i, 86_400],
  [/^(小时|个小时|时|h|hours?|hrs?)$/i, 3600],
  [/^(分钟|分|m|mins?|minutes?)$/i, 60],
];

/** Seconds of what was typed; null for nothing, undefined for what cannot be read. A bare number is hours. */
export function readLimit(typed: string): number | null | undefined {
  const text = typed.normalize("NFKC").trim();
  if (!text) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([^\d\s.]*)\s*/g)];
  if (!parts.length || parts.map((part) => part[0]).join("") !== text) return undefined;
  let seconds = 0;
  for (const [, count, word] of parts) {
    const unit = word ? units.find(([name]) => name.test(word))?.[1] : 3600;
    if (!unit) return undefined;
    seconds += Number(count) * unit;
  }
  const whole = Math.round(seconds);
  return whole >= 60 && whole <= 316_224_000 ? whole : undefined;
}

/** "24 小时", "3 天", "1 小时 30 分钟". A day is 24 hours as long as it is not several. */
export function limitText(seconds: number | null | undefined): string {
  if (!seconds) return "";
  if (seconds % 86_400 === 0 && seconds > 86_400) return t("{n} 天", { n: seconds / 86_400 });
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.round((seconds % 3600) / 60);
  return [hours && t("{n} 小时", { n: hours }), minutes && t("{n} 分钟", { n: minutes })].filter(Boolean).join(" ");
}

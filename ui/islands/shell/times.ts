/** `<time datetime="…" data-relative>` says how long ago, in words, and keeps it true; the exact time is its tooltip. */
import { locale, t } from "../i18n";

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 分钟前" for a moment; "刚刚" within a minute; null when it is more than a week away (then the date is better). */
export function relative(moment: Date, now = new Date()): string | null {
  const seconds = (moment.getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) > 7 * 86_400) return null;
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return spaced(format.format(Math.trunc(seconds / length), unit));
  }
  return t("刚刚");
}

/** A space between digits and Chinese, as everywhere else. */
const spaced = (words: string): string => words.replace(/(\d)(?=\p{Script=Han})/gu, "$1 ");

function refresh(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[data-relative]")) {
    const moment = new Date(element.dateTime);
    const words = Number.isNaN(moment.getTime()) ? null : relative(moment);
    if (words && element.textContent !== words) element.textContent = words;
  }
}

export function startTimes(): void {
  refresh(document);
  setInterval(() => !document.hidden && refresh(document), 30_000);
  document.addEventListener("htmx:load", (event) => refresh(event.target as HTMLElement));
}

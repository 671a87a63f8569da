/** Values as text, in the page's language and time zone. */
import { locale } from "../i18n";
import { plainMarkdown } from "./markdown-tools";
import { looksOf, typeUi } from "./types";
import type { ErrorValue, Field, LinkValue, Value } from "./field";

/** The zone in which moments are shown: the page's. */
export function timeZone(): string {
  return document.documentElement.dataset.timeZone || "Asia/Shanghai";
}

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${locale()}${JSON.stringify(options)}`;
  let format = formats.get(key) as Intl.NumberFormat | undefined;
  if (!format) formats.set(key, (format = new Intl.NumberFormat(locale(), options)));
  return format;
}

interface Clock {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
}

/** The parts of a moment as a clock in `zone` shows them, two digits each. */
export function clockParts(moment: Date, zone = timeZone()): Clock {
  const key = `d${zone}`;
  let format = formats.get(key) as Intl.DateTimeFormat | undefined;
  if (!format) {
    const two = "2-digit" as const;
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: two, day: two, hour: two, minute: two, second: two, hourCycle: "h23" });
    formats.set(key, format);
  }
  const parts = Object.fromEntries(format.formatToParts(moment).map((part) => [part.type, part.value]));
  return parts as unknown as Clock;
}

/** The moment at which clocks in `zone` show `local` ("2026-01-15T08:26"), as ISO in UTC; null if it is no moment. */
export function fromLocal(local: string, zone = timeZone()): string | null {
  const asUtc = new Date(`${local}Z`);
  if (Number.isNaN(asUtc.getTime())) return null;
  let guess = asUtc.getTime();
  // Twice: the first step may cross a change of summer time.
  for (let step = 0; step < 2; step++) {
    const parts = clockParts(new Date(guess), zone);
    const shown = Date.parse(`${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}Z`);
    guess += asUtc.getTime() - shown;
  }
  return new Date(guess).toISOString().replace(".000Z", "Z");
}

/** "2026-01-15T08:26" as clocks in `zone` show the moment, for `<input type="datetime-local">`. */
export function toLocal(iso: string, seconds = false, zone = timeZone()): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return "";
  const { year, month, day, hour, minute, second } = clockParts(moment, zone);
  return `${year}-${month}-${day}T${hour}:${minute}${seconds ? `:${second}` : ""}`;
}

/** The end of what a date control takes: with it a year has four digits, so that typing goes on to the month by itself. */
export function lastDay(withTime: boolean): string {
  return withTime ? "9999-12-31T23:59" : "9999-12-31";
}

export function formatNumber(value: number | string, options: { decimals?: number; thousands?: boolean; unit?: string } = {}): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return String(value);
  const places = options.decimals;
  const text = numberFormat({
    useGrouping: options.thousands ?? true,
    ...(places === undefined ? { maximumFractionDigits: 6 } : { minimumFractionDigits: places, maximumFractionDigits: places }),
  }).format(number);
  return options.unit ? `${text} ${options.unit}` : text;
}

const symbols: Record<string, string> = { CNY: "¥", USD: "$", EUR: "€", GBP: "£", HKD: "HK$", JPY: "¥", KRW: "₩", TWD: "NT$" };

/** An amount with its currency's symbol; without it for a column in which every cell has the same. */
export function formatMoney(value: number | string, currency = "CNY", decimals = 2, symbol = true): string {
  const text = formatNumber(value, { decimals });
  if (!symbol) return text;
  const sign = symbols[currency] ?? `${currency} `;
  return text.startsWith("-") ? `-${sign}${text.slice(1)}` : `${sign}${text}`;
}

/** "01-15", with the year if it is not this one. */
export function formatDate(value: string): string {
  const [year, month, day] = value.slice(0, 10).split("-");
  if (!day) return value;
  const thisYear = clockParts(new Date()).year;
  return year === thisYear ? `${month}-${day}` : `${year}-${month}-${day}`;
}

/** "01-15 08:26" in the page's zone. */
export function formatMoment(value: string, seconds = false): string {
  const moment = new Date(value);
  if (Number.isNaN(moment.getTime())) return value;
  const { year, month, day, hour, minute, second } = clockParts(moment);
  return `${formatDate(`${year}-${month}-${day}`)} ${hour}:${minute}${seconds ? `:${second}` : ""}`;
}

/** "138 0571 6621" for a mobile number of mainland China; others as they are. */
export function formatPhone(value: string): string {
  if (/^1\d{10}$/.test(value)) return inGroups(value, [3, 4]);
  if (!/^\+\d{7,15}$/.test(value)) return value;
  const code = callingCode(value.slice(1));
  const rest = value.slice(1 + code.length);
  if (code === "86" && rest.length === 11) return `+86 ${inGroups(rest, [3, 4])}`;
  if (code === "1" && rest.length === 10) return `+1 ${inGroups(rest, [3, 3])}`;
  const groups = { 8: [4], 11: [3, 4] }[rest.length] ?? (rest.length > 5 ? Array<number>(Math.ceil((rest.length - 4) / 3)).fill(3) : []);
  return `+${code} ${inGroups(rest, groups)}`;
}

const twoDigits = new Set("20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98".split(" "));

/** The country code that the digits of an international number begin with. */
function callingCode(digits: string): string {
  if (digits.startsWith("1") || digits.startsWith("7")) return digits[0]!;
  return twoDigits.has(digits.slice(0, 2)) ? digits.slice(0, 2) : digits.slice(0, 3);
}

/** Digits in groups of these lengths; what is left comes last. */
function inGroups(digits: string, lengths: readonly number[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const length of lengths) parts.push(digits.slice(at, (at += length)));
  return [...parts, digits.slice(at)].filter(Boolean).join(" ");
}

function isError(value: Value): value is ErrorValue {
  return typeof value === "object" && value !== null && "error" in value;
}

function isNamed(value: Value): value is LinkValue {
  return typeof value === "object" && value !== null && "name" in value;
}

function byResult(field: Field, value: Value): string {
  const result = field.options.result;
  if (result === "date" && typeof value === "string") return formatDate(value);
  if (result === "datetime" && typeof value === "string") return formatMoment(value);
  if (typeof value === "number" && field.options.percent === true) return `${formatNumber(value * 100, { decimals: field.options.decimals ?? 2 })}%`;
  if (field.options.fn === "share_filled") return `${formatNumber(Number(value) * 100, { decimals: 1 })}%`;
  if (typeof value === "number") return formatNumber(value, field.options.decimals === undefined ? {} : { decimals: field.options.decimals });
  if (typeof value === "boolean") return value ? "✓" : "";
  return String(value);
}

/** The value as a person reads it in a cell. */
export function textOf(field: Field, value: Value): string {
  if (value === null || value === undefined || value === "") return "";
  if (isError(value)) return value.error;
  const ui = typeUi(field.type);
  if (ui) return ui.text(field, value);
  if (Array.isArray(value)) return value.map((item) => (isNamed(item) ? item.name : textOf({ ...field, type: "text" }, item))).join(", ");
  if (isNamed(value)) return value.name;
  const { decimals, thousands, unit, currency } = field.options;
  switch (field.type) {
    case "number":
      return formatNumber(value as number, { decimals: decimals ?? 0, thousands: thousands ?? false, unit: unit ?? "" });
    case "currency":
      return formatMoney(value as number, currency, decimals ?? 2);
    case "percent":
      return `${formatNumber(Number(value) * 100, { decimals: decimals ?? 1 })}%`;
    case "checkbox":
      return value ? "✓" : "";
    case "date":
      return formatDate(String(value));
    case "datetime":
    case "created_time":
    case "updated_time":
      return formatMoment(String(value), field.options.seconds === true);
    case "phone":
      return formatPhone(String(value));
    case "long_text":
      return field.options.markdown ? plainMarkdown(String(value)) : String(value);
    case "formula":
    case "rollup":
    case "lookup":
      return byResult(field, value);
    default:
      return String(value);
  }
}

/** The value as Excel should get it: plain numbers, ISO dates, TRUE. */
export function copyText(field: Field, value: Value): string {
  if (value === null || value === undefined) return "";
  if (["number", "currency", "percent"].includes(field.type)) return String(value);
  if (field.type === "checkbox") return value ? "TRUE" : "FALSE";
  if (field.type === "date") return String(value);
  if (["datetime", "created_time", "updated_time"].includes(field.type)) return toLocal(String(value), true).replace("T", " ");
  if (field.type === "phone" || field.type === "long_text") return String(value);
  const ui = looksOf(field, value);
  if (ui?.copy) return ui.copy(field, value);
  return textOf(field, value);
}

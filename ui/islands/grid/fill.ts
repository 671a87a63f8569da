/** What dragging the fill handle writes: numbers in steps, dates in days, numbered texts, anything else repeated. */
import type { Field, Value } from "./types";

/** The next `count` values after `given` (in order of the drag), for a field. */
export function fillValues(field: Field, given: readonly Value[], count: number): Value[] {
  const next = series(field, given);
  return Array.from({ length: count }, (_none, index) => next(index));
}

function series(field: Field, given: readonly Value[]): (index: number) => Value {
  const repeat = (index: number) => given[index % given.length];
  if (given.length < 2) return given.length ? numbered(field, given) ?? repeat : () => null;
  return arithmetic(field, given) ?? dates(field, given) ?? numbered(field, given) ?? repeat;
}

/** Equal differences between numbers go on; one number alone is repeated, as in Excel. */
function arithmetic(field: Field, given: readonly Value[]): ((index: number) => Value) | null {
  if (!["number", "currency", "percent", "progress", "duration"].includes(field.type)) return null;
  const numbers = given.map(Number);
  if (given.some((value) => value === null || value === undefined || value === "") || numbers.some(Number.isNaN)) return null;
  const step = numbers[1]! - numbers[0]!;
  const even = numbers.every((number, index) => index === 0 || Math.abs(number - numbers[index - 1]! - step) < 1e-9);
  if (!even) return null;
  const last = numbers.at(-1)!;
  return (index) => Number((last + step * (index + 1)).toFixed(10));
}

const day = 86_400_000;

function dates(field: Field, given: readonly Value[]): ((index: number) => Value) | null {
  if (field.type !== "date" || given.some((value) => typeof value !== "string" || !value)) return null;
  const days = given.map((value) => Date.parse(`${String(value)}T00:00:00Z`) / day);
  const step = days[1]! - days[0]!;
  if (!days.every((value, index) => index === 0 || value - days[index - 1]! === step)) return null;
  return (index) => new Date((days.at(-1)! + step * (index + 1)) * day).toISOString().slice(0, 10);
}

/** "A-01" goes on as "A-02" in text fields. */
function numbered(field: Field, given: readonly Value[]): ((index: number) => Value) | null {
  if (field.type !== "text") return null;
  const parts = given.map((value) => /^(.*?)(\d+)(\D*)$/.exec(String(value ?? "")));
  const first = parts[0];
  if (!first || parts.some((part) => !part || part[1] !== first[1] || part[3] !== first[3])) return null;
  const numbers = parts.map((part) => Number(part![2]));
  const step = numbers.length > 1 ? numbers[1]! - numbers[0]! : 1;
  if (!numbers.every((number, index) => index === 0 || number - numbers[index - 1]! === step)) return null;
  const last = numbers.at(-1)!;
  if (!Number.isSafeInteger(last) || first[2]!.length > 15) return null;
  return (index) => {
    const number = last + step * (index + 1);
    return number < 0 ? given[index % given.length] : `${first[1]}${String(number).padStart(first[2]!.length, "0")}${first[3]}`;
  };
}

/** Durations: seconds, shown as 1:30 or in words; what is typed is read by the server. */
import { t } from "../../i18n";
import type { Field, Value } from "../field";
import { amountKind, numberOperators, type TypeUi } from "./ui";

const two = (n: number): string => String(n).padStart(2, "0");

/** Seconds as the field's format writes them. */
export function writtenDuration(seconds: number, format: string): string {
  const rest = seconds % 60;
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  if (format === "words") {
    const parts = [hours && t("{n} 小时", { n: hours }), minutes && t("{n} 分钟", { n: minutes }), rest && t("{n} 秒", { n: rest })];
    return parts.filter(Boolean).join(" ") || t("{n} 分钟", { n: 0 });
  }
  return format === "h:mm" && !rest ? `${hours}:${two(minutes)}` : `${hours}:${two(minutes)}:${two(rest)}`;
}

function text(field: Field, value: Value): string {
  return typeof value === "number" ? writtenDuration(value, String(field.options.format ?? "h:mm")) : String(value);
}

/** Unmistakable whatever the format of the column it is pasted into. */
function plain(_field: Field, value: Value): string {
  return typeof value === "number" ? writtenDuration(value, "h:mm:ss") : String(value);
}

export const duration: TypeUi = {
  icon: "timer",
  width: 112,
  amount: true,
  typed: true,
  operators: numberOperators,
  valueKind: amountKind,
  text,
  copy: plain,
  editText: (field, value) => (typeof value === "number" ? writtenDuration(value, value % 60 ? "h:mm:ss" : field.options.format === "h:mm:ss" ? "h:mm:ss" : "h:mm") : String(value)),
  read: (_field, typed) => typed,
  start: { format: "h:mm" },
  settings: ["format"],
  canBeUnique: true,
};

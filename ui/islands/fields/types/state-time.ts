/** Times of a state machine: a moment, a length of time, or late or not, by what the field shows. */
import { html } from "lit";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { formatMoment } from "../format";
import type { Field, Value } from "../field";
import { writtenDuration } from "./duration";
import { amountKind, numberOperators, type TypeUi } from "./ui";

export const shows: readonly string[] = ["time_in_state", "entered_at", "due_at", "late", "time_spent"];

/** What one of them is called. */
export function showsName(what: string): string {
  return { entered_at: t("进入时间"), time_in_state: t("已待多久"), due_at: t("到期时间"), late: t("是否超时"), time_spent: t("在某个状态一共待了多久") }[what] ?? what;
}

/** The type it behaves like. */
export function stateTimeKind(field: Field): string {
  return { entered_at: "datetime", due_at: "datetime", late: "checkbox" }[String(field.options.shows)] ?? "duration";
}

/** Lengths that run on are told to the minute, after a day to the hour. */
function length(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  if (!days) return writtenDuration(seconds - (seconds % 60), "words");
  const hours = Math.floor((seconds % 86_400) / 3600);
  return hours ? t("{days} 天 {hours} 小时", { days, hours }) : t("{n} 天", { n: days });
}

function text(field: Field, value: Value): string {
  const kind = stateTimeKind(field);
  if (kind === "checkbox") return value === true ? t("超时") : "";
  if (kind === "datetime") return typeof value === "string" ? formatMoment(value) : "";
  return typeof value === "number" ? length(value) : "";
}

export const stateTime: TypeUi = {
  icon: "timer",
  width: 132,
  operators: numberOperators,
  valueKind: amountKind,
  text,
  copy: (field, value) => (typeof value === "number" ? writtenDuration(value, "h:mm:ss") : text(field, value)),
  cell(cell, field, value) {
    if (stateTimeKind(field) !== "checkbox") {
      cell.textContent = text(field, value);
      return;
    }
    if (value !== true) return;
    const tag = document.createElement("span");
    tag.className = "tag c-red";
    tag.textContent = t("超时");
    cell.append(tag);
  },
  template: (field, value) => (stateTimeKind(field) === "checkbox" ? (value === true ? html`<span class="tag c-red">${icon("timer", 12)}${t("超时")}</span>` : html`<span class="f3">${t("没超时")}</span>`) : html`<span class="m">${text(field, value)}</span>`),
  start: { shows: "time_in_state" },
  settings: ["field", "shows", "state"],
  cannotBePrimary: true,
};

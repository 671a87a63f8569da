/** The right-hand side of a condition: a control for each kind of value, or a value from elsewhere. */
import { html, nothing, type TemplateResult } from "lit";
import { stateGlyph, type Condition, type Field, type LinkValue, type Value } from "../fields/field";
import { fromLocal, toLocal } from "../fields/format";
import { typeUi } from "../fields/types";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import type { PartValue, ValueOption } from "../template-text/parts";
import { pickValue } from "../template-text/picker";
import { isDuration, periodLabel, periods, startValue, takesValues, unitLabel, units, valueKind } from "./operators";
import { asOperand, valueIn } from "./values";

export interface OperandHost {
  readonly disabled: boolean;
  /** Names of linked records, as far as known; what is found is added. */
  readonly names: Map<string, string>;
  findLinks(field: Field, words: string): Promise<Option[]>;
  /** Values from elsewhere that may stand here. */
  valuesFor(field: Field): ValueOption[];
  /** What such a value is called. */
  named(value: PartValue): ValueOption | undefined;
  /** Change the operand. */
  set(value: Value): void;
  /** Change it once typing has rested. */
  type(value: Value): void;
}

/** A fixed operand, with a picker of values beside it where there are any; or the value that was picked. */
export function operandTemplate(host: OperandHost, condition: Condition, field: Field): TemplateResult | typeof nothing {
  const value = valueIn(condition.value);
  if (value) return chip(host, value, () => host.set(startValue(field, condition.op, undefined)));
  const options = takesValues(field, condition.op) && !host.disabled ? host.valuesFor(field) : [];
  const fixed = fixedTemplate(host, condition, field);
  if (!options.length) return fixed;
  const pick = (event: Event) => pickValue(event.currentTarget as HTMLElement, options, (chosen) => host.set(asOperand(chosen)));
  return html`<div class="row fb-with">
    <div class="grow">${fixed}</div>
    <button type="button" class="icb" aria-label=${t("用别处的值")} data-tip=${t("用别处的值")} aria-haspopup="listbox" @click=${pick}>${icon("braces", 15)}</button>
  </div>`;
}

function chip(host: OperandHost, value: PartValue, clear: () => void): TemplateResult {
  const option = host.named(value);
  return html`<div class="inp s">
    <span class="vchip ${option ? "" : "lost"}"
      >${icon(option?.icon ?? "circle-alert", 13)}<span class="cut">${option?.label ?? t("已经没有了")}</span>${host.disabled ? nothing : html`<button type="button" class="x" aria-label=${t("换成固定的值")} @click=${clear}>${icon("x", 12)}</button>`}</span
    >${option?.group ? html`<span class="f3 t12 cut">${option.group}</span>` : nothing}
  </div>`;
}

function fixedTemplate(host: OperandHost, condition: Condition, field: Field): TemplateResult | typeof nothing {
  const { value } = condition;
  switch (valueKind(field, condition.op)) {
    case "none":
      return nothing;
    case "yes":
      return select(host, [{ value: "true", label: t("勾选") }, { value: "false", label: t("没勾选") }], String(value), (chosen) => host.set(chosen === "true"));
    case "period":
      return select(host, periods.map((period) => ({ value: period, label: periodLabel(period) })), String(value), (chosen) => host.set(chosen));
    case "duration":
      return duration(host, value);
    case "range":
      return pair(value, (part, index) => number(host, field, part, (next) => setPart(host, value, index, next)));
    case "date-range":
      return pair(value, (part, index) => date(host, field, part, (next) => setPart(host, value, index, next)));
    case "date":
      return date(host, field, value, (next) => host.set(next));
    case "number":
      return number(host, field, value, (next) => host.type(next));
    case "choice":
    case "choices":
      return choices(host, condition, field);
    case "links":
      return links(host, field, value);
    case "texts":
      return texts(host, value);
    default:
      return words(host, value);
  }
}

function setPart(host: OperandHost, value: Value, index: number, next: Value): void {
  const parts = Array.isArray(value) ? [...(value as Value[])] : [null, null];
  parts[index] = next;
  host.set(parts);
}

function pair(value: Value, make: (part: Value, index: number) => TemplateResult): TemplateResult {
  const parts = Array.isArray(value) ? (value as Value[]) : [null, null];
  return html`<div class="row fb-pair">${make(parts[0], 0)}<span class="f3">${t("到")}</span>${make(parts[1], 1)}</div>`;
}

function select(host: OperandHost, options: Option[], value: string, choose: (value: string) => void, placeholder = ""): TemplateResult {
  return html`<hb-select
    small
    label=${t("值")}
    placeholder=${placeholder}
    ?disabled=${host.disabled}
    .options=${options}
    .value=${value}
    @change=${(event: Event) => {
      choose((event.currentTarget as HbSelect).value as string);
    }}
  ></hb-select>`;
}

function choices(host: OperandHost, condition: Condition, field: Field): TemplateResult {
  const multiple = valueKind(field, condition.op) === "choices";
  const options: Option[] = typeUi(field.type)?.options?.(field) ?? (field.options.choices ?? []).map((choice) => ({ value: choice.name, label: choice.name, color: choice.color, glyph: stateGlyph(field, choice) || undefined }));
  return html`<hb-select
    small
    label=${field.name}
    look=${field.options.machine ? "pill" : "tag"}
    ?multiple=${multiple}
    ?disabled=${host.disabled}
    .options=${options}
    .value=${multiple ? (Array.isArray(condition.value) ? condition.value.map(String) : condition.value ? [String(condition.value)] : []) : String(condition.value ?? "")}
    @change=${(event: Event) => host.set((event.currentTarget as HbSelect).value)}
  ></hb-select>`;
}

function links(host: OperandHost, field: Field, value: Value): TemplateResult {
  const ids = Array.isArray(value) ? (value as unknown[]).map((item) => (typeof item === "object" && item ? (item as LinkValue).id : String(item))) : [];
  return html`<hb-select
    small
    multiple
    look="chip"
    label=${field.name}
    ?disabled=${host.disabled}
    .options=${ids.map((id) => ({ value: id, label: host.names.get(id) ?? id }))}
    .source=${async (words: string) => {
      const found = await host.findLinks(field, words);
      for (const option of found) host.names.set(option.value, option.label);
      return found;
    }}
    .value=${ids}
    @change=${(event: Event) => host.set((event.currentTarget as HbSelect).value)}
  ></hb-select>`;
}

function texts(host: OperandHost, value: Value): TemplateResult {
  const given = Array.isArray(value) ? (value as unknown[]).map(String) : [];
  return html`<hb-select
    small
    multiple
    creatable
    look="chip"
    label=${t("值")}
    placeholder=${t("输入后回车,可以加几个")}
    ?disabled=${host.disabled}
    .options=${given.map((word) => ({ value: word, label: word }))}
    .value=${given}
    @change=${(event: Event) => host.set((event.currentTarget as HbSelect).value)}
  ></hb-select>`;
}

function words(host: OperandHost, value: Value): TemplateResult {
  return html`<input
    class="inp s"
    type="text"
    aria-label=${t("值")}
    placeholder=${t("输入内容")}
    ?disabled=${host.disabled}
    .value=${typeof value === "object" && value !== null ? "" : String(value ?? "")}
    @input=${(event: Event) => host.type((event.target as HTMLInputElement).value)}
    @change=${(event: Event) => host.set((event.target as HTMLInputElement).value)}
  />`;
}

function number(host: OperandHost, field: Field, value: Value, set: (value: Value) => void): TemplateResult {
  const ui = typeUi(field.type);
  if (ui?.read) return amount(host, field, value, set);
  const percent = field.type === "percent";
  const shown = value === null || value === undefined || value === "" ? "" : percent ? String(Number((Number(value) * 100).toFixed(8))) : String(value);
  const read = (event: Event): Value => {
    const text = (event.target as HTMLInputElement).value.trim();
    if (text === "" || Number.isNaN(Number(text))) return null;
    return percent ? Number((Number(text) / 100).toFixed(10)) : Number(text);
  };
  const sign = percent ? "%" : field.type === "currency" ? (field.options.currency === "CNY" || !field.options.currency ? "¥" : field.options.currency) : field.options.unit;
  return html`<label class="inp s"
    >${sign && !percent && field.type === "currency" ? html`<span class="f3">${sign}</span>` : nothing}<input
      type="text"
      inputmode="decimal"
      aria-label=${t("值")}
      ?disabled=${host.disabled}
      .value=${shown}
      @input=${(event: Event) => set(read(event))}
    />${sign && (percent || field.type !== "currency") ? html`<span class="f3">${sign}</span>` : nothing}</label
  >`;
}

/** A number that has its own way of being written ("1:30", "50%"): sent as it is typed, the server reads it. */
function amount(host: OperandHost, field: Field, value: Value, set: (value: Value) => void): TemplateResult {
  const ui = typeUi(field.type)!;
  return html`<input
    class="inp s"
    type="text"
    autocomplete="off"
    aria-label=${t("值")}
    ?disabled=${host.disabled}
    .value=${typeof value === "number" ? ui.editText!(field, value) : String(value ?? "")}
    @input=${(event: Event) => set((event.target as HTMLInputElement).value.trim() || null)}
  />`;
}

function date(host: OperandHost, field: Field, value: Value, set: (value: Value) => void): TemplateResult {
  const moment = field.type !== "date" && field.options.result !== "date";
  const text = typeof value === "string" ? value : "";
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const shown = moment && text && !whole ? toLocal(text).slice(0, 10) : text.slice(0, 10);
  const read = (event: Event): Value => {
    const day = (event.target as HTMLInputElement).value;
    return day ? (moment && text && !whole ? fromLocal(`${day}T00:00`) : day) : null;
  };
  return html`<input class="inp s" type="date" aria-label=${t("日期")} ?disabled=${host.disabled} .value=${shown} @change=${(event: Event) => set(read(event))} />`;
}

function duration(host: OperandHost, value: Value): TemplateResult {
  const span = isDuration(value) ? value : { amount: 24, unit: "hour" };
  return html`<div class="row fb-pair">
    <input
      class="inp s"
      type="number"
      min="1"
      step="1"
      aria-label=${t("多久")}
      ?disabled=${host.disabled}
      .value=${String(span.amount)}
      @input=${(event: Event) => host.type({ ...span, amount: Number((event.target as HTMLInputElement).value) })}
    />
    <span class="sel"
      ><select class="inp s" aria-label=${t("单位")} ?disabled=${host.disabled} @change=${(event: Event) => host.set({ ...span, unit: (event.target as HTMLSelectElement).value })}>
        ${units.map((unit) => html`<option value=${unit} ?selected=${unit === span.unit}>${unitLabel(unit)}</option>`)}
      </select></span
    >
  </div>`;
}

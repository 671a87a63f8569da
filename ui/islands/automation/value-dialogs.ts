/** Values that are filled in first: a date so much later, and a formula with its fields and other values chosen by click. */
import { html, nothing, render } from "lit";
import { openDialog } from "../dialog/dialog";
import "../fields/hb-formula";
import type { HbFormula } from "../fields/hb-formula";
import { icon } from "../icons";
import { t } from "../i18n";
import type { PartValue, ValueOption } from "../template-text/parts";
import { pickValue } from "../template-text/picker";
import type { TableInfo } from "../table/info";
import { formulaTable, optionOf, reachable, shiftLabel, shownFormula, valueOptions, type Surroundings } from "./values";

const units = ["minute", "hour", "day", "week", "month", "year"];
const dated = new Set(["date", "datetime"]);

/** All values, with those that are filled in first: what pickers offer. */
export function pickable(around: Surroundings): ValueOption[] {
  return [
    ...valueOptions(around),
    { value: { kind: "shifted" }, label: t("日期加减…"), icon: "calendar-clock", group: t("其他"), type: "datetime", make: () => askShift(around) },
    { value: { kind: "formula" }, label: t("写一个公式…"), icon: "square-function", group: t("其他"), type: "any", make: () => askFormula(around) },
  ];
}

/** A date or moment so much later or earlier. */
export async function askShift(around: Surroundings, old?: PartValue): Promise<PartValue | null> {
  const bases = valueOptions(around).filter((option) => dated.has(option.type ?? "") && option.value.kind !== "person");
  let base = (old?.base as PartValue | undefined) ?? ({ kind: "now" } as PartValue);
  let amount = Math.abs(Number(old?.amount ?? 3));
  let unit = String(old?.unit ?? "day");
  let later = Number(old?.amount ?? 1) >= 0;
  const box = document.createElement("div");
  const named = () => optionOf(around, base)?.label ?? "?";
  const draw = () => {
    render(
      html`<div class="stack">
        <div class="field"><span class="lab">${t("从哪个时间算起")}</span>
          <button type="button" class="inp" aria-label=${t("从哪个时间算起")} @click=${(event: Event) => pickValue(event.currentTarget as HTMLElement, bases, (value) => {
            base = value;
            draw();
          })}>${icon("calendar-clock", 14)}<span class="grow cut">${named()}</span>${icon("chevron-down", 14)}</button></div>
        <div class="field"><span class="lab">${t("加减多久")}</span><div class="row">
          <span class="sel"><select class="inp" aria-label=${t("往前还是往后")} @change=${(event: Event) => {
            later = (event.target as HTMLSelectElement).value === "later";
            draw();
          }}><option value="later" ?selected=${later}>${t("往后")}</option><option value="earlier" ?selected=${!later}>${t("往前")}</option></select></span>
          <input class="inp au-number" type="number" min="0" max="100000" aria-label=${t("多久")} .value=${String(amount)} @input=${(event: Event) => {
            amount = Math.max(0, Math.round(Number((event.target as HTMLInputElement).value)) || 0);
            draw();
          }} />
          <span class="sel"><select class="inp" aria-label=${t("单位")} @change=${(event: Event) => {
            unit = (event.target as HTMLSelectElement).value;
            draw();
          }}>${units.map((one) => html`<option value=${one} ?selected=${one === unit}>${shiftLabel("", 1, one).replace(/^\D*1 /, "")}</option>`)}</select></span></div></div>
        <p class="hint">${shiftLabel(named(), later ? amount : -amount, unit)}</p>
      </div>`,
      box,
    );
  };
  draw();
  const answer = await openDialog({ heading: t("日期加减"), body: box, actions: [{ label: t("用这个时间"), value: true, kind: "p" }] });
  return answer ? { kind: "shifted", base, amount: later ? amount : -amount, unit } : null;
}

/** A formula over the fields of a record and over other values, which get a name in it. */
export async function askFormula(around: Surroundings, old?: PartValue): Promise<PartValue | null> {
  let of = String(old?.of ?? reachable(around)[0]?.of ?? "trigger");
  let source = old ? shownFormula(around, old) : "";
  let names = { ...((old?.names as Record<string, PartValue> | undefined) ?? {}) };
  const box = document.createElement("div");
  const records = reachable(around);
  const others = valueOptions(around).filter((option) => option.type !== "record" && option.value.kind !== "record_url");
  const tableInfo = (): TableInfo => {
    const table = formulaTable(around, of);
    return { ...(table ?? { id: around.page.tables[0]?.id ?? "", name: "", fields: [] }) } as unknown as TableInfo;
  };
  let table = tableInfo();
  const add = (value: PartValue) => {
    const label = (optionOf(around, value)?.label ?? t("值")).replace(/[{}]/g, "");
    const taken = new Set([...Object.keys(names), ...table.fields.map((field) => field.name)]);
    let name = label;
    for (let number = 2; taken.has(name); number += 1) name = `${label} ${number}`;
    names = { ...names, [name]: value };
    source += `{${name}}`;
    draw();
  };
  const draw = () => {
    const entries = Object.entries(names);
    render(
      html`<div class="stack">
        ${records.length > 1
          ? html`<label class="field"><span class="lab">${t("直接写字段名时,用哪条记录的")}</span><span class="sel"><select class="inp" @change=${(event: Event) => {
              of = (event.target as HTMLSelectElement).value;
              table = tableInfo();
              draw();
            }}>${records.map((one) => html`<option value=${one.of} ?selected=${one.of === of}>${one.label}</option>`)}</select></span></label>`
          : nothing}
        <hb-formula local .table=${table} .value=${source} .names=${entries.map(([name, value]) => ({ name, type: named(optionOf(around, value)) }))} @change=${(event: Event) => {
          event.stopPropagation();
          source = (event.currentTarget as HbFormula).value;
        }}></hb-formula>
        <div class="field"><span class="lab">${t("公式里用的别处的值")}</span>
          ${entries.map(
            ([name, value]) => html`<div class="row"><code>{${name}}</code><span class="f3 grow cut">${optionOf(around, value)?.group ?? ""}</span><button type="button" class="icb" aria-label=${t("不用「{name}」", { name })} @click=${() => {
              names = Object.fromEntries(entries.filter(([key]) => key !== name));
              draw();
            }}>${icon("x", 14)}</button></div>`,
          )}
          <div><button type="button" class="btn s" @click=${(event: Event) => pickValue(event.currentTarget as HTMLElement, others, add)}>${icon("plus", 14)}${t("加一个值")}</button></div>
        </div>
      </div>`,
      box,
    );
  };
  draw();
  const answer = await openDialog({ heading: t("公式"), size: "l", body: box, actions: [{ label: t("用这个公式"), value: true, kind: "p" }], before: () => source.trim() !== "" });
  if (!answer) return null;
  const used = Object.fromEntries(Object.entries(names).filter(([name]) => source.includes(`{${name}}`)));
  return { kind: "formula", source, of, names: used };
}

/** The type of formula values for a kind of value. */
function named(option: ValueOption | undefined): string {
  const type = option?.type ?? "text";
  if (["number", "currency", "percent", "rating", "progress", "duration", "rollup", "records"].includes(type)) return "number";
  if (type === "checkbox" || type === "boolean") return "boolean";
  if (type === "date" || type === "datetime") return type;
  return type === "multi_select" || type === "link" || type === "attachment" ? "list" : "text";
}

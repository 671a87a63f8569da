/** The control of one value: text with chips, a control of the field's type, or a value from a picker. */
import { html, nothing, type TemplateResult } from "lit";
import { api } from "../api";
import { stateGlyph, type Field } from "../fields/field";
import { typeUi } from "../fields/types";
import type { ChoiceRecord } from "../grid/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { controlTemplate } from "../record/control";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import "../template-text/hb-template-text";
import type { HbTemplateText } from "../template-text/hb-template-text";
import type { PartValue, ValueOption } from "../template-text/parts";
import { pickValue } from "../template-text/picker";
import type { FormHost } from "./form-parts";
import { settled } from "./settled";
import { askFormula, askShift, pickable } from "./value-dialogs";
import { fitting, fromParts, optionOf, takesText, toParts, type Surroundings } from "./values";
import type { StepValue } from "./types";

export interface SetHost extends FormHost {
  readonly around: Surroundings;
}

async function findChoices(field: Field, words: string): Promise<ChoiceRecord[]> {
  const answer = await api.get<{ records: ChoiceRecord[] }>(`/api/v1/tables/${field.options.table ?? ""}/choices`, { params: { q: words } });
  return answer.records;
}

/** What a field begins with when it is chosen to be set. */
export function firstValue(field: Field): StepValue {
  return { kind: "literal", value: field.type === "checkbox" ? true : takesText(field) ? "" : null };
}

/** The value that goes into `field`. */
export function valueControl(host: SetHost, field: Field, value: StepValue, put: (value: StepValue) => void): TemplateResult {
  const options = pickable(host.around);
  if (takesText(field)) return textControl(host, field.name, value, field.type !== "long_text", put);
  const fit = fitting(field, options);
  if (value.kind !== "literal") return reference(host, value, put, () => put(firstValue(field)));
  return html`<div class="au-value">${literal(host, field, value.value, put)}${fit.length && !host.locked ? picker(fit, put) : nothing}</div>`;
}

/** Text in which values stand. */
export function textControl(host: SetHost, label: string, value: StepValue, single: boolean, put: (value: StepValue) => void, placeholder = t("留空就是清空;按 / 插入字段"), slash = true): TemplateResult {
  return html`<hb-template-text
    ?single=${single}
    ?noslash=${!slash}
    ?disabled=${host.locked}
    label=${label}
    placeholder=${placeholder}
    .named=${(one: PartValue) => optionOf(host.around, one)}
    .values=${settled(pickable(host.around))}
    .value=${settled(toParts(value))}
    @change=${(event: Event) => {
      event.stopPropagation();
      put(fromParts((event.currentTarget as HbTemplateText).value));
    }}
  ></hb-template-text>`;
}

/** A value as a chip; one that was filled in can be changed again. */
export function reference(host: SetHost, value: StepValue, put: (value: StepValue) => void, clear: () => void): TemplateResult {
  const option = optionOf(host.around, value);
  const edit = value.kind === "formula" ? askFormula : value.kind === "shifted" ? askShift : null;
  const change = () => void edit?.(host.around, value).then((next) => next && put(next));
  return html`<div class="inp s"><span class="vchip ${option ? "" : "lost"}">${icon(option?.icon ?? "circle-alert", 13)}<span class="cut">${option?.label ?? t("已经没有了")}</span>${option?.example ? html`<em>${option.example}</em>` : nothing}${host.locked
      ? nothing
      : html`<button type="button" class="x" aria-label=${t("换成固定的值")} @click=${clear}>${icon("x", 12)}</button>`}</span>
    ${option?.group ? html`<span class="f3 t12 cut">${option.group}</span>` : nothing}${edit && !host.locked ? html`<button type="button" class="icb" aria-label=${t("修改")} data-tip=${t("修改")} @click=${change}>${icon("pencil-line", 14)}</button>` : nothing}</div>`;
}

/** The button that opens the picker. */
export function picker(options: readonly ValueOption[], put: (value: StepValue) => void): TemplateResult {
  return html`<button type="button" class="icb" aria-label=${t("用记录里的值")} data-tip=${t("用记录里的值")} aria-haspopup="listbox" @click=${(event: Event) => pickValue(event.currentTarget as HTMLElement, options, put)}>${icon("braces", 15)}</button>`;
}

function literal(host: SetHost, field: Field, value: unknown, put: (value: StepValue) => void): TemplateResult {
  const fixed = (next: unknown) => put({ kind: "literal", value: next });
  if (field.type === "checkbox") {
    return html`<div class="seg" role="group" aria-label=${field.name}>
      <button type="button" aria-pressed=${value === true} ?disabled=${host.locked} @click=${() => fixed(true)}>${t("勾选")}</button>
      <button type="button" aria-pressed=${value !== true} ?disabled=${host.locked} @click=${() => fixed(false)}>${t("不勾选")}</button>
    </div>`;
  }
  if (typeUi(field.type)?.files) return html`<p class="hint grow">${t("文件不能写死在这里,用右边的按钮选记录里的附件")}</p>`;
  if (field.type === "single_select" || field.type === "multi_select") return selectLiteral(host, field, value, fixed);
  return html`<div class="grow">${controlTemplate(field, { id: `set-${field.id}`, value, commit: fixed, cancel: () => undefined, choices: findChoices })}</div>`;
}

function selectLiteral(host: SetHost, field: Field, value: unknown, fixed: (value: unknown) => void): TemplateResult {
  const multiple = field.type === "multi_select";
  const options = (field.options.choices ?? []).filter((choice) => !choice.archived).map((choice) => ({ value: choice.name, label: choice.name, color: choice.color, glyph: stateGlyph(field, choice) || undefined }));
  return html`<hb-select
    class="grow"
    small
    label=${field.name}
    look=${field.options.machine ? "pill" : "tag"}
    placeholder=${t("清空")}
    ?multiple=${multiple}
    ?clearable=${!multiple && !field.options.machine}
    ?disabled=${host.locked}
    .options=${options}
    .value=${multiple ? (Array.isArray(value) ? value.map(String) : []) : String(value ?? "")}
    @change=${(event: Event) => {
      event.stopPropagation();
      const chosen = (event.currentTarget as HbSelect).value;
      fixed(multiple ? chosen : chosen || null);
    }}
  ></hb-select>`;
}

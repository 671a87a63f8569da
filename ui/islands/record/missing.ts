/** What has to be filled before a move can be made, asked for where its button was pressed. */
import { html, nothing, render } from "lit";
import { openDialog } from "../dialog/dialog";
import { isEmpty, type Field, type RecordData, type Value } from "../fields/field";
import type { ChoiceRecord } from "../grid/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { controlTemplate, isEditable } from "./control";

export interface MissingOptions {
  /** The state that the record is to reach. */
  target: string;
  fields: readonly Field[];
  record: RecordData;
  /** The button's text. */
  label?: string;
  choices(field: Field, words: string): Promise<ChoiceRecord[]>;
}

/** Ask for the fields; null where it was called off, or where none of them can be filled by a person. */
export async function askMissing(options: MissingOptions): Promise<Record<string, Value> | null> {
  const fields = options.fields.filter(isEditable);
  if (!fields.length) return null;
  const values: Record<string, Value> = {};
  const box = document.createElement("form");
  box.className = "rc-missing";
  let told = false;

  const draw = () =>
    render(
      html`<p class="hint">${t("改成「{state}」之前要先填好", { state: options.target })}</p>
        ${fields.map((field) => {
          const value = field.id in values ? values[field.id]! : (options.record.fields[field.id] ?? null);
          const bad = told && lacks(value);
          const put = (next: Value) => {
            values[field.id] = next;
            draw();
          };
          return html`<div class="field" role="group" aria-label=${field.name}>
            <label class="lab" for="miss-${field.id}">${field.name}</label>
            ${controlTemplate(field, { id: `miss-${field.id}`, value, record: options.record.id, invalid: bad, commit: put, keep: put, cancel: () => undefined, choices: options.choices })}
            ${bad ? html`<p class="hint bad">${icon("circle-alert", 14)}${t("还空着")}</p>` : field.description ? html`<p class="hint">${field.description}</p>` : nothing}
          </div>`;
        })}`,
      box,
    );

  box.addEventListener("submit", (event) => event.preventDefault());
  box.addEventListener("keydown", (event) => {
    const input = event.target as HTMLElement;
    if (event.key !== "Enter" || event.isComposing || input.tagName !== "INPUT") return;
    event.preventDefault();
    input.blur();
    box.closest("dialog")?.querySelector<HTMLElement>(".dlg-f .btn.p")?.click();
  });
  draw();
  const done = await openDialog<boolean>({
    heading: options.label || t("改为「{state}」", { state: options.target }),
    body: box,
    size: "m",
    actions: [
      { label: t("取消"), value: false },
      { label: options.label || t("改为「{state}」", { state: options.target }), value: true, kind: "p" },
    ],
    before: (wanted) => {
      if (!wanted) return true;
      told = true;
      draw();
      return fields.every((field) => !lacks(field.id in values ? values[field.id]! : (options.record.fields[field.id] ?? null)));
    },
  });
  return done ? values : null;
}

/** Empty as a move means it: an unticked box is, too. */
function lacks(value: Value): boolean {
  return isEmpty(value) || value === false;
}

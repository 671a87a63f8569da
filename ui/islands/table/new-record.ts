/**
 * The form in which a record is made: beside the table, where it wants some fields filled before it stores one, or in a
 * dialog over a chooser of linked records.
 */
import { html, nothing, render, type TemplateResult } from "lit";
import { api, ApiError, Disconnected, showError, type Problem } from "../api";
import { showDialog } from "../dialog/dialog";
import type { Field, LinkValue, Value } from "../fields/field";
import { textOf } from "../fields/format";
import type { ChoiceRecord, SaveResult } from "../grid/types";
import { icon } from "../icons";
import { t } from "../i18n";
import { allStates } from "../grid/columns";
import { readTyped } from "../grid/editor";
import { defaultPeople } from "../fields/types/member";
import { controlTemplate, isEditable } from "../record/control";
import { linkChoices } from "../record/choices";
import { said } from "../record/said";
import { toWire } from "../record/saver";
import { toast, toastUndo } from "../toast/toast";
import { forgetRedo, undo } from "../undo";
import { primaryOf, type TableInfo, type ViewColumn } from "./info";

interface Answer {
  records: SaveResult[];
  change: string | null;
}

class NewRecord {
  readonly #box = document.createElement("div");
  #values: Record<string, Value>;
  #problems: Problem[] = [];
  #busy = false;

  constructor(
    private readonly table: TableInfo,
    private readonly columns: readonly ViewColumn[],
    given: Record<string, Value>,
    private readonly made: (record: string, fields: Record<string, Value>) => void,
    private readonly dialog: HTMLDialogElement | null = null,
    /** The link's other end, which is filled by linking. */
    private readonly back = "",
  ) {
    this.#values = { ...defaults(table), ...given };
    this.#box.className = dialog ? "dlg-body" : "rn";
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#draw();
    (dialog ?? document.querySelector<HTMLElement>("hb-panel .panel-body"))?.replaceChildren(this.#box);
    if (!dialog) this.#focusFirst();
  }

  #fields(): Field[] {
    const order = allStates(this.table.fields, [...this.columns], this.table.primary);
    const fields = order.map((state) => this.table.fields.find((field) => field.id === state.field)!).filter((field) => isEditable(field) && field.id !== this.back);
    // What must be filled comes first; the rest in the order of the view.
    const first = (field: Field) => field.required || (this.dialog !== null && field.id === this.table.primary);
    return [...fields.filter(first), ...fields.filter((field) => !first(field))];
  }

  #focusFirst(): void {
    requestAnimationFrame(() => {
      const wanted = this.#box.querySelector<HTMLElement>('[aria-invalid="true"]') ?? this.#box.querySelector<HTMLElement>(".rn-form input, .rn-form textarea, .rn-form .sel-box, .rn-form button");
      wanted?.focus();
    });
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    (document.activeElement as HTMLElement | null)?.dispatchEvent(new Event("change", { bubbles: true }));
    void this.#save(event.shiftKey && !this.dialog);
  }

  async #save(another: boolean): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#problems = [];
    this.#draw();
    const fields = Object.fromEntries(Object.entries(this.#values).map(([id, value]) => [id, toWire(value)]));
    try {
      const answer = await api.post<Answer>(`/api/v1/tables/${this.table.id}/records`, { records: [{ fields }] });
      forgetRedo();
      const id = answer.records[0]?.id;
      const { change } = answer;
      if (change) toastUndo(t("已新建 {n} 条", { n: 1 }), () => void undo(change));
      if (another) {
        this.#values = { ...defaults(this.table) };
        this.#busy = false;
        this.#draw(true);
        this.#focusFirst();
      } else if (id) this.made(id, answer.records[0]?.fields ?? {});
    } catch (failure) {
      this.#busy = false;
      this.#refused(failure);
    }
  }

  #refused(failure: unknown): void {
    if (failure instanceof ApiError) this.#problems = failure.problems.length ? failure.problems : [{ code: failure.code, message: failure.message }];
    else if (failure instanceof Disconnected) toast(failure.message, { kind: "bad" });
    else showError(failure);
    this.#draw();
    this.#focusFirst();
  }

  #choices(field: Field, words: string): Promise<ChoiceRecord[]> {
    return linkChoices(field, words, { values: Object.fromEntries(Object.entries(this.#values).map(([id, value]) => [id, toWire(value)])) });
  }

  #draw(anew = false): void {
    if (anew) render(nothing, this.#box);
    const noun = this.table.record_noun;
    const fields = this.#fields();
    const named = new Set(fields.map((field) => field.id));
    const general = this.#problems.filter((problem) => !problem.field || !named.has(problem.field));
    render(
      html`${this.dialog
          ? html`<div class="dlg-h line">
              <h2>${noun ? t("新建{noun}", { noun }) : t("新建记录")}</h2>
              <button type="button" class="icb" data-close aria-label=${t("关闭")}>${icon("x")}</button>
            </div>`
          : html`<div class="panel-h">
              <b class="grow cut">${noun ? t("新建{noun}", { noun }) : t("新建记录")}</b>
              <button type="button" class="icb" data-close-panel aria-label=${t("关闭")}>${icon("x")}</button>
            </div>`}
        <form class="rn-form ${this.dialog ? "dlg-b" : ""}" novalidate @submit=${(event: Event) => event.preventDefault()}>
          ${general.length ? html`<div class="note" role="alert">${icon("circle-alert")}<span>${general.map((problem) => html`${said(problem.message)} `)}</span></div>` : nothing}
          ${fields.map((field) => this.#row(field))}
        </form>
        <div class=${this.dialog ? "dlg-f" : "rn-foot"}>
          ${this.dialog ? html`<button type="button" class="btn" data-close>${t("取消")}</button>` : html`<button type="button" class="btn s g" ?disabled=${this.#busy} @click=${() => void this.#save(true)}>${t("保存,再建一条")}</button>`}
          <button type="button" class="btn p" aria-busy=${this.#busy ? "true" : nothing} @click=${() => void this.#save(false)}>${t("新建")}</button>
        </div>`,
      this.#box,
    );
  }

  #row(field: Field): TemplateResult {
    const problem = this.#problems.find((one) => one.field === field.id)?.message;
    const id = `${this.dialog ? "rd" : "rn"}-${field.id}`;
    return html`<div class="field">
      <label class="lab" for=${id}>${field.name}${field.required ? html`<span class="req" aria-hidden="true">*</span>` : nothing}</label>
      ${controlTemplate(field, {
        id,
        value: this.#values[field.id] ?? null,
        state: null,
        invalid: problem !== undefined,
        describedBy: problem ? `${id}-problem` : undefined,
        commit: (value) => {
          this.#values = { ...this.#values, [field.id]: value };
          this.#problems = this.#problems.filter((one) => one.field !== field.id);
          this.#draw();
        },
        cancel: () => {},
        choices: (one, words) => this.#choices(one, words),
      })}
      ${problem ? html`<p class="hint bad" id="${id}-problem">${icon("circle-alert", 14)}${said(problem)}</p>` : field.default_formula ? html`<p class="hint">${t("留空就自动填")}</p>` : field.description ? html`<p class="hint">${field.description}</p>` : nothing}
    </div>`;
  }
}

/** What the form begins with: the fields' own defaults, and the first state of a state machine. */
export function defaults(table: TableInfo): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const field of table.fields) {
    if (!isEditable(field)) continue;
    const { choices = [], machine } = field.options;
    if (field.type === "member") values[field.id] = defaultPeople(field);
    else if (field.default !== null && field.default !== undefined) values[field.id] = field.default;
    else if (machine) values[field.id] = choices.find((choice) => choice.id === machine.initial[0])?.name ?? null;
  }
  return values;
}

/**
 * Open the form in a dialog, for a record that `link` is to point at; `words` begin its name. Resolves with the record, or
 * null if the person gives up.
 */
export function newLinked(link: Field, table: TableInfo, words: string): Promise<LinkValue | null> {
  const dialog = document.createElement("dialog");
  dialog.className = "dlg";
  dialog.setAttribute("aria-label", table.record_noun ? t("新建{noun}", { noun: table.record_noun }) : t("新建记录"));
  document.body.append(dialog);
  const primary = primaryOf(table);
  const named = primary && words && isEditable(primary) ? readTyped(primary, words) : undefined;
  return new Promise((resolve) => {
    let answer: LinkValue | null = null;
    const made = (id: string, fields: Record<string, Value>) => {
      answer = { id, name: primary ? textOf(primary, fields[primary.id] ?? null) : "" };
      dialog.close();
    };
    new NewRecord(table, [], primary && named !== undefined ? { [primary.id]: named } : {}, made, dialog, String(link.options.inverse ?? ""));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    // keys are the form's own: the chooser and the grid beneath take none of them
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    showDialog(dialog);
  });
}

/** Open the form in the side panel; `made` is called with the id of the record. */
export function openNewRecord(table: TableInfo, columns: readonly ViewColumn[], given: Record<string, Value>, made: (record: string) => void): void {
  new NewRecord(table, columns, given, made);
}

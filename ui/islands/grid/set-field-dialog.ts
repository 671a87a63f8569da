/** The dialog in which one field is set for all records that are ticked: what, what will happen, how far, what was refused. */
import { html, nothing, render, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { showDialog } from "../dialog/dialog";
import { uniqueId } from "../dom";
import { showError } from "../api";
import { choiceOf, fieldIcon, isEmpty, stateGlyph, type Field, type RecordData, type Value } from "../fields/field";
import { formatNumber, textOf } from "../fields/format";
import { icon } from "../icons";
import { N_, t } from "../i18n";
import { controlTemplate } from "../record/control";
import { said } from "../record/said";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import { toast, toastUndo } from "../toast/toast";
import { forgetRedo, together, undo } from "../undo";
import { byReason, byState, reachable, readAll, setAll, settable, waysFor, waysOf, type Deed, type How, type Reach, type SetOutcome } from "./set-field";
import { foretold, resultTemplate } from "./set-field-said";
import type { GridSource } from "./types";

export interface SetFieldHost {
  readonly source: GridSource;
  readonly fields: readonly Field[];
  /** The field that names a record. */
  readonly primary: Field | null;
  /** A record that is here. */
  known(id: string): RecordData | undefined;
  /** Records have been changed; those that were not are still to be dealt with. */
  stored(field: Field, outcome: SetOutcome): void;
}

const words: Record<How, string> = { set: N_("改成"), add: N_("再加上"), remove: N_("去掉"), clear: N_("清空") };

class SetField {
  readonly #dialog = document.createElement("dialog");
  readonly #id = uniqueId("sf");
  #ids: readonly string[];
  #field: Field | null = null;
  #how: How = "set";
  #value: Value = null;
  /** The records as they are, once they have been read. */
  #records: ReadonlyMap<string, RecordData> | null = null;
  #reach: Reach[] | null = null;
  /** Why the value cannot be taken. */
  #problem = "";
  /** The records that are sent: those that hold something else. */
  #wanted: readonly string[] = [];
  /** How many of them are dealt with; null while nothing is under way. */
  #done: number | null = null;
  #stopped = false;
  #told: SetOutcome | null = null;

  constructor(
    private readonly host: SetFieldHost,
    ids: readonly string[],
    resolve: () => void,
  ) {
    this.#ids = ids;
    this.#dialog.className = "dlg sf-dlg";
    this.#dialog.setAttribute("aria-labelledby", `${this.#id}-h`);
    this.#dialog.addEventListener("cancel", (event) => {
      if (this.#done === null || event.target !== this.#dialog) return;
      event.preventDefault();
      this.#stop();
    });
    this.#dialog.addEventListener("close", () => {
      this.#stopped = true;
      if (this.#told) this.#announce(this.#told, true);
      this.#dialog.remove();
      resolve();
    });
    document.body.append(this.#dialog);
    this.#draw();
    showDialog(this.#dialog);
    void this.#begin();
  }

  async #begin(): Promise<void> {
    const box = this.#dialog.querySelector<HbSelect>(".sf-field hb-select");
    await box?.updateComplete;
    box?.focus();
  }

  /* ---- what is to be done ---- */

  #choose(id: string): void {
    this.#field = this.host.fields.find((field) => field.id === id) ?? null;
    this.#value = this.#field?.type === "checkbox" ? true : null;
    this.#how = this.#field ? (waysFor(this.#field, this.#ids.length)[0] ?? "set") : "set";
    this.#problem = "";
    this.#reach = null;
    this.#draw();
    void this.#lookAhead();
  }

  /** What the records hold, and, of a state machine, where they may go. A field chosen again tries again. */
  async #lookAhead(): Promise<void> {
    const field = this.#field;
    const ids = this.#ids;
    try {
      const records = this.#records ?? (await readAll(ids, this.host.source, (id) => this.host.known(id)));
      if (ids !== this.#ids) return;
      this.#records = records;
      if (field?.options.machine) {
        const standing = byState(field, ids, records);
        const reach = reachable(field, standing, await waysOf(field, standing, this.host.source));
        if (field !== this.#field || ids !== this.#ids) return;
        this.#reach = reach;
      }
    } catch (failure) {
      showError(failure);
      if (field?.options.machine && field === this.#field) this.#field = null;
    }
    this.#draw();
  }

  #put(value: Value): void {
    this.#value = value;
    this.#problem = "";
    this.#draw();
  }

  get #deed(): Deed | null {
    if (!this.#field) return null;
    return { field: this.#field, how: this.#how, value: this.#value };
  }

  /** The state that is chosen. */
  get #reached(): Reach | undefined {
    return this.#field?.options.machine ? this.#reach?.find((reach) => reach.name === this.#value) : undefined;
  }

  /** Why it cannot be done yet; "" where it can. */
  #lacking(): string {
    if (!this.#field) return t("先选一个字段");
    if (this.#how === "clear") return "";
    if (isEmpty(this.#value)) return this.#field.required || this.#field.options.machine ? t("先填要改成的内容") : t("先填要改成的内容;要清空就选「清空」");
    return "";
  }

  async #go(): Promise<void> {
    const problem = this.#lacking();
    const deed = this.#deed;
    if (problem || !deed) {
      this.#problem = problem;
      this.#draw();
      this.#focusControl();
      return;
    }
    this.#wanted = deed.field.options.machine ? this.#ids.filter((id) => this.#records?.get(id)?.fields[deed.field.id] !== deed.value) : this.#ids;
    this.#done = 0;
    this.#stopped = false;
    this.#draw();
    this.#dialog.querySelector<HTMLElement>(".sf-stop")?.focus();
    const outcome = await setAll(this.#wanted, deed, this.host.source, {
      onStep: (done) => {
        this.#done = done;
        this.#draw();
      },
      stopped: () => this.#stopped,
    });
    this.#done = null;
    this.#finish(deed, outcome);
  }

  /** Put the keyboard where something is missing. */
  #focusControl(): void {
    this.#dialog.querySelector<HTMLElement>(this.#field ? ".sf-control :is(input, textarea, .sel-box, button)" : ".sf-field .sel-box")?.focus();
  }

  #stop(): void {
    this.#stopped = true;
    this.#draw();
  }

  #finish(deed: Deed, outcome: SetOutcome): void {
    const { changed, refused, left, changes } = outcome;
    if (changes.length) forgetRedo();
    together(changes);
    this.host.stored(deed.field, outcome);
    const reasons = byReason(refused);
    const open = this.#dialog.open;
    // The value itself is wrong: it is mended where it was typed.
    if (open && !changed.length && !left.length && reasons.length === 1 && refused[0]?.problems.every((problem) => problem.field === deed.field.id && !deed.field.options.machine)) {
      this.#problem = reasons[0]!.reason;
      this.#draw();
      this.#focusControl();
      return;
    }
    this.#told = outcome;
    if (open && (refused.length || left.length)) {
      this.#draw();
      this.#dialog.querySelector<HTMLElement>(".dlg-f .btn.p")?.focus();
    } else if (open) this.#dialog.close();
    else this.#announce(outcome, false);
  }

  /* ---- afterwards ---- */

  /** Whether what was done can be taken back: a state only where there is a way back. */
  #mayUndo(outcome: SetOutcome): boolean {
    if (!outcome.changes.length) return false;
    return !this.#field?.options.machine || (this.#reached?.back ?? false);
  }

  /** Say it at the foot of the page. `seen`: the reasons of refusals stood in the dialog. */
  #announce(outcome: SetOutcome, seen: boolean): void {
    this.#told = null;
    const { changed, refused, left } = outcome;
    const rest = refused.length + left.length;
    const name = this.#field?.name ?? "";
    if (!changed.length) {
      if (!seen && refused.length) toast(t("{n} 条没有改:{reason}", { n: formatNumber(rest), reason: byReason(refused)[0]!.reason }), { kind: "bad" });
      return;
    }
    if (!outcome.changes.length) return void toast(t("这些记录的「{field}」本来就是这样", { field: name }), { kind: "info" });
    const message = rest
      ? t("已改 {n} 条的「{field}」,{rest} 条没有改,仍选中着", { n: formatNumber(changed.length), field: name, rest: formatNumber(rest) })
      : t("已改 {n} 条的「{field}」", { n: formatNumber(changed.length), field: name });
    const last = outcome.changes.at(-1)!;
    if (this.#mayUndo(outcome)) toastUndo(message, () => void undo(last));
    else toast(message);
  }

  /** On with those that were not changed: they are asked about anew. */
  #goOn(): void {
    const { refused, left } = this.#told!;
    this.#told = null;
    this.#ids = [...refused.map((one) => one.id), ...left];
    this.#field = null;
    this.#records = null;
    this.#value = null;
    this.#how = "set";
    this.#draw();
    void this.#begin();
  }

  async #takeBack(outcome: SetOutcome): Promise<void> {
    this.#told = null;
    this.#dialog.close();
    await undo(outcome.changes.at(-1));
  }

  /* ---- drawing ---- */

  #draw(): void {
    const running = this.#done !== null;
    render(
      html`<form novalidate @submit=${(event: Event) => event.preventDefault()} @keydown=${(event: KeyboardEvent) => this.#key(event)}>
        <div class="dlg-h">
          <h2 id="${this.#id}-h">${t("批量修改 {n} 条记录", { n: formatNumber(this.#ids.length) })}</h2>
          <button type="button" class="icb" aria-label=${t("关闭")} @click=${() => this.#dialog.close()}>${icon("x")}</button>
        </div>
        <div class="dlg-b">${this.#told ? resultTemplate(this.#told, this.#field?.name ?? "", (id) => this.#nameOf(id)) : running ? this.#progress() : this.#form()}</div>
        <div class="dlg-f">${this.#told ? this.#after(this.#told) : running ? this.#while() : this.#before()}</div>
      </form>`,
      this.#dialog,
    );
  }

  #key(event: KeyboardEvent): void {
    const input = event.target as HTMLElement;
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented || this.#done !== null || this.#told) return;
    if (!(event.ctrlKey || event.metaKey) && !(input instanceof HTMLInputElement && !input.closest("hb-select"))) return;
    event.preventDefault();
    input.blur(); // takes what was typed
    void this.#go();
  }

  #before(): TemplateResult {
    const count = formatNumber(this.#reached?.can ?? this.#ids.length);
    return html`<button type="button" class="btn" @click=${() => this.#dialog.close()}>${t("取消")}</button>
      <button type="button" class="btn p" @click=${() => void this.#go()}>${t("修改 {n} 条", { n: count })}</button>`;
  }

  #while(): TemplateResult {
    return html`<button type="button" class="btn sf-stop" ?disabled=${this.#stopped} @click=${() => this.#stop()}>${this.#stopped ? t("正在停下") : t("停下")}</button>`;
  }

  #after(outcome: SetOutcome): TemplateResult {
    const rest = outcome.refused.length + outcome.left.length;
    return html`${this.#mayUndo(outcome) ? html`<button type="button" class="btn sf-undo" @click=${() => void this.#takeBack(outcome)}>${icon("undo-2", 14)}${t("撤销已改的 {n} 条", { n: formatNumber(outcome.changed.length) })}</button>` : nothing}
      <button type="button" class="btn" @click=${() => this.#dialog.close()}>${t("关闭")}</button>
      <button type="button" class="btn p" @click=${() => this.#goOn()}>${t("接着改这 {n} 条", { n: formatNumber(rest) })}</button>`;
  }

  #progress(): TemplateResult {
    const total = this.#wanted.length;
    const step = t("已处理 {done} / {total} 条", { done: formatNumber(this.#done ?? 0), total: formatNumber(total) });
    return html`<p class="sf-say" role="status">${step}</p>
      <progress class="barp sf-bar" max=${total} .value=${this.#done ?? 0} aria-label=${step}></progress>`;
  }

  #form(): TemplateResult {
    const fields = settable(this.host.fields).filter((field) => waysFor(field, this.#ids.length).length > 0);
    const label = t("哪个字段");
    return html`<div class="sf">
      <div class="field sf-field">
        <span class="lab" aria-hidden="true">${label}</span>
        <hb-select
          .label=${label}
          placeholder=${t("选要改的字段")}
          search
          .options=${fields.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }))}
          .value=${this.#field?.id ?? ""}
          ?invalid=${!this.#field && this.#problem !== ""}
          @change=${(event: Event) => {
            event.stopPropagation();
            this.#choose((event.target as HbSelect).value as string);
          }}
        ></hb-select>
        ${!this.#field && this.#problem ? this.#bad() : nothing}
      </div>
      ${this.#field ? keyed(this.#field.id, this.#valueTemplate(this.#field)) : nothing}
      <div role="status">${this.#deed && !this.#lacking() ? foretold(this.#deed, this.#ids, this.#records, this.#reached) : nothing}</div>
    </div>`;
  }

  #bad(): TemplateResult {
    return html`<p class="hint bad" id="${this.#id}-bad" role="alert">${icon("circle-alert", 14)}<span>${said(this.#problem)}</span></p>`;
  }

  #valueTemplate(field: Field): TemplateResult {
    const ways = waysFor(field, this.#ids.length);
    const unique = field.unique && this.#ids.length > 1;
    return html`<div class="field">
      <div class="sf-how">
        <span class="lab" aria-hidden="true">${ways.length > 1 ? t("怎么改") : t(words[ways[0]!])}</span>
        ${ways.length > 1
          ? html`<div class="seg" role="radiogroup" aria-label=${t("怎么改")}>
              ${ways.map((how) => html`<label><input type="radio" name="${this.#id}-how" .checked=${how === this.#how} @change=${() => this.#setHow(how)} />${t(words[how])}</label>`)}
            </div>`
          : nothing}
      </div>
      <div class="sf-control">${this.#how === "clear" ? nothing : this.#control(field)}</div>
      ${this.#problem ? this.#bad() : unique ? html`<p class="hint">${t("「{field}」不能重复,几条记录一起只能清空", { field: field.name })}</p>` : field.description ? html`<p class="hint">${field.description}</p>` : nothing}
    </div>`;
  }

  #setHow(how: How): void {
    this.#how = how;
    this.#problem = "";
    this.#draw();
  }

  #control(field: Field): TemplateResult {
    if (field.options.machine) return this.#states(field);
    if (field.type === "checkbox") {
      return html`<div class="seg" role="radiogroup" aria-label=${field.name}>
        ${[true, false].map((on) => html`<label><input type="radio" name="${this.#id}-on" .checked=${this.#value === on} @change=${() => this.#put(on)} />${on ? t("勾上") : t("不勾")}</label>`)}
      </div>`;
    }
    return controlTemplate(field, {
      id: `${this.#id}-value`,
      value: this.#value,
      invalid: this.#problem !== "",
      describedBy: this.#problem ? `${this.#id}-bad` : undefined,
      commit: (value) => this.#put(value),
      keep: (value) => this.#put(value),
      cancel: () => undefined,
      // where the choices depend on the record, those of the first; the server looks at each
      choices: (one, text) => this.host.source.choices(one, text, this.#ids[0]),
    });
  }

  #states(field: Field): TemplateResult {
    if (!this.#reach) return html`<span class="sk sf-sk" role="img" aria-label=${t("正在看这些记录能去哪些状态")}></span>`;
    if (!this.#reach.length) return html`<p class="hint">${t("从这些记录现在的状态,没有你能走的流转")}</p>`;
    return html`<hb-select
      small
      look="pill"
      .label=${field.name}
      .options=${reachOptions(field, this.#reach, this.#ids.length)}
      .value=${typeof this.#value === "string" ? this.#value : ""}
      ?invalid=${this.#problem !== ""}
      @change=${(event: Event) => {
        event.stopPropagation();
        this.#put((event.target as HbSelect).value || null);
      }}
    ></hb-select>`;
  }

  #nameOf(id: string): string {
    const { primary } = this.host;
    const record = this.#records?.get(id) ?? this.host.known(id);
    return (primary && record ? textOf(primary, record.fields[primary.id]) : "") || t("未命名");
  }
}

/** The states to choose from; where not all of the `total` records can go, how many. */
function reachOptions(field: Field, reach: readonly Reach[], total: number): Option[] {
  return reach.map(({ name, can }) => {
    const choice = choiceOf(field, name);
    const sub = can < total ? t("{n} / {total} 条能去", { n: formatNumber(can), total: formatNumber(total) }) : undefined;
    return { value: name, label: name, color: choice?.color, glyph: stateGlyph(field, choice) || undefined, sub };
  });
}

/** Ask which field of these records is to hold what, and do it; resolves when the dialog is closed. */
export function openSetField(host: SetFieldHost, ids: readonly string[]): Promise<void> {
  return new Promise((resolve) => void new SetField(host, ids, resolve));
}

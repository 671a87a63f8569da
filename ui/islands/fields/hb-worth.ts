/**
 * `<hb-worth>`: what a look-up or roll-up would be worth on real records while it is being made. Set `.table`, `.type`,
 * `.options` (as the API takes them) and `.own` (id of the field being edited). It says nothing while something is missing.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { api, ApiError, Disconnected, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { debounce } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import type { TableInfo } from "../table/info";
import type { FieldOptions } from "./field";
import { trials, type Trial } from "./trials";

interface Draft {
  problems: Problem[];
  result: string | null;
  uses_clock: boolean;
  examples: Trial[];
}

/** What is only not filled in yet is no fault while one is still at it. */
const unfilled = new Set(["field_missing", "unknown_field", "unknown_table", "not_a_link", "nothing_equal", "name_missing"]);

export class HbWorth extends HbElement {
  static override properties = {
    table: { attribute: false },
    type: { type: String },
    options: { attribute: false, hasChanged: (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other) },
    own: { type: String },
    draft: { state: true },
    checking: { state: true },
  };

  declare table: TableInfo;
  declare type: string;
  declare options: FieldOptions;
  declare own: string | null;
  declare private draft: Draft | null;
  declare private checking: boolean;
  #ask = 0;

  constructor() {
    super();
    this.own = null;
    this.draft = null;
    this.checking = false;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("options") || changed.has("type")) this.#lookSoon();
  }

  readonly #lookSoon = debounce(() => void this.#look(), 250);

  async #look(): Promise<void> {
    if (!this.isConnected) return;
    const ask = (this.#ask += 1);
    this.checking = true;
    try {
      const draft = await api.post<Draft>(`/api/v1/tables/${this.table.id}/computed`, { type: this.type, options: this.options, field: this.own });
      if (ask === this.#ask) this.draft = draft;
    } catch (failure) {
      if (ask === this.#ask) this.draft = null;
      // What is not filled in yet is no fault while one is still at it.
      if (!(failure instanceof ApiError || failure instanceof Disconnected)) showError(failure);
    } finally {
      if (ask === this.#ask) this.checking = false;
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    const { draft } = this;
    if (!draft) return nothing;
    const wrong = draft.problems.find((problem) => !unfilled.has(problem.code));
    if (wrong) return html`<p class="hint bad">${icon("circle-alert", 14)}${wrong.message}</p>`;
    if (draft.problems.length) return nothing;
    return html`<section class="fe-worth" aria-live="polite" aria-busy=${this.checking ? "true" : "false"} aria-label=${t("试算")}>
      <p class="hint">${t("试算几条记录")}${draft.uses_clock ? html` · ${t("会随时间变化,看的时候才算")}` : nothing}</p>
      ${trials(draft.examples, t("还没有记录可以试算,或者记录太多,一时算不完"))}
    </section>`;
  }
}

define("hb-worth", HbWorth);

/** What has happened to a record: its history, with the runs it set off and their messages told among the entries. */
import { html, nothing, type TemplateResult } from "lit";
import { api, showError } from "../api";
import { t } from "../i18n";
import type { TableInfo } from "../table/info";
import { told, type Activity } from "./activity";
import { entryTemplate } from "./timeline";
import type { Entry, History } from "./types";

const firstEntries = 12;
const moreEntries = 40;

export class HistoryState {
  /** The newest entries so far; null until they are there. */
  entries: Entry[] | null = null;
  #activity: Activity = { runs: [], messages: [] };
  /** Where the entries before these begin; null where there are none. */
  #nextBefore: number | null = null;
  #unfolded: ReadonlySet<number> = new Set();
  #record = "";

  constructor(private readonly changed: () => void) {}

  /** Whether `entries` are all there are. */
  get complete(): boolean {
    return this.entries !== null && this.#nextBefore === null;
  }

  /** Another record: nothing is known of it yet. */
  clear(record: string): void {
    this.#record = record;
    this.entries = null;
    this.#activity = { runs: [], messages: [] };
    this.#nextBefore = null;
    this.#unfolded = new Set();
  }

  /** Ask for the newest entries, or for more of them, older than `before`. */
  async load(before: number | null = null): Promise<void> {
    const record = this.#record;
    try {
      const limit = before === null ? Math.max(firstEntries, Math.min(this.entries?.length ?? 0, 100)) : moreEntries;
      const history = await api.get<History>(`/api/v1/records/${record}/history`, { params: { limit, before } });
      if (record !== this.#record) return;
      this.entries = before === null ? history.entries : [...(this.entries ?? []), ...history.entries];
      this.#nextBefore = history.next_before;
      this.changed();
      if (before === null) void this.#loadActivity();
    } catch (failure) {
      if (record === this.#record && before !== null) showError(failure);
    }
  }

  async #loadActivity(): Promise<void> {
    const record = this.#record;
    try {
      const activity = await api.get<Activity>(`/api/v1/records/${record}/activity`);
      if (record !== this.#record) return;
      this.#activity = activity;
      this.changed();
    } catch {
      // The entries tell what happened to the record; this only adds to them.
    }
  }

  #unfold(entry: number): void {
    this.#unfolded = new Set([...this.#unfolded, entry]);
    this.changed();
  }

  timeline(table: TableInfo): TemplateResult {
    const { entries } = this;
    const options = { table, unfolded: this.#unfolded, unfold: (entry: number) => this.#unfold(entry) };
    return html`<section class="sec rc-history">
      <h3>${t("操作记录")}</h3>
      ${entries === null
        ? html`<div class="stack" aria-hidden="true"><div class="sk"></div><div class="sk"></div></div>`
        : html`<ol class="tl">${told(entries, this.#activity, this.#nextBefore === null, (entry) => entryTemplate(entry, options))}</ol>`}
      ${this.#nextBefore !== null ? html`<button type="button" class="rc-more" @click=${() => void this.load(this.#nextBefore)}>${t("看更早的")}</button>` : nothing}
    </section>`;
  }
}

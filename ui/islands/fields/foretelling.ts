/** Asks the server what a change of a field would do to the records, while it is still being typed. */
import { api, ApiError, Disconnected, showError } from "../api";
import { debounce } from "../dom";
import type { Field } from "./field";
import type { Impact } from "./impact";
import { changesValues, patchOf, type FieldDraft } from "./spec";

export interface ForetellingHost {
  readonly draft: FieldDraft;
  /** The field as it is stored; null for a new one. */
  readonly original: Field | null;
  readonly isConnected: boolean;
  requestUpdate(): void;
}

export class Foretelling {
  /** What would happen; null where nothing would, or where it is not known yet. */
  impact: Impact | null = null;
  /** Whether an answer is waited for. */
  busy = false;
  #ask = 0;
  /** Ask once the draft has rested for a moment. */
  readonly soon = debounce(() => void this.#foretell(), 350);

  constructor(private readonly host: ForetellingHost) {}

  clear(): void {
    this.impact = null;
    this.host.requestUpdate();
  }

  async #foretell(): Promise<void> {
    const ask = (this.#ask += 1);
    const { draft, original } = this.host;
    const patch = original ? patchOf(draft, original) : null;
    if (!original || !changesValues(patch) || !this.host.isConnected) return this.#found(null);
    this.busy = true;
    this.host.requestUpdate();
    try {
      const impact = await api.post<Impact>(`/api/v1/fields/${original.id}/preview`, patch);
      if (ask === this.#ask) this.#found(impact);
    } catch (failure) {
      // What is not filled in yet is no fault while one is still at it.
      if (ask === this.#ask) this.#found(null);
      if (!(failure instanceof ApiError || failure instanceof Disconnected)) showError(failure);
    }
  }

  #found(impact: Impact | null): void {
    this.impact = impact;
    this.busy = false;
    this.host.requestUpdate();
  }
}

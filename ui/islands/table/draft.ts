/**
 * A view as one person has it before them: what is saved for everybody, and what this person changed since (filter, sort,
 * columns …). The changes stay in this browser until they are saved for everybody or taken back.
 */
import type { View } from "./info";

/** What of a view can be changed in place. */
export type ViewParts = Pick<View, "columns" | "where" | "sorts" | "groups" | "row_height">;

const parts = ["columns", "where", "sorts", "groups", "row_height"] as const;
const storageKey = (view: string) => `hb-view:${view}`;

interface Kept {
  version: number;
  changes: Partial<ViewParts>;
}

/** Equal as JSON, with missing and empty taken for the same. */
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== null && item !== undefined && item !== false && !(Array.isArray(item) && !item.length))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, plain(item)]);
  return Object.fromEntries(entries);
}

type Compare = (part: keyof ViewParts, one: unknown, other: unknown) => boolean;

export class ViewDraft {
  #base: View;
  #changes: Partial<ViewParts>;

  /** `compare`: whether a part has the same effect as another, where that is more than being equal (columns). */
  constructor(
    base: View,
    private readonly compare: Compare = (_part, one, other) => same(one, other),
    private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null = globalThis.localStorage ?? null,
  ) {
    this.#base = base;
    this.#changes = this.#restore();
  }

  /** The view with the changes in it. */
  get view(): View {
    return { ...this.#base, ...this.#changes };
  }

  get base(): View {
    return this.#base;
  }

  /** The changes alone; null if there are none. */
  get changes(): Partial<ViewParts> | null {
    return Object.keys(this.#changes).length ? { ...this.#changes } : null;
  }

  get dirty(): boolean {
    return this.changes !== null;
  }

  /** Change parts of the view; a part that is again as it is saved is no change any more. */
  set(change: Partial<ViewParts>): void {
    const next: Partial<ViewParts> = { ...this.#changes, ...change };
    for (const part of parts) {
      if (part in next && this.compare(part, next[part], this.#base[part])) delete next[part];
    }
    this.#changes = next;
    this.#keep();
  }

  /** Forget the changes. */
  revert(): void {
    this.#changes = {};
    this.#keep();
  }

  /** Somebody (perhaps this person) saved the view: what equals it now is no change any more. */
  rebase(base: View): void {
    this.#base = base;
    this.set({});
  }

  #restore(): Partial<ViewParts> {
    try {
      const kept = JSON.parse(this.storage?.getItem(storageKey(this.#base.id)) ?? "null") as Kept | null;
      if (!kept) return {};
      const known = Object.entries(kept.changes).filter(([part]) => (parts as readonly string[]).includes(part));
      const fields = known.filter(([part, value]) => !this.compare(part as keyof ViewParts, value, this.#base[part as keyof ViewParts]));
      return Object.fromEntries(fields) as Partial<ViewParts>;
    } catch {
      return {};
    }
  }

  #keep(): void {
    try {
      if (!this.dirty) return this.storage?.removeItem(storageKey(this.#base.id));
      const kept: Kept = { version: this.#base.version, changes: this.#changes };
      this.storage?.setItem(storageKey(this.#base.id), JSON.stringify(kept));
    } catch {
      // Storage may be full or forbidden; the changes still hold in this page.
    }
  }
}

/** Number of conditions in a filter. */
export function countConditions(where: View["where"]): number {
  if (!where) return 0;
  if (where.kind === "condition") return 1;
  return (where.items ?? []).reduce((sum, item) => sum + countConditions(item), 0);
}

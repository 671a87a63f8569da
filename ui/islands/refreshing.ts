/**
 * Which fields of a table the background is still working on: computed values that are being computed again, and columns
 * whose type is being changed. Asked for once, then when the live channel says so, and every few seconds while it lasts.
 */
import { api } from "./api";
import { t } from "./i18n";
import { watch } from "./live";

export interface Progress {
  field: string;
  kind: "refresh" | "convert" | "undo";
  done: number;
  total: number | null;
}

const often = 2_000;

export class Refreshing {
  #fields = new Map<string, Progress>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopWatching: () => void;
  #stopped = false;

  /** `changed` is called whenever there is something else to show. */
  constructor(
    readonly table: string,
    private readonly changed: () => void,
  ) {
    this.#stopWatching = watch([table], (change) => {
      if (change.kind === "refresh" || change.kind === "schema") this.#soon(100);
    });
    this.#soon(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#stopWatching();
  }

  /** Whether a field's values may still be old ones. */
  stale(field: string): boolean {
    return this.#fields.get(field)?.kind === "refresh";
  }

  /** What is being done to a field; null when nothing is. */
  of(field: string): Progress | null {
    return this.#fields.get(field) ?? null;
  }

  /** What is being done to a field, and how far; null when nothing is. */
  words(field: string): string | null {
    const found = this.of(field);
    return found ? progressWords(found) : null;
  }

  #soon(delay: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#ask(), delay);
  }

  async #ask(): Promise<void> {
    let fields: Progress[];
    try {
      fields = (await api.get<{ fields: Progress[] }>(`/api/v1/tables/${this.table}/refreshing`)).fields;
    } catch {
      return; // signed out, or gone: the page itself will say so
    }
    if (this.#stopped) return;
    const before = JSON.stringify([...this.#fields.values()]);
    this.#fields = new Map(fields.map((one) => [one.field, one]));
    if (fields.length) this.#soon(often);
    if (JSON.stringify(fields) !== before) this.changed();
  }
}

/** "正在重算,已完成 40%". */
export function progressWords({ kind, done, total }: Progress): string {
  const n = total ? Math.min(99, Math.floor((done / total) * 100)) : null;
  if (kind === "undo") return n === null ? t("正在改回原来的类型") : t("正在改回原来的类型,已完成 {n}%", { n });
  if (kind === "convert") return n === null ? t("正在转换") : t("正在转换,已完成 {n}%", { n });
  return n === null ? t("正在重算,值可能还是旧的") : t("正在重算,已完成 {n}%,值可能还是旧的", { n });
}

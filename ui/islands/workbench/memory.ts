/**
 * The cards looked up last on this device, for the list of recent ones and for reading without a network. They belong to one
 * person and one workbench, and go when that person signs out.
 */
import { normalise } from "./codes";
import type { Bindings, Card } from "./types";

export interface Kept {
  card: Card;
  /** When it was looked up, milliseconds. */
  at: number;
}

const most = 40;
const prefix = "hb-wb:";

export class Memory {
  readonly #key: string;
  #kept: Kept[];

  constructor(person: string, workbench: string) {
    this.#key = `${prefix}${person}:${workbench}`;
    this.#kept = read(this.#key);
  }

  /** The cards, the last looked-up first. */
  get all(): readonly Kept[] {
    return this.#kept;
  }

  keep(card: Card, at = Date.now()): void {
    this.#kept = [{ card, at }, ...this.#kept.filter((one) => one.card.record.id !== card.record.id)].slice(0, most);
    this.#store();
  }

  /** A newer state of a card that is kept already; its place and time stay. */
  refresh(card: Card): void {
    this.#kept = this.#kept.map((one) => (one.card.record.id === card.record.id ? { ...one, card } : one));
    this.#store();
  }

  forget(record: string): void {
    this.#kept = this.#kept.filter((one) => one.card.record.id !== record);
    this.#store();
  }

  byId(record: string): Kept | null {
    return this.#kept.find((one) => one.card.record.id === record) ?? null;
  }

  /** The card a code leads to, as the server finds it: whole numbers first, else those that end with it. */
  byCode(code: string, bindings: Bindings): Kept | null {
    const wanted = normalise(code);
    const texts = (one: Kept) => [bindings.waybill, bindings.number, bindings.phone].map((field) => normalise(String((field && one.card.record.fields[field]) ?? "")));
    const exact = this.#kept.find((one) => texts(one).includes(wanted) || texts(one).includes(wanted.split("-")[0]!));
    if (exact || wanted.length < 4) return exact ?? null;
    return this.#kept.find((one) => texts(one).some((text) => text.endsWith(wanted))) ?? null;
  }

  #store(): void {
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#kept));
    } catch {
      // Full: keep fewer, so that the newest are there at least.
      this.#kept = this.#kept.slice(0, Math.floor(this.#kept.length / 2));
      try {
        localStorage.setItem(this.#key, JSON.stringify(this.#kept));
      } catch {
        // Forbidden: recent cards last as long as the page.
      }
    }
  }
}

function read(key: string): Kept[] {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "[]") as Kept[];
    return Array.isArray(kept) ? kept.filter((one) => one?.card?.record?.id) : [];
  } catch {
    return [];
  }
}

/** Take everything that workbenches keep off this device: somebody signs out. */
export async function forgetWorkbenches(): Promise<void> {
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
  const names = (await globalThis.caches?.keys()) ?? [];
  await Promise.all(names.filter((name) => name.startsWith("hb-wb")).map((name) => caches.delete(name)));
}

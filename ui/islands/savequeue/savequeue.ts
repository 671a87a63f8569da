/**
 * Nothing typed is lost. A save that cannot reach the server waits here, in the order it was made, and is sent when the
 * connection is back; it survives a reload in the browser's storage, under the id of the person who made it.
 *
 * `send` resolves or rejects like the API call itself, only later. A refusal (the server answered no) is not kept: it
 * goes back to the caller, who shows it beside what was typed.
 */
import { api, Disconnected, randomKey } from "../api";

export interface Save {
  method: "POST" | "PATCH" | "DELETE" | "PUT";
  path: string;
  body: unknown;
}

interface Waiting extends Save {
  key: string;
  at: number;
}

interface Pending {
  save: Waiting;
  resolve: (answer: unknown) => void;
  reject: (failure: unknown) => void;
}

const storageLimit = 500;
const firstDelay = 1_000;
const longestDelay = 30_000;

export class SaveQueue extends EventTarget {
  #pending: Pending[] = [];
  #sending: Promise<void> | null = null;
  #offline = false;
  #delay = firstDelay;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #storageKey: string;

  constructor(owner: string) {
    super();
    this.#storageKey = `hb-unsaved:${owner}`;
    globalThis.addEventListener?.("online", () => this.retry());
    globalThis.addEventListener?.("beforeunload", (event) => {
      if (this.#pending.length) event.preventDefault();
    });
  }

  /** How many saves have not reached the server. */
  get count(): number {
    return this.#pending.length;
  }

  /** True since a save could not be sent and none has been sent after it. */
  get offline(): boolean {
    return this.#offline;
  }

  /** Take up what an earlier page could not send. Returns how many there are. */
  restore(): number {
    for (const save of this.#stored()) {
      this.#pending.push({ save, resolve: () => {}, reject: (failure) => this.#tell("lost", { save, failure }) });
    }
    const count = this.#pending.length;
    if (count) void this.#run();
    return count;
  }

  /** Save now, or as soon as the server can be reached. */
  send<T>(save: Save): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { ...save, key: randomKey(), at: Date.now() };
      this.#pending.push({ save: waiting, resolve: resolve as (answer: unknown) => void, reject });
      this.#store();
      this.#tell("change");
      if (!this.#offline) void this.#run();
    });
  }

  /** Resolves when what was sent so far has been answered, or cannot be sent now. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  /** Try again at once (the button on the banner, or the browser coming online). */
  retry(): void {
    clearTimeout(this.#timer);
    this.#delay = firstDelay;
    void this.#run();
  }

  #run(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#pending.length) {
      const first = this.#pending[0]!;
      try {
        const answer = await this.#call(first.save);
        this.#done(first);
        first.resolve(answer);
      } catch (failure) {
        if (failure instanceof Disconnected) return this.#later();
        this.#done(first);
        first.reject(failure);
      }
    }
  }

  #call(save: Waiting): Promise<unknown> {
    if (save.method === "POST") return api.post(save.path, save.body, { idempotencyKey: save.key });
    if (save.method === "PATCH") return api.patch(save.path, save.body);
    if (save.method === "PUT") return api.put(save.path, save.body);
    return api.delete(save.path, save.body);
  }

  #done(pending: Pending): void {
    this.#pending = this.#pending.filter((other) => other !== pending);
    this.#offline = false;
    this.#delay = firstDelay;
    this.#store();
    this.#tell("change");
  }

  #later(): void {
    this.#offline = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, longestDelay);
    this.#tell("change");
  }

  #tell(type: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #stored(): Waiting[] {
    try {
      return JSON.parse(localStorage.getItem(this.#storageKey) ?? "[]") as Waiting[];
    } catch {
      return [];
    }
  }

  #store(): void {
    try {
      const saves = this.#pending.slice(0, storageLimit).map((pending) => pending.save);
      if (saves.length) localStorage.setItem(this.#storageKey, JSON.stringify(saves));
      else localStorage.removeItem(this.#storageKey);
    } catch {
      // Storage may be full or forbidden; the saves still wait in this page.
    }
  }
}

/** The page's queue; saves belong to the person signed in (`<html data-user>`). */
export const saves = new SaveQueue(globalThis.document?.documentElement.dataset.user ?? "");

/** What an edited value was before: where undo goes back to, and redo forward again. */
import { isCommand, isTyping } from "./dom";

const most = 100;

/** The earlier values of one editor. Values are compared by nobody: whoever changes one says what it `left`. */
export class Past<T> {
  #before: T[] = [];
  #after: T[] = [];

  /** Whether there is something to go back to. */
  get any(): boolean {
    return this.#before.length > 0;
  }

  /** `value` has just been replaced by another; what was taken back cannot be done again. */
  left(value: T): void {
    this.#before = [...this.#before.slice(1 - most), value];
    this.#after = [];
  }

  /** Show the value before `now`; nothing happens where there is none. */
  back(now: T, show: (value: T) => void): void {
    step(this.#before, this.#after, now, show);
  }

  /** Show again what `back` left. */
  forward(now: T, show: (value: T) => void): void {
    step(this.#after, this.#before, now, show);
  }

  clear(): void {
    this.#before = [];
    this.#after = [];
  }

  /** ⌘Z, ⇧⌘Z and ⌘Y go back and forward, where nobody is typing and there is somewhere to go; other keys pass. */
  key(event: KeyboardEvent, now: T, show: (value: T) => void): void {
    const letter = event.key.toLowerCase();
    if (!isCommand(event) || (letter !== "z" && letter !== "y") || isTyping(event)) return;
    if (!this.#before.length && !this.#after.length) return;
    event.preventDefault();
    event.stopPropagation();
    if (letter === "y" || event.shiftKey) this.forward(now, show);
    else this.back(now, show);
  }
}

function step<T>(from: T[], to: T[], now: T, show: (value: T) => void): void {
  if (!from.length) return;
  const next = from.pop() as T;
  to.push(now);
  show(next);
}

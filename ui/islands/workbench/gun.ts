/**
 * Scanner guns: they type like a keyboard, only faster (a few milliseconds a key) and end with Enter or Tab. Heard on the
 * whole page, wherever the focus is, also while a Chinese input method is composing.
 */
import { normalise } from "./codes";

/** A key as it matters here: its character (null for keys without one), or the end of a code. */
export interface Key {
  char: string | null;
  end: boolean;
}

const shortest = 6;
/** A person hardly reaches 30 ms a key, a busy machine delivers a gun's keys up to that far apart. */
const averageGap = 35;
const pause = 100;

/** Tells bursts from typing by their speed. Feed it every key with its time in milliseconds. */
export class Burst {
  #chars = "";
  #first = 0;
  #last = 0;

  /** The code when this key ends a burst, else null. */
  take(key: Key, at: number): string | null {
    if (key.end) {
      const code = this.#ended(at);
      this.reset();
      return code;
    }
    if (key.char === null) return null; // Shift and the like
    if (!this.#chars || at - this.#last > pause) {
      this.#chars = "";
      this.#first = at;
    }
    this.#chars += key.char;
    this.#last = at;
    return null;
  }

  /** How many characters have come one close after the other. */
  get length(): number {
    return this.#chars.length;
  }

  reset(): void {
    this.#chars = "";
  }

  #ended(at: number): string | null {
    if (this.#chars.length < shortest || at - this.#last > pause) return null;
    const average = (this.#last - this.#first) / (this.#chars.length - 1);
    return average <= averageGap ? normalise(this.#chars) : null;
  }
}

const signs: Record<string, string> = { Minus: "-", NumpadSubtract: "-", Period: ".", NumpadDecimal: ".", Slash: "/", NumpadDivide: "/" };

/** What a key means. While an input method composes, its place on the keyboard tells the character. */
export function keyOf(event: Pick<KeyboardEvent, "key" | "code" | "keyCode" | "isComposing" | "ctrlKey" | "metaKey" | "altKey">): Key {
  if (event.code === "Enter" || event.code === "NumpadEnter" || event.key === "Enter" || event.key === "Tab") return { char: null, end: true };
  if (event.ctrlKey || event.metaKey || event.altKey) return { char: null, end: false };
  const hidden = event.isComposing || event.keyCode === 229 || event.key === "Process" || event.key === "Unidentified";
  if (!hidden) return { char: [...event.key].length === 1 ? event.key : null, end: false };
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1] ?? /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? signs[event.code];
  return { char: letter ?? null, end: false };
}

/**
 * Listen for scans on the whole page; returns the way to stop. `at`: when the gun sent it, in milliseconds of the page, which
 * a busy page hears of later. A modal dialog that asks something is left alone.
 */
export function listenForScans(scanned: (code: string, at: number) => void): () => void {
  const burst = new Burst();
  let field: HTMLInputElement | HTMLTextAreaElement | null = null;
  let before = "";
  const onKey = (event: KeyboardEvent) => {
    if (document.querySelector("dialog[open]")) return burst.reset();
    const target = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement ? event.target : null;
    const key = keyOf(event);
    const length = burst.length;
    const code = burst.take(key, event.timeStamp);
    // What stood in the field before the gun began to type into it.
    if (burst.length === 1 && length !== 1) {
      field = target;
      before = target?.value ?? "";
    }
    if (code === null) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (field) {
      field.blur(); // ends a composition
      field.value = before;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    scanned(code, event.timeStamp);
  };
  document.addEventListener("keydown", onKey, true);
  return () => document.removeEventListener("keydown", onKey, true);
}

/** What is filled in and not submitted yet, kept on this device for a week: it survives reloads, errors and lost networks. */
import type { Answers } from "./types";

export interface Left {
  answers: Answers;
  /** The key of the submission in the making, so that sending it twice stores it once. */
  key: string;
  at: number;
}

const days = 7;

function place(form: string, person: string): string {
  return `hb-form:${form}:${person}`;
}

/** What was left here, if it is not too old. */
export function left(form: string, person: string): Left | null {
  try {
    const found = JSON.parse(localStorage.getItem(place(form, person)) ?? "null") as Left | null;
    return found && typeof found.key === "string" && Date.now() - found.at < days * 86_400_000 ? found : null;
  } catch {
    return null;
  }
}

export function keep(form: string, person: string, answers: Answers, key: string): void {
  try {
    localStorage.setItem(place(form, person), JSON.stringify({ answers, key, at: Date.now() } satisfies Left));
  } catch {
    // A full or forbidden store: the page itself still has everything.
  }
}

export function forget(form: string, person: string): void {
  try {
    localStorage.removeItem(place(form, person));
  } catch {
    // Nothing was kept then.
  }
}

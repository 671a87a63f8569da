/** What was decided for a file so far, kept in this tab so that a reload does not lose it. */
import type { Plan, Reading } from "./plan";

export interface Kept {
  plan: Plan;
  reading: Reading;
}

export class Memory {
  keep(job: string, what: Kept): void {
    try {
      sessionStorage.setItem(key(job), JSON.stringify(what));
    } catch {
      // Full or forbidden: a reload begins with the proposal again.
    }
  }

  recall(job: string): Kept | null {
    try {
      return JSON.parse(sessionStorage.getItem(key(job)) ?? "null") as Kept | null;
    } catch {
      return null;
    }
  }

  forget(job: string): void {
    sessionStorage.removeItem(key(job));
  }
}

function key(job: string): string {
  return `hb-import:${job}`;
}

/** Changes that have not reached the server's draft yet, kept on this device so that a closed tab loses nothing. */
import type { Automation, Definition } from "./types";

interface Kept {
  version: number;
  definition: Definition;
}

function key(id: string): string {
  return `hb-automation:${id}`;
}

export function definitionOf(automation: Automation): Definition {
  const { name, trigger, steps, enabled, description } = automation;
  return { name, trigger, steps, enabled, description: description ?? "" };
}

/** Whether two definitions say the same, whether switched on or not. */
export function same(one: Definition, other: Definition): boolean {
  const plain = ({ name, trigger, steps, description }: Definition) => JSON.stringify([name, tidy(trigger), tidy(steps), description ?? ""]);
  return plain(one) === plain(other);
}

/** The same value with keys in order and without what stands for the default. */
export function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name, item]) => item !== null && item !== undefined && item !== "" && !(Array.isArray(item) && item.length === 0) && !defaults.has(`${name}=${String(item)}`));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, item]) => [name, tidy(item)]));
}

const defaults = new Set(["attempts=5", "on_failure=stop", "of=trigger", "markdown=false", "conjunction=and", "wait=true", "failed=true", "keep=true", "missing=create", "every=false", "others=false", "how=set", "limit=100", "match=all", "fn=count", "op=eq", "who=actor", "descending=false"]);

export function keep(id: string, version: number, definition: Definition): void {
  try {
    localStorage.setItem(key(id), JSON.stringify({ version, definition } satisfies Kept));
  } catch {
    // A full or forbidden store only costs this safety net.
  }
}

export function forget(id: string): void {
  try {
    localStorage.removeItem(key(id));
  } catch {
    // as above
  }
}

/** What did not reach the server, when its draft is still at `revision`; null for none, or when somebody has edited since. */
export function kept(automation: Automation, revision: number): Definition | null {
  try {
    const text = localStorage.getItem(key(automation.id));
    const found = text ? (JSON.parse(text) as Kept) : null;
    if (found?.version !== revision) return null;
    return { ...found.definition, enabled: automation.enabled };
  } catch {
    return null;
  }
}

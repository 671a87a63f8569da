/** A question's condition without what asks of questions that are not there; null when nothing is left. */
import type { Filter } from "../fields/field";

export function without(where: Filter | null | undefined, known: ReadonlySet<string>): Filter | null {
  if (!where) return null;
  if (where.kind === "condition") return known.has(where.field) ? where : null;
  const items = (where.items ?? []).map((item) => without(item, known)).filter((item): item is Filter => item !== null);
  return items.length ? { ...where, items } : null;
}

/** Every field that a condition asks of. */
export function mentioned(where: Filter | null | undefined): string[] {
  if (!where) return [];
  return where.kind === "condition" ? [where.field] : (where.items ?? []).flatMap(mentioned);
}

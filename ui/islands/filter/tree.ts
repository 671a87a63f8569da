/** The filter as a tree that is being edited. Pure: every change gives a new tree. */
import type { Condition, Field, Filter, Group } from "../fields/field";
import { isComplete, operatorsOf, startValue } from "./operators";
import { valueIn } from "./values";

export const deepest = 3;

/** A place in the tree: the index at each level. */
export type Path = readonly number[];

/** A group to edit, whatever was stored. */
export function asGroup(filter: Filter | null | undefined): Group {
  if (!filter) return { kind: "group", conjunction: "and", items: [] };
  if (filter.kind === "condition") return { kind: "group", conjunction: "and", items: [filter] };
  return { kind: "group", conjunction: filter.conjunction ?? "and", items: (filter.items ?? []).map((item) => (item.kind === "group" ? asGroup(item) : item)) };
}

/** A first condition for a field. */
export function newCondition(field: Field): Condition {
  const op = operatorsOf(field)[0] ?? "is";
  return { kind: "condition", field: field.id, op, value: startValue(field, op, undefined) };
}

function replaceAt(group: Group, path: Path, change: (item: Filter) => Filter | null): Group {
  const [index, ...rest] = path;
  const items = [...(group.items ?? [])];
  const item = items[index!];
  if (index === undefined || !item) return group;
  const next = rest.length && item.kind === "group" ? replaceAt(item, rest, change) : change(item);
  if (next === null) items.splice(index, 1);
  else items[index] = next;
  return { ...group, items };
}

/** Change the item at a path. */
export function changeAt(root: Group, path: Path, change: (item: Filter) => Filter): Group {
  return path.length ? replaceAt(root, path, change) : (change(root) as Group);
}

/** Take the item at a path out; groups that become empty go with it. */
export function removeAt(root: Group, path: Path): Group {
  return dropEmpty(replaceAt(root, path, () => null));
}

function dropEmpty(group: Group): Group {
  const items = (group.items ?? []).map((item) => (item.kind === "group" ? dropEmpty(item) : item));
  return { ...group, items: items.filter((item) => item.kind === "condition" || (item.items ?? []).length > 0) };
}

/** Add an item to the group at a path. */
export function addAt(root: Group, path: Path, item: Filter): Group {
  return changeAt(root, path, (group) => (group.kind === "group" ? { ...group, items: [...(group.items ?? []), item] } : group));
}

/** The condition with another field: operator and value are kept where they still fit; one that says nothing yet begins anew. */
export function withField(condition: Condition, field: Field): Condition {
  if (condition.value === "" || condition.value === null || valueIn(condition.value)) return newCondition(field);
  const op = operatorsOf(field).includes(condition.op) ? condition.op : (operatorsOf(field)[0] ?? "is");
  return { kind: "condition", field: field.id, op, value: startValue(field, op, condition.value) };
}

/** The condition with another operator. */
export function withOperator(condition: Condition, field: Field, op: string): Condition {
  return { ...condition, op, value: startValue(field, op, condition.value) };
}

/** What is complete of the tree, in the smallest form: null for nothing, a condition alone without a group around it. */
export function finished(root: Group, fields: readonly Field[]): Filter | null {
  const byId = new Map(fields.map((field) => [field.id, field]));
  const clean = (item: Filter): Filter | null => {
    if (item.kind === "condition") {
      const field = byId.get(item.field);
      if (field && !isComplete(field, item.op, item.value)) return null;
      const { value, ...rest } = item;
      return value === undefined ? rest : { ...rest, value };
    }
    const items = (item.items ?? []).map(clean).filter((found): found is Filter => found !== null);
    if (!items.length) return null;
    if (items.length === 1) return items[0]!;
    return { kind: "group", conjunction: item.conjunction ?? "and", items };
  };
  return clean(root);
}

/** How many conditions are not complete. */
export function unfinished(root: Group, fields: readonly Field[]): number {
  const byId = new Map(fields.map((field) => [field.id, field]));
  const count = (item: Filter): number => {
    if (item.kind === "group") return (item.items ?? []).reduce((sum, inner) => sum + count(inner), 0);
    const field = byId.get(item.field);
    return field && isComplete(field, item.op, item.value) ? 0 : 1;
  };
  return count(root);
}

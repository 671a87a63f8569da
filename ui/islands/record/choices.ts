/** Records that a link field may point at, for a chooser: all of its table, or those that its limit lets through for this record. */
import { api } from "../api";
import type { Field, Value } from "../fields/field";
import type { ChoiceRecord } from "../grid/types";
import { t } from "../i18n";

/** Nothing can be chosen before these fields are filled. */
export class NeedsFirst extends Error {
  constructor(names: readonly string[]) {
    super(t("先填「{names}」,才能选这里的记录", { names: names.join(t("、")) }));
  }
}

/** For whom is chosen: a record that is there, or what has been typed of a new one. */
export interface ChoosingFor {
  record?: string;
  values?: Record<string, Value>;
}

interface Pair {
  near: string;
}

/** Whether a link field may point at some records only. */
export function isLimited(field: Field): boolean {
  return Boolean(field.options.where) || Boolean((field.options.pairs as Pair[] | undefined)?.length);
}

export async function linkChoices(field: Field, words: string, { record, values = {} }: ChoosingFor = {}): Promise<ChoiceRecord[]> {
  if (!isLimited(field)) {
    const answer = await api.get<{ records: ChoiceRecord[] }>(`/api/v1/tables/${field.options.table ?? ""}/choices`, { params: { q: words } });
    return answer.records;
  }
  const wanted = new Set(((field.options.pairs as Pair[] | undefined) ?? []).map((pair) => pair.near));
  const typed = Object.fromEntries(Object.entries(values).filter(([id]) => wanted.has(id)));
  const answer = await api.post<{ records: ChoiceRecord[]; needs: string[] }>(`/api/v1/fields/${field.id}/choices`, { q: words, record: record || null, values: typed });
  if (answer.needs.length) throw new NeedsFirst(answer.needs);
  return answer.records;
}

/** The types of fields, as the server describes them, in the groups and with the words of the type menu. */
import { api } from "../api";
import { t } from "../i18n";

export interface FieldKind {
  name: string;
  label: string;
  icon: string;
  description: string;
  readonly: boolean;
  operators: string[];
  aggregates: string[];
}

let asked: Promise<FieldKind[]> | null = null;

/** All types; asked for once. */
export function fieldKinds(): Promise<FieldKind[]> {
  asked ??= api.get<{ types: FieldKind[] }>("/api/v1/field-types").then(
    (answer) => answer.types,
    (failure: unknown) => {
      asked = null;
      throw failure;
    },
  );
  return asked;
}

export interface KindGroup {
  heading: string;
  kinds: FieldKind[];
}

/** The types in the groups a person looks for them in. */
export function grouped(kinds: readonly FieldKind[]): KindGroup[] {
  const groups: [string, string[]][] = [
    [t("基础"), ["text", "long_text", "number", "currency", "percent", "rating", "progress", "single_select", "multi_select", "cascade", "checkbox", "date", "datetime", "duration", "phone", "email", "url", "attachment", "location", "member", "barcode", "json", "button"]],
    [t("关联与计算"), ["link", "lookup", "rollup", "formula", "state_time"]],
    [t("自动填写"), ["auto_number", "created_time", "updated_time", "created_by", "updated_by"]],
  ];
  return groups.map(([heading, names]) => ({
    heading,
    kinds: names.map((name) => kinds.find((kind) => kind.name === name)).filter((kind): kind is FieldKind => kind !== undefined),
  }));
}

/** The types whose name or explanation holds all words. */
export function matching(kinds: readonly FieldKind[], words: string): FieldKind[] {
  const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return kinds.filter((kind) => {
    const text = `${kind.label} ${kind.description} ${kind.name}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

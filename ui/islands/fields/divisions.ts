/** China's provinces, cities and districts as a tree; the same list the server reads addresses with. */
import { t } from "../i18n";
import type { Level } from "./hb-levels";

type Row = [string, string, Row[]?];
let asked: Promise<Level[]> | null = null;

/** The tree; fetched once, when somebody chooses from it. */
export function divisions(): Promise<Level[]> {
  asked ??= import("../../../runtime/fieldtypes/data/divisions.json").then(
    (file) => levels(file.default as unknown as Row[]),
    (failure: unknown) => {
      asked = null;
      throw failure;
    },
  );
  return asked;
}

function levels(rows: readonly Row[]): Level[] {
  return rows.map(([id, name, inner]) => ({ id, name, ...(inner ? { children: levels(inner) } : {}) }));
}

/** The levels by which addresses can be grouped. */
export function placeBuckets(): { value: string; label: string }[] {
  return [
    { value: "province", label: t("按省") },
    { value: "city", label: t("按市") },
    { value: "district", label: t("按区县") },
  ];
}

/** What a grid is told to show, and how. */
import type { Field, RecordData, Sort } from "../fields/field";
import type { ColumnState, GridSource, RowMark } from "./types";

export interface GridSettings {
  source: GridSource;
  fields: Field[];
  primary?: string | null;
  columns?: ColumnState[];
  sorts?: Sort[];
  /** Fields that the view's filter uses, marked in the head. */
  filtered?: string[];
  /** Whether only records with the words of a search are shown. */
  searched?: boolean;
  groupField?: string | null;
  rowHeight?: "short" | "medium" | "tall";
  canEdit?: boolean;
  canCreate?: boolean;
  canBuild?: boolean;
  /** Where a file is brought into the table, offered while it is empty; "" where nobody may. */
  importAt?: string;
  mark?: (row: RecordData) => RowMark;
  /** Address of a record's panel, if `hb:open-record` is not handled by the page. */
  panelOf?: (id: string) => string;
}

/** The same with nothing left out. */
export type WholeSettings = Required<Omit<GridSettings, "source">> & { source: GridSource };

/** What holds as long as nothing else is said. */
export const defaults: Readonly<WholeSettings> = {
  source: null as unknown as GridSource,
  fields: [],
  primary: null,
  columns: [],
  sorts: [],
  filtered: [],
  searched: false,
  groupField: null,
  rowHeight: "short",
  canEdit: false,
  canCreate: false,
  canBuild: false,
  importAt: "",
  mark: () => null,
  panelOf: (id) => `/records/${id}/panel`,
};

/** Pixels. */
export const rowHeights = { short: 32, medium: 48, tall: 72 };

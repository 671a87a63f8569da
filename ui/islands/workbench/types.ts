/** A lookup workbench and its cards, as the API speaks of them (`/api/v1/workbenches…`). */
import type { RecordData, Value } from "../fields/field";
import type { TableInfo } from "../table/info";

/** Which field of the table plays which part. */
export interface Bindings {
  number: string;
  waybill: string;
  phone?: string | null;
  remark?: string | null;
  status?: string | null;
  customer?: string | null;
  stock?: string | null;
}

export interface WorkbenchDef {
  id: string;
  version: number;
  app: string;
  name: string;
  slug: string;
  table: string;
  bindings: Bindings;
  search: string[];
  /** Further fields on the card, in order. */
  card: string[];
  roles: string[];
  scan: boolean;
}

/** A reserved or wanted line: what, how many, on which shelf, how it stands, how many are free there. */
export interface Place {
  title: string;
  location: string;
  quantity: Value;
  status: string;
  status_color: string;
  available: number | null;
}

export interface Card {
  record: RecordData;
  table: string;
  places: Place[];
  others: RecordData[];
  others_total: number;
}

/** What a code led to: one card, or several records to choose from. */
export interface Found {
  code: string;
  card: Card | null;
  hits: RecordData[];
}

/** What comes with the page `/w/{slug}`. */
export interface PageData {
  workbench: WorkbenchDef;
  app: { id: string; name: string };
  table: TableInfo;
  person: { id: string; name: string };
  can_edit: boolean;
  can_build: boolean;
}

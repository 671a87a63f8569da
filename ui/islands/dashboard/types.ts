/** Dashboards as the API speaks them (`runtime/definitions/dashboards.py`, `runtime/dashboards/data.py`). */
import type { Field, Filter, RecordData, Sort } from "../fields/field";

export interface Aggregate {
  fn: string;
  field?: string | null;
}

export interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface WidgetConfig {
  kind: "number" | "donut" | "bar" | "trend" | "list";
  table: string;
  where?: Filter | null;
  aggregate?: Aggregate;
  unit?: string;
  field?: string;
  split?: string | null;
  date_field?: string;
  bucket?: string;
  periods?: number;
  until_last?: boolean;
  fields?: string[];
  sorts?: Sort[];
  limit?: number;
}

export interface Widget {
  id: string;
  title: string;
  config: WidgetConfig;
  place: Place;
}

export interface Slice {
  key: unknown;
  label: string;
  value: number;
  color: string | null;
}

export interface Series {
  key: unknown;
  label: string;
  values: number[];
  color: string | null;
}

export type WidgetData =
  | { kind: "number"; value: number | string | null; unit: string; format: string }
  | { kind: "donut"; slices: Slice[]; total: number; field: string; format: string }
  | { kind: "chart"; labels: string[]; series: Series[]; format: string }
  | { kind: "list"; table: string; fields: string[]; records: RecordData[]; total: number }
  | { kind: "error"; message: string; code: string };

export interface Table {
  id: string;
  name: string;
  icon: string;
  fields: Field[];
}

export interface Dashboard {
  id: string;
  version: number;
  name: string;
  widgets: Widget[];
}

export interface PageData {
  dashboard: Dashboard;
  tables: Table[];
  can_build: boolean;
  app: string;
}

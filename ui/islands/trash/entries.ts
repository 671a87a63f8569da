/** What lies in a trash, from three answers of the API in one shape: a line of the list. */
import { api } from "../api";
import { formatNumber } from "../fields/format";
import { t } from "../i18n";

export type Scope = "records" | "parts" | "apps";

export interface TrashPageData {
  scope: Scope;
  /** How long things are kept. */
  days: number;
  table?: string;
  app?: string;
  /** Whether this person may remove things for good. */
  removes: boolean;
  /** Tables of the app with deleted records. */
  tables?: { id: string; name: string; count: number }[];
}

/** One line: a record, an app, or what one deletion of a part of an app took along. */
export interface Entry {
  id: string;
  name: string;
  icon: string;
  color?: string;
  /** What it is and where from, in words. */
  what: string;
  /** What was deleted together with it, in words. */
  together: string[];
  deletedAt: string;
  goneAt: string;
  by: string;
}

interface Part {
  id: string;
  kind: string;
  name: string;
  type: string | null;
  table: string | null;
  converted: boolean;
  deleted_at: string;
  gone_at: string;
  by: string | null;
  group: string;
}

interface TrashedRecord {
  id: string;
  name: string;
  deleted_at: string;
  gone_at: string;
  by: string;
  channel: string;
}

interface TrashedApp {
  id: string;
  name: string;
  icon: string;
  color: string;
  tables: number;
  records: number;
  deleted_at: string;
  gone_at: string;
  by: string | null;
}

export interface Page {
  entries: Entry[];
  next: string | null;
  total: number | null;
}

/** What a restored definition is, as the API answers it. */
export interface Returned {
  id: string;
  kind: string;
  name: string;
  table: string | null;
}

const icons: Record<string, string> = {
  table: "table-2",
  field: "columns-3",
  view: "eye",
  automation: "zap",
  dashboard: "layout-dashboard",
  workbench: "scan-line",
  form: "clipboard-list",
  stock: "package-check",
};

/** What one of a kind is called. The empty place keeps it apart from the heading over many, the same word in Chinese. */
function kindName(kind: string): string {
  const one = { one: "" };
  switch (kind) {
    case "table":
      return t("数据表{one}", one);
    case "field":
      return t("字段{one}", one);
    case "view":
      return t("视图{one}", one);
    case "automation":
      return t("自动化{one}", one);
    case "dashboard":
      return t("仪表盘{one}", one);
    case "workbench":
      return t("工作台{one}", one);
    case "form":
      return t("表单{one}", one);
    default:
      return t("库存设置{one}", one);
  }
}

/** Read a page of the trash. */
export async function readPage(page: TrashPageData, search: string, cursor: string | null): Promise<Page> {
  if (page.scope === "records") {
    const params = { search: search || null, cursor, limit: 100 };
    const answer = await api.get<{ records: TrashedRecord[]; next_cursor: string | null; total: number | null }>(`/api/v1/tables/${page.table}/trash`, { params });
    return { entries: answer.records.map(ofRecord), next: answer.next_cursor, total: answer.total };
  }
  if (page.scope === "apps") {
    const { apps } = await api.get<{ apps: TrashedApp[] }>("/api/v1/trash");
    return { entries: apps.map(ofApp), next: null, total: apps.length };
  }
  const { items } = await api.get<{ items: Part[] }>(`/api/v1/apps/${page.app}/trash`);
  const entries = ofParts(items);
  return { entries, next: null, total: entries.length };
}

function ofRecord(one: TrashedRecord): Entry {
  return { id: one.id, name: one.name || t("没有名字的记录"), icon: "file-text", what: "", together: [], deletedAt: one.deleted_at, goneAt: one.gone_at, by: one.by };
}

function ofApp(one: TrashedApp): Entry {
  const what = t("{tables} 张数据表,约 {records} 条记录", { tables: one.tables, records: formatNumber(one.records) });
  return { id: one.id, name: one.name, icon: one.icon, color: one.color, what, together: [], deletedAt: one.deleted_at, goneAt: one.gone_at, by: one.by ?? "" };
}

/** One line per deletion: what stands first in a group is the main thing, the others went along. */
export function ofParts(items: Part[]): Entry[] {
  const groups = new Map<string, Entry>();
  for (const item of items) {
    const main = groups.get(item.group);
    if (main) main.together.push(t("{kind}「{name}」", { kind: kindName(item.kind), name: item.name }));
    else groups.set(item.group, ofPart(item));
  }
  return [...groups.values()];
}

function ofPart(item: Part): Entry {
  const kind = kindName(item.kind);
  const where = item.table ? t("「{table}」的{kind}", { table: item.table, kind }) : kind;
  return {
    id: item.id,
    name: item.name,
    icon: icons[item.kind] ?? "file-text",
    what: item.converted ? t("{where},改类型以前的内容", { where }) : where,
    together: [],
    deletedAt: item.deleted_at,
    goneAt: item.gone_at,
    by: item.by ?? "",
  };
}

/** Where one looks at something that came back. */
export function addressOf(one: Returned, app: string): string {
  if (one.kind === "table") return `/t/${one.id}`;
  if (one.kind === "field") return `/t/${one.table}`;
  if (one.kind === "view") return `/t/${one.table}?view=${one.id}`;
  if (one.kind === "automation") return `/automations/${one.id}`;
  if (one.kind === "dashboard") return `/d/${one.id}`;
  return `/a/${app}/settings`;
}

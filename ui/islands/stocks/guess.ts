/** Which tables and fields of an app hold its stock: guessed from links, types and names, for a person to correct. Pure. */
import type { Choice, Field } from "../fields/field";

export interface TableLike {
  id: string;
  name: string;
  fields: Field[];
}

/** A field of the line and one of the shelf that must agree. */
export interface SkuPart {
  line: string;
  shelf: string;
}

/** A stock definition as the API takes it. A part that starts with "+" is a field still to be made. */
export interface StockDraft {
  name: string;
  stock_table: string;
  on_hand: string;
  reserved: string;
  location: string | null;
  line_table: string;
  line_order: string;
  line_stock: string;
  line_quantity: string;
  line_status: string;
  unreserved: number;
  reserved_choice: number;
  consumed: number;
  pick?: "exact" | "ordered" | "fifo";
  sku?: SkuPart[];
  pick_by?: string | null;
  pick_descending?: boolean;
  partial?: boolean;
  line_open?: string | null;
  backordered?: number | null;
  auto_fill?: boolean;
  expire_hours?: number | null;
  expired?: number | null;
}

/** Parts that stand for a field to be made when the definition is saved. */
export const make = { reserved: "+reserved", line_status: "+line_status" } as const;

const words = {
  stockTable: /库存|仓|现货|货架|货位|库位|stock|inventory|warehouse|shel(f|ves)/i,
  lineTable: /明细|行项|订单行|商品行|items?\b|lines?\b|detail/i,
  onHand: /在库|现存|现有|库存|剩余|存货|结存|on.?hand|stock|qty|quantity|数量/i,
  reserved: /预占|占用|锁定|预留|reserved|held/i,
  location: /库位|货位|仓位|位置|location|shelf|bin/i,
  quantity: /数量|件数|个数|qty|quantity|count/i,
  order: /订单|单据|出库单|order/i,
  status: /预占|占用|出库|reserv|stock/i,
};

export function numbers(table: TableLike | undefined): Field[] {
  return (table?.fields ?? []).filter((field) => field.type === "number");
}

/** Links to one record, to a table if one is named. */
export function links(table: TableLike | undefined, to?: string): Field[] {
  return (table?.fields ?? []).filter((field) => field.type === "link" && field.options.many === false && (!to || field.options.table === to));
}

/** Single selects that are no state machines. */
export function statuses(table: TableLike | undefined): Field[] {
  return (table?.fields ?? []).filter((field) => field.type === "single_select" && !field.options.machine);
}

/** Fields that can name a place on the shelf. */
export function places(table: TableLike | undefined): Field[] {
  return (table?.fields ?? []).filter((field) => ["text", "single_select", "long_text", "auto_number"].includes(field.type));
}

function named(fields: readonly Field[], pattern: RegExp): Field | undefined {
  return fields.find((field) => pattern.test(field.name));
}

interface Pair {
  line: TableLike;
  order: Field;
  stock: Field;
  score: number;
  /** Names say that it is stock, not only links. */
  sure: boolean;
}

/** How likely it is that `line`'s records are lines of an order that take from stock. */
function pairs(tables: readonly TableLike[]): Pair[] {
  const byId = new Map(tables.map((table) => [table.id, table]));
  const found: Pair[] = [];
  for (const line of tables) {
    for (const stock of links(line)) {
      const stockTable = byId.get(stock.options.table ?? "");
      if (!stockTable || stockTable.id === line.id || !numbers(stockTable).length || !numbers(line).length) continue;
      for (const order of links(line)) {
        if (order.options.table === stock.options.table) continue;
        const orderTable = byId.get(order.options.table ?? "");
        const [known, counted] = [words.stockTable.test(stockTable.name), named(numbers(stockTable), /在库|现存|on.?hand/i) !== undefined];
        const score =
          (known ? 3 : 0) +
          (counted ? 2 : 0) +
          (words.lineTable.test(line.name) ? 2 : 0) +
          (orderTable?.fields.some((field) => field.options.machine) ? 2 : 0);
        found.push({ line, order, stock, score, sure: known || counted });
      }
    }
  }
  return found.sort((a, b) => b.score - a.score);
}

/** Tables of lines and of shelves that say the same goods, where no line names its shelf: which are likely. */
function bySku(tables: readonly TableLike[]): { line: TableLike; shelf: TableLike } | undefined {
  const shelves = tables.filter((table) => words.stockTable.test(table.name) && numbers(table).length);
  for (const shelf of shelves) {
    const goods = new Set(links(shelf).map((field) => field.options.table));
    const lines = tables.filter((table) => table !== shelf && numbers(table).length && links(table).some((field) => goods.has(field.options.table)) && links(table).some((field) => !goods.has(field.options.table)));
    const line = lines.find((table) => words.lineTable.test(table.name)) ?? lines[0];
    if (line) return { line, shelf };
  }
  return undefined;
}

/** The choices of the three states by their names; the first three where names say nothing. */
export function guessChoices(choices: readonly Choice[]): Pick<StockDraft, "unreserved" | "reserved_choice" | "consumed"> {
  const live = choices.filter((choice) => !choice.archived);
  const unreserved = live.find((choice) => /未|没|无|待|not|none|free/i.test(choice.name)) ?? live[0];
  const consumed = live.find((choice) => choice !== unreserved && /出库|发|消耗|shipped|consumed|out/i.test(choice.name)) ?? live[2];
  const reserved = live.find((choice) => choice !== unreserved && choice !== consumed) ?? live[1];
  return { unreserved: unreserved?.id ?? 0, reserved_choice: reserved?.id ?? 0, consumed: consumed?.id ?? 0 };
}

/** The parts that hang on the stock table. */
export function forStockTable(table: TableLike | undefined): Pick<StockDraft, "on_hand" | "reserved" | "location"> {
  const reserved = named(numbers(table), words.reserved);
  const rest = numbers(table).filter((field) => field !== reserved);
  const onHand = named(rest, /在库|现存|on.?hand/i) ?? named(rest, words.onHand) ?? rest[0];
  return { on_hand: onHand?.id ?? "", reserved: reserved?.id ?? (table ? make.reserved : ""), location: named(places(table), words.location)?.id ?? null };
}

/** The parts that hang on the table of lines. */
export function forLineTable(table: TableLike | undefined, stockTable: string): Omit<StockDraft, "name" | "stock_table" | "on_hand" | "reserved" | "location" | "line_table"> {
  const stock = links(table, stockTable)[0];
  const others = links(table).filter((field) => field.options.table !== stockTable);
  const order = named(others, words.order) ?? others[0];
  const quantity = named(numbers(table), words.quantity) ?? numbers(table)[0];
  const status = named(statuses(table), words.status);
  return {
    line_order: order?.id ?? "",
    line_stock: stock?.id ?? "",
    line_quantity: quantity?.id ?? "",
    line_status: status?.id ?? (table ? make.line_status : ""),
    ...guessChoices(status?.options.choices ?? []),
  };
}

/** A whole definition, as well as it can be guessed. */
export function guess(tables: readonly TableLike[], name: string): StockDraft {
  const linked = pairs(tables)[0];
  const alike = linked?.sure ? undefined : bySku(tables);
  const best = alike ? undefined : linked;
  const stockTable = tables.find((table) => table.id === best?.stock.options.table) ?? alike?.shelf ?? tables.find((table) => words.stockTable.test(table.name));
  const lines = forLineTable(best?.line ?? alike?.line, stockTable?.id ?? "");
  return {
    name,
    stock_table: stockTable?.id ?? "",
    ...forStockTable(stockTable),
    line_table: best?.line.id ?? alike?.line.id ?? "",
    ...lines,
    ...(best ? { line_order: best.order.id, line_stock: best.stock.id } : {}),
  };
}

/** A stock as the API tells it. */

export type Quantity = number | string | null;

export interface Named {
  id: string;
  name: string;
  gone: boolean;
}

export interface Balance {
  shelf: Named;
  location: string;
  on_hand: Quantity;
  reserved: Quantity;
  available: Quantity;
}

export interface Balances {
  shelves: Balance[];
  next_cursor: string | null;
  total: number | null;
  on_hand: Quantity;
  reserved: Quantity;
  waiting: number;
}

export interface Hold {
  order: Named;
  line: Named;
  /** null: the line waits for it. */
  shelf: Named | null;
  location: string;
  quantity: Quantity;
  since: string;
  expires_at: string | null;
}

export type MovementKind = "opening" | "receive" | "adjust" | "count" | "reserve" | "release" | "expire" | "consume";

export interface Movement {
  id: number;
  at: string;
  kind: MovementKind;
  quantity: Quantity;
  on_hand_after: Quantity;
  reserved_after: Quantity;
  shelf: Named;
  location: string;
  order: Named | null;
  line: Named | null;
  actor: { kind: string; id: string; name: string };
  reason: string | null;
  run: string | null;
}

export interface Movements {
  movements: Movement[];
  next: number | null;
}

export interface Concern {
  stock: string;
  name: string;
  role: "order" | "line" | "shelf";
  holds: Hold[];
}

export interface Counted {
  record: string;
  on_hand: Quantity;
  reserved: Quantity;
  available: Quantity;
  change: Quantity;
}

export interface StockCheck {
  ok: boolean;
  differences: { code: string; message: string; advice: string; record: string | null }[];
}

export interface StockPageData {
  stock: { id: string; name: string; partial: boolean; expire_hours: number | null };
  app: string;
  shelves: { id: string; name: string };
  lines: { id: string; name: string };
  orders: { id: string; name: string };
  located: boolean;
  can_edit: boolean;
  can_build: boolean;
}

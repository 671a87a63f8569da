"""Stock: its ledger, what is held and waited for, and the rules the database keeps."""

from __future__ import annotations

from piccolo.columns import JSONB, BigInt, BigSerial, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table


class StockMovement(Table, schema="meta", tablename="stock_movement"):
    """The append-only ledger of a stock: what moved, and the balances after it, added up by the database itself.

    ``number``: the movement's place in its shelf's chain. Writers give ``kind`` and ``quantity``; see migration 0008.
    """

    id: BigSerial
    at = Timestamptz()
    stock_id = Integer()
    stock_record = BigInt()
    line_record = BigInt(null=True, default=None)
    order_record = BigInt(null=True, default=None)
    kind = Text()
    quantity = Numeric()
    on_hand_after = Numeric()
    reserved_after = Numeric()
    actor_kind = Text()
    actor_id = Text()
    source = Text(null=True, default=None)
    number = BigInt()
    on_hand_delta = Numeric()
    reserved_delta = Numeric()
    expires_at = Timestamptz(null=True, default=None)
    reason = Text(null=True, default=None)
    key = Text(null=True, default=None)
    actor_name = Text(default="")


class StockHold(Table, schema="meta", tablename="stock_hold"):
    """What an order line holds of a shelf now, and has taken from it; written by the ledger's trigger alone."""

    stock_id = Integer(primary_key=True)
    line_record = BigInt()
    stock_record = BigInt()
    order_record = BigInt(null=True, default=None)
    held = Numeric()
    consumed = Numeric()
    since = Timestamptz()
    expires_at = Timestamptz(null=True, default=None)


class StockBackorder(Table, schema="meta", tablename="stock_backorder"):
    """What an order line still lacks and waits for."""

    stock_id = Integer(primary_key=True)
    line_record = BigInt()
    order_record = BigInt()
    quantity = Numeric()
    since = Timestamptz()


class StockArrival(Table, schema="meta", tablename="stock_arrival"):
    """A shelf of which more is available than before, while lines of its stock wait; the scheduler fills them."""

    stock_id = Integer(primary_key=True)
    stock_record = BigInt()
    at = Timestamptz()


class StockRequest(Table, schema="meta", tablename="stock_request"):
    """What was asked under the key of a receipt, an adjustment or a count (a digest), and what was answered."""

    stock_id = Integer(primary_key=True)
    key = Text()
    digest = Text()
    answer = JSONB(null=True, default=None)
    at = Timestamptz()


class StockRule(Table, schema="meta", tablename="stock_rule"):
    """Which columns hold a stock's balances: what the database compares with the ledger at commit."""

    stock_id = Integer(primary_key=True)
    table_id = Integer()
    on_hand = Integer()
    reserved = Integer()

"""Work on stocks: balances, who holds what, the ledger; receive, adjust, count; reserve, release, send out, fill, check.

``{stock}`` is a stock definition (``stk…``); what it is made of is changed by the builder's API at the same address.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem, TheTranslator, actor_name, moment
from runtime.fieldtypes.number import wire_number
from runtime.i18n import Message, Translator
from runtime.records import stock as stocks
from runtime.records.again import again, keep_out
from runtime.records.change import Source
from runtime.records.stock import audit, counting, reading
from runtime.records.stock.waiting import fill_waiting

Number = int | float | str | None


class RecordBody(msgspec.Struct, frozen=True):
    """A record and what it is called; ``gone``: it lies in the trash or is removed."""

    id: str
    name: str
    gone: bool


class BalanceBody(msgspec.Struct, frozen=True):
    """A shelf. ``available`` is on hand less reserved."""

    shelf: RecordBody
    location: str
    on_hand: Number
    reserved: Number
    available: Number


class BalancesBody(msgspec.Struct, frozen=True):
    """A page of shelves; ``total`` and sums over all that match on the first page only."""

    shelves: tuple[BalanceBody, ...]
    next_cursor: str | None
    total: int | None
    on_hand: Number
    reserved: Number
    waiting: int


class HoldBody(msgspec.Struct, frozen=True):
    """What a line of an order holds of a shelf; without ``shelf``: what it waits for."""

    order: RecordBody
    line: RecordBody
    shelf: RecordBody | None
    location: str
    quantity: Number
    since: str
    expires_at: str | None


class HoldsBody(msgspec.Struct, frozen=True):
    """Who holds what now, the oldest first."""

    holds: tuple[HoldBody, ...]


class MovementBody(msgspec.Struct, frozen=True):
    """A row of the ledger with the balances after it. ``run``: the automation run that did it."""

    id: int
    at: str
    kind: str
    quantity: Number
    on_hand_after: Number
    reserved_after: Number
    shelf: RecordBody
    location: str
    order: RecordBody | None
    line: RecordBody | None
    actor: dict[str, str]
    reason: str | None
    run: str | None


class MovementsBody(msgspec.Struct, frozen=True):
    """The ledger, the newest first; ``next``: ask for what is ``before`` it."""

    movements: tuple[MovementBody, ...]
    next: int | None


class ConcernBody(msgspec.Struct, frozen=True):
    """What a record is in a stock (order, line, shelf), and what is held because of it."""

    stock: str
    name: str
    role: str
    holds: tuple[HoldBody, ...]


class ConcernsBody(msgspec.Struct, frozen=True):
    """Per stock."""

    stocks: tuple[ConcernBody, ...]


class ItemBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shelf, and how many: received, more or less, or counted. ``expected``: on hand when the counting began."""

    record: str
    quantity: Any = None
    expected: Any = None


class CountingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All items or none. ``key``: a second time with the same key changes nothing and answers the same."""

    items: list[ItemBody]
    reason: str | None = None
    key: str | None = None


class CountedBody(msgspec.Struct, frozen=True):
    """A shelf after it."""

    record: str
    on_hand: Number
    reserved: Number
    available: Number
    change: Number


class CountedAnswer(msgspec.Struct, frozen=True):
    """In the order of the items."""

    items: tuple[CountedBody, ...]


class OrderBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order whose lines are meant."""

    order: str


class FillBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order, or a shelf for whatever waits for it; neither: whatever waits."""

    order: str | None = None
    shelf: str | None = None


class ShelfBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shelf."""

    shelf: str


class ReservationBody(msgspec.Struct, frozen=True):
    """``outcome``: reserved, partial, short, released, consumed, filled. ``waiting``: what still lacks."""

    outcome: str
    lines: int
    reason: str | None
    waiting: Number


class FilledBody(msgspec.Struct, frozen=True):
    """How many orders got something."""

    orders: int


class ClearedBody(msgspec.Struct, frozen=True):
    """How many were set free."""

    quantity: Number


class DifferenceBody(msgspec.Struct, frozen=True):
    """What does not add up, in words, and what to do about it."""

    code: str
    message: str
    advice: str
    record: str | None


class CheckBody(msgspec.Struct, frozen=True):
    """``ok``: everything adds up."""

    ok: bool
    differences: tuple[DifferenceBody, ...]


def _record(named: reading.Named | None) -> RecordBody | None:
    return None if named is None else RecordBody(named.id, named.name, named.gone)


def _hold(hold: reading.Hold) -> HoldBody:
    return HoldBody(
        RecordBody(hold.order.id, hold.order.name, hold.order.gone),
        RecordBody(hold.line.id, hold.line.name, hold.line.gone),
        _record(hold.shelf),
        hold.location,
        wire_number(hold.quantity),
        moment(hold.since),
        _moment(hold.expires_at),
    )


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


def _movement(row: reading.Movement, translator: Translator) -> MovementBody:
    return MovementBody(
        id=row.id,
        at=moment(row.at),
        kind=row.kind,
        quantity=wire_number(row.quantity),
        on_hand_after=wire_number(row.on_hand_after),
        reserved_after=wire_number(row.reserved_after),
        shelf=RecordBody(row.shelf.id, row.shelf.name, row.shelf.gone),
        location=row.location,
        order=_record(row.order),
        line=_record(row.line),
        actor={
            "kind": row.actor_kind,
            "id": row.actor_id,
            "name": actor_name(row.actor_kind, row.actor_name, translator),
        },
        reason=_words(row.reason, translator) if row.reason else None,
        run=row.source if row.source and row.source.startswith("run") else None,
    )


def _words(text: str, translator: Translator) -> str:
    """Words of ours in the reader's language; a person's own stay as they are."""
    return Message(text).text(translator)


def _counted(done: tuple[stocks.Counted, ...]) -> CountedAnswer:
    return CountedAnswer(
        tuple(
            CountedBody(
                one.record,
                wire_number(one.on_hand),
                wire_number(one.reserved),
                wire_number(one.on_hand - one.reserved),
                wire_number(one.change),
            )
            for one in done
        )
    )


@get("/stocks/{stock:str}/balances")
async def read_balances(
    system: TheSystem,
    actor: TheActor,
    stock: FromPath[str],
    search: Annotated[str | None, QueryParameter(description="Text found anywhere in a shelf")] = None,
    only: Annotated[
        Literal["all", "held", "none"], QueryParameter(description="held: something is reserved; none: empty")
    ] = "all",
    cursor: Annotated[str | None, QueryParameter(description="From the page before")] = None,
    limit: Annotated[int, QueryParameter(description="At most 200")] = 50,
) -> BalancesBody:
    """On hand, reserved and available of each shelf, in the order of their places."""
    found = await reading.balances(system, actor, stock, search=search, only=only, cursor=cursor, limit=limit)
    return BalancesBody(
        tuple(
            BalanceBody(
                RecordBody(one.shelf.id, one.shelf.name, one.shelf.gone),
                one.location,
                wire_number(one.on_hand),
                wire_number(one.reserved),
                wire_number(one.available),
            )
            for one in found.shelves
        ),
        found.next_cursor,
        found.total,
        wire_number(found.on_hand),
        wire_number(found.reserved),
        found.waiting,
    )


@get("/stocks/{stock:str}/holds")
async def read_holds(
    system: TheSystem,
    actor: TheActor,
    stock: FromPath[str],
    shelf: Annotated[str | None, QueryParameter(description="Only what is held of this shelf")] = None,
    order: Annotated[str | None, QueryParameter(description="Only what this order holds")] = None,
) -> HoldsBody:
    """Which lines hold what, and which wait for something; the oldest first, at most 200."""
    return HoldsBody(tuple(map(_hold, await reading.holds(system, actor, stock, shelf=shelf, order=order))))


@get("/stocks/{stock:str}/movements")
async def read_movements(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    stock: FromPath[str],
    shelf: Annotated[str | None, QueryParameter(description="Only of this shelf")] = None,
    order: Annotated[str | None, QueryParameter(description="Only because of this order")] = None,
    kind: Annotated[list[str] | None, QueryParameter(description="Only of these kinds")] = None,
    before: Annotated[int | None, QueryParameter(description="Older than this one")] = None,
    limit: Annotated[int, QueryParameter(description="At most 200")] = 50,
) -> MovementsBody:
    """The ledger, the newest first."""
    limit = max(1, min(limit, reading.MAX_PAGE))
    found = await reading.movements(
        system, actor, stock, shelf=shelf, order=order, kinds=kind or (), before=before, limit=limit
    )
    following = found[-1].id if len(found) == limit else None
    return MovementsBody(tuple(_movement(row, translator) for row in found), following)


@get("/records/{record:str}/stock")
async def read_record_stock(system: TheSystem, actor: TheActor, record: FromPath[str]) -> ConcernsBody:
    """What an order or line holds, or what of a shelf is held, per stock of the app; nothing for other records."""
    found = await reading.of_record(system, actor, record)
    return ConcernsBody(
        tuple(ConcernBody(one.stock, one.name, one.role, tuple(map(_hold, one.holds))) for one in found)
    )


@get("/stocks/{stock:str}/check")
async def check_stock(
    system: TheSystem, actor: TheActor, translator: TheTranslator, stock: FromPath[str]
) -> CheckBody:
    """Whether ledger, balances and lines add up; what does not, in words."""
    catalog = await system.catalogs.current()
    found = catalog.stock(stock)
    require(actor, Operation.EDIT_RECORDS, found.app_id)
    differences = await audit.check(system.db, catalog, found)
    return CheckBody(
        not differences,
        tuple(
            DifferenceBody(one.code, one.message.text(translator), one.advice.text(translator), one.record)
            for one in differences
        ),
    )


async def _change(
    system: TheSystem, actor: TheActor, stock: str, kind: counting.Kind, data: CountingBody
) -> CountedAnswer:
    items = [counting.Item(one.record, one.quantity, one.expected) for one in data.items]
    return _counted(
        await stocks.change_on_hand(
            system, stock, kind, items, actor=actor, source=Source("api"), reason=data.reason, key=data.key
        )
    )


@post("/stocks/{stock:str}/receive", status_code=HTTP_200_OK, opt={"idempotent": "atomic"})
async def receive_stock(
    system: TheSystem, actor: TheActor, stock: FromPath[str], data: JSONBody[CountingBody]
) -> CountedAnswer:
    """Goods arrive: on hand grows by each ``quantity`` (> 0). Lines that wait for them are filled shortly after."""
    return await _change(system, actor, stock, "receive", data)


@post("/stocks/{stock:str}/adjust", status_code=HTTP_200_OK, opt={"idempotent": "atomic"})
async def adjust_stock(
    system: TheSystem, actor: TheActor, stock: FromPath[str], data: JSONBody[CountingBody]
) -> CountedAnswer:
    """On hand changes by each ``quantity`` (not 0), with a ``reason``; never below what is reserved."""
    return await _change(system, actor, stock, "adjust", data)


@post("/stocks/{stock:str}/count", status_code=HTTP_200_OK, opt={"idempotent": "atomic"})
async def count_stock(
    system: TheSystem, actor: TheActor, stock: FromPath[str], data: JSONBody[CountingBody]
) -> CountedAnswer:
    """Stock-taking: on hand becomes each ``quantity`` counted; the difference is one movement per shelf."""
    return await _change(system, actor, stock, "count", data)


@post("/stocks/{stock:str}/reserve", status_code=HTTP_200_OK, opt={"idempotent": "atomic"})
async def reserve_order(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    stock: FromPath[str],
    data: JSONBody[OrderBody],
) -> ReservationBody:
    """Reserve what the order's lines still need; ``short`` (nothing reserved) says why in ``reason``."""
    return await _settled(system, actor, translator, stocks.reserve, stock, data.order)


@post("/stocks/{stock:str}/release", status_code=HTTP_200_OK, opt={"idempotent": "atomic"})
async def release_order(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    stock: FromPath[str],
    data: JSONBody[OrderBody],
) -> ReservationBody:
    """Give back what the order's lines hold; they wait no longer either."""
    return await _settled(system, actor, translator, stocks.release, stock, data.order)


@post("/stocks/{stock:str}/consume", status_code=HTTP_200_OK, opt={"idempotent": "atomic"})
async def consume_order(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    stock: FromPath[str],
    data: JSONBody[OrderBody],
) -> ReservationBody:
    """Send out what the order's lines hold."""
    return await _settled(system, actor, translator, stocks.consume, stock, data.order)


@post("/stocks/{stock:str}/fill", status_code=HTTP_200_OK)
async def fill_back_orders(
    system: TheSystem, actor: TheActor, stock: FromPath[str], data: JSONBody[FillBody]
) -> FilledBody:
    """Give waiting lines what is available now: of an order, for a shelf, or wherever; the oldest first."""
    found = (await system.catalogs.current()).stock(stock)
    require(actor, Operation.EDIT_RECORDS, found.app_id)
    if data.order is not None:
        done = await _in_own_transaction(system, actor, stocks.fill, stock, data.order)
        return FilledBody(1 if done.lines else 0)
    room = await reading.shelf_row(system, actor, stock, data.shelf) if data.shelf is not None else None
    shelves = None if room is None else {room}
    return FilledBody(await fill_waiting(system, found, shelves, actor, Source("api")))


@post("/stocks/{stock:str}/unowned", status_code=HTTP_200_OK)
async def clear_unowned(
    system: TheSystem, actor: TheActor, stock: FromPath[str], data: JSONBody[ShelfBody]
) -> ClearedBody:
    """Make available what is reserved on a shelf although no line holds it (brought in from elsewhere, for example)."""
    done: Decimal = await counting.clear_unowned(system, stock, data.shelf, actor=actor, source=Source("api"))
    return ClearedBody(wire_number(done))


async def _settled(
    system: TheSystem, actor: TheActor, translator: Translator, work: Any, stock: str, order: str
) -> ReservationBody:
    done = await _in_own_transaction(system, actor, work, stock, order)
    reason = done.reason.text(translator) if done.reason is not None else None
    return ReservationBody(done.outcome, done.lines, reason, wire_number(done.waiting))


async def _in_own_transaction(
    system: TheSystem, actor: TheActor, work: Any, stock: str, order: str
) -> stocks.Reservation:
    async def attempt(alone: bool) -> stocks.Reservation:
        async with system.db.transaction() as tx:
            if alone:
                await keep_out(tx)
            found: stocks.Reservation = await work(
                system, tx, stock, order, actor=actor, source=Source("api")
            )
            return found

    return await attempt(False) if system.db.in_transaction() else await again(attempt)


ROUTES = (
    read_balances,
    read_holds,
    read_movements,
    read_record_stock,
    check_stock,
    receive_stock,
    adjust_stock,
    count_stock,
    reserve_order,
    release_order,
    consume_order,
    fill_back_orders,
    clear_unowned,
)

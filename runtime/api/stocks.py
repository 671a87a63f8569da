"""Work on stocks: balances, who holds what, the ledger; receive, adjust, count; reserve, release, send out, fill, check.

``{stock}`` is a stock definition (``stk…``); what it is made of is changed by the builder's API at the same address.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.api.stock_bodies import (
    BalanceBody,
    BalancesBody,
    CheckBody,
    ClearedBody,
    ConcernBody,
    ConcernsBody,
    CountedAnswer,
    CountingBody,
    DifferenceBody,
    FillBody,
    FilledBody,
    HoldsBody,
    MovementsBody,
    OrderBody,
    RecordBody,
    ReservationBody,
    ShelfBody,
    counted_answer,
    hold_body,
    movement_body,
)
from runtime.fieldtypes.number import wire_number
from runtime.i18n import Translator
from runtime.records import stock as stocks
from runtime.records.again import again, keep_out
from runtime.records.change import Source
from runtime.records.stock import audit, counting, reading
from runtime.records.stock.waiting import fill_waiting


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
    return HoldsBody(
        tuple(map(hold_body, await reading.holds(system, actor, stock, shelf=shelf, order=order)))
    )


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
    return MovementsBody(tuple(movement_body(row, translator) for row in found), following)


@get("/records/{record:str}/stock")
async def read_record_stock(system: TheSystem, actor: TheActor, record: FromPath[str]) -> ConcernsBody:
    """What an order or line holds, or what of a shelf is held, per stock of the app; nothing for other records."""
    found = await reading.of_record(system, actor, record)
    return ConcernsBody(
        tuple(ConcernBody(one.stock, one.name, one.role, tuple(map(hold_body, one.holds))) for one in found)
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
    return counted_answer(
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

"""Lookup by code: normalise what came from a camera, a scanner gun or a thumb, find the record, gather its card."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import msgspec

from runtime.access import Actor, Operation, require
from runtime.catalog import Catalog, Field, Stock, Table, Workbench
from runtime.definitions.fields import Link
from runtime.definitions.queries import Condition, Filter, Group, Query, Sort
from runtime.errors import InvalidInput, NotAllowed, NotFound
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_
from runtime.ids import parse_record_id
from runtime.records import read
from runtime.records.change import RecordView
from runtime.records.stock.reading import Hold, holds
from runtime.system import System

MAX_HITS = 20
OTHERS = 10

# "CODE_128,SF123": the prefix that WeCom's and WeChat's own scanners put before a barcode's text.
_SYMBOLOGY = re.compile(
    r"^(?:CODE_?(?:128|39|93)|EAN_?(?:13|8)|UPC_?[AE]|ITF|CODABAR|QR_?CODE),", re.IGNORECASE
)


class Place(msgspec.Struct, frozen=True):
    """One reserved or wanted line: what, how many, on which shelf, and how it stands."""

    title: str
    location: str
    quantity: Any
    status: str
    status_color: str
    available: Any


class Card(msgspec.Struct, frozen=True):
    """All a picker or a clerk needs of one record. ``others``: the same customer's other records, newest first."""

    record: RecordView
    table: str
    places: tuple[Place, ...]
    others: tuple[RecordView, ...]
    others_total: int


class Found(msgspec.Struct, frozen=True):
    """What a code led to: one ``card``, or several ``hits`` to choose from. ``code`` is what was looked for."""

    code: str
    card: Card | None = None
    hits: tuple[RecordView, ...] = ()


def normalise(code: str) -> str:
    """A code as it is compared: half-width, upper case, no blanks, no symbology prefix, no URL around it."""
    text = unicodedata.normalize("NFKC", code)
    text = "".join(c for c in text if c.isprintable()).strip()
    text = _SYMBOLOGY.sub("", text)
    return re.sub(r"\s+", "", text).upper()


def may_use(actor: Actor, workbench: Workbench) -> bool:
    """Whether the actor's role opens the workbench."""
    return actor.role_in(workbench.app_id) in workbench.definition.roles


def require_use(actor: Actor, workbench: Workbench) -> None:
    """Refuse who may not open the workbench. Raises NotFound for strangers, NotAllowed for a role left out."""
    require(actor, Operation.LOOK, workbench.app_id)
    if not may_use(actor, workbench):
        raise NotAllowed(N_("你的角色不能用这个工作台,请联系应用的所有者"))


async def find(
    system: System, actor: Actor, workbench: Workbench, code: str, *, scanned: bool = False
) -> Found:
    """Look a code up.

    Exact matches on the waybill, number, phone and further search fields come first; else records whose waybill,
    number or phone ends with it (four characters at least).

    Raises:
        NotFound: nothing matches; the message repeats the code.
        NotAllowed: the role does not open the workbench, or scanning is not switched on.
        InvalidInput: the code is empty or too short.
    """
    require_use(actor, workbench)
    if scanned and not workbench.definition.scan:
        raise NotAllowed(N_("这个工作台没有开启扫码查单"))
    wanted = normalise(code)
    if len(wanted) < 2:
        raise InvalidInput(N_("单号太短,至少输入 4 位"), code="code_too_short")
    catalog = await system.catalogs.current()
    table = catalog.table(workbench.definition.table)
    fields = _search_fields(table, workbench)
    hits = await _matching(system, actor, table, fields, "is", {wanted, code.strip(), wanted.split("-")[0]})
    if not hits and len(wanted) >= 4:
        hits = await _matching(system, actor, table, fields, "ends_with", {wanted})
    if not hits:
        raise NotFound(N_("没有找到「{number}」,核对一下单号,或换个号再查"), code="no_match", number=wanted)
    if len(hits) > 1:
        return Found(wanted, hits=hits)
    return Found(wanted, card=await card_of(system, actor, workbench, hits[0]))


def _search_fields(table: Table, workbench: Workbench) -> list[Field]:
    bindings = workbench.definition.bindings
    keys = (bindings.waybill, bindings.number, bindings.phone, *workbench.definition.search)
    fields = [table.by_id[key] for key in dict.fromkeys(keys) if key and key in table.by_id]
    return [
        f
        for f in fields
        if f.type in ("text", "barcode", "phone", "auto_number", "lookup", "formula", "long_text", "number")
    ]


async def _matching(
    system: System, actor: Actor, table: Table, fields: Sequence[Field], op: str, codes: set[str]
) -> tuple[RecordView, ...]:
    items: list[Filter] = [
        Condition(field.id, op, code)  # type: ignore[arg-type]
        for field in fields
        for code in sorted(codes)
        if code and field.type != "number"
    ]
    if not items:
        return ()
    query = Query(where=Group("or", tuple(items)), sorts=(Sort("$created_at", True),), limit=MAX_HITS)
    return (await read.page(system, actor, table.id, query)).records


async def card_of(system: System, actor: Actor, workbench: Workbench, record: RecordView) -> Card:
    """The card of a record: itself, its reserved stock by location, the same customer's other records."""
    catalog = await system.catalogs.current()
    table = catalog.table(workbench.definition.table)
    others, total = await _others(system, actor, catalog, table, workbench, record)
    places: tuple[Place, ...] = ()
    if workbench.definition.bindings.stock:
        places = await _places(
            system, actor, catalog, catalog.stock(workbench.definition.bindings.stock), record
        )
    return Card(record, table.id, places, others, total)


async def _others(
    system: System, actor: Actor, catalog: Catalog, table: Table, workbench: Workbench, record: RecordView
) -> tuple[tuple[RecordView, ...], int]:
    bindings = workbench.definition.bindings
    where: Filter | None = None
    customer = record.fields.get(bindings.customer or "")
    if isinstance(customer, list) and customer:
        where = Condition(bindings.customer or "", "is_any_of", [c["id"] for c in customer])
    elif bindings.phone and record.fields.get(bindings.phone):
        where = Condition(bindings.phone, "is", record.fields[bindings.phone])
    if where is None:
        return (), 0
    where = Group("and", (where, Condition("$id", "is_not", record.id)))
    page = await read.page(
        system, actor, table.id, Query(where=where, sorts=(Sort("$created_at", True),), limit=OTHERS)
    )
    total = page.total_estimate if page.exact else await read.count(system, actor, table.id, where)
    return page.records, total or 0


async def _places(
    system: System, actor: Actor, catalog: Catalog, stock: Stock, record: RecordView
) -> tuple[Place, ...]:
    d = stock.definition
    lines, shelves = catalog.table(d.line_table), catalog.table(d.stock_table)
    link = lines.field(d.line_order).config
    if not isinstance(link, Link) or catalog.table(link.table).number != parse_record_id(record.id)[0]:
        return ()
    page = await read.page(
        system, actor, lines.id, Query(where=Condition(d.line_order, "is_any_of", [record.id]), limit=100)
    )
    wanted = [pair[0]["id"] for line in page.records if (pair := line.fields.get(d.line_stock))]
    found = (
        {r.id: r for r in await read.get_many(system, actor, list(dict.fromkeys(wanted)))} if wanted else {}
    )
    status = lines.field(d.line_status)
    # a line that names no shelf may be served from several
    held: dict[str, list[Hold]] = {}
    if d.pick != "exact":
        for hold in await holds(system, actor, stock.id, order=record.id):
            held.setdefault(hold.line.id, []).append(hold)
    places = []
    for line in page.records:
        pair = line.fields.get(d.line_stock)
        state = line.fields.get(d.line_status) or ""
        choice = status.choices_by_name.get(state)
        color = choice.color if choice else "grey"
        if not pair and line.id in held:
            places += [_split(hold, state, color) for hold in held[line.id]]
            continue
        named = line.fields.get(lines.primary.id) if lines.primary is not None else None
        pair = pair or [{"id": "", "name": named if isinstance(named, str) else ""}]
        shelf = found.get(pair[0]["id"])
        places.append(
            Place(
                title=pair[0]["name"],
                location=str(shelf.fields.get(d.location or "") or "") if shelf else "",
                quantity=line.fields.get(d.line_quantity),
                status=state,
                status_color=color,
                available=_available(shelves, shelf, d.on_hand, d.reserved) if shelf else None,
            )
        )
    return tuple(places)


def _split(hold: Hold, state: str, color: str) -> Place:
    """The part of a line that one shelf serves, or that still waits."""
    return Place(
        title=hold.shelf.name if hold.shelf else hold.line.name,
        location=hold.location,
        quantity=wire_number(hold.quantity),
        status=state,
        status_color=color,
        available=None,
    )


def _available(shelves: Table, shelf: RecordView, on_hand: str, reserved: str) -> Any:
    return (shelf.fields.get(on_hand) or 0) - (shelf.fields.get(reserved) or 0)

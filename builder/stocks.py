"""Stock definitions: which tables and fields hold what is on the shelf and what is promised.

Storing one puts a rule into the database itself: 0 ≤ reserved ≤ on hand, for every record of the stock table.
"""

from __future__ import annotations

import msgspec

from builder.draft_uses import uses_in_drafts
from builder.edit import Edit, Stored, editing
from builder.queries import find_field
from builder.references import uses_of
from builder.stock_options import check_options
from builder.usage import refuse_used
from builder.validation import Problems, check_name
from builder.versions import check_version
from builder.wire import patched
from runtime.access import Actor
from runtime.catalog import App, Field, Stock, Table
from runtime.definitions.fields import Link, SingleSelect
from runtime.definitions.stock import PickBy, SkuPart, StockDef
from runtime.errors import Problem, RuleBroken
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.ids import record_id
from runtime.records.links import title
from runtime.storage import schema
from runtime.system import System

_SHOWN = 10


class StockPatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a stock definition; what is left out stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    stock_table: str | msgspec.UnsetType = msgspec.UNSET
    on_hand: str | msgspec.UnsetType = msgspec.UNSET
    reserved: str | msgspec.UnsetType = msgspec.UNSET
    line_table: str | msgspec.UnsetType = msgspec.UNSET
    line_order: str | msgspec.UnsetType = msgspec.UNSET
    line_stock: str | msgspec.UnsetType = msgspec.UNSET
    line_quantity: str | msgspec.UnsetType = msgspec.UNSET
    line_status: str | msgspec.UnsetType = msgspec.UNSET
    unreserved: int | msgspec.UnsetType = msgspec.UNSET
    reserved_choice: int | msgspec.UnsetType = msgspec.UNSET
    consumed: int | msgspec.UnsetType = msgspec.UNSET
    location: str | msgspec.UnsetType | None = msgspec.UNSET
    pick: PickBy | msgspec.UnsetType = msgspec.UNSET
    sku: tuple[SkuPart, ...] | msgspec.UnsetType = msgspec.UNSET
    pick_by: str | msgspec.UnsetType | None = msgspec.UNSET
    pick_descending: bool | msgspec.UnsetType = msgspec.UNSET
    partial: bool | msgspec.UnsetType = msgspec.UNSET
    line_open: str | msgspec.UnsetType | None = msgspec.UNSET
    backordered: int | msgspec.UnsetType | None = msgspec.UNSET
    auto_fill: bool | msgspec.UnsetType = msgspec.UNSET
    expire_hours: float | msgspec.UnsetType | None = msgspec.UNSET
    expired: int | msgspec.UnsetType | None = msgspec.UNSET


def check_stock(problems: Problems, app: App, definition: StockDef, *, own: str | None = None) -> StockDef:
    """The stock definition as it will be stored: tables and fields by id, each of the kind its part needs."""
    others = [stock for stock in app.stocks if stock.id != own]
    name = check_name(problems.at("name"), definition.name, taken=[s.definition.name for s in others])
    given: dict[str, object] = {"name": name}
    stock_table = _table(problems.at("stock_table"), app, definition.stock_table)
    line_table = _table(problems.at("line_table"), app, definition.line_table)
    if stock_table is not None:
        given["stock_table"] = stock_table.id
        given.update(_check_shelf(problems, stock_table, definition, others))
    if line_table is not None:
        given["line_table"] = line_table.id
        given.update(_check_lines(problems, line_table, stock_table, definition, others))
    if stock_table is not None and line_table is not None:
        given.update(check_options(problems, stock_table, line_table, definition, others))
    return msgspec.structs.replace(definition, **given)


def _table(problems: Problems, app: App, key: str) -> Table | None:
    found = next((t for t in app.tables if key in (t.id, t.name)), None)
    if found is None:
        problems.add("unknown_table", N_("选一张数据表"))
    return found


def _check_shelf(
    problems: Problems, table: Table, definition: StockDef, others: list[Stock]
) -> dict[str, object]:
    given: dict[str, object] = {}
    on_hand = _number(problems.at("on_hand"), table, definition.on_hand)
    reserved = _number(problems.at("reserved"), table, definition.reserved)
    if on_hand is not None:
        given["on_hand"] = on_hand.id
    if reserved is not None:
        given["reserved"] = reserved.id
        if on_hand is not None and on_hand.id == reserved.id:
            problems.at("reserved").add(
                "same_field", N_("在库数量和预占数量不能是同一个字段"), field=reserved
            )
        if any(stock.definition.reserved == reserved.id for stock in others):
            problems.at("reserved").add(
                "in_other_stock", N_("「{name}」已经用在别的库存设置里"), field=reserved, name=reserved.name
            )
        if reserved.definition.required:
            problems.at("reserved").add(
                "managed_required",
                N_("「{name}」由预占维护,不能设为必填"),
                field=reserved,
                name=reserved.name,
            )
    if definition.location is not None:
        location = find_field(problems.at("location"), table, definition.location)
        if location is not None and location.type == "link":
            problems.at("location").add("wrong_type", N_("库位要选文字或选项字段,不能是关联"), field=location)
        given["location"] = location.id if location is not None else definition.location
    return given


def _number(problems: Problems, table: Table, key: str) -> Field | None:
    field = find_field(problems, table, key)
    if field is not None and field.type != "number":
        problems.add("wrong_type", N_("「{name}」应是数字字段"), field=field, name=field.name)
        return None
    return field


def _check_lines(
    problems: Problems, table: Table, stock_table: Table | None, definition: StockDef, others: list[Stock]
) -> dict[str, object]:
    given: dict[str, object] = {}
    for part in ("line_order", "line_stock"):
        if part == "line_stock" and not definition.line_stock and definition.pick != "exact":
            continue  # the places are chosen by the SKU
        here = problems.at(part)
        link = find_field(here, table, getattr(definition, part))
        if link is None:
            continue
        if not isinstance(link.config, Link) or link.config.many:
            here.add("wrong_type", N_("「{name}」应是只能关联一条的关联字段"), field=link, name=link.name)
        elif part == "line_stock" and stock_table is not None and link.config.table != stock_table.id:
            here.add(
                "wrong_table",
                N_("「{name}」要关联到「{table}」"),
                field=link,
                name=link.name,
                table=stock_table.name,
            )
        given[part] = link.id
    quantity = _number(problems.at("line_quantity"), table, definition.line_quantity)
    if quantity is not None:
        given["line_quantity"] = quantity.id
    given.update(_check_status(problems, table, definition, others))
    return given


def _check_status(
    problems: Problems, table: Table, definition: StockDef, others: list[Stock]
) -> dict[str, object]:
    here = problems.at("line_status")
    status = find_field(here, table, definition.line_status)
    if status is None:
        return {}
    if not isinstance(status.config, SingleSelect):
        here.add("wrong_type", N_("「{name}」应是单选字段"), field=status, name=status.name)
        return {}
    if status.config.machine is not None:
        here.add(
            "wrong_type", N_("「{name}」已是状态流转,预占状态要用普通的单选"), field=status, name=status.name
        )
    if any(status.id in stock.definition.managed for stock in others):
        here.add("in_other_stock", N_("「{name}」已经用在别的库存设置里"), field=status, name=status.name)
    for part in ("unreserved", "reserved_choice", "consumed", "backordered", "expired"):
        number = getattr(definition, part)
        choice = status.choices_by_id.get(number)
        if number is None:
            continue
        if choice is None or choice.archived:
            problems.at(part).add(
                "unknown_choice", N_("选「{name}」里的一个选项"), field=status, name=status.name
            )
    if len(set(definition.choices)) < len(definition.choices):
        problems.at("reserved_choice").add(
            "same_choice", N_("未预占、已预占、已出库等状态要用不同的选项"), field=status
        )
    return {"line_status": status.id}


async def create(system: System, actor: Actor, app_id: str, definition: StockDef) -> Stock:
    """Add a stock definition and its rule.

    Raises:
        RuleBroken: records break the rule already; ``problems`` names the first of them.
    """
    async with editing(system, actor, app_id) as edit:
        app = edit.catalog.app(app_id)
        problems = Problems()
        definition = check_stock(problems, app, definition)
        problems.raise_any()
        stored = await edit.create("stock", definition, app=app.number)
        await put_rule(edit, stored)
        await _default_status(edit, definition)
        edit.tell(app_id, definition.stock_table, definition.line_table)
        return (await edit.refresh()).stock(stored.id)


async def put_rule(edit: Edit, stored: Stored) -> None:
    """Hold 0 ≤ reserved ≤ on hand in the database. Raises RuleBroken with the records that break it."""
    definition: StockDef = stored.body
    table = edit.catalog.table(definition.stock_table)
    on_hand, reserved = table.by_id[definition.on_hand], table.by_id[definition.reserved]
    await refuse_offenders(edit, table, on_hand, reserved)
    await schema.add_stock_rule(edit.tx, table.number, on_hand.number, reserved.number, stored.number)


async def drop_rule(edit: Edit, stored: Stored) -> None:
    """Let go of that rule."""
    table = await edit.stored(stored.body.stock_table, "table")
    await schema.drop_stock_rule(edit.tx, table.number, stored.number)


async def refuse_offenders(edit: Edit, table: Table, on_hand: Field, reserved: Field) -> None:
    """Refuse while records hold a negative reservation or one above what is on hand."""
    primary = table.primary
    name = f"t.{primary.column}" if primary is not None and primary.type != "link" else "NULL::text"
    broken = f"coalesce(t.{reserved.column}, 0) < 0 OR coalesce(t.{reserved.column}, 0) > coalesce(t.{on_hand.column}, 0)"
    rows = await edit.tx.fetch(
        f"SELECT t.id, {name} AS name, t.{on_hand.column} AS on_hand, t.{reserved.column} AS reserved,"
        f" count(*) OVER () AS total FROM {table.sql} t WHERE {broken} ORDER BY t.id LIMIT {_SHOWN}"
    )
    if not rows:
        return
    context = Context(zone=edit.catalog.app_of(table).zone)
    problems = [
        Problem(
            "stock_rule_broken",
            Message(
                N_("「{record}」预占 {reserved},在库 {on_hand}"),
                {
                    "record": title(primary, row["name"], context) or record_id(table.number, row["id"]),
                    "reserved": _plain(row["reserved"]),
                    "on_hand": _plain(row["on_hand"]),
                },
            ),
            reserved.id,
            reserved.name,
            record_id(table.number, row["id"]),
        )
        for row in rows
    ]
    raise RuleBroken(
        N_("「{table}」里有 {count} 条记录的预占数量小于 0 或超过在库数量,先改好它们"),
        code="stock_rule_broken",
        problems=problems,
        table=table.name,
        count=rows[0]["total"],
    )


def _plain(value: object) -> str:
    return "0" if value is None else format(value, "f")


async def _default_status(edit: Edit, definition: StockDef) -> None:
    """New lines say that they are not reserved yet, unless the field has a default of its own."""
    field = await edit.live(definition.line_status, "field")
    if field.body.default is None:
        name = next(c.name for c in field.body.config.choices if c.id == definition.unreserved)
        await edit.change(field, msgspec.structs.replace(field.body, default=name))


async def update(
    system: System, actor: Actor, stock_id: str, patch: StockPatch, *, version: int | None = None
) -> Stock:
    """Change a stock definition; its rule moves with it."""
    async with editing(system, actor, stock_id) as edit:
        stock = edit.catalog.stock(stock_id)
        check_version(stock, version)
        problems = Problems()
        definition = check_stock(
            problems, edit.catalog.app(stock.app_id), patched(stock.definition, patch), own=stock_id
        )
        problems.raise_any()
        await _refuse_remapping(edit, stock, definition)
        stored = await edit.live(stock_id, "stock")
        await drop_rule(edit, stored)
        stored = await edit.change(stored, definition)
        await put_rule(edit, stored)
        edit.tell(stock.app_id, definition.stock_table, definition.line_table)
        return (await edit.refresh()).stock(stock_id)


_MAPPING = (
    "stock_table",
    "on_hand",
    "reserved",
    "line_table",
    "line_order",
    "line_quantity",
    "line_status",
    "reserved_choice",
)
_OF_WAITING = ("line_open", "backordered", "partial")


async def _open_lines(edit: Edit, stock: Stock) -> tuple[int, int]:
    """How many lines hold something, and how many wait."""
    held = await edit.tx.value(
        "SELECT count(DISTINCT line_record) FROM meta.stock_hold WHERE stock_id = $1 AND held > 0",
        stock.number,
    )
    waiting = await edit.tx.value(
        "SELECT count(*) FROM meta.stock_backorder WHERE stock_id = $1", stock.number
    )
    return held, waiting


async def _refuse_remapping(edit: Edit, stock: Stock, wanted: StockDef) -> None:
    """What is promised was promised by the tables and fields as they are: they stay while it is."""
    held, waiting = await _open_lines(edit, stock)
    parts = (*(_MAPPING if held + waiting else ()), *(_OF_WAITING if waiting else ()))
    changed = [part for part in parts if getattr(stock.definition, part) != getattr(wanted, part)]
    if changed:
        raise RuleBroken(
            N_("还有 {count} 条明细占着库存或在等补货,先释放或出库,再改表和字段的对应"),
            code="stock_in_use",
            field=changed[0],
            count=held + waiting,
        )


async def delete(system: System, actor: Actor, stock_id: str) -> None:
    """Put a stock definition into the trash; its ledger stays.

    Raises:
        RuleBroken: state machines or automations reserve by it (``problems`` lists them), or lines hold something.
    """
    async with editing(system, actor, stock_id) as edit:
        stock = edit.catalog.stock(stock_id)
        app = edit.catalog.app(stock.app_id)
        uses = [*uses_of(app, {stock_id}), *await uses_in_drafts(edit.tx, app, {stock_id})]
        refuse_used(stock.definition.name, uses)
        held, waiting = await _open_lines(edit, stock)
        if held + waiting:
            raise RuleBroken(
                N_("还有 {count} 条明细占着库存或在等补货,先释放或出库,再删除库存设置「{name}」"),
                code="stock_in_use",
                count=held + waiting,
                name=stock.definition.name,
            )
        stored = await edit.live(stock_id, "stock")
        await drop_rule(edit, stored)
        await edit.trash(stored)
        edit.tell(stock.app_id, stock.definition.stock_table, stock.definition.line_table)

"""First step: find the records, read the values, and say everything that is wrong with each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runtime import fieldtypes
from runtime.access import hidden_fields
from runtime.catalog import Field
from runtime.errors import NotFound
from runtime.fieldtypes import BadValue
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id
from runtime.records import links
from runtime.records.work import Item, Work

# channels that a read-only field is closed to
_BY_PEOPLE = frozenset({"ui", "api", "import", "form"})


async def load(work: Work) -> None:
    """Lock and read the records that are to change, in the order of their numbers so that writers never deadlock."""
    change = work.change
    named = [(p.id, "update") for p in change.updates]
    named += [(i, "delete") for i in change.deletes] + [(i, "restore") for i in change.restores]
    work.items = [Item(index=i, action="create") for i in range(len(change.creates))]
    for public_id, action in named:
        item = Item(index=len(work.items), action=action)  # type: ignore[arg-type]
        try:
            number, item.row_id = parse_record_id(public_id)
        except NotFound:
            number = 0
        if number != work.table.number:
            item.refuse("not_found", Message(N_("没有这条记录")))
        work.items.append(item)
    wanted = sorted({item.row_id for item in work.items if item.action != "create" and not item.problems})
    if not wanted:
        return
    found = await work.tx.fetch(
        f"SELECT * FROM {work.table.sql} WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", wanted
    )
    rows = {row["id"]: row for row in found}
    seen: set[int] = set()
    for item in work.items:
        if item.action == "create" or item.problems:
            continue
        row = rows.get(item.row_id)
        trashed = row is not None and row["deleted_at"] is not None
        if row is None or (trashed and item.action != "restore"):
            item.refuse("not_found", Message(N_("没有这条记录,可能已被删除")))
        elif item.action == "restore" and not trashed:
            item.refuse("not_in_trash", Message(N_("这条记录不在回收站里")))
        elif item.row_id in seen:
            item.refuse("twice", Message(N_("同一条记录在一次保存里出现了两次")))
        else:
            seen.add(item.row_id)
            item.row, item.version = row, row["version"]


async def read_values(work: Work) -> None:
    """Wire values → stored values, defaults, required fields, lost versions."""
    change = work.change
    managed = frozenset() if work.managed else managed_fields(work)
    hidden = hidden_fields(change.actor, work.table)
    for item in work.items:
        if item.problems:
            continue
        if item.action == "create":
            _read_fields(work, item, change.creates[item.index].fields, managed, hidden)
            _fill_defaults(work, item)
            _require(work, item, [f for f in work.table.fields if f.definition.required])
        elif item.action == "update":
            patch = change.updates[item.index - len(change.creates)]
            if patch.version is not None and patch.version != item.version:
                item.refuse("version_conflict", Message(N_("这条记录刚被别人改过,看一下最新内容再保存")))
                continue
            _read_fields(work, item, patch.fields, managed, hidden)
            _require(work, item, [f for f in (*item.values, *item.links) if f.definition.required])
    await links.resolve(work)
    for item in work.of("update"):
        _drop_unchanged(item)


def managed_fields(work: Work) -> frozenset[Field]:
    """Fields of the table that only reservations write."""
    owned: set[str] = set()
    for stock in work.app.stocks:
        d = stock.definition
        owned.update((d.reserved, d.line_status))
    return frozenset(f for f in work.table.fields if f.id in owned)


def _read_fields(
    work: Work, item: Item, given: Mapping[str, Any], managed: frozenset[Field], hidden: frozenset[str]
) -> None:
    for key, value in given.items():
        field = work.table.by_id.get(key) or work.table.by_name.get(key)
        if field is None or field.id in hidden:
            item.refuse("unknown_field", Message(N_("没有字段「{field}」"), {"field": key[:80]}))
            continue
        kind = fieldtypes.get(field.config)
        if field.readonly:
            item.refuse(
                "readonly", Message(N_("「{field}」由系统填写,不能修改"), {"field": field.name}), field
            )
            continue
        if field.definition.read_only and work.change.source.channel in _BY_PEOPLE:
            if item.action == "create" and value in (None, "", False, []):
                continue
            item.refuse(
                "read_only", Message(N_("「{field}」设为只读,不能修改"), {"field": field.name}), field
            )
            continue
        if field in managed and not (item.action == "create" and value in (None, "", 0, "0")):
            message = Message(N_("「{field}」由库存预占维护,不能直接修改"), {"field": field.name})
            item.refuse("managed_by_stock", message, field)
            continue
        try:
            if field.type == "link" and work.change.typecast:
                item.links[field] = links.raw(value)
                continue
            read = kind.repair if work.change.typecast else kind.parse
            stored = read(field.config, value, work.context)
        except BadValue as bad:
            item.refuse(bad.code, bad.message, field)
            continue
        if field.type == "link":
            item.links[field] = stored
        else:
            item.values[field] = stored


def _fill_defaults(work: Work, item: Item) -> None:
    for field in work.table.fields:
        if field in item.values or field in item.links or field.readonly:
            continue
        if field.definition.default is None:
            if field.type == "checkbox":
                item.values[field] = False
            continue
        kind = fieldtypes.get(field.config)
        default = field.definition.default
        if default == "$now" and field.type in ("date", "datetime"):
            default = work.context.now
        try:
            item.values[field] = kind.parse(field.config, default, work.context)
        except BadValue as bad:
            item.refuse(bad.code, bad.message, field)


def _require(work: Work, item: Item, fields: list[Field]) -> None:
    bad = {problem.field for problem in item.problems}
    for field in fields:
        if field.readonly or field.id in bad:
            continue
        value = item.links.get(field) if field.type == "link" else item.values.get(field)
        if value is None or value == []:
            item.refuse("required", Message(N_("「{field}」必须填写"), {"field": field.name}), field)


def _drop_unchanged(item: Item) -> None:
    for field in [f for f, value in item.values.items() if item.old(f) == value]:
        del item.values[field]
    for field in [f for f, value in item.links.items() if item.old_links.get(f, []) == value]:
        del item.links[field]

"""First step: find the records, read the values, and say everything that is wrong with each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from runtime import fieldtypes
from runtime.access import hidden_fields
from runtime.catalog import Field, Table
from runtime.errors import NotFound
from runtime.fieldtypes import BadValue, FieldType, member
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id
from runtime.records import attachments, columns, defaults, links
from runtime.records.change import Change, NewRecord, Patch
from runtime.records.columns import Usual
from runtime.records.work import Action, Item, Work

# channels that a read-only field is closed to
_BY_PEOPLE = frozenset({"ui", "api", "import", "form"})


async def load(work: Work) -> None:
    """Lock and read the records that are to change, in the order of their numbers so that writers never deadlock."""
    work.items = [item for change in work.changes for item in _items(work.table, change)]
    wanted = sorted({item.row_id for item in work.items if item.action != "create" and not item.problems})
    if not wanted:
        return
    # who shares the transaction with other callers does not wait for a record here, but alone afterwards
    found = await work.tx.lock_rows(work.table.sql, wanted, skip=work.together and work.alone)
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


def _items(table: Table, change: Change) -> list[Item]:
    items = [Item(index=i, action="create", change=change, asked=one) for i, one in enumerate(change.creates)]
    named: list[tuple[str, Action, Patch | None]] = [(patch.id, "update", patch) for patch in change.updates]
    named += [(public_id, "delete", None) for public_id in change.deletes]
    named += [(public_id, "restore", None) for public_id in change.restores]
    for public_id, action, patch in named:
        item = Item(index=len(items), action=action, change=change, asked=patch)
        try:
            number, item.row_id = parse_record_id(public_id)
        except NotFound:
            number = 0
        if number != table.number:
            item.refuse("not_found", Message(N_("没有这条记录")))
        items.append(item)
    return items


async def read_values(work: Work) -> None:
    """Wire values → stored values, defaults, required fields, lost versions."""
    managed = frozenset() if work.managed else managed_fields(work)
    hidden = hidden_fields(work.change.actor, work.table)
    usual: dict[str, Usual] = {}
    required = [f for f in work.table.fields if f.definition.required]
    by_formula = defaults.of_table(work.table)
    with_default = [
        f
        for f in work.table.fields
        if f.definition.default is not None or (f.type == "checkbox" and not f.definition.default_formula)
    ]
    items = [item for item in work.items if _is_current(item)]
    known = partial(_known, work, managed, usual) if not hidden else _unknown
    left = columns.read(items, work.context, known)
    for place, item in enumerate(items):
        asked = item.asked
        assert asked is not None  # noqa: S101 - see _is_current
        _read_fields(work, item, asked.fields if left is None else left[place], managed, hidden, usual)
        if isinstance(asked, NewRecord):
            _fill_defaults(work, item, with_default)
            if by_formula:
                defaults.fill(work, item, by_formula)
            _require(work, item, required)
        elif not _may_be_left_empty(work, asked.id):
            _require(work, item, [f for f in (*item.values, *item.links) if f.definition.required])
    await links.resolve(work)
    await attachments.resolve(work)
    for item in work.of("update"):
        _drop_unchanged(item)


def managed_fields(work: Work) -> frozenset[Field]:
    """Fields of the table that only reservations write."""
    owned: set[str] = set()
    for stock in work.app.stocks:
        owned.update(stock.definition.managed)
    return frozenset(f for f in work.table.fields if f.id in owned)


def _is_current(item: Item) -> bool:
    """Whether values were given for the item, and nothing speaks against reading them."""
    if item.problems or item.asked is None:
        return False
    if isinstance(item.asked, Patch) and item.asked.version not in (None, item.version):
        item.refuse("version_conflict", Message(N_("这条记录刚被别人改过,看一下最新内容再保存")))
        return False
    return True


def _unknown(key: str) -> Usual | None:
    return None


def _known(work: Work, managed: frozenset[Field], usual: dict[str, Usual], key: str) -> Usual | None:
    """What is known of a field by the name it is given by; found out once for a batch."""
    if key not in usual:
        field = work.table.by_id.get(key) or work.table.by_name.get(key)
        found = _usual(work, field, managed) if field is not None else None
        if found is not None:
            usual[key] = found
    return usual.get(key)


def _usual(work: Work, field: Field, managed: frozenset[Field]) -> Usual | None:
    kind, lenient, link = fieldtypes.get(field.config), work.change.typecast, field.type == "link"
    if (
        field.readonly
        or field.definition.read_only
        or field in managed
        or (link and lenient)
        or type(kind).admit is not FieldType.admit
    ):
        return None
    return Usual(field, field.config, kind, lenient, kind.repair if lenient else kind.parse, link)


def _read_fields(
    work: Work,
    item: Item,
    given: Mapping[str, Any],
    managed: frozenset[Field],
    hidden: frozenset[str],
    usual: dict[str, Usual],
) -> None:
    values, context, merging = item.values, work.context, work.change.merging is not None
    for key, value in given.items():
        known = usual.get(key)
        if known is not None:
            try:
                (item.links if known.link else values)[known.field] = known.read(known.config, value, context)
            except BadValue as bad:
                item.refuse(bad.code, bad.message, known.field)
            continue
        field = work.table.by_id.get(key) or work.table.by_name.get(key)
        if field is None or field.id in hidden:
            item.refuse("unknown_field", Message(N_("没有字段「{field}」"), {"field": key[:80]}))
            continue
        found = _usual(work, field, managed) if not hidden else None
        if found is not None:  # the next records of the batch take the short way
            usual[key] = found
        kind = fieldtypes.get(field.config)
        if field.readonly:
            item.refuse(
                "readonly", Message(N_("「{field}」由系统填写,不能修改"), {"field": field.name}), field
            )
            continue
        if field.definition.read_only and work.change.source.channel in _BY_PEOPLE and not merging:
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
            if not work.change.source.brings_back and not merging:
                kind.admit(field.config, stored, None if field.type == "link" else item.old(field))
        except BadValue as bad:
            item.refuse(bad.code, bad.message, field)
            continue
        if field.type == "link":
            item.links[field] = stored
        else:
            item.values[field] = stored


def _fill_defaults(work: Work, item: Item, fields: list[Field]) -> None:
    for field in fields:
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
        elif field.type == "member":
            default = member.default_of(field.config, default, work.context)
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


def _may_be_left_empty(work: Work, public_id: str) -> bool:
    """Whether nothing is required of the record: it goes into another one, or a merge is taken back as a whole."""
    merging = work.change.merging
    return merging is not None and (merging != public_id or work.change.source.brings_back)


def _drop_unchanged(item: Item) -> None:
    for field in [f for f, value in item.values.items() if item.old(f) == value]:
        del item.values[field]
    for field in [f for f, value in item.links.items() if item.old_links.get(f, []) == value]:
        del item.links[field]

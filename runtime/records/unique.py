"""Unique rules: told in words before the database's own index would refuse."""

from __future__ import annotations

from typing import Any

from runtime import fieldtypes
from runtime.catalog import Field
from runtime.i18n import N_, Message
from runtime.ids import record_id
from runtime.records.work import Item, Work


async def check(work: Work) -> None:
    """Refuse records whose value of a unique field is taken, in the table or earlier in this batch."""
    for field in work.table.fields:
        if not field.definition.unique or not field.stored:
            continue
        items = [i for i in work.of("create", "update") if i.values.get(field) is not None]
        items += [i for i in work.of("restore") if i.old(field) is not None]
        if items:
            await _check_field(work, field, items)


async def _check_field(work: Work, field: Field, items: list[Item]) -> None:
    ours = {
        item.row_id for item in work.of("update", "delete") if field in item.values or item.action == "delete"
    }
    values = list({_key(item.current(field)) for item in items})
    rows = await work.tx.fetch(
        f"SELECT id, {field.column} AS value FROM {work.table.sql}"
        f" WHERE {field.column} = ANY($1) AND deleted_at IS NULL AND id <> ALL($2::bigint[])",
        values,
        list(ours),
    )
    taken = {row["value"]: row["id"] for row in rows}
    seen: dict[Any, int] = {}
    for item in items:
        value = _key(item.current(field))
        text = fieldtypes.get(field.config).to_text(field.config, value, work.context)
        if value in taken:
            message = Message(
                N_("「{field}」不能重复,「{value}」已有一条记录({record})"),
                {"field": field.name, "value": text, "record": record_id(work.table.number, taken[value])},
            )
            item.refuse("duplicate", message, field)
        elif value in seen:
            message = Message(
                N_("「{field}」不能重复,这次保存里有两条都是「{value}」"),
                {"field": field.name, "value": text},
            )
            item.refuse("duplicate", message, field)
        else:
            seen[value] = item.index


def _key(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

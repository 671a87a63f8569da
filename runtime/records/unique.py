"""Unique rules, of one field and of several: told in words before the database's own index would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime import fieldtypes
from runtime.catalog import Field, Table
from runtime.i18n import N_, Message
from runtime.ids import record_id
from runtime.records.work import Item, Work
from runtime.storage import schema

Values = tuple[Any, ...]


async def check(work: Work) -> None:
    """Refuse records whose values a unique rule finds taken, in the table or earlier in this batch."""
    for fields in rules_of(work.table):
        items = [i for i in work.of("create") if _filled(i, fields)]
        items += [i for i in work.of("update") if _touches(i, fields) and _filled(i, fields)]
        items += [i for i in work.of("restore") if _filled(i, fields)]
        if items:
            await _check_rule(work, fields, items)


def rules_of(table: Table) -> list[tuple[Field, ...]]:
    """What may not repeat in the table: single fields, then combinations whose fields are all there."""
    found: list[tuple[Field, ...]] = [(f,) for f in table.fields if f.definition.unique and f.stored]
    for rule in table.definition.unique:
        fields = tuple(table.by_id[key] for key in rule.fields if key in table.by_id)
        if len(fields) == len(rule.fields):
            found.append(fields)
    return found


def _touches(item: Item, fields: Sequence[Field]) -> bool:
    return any(field in item.values for field in fields)


def _filled(item: Item, fields: Sequence[Field]) -> bool:
    return all(item.current(field) is not None for field in fields)


async def _check_rule(work: Work, fields: tuple[Field, ...], items: list[Item]) -> None:
    leaving = {
        item.row_id
        for item in work.of("update", "delete")
        if item.action == "delete" or _touches(item, fields)
    }
    taken = await _taken(work, fields, {_values(item, fields) for item in items}, leaving)
    seen: set[Values] = set()
    for item in items:
        values = _values(item, fields)
        if values in taken:
            record = record_id(work.table.number, taken[values])
            item.refuse("duplicate", _said(work, fields, values, record), fields[0])
        elif values in seen:
            item.refuse("duplicate", _said(work, fields, values, None), fields[0])
        else:
            seen.add(values)


async def _taken(
    work: Work, fields: tuple[Field, ...], wanted: set[Values], leaving: set[int]
) -> dict[Values, int]:
    """Which of the wanted values a live record holds already: values → its row number."""
    types = [(fieldtypes.get(f.config).sql_type(f.config) or "text").split(" ")[0] for f in fields]
    columns = [f.column for f in fields]
    lists = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(types, 1))
    names = ", ".join(f"v{n}" for n in range(len(fields)))
    same = " AND ".join(f"t.{column} = w.v{n}" for n, column in enumerate(columns))
    rows = await work.tx.fetch(
        f"SELECT t.id, {', '.join(f't.{column}' for column in columns)} FROM unnest({lists}) AS w({names})"
        f" JOIN {work.table.sql} t ON {same} AND t.deleted_at IS NULL"
        f" WHERE t.id <> ALL(${len(fields) + 1}::bigint[])",
        *(list(column) for column in zip(*wanted, strict=True)),
        list(leaving),
    )
    return {tuple(_key(row[column]) for column in columns): row["id"] for row in rows}


def _said(work: Work, fields: tuple[Field, ...], values: Values, record: str | None) -> Message:
    texts = [
        fieldtypes.get(field.config).to_text(field.config, value, work.context)
        for field, value in zip(fields, values, strict=True)
    ]
    if len(fields) == 1:
        params = {"field": fields[0].name, "value": texts[0], "record": record}
        if record is None:
            return Message(N_("「{field}」不能重复,这次保存里有两条都是「{value}」"), params)
        return Message(N_("「{field}」不能重复,「{value}」已有一条记录({record})"), params)
    params = {"fields": names_of(fields), "values": " + ".join(texts), "record": record}
    if record is None:
        return Message(N_("「{fields}」合起来不能重复,这次保存里有两条都是「{values}」"), params)
    return Message(N_("「{fields}」合起来不能重复,「{values}」已有一条记录({record})"), params)


def names_of(fields: Sequence[Field]) -> str:
    """A combination in words: 平台 + 平台单号."""
    return " + ".join(field.name for field in fields)


def broken(table: Table, index: str) -> tuple[Field, ...]:
    """The fields of the rule that the unique index of that name keeps; empty for an index that is none of ours."""
    for fields in rules_of(table):
        numbers = [field.number for field in fields]
        if index in (f"t{table.number}_f{numbers[0]}_u", schema.combination_name(table.number, numbers)):
            return fields
    return ()


def _values(item: Item, fields: tuple[Field, ...]) -> Values:
    return tuple(_key(item.current(field)) for field in fields)


def _key(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

"""The physical side of fields: columns, unique indexes, sequences, numbers for the records that are there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from builder.configs import has_column
from builder.edit import Edit
from runtime import fieldtypes
from runtime.catalog import App, Field, Table
from runtime.definitions.fields import COMPUTED_TYPES, AutoNumber, FieldConfig, FieldDef, Formula, type_name
from runtime.errors import Duplicate, Problem
from runtime.fieldtypes import Context
from runtime.fieldtypes.auto_number import Drawing, Valued, drawing, in_periods
from runtime.i18n import N_, Message
from runtime.records.numbering import sources, valued
from runtime.storage import schema
from runtime.storage.database import Row, Tx

# statements over a whole table may take longer than the pool allows a single query
LONG_SECONDS = 3600.0
_SHOWN = 10
_PAUSE = 5000


async def add(edit: Edit, app: App, table: Table, number: int, config: FieldConfig) -> None:
    """The column of a new field; an auto number also numbers the records that are there."""
    if not has_column(config):
        return
    sql_type = fieldtypes.get(config).sql_type(config)
    assert sql_type is not None  # noqa: S101
    await schema.add_column(edit.tx, table.number, number, sql_type)
    if isinstance(config, Formula):
        await schema.add_error_column(edit.tx, table.number, number)
    if isinstance(config, AutoNumber):
        await schema.create_sequence(edit.tx, number)
        await number_records(edit.tx, app, table, number, config)


async def number_records(tx: Tx, app: App, table: Table, field: int, config: AutoNumber) -> None:
    """Give every record its auto number in the order of creation, and let new ones go on from there."""
    await _number(tx, app, table, field, config, "TRUE", {})


async def number_missing(
    tx: Tx,
    app: App,
    table: Table,
    field: int,
    config: AutoNumber,
    *,
    rows: Sequence[int] | None = None,
    most: int | None = None,
) -> int:
    """Number the records that have none yet (made while the field lay in the trash, or not reached so far).

    ``rows``: of these only; ``most``: the first so many. Returns how many were numbered.
    """
    which, args = f"f{field} IS NULL", []
    if rows is not None:
        which, args = f"{which} AND id = ANY($1::bigint[])", [list(rows)]
    last = await _counted(tx, field, config)
    return await _number(tx, app, table, field, config, which, last, args=args, most=most)


async def take_over_numbers(tx: Tx, shadow: int, field: int, config: AutoNumber) -> None:
    """Let ``field`` go on counting where the column that was numbered in its place has got to."""
    await schema.create_sequence(tx, field)
    await _set_counted(tx, field, config, await _counted(tx, shadow, config))
    await forget_numbers(tx, shadow)


async def forget_numbers(tx: Tx, field: int) -> None:
    """Drop the sequences of a field for good."""
    await schema.drop_sequence(tx, field)
    await tx.execute("DELETE FROM meta.counter WHERE field_id = $1", field)


async def go_on(tx: Tx, app: App, table: Table, field: int, config: AutoNumber) -> None:
    """After a rule has changed: let its sequences go on behind every number there is that the new rule could repeat."""
    counted = await _counted(tx, field, config)
    last = dict(counted)
    async for row, made in _drawings(tx, app, table, config, f"f{field} IS NOT NULL", f"f{field} AS number"):
        last[made.scope] = max(last.get(made.scope, 0), made.number_in(row["number"]))
    await _set_counted(tx, field, config, {k: v for k, v in last.items() if v > counted.get(k, 0)})


async def count_on(tx: Tx, app: App, table: Table, field: int, config: AutoNumber) -> None:
    """Let a field whose numbers were made under another one (values kept by a change of type) count by itself."""
    if await tx.value("SELECT to_regclass($1) IS NULL", f"data.s{field}"):
        await schema.create_sequence(tx, field)
        await go_on(tx, app, table, field, config)


async def _number(
    tx: Tx,
    app: App,
    table: Table,
    field: int,
    config: AutoNumber,
    which: str,
    last: dict[str, int],
    *,
    args: Sequence[Any] = (),
    most: int | None = None,
) -> int:
    numbers: list[tuple[int, str]] = []
    async for row, made in _drawings(tx, app, table, config, which, args=args, most=most):
        last[made.scope] = last.get(made.scope, 0) + 1
        numbers.append((row["id"], made.text(last[made.scope])))
    if numbers:
        await fill(tx, table, field, "bigint", "text", numbers, match="id")
        await _set_counted(tx, field, config, last)
    return len(numbers)


async def _drawings(
    tx: Tx,
    app: App,
    table: Table,
    config: AutoNumber,
    which: str,
    *more: str,
    args: Sequence[Any] = (),
    most: int | None = None,
) -> AsyncIterator[tuple[Row, Drawing]]:
    """The rule applied to every record that meets ``which`` (the first ``most`` of them), in the order of creation,
    those in the trash included."""
    fields = {one.id: one for one in sources(table, config)}
    columns_ = ", ".join(["id", "created_at", *more, *(one.column for one in fields.values())])
    context = Context(zone=app.zone)

    def value_of(row: Row, key: str) -> Valued:
        return valued(fields[key], row[fields[key].column], context) if key in fields else None

    rows = await tx.connection.fetch(
        f"SELECT {columns_} FROM {table.sql} WHERE {which} ORDER BY created_at, id"
        + ("" if most is None else f" LIMIT {int(most)}"),
        *args,
        timeout=LONG_SECONDS,
    )
    for at, row in enumerate(rows, 1):
        yield row, drawing(config, row["created_at"].astimezone(app.zone), partial(value_of, row))
        if at % _PAUSE == 0:
            await asyncio.sleep(0)  # let other requests of this process go on


async def _counted(tx: Tx, field: int, config: AutoNumber) -> dict[str, int]:
    """How far each sequence of the field has got."""
    if in_periods(config):
        rows = await tx.fetch("SELECT scope, value FROM meta.counter WHERE field_id = $1", field)
        return {row["scope"]: row["value"] for row in rows}
    used = await tx.value(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM data.s{field}")
    return {"": int(used)}


async def _set_counted(tx: Tx, field: int, config: AutoNumber, last: dict[str, int]) -> None:
    if not in_periods(config):
        if last.get(""):
            await tx.execute(f"SELECT setval('data.s{field}', $1)", last[""])
        return
    await tx.connection.executemany(
        "INSERT INTO meta.counter (field_id, scope, value) VALUES ($1, $2, $3)"
        " ON CONFLICT (field_id, scope) DO UPDATE SET value = excluded.value",
        [(field, scope, value) for scope, value in last.items()],
    )


async def fill(
    tx: Tx,
    table: Table,
    field: int,
    old_type: str,
    new_type: str,
    pairs: list[tuple[Any, Any]],
    *,
    match: str,
) -> None:
    """Set the column of ``field`` from ``pairs`` (value of column ``match``, new value) in one pass over the table."""
    if not pairs:
        return
    await tx.execute(f"CREATE TEMPORARY TABLE builder_fill (old {old_type}, new {new_type}) ON COMMIT DROP")
    await tx.connection.copy_records_to_table("builder_fill", records=pairs, timeout=LONG_SECONDS)
    await tx.execute("ANALYZE builder_fill")
    await tx.connection.execute(
        f"UPDATE {table.sql} t SET f{field} = m.new FROM builder_fill m WHERE t.{match} = m.old",
        timeout=LONG_SECONDS,
    )
    await tx.execute("DROP TABLE builder_fill")


async def set_unique(edit: Edit, table: Table, field: Field) -> None:
    """Build the unique index.

    Raises:
        Duplicate: values occur more than once; each is one of ``problems``.
    """
    collisions = await count_collisions(edit.tx, table, field)
    if collisions:
        context = Context(zone=edit.catalog.app_of(table).zone)
        kind = fieldtypes.get(field.config)
        raise Duplicate(
            N_("「{field}」里有重复的值,先改成各不相同,再设为唯一"),
            field=field.id,
            field_name=field.name,
            problems=[
                Problem(
                    "duplicate",
                    Message(
                        N_("「{value}」有 {count} 条"),
                        {"value": kind.to_text(field.config, value, context)[:80], "count": count},
                    ),
                    field.id,
                    field.name,
                )
                for value, count in collisions
            ],
        )
    await schema.create_index(edit.tx, table.number, field.number, unique=True)


async def count_collisions(tx: Tx, table: Table, field: Field, limit: int = _SHOWN) -> list[tuple[Any, int]]:
    """Values that several live records share, the most frequent first, and how many records have each."""
    rows = await tx.fetch(
        f"SELECT {field.column} AS value, count(*) AS n FROM {table.sql}"
        f" WHERE deleted_at IS NULL AND {field.column} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        f" ORDER BY 2 DESC, 1 LIMIT {limit}"
    )
    return [(row["value"], row["n"]) for row in rows]


async def drop_indexes(tx: Tx, table: int, field: int) -> None:
    """The indexes of a field whose column goes away or changes, those it shares with other fields among them."""
    await schema.drop_index(tx, table, field)
    await schema.drop_index(tx, table, field, unique=True)
    for name, fields in (await schema.combinations(tx, table)).items():
        if field in fields:
            await schema.drop_combination(tx, name)


async def count_records(tx: Tx, table: Table) -> int:
    """Live records of the table."""
    return int(await tx.value(f"SELECT count(*) FROM {table.sql} WHERE deleted_at IS NULL"))


async def count_filled(tx: Tx, table: Table, field: Field) -> int:
    """Live records that hold something in the field (for a check box: yes)."""
    if field.type == "link":
        return int(
            await tx.value(
                f"SELECT count(DISTINCT t.id) FROM {table.sql} t JOIN {field.link_sql} l"
                f" ON l.{field.link_near} = t.id WHERE t.deleted_at IS NULL"
            )
        )
    test = f"coalesce({field.column}, false)" if field.type == "checkbox" else f"{field.column} IS NOT NULL"
    return int(await tx.value(f"SELECT count(*) FROM {table.sql} WHERE deleted_at IS NULL AND {test}"))


async def count_choice(tx: Tx, table: Table, field: Field, choice: int) -> int:
    """Live records that hold one choice of a select."""
    test = (
        f"{field.column} @> ARRAY[$1]::integer[]" if field.type == "multi_select" else f"{field.column} = $1"
    )
    return int(
        await tx.value(f"SELECT count(*) FROM {table.sql} WHERE deleted_at IS NULL AND {test}", choice)
    )


def same_column(old: FieldConfig, new: FieldConfig) -> bool:
    """Whether values stored under ``old`` are good as they are under ``new``."""
    before, after = type_name(old), type_name(new)
    if before == after:
        return _same_type(old, new)
    texts = {"text", "email", "url", "phone", "barcode", "auto_number"}
    if before in texts and after == "long_text":
        return getattr(new, "max_length", 0) >= 2000
    return False


def _same_type(old: Any, new: Any) -> bool:
    name = type_name(new)
    if name in ("phone", "barcode"):
        return bool(old.format == new.format)
    if name == "link":
        return bool(old.table == new.table)
    if name == "member":
        return bool(old.many == new.many)
    if name in COMPUTED_TYPES:
        return fieldtypes.get(old).sql_type(old) == fieldtypes.get(new).sql_type(new)
    return True


def label(definition: FieldDef) -> Message:
    """What the type of a field is called."""
    return Message(fieldtypes.get(definition.config).label)

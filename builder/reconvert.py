"""Taking back a conversion: cells nobody has touched since get their originals, the others are converted back."""

from __future__ import annotations

from typing import Any

import msgspec

from builder import columns, convert, dependents
from builder.configs import has_column
from builder.convert import Source
from builder.edit import Edit, Stored
from runtime import fieldtypes
from runtime.catalog import Field, Table
from runtime.definitions.fields import COMPUTED_TYPES, FieldConfig, FieldDef, Link, type_name
from runtime.errors import RuleBroken
from runtime.fieldtypes import BadValue, Context
from runtime.i18n import N_
from runtime.storage import schema


def rewrites(field: Field, before: FieldDef, original: Stored | None) -> bool:
    """Whether taking the conversion of ``field`` back looks at every cell: somebody may have written it since."""
    kept = (
        original is not None and has_column(before.config) and type_name(before.config) not in COMPUTED_TYPES
    )
    return kept and has_column(field.config) and not field.readonly


async def take_back(
    edit: Edit, field: Field, before: FieldDef, original: Stored | None, shadow: int | None = None
) -> None:
    """Give ``field`` the definition it had, with the values kept in ``original``.

    ``original`` is None where the field held none of its own (who, when). Pairs of a link come back as they were; what
    was entered in the meantime under the other type is not made into links. ``shadow``: the number of a column in which
    all values stand already (:class:`builder.shadows.Back`).

    Raises:
        RuleBroken: the originals are no longer in the trash.
    """
    catalog_before = edit.catalog
    table = catalog_before.table(field.table_id)
    if has_column(before.config) and (original is None or original.deleted_at is None):
        raise RuleBroken(N_("原来的内容已经不在回收站里,撤销不了"), code="original_gone")
    await columns.drop_indexes(edit.tx, table.number, field.number)
    entered: list[tuple[int, Any]] = []
    if original is not None and shadow is None and rewrites(field, before, original):
        entered = await _entered_since(edit, table, field, before, original)
    await _clear_away(edit, table, field)
    if original is not None and has_column(before.config):
        if shadow is not None:
            await schema.drop_column(edit.tx, table.number, original.number)
        await schema.rename_column(edit.tx, table.number, shadow or original.number, field.number)
        kind = fieldtypes.get(before.config)
        sql_type = (kind.sql_type(before.config) or "text").split(" ")[0]
        await columns.fill(edit.tx, table, field.number, "bigint", sql_type, entered, match="id")
    await edit.change(await edit.live(field.id, "field"), before, "convert")
    if original is not None:
        # what it kept has gone home: nothing is left that could be restored
        await edit.tx.execute("DELETE FROM meta.definition WHERE id = $1", original.number)
    edit.tell(table.id)
    catalog = await edit.refresh()
    await dependents.after_change(edit, catalog_before, field, catalog.field(field.id))


async def _clear_away(edit: Edit, table: Table, field: Field) -> None:
    """Remove what the conversion made."""
    if isinstance(field.config, Link):
        await schema.drop_relation(edit.tx, field.config.relation)
    elif has_column(field.config):
        await schema.drop_column(edit.tx, table.number, field.number)


async def _entered_since(
    edit: Edit, table: Table, field: Field, before: FieldDef, original: Stored
) -> list[tuple[int, Any]]:
    """``(row, value in the old type)`` of cells that no longer hold what the conversion made of the original."""
    context = Context(zone=edit.catalog.app_of(table).zone)
    was = msgspec.structs.replace(field, number=original.number, definition=original.body)
    forward = Source(edit.tx, edit.catalog, table, was, context)
    back = Source(edit.tx, edit.catalog, table, field, context)
    rows = await edit.tx.connection.fetch(
        f"SELECT id, {field.column} AS now, {was.column} AS was FROM {table.sql}"
        f" WHERE {field.column} IS NOT NULL OR {was.column} IS NOT NULL",
        timeout=columns.LONG_SECONDS,
    )
    made: dict[Any, Any] = {}
    entered = []
    for row in rows:
        key = convert.key_of(row["was"])
        if key not in made:
            made[key] = made_of(forward, field.config, row["was"])
        if row["now"] != made[key]:
            entered.append((row["id"], _old_value(back, row["now"], before)))
    return entered


def made_of(forward: Source, config: FieldConfig, original: Any) -> Any:
    """What the conversion to ``config`` has made of an original."""
    made = None if original is None else convert.one(forward, config, original)
    return False if made is None and type_name(config) == "checkbox" else made


def back(forward: Source, source: Source, now: Any, original: Any) -> Any:
    """What a cell gets that holds ``now`` and held ``original``, which is read as ``forward`` says."""
    if now == made_of(forward, source.field.config, original):
        return original
    return _old_value(source, now, forward.field.definition)


def _old_value(back: Source, now: Any, before: FieldDef) -> Any:
    config = convert.knowing(back, before.config)
    kind = fieldtypes.get(config)
    try:
        readable = None if now is None else convert.readable(back, now, config)
        return kind.repair(config, readable, back.context)
    except BadValue:
        return kind.repair(config, None, back.context)

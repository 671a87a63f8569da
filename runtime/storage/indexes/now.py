"""Indexes that cannot wait for the keeper: without them a field that matches would read a table for every record."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.catalog import Catalog, Field
from runtime.definitions.matching import Match
from runtime.storage.computed import read_time
from runtime.storage.database import Tx
from runtime.storage.indexes.shapes import Index, index_for
from runtime.storage.indexes.wanted import matches


async def make_for_matches(tx: Tx, catalog: Catalog, fields: Iterable[Field]) -> None:
    """Make, in the transaction that changes the definition, what ``fields`` find records by; most have it already."""
    when_read = read_time(catalog)
    for field in fields:
        match = getattr(field.config, "match", None)
        if not isinstance(match, Match):
            continue
        for table in {t.id: t for t in (catalog.table(field.table_id), catalog.table(match.table))}.values():
            shapes = [shape for by, shape in matches(catalog, table) if by == field.id]
            for shape in shapes:
                index = None if shape.fields & when_read else index_for(table, shape)
                if index is not None:
                    await _make(tx, table.number, index, field.id)


async def _make(tx: Tx, table: int, index: Index, by: str) -> None:
    number = await tx.value(
        "INSERT INTO meta.table_index (table_id, columns, hashed, wanted_by) VALUES ($1, $2, $3, ARRAY[$4::text])"
        " ON CONFLICT (table_id, columns, hashed) DO UPDATE SET wanted_at = now() RETURNING id",
        table,
        list(index.columns),
        index.hashed,
        by,
    )
    valid = await tx.value(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('data.x' || $1::bigint)", number
    )
    if valid:
        return
    method = "USING hash " if index.hashed else ""
    await tx.execute(f"DROP INDEX IF EXISTS data.x{number}")
    await tx.execute(
        f"CREATE INDEX x{number} ON data.t{table} {method}({', '.join(index.columns)}) WHERE deleted_at IS NULL"
    )
    await tx.execute(
        "UPDATE meta.table_index SET state = 'ready', error = NULL, tried_at = now(), ready_at = now() WHERE id = $1",
        number,
    )

"""How long records were in each state: seconds of the stays that are over, kept beside the state by every write.

The companion column ``f<number>_spent`` of a select with a state machine holds them by choice, ``{"2": 86.25}``; the stay
that is not over runs from ``since_column`` and is added when it is read. NULL: not counted yet, and the history says it.
New records begin with ``{}``; others are counted from the history in the background (``runtime.records.stays``).
"""

from __future__ import annotations

from collections.abc import Sequence

from runtime.catalog import Field, Table
from runtime.storage.database import Tx

_COUNTED = (
    "(SELECT coalesce(jsonb_object_agg(s.state #>> '{}', s.seconds), '{}') FROM (SELECT h.state,"
    " sum(extract(epoch FROM h.until - h.at)) AS seconds FROM (SELECT h.at, h.after -> $2::text AS state,"
    "  lead(h.at) OVER (ORDER BY h.id) AS until FROM meta.history h WHERE h.table_id = $1 AND h.record_id = t.id"
    "  AND h.action IN ('create', 'update') AND h.after ? $2::text) h"
    " WHERE h.until IS NOT NULL AND jsonb_typeof(h.state) = 'number' GROUP BY 1) s(state, seconds))"
)


def ended(field: Field, at: str) -> str:
    """An assignment that adds the stay that ends ``at`` (SQL), for an UPDATE that gives the state its next value."""
    spent, state, since = field.spent_column, field.column, field.since_column
    return (
        f"{spent} = CASE WHEN {state} IS NULL OR {since} IS NULL THEN {spent} ELSE {spent} || jsonb_build_object("
        f"{state}::text, coalesce(({spent} ->> {state}::text)::numeric, 0) + extract(epoch FROM {at} - {since})) END"
    )


async def uncounted(tx: Tx, table: Table, field: Field, after: int, limit: int) -> list[int]:
    """Records behind the ``after``-th whose stays are not counted, held until ``tx`` ends so that none of them moves."""
    rows = await tx.fetch(
        f"SELECT id FROM {table.sql} WHERE id > $1 AND {field.spent_column} IS NULL ORDER BY id LIMIT $2 FOR UPDATE",
        after,
        limit,
    )
    return [row["id"] for row in rows]


async def count(tx: Tx, table: Table, field: Field, rows: Sequence[int]) -> None:
    """Count the stays of records from the history.

    They have to be held by a statement before (:func:`uncounted`), so that this one sees all that was told of them.
    """
    await tx.execute(
        f"UPDATE {table.sql} t SET {field.spent_column} = {_COUNTED} WHERE id = ANY($3::bigint[])",
        table.number,
        field.id,
        list(rows),
    )


async def hold(tx: Tx, table: Table, rows: Sequence[int]) -> None:
    """Let nobody move these records until ``tx`` ends."""
    await tx.execute(
        f"SELECT 1 FROM {table.sql} WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", list(rows)
    )


async def differing(tx: Tx, table: Table, field: Field, after: int, last: int) -> list[int]:
    """Records behind ``after`` up to ``last`` of which something else is kept than the history says.

    Those that the history does not know from their beginning are left out.
    """
    rows = await tx.fetch(
        f"SELECT t.id FROM {table.sql} t WHERE t.id > $3 AND t.id <= $4 AND t.{field.spent_column} <> {_COUNTED}"
        " AND EXISTS (SELECT 1 FROM meta.history c WHERE c.table_id = $1 AND c.record_id = t.id AND c.action = 'create')"
        " ORDER BY t.id",
        table.number,
        field.id,
        after,
        last,
    )
    return [row["id"] for row in rows]

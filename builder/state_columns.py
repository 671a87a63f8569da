"""The column "in this state since" of selects with a state machine: made with the machine, dropped with it."""

from __future__ import annotations

from runtime.catalog import decode_body
from runtime.definitions.fields import SingleSelect
from runtime.storage import schema
from runtime.storage.database import Tx

# the history of a large table is read once
_LONG_SECONDS = 3600.0


async def settle(tx: Tx, number: int, *, came_back: bool = False) -> None:
    """Bring the column of a field in line with its definition.

    A new one is filled from the history. ``came_back``: the field was in the trash, records made meanwhile are filled in.
    A field in the trash keeps what it has.
    """
    row = await tx.row(
        "SELECT public_id, table_id, body FROM meta.definition WHERE id = $1 AND kind = 'field' AND deleted_at IS NULL",
        number,
    )
    if row is None or row["table_id"] is None:
        return
    config = decode_body("field", row["body"]).config
    wanted = isinstance(config, SingleSelect) and config.machine is not None
    there = await schema.has_since_column(tx, row["table_id"], number)
    if wanted and not there:
        await schema.add_since_column(tx, row["table_id"], number)
    if wanted and (came_back or not there):
        await schema.fill_since_column(tx, row["table_id"], number, row["public_id"], _LONG_SECONDS)
    elif there and not wanted:
        await schema.drop_since_column(tx, row["table_id"], number)

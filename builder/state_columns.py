"""The columns "in this state since" and "time spent" of selects with a state machine: made with the machine, dropped with it."""

from __future__ import annotations

from runtime.catalog import decode_body
from runtime.definitions.fields import SingleSelect
from runtime.storage import schema
from runtime.storage.database import Tx

# the history of a large table is read once
_LONG_SECONDS = 3600.0


async def settle(tx: Tx, number: int, *, came_back: bool = False) -> None:
    """Bring the columns of a field in line with its definition.

    A new "since" is filled from the history at once, "time spent" by the scheduler. ``came_back``: the field was in the trash, records made meanwhile are filled in.
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
    table = row["table_id"]
    there = await schema.has_state_column(tx, table, number, "since")
    if there and not wanted:
        await schema.drop_state_columns(tx, table, number)
    if not wanted:
        return
    if not there:
        await schema.add_since_column(tx, table, number)
    if came_back or not there:
        await schema.fill_since_column(tx, table, number, row["public_id"], _LONG_SECONDS)
    if came_back or not await schema.has_state_column(tx, table, number, "spent"):
        await schema.add_spent_column(tx, table, number)
        await tx.execute(
            "INSERT INTO meta.state_count (field_id) VALUES ($1)"
            " ON CONFLICT (field_id) DO UPDATE SET cursor = 0, at = now()",
            number,
        )

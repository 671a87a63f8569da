"""Queueing messages: a delivery is stored in the transaction of the step that sends it."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.automations.connections import Connection
from runtime.automations.notes import dump
from runtime.automations.runs import Run
from runtime.connectors import OutgoingMessage, to_row
from runtime.events.live import WAKE_DELIVERY
from runtime.ids import parse_record_id
from runtime.storage.database import Tx
from runtime.system import System


async def queue(
    system: System,
    tx: Tx,
    connection: Connection,
    messages: Sequence[OutgoingMessage],
    *,
    run: Run,
    path: str,
    max_attempts: int,
) -> list[str]:
    """Store messages to be sent after ``tx`` commits; returns their keys, which a repeated step would give again."""
    keys = [f"{run.id}/{path}#{number}" for number in range(1, len(messages) + 1)]
    record = parse_record_id(run.record)[1] if run.record is not None else None
    await tx.execute(
        "INSERT INTO meta.delivery (key, connector_id, app_id, run_id, path, record_id, table_id, payload, status,"
        " max_attempts) SELECT k, $3, $4, $5, $6, $7, $8, p::jsonb, 'waiting', $9"
        " FROM unnest($1::text[], $2::text[]) AS u(k, p) ON CONFLICT (key) DO NOTHING",
        keys,
        [dump(to_row(message)) for message in messages],
        connection.number,
        run.app,
        run.number,
        path,
        record,
        run.table,
        max_attempts,
    )
    tx.after_commit.append(lambda: system.live.wake(WAKE_DELIVERY))
    return keys

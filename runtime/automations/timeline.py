"""What automations did for a record: the runs it set off, the messages they sent, and what the receivers answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from runtime.access import Actor
from runtime.automations.notes import Failure, load_failure
from runtime.automations.trace import RunSummary, runs_of_record
from runtime.system import System


class MessageOfRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a run of the record sent, or is to send. ``at``: when it left, or was queued."""

    run: str
    connector: str
    status: str
    at: datetime
    message: Any
    answer: Any
    failure: Failure | None


class Activity(msgspec.Struct, frozen=True):
    """The newest runs that the record set off, and their messages."""

    runs: tuple[RunSummary, ...]
    messages: tuple[MessageOfRecord, ...]


async def of_record(system: System, actor: Actor, public_id: str, *, limit: int = 50) -> Activity:
    """Raises NotFound, NotAllowed."""
    page = await runs_of_record(system, actor, public_id, limit=limit)
    rows = await system.db.fetch(
        "SELECT d.status, d.payload, d.response, d.error, coalesce(d.sent_at, d.created_at) AS at, r.public_id AS run,"
        " coalesce(c.name, '') AS connector FROM meta.run r JOIN meta.delivery d ON d.run_id = r.id"
        " LEFT JOIN meta.connector c ON c.id = d.connector_id WHERE r.public_id = ANY($1::text[])"
        " ORDER BY d.id DESC LIMIT 200",
        [run.id for run in page.runs],
    )
    return Activity(
        page.runs,
        tuple(
            MessageOfRecord(
                run=row["run"],
                connector=row["connector"],
                status=row["status"],
                at=row["at"],
                message=msgspec.json.decode(row["payload"]),
                answer=msgspec.json.decode(row["response"]) if row["response"] else None,
                failure=load_failure(row["error"]),
            )
            for row in rows
        ),
    )

"""The imports a person has made in an app, so that one that was left can be found again."""

from __future__ import annotations

import datetime as dt

import msgspec

from runtime import access
from runtime.access import Actor, Operation
from runtime.records.imports.job import KIND
from runtime.system import System


class PastImport(msgspec.Struct, frozen=True, kw_only=True):
    """An import as a list shows it. ``table`` and ``table_name`` are None while it is a draft without a table."""

    id: str
    filename: str
    status: str
    created: int
    failed: int
    done: int
    total: int | None
    at: dt.datetime
    table: str | None
    table_name: str | None


async def recent(system: System, actor: Actor, app_id: str, limit: int = 6) -> tuple[PastImport, ...]:
    """One's own imports of the last 30 days in an app, the newest first. Raises what ``access.require`` raises."""
    access.require(actor, Operation.EDIT_RECORDS, app_id)
    app = (await system.catalogs.current()).app(app_id)
    rows = await system.db.fetch(
        "SELECT j.public_id, j.config ->> 'filename' AS filename, j.status, j.created, j.failed, j.done, j.total,"
        " j.created_at, t.public_id AS table_id, t.body ->> 'name' AS table_name"
        " FROM meta.job j LEFT JOIN meta.definition t ON t.id = j.table_id AND t.deleted_at IS NULL"
        " WHERE j.kind = $1 AND j.app_id = $2 AND j.person_id = $3 AND j.created_at > now() - interval '30 days'"
        " ORDER BY j.id DESC LIMIT $4",
        KIND,
        app.number,
        actor.person or 0,
        limit,
    )
    return tuple(
        PastImport(
            id=row["public_id"],
            filename=row["filename"],
            status=row["status"],
            created=row["created"],
            failed=row["failed"],
            done=row["done"],
            total=row["total"],
            at=row["created_at"],
            table=row["table_id"],
            table_name=row["table_name"],
        )
        for row in rows
    )

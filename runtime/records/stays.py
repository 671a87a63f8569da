"""Counting how long records were in their states, from the history, where no write has kept it yet: in the background.

``meta.state_count`` has a row per state field that is not counted through; ``cursor`` is the last record that was. It is
right at any moment to stop, or to begin anew: what is not counted is read from the history (:mod:`runtime.storage.stays`).
"""

from __future__ import annotations

import structlog

from runtime.catalog import Catalog, Field, Table
from runtime.storage import stays
from runtime.storage.database import Tx
from runtime.system import System

BATCH = 1000
"""So many records are held at once, for as long as it takes to read their history."""

log = structlog.get_logger(__name__)


class StayCounter:
    """Works off what is to be counted; belongs into the process that leads."""

    def __init__(self, system: System, batch: int = BATCH) -> None:
        self.system, self.batch = system, batch

    async def keep(self) -> int:
        """Count everything that is not counted yet; how many records that were."""
        done = 0
        while (counted := await self._batch()) is not None:
            done += counted
        return done

    async def _batch(self) -> int | None:
        """The next records of a field, in a transaction of their own; None when nothing is left."""
        async with self.system.db.transaction() as tx:
            task = await tx.row(
                "SELECT field_id, cursor FROM meta.state_count ORDER BY field_id LIMIT 1 FOR UPDATE SKIP LOCKED"
            )
            if task is None:
                return None
            found = _field(await self.system.catalogs.locked(tx), task["field_id"])
            rows: list[int] = []
            if found is not None:
                table, field = found
                rows = await stays.uncounted(tx, table, field, task["cursor"], self.batch)
                await stays.count(tx, table, field, rows)
            if len(rows) < self.batch:
                await tx.execute("DELETE FROM meta.state_count WHERE field_id = $1", task["field_id"])
                log.info("states counted", field=task["field_id"])
            else:
                await _remember(tx, task["field_id"], rows[-1])
        return len(rows)


async def _remember(tx: Tx, field: int, cursor: int) -> None:
    await tx.execute("UPDATE meta.state_count SET cursor = $2 WHERE field_id = $1", field, cursor)


def _field(catalog: Catalog, number: int) -> tuple[Table, Field] | None:
    """The state field of this number with its table; None where it is gone, or no state machine any more."""
    for app in catalog.apps:
        for table in app.tables:
            for field in table.fields:
                if field.number == number:
                    return (table, field) if field.machine is not None else None
    return None

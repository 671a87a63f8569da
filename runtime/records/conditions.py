"""Which records meet the conditions that automations wait for: kept in ``meta.meeting``, in the transaction of each change.

A record starts to meet a condition when it is not among those that do and its change makes it one. That is exact whatever
changed it: its own fields, computed ones, links made on the other side. What no change shows (time passing, the name of a
linked record) is found by :func:`scan`. Which records met a condition when the automation was switched on, or when what it
hangs on was defined anew, is taken down silently by :func:`take_down`; until then nothing starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg
import structlog
from piccolo.querystring import QueryString

from runtime.catalog import Catalog
from runtime.errors import HuobiaoError
from runtime.fieldtypes import Context
from runtime.records.watching import Waiting
from runtime.storage.database import Tx
from runtime.storage.query import Compiler

log = structlog.get_logger(__name__)


async def look(tx: Tx, catalog: Catalog, waiting: Waiting, rows: Iterable[int]) -> set[int]:
    """Note which of changed ``rows`` (held by ``tx``) meet the condition; returns those that did not before."""
    try:
        compiler = _compiler(catalog, waiting)
        now = QueryString(
            "SELECT t.id, coalesce(({}), false) AS yes FROM {} t WHERE t.id = ANY({}::bigint[])"
            " AND t.deleted_at IS NULL",
            _where(compiler, waiting),
            compiler.source,
            sorted(set(rows)),
        )
        async with tx.savepoint():
            found = await tx.fetch(
                QueryString(
                    "WITH now AS MATERIALIZED ({}),"
                    " gone AS (DELETE FROM meta.meeting m USING now WHERE m.automation_id = {} AND m.record_id = now.id"
                    " AND NOT now.yes),"
                    " new AS (INSERT INTO meta.meeting (automation_id, record_id) SELECT {}, id FROM now WHERE yes"
                    " ON CONFLICT DO NOTHING RETURNING record_id)"
                    " SELECT record_id FROM new WHERE EXISTS"
                    " (SELECT 1 FROM meta.watch w WHERE w.automation_id = {} AND w.spec = {})",
                    now,
                    waiting.automation.number,
                    waiting.automation.number,
                    waiting.automation.number,
                    waiting.spec,
                )
            )
    except (HuobiaoError, asyncpg.DataError) as error:
        # the condition does not fit its table any more, which its page says; no reason to refuse the change
        log.warning("condition not asked", automation=waiting.automation.id, error=str(error))
        return set()
    return {row["record_id"] for row in found}


async def take_down(tx: Tx, catalog: Catalog, waiting: Waiting) -> None:
    """Note which records meet the condition at this moment; from now on it is told which start to.

    The caller keeps writers away (:func:`runtime.catalog.bump`). Raises InvalidInput, NotFound where the condition does not
    fit the table.
    """
    number = waiting.automation.number
    compiler = _compiler(catalog, waiting)
    await tx.execute("DELETE FROM meta.meeting WHERE automation_id = $1", number)
    await tx.execute(
        QueryString(
            "INSERT INTO meta.meeting (automation_id, record_id) SELECT {}, t.id FROM {} t"
            " WHERE t.deleted_at IS NULL AND {}",
            number,
            compiler.source,
            _where(compiler, waiting),
        )
    )
    await tx.execute(
        "INSERT INTO meta.watch (automation_id, spec, since, done_until) VALUES ($1, $2, now(), now())"
        " ON CONFLICT (automation_id) DO UPDATE SET spec = $2, since = now(), done_until = now(), error = NULL",
        number,
        waiting.spec,
    )


async def scan(tx: Tx, catalog: Catalog, waiting: Waiting, now: datetime | None = None) -> set[int]:
    """Look through the table at ``now``; returns the records that meet the condition and did not when last looked at."""
    number = waiting.automation.number
    compiler = _compiler(catalog, waiting, now)
    found = await tx.fetch(
        QueryString(
            "WITH yes AS MATERIALIZED (SELECT t.id FROM {} t WHERE t.deleted_at IS NULL AND {}),"
            f" gone AS (DELETE FROM meta.meeting m USING {waiting.table.sql} r WHERE m.automation_id = {{}}"
            " AND r.id = m.record_id AND r.deleted_at IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM yes WHERE yes.id = m.record_id))"
            " INSERT INTO meta.meeting (automation_id, record_id) SELECT {}, yes.id FROM yes WHERE NOT EXISTS"
            " (SELECT 1 FROM meta.meeting m WHERE m.automation_id = {} AND m.record_id = yes.id)"
            " ON CONFLICT DO NOTHING RETURNING record_id",
            compiler.source,
            _where(compiler, waiting),
            number,
            number,
            number,
        )
    )
    return {row["record_id"] for row in found}


def _compiler(catalog: Catalog, waiting: Waiting, now: datetime | None = None) -> Compiler:
    context = Context(zone=catalog.app_of(waiting.table).zone, now=now or datetime.now(UTC))
    return Compiler(catalog, waiting.table, context)


def _where(compiler: Compiler, waiting: Waiting) -> QueryString:
    return compiler.filter(waiting.where) if waiting.where is not None else QueryString("TRUE")

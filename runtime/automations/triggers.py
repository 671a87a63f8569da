"""Which events an automation waits for: of what kind (:func:`runtime.records.wanted.matches`), and of which records."""

from __future__ import annotations

from collections.abc import Iterable

from piccolo.querystring import QueryString

from runtime.catalog import Catalog, Table
from runtime.definitions.queries import Filter
from runtime.definitions.triggers import OF_CHANGES, ConditionsMet, Trigger, trigger_where
from runtime.fieldtypes import Context
from runtime.records.wanted import matches
from runtime.storage.database import Database, Tx
from runtime.storage.query import Compiler


def of_changes(trigger: Trigger) -> bool:
    """Whether it waits for what happens to records; others look at the clock, or are started."""
    return isinstance(trigger, OF_CHANGES)


def asked_later(trigger: Trigger) -> Filter | None:
    """The condition that is asked of the record when its event is looked at; one that it began to meet was asked at once."""
    return None if isinstance(trigger, ConditionsMet) else trigger_where(trigger)


async def meeting(
    db: Database | Tx,
    catalog: Catalog,
    table: Table,
    rows: Iterable[int],
    where: Filter | None,
    *,
    trashed: bool = False,
) -> set[int]:
    """Those of ``rows`` that are records still there (``trashed``: or in the trash) and meet ``where``, as they are now.

    Raises:
        InvalidInput, NotFound: ``where`` does not fit the table (any more).
    """
    compiler = Compiler(catalog, table, Context(zone=catalog.app_of(table).zone))
    wanted = sorted(set(rows))
    # of a single one the statement is not planned anew each time
    among = ("{}::bigint", wanted[0]) if len(wanted) == 1 else ("ANY({}::bigint[])", wanted)
    found = await db.fetch(
        QueryString(
            f"SELECT t.id FROM {{}} t WHERE t.id = {among[0]} AND {{}}",
            compiler.source,
            among[1],
            compiler.where(where, with_trash=trashed),
        )
    )
    return {row["id"] for row in found}


__all__ = ["asked_later", "matches", "meeting", "of_changes"]

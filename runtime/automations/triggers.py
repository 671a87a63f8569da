"""Which events an automation waits for. Pure; its ``where`` is asked of the database by :func:`meeting`."""

from __future__ import annotations

from collections.abc import Iterable

from piccolo.querystring import QueryString

from runtime.catalog import Catalog, Table
from runtime.definitions.automations import ButtonPressed, RecordCreated, RecordUpdated, StateMoved, Trigger
from runtime.definitions.queries import Filter
from runtime.events.outbox import Event
from runtime.fieldtypes import Context
from runtime.storage.database import Database, Tx
from runtime.storage.query import Compiler


def matches(trigger: Trigger, event: Event) -> bool:
    """Whether ``event``, on the trigger's table, is of the kind it waits for (``where`` not looked at)."""
    change = event.change
    if isinstance(trigger, ButtonPressed):
        return change.action == "press"
    if isinstance(trigger, RecordCreated):
        return change.action == "create"
    if change.action != "update":
        return False
    if isinstance(trigger, RecordUpdated):
        return not trigger.fields or any(field in event.after for field in trigger.fields)
    return _moved(trigger, event)


def _moved(trigger: StateMoved, event: Event) -> bool:
    if trigger.field not in event.after:
        return False
    source, target = event.before.get(trigger.field), event.after[trigger.field]
    return (
        target is not None
        and (not trigger.sources or source in trigger.sources)
        and (not trigger.targets or target in trigger.targets)
    )


async def meeting(
    db: Database | Tx, catalog: Catalog, table: Table, rows: Iterable[int], where: Filter | None
) -> set[int]:
    """Those of ``rows`` that are records still there and meet ``where``, as they are now.

    Raises:
        InvalidInput, NotFound: ``where`` does not fit the table (any more).
    """
    compiler = Compiler(catalog, table, Context(zone=catalog.app_of(table).zone))
    found = await db.fetch(
        QueryString(
            "SELECT t.id FROM {} t WHERE t.id = ANY({}::bigint[]) AND {}",
            compiler.source,
            sorted(set(rows)),
            compiler.where(where),
        )
    )
    return {row["id"] for row in found}

"""People changed: every process learns it with the catalog, and open tables that show people draw them anew."""

from __future__ import annotations

from functools import partial

from runtime.access import Actor
from runtime.catalog import bump
from runtime.definitions.fields import PERSON_TYPES
from runtime.events.live import Notice
from runtime.storage.database import Tx
from runtime.system import System


async def people_changed(system: System, tx: Tx, actor: Actor | None = None) -> None:
    """Declare in ``tx`` that names, accounts or memberships change. Call it first thing, see :func:`bump`.

    ``actor``: who changes which people can come where; whatever names them is then looked after.
    """
    await bump(tx)
    if actor is not None:
        system.watch_change(tx, await system.catalogs.current(), actor)
    tx.after_commit.append(partial(_tell, system))


async def _tell(system: System) -> None:
    catalog = await system.catalogs.current()
    for app in catalog.apps:
        for table in app.tables:
            if any(field.type in PERSON_TYPES for field in table.fields):
                await system.live.publish(Notice(topic=table.id, kind="schema"))

"""Moves of state machines that nobody can make any more, because those who were named for them have left the app.

The definition stays sound (the machine's editor warns of it), so nothing refuses it: those who can mend it are told.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import structlog

from builder.automation_health import changed_kinds
from runtime import inbox
from runtime.access import Actor
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.states import Transition
from runtime.i18n import N_, Message
from runtime.storage.database import Tx
from runtime.system import System

log = structlog.get_logger(__name__)

_KEY = "stuck:"


class StuckMove(msgspec.Struct, frozen=True, kw_only=True):
    """A move that only people may make who are all gone. ``key`` is the same for the same move."""

    table: Table
    field: Field
    move: Transition

    @property
    def key(self) -> str:
        return f"{self.field.id}-{self.move.source}-{self.move.target}"

    @property
    def name(self) -> str:
        """What people know the move by: its button, or the states it leads between."""
        ends = [self.field.choices_by_id[end].name for end in (self.move.source, self.move.target)]
        return self.move.label or " → ".join(ends)


def stuck_moves(app: App) -> Iterator[StuckMove]:
    """Every move of the app that nobody can make."""
    people = app.people.by_id
    for table in app.tables:
        for field in table.fields:
            for move in field.machine.transitions if field.machine is not None else ():
                named = move.members and not move.roles and not move.automations_only
                if named and all(key not in people or people[key].gone for key in move.members):
                    yield StuckMove(table=table, field=field, move=move)


async def tell(system: System, tx: Tx, before: Catalog, actor: Actor) -> None:
    """Post which moves a change has left without anybody who may make them, and take back what it has mended.

    The change itself holds also when that cannot be done.
    """
    old = {app.id: app for app in before.apps if any(f.machine for t in app.tables for f in t.fields)}
    if not old:
        return
    try:
        async with tx.savepoint():
            changed = await changed_kinds(tx)
            if changed and not changed & {"field", "table", "app"}:
                return
            now = {app.id: app for app in (await system.catalogs.current()).apps}
            for app_id, app in old.items():
                was = {one.key: one for one in stuck_moves(app)}
                stuck = {one.key: one for one in stuck_moves(now[app_id])} if app_id in now else {}
                for key in was.keys() - stuck.keys():
                    await inbox.settle_told(system, tx, actor.person, f"{_KEY}{key}:")
                for key in stuck.keys() - was.keys():
                    await _post(system, tx, before, now[app_id], stuck[key], actor)
    except Exception:
        log.exception("moves not looked after")


async def _post(system: System, tx: Tx, before: Catalog, app: App, stuck: StuckMove, actor: Actor) -> None:
    people = app.people.by_id
    names = [people[key].name for key in stuck.move.members if key in people]
    builders = await tx.fetch(
        "SELECT person_id FROM meta.membership WHERE app_id = $1 AND role IN ('owner', 'builder')"
        " UNION SELECT id FROM meta.person WHERE active AND is_owner",
        app.number,
    )
    title = {"table": stuck.table.name, "field": stuck.field.name, "move": stuck.name}
    await inbox.post(
        system,
        tx,
        people=[row["person_id"] for row in builders],
        app=app.number,
        title=Message(N_("「{table}」的「{field}」:「{move}」没有人能做了"), title),
        text=Message(
            N_("这一步只有{names}能做,现在都不在这个应用里了。到状态流转里改给别人"), {"names": names}
        ),
        url=f"/t/{stuck.table.id}/fields/{stuck.field.id}/states",
        key=f"{_KEY}{stuck.key}:{before.version}",
    )

"""The transaction of a structural change.

``async with editing(system, actor, target) as edit`` checks that the actor may build in the target's app, waits for
writers of records under way, and hands out an :class:`Edit`. What the edit changes in ``meta.definition`` is logged in
``meta.definition_change``; all rows of one transaction share their ``at``, which is what undo and restore go by.
Open browsers are told after the commit. Edits inside an open transaction (an installation) join it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

import asyncpg
import msgspec

from builder import state_columns
from runtime import access
from runtime.access import Actor, Operation
from runtime.automations import timetable
from runtime.catalog import Catalog, bump, decode_body
from runtime.errors import NotFound, ServiceUnavailable
from runtime.events.live import Notice
from runtime.i18n import N_
from runtime.ids import new_id
from runtime.records.watching import watching
from runtime.storage.database import Database, Tx
from runtime.system import System

ID_KINDS = {
    "app": "app",
    "table": "tbl",
    "field": "fld",
    "view": "viw",
    "automation": "aut",
    "dashboard": "das",
    "workbench": "wkb",
    "form": "frm",
    "stock": "stk",
}
_LOCK_WAIT = "20s"  # longer than a batch of an import holds the catalog


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``meta.definition``, live or in the trash, with its body decoded."""

    id: str
    number: int
    kind: str
    app_number: int | None
    table_number: int | None
    position: float
    version: int
    body: Any
    deleted_at: datetime | None


class Drawn(msgspec.Struct, frozen=True):
    """The public id and number of a definition that is not stored yet."""

    id: str
    number: int


class Edit:
    """One structural change under way. ``catalog`` is how this transaction sees the definitions; see :meth:`refresh`."""

    def __init__(self, system: System, tx: Tx, actor: Actor, catalog: Catalog) -> None:
        self.system = system
        self.tx = tx
        self.actor = actor
        self.catalog = catalog
        self._topics: set[str] = set()
        self._touched: dict[int, bool] = {}

    async def refresh(self) -> Catalog:
        """Read the catalog again, with this transaction's own changes in it."""
        await self.settle_states()
        self.catalog = await self.system.catalogs.current()
        return self.catalog

    async def settle_states(self) -> None:
        """Give fields that this edit has touched the column of a state machine, or take it from them."""
        touched, self._touched = self._touched, {}
        for number, came_back in touched.items():
            await state_columns.settle(self.tx, number, came_back=came_back)

    async def settle_conditions(self) -> None:
        """Let automations that wait for conditions know who meets them by the definitions as they are now."""
        if watching(self.catalog).waiting:
            await timetable.keep_up(self.tx, await self.system.catalogs.current())

    def _touch(self, stored: Stored, *, came_back: bool = False) -> None:
        if stored.kind == "field":
            self._touched[stored.number] = came_back or self._touched.get(stored.number, False)

    async def draw(self, kind: str) -> Drawn:
        """Number and id of a definition about to be stored, for bodies that have to name it."""
        number = await self.tx.value("SELECT nextval(pg_get_serial_sequence('meta.definition', 'id'))")
        return Drawn(new_id(ID_KINDS[kind]), int(number))

    async def create(
        self,
        kind: str,
        body: msgspec.Struct,
        *,
        app: int | None = None,
        table: int | None = None,
        drawn: Drawn | None = None,
    ) -> Stored:
        """Store a new definition at the end of its list."""
        drawn = drawn or await self.draw(kind)
        await self._sign(kind)
        row = await self.tx.row(
            "INSERT INTO meta.definition (id, public_id, kind, app_id, table_id, position, body, created_by)"
            " VALUES ($1, $2, $3, $4, $5, (SELECT coalesce(max(position), 0) + 1 FROM meta.definition"
            "  WHERE kind = $3 AND app_id IS NOT DISTINCT FROM $4 AND table_id IS NOT DISTINCT FROM $5), $6, $7)"
            " RETURNING *",
            drawn.number, drawn.id, kind, app, table, _json(body), self.actor.person,
        )  # fmt: skip
        stored = _stored(row)
        self._touch(stored)
        await self.log(stored, "create", None, body)
        return stored

    async def change(self, stored: Stored, body: msgspec.Struct, action: str = "change") -> Stored:
        """Replace a definition's body; a body that is the same is not stored again."""
        if body == stored.body:
            return stored
        await self._sign(stored.kind)
        row = await self.tx.row(
            "UPDATE meta.definition SET body = $2, version = version + 1, updated_at = now() WHERE id = $1 RETURNING *",
            stored.number,
            _json(body),
        )
        self._touch(stored)
        await self.log(stored, action, stored.body, body)
        return _stored(row)

    async def trash(self, stored: Stored) -> None:
        """Put a definition into the trash; its data stay where they are."""
        await self.tx.execute(
            "UPDATE meta.definition SET deleted_at = now(), version = version + 1 WHERE id = $1",
            stored.number,
        )
        await self.log(stored, "delete", stored.body, None)

    async def bring_back(self, stored: Stored, body: msgspec.Struct | None = None) -> Stored:
        """Take a definition out of the trash, with another body if given."""
        body = stored.body if body is None else body
        await self._sign(stored.kind)
        row = await self.tx.row(
            "UPDATE meta.definition SET deleted_at = NULL, version = version + 1, updated_at = now(), body = $2"
            " WHERE id = $1 RETURNING *",
            stored.number,
            _json(body),
        )
        self._touch(stored, came_back=True)
        await self.log(stored, "restore", None, body)
        return _stored(row)

    async def _sign(self, kind: str) -> None:
        """Tell the database who makes the version of an automation that it keeps by itself."""
        if kind == "automation":
            await self.tx.execute(
                "SELECT set_config('huobiao.person', $1, true)", str(self.actor.person or "")
            )

    async def place(self, stored: Stored, position: float) -> None:
        """Give a definition another place in its list."""
        if position == stored.position:
            return
        await self.tx.execute(
            "UPDATE meta.definition SET position = $2 WHERE id = $1", stored.number, position
        )
        await self.log(stored, "move", {"position": stored.position}, {"position": position})

    async def reorder(self, kind: str, wanted: list[str], have: list[str]) -> None:
        """Put definitions of one list into the order ``wanted``; those of ``have`` that it leaves out follow.

        Raises:
            NotFound: ``wanted`` names something that is not in the list.
        """
        if not set(wanted) <= set(have):
            raise NotFound()
        order = [*dict.fromkeys(wanted), *(public_id for public_id in have if public_id not in wanted)]
        for position, public_id in enumerate(order, 1):
            await self.place(await self.live(public_id, kind), float(position))

    async def keep(self, stored: Stored, body: msgspec.Struct, drawn: Drawn) -> Stored:
        """Store what ``stored`` was before a conversion as a definition of its own in the trash; its data go with it."""
        row = await self.tx.row(
            "INSERT INTO meta.definition (id, public_id, kind, app_id, table_id, position, body, created_by, deleted_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now()) RETURNING *",
            drawn.number, drawn.id, stored.kind, stored.app_number, stored.table_number, stored.position, _json(body),
            self.actor.person,
        )  # fmt: skip
        kept = _stored(row)
        await self.log(kept, "keep", {"of": stored.number}, body)
        return kept

    async def stored(self, public_id: str, kind: str | None = None) -> Stored:
        """A definition by public id, live or in the trash.

        Raises:
            NotFound: there is none of that id (and ``kind``).
        """
        row = await self.tx.row("SELECT * FROM meta.definition WHERE public_id = $1", public_id)
        if row is None or (kind is not None and row["kind"] != kind):
            raise NotFound()
        return _stored(row)

    async def live(self, public_id: str, kind: str) -> Stored:
        """Like :meth:`stored`, but only what is not in the trash."""
        found = await self.stored(public_id, kind)
        if found.deleted_at is not None:
            raise NotFound()
        return found

    async def by_number(self, number: int) -> Stored | None:
        """A definition by its number; None when it is gone for good."""
        row = await self.tx.row("SELECT * FROM meta.definition WHERE id = $1", number)
        return None if row is None else _stored(row)

    async def log(self, stored: Stored, action: str, before: Any, after: Any) -> None:
        """Write down one change of one definition."""
        await self.tx.execute(
            "INSERT INTO meta.definition_change (definition_id, app_id, person_id, action, before, after)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            stored.number,
            stored.number if stored.kind == "app" else stored.app_number,
            self.actor.person,
            action,
            None if before is None else _json(before),
            None if after is None else _json(after),
        )

    def tell(self, *topics: str) -> None:
        """Let open browsers know after the commit that the structure of ``topics`` (apps, tables) changed."""
        for topic in topics:
            if topic not in self._topics:
                self._topics.add(topic)
                notice = Notice(topic=topic, kind="schema", by=self.actor.id)
                self.tx.after_commit.append(partial(self.system.live.publish, notice))


@asynccontextmanager
async def editing(
    system: System, actor: Actor, target: str | None, operation: Operation = Operation.BUILD
) -> AsyncIterator[Edit]:
    """Open an :class:`Edit` on the app that definition ``target`` belongs to (None: there is no app yet).

    Raises:
        NotFound, NotAllowed: no such definition, or the actor may not do ``operation`` there.
        ServiceUnavailable: somebody held the data for too long; nothing was changed.
    """
    if target is not None:
        access.require(actor, operation, await app_id_of(system.db, target))
    try:
        async with system.db.transaction() as tx:
            await tx.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
            await bump(tx)
            edit = Edit(system, tx, actor, await system.catalogs.current())
            system.watch_change(tx, edit.catalog, actor)
            yield edit
            await edit.settle_states()
            await edit.settle_conditions()
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        raise ServiceUnavailable(
            N_("有大批记录正在写入,这次修改没有保存,过一会儿再试"), code="busy"
        ) from error


async def app_id_of(db: Database, public_id: str) -> str:
    """The public id of the app a definition belongs to (an app: itself), in the trash or not.

    Raises:
        NotFound: there is no such definition.
    """
    found = await db.value(
        "SELECT a.public_id FROM meta.definition d JOIN meta.definition a ON a.id = coalesce(d.app_id, d.id)"
        " WHERE d.public_id = $1",
        public_id,
    )
    if found is None:
        raise NotFound()
    return str(found)


def _stored(row: Any) -> Stored:
    return Stored(
        id=row["public_id"],
        number=row["id"],
        kind=row["kind"],
        app_number=row["app_id"],
        table_number=row["table_id"],
        position=row["position"],
        version=row["version"],
        body=decode_body(row["kind"], row["body"]),
        deleted_at=row["deleted_at"],
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

"""``/apps/{app}/trash`` and ``/trash`` (apps), restoring, removing for good; structural changes and their undo."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from builder import trash, undo
from runtime.api.common import TheActor, TheSystem, TheTranslator, moment

Limit = Annotated[int, QueryParameter(name="limit", description="How many, at most 200")]


class TrashedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A definition in the trash. ``converted``: it holds what a field was before its type was changed.

    ``gone_at``: when it is removed for good; ``by``: who put it there; ``group``: the same for what went there together,
    is restored together and removed together, the main thing first.
    """

    id: str
    kind: str
    name: str
    type: str | None
    table: str | None
    converted: bool
    deleted_at: str
    gone_at: str
    by: str | None
    group: str


class TrashedAppBody(msgspec.Struct, frozen=True, kw_only=True):
    """An app in the trash; ``records``: about how many its tables hold. ``gone_at`` and ``by`` as elsewhere."""

    id: str
    name: str
    icon: str
    color: str
    tables: int
    records: int
    deleted_at: str
    gone_at: str
    by: str | None


class TrashedApps(msgspec.Struct, frozen=True):
    """The trashed apps that the caller may restore, the latest first."""

    apps: tuple[TrashedAppBody, ...]


class ReturnedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that is back, under the name it has now. ``table``: id of the table it stands in."""

    id: str
    kind: str
    name: str
    table: str | None


class ReturnedAnswer(msgspec.Struct, frozen=True):
    """What came back: the definition asked for, then what had been deleted together with it."""

    items: tuple[ReturnedBody, ...]


class RemovedAnswer(msgspec.Struct, frozen=True):
    """How many entries of the trash are gone for good."""

    removed: int


class TrashAnswer(msgspec.Struct, frozen=True):
    """What lies in an app's trash, the latest first."""

    items: tuple[TrashedBody, ...]


class UndoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``at``: undo only if the last change is the one of that moment."""

    at: datetime | None = None


class ChangeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A structural change: ``what`` in words, ``more`` other definitions it touched, ``by`` whom (null: a program).

    ``state``: ``undoable`` (by the caller, now), ``undone``, ``undo`` (it is one), ``changed_since`` (it would be the
    caller's turn, but somebody changed the same later), ``undoing`` (the worker is at it) or "".
    """

    at: str
    what: str
    more: int
    by: str | None
    state: str


class ChangesAnswer(msgspec.Struct, frozen=True):
    """The latest structural changes, the newest first."""

    changes: tuple[ChangeBody, ...]


class UndoneBody(msgspec.Struct, frozen=True):
    """What was taken back, and when it had been done. ``converting``: the id of the job that is still to do it
    (``GET /conversions/{job}``), where another type for a field of a large table is taken back; null: it is done."""

    at: str
    what: str
    converting: str | None = None


@get("/apps/{app:str}/trash")
async def list_trash(system: TheSystem, actor: TheActor, app: FromPath[str]) -> TrashAnswer:
    """What lies in the app's trash: tables, fields, views, automations, dashboards, workbenches, stock definitions."""
    return TrashAnswer(
        tuple(
            TrashedBody(
                id=item.id,
                kind=item.kind,
                name=item.name,
                type=item.type,
                table=item.table,
                converted=item.converted,
                deleted_at=moment(item.deleted_at),
                gone_at=moment(item.gone_at),
                by=item.by,
                group=item.group,
            )
            for item in await trash.list_of(system, actor, app)
        )
    )


@get("/trash")
async def list_trashed_apps(system: TheSystem, actor: TheActor) -> TrashedApps:
    """The apps in the trash that the caller owned. ``POST /apps/{app}/restore`` takes one out again."""
    return TrashedApps(
        tuple(
            TrashedAppBody(
                id=app.id,
                name=app.name,
                icon=app.icon,
                color=app.color,
                tables=app.tables,
                records=app.records,
                deleted_at=moment(app.deleted_at),
                gone_at=moment(app.gone_at),
                by=app.by,
            )
            for app in await trash.apps_of(system, actor)
        )
    )


@post("/trash/{item:str}/restore", status_code=HTTP_200_OK)
async def restore(system: TheSystem, actor: TheActor, item: FromPath[str]) -> ReturnedAnswer:
    """Bring a definition back, with everything that was deleted together with it."""
    back = await trash.restore(system, actor, item)
    return ReturnedAnswer(
        tuple(ReturnedBody(id=one.id, kind=one.kind, name=one.name, table=one.table) for one in back)
    )


@delete("/trash/{item:str}", status_code=HTTP_200_OK)
async def remove(system: TheSystem, actor: TheActor, item: FromPath[str]) -> RemovedAnswer:
    """Remove a definition (or an app, as its owner) from the trash for good, with its data and all that lies there with
    it. Nothing brings it back."""
    return RemovedAnswer(await trash.remove(system, actor, item))


@get("/apps/{app:str}/changes")
async def list_changes(
    system: TheSystem, actor: TheActor, translator: TheTranslator, app: FromPath[str], limit: Limit = 20
) -> ChangesAnswer:
    """The latest structural changes of the app: who changed what, and which one the caller can undo."""
    return ChangesAnswer(
        tuple(
            ChangeBody(
                at=moment(one.at), what=one.what.text(translator), more=one.more, by=one.by, state=one.state
            )
            for one in await undo.recent(system, actor, app, limit)
        )
    )


@post("/apps/{app:str}/undo", status_code=HTTP_200_OK)
async def undo_structure(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: FromPath[str],
    data: JSONBody[UndoBody],
) -> UndoneBody:
    """Take back the caller's last structural change in the app."""
    done = await undo.last(system, actor, app, at=data.at)
    return UndoneBody(moment(done.at), done.what.text(translator), done.job)


ROUTES = (list_trash, list_trashed_apps, restore, remove, list_changes, undo_structure)

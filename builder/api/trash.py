"""``/apps/{app}/trash``, restoring, and undo of structural changes."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from builder import trash, undo
from runtime.api.common import TheActor, TheSystem, TheTranslator, moment


class TrashedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A definition in the trash. ``converted``: it holds what a field was before its type was changed.

    ``gone_at``: when it is removed for good; ``by``: who put it there.
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


class TrashAnswer(msgspec.Struct, frozen=True):
    """What lies in an app's trash, the latest first."""

    items: tuple[TrashedBody, ...]


class UndoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``at``: undo only if the last change is the one of that moment."""

    at: datetime | None = None


class UndoneBody(msgspec.Struct, frozen=True):
    """What was taken back, and when it had been done."""

    at: str
    what: str


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
            )
            for item in await trash.list_of(system, actor, app)
        )
    )


@post("/trash/{item:str}/restore", status_code=HTTP_204_NO_CONTENT)
async def restore(system: TheSystem, actor: TheActor, item: FromPath[str]) -> None:
    """Bring a definition back, with everything that was deleted together with it."""
    await trash.restore(system, actor, item)


@post("/apps/{app:str}/undo", status_code=HTTP_200_OK)
async def undo_structure(
    system: TheSystem, actor: TheActor, translator: TheTranslator, app: FromPath[str], data: UndoBody
) -> UndoneBody:
    """Take back the caller's last structural change in the app."""
    done = await undo.last(system, actor, app, at=data.at)
    return UndoneBody(moment(done.at), done.what.text(translator))


ROUTES = (list_trash, restore, undo_structure)

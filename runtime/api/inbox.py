"""``/me/notices``: what the caller was told, and what of it they have read."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from runtime import inbox
from runtime.access import Actor
from runtime.api.common import TheActor, TheSystem, TheTranslator, moment
from runtime.catalog import Catalog
from runtime.errors import NotAllowed
from runtime.i18n import N_

MAX_IDS = 200


class NoticeApp(msgspec.Struct, frozen=True):
    """The app a notice is about."""

    id: str
    name: str


class SettledBody(msgspec.Struct, frozen=True):
    """Who has seen to a notice for all who were told: a name ("" when it was no person), or the caller (``mine``).

    ``how``: the records it names stay apart (``kept``), were merged (``merged``), or it is ``done``."""

    by: str
    mine: bool
    how: inbox.How
    at: str


class NoticeBody(msgspec.Struct, frozen=True):
    """A notice. ``popup``: it asks to be seen at once. ``shared``: others were told the same."""

    id: str
    title: str
    text: str
    url: str
    popup: bool
    at: str
    read: bool
    app: NoticeApp | None
    shared: bool
    settled: SettledBody | None


class NoticesAnswer(msgspec.Struct, frozen=True):
    """Notices, newest first; ``next_before`` is the ``before`` of older ones."""

    notices: tuple[NoticeBody, ...]
    unread: int
    next_before: str | None


class WaitingAnswer(msgspec.Struct, frozen=True):
    """What a page shows without being asked: the number on the bell, and the pop-ups that are not closed yet."""

    unread: int
    popups: tuple[NoticeBody, ...]


class NoticeIds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some of the caller's notices."""

    ids: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_IDS)]


class SettleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some of the caller's notices, and how they were seen to: the records they name stay apart, or they are done."""

    ids: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_IDS)]
    how: Literal["kept", "done"] = "done"


class ReadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to mark: ``ids``, or all that are not newer than ``up_to``, or (with neither) all. ``unread``: the other way round."""

    ids: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_IDS)] | None = None
    up_to: str | None = None
    unread: bool = False


class CountAnswer(msgspec.Struct, frozen=True):
    """How many notices are unread now."""

    unread: int


@get("/me/notices")
async def read_notices(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    before: Annotated[str | None, QueryParameter(description="Older than this notice")] = None,
    only_unread: Annotated[bool, QueryParameter(name="unread", description="Only what is not read")] = False,
) -> NoticesAnswer:
    """What the caller was told, newest first."""
    person = _person(actor)
    found = await inbox.page(system.db, person, translator, before=before, only_unread=only_unread)
    catalog = await system.catalogs.current()
    return NoticesAnswer(
        tuple(_body(letter, catalog, actor) for letter in found.letters),
        await inbox.unread(system.db, person),
        found.next_before,
    )


@get("/me/notices/waiting")
async def read_waiting(system: TheSystem, actor: TheActor, translator: TheTranslator) -> WaitingAnswer:
    """The number on the caller's bell, and their pop-ups that are not closed yet."""
    person = _person(actor)
    catalog = await system.catalogs.current()
    popups = await inbox.waiting_popups(system.db, person, translator)
    return WaitingAnswer(
        await inbox.unread(system.db, person), tuple(_body(letter, catalog, actor) for letter in popups)
    )


@post("/me/notices/read", status_code=200)
async def mark_read(system: TheSystem, actor: TheActor, data: JSONBody[ReadBody]) -> CountAnswer:
    """Mark notices as read, or as unread again."""
    person = _person(actor)
    if data.ids is not None:
        await inbox.read(system, person, data.ids, unread=data.unread)
    else:
        await inbox.read_all(system, person, data.up_to)
    return CountAnswer(await inbox.unread(system.db, person))


@post("/me/notices/close", status_code=200)
async def close_popups(system: TheSystem, actor: TheActor, data: JSONBody[NoticeIds]) -> CountAnswer:
    """Close pop-ups in every open page of the caller; they stay unread."""
    person = _person(actor)
    await inbox.close(system, person, data.ids)
    return CountAnswer(await inbox.unread(system.db, person))


@post("/me/notices/settle", status_code=200)
async def settle_notices(system: TheSystem, actor: TheActor, data: JSONBody[SettleBody]) -> CountAnswer:
    """Say that notices were seen to. All who were told the same are shown by whom, and need not look any more."""
    person = _person(actor)
    await inbox.settle(system, person, data.ids, data.how)
    return CountAnswer(await inbox.unread(system.db, person))


def _person(actor: Actor) -> int:
    if actor.person is None:
        raise NotAllowed(N_("只有登录的人有通知"), code="no_inbox")
    return actor.person


def _body(letter: inbox.Letter, catalog: Catalog, actor: Actor) -> NoticeBody:
    app = next((one for one in catalog.apps if one.number == letter.app), None)
    seen = app is not None and actor.role_in(app.id) is not None
    return NoticeBody(
        id=letter.id,
        title=letter.title,
        text=letter.text,
        url=letter.url,
        popup=letter.popup,
        at=moment(letter.at),
        read=letter.read,
        app=NoticeApp(app.id, app.name) if app is not None and seen else None,
        shared=letter.shared,
        settled=_settled(letter.settled),
    )


def _settled(settled: inbox.Settled | None) -> SettledBody | None:
    if settled is None:
        return None
    return SettledBody(settled.by, settled.mine, settled.how, moment(settled.at))


ROUTES = (read_notices, read_waiting, mark_read, close_popups, settle_notices)

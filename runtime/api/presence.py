"""``/tables/{table}/presence``: who else has a table open."""

from __future__ import annotations

import re

import msgspec
from litestar import put
from litestar.params import FromPath, JSONBody

from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem
from runtime.errors import InvalidInput
from runtime.events import presence
from runtime.i18n import N_
from runtime.ids import parse_record_id

_PAGE = re.compile(r"[0-9a-f]{8,64}")


class PageBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An open page. ``page``: a random name of its own; ``record``: what is open in it; ``gone``: it is being closed."""

    page: str
    record: str | None = None
    gone: bool = False


class PresentBody(msgspec.Struct, frozen=True):
    """Somebody who has the table open, with the records open in their pages."""

    id: str
    name: str
    records: tuple[str, ...]


class PresenceAnswer(msgspec.Struct, frozen=True):
    """The others who are here, and when to say again that one still is (seconds)."""

    people: tuple[PresentBody, ...]
    again_seconds: float


@put("/tables/{table:str}/presence")
async def say_present(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[PageBody]
) -> PresenceAnswer:
    """Say that a page shows the table, and learn who else is there. Kept in memory only, for less than a minute."""
    found = (await system.catalogs.current()).table(table)
    require(actor, Operation.LOOK, found.app_id)
    if not _PAGE.fullmatch(data.page):
        raise InvalidInput(N_("页面的标记应是十六进制数字"), code="bad_page", field="page")
    if data.gone:
        await presence.leave(system.live, found.id, data.page, actor.id)
        return PresenceAnswer((), presence.RENEW_SECONDS)
    record = data.record
    if record is not None and parse_record_id(record)[0] != found.number:
        record = None  # a record of another table, opened beside this one
    people = await presence.renew(system.live, found.id, data.page, actor.id, actor.name, record)
    others = tuple(PresentBody(one.id, one.name, one.records) for one in people)
    return PresenceAnswer(others, presence.RENEW_SECONDS)


ROUTES = (say_present,)

"""What changes in the rail while a page stays open: how many records tables hold, which automations wait for somebody."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get
from litestar.params import FromPath

from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem
from ui.pages import shell


class RailEntry(msgspec.Struct, frozen=True):
    """An entry by its address; ``mark_text`` says what its dot (``mark``) means."""

    href: str
    count: int | None
    mark: str
    mark_text: str


class Rail(msgspec.Struct, frozen=True):
    """``alerts``: failed runs that wait for somebody, as at the top of the page."""

    entries: list[RailEntry]
    alerts: int


@get("/a/{app:str}/rail", include_in_schema=False)
async def rail(
    request: Request[Any, Any, Any], system: TheSystem, actor: TheActor, app: FromPath[str]
) -> Rail:
    """The rail's numbers and dots as they are now. Raises NotFound and NotAllowed as the app's pages do."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, found.id)
    built = await shell.build(system, actor, request, app=found)
    entries = [
        RailEntry(href=item.href, count=item.count, mark=item.mark, mark_text=item.mark_text)
        for section in built.sections
        for item in section.items
    ]
    return Rail(entries=entries, alerts=built.alerts)


ROUTES = (rail,)

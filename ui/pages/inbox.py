"""The page of all notices of the person who is signed in."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from runtime.api.common import TheActor, TheSystem
from runtime.i18n import N_
from runtime.inbox.retention import KEEP_READ, KEEP_UNREAD
from ui.pages.context import Crumb
from ui.pages.shell import build as build_shell
from ui.reader import Reader
from ui.render import PageRequest

TheReader = NamedDependency[Reader]


@get("/inbox", include_in_schema=False)
async def inbox_page(request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader) -> Template:
    """What the person was told."""
    crumbs = (Crumb(name=reader.text(N_("通知")), icon="bell"),)
    shell = await build_shell(system, actor, request, crumbs=crumbs)
    context = {"shell": shell, "keep_read": KEEP_READ.days, "keep_unread": KEEP_UNREAD.days}
    return Template("inbox/inbox.html", context=context)


ROUTES = (inbox_page,)

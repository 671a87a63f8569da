"""What the product keeps quick in a table: its indexes, in words of the people who build."""

from __future__ import annotations

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from builder import indexes
from builder.indexes import IndexPart, TableIndex
from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem
from runtime.i18n import N_, Message
from runtime.records.sizes import sizes
from ui.pages.context import Crumb
from ui.pages.forms import done
from ui.pages.shell import build as build_shell
from ui.reader import Reader
from ui.render import PageRequest

TheReader = NamedDependency[Reader]

_STATES = {
    "waiting": N_("等着建立"),
    "building": N_("正在建立"),
    "ready": N_("已经变快"),
    "failed": N_("没有成功,稍后再试"),
}


class Row:
    """An index as a line of the list: ``title`` its fields, ``why`` who needs it."""

    def __init__(self, one: TableIndex, reader: Reader) -> None:
        self.id, self.pinned, self.ready, self.failed = (
            one.id,
            one.pinned,
            one.state == "ready",
            one.state == "failed",
        )
        self.parts = [(_name(part, reader), part.descending) for part in one.fields]
        self.why = reader.text(N_("大家常这样找")) if not one.by else reader.translator.listed(one.by)
        self.state = reader.text(_STATES[one.state])
        self.size = (
            reader.text(N_("{size} MB"), size=reader.number(max(0.1, one.size / 1_000_000), 1))
            if one.size
            else ""
        )


def _name(part: IndexPart, reader: Reader) -> str:
    return part.name.text(reader.translator) if isinstance(part.name, Message) else part.name


@get("/t/{table:str}/speed", include_in_schema=False)
async def speed_page(
    request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader, table: FromPath[str]
) -> Template:
    """The page. For builders."""
    catalog = await system.catalogs.current()
    found = catalog.table(table)
    app = catalog.app_of(found)
    require(actor, Operation.BUILD, app.id)
    crumbs = (
        Crumb(name=found.name, href=f"/t/{found.id}"),
        Crumb(name=reader.text(N_("查询速度")), icon="gauge"),
    )
    shell = await build_shell(system, actor, request, app=app, current=found.id, crumbs=crumbs)
    rows = [Row(one, reader) for one in await indexes.listed(system, actor, found.id)]
    count = (await sizes(system.db, [found]))[found.id]
    return Template(
        "tables/speed.html", context={"shell": shell, "rows": rows, "count": count, "table": found.id}
    )


@post("/t/{table:str}/speed/{index:int}/{pinned:str}", include_in_schema=False, status_code=200)
async def pin_page(
    system: TheSystem,
    actor: TheActor,
    reader: TheReader,
    table: FromPath[str],
    index: FromPath[int],
    pinned: FromPath[str],
) -> Template:
    """Keep an index, or no longer; answers its line."""
    one = await indexes.pin(system, actor, index, pinned == "keep")
    said = reader.text(N_("会一直留着") if one.pinned else N_("没人再用时会自动去掉"))
    return Template(
        "tables/speed_row.html", context={"row": Row(one, reader), "table": table}, headers=done(said)
    )


ROUTES = (speed_page, pin_page)

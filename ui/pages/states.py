"""The state machine of a single select: ``/t/{table}/fields/{field}/states``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Template

from builder.wire import field_json
from runtime.access import Operation, allowed, require
from runtime.api.common import TheActor, TheSystem
from runtime.catalog import Catalog
from runtime.definitions.automations import StateMoved
from runtime.definitions.fields import Link
from runtime.errors import InvalidInput, NotFound
from runtime.i18n import N_
from ui.pages import shell
from ui.pages.context import Crumb


@dataclass(frozen=True, kw_only=True)
class StatesPage:
    """What ``states/states.html`` shows: ``data`` is for the island (``ui/islands/states/types.ts``, ``PageData``)."""

    name: str
    data: dict[str, Any]


def _is_for(catalog: Catalog, link_id: str, table_id: str) -> bool:
    """Whether the order of a stock's lines, found through this link, is a record of the table."""
    link = catalog.field(link_id).config
    return isinstance(link, Link) and link.table == table_id


@get("/t/{table:str}/fields/{field:str}/states")
async def states_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    table: FromPath[str],
    field: FromPath[str],
) -> Template:
    """The editor of a state machine: picture, transitions, one transition's form."""
    catalog = await system.catalogs.current()
    found, home = catalog.field(field), catalog.table(table)
    if found.table_id != home.id:
        raise NotFound()
    app = catalog.app_of(home)
    require(actor, Operation.LOOK, app.id)
    if found.type != "single_select":
        raise InvalidInput(N_("只有单选字段可以做成状态流转"), code="not_a_select")
    frame = await shell.build(
        system,
        actor,
        request,
        app=app,
        current=home.id,
        crumbs=(
            Crumb(name=home.name, href=f"/t/{home.id}"),
            Crumb(name=found.name, icon="workflow"),
        ),
    )
    stocks = [s for s in app.stocks if _is_for(catalog, s.definition.line_order, home.id)]
    machine = found.machine
    named = {key for move in (machine.transitions if machine else ()) for key in move.members}
    page = StatesPage(
        name=found.name,
        data={
            "table": {"id": home.id, "name": home.name},
            "field": field_json(found, home, tables=app.tables),
            "fields": [field_json(one, home, tables=app.tables) for one in home.fields],
            "people": [
                {"id": one.id, "name": one.name, "gone": one.gone}
                for one in app.people.people
                if not one.gone or one.id in named
            ],
            "tables": [{"id": one.id, "name": one.name, "icon": one.definition.icon} for one in app.tables],
            "stocks": [{"id": s.id, "name": s.definition.name} for s in stocks],
            "automations": [
                {
                    "id": one.id,
                    "name": one.definition.name,
                    "enabled": one.definition.enabled,
                    "sources": list(one.definition.trigger.sources),
                    "targets": list(one.definition.trigger.targets),
                }
                for one in app.automations
                if isinstance(one.definition.trigger, StateMoved) and one.definition.trigger.field == found.id
            ],
            "can_build": allowed(actor, Operation.BUILD, app.id),
        },
    )
    return Template("states/states.html", context={"shell": frame, "page": page})


ROUTES = (states_page,)

"""The data of dashboards over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.dashboards import data as widget_data
from runtime.definitions.dashboards import Widget
from runtime.i18n import Translator


class DashboardData(msgspec.Struct, frozen=True):
    """Answers of widgets by widget id; see ``runtime.dashboards.data`` for their shapes."""

    widgets: dict[str, Any]


def widget_body(answer: widget_data.WidgetData, translator: Translator) -> Any:
    """A widget's answer; a failure's reason in the caller's language."""
    if isinstance(answer, widget_data.Failed):
        return {"kind": "error", "code": answer.code, "message": answer.message.text(translator)}
    return answer


@get("/dashboards/{dashboard:str}/data")
async def read_dashboard_data(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    dashboard: FromPath[str],
    widget: FromQuery[str | None] = None,
) -> DashboardData:
    """The data of all widgets, or of those named in ``widget`` (joined by commas)."""
    found = (await system.catalogs.current()).dashboard(dashboard)
    only = frozenset(widget.split(",")) if widget else None
    answers = await widget_data.of_dashboard(system, actor, found, only)
    return DashboardData({key: widget_body(answer, translator) for key, answer in answers.items()})


@post("/dashboards/{dashboard:str}/preview", status_code=HTTP_200_OK)
async def preview_widget(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    dashboard: FromPath[str],
    data: JSONBody[Widget],
) -> DashboardData:
    """The data a widget would show, before it is saved."""
    found = (await system.catalogs.current()).dashboard(dashboard)
    require(actor, Operation.BUILD, found.app_id)
    answer = await widget_data.of_widget(system, actor, data)
    return DashboardData({data.id: widget_body(answer, translator)})


ROUTES = (read_dashboard_data, preview_widget)

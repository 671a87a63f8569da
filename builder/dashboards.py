"""Dashboards: whether every widget can be drawn, and storing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from builder.edit import editing
from builder.queries import (
    check_aggregate,
    check_bucket,
    check_filter,
    check_sorts,
    find_field,
    is_date,
)
from builder.validation import Problems, check_description, check_name, clean_text
from builder.versions import check_version
from builder.wire import decode
from runtime import fieldtypes
from runtime.access import Actor
from runtime.catalog import App, Dashboard, Field, Table
from runtime.definitions.dashboards import (
    BarWidget,
    DashboardDef,
    DonutWidget,
    ListWidget,
    NumberWidget,
    Place,
    TrendWidget,
    Widget,
    WidgetConfig,
)
from runtime.i18n import N_
from runtime.ids import new_id
from runtime.system import System

MAX_WIDGETS = 60
MAX_PERIODS = 400
MAX_LIST = 200
COLUMNS = 12


def check_dashboard(
    problems: Problems, app: App, definition: DashboardDef, *, own: str | None = None
) -> DashboardDef:
    """The dashboard as it will be stored: tables and fields by id, widgets with ids."""
    taken = [d.definition.name for d in app.dashboards if d.id != own]
    if len(definition.widgets) > MAX_WIDGETS:
        problems.at("widgets").add("too_many_widgets", N_("组件最多 {limit} 个"), limit=MAX_WIDGETS)
        return definition
    widgets: list[Widget] = []
    for index, widget in enumerate(definition.widgets):
        here = problems.at("widgets").at(index)
        checked = _check_widget(here, app, widget)
        if checked.id in {w.id for w in widgets}:
            here.at("id").add("widget_twice", N_("两个组件用了同一个编号"))
        widgets.append(checked)
    return msgspec.structs.replace(
        definition,
        name=check_name(problems.at("name"), definition.name, taken=taken),
        description=check_description(problems.at("description"), definition.description),
        widgets=tuple(widgets),
    )


def _check_widget(problems: Problems, app: App, widget: Widget) -> Widget:
    title = clean_text(widget.title)
    title = check_name(problems.at("title"), title) if title else ""
    _check_place(problems.at("place"), widget.place)
    here = problems.at("config")
    table = next((t for t in app.tables if widget.config.table in (t.id, t.name)), None)
    config = widget.config
    if table is None:
        here.at("table").add("unknown_table", N_("选一张数据表"))
    else:
        config = check_config(here, table, widget.config)
    return msgspec.structs.replace(widget, id=widget.id or new_id("wid"), title=title, config=config)


def _check_place(problems: Problems, place: Place) -> None:
    if not (0 <= place.x < COLUMNS and 1 <= place.w <= COLUMNS - place.x and 0 <= place.y <= 10_000):
        problems.add("bad_place", N_("组件放到了网格外面"))
    if not 1 <= place.h <= 100:
        problems.add("bad_place", N_("组件的高度应在 {low} 到 {high} 之间"), low=1, high=100)


def check_config(problems: Problems, table: Table, config: WidgetConfig) -> WidgetConfig:
    """A widget's query over ``table``: do the fields exist, can they be drawn this way."""
    given: dict[str, Any] = {
        "table": table.id,
        "where": check_filter(problems.at("where"), table, config.where),
    }
    match config:
        case NumberWidget():
            if len(config.unit) > 20:
                problems.at("unit").add("unit_too_long", N_("单位最多 {limit} 个字"), limit=20)
        case DonutWidget() | BarWidget():
            given["field"] = _group_field(problems.at("field"), table, config.field)
            grouped = table.by_id.get(given["field"])
            if grouped is not None:
                check_bucket(problems.at("bucket"), grouped, config.bucket)
            if isinstance(config, BarWidget) and config.split is not None:
                given["split"] = _group_field(problems.at("split"), table, config.split)
        case TrendWidget():
            given.update(_check_trend(problems, table, config))
        case ListWidget():
            given.update(_check_list(problems, table, config))
    if not isinstance(config, ListWidget):
        given["aggregate"] = check_aggregate(problems.at("aggregate"), table, config.aggregate)
    return msgspec.structs.replace(config, **given)


def _group_field(problems: Problems, table: Table, key: str) -> str:
    field = find_field(problems, table, key)
    if field is None:
        return key
    if not fieldtypes.get(field.config).groupable:
        problems.add("not_groupable", N_("不能按「{name}」分组"), field=field, name=field.name)
    return field.id


def _check_trend(problems: Problems, table: Table, config: TrendWidget) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if not 1 <= config.periods <= MAX_PERIODS:
        problems.at("periods").add(
            "out_of_range", N_("时间段数应在 {low} 到 {high} 之间"), low=1, high=MAX_PERIODS
        )
    field = _date_field(problems.at("date_field"), table, config.date_field)
    if field is not None:
        given["date_field"] = field.id
        check_bucket(problems.at("bucket"), field, config.bucket)
    if config.bucket in ("hour_of_day", "weekday"):
        problems.at("bucket").add("bad_bucket", N_("趋势图要按连续的时间分段"))
    if config.split is not None:
        given["split"] = _group_field(problems.at("split"), table, config.split)
    return given


def _date_field(problems: Problems, table: Table, key: str) -> Field | None:
    field = find_field(problems, table, key)
    if field is not None and not is_date(field):
        problems.add("wrong_type", N_("「{name}」不是日期,画不出趋势"), field=field, name=field.name)
        return None
    return field


def _check_list(problems: Problems, table: Table, config: ListWidget) -> dict[str, Any]:
    found = [find_field(problems.at("fields").at(i), table, key) for i, key in enumerate(config.fields)]
    if not config.fields:
        problems.at("fields").add("no_fields", N_("选要显示的字段"))
    if not 1 <= config.limit <= MAX_LIST:
        problems.at("limit").add("out_of_range", N_("条数应在 {low} 到 {high} 之间"), low=1, high=MAX_LIST)
    return {
        "fields": tuple(dict.fromkeys(field.id for field in found if field is not None)),
        "sorts": check_sorts(problems.at("sorts"), table, config.sorts),
    }


def read_definition(problems: Problems, value: Mapping[str, Any]) -> DashboardDef:
    """A dashboard from JSON; widgets may come without ids. Raises InvalidDefinition."""
    body = dict(value)
    if isinstance(body.get("widgets"), list):
        body["widgets"] = [
            {**widget, "id": widget.get("id") or new_id("wid")} if isinstance(widget, Mapping) else widget
            for widget in body["widgets"]
        ]
    definition = decode(problems, body, DashboardDef)
    problems.raise_any()
    return cast(DashboardDef, definition)


async def create(system: System, actor: Actor, app_id: str, definition: DashboardDef) -> Dashboard:
    """Add a dashboard to an app."""
    async with editing(system, actor, app_id) as edit:
        app = edit.catalog.app(app_id)
        problems = Problems()
        definition = check_dashboard(problems, app, definition)
        problems.raise_any()
        stored = await edit.create("dashboard", definition, app=app.number)
        edit.tell(app_id)
        return (await edit.refresh()).dashboard(stored.id)


async def update(
    system: System, actor: Actor, dashboard_id: str, changes: Mapping[str, Any], *, version: int | None = None
) -> Dashboard:
    """Change a dashboard; ``changes`` are the keys of its JSON that change, each as a whole."""
    async with editing(system, actor, dashboard_id) as edit:
        dashboard = edit.catalog.dashboard(dashboard_id)
        check_version(dashboard, version)
        problems = Problems()
        body = {**msgspec.to_builtins(dashboard.definition), **changes}
        definition = read_definition(problems, body)
        app = edit.catalog.app(dashboard.app_id)
        definition = check_dashboard(problems, app, definition, own=dashboard_id)
        problems.raise_any()
        await edit.change(await edit.live(dashboard_id, "dashboard"), definition)
        edit.tell(app.id, dashboard_id)
        return (await edit.refresh()).dashboard(dashboard_id)


async def delete(system: System, actor: Actor, dashboard_id: str) -> None:
    """Put a dashboard into the trash."""
    async with editing(system, actor, dashboard_id) as edit:
        dashboard = edit.catalog.dashboard(dashboard_id)
        await edit.trash(await edit.live(dashboard_id, "dashboard"))
        edit.tell(dashboard.app_id, dashboard_id)


async def reorder(system: System, actor: Actor, app_id: str, ids: list[str]) -> None:
    """Put the dashboards of an app into this order; those not named follow."""
    async with editing(system, actor, app_id) as edit:
        await edit.reorder("dashboard", ids, [d.id for d in edit.catalog.app(app_id).dashboards])
        edit.tell(app_id)

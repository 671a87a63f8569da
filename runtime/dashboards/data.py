"""The data of widgets. One query per widget, no widget's trouble stops another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from runtime import fieldtypes
from runtime.access import Actor, Operation, require
from runtime.catalog import Dashboard, Field, Table
from runtime.definitions.dashboards import (
    BarWidget,
    DonutWidget,
    ListWidget,
    NumberWidget,
    TrendWidget,
    Widget,
)
from runtime.definitions.queries import (
    Aggregate,
    AggregateQuery,
    Condition,
    Filter,
    Group,
    GroupLevel,
    Query,
    Sort,
)
from runtime.errors import HuobiaoError
from runtime.i18n import Message
from runtime.records import read
from runtime.records.change import RecordView
from runtime.system import System

log = structlog.get_logger(__name__)

MAX_SLICES = 24
MAX_SERIES = 12


class Slice(msgspec.Struct, frozen=True):
    """One share: ``key`` in wire form, its label, its colour's name where the value has one."""

    key: Any
    label: str
    value: Any
    color: str | None = None


class Series(msgspec.Struct, frozen=True):
    """One line or set of bars; ``values`` in the order of the answer's ``labels``."""

    key: Any
    label: str
    values: tuple[Any, ...]
    color: str | None = None


class NumberData(msgspec.Struct, frozen=True, tag="number", tag_field="kind"):
    value: Any
    unit: str = ""
    format: str = "number"


class DonutData(msgspec.Struct, frozen=True, tag="donut", tag_field="kind"):
    slices: tuple[Slice, ...]
    total: Any
    field: str
    format: str = "number"


class ChartData(msgspec.Struct, frozen=True, tag="chart", tag_field="kind"):
    """Lines over time (``labels`` are dates) or bars."""

    labels: tuple[str, ...]
    series: tuple[Series, ...]
    format: str = "number"


class ListData(msgspec.Struct, frozen=True, tag="list", tag_field="kind"):
    """``fields`` as the grid knows them (ids in the widget's order), ``total`` exact."""

    table: str
    fields: tuple[str, ...]
    records: tuple[RecordView, ...]
    total: int


class Failed(msgspec.Struct, frozen=True, tag="error", tag_field="kind"):
    """Why a widget shows nothing."""

    message: Message
    code: str


WidgetData = NumberData | DonutData | ChartData | ListData | Failed


async def of_dashboard(
    system: System, actor: Actor, dashboard: Dashboard, only: frozenset[str] | None = None
) -> dict[str, WidgetData]:
    """The data of a dashboard's widgets (of ``only`` these, when given) by widget id."""
    require(actor, Operation.LOOK, dashboard.app_id)
    return {
        widget.id: await of_widget(system, actor, widget)
        for widget in dashboard.definition.widgets
        if only is None or widget.id in only
    }


async def of_widget(system: System, actor: Actor, widget: Widget) -> WidgetData:
    """The data of one widget; trouble becomes a :class:`Failed` that says why."""
    config = widget.config
    try:
        if isinstance(config, NumberWidget):
            return await _number(system, actor, config)
        if isinstance(config, DonutWidget):
            return await _donut(system, actor, config)
        if isinstance(config, BarWidget):
            return await _bars(system, actor, config)
        if isinstance(config, TrendWidget):
            return await _trend(system, actor, config)
        return await _list(system, actor, config)
    except HuobiaoError as error:
        log.info("widget without data", widget=widget.id, code=error.error_code)
        return Failed(error.message, error.error_code)


async def _number(system: System, actor: Actor, config: NumberWidget) -> NumberData:
    query = AggregateQuery(where=config.where, aggregates=(config.aggregate,))
    rows = await read.aggregate(system, actor, config.table, query)
    table = (await system.catalogs.current()).table(config.table)
    return NumberData(rows[0].values[0] if rows else 0, config.unit, _format(table, config.aggregate))


async def _donut(system: System, actor: Actor, config: DonutWidget) -> DonutData:
    table = (await system.catalogs.current()).table(config.table)
    field = table.field(config.field)
    level = GroupLevel(field.id, config.bucket)
    query = AggregateQuery(where=config.where, groups=(level,), aggregates=(config.aggregate,))
    rows = await read.aggregate(system, actor, table.id, query)
    slices = [Slice(r.keys[0], r.labels[0], r.values[0] or 0, _color(field, r.keys[0])) for r in rows]
    slices = _in_choice_order(field, slices) or sorted(slices, key=lambda s: -s.value)
    shown, rest = slices[:MAX_SLICES], slices[MAX_SLICES:]
    if rest:
        shown.append(Slice("$rest", "", sum(s.value for s in rest)))
    return DonutData(tuple(shown), sum(s.value for s in shown), field.id, _format(table, config.aggregate))


async def _bars(system: System, actor: Actor, config: BarWidget) -> ChartData:
    table = (await system.catalogs.current()).table(config.table)
    field = table.field(config.field)
    split = table.field(config.split) if config.split else None
    groups = (GroupLevel(field.id, config.bucket), *((GroupLevel(split.id),) if split else ()))
    rows = await read.aggregate(
        system,
        actor,
        table.id,
        AggregateQuery(where=config.where, groups=groups, aggregates=(config.aggregate,)),
    )
    order = [Slice(r.keys[0], r.labels[0], 0) for r in rows]
    order = _in_choice_order(field, order) or order
    labels = list(dict.fromkeys(s.label for s in order))
    return ChartData(tuple(labels), _series(rows, labels, split), _format(table, config.aggregate))


async def _trend(system: System, actor: Actor, config: TrendWidget) -> ChartData:
    catalog = await system.catalogs.current()
    table = catalog.table(config.table)
    split = table.field(config.split) if config.split else None
    end = await _end_of_range(system, actor, table, config)
    labels = _labels(end, config.bucket, config.periods)
    within = Condition(config.date_field, "on" if len(labels) == 1 else "between", [labels[0], _day(end)])
    if len(labels) == 1:
        within = Condition(config.date_field, "on", labels[0])
    where: Filter = Group("and", (within, *((config.where,) if config.where else ())))
    groups = (GroupLevel(config.date_field, config.bucket), *((GroupLevel(split.id),) if split else ()))
    rows = await read.aggregate(
        system,
        actor,
        table.id,
        AggregateQuery(where=where, groups=groups, aggregates=(config.aggregate,), limit=10_000),
    )
    return ChartData(tuple(labels), _series(rows, labels, split), _format(table, config.aggregate))


async def _end_of_range(system: System, actor: Actor, table: Table, config: TrendWidget) -> datetime:
    """Now, or the newest moment of the data, in the app's own time."""
    catalog = await system.catalogs.current()
    zone = catalog.app_of(table).zone
    if config.until_last:
        query = AggregateQuery(where=config.where, aggregates=(Aggregate("max", config.date_field),))
        rows = await read.aggregate(system, actor, table.id, query)
        newest = rows[0].values[0] if rows else None
        if newest:
            moment = datetime.fromisoformat(newest)
            return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    return datetime.now(zone)


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def _labels(end: datetime, bucket: str, periods: int) -> list[str]:
    """The starts of the last ``periods`` buckets up to ``end``, oldest first, as the aggregate query names them."""
    periods = max(1, min(periods, 400))
    day = end.replace(hour=0, minute=0, second=0, microsecond=0)
    if bucket == "hour":
        last = end.replace(minute=0, second=0, microsecond=0)
        return [(last - timedelta(hours=n)).strftime("%Y-%m-%d %H:00") for n in reversed(range(periods))]
    if bucket == "week":
        monday = day - timedelta(days=day.weekday())
        return [_day(monday - timedelta(weeks=n)) for n in reversed(range(periods))]
    if bucket in ("month", "quarter", "year"):
        step = {"month": 1, "quarter": 3, "year": 12}[bucket]
        months = (day.year * 12 + day.month - 1) // step * step
        return [
            f"{(months - n * step) // 12:04d}-{(months - n * step) % 12 + 1:02d}-01"
            for n in reversed(range(periods))
        ]
    return [_day(day - timedelta(days=n)) for n in reversed(range(periods))]


def _series(rows: list[read.GroupRow], labels: list[str], split: Field | None) -> tuple[Series, ...]:
    """Rows of (label, split?) groups as series over ``labels``; a missing number is 0."""
    place = {label: i for i, label in enumerate(labels)}
    found: dict[Any, list[Any]] = {}
    names: dict[Any, str] = {}
    for row in rows:
        if row.labels[0] not in place:
            continue
        key = row.keys[1] if split else None
        values = found.setdefault(key, [0] * len(labels))
        values[place[row.labels[0]]] = row.values[0] or 0
        names[key] = row.labels[1] if split else ""
    if not found:
        return () if split else (Series(None, "", (0,) * len(labels)),)
    series = [Series(k, names[k], tuple(v), _color(split, k) if split else None) for k, v in found.items()]
    if split is not None and split.choices_by_id:
        order = {c.name: i for i, c in enumerate(split.choices_by_id.values())}
        series.sort(key=lambda s: order.get(s.key, len(order)))
    else:
        series.sort(key=lambda s: -sum(s.values))
    return tuple(series[:MAX_SERIES])


async def _list(system: System, actor: Actor, config: ListWidget) -> ListData:
    table = (await system.catalogs.current()).table(config.table)
    fields = tuple(f for f in config.fields if f in table.by_id)
    query = Query(
        where=config.where,
        sorts=config.sorts or (Sort("$created_at", True),),
        fields=fields,
        limit=max(1, min(config.limit, 100)),
    )
    page = await read.page(system, actor, table.id, query)
    total = page.total_estimate if page.exact else await read.count(system, actor, table.id, config.where)
    return ListData(table.id, fields, page.records, total or 0)


def _color(field: Field | None, key: Any) -> str | None:
    choice = field.choices_by_name.get(key) if field is not None and isinstance(key, str) else None
    return choice.color if choice else None


def _in_choice_order(field: Field, slices: list[Slice]) -> list[Slice] | None:
    """Slices of a select in the order of its choices; None for other fields."""
    if not field.choices_by_id:
        return None
    order = {c.name: i for i, c in enumerate(field.choices_by_id.values())}
    return sorted(slices, key=lambda s: order.get(s.key, len(order)))


def _format(table: Table, aggregate: Aggregate) -> str:
    """How a number is to be shown: ``currency``, ``percent`` or ``number``."""
    field = table.by_id.get(aggregate.field or "")
    if field is None or aggregate.fn.startswith("count"):
        return "number"
    kind = fieldtypes.get(field.config).name
    return kind if kind in ("currency", "percent") else "number"

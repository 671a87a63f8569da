"""Dashboards: widgets on a 12-column grid, each a query and a way to draw it."""

from __future__ import annotations

import msgspec

from runtime.definitions.queries import Aggregate, Bucket, Filter, PlaceBucket, Sort


class Place(msgspec.Struct, frozen=True):
    """Position and size on the 12-column grid; one unit of height is 40 px."""

    x: int = 0
    y: int = 0
    w: int = 4
    h: int = 6


class NumberWidget(msgspec.Struct, frozen=True, tag="number", tag_field="kind", omit_defaults=True):
    """One number."""

    table: str
    aggregate: Aggregate = Aggregate()
    where: Filter | None = None
    unit: str = ""


class DonutWidget(msgspec.Struct, frozen=True, tag="donut", tag_field="kind", omit_defaults=True):
    """Shares of a select, check box, link, text or address field (by ``bucket``)."""

    table: str
    field: str
    aggregate: Aggregate = Aggregate()
    where: Filter | None = None
    bucket: PlaceBucket | None = None


class BarWidget(msgspec.Struct, frozen=True, tag="bar", tag_field="kind", omit_defaults=True):
    """Bars per value of a field (an address by ``bucket``), optionally split by a second."""

    table: str
    field: str
    aggregate: Aggregate = Aggregate()
    split: str | None = None
    where: Filter | None = None
    bucket: PlaceBucket | None = None


class TrendWidget(msgspec.Struct, frozen=True, tag="trend", tag_field="kind", omit_defaults=True):
    """A line over time, optionally one per value of ``split``; the last ``periods`` buckets up to now.

    With ``until_last`` the range ends at the newest date of the data instead of now (for data of the past).
    """

    table: str
    date_field: str
    bucket: Bucket = "day"
    periods: int = 30
    aggregate: Aggregate = Aggregate()
    split: str | None = None
    where: Filter | None = None
    until_last: bool = False


class ListWidget(msgspec.Struct, frozen=True, tag="list", tag_field="kind", omit_defaults=True):
    """Records that need somebody."""

    table: str
    fields: tuple[str, ...]
    where: Filter | None = None
    sorts: tuple[Sort, ...] = ()
    limit: int = 20


WidgetConfig = NumberWidget | DonutWidget | BarWidget | TrendWidget | ListWidget


class Widget(msgspec.Struct, frozen=True, omit_defaults=True):
    """A titled widget; ``id`` is ``wid…``."""

    id: str
    title: str
    config: WidgetConfig
    place: Place = Place()


class DashboardDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A dashboard."""

    name: str
    widgets: tuple[Widget, ...] = ()
    description: str = ""

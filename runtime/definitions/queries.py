"""The one query model: grid, API, dashboards, automation conditions, roll-up conditions and exports all speak it.

A field is named by its public id, or by one of the system fields of :data:`SYSTEM_FIELDS`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

SYSTEM_FIELDS = ("$id", "$created_at", "$updated_at", "$created_by", "$updated_by")

Operator = Literal[
    "is",
    "is_not",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "is_any_of",
    "is_none_of",
    "has_all_of",
    "within",
    "not_within",
    "is_empty",
    "is_not_empty",
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "between",
    "on",
    "before",
    "after",
    "older_than",
    "newer_than",
    "within_next",
    "in_period",
]
"""What a condition can ask. ``older_than``/``newer_than``/``within_next`` take ``{"amount": 24, "unit": "hour"}``,
``in_period`` takes one of :data:`PERIODS`, ``between`` a list of two, ``is_any_of`` … a list."""

PERIODS = (
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_year",
    "last_7_days",
    "last_30_days",
)
UNITS = ("minute", "hour", "day", "week", "month")


class Condition(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag="condition",
    tag_field="kind",
    omit_defaults=True,
):
    """``field`` ``op`` ``value``; ``value`` in the wire form of the field's type (a select's option by name)."""

    field: str
    op: Operator
    value: Any = None


class Group(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="group", tag_field="kind", omit_defaults=True
):
    """``items`` joined by and/or; an empty group is true."""

    conjunction: Literal["and", "or"] = "and"
    items: tuple[Condition | Group, ...] = ()


Filter = Condition | Group


class Sort(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Order by one field; empty cells come last either way."""

    field: str
    descending: bool = False


TimeBucket = Literal["hour", "day", "week", "month", "quarter", "year", "hour_of_day", "weekday"]
PlaceBucket = Literal["province", "city", "district"]
Bucket = TimeBucket | PlaceBucket


class ConditionalBucket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One named class of a conditional group; a record falls into the first bucket whose filter it meets."""

    name: str
    where: Filter


class GroupLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One level of grouping: a field (dates and addresses by ``bucket``), or user-written ``buckets`` (条件分组)."""

    field: str | None = None
    bucket: Bucket | None = None
    buckets: tuple[ConditionalBucket, ...] = ()
    descending: bool = False


AggregateFunction = Literal[
    "count", "count_filled", "count_empty", "count_unique", "count_files", "sum", "avg", "min", "max"
]


class Aggregate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One number over a group of records; ``field`` is needed for all but ``count``."""

    fn: AggregateFunction = "count"
    field: str | None = None


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A page of records.

    ``fields``: public ids to return, ``None`` for all. ``cursor``: opaque, from the page before. ``at``: start at this
    position (0-based) instead, for a grid that jumps. ``search``: text found anywhere in the record. ``limit`` 1…1000.
    """

    where: Filter | None = None
    sorts: tuple[Sort, ...] = ()
    search: str | None = None
    fields: tuple[str, ...] | None = None
    cursor: str | None = None
    at: int | None = None
    limit: int = 100
    with_trash: bool = False


class AggregateQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Groups and their numbers: ``groups`` up to 3 levels, ``aggregates`` one or more, at most ``limit`` groups."""

    where: Filter | None = None
    search: str | None = None
    groups: tuple[GroupLevel, ...] = ()
    aggregates: tuple[Aggregate, ...] = (Aggregate(),)
    limit: int = 1000


def fields_of(where: Filter | None) -> set[str]:
    """Every field id a filter mentions."""
    if where is None:
        return set()
    if isinstance(where, Condition):
        return {where.field}
    return set().union(*(fields_of(item) for item in where.items)) if where.items else set()

"""Apps, tables and views."""

from __future__ import annotations

from typing import Literal

import msgspec

from runtime.definitions.queries import AggregateFunction, Filter, GroupLevel, Sort


class AppDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """An app: a name, how it looks in lists, and the time zone its dates are read and shown in."""

    name: str
    icon: str = "workflow"
    color: str = "teal"
    description: str = ""
    time_zone: str = "Asia/Shanghai"
    template: str | None = None


class UniqueRule(msgspec.Struct, frozen=True):
    """No two live records hold the same in all of ``fields`` (2 to 5, by id); a record with one of them empty is free."""

    fields: tuple[str, ...]


class TableDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table. ``primary`` is the field that names its records in links and titles; ``unique``: what may not repeat."""

    name: str
    icon: str = "table"
    description: str = ""
    primary: str | None = None
    record_noun: str = ""
    unique: tuple[UniqueRule, ...] = ()


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one field stands in a view; ``width`` in CSS pixels.

    ``summary``: the number shown under the column; None for the usual one of the field's type, ``none`` for nothing.
    """

    field: str
    hidden: bool = False
    width: int | None = None
    summary: AggregateFunction | Literal["none"] | None = None


class ViewDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A saved way to look at a table. Fields missing from ``columns`` follow at the end, shown."""

    name: str
    type: Literal["grid"] = "grid"
    columns: tuple[Column, ...] = ()
    where: Filter | None = None
    sorts: tuple[Sort, ...] = ()
    groups: tuple[GroupLevel, ...] = ()
    row_height: Literal["short", "medium", "tall"] = "short"

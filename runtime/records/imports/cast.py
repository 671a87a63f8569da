"""One cell of a file → one value for one field, as the column is to be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from runtime.catalog import Field
from runtime.records.imports import values
from runtime.records.imports.cells import Cell
from runtime.records.imports.dates import DateOrder

Caster = Callable[[Cell], Any]


class ColumnPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Where a column goes. ``column``: its place in the file's headers (from 0); ``field``: a field's id.

    ``date_order`` and ``hundredths`` as in :class:`runtime.records.imports.guess.ColumnGuess`.
    """

    column: int
    field: str
    date_order: DateOrder = "ymd"
    hundredths: bool = False


def caster(field: Field, plan: ColumnPlan, zone: ZoneInfo, *, date_1904: bool = False) -> Caster:
    """The function that reads cells for ``field``; it raises ``Unreadable``."""
    if field.type in ("number", "currency"):
        return values.to_decimal
    if field.type == "percent":
        return partial(values.to_percent, hundredths=plan.hundredths)
    if field.type == "duration":
        return lambda cell: cell if isinstance(cell, timedelta | time) else values.to_text(cell)
    if field.type == "checkbox":
        return lambda cell: values.to_bool(cell) or False
    if field.type == "date":
        return partial(values.to_date, order=plan.date_order, tz=zone, date_1904=date_1904)
    if field.type == "datetime":
        return partial(values.to_datetime, tz=zone, order=plan.date_order, date_1904=date_1904)
    if field.type == "phone":
        return partial(values.to_phone, international=getattr(field.config, "format", "") == "international")
    if field.type == "email":
        return values.to_email
    if field.type == "url":
        return values.to_url
    if field.type in ("multi_select", "link"):
        return lambda cell: list(values.to_options(cell) or ())
    return values.to_text

"""Auto numbers: drawn when a record is created, never typed. The drawing itself is ``runtime.records.numbering``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.querystring import QueryString

from runtime.definitions.fields import AutoNumber
from runtime.fieldtypes.base import BadValue, Context, FieldType
from runtime.fieldtypes.text import TEXT_OPERATORS, text_condition
from runtime.i18n import N_


class AutoNumberType(FieldType):
    """A text made of fixed pieces, the date and a sequence."""

    name = "auto_number"
    label = N_("自动编号")
    icon = "list-ordered"
    description = N_("新建时自动生成,如 DD20260115-0001")
    operators = TEXT_OPERATORS
    readonly = True
    searchable = True

    def sql_type(self, config: Any) -> str:
        return "text"

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None or isinstance(value, str):
            return value
        raise BadValue(N_("自动编号由系统生成,不能填写"))

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        return text_condition(column, op, value) or super().condition(config, column, op, value, context)

    def order(self, config: Any, column: str) -> str:
        """Shorter numbers first, so that 9 comes before 10 whatever the width."""
        return f"(lpad(length({column})::text, 3, '0') || {column})"


def scope_of(config: AutoNumber, moment: datetime) -> str:
    """The period a sequence belongs to: ``""`` for one that never restarts, else the day, month or year."""
    pattern = {"never": "", "day": "%Y%m%d", "month": "%Y%m", "year": "%Y"}[config.restart]
    return moment.strftime(pattern) if pattern else ""


def render(config: AutoNumber, number: int, moment: datetime) -> str:
    """The auto number for sequence value ``number`` drawn at local time ``moment``."""
    pieces = []
    for segment in config.segments:
        if segment.kind == "text":
            pieces.append(segment.text)
        elif segment.kind == "date":
            pieces.append(moment.strftime(segment.text or "%Y%m%d"))
        else:
            pieces.append(str(number).zfill(segment.width))
    return "".join(pieces)

"""A check box: yes or no, never empty."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from piccolo.querystring import QueryString

from runtime.fieldtypes.base import BadValue, Context, FieldType
from runtime.i18n import N_

YES = frozenset({"true", "t", "yes", "y", "1", "是", "有", "对", "√", "✓", "✔", "真", "on"})
NO = frozenset({"false", "f", "no", "n", "0", "", "否", "无", "没有", "错", "×", "✗", "假", "off"})


class CheckboxType(FieldType):
    """Yes or no; an empty cell counts as no."""

    name = "checkbox"
    label = N_("复选框")
    icon = "square-check"
    description = N_("是或否,如「含赠品」")
    operators = ("is",)
    aggregates = ("count", "count_filled", "count_empty")

    def sql_type(self, config: Any) -> str:
        return "boolean NOT NULL DEFAULT false"

    def parse(self, config: Any, value: Any, context: Context) -> bool:
        if value is None or value == "":
            return False
        if isinstance(value, bool):
            return value
        raise BadValue(N_("要填是或否"))

    def repair(self, config: Any, value: Any, context: Context) -> bool:
        if value is None or isinstance(value, bool):
            return bool(value)
        typed = unicodedata.normalize("NFKC", str(value)).strip().lower().removesuffix(".0")
        if typed in YES:
            return True
        if typed in NO:
            return False
        raise BadValue(N_("「{value}」看不出是「是」还是「否」"), value=str(value)[:30])

    def parse_all(
        self, config: Any, values: Sequence[Any], context: Context, *, lenient: bool = False
    ) -> Sequence[Any] | None:
        return values if set(map(type, values)) == {bool} else None

    def to_wire(self, config: Any, stored: Any) -> bool:
        return bool(stored)

    def wire_sql(self, config: Any, column: str) -> QueryString | None:
        return QueryString(f"CASE WHEN {column} THEN 'true' ELSE 'false' END")

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return "是" if stored else "否"

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op in ("is", "eq"):
            wanted = value is True or str(value).lower() in YES
            return QueryString(f"coalesce({column}, false) = {{}}", wanted)
        if op in ("is_not", "ne"):
            wanted = value is True or str(value).lower() in YES
            return QueryString(f"coalesce({column}, false) <> {{}}", wanted)
        if op == "is_empty":
            return QueryString(f"NOT coalesce({column}, false)")
        if op == "is_not_empty":
            return QueryString(f"coalesce({column}, false)")
        raise self.unknown_operator(op)

    def formula_type(self, config: Any) -> Any:
        return "boolean"

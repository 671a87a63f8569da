"""Lookup, roll-up and formula: stored in columns, written only by ``runtime.records.computed``.

A computed field behaves (operators, text, sorting) like the type of its result, its *delegate*.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from piccolo.querystring import QueryString

from runtime.definitions import fields as defs
from runtime.fieldtypes.base import BadValue, Context, FieldType
from runtime.fieldtypes.checkbox import CheckboxType
from runtime.fieldtypes.dates import DateTimeType, DateType
from runtime.fieldtypes.number import NUMBER_AGGREGATES, NUMBER_OPERATORS, NumberType
from runtime.fieldtypes.text import TEXT_OPERATORS, LongTextType
from runtime.i18n import N_

_DELEGATES: dict[str, tuple[FieldType, Any, str]] = {
    "text": (LongTextType(), defs.LongText(max_length=1_000_000), "text"),
    "number": (NumberType(), defs.Number(decimals=10), "numeric"),
    "boolean": (CheckboxType(), defs.Checkbox(), "boolean"),
    "date": (DateType(), defs.Date(), "date"),
    "datetime": (DateTimeType(), defs.DateTime(seconds=True), "timestamptz"),
}


class ComputedType(FieldType):
    """Base of the three; ``result(config)`` names the type of the value."""

    readonly = True
    searchable = True
    operators = tuple(dict.fromkeys((*TEXT_OPERATORS, *NUMBER_OPERATORS)))
    aggregates = NUMBER_AGGREGATES

    def result(self, config: Any) -> str:
        """``text``, ``number``, ``boolean``, ``date`` or ``datetime``."""
        raise NotImplementedError

    def _delegate(self, config: Any) -> tuple[FieldType, Any, str]:
        return _DELEGATES[self.result(config)]

    def sql_type(self, config: Any) -> str:
        return self._delegate(config)[2]

    def parse(self, config: Any, value: Any, context: Context) -> Any:
        raise BadValue(N_("这个字段由系统计算,不能填写"))

    def to_wire(self, config: Any, stored: Any) -> Any:
        if stored is None:
            return None
        delegate, delegate_config, _ = self._delegate(config)
        return delegate.to_wire(delegate_config, stored)

    def wires(self, config: Any, *, encoded: bool = False) -> Callable[[Any], Any] | None:
        delegate, delegate_config, _ = self._delegate(config)
        if isinstance(delegate, CheckboxType):  # a computed one can be empty
            return None
        return delegate.wires(delegate_config, encoded=encoded)

    def wire_sql(self, config: Any, column: str) -> QueryString | None:
        delegate, delegate_config, _ = self._delegate(config)
        if isinstance(delegate, CheckboxType):  # a computed one can be empty
            return QueryString(f"to_json({column})::text")
        return delegate.wire_sql(delegate_config, column)

    def from_history(self, config: Any, value: Any) -> Any:
        return None

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        if stored is None:
            return ""
        if self.result(config) == "number":
            places = getattr(config, "decimals", None)
            if getattr(config, "percent", False):
                return f"{stored * 100:.{places}f}%"
            text = f"{stored:.{places}f}" if places is not None else format(stored, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        delegate, delegate_config, _ = self._delegate(config)
        return delegate.to_text(delegate_config, stored, context)

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        delegate, delegate_config, _ = self._delegate(config)
        return delegate.condition(delegate_config, column, op, value, context)

    def formula_type(self, config: Any) -> Any:
        return self.result(config)


class FormulaType(ComputedType):
    """A calculation over the same record."""

    name = "formula"
    label = N_("公式")
    icon = "sigma"
    description = N_("像 Excel 一样用其他字段计算")

    def result(self, config: Any) -> str:
        return str(config.result)


class RollupType(ComputedType):
    """One value over linked or matching records."""

    name = "rollup"
    label = N_("汇总")
    icon = "calculator"
    description = N_("像 COUNTIFS、SUMIFS 那样,对关联的或条件匹配的记录计数、求和、取最大最小、取最近一条")

    def result(self, config: Any) -> str:
        return str(config.result)

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        if config.fn == "share_filled" and stored is not None:
            return f"{stored * 100:.1f}%"
        return super().to_text(config, stored, context)


class LookupType(ComputedType):
    """Values of a field of the linked or matching records, joined in words where there are several."""

    name = "lookup"
    label = N_("查找引用")
    icon = "file-search"
    description = N_("显示关联的或条件匹配的记录里的某个字段,如最近一次的地址")

    def result(self, config: Any) -> str:
        return "text"

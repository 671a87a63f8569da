"""Progress: how far something has come between a start and an end, shown as a bar."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from piccolo.querystring import QueryString

from runtime.errors import InvalidInput
from runtime.fieldtypes.base import BadValue, Context
from runtime.fieldtypes.number import NumberType, exact, loose, wire_number
from runtime.i18n import N_


class ProgressType(NumberType):
    """A number from ``start`` to ``end``. Text with a % sign is a share of the way; on the usual scale both are one."""

    name = "progress"
    label = N_("进度")
    icon = "gauge"
    description = N_("完成了多少,显示成进度条")

    def parse(self, config: Any, value: Any, context: Context) -> Decimal | None:
        if isinstance(value, str) and value.strip().endswith(("%", "%")):
            return self.repair(config, value, context)
        return super().parse(config, value, context)

    def repair(self, config: Any, value: Any, context: Context) -> Decimal | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, str) and value.strip().endswith(("%", "%")):
            return self.rounded(config, self.at(config, loose(value)))
        return self.rounded(config, loose(value))

    def rounded(self, config: Any, number: Decimal) -> Decimal:
        number = super().rounded(_Places(config.decimals), number)
        start, end = exact(config.start), exact(config.end)
        if not start <= number <= end:
            raise BadValue(N_("进度应在 {low} 到 {high} 之间"), low=wire_number(start), high=wire_number(end))
        return number

    @staticmethod
    def at(config: Any, share: Decimal) -> Decimal:
        """The value that stands at ``share`` (0 to 1) of the way."""
        start, end = exact(config.start), exact(config.end)
        return start + (end - start) * share

    @staticmethod
    def share(config: Any, stored: Decimal) -> Decimal:
        """How much of the way a value is, from 0 to 1."""
        start, end = exact(config.start), exact(config.end)
        return (stored - start) / (end - start)

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        if stored is None:
            return ""
        text = f"{stored:.{config.decimals}f}"
        return f"{text}%" if (config.start, config.end) == (0, 100) else text

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        return super().condition(config, column, op, self._plain(config, value), context)

    def _plain(self, config: Any, value: Any) -> Any:
        """Operands in percent as numbers on the field's scale."""
        if isinstance(value, list | tuple):
            return [self._plain(config, item) for item in value]
        if isinstance(value, str) and value.strip().endswith(("%", "%")):
            try:
                return self.at(config, loose(value))
            except BadValue as bad:
                raise InvalidInput(bad.message.msgid, code="bad_operand", **bad.message.params) from bad
        return value


class _Places:
    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

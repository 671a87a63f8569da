"""A rating: so many of a few stars."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from runtime.fieldtypes.base import BadValue, Context
from runtime.fieldtypes.number import NumberType, loose
from runtime.i18n import N_

_MARKS = re.compile(r"[★⭐❤♥👍🔥]\ufe0f?")
_EMPTY_MARKS = re.compile(r"[☆♡\s]")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*\d+|分|星|颗星)")


class RatingType(NumberType):
    """A whole number from 1 to the field's ``maximum``; none given is an empty cell."""

    name = "rating"
    label = N_("评分")
    icon = "star"
    description = N_("用几颗星打分,如质量、紧急程度")

    def parse(self, config: Any, value: Any, context: Context) -> Decimal | None:
        number = super().parse(_Whole, value, context)
        return self._within(config, number)

    def repair(self, config: Any, value: Any, context: Context) -> Decimal | None:
        if isinstance(value, str):
            marks = len(_MARKS.findall(value))
            if not _EMPTY_MARKS.sub("", _MARKS.sub("", value)) and value.strip():
                return self._within(config, Decimal(marks))
            share = _SHARE.fullmatch(value.strip())
            value = share[1] if share else value
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return self._within(config, loose(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))

    @staticmethod
    def _within(config: Any, number: Decimal | None) -> Decimal | None:
        if number is None or number == 0:
            return None
        if not 1 <= number <= config.maximum:
            raise BadValue(N_("评分是 1 到 {max} 的整数"), max=config.maximum)
        return number

    def rounded(self, config: Any, number: Decimal) -> Decimal:
        if number != number.to_integral_value():
            raise BadValue(N_("评分只能是整数"))
        return number.quantize(Decimal(1))

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return "" if stored is None else str(int(stored))


class _Whole:
    decimals = 0

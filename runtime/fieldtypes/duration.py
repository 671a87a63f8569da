"""Durations: stored as whole seconds, typed and shown as people write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from piccolo.querystring import QueryString

from runtime.errors import InvalidInput
from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context
from runtime.fieldtypes.number import NumberType, exact
from runtime.i18n import N_

MOST = 36_525 * 86_400
"""A hundred years, in seconds."""

_NUMBER = r"(\d+(?:\.\d+)?)\s*"
_WORDS = re.compile(
    rf"(?:{_NUMBER}(?:weeks?|wks?|w|周|星期))?\s*(?:{_NUMBER}(?:days?|d|天|日))?\s*"
    rf"(?:{_NUMBER}(?:hours?|hrs?|hr|h|小时|个小时|个钟头?|时))?\s*"
    rf"(?:{_NUMBER}(?:minutes?|mins?|min|m|分钟|分))?\s*(?:{_NUMBER}(?:seconds?|secs?|sec|s|秒钟?))?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d+):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?")
_HALVES = (
    ("个半小时", ".5小时"),
    ("半个小时", "30分"),
    ("半小时", "30分"),
    ("半天", "12小时"),
    ("一刻钟", "15分"),
)
_UNITS = (604_800, 86_400, 3600, 60, 1)


class DurationType(NumberType):
    """A length of time. A bare number is seconds on the wire; typed, it counts in the format's smallest unit."""

    name = "duration"
    label = N_("时长")
    icon = "timer"
    description = N_("用了多久,可写 1:30、90m、1小时30分")

    def parse(self, config: Any, value: Any, context: Context) -> Decimal | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, timedelta):
            return self._whole(Decimal(str(value.total_seconds())))
        if isinstance(value, time):
            return self._whole(Decimal(value.hour * 3600 + value.minute * 60 + value.second))
        if isinstance(value, str):
            return self._whole(self._typed(config, value))
        return self._whole(exact(value))

    def repair(self, config: Any, value: Any, context: Context) -> Decimal | None:
        return self.parse(config, value, context)

    @staticmethod
    def _whole(seconds: Decimal) -> Decimal:
        if not 0 <= seconds <= MOST:
            raise BadValue(N_("时长应在 0 到 100 年之间"))
        return seconds.quantize(Decimal(1), rounding=ROUND_HALF_UP)

    @staticmethod
    def _typed(config: Any, typed: str) -> Decimal:
        text = unicodedata.normalize("NFKC", typed).strip().replace(",", "")
        for words, plain in _HALVES:
            text = text.replace(words, plain)
        if re.fullmatch(r"\d{1,12}(\.\d+)?", text):
            return Decimal(text) * (1 if config.format == "h:mm:ss" else 60)
        clock = _CLOCK.fullmatch(text)
        if clock is not None:
            first, second, third = Decimal(clock[1]), Decimal(clock[2]), clock[3]
            if second >= 60 or (third is not None and Decimal(third) >= 60):
                raise BadValue(N_("「{value}」里的分和秒要小于 60"), value=typed[:40])
            return first * 3600 + second * 60 + Decimal(third or 0)
        words_found = _WORDS.fullmatch(text)
        if words_found is None or not any(words_found.groups()):
            raise BadValue(N_("「{value}」不是时长,应像 1:30、90m 或 1小时30分"), value=typed[:40])
        parts = zip(words_found.groups(), _UNITS, strict=True)
        return sum((Decimal(part) * unit for part, unit in parts if part), Decimal(0))

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return "" if stored is None else written(int(stored), config.format)

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op not in EMPTY_OPERATORS:
            try:
                if isinstance(value, list | tuple):
                    value = [self.parse(config, item, context) for item in value]
                else:
                    value = self.parse(config, value, context)
            except BadValue as bad:
                raise InvalidInput(bad.message.msgid, code="bad_operand", **bad.message.params) from bad
        return super().condition(config, column, op, value, context)


def written(seconds: int, form: str) -> str:
    """``seconds`` in one of the formats; what a format cannot show (seconds in ``h:mm``) is told all the same."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if form == "words":
        parts = ((hours, "小时"), (minutes, "分"), (rest, "秒"))
        return "".join(f"{count}{unit}" for count, unit in parts if count) or "0分"
    if form == "h:mm" and not rest:
        return f"{hours}:{minutes:02}"
    return f"{hours}:{minutes:02}:{rest:02}"

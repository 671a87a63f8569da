"""JSON: any value, checked and kept as text, so that nothing of it is lost."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

from piccolo.querystring import QueryString

from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context, FieldType
from runtime.fieldtypes.text import text_condition
from runtime.i18n import N_

MOST_CHARACTERS = 100_000
MOST_LEVELS = 60
_SAFE = 2**53


class JsonType(FieldType):
    """JSON. On the wire the value itself; its text where it is a text, or holds a number that browsers cannot hold."""

    name = "json"
    label = N_("JSON")
    icon = "braces"
    description = N_("接口传来的结构化数据,保存时检查格式")
    operators = ("contains", "not_contains", *EMPTY_OPERATORS)
    aggregates = ("count", "count_filled", "count_empty")
    searchable = True
    sortable = False
    groupable = False

    def sql_type(self, config: Any) -> str:
        return "text"

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, str):
            if len(value) > MOST_CHARACTERS * 2:
                raise _too_long(len(value))
            value = _read(value)
            if value is None:
                return None
        return _written(value)

    def to_wire(self, config: Any, stored: Any) -> Any:
        if stored is None:
            return None
        value = json.loads(stored)
        return stored if isinstance(value, str) or not _safe(value) else value

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return stored or ""

    def to_history(self, config: Any, stored: Any) -> Any:
        return stored

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op in ("contains", "not_contains"):
            found = text_condition(column, op, value)
            if found is not None:
                return found
        return super().condition(config, column, op, value, context)


def _read(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BadValue(
            N_("JSON 写得不对:第 {line} 行第 {column} 个字附近"), line=error.lineno, column=error.colno
        ) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, BadJson):
            raise BadValue(N_("JSON 里不能有 {word}"), word=error.args[0]) from None
        raise BadValue(N_("JSON 嵌套太深或数字太长")) from None


class BadJson(ValueError):
    """A word of JavaScript that is not JSON, such as NaN."""


def _no_constant(word: str) -> Any:
    raise BadJson(word)


def _written(value: Any) -> str:
    _check(value, 1)
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=_plain)
        text.encode()
    except UnicodeEncodeError:
        raise BadValue(N_("JSON 里有不完整的字符")) from None
    except (TypeError, ValueError):
        raise BadValue(N_("要填 JSON")) from None
    if len(text) > MOST_CHARACTERS:
        raise _too_long(len(text))
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError


def _too_long(length: int) -> BadValue:
    return BadValue(N_("最多 {max} 个字,现在有 {length} 个"), max=MOST_CHARACTERS, length=length)


def _check(value: Any, level: int) -> None:
    """Refuse what JSON has not: endless numbers, keys that are no text; and too many levels."""
    if level > MOST_LEVELS:
        raise BadValue(N_("JSON 嵌套太深或数字太长"))
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValue(N_("JSON 嵌套太深或数字太长"))
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise BadValue(N_("要填 JSON"))
        for item in value.values():
            _check(item, level + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, level + 1)


def _safe(value: Any) -> bool:
    """Whether a browser that reads the value holds every number as it is."""
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) < _SAFE
    if isinstance(value, dict):
        return all(_safe(item) for item in value.values())
    return all(_safe(item) for item in value) if isinstance(value, list) else True

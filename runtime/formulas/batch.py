"""``huobiao formula eval``: an expression and JSON values in, JSON out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

import msgspec

from runtime.errors import InvalidInput
from runtime.formulas import moments
from runtime.formulas.checker import check
from runtime.formulas.evaluator import DEFAULT_ZONE, evaluate
from runtime.formulas.problems import FormulaRejected
from runtime.formulas.types import (
    BLANK,
    BOOLEAN,
    DATE,
    DATETIME,
    LIST,
    NUMBER,
    TEXT,
    FieldInfo,
    FormulaError,
    Value,
    ValueType,
)
from runtime.i18n import N_, Message

_ISO_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_ISO_MOMENT = re.compile(
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?\Z", re.ASCII
)
_encoder = msgspec.json.Encoder(decimal_format="number")


class _Line(msgspec.Struct):
    expression: str
    values: dict[str, Any] = {}


_decoder = msgspec.json.Decoder(_Line, float_hook=Decimal)


def compute(
    expression: str,
    values: Mapping[str, Any] | None = None,
    *,
    now: datetime | None = None,
    zone: tzinfo | None = None,
) -> tuple[ValueType, Value | FormulaError]:
    """The type of an expression and its value over JSON values by field name.

    The type of a field is read off its value: strings that are ISO dates or date-times are dates, null fits any type.
    Raises :class:`FormulaRejected` for an expression that cannot be understood.
    """
    typed = {name: _typed(value) for name, value in (values or {}).items()}
    fields = {name: FieldInfo(name, type_, digits=40, scale=30) for name, (type_, _) in typed.items()}
    checked = check(expression, fields, keep_mixed=True)
    given = {name: value for name, (_, value) in typed.items()}
    return checked.type, evaluate(checked, given, now=now, zone=zone or DEFAULT_ZONE)


def evaluate_json(
    expression: str,
    values: Mapping[str, Any] | None = None,
    *,
    now: datetime | None = None,
    zone: tzinfo | None = None,
    say: Callable[[Message], str] = Message.text,
) -> dict[str, Any]:
    """Evaluate over JSON values (see :func:`compute`): ``{"value": …}``, or ``{"error": code, …}``.

    A number is answered as int or ``Decimal`` (encode it as a JSON number), a date as ISO 8601 text by the clock of
    ``zone``, blank as null, or as "" where the formula is a text. Errors of evaluation are ``#DIV/0!`` and so on; for an
    expression that cannot be understood the error is ``#NAME?`` (unknown function), ``#REF!`` (unknown field) or
    ``#ERROR!``, with ``code``, ``message`` (worded by ``say``) and ``position`` (from 1).
    """
    try:
        type_, result = compute(expression, values, now=now, zone=zone)
    except FormulaRejected as rejected:
        error = {"formula_name": "#NAME?", "formula_field": "#REF!"}.get(rejected.error_code, "#ERROR!")
        return {
            "error": error, "code": rejected.error_code, "message": say(rejected.message), "position": rejected.start + 1,
        }  # fmt: skip
    if isinstance(result, FormulaError):
        return {"error": result.code}
    return {"value": "" if result is None and type_ is TEXT else json_value(result, zone or DEFAULT_ZONE)}


def evaluate_line(line: str | bytes, say: Callable[[Message], str] = Message.text) -> bytes:
    """One line of ``--batch``: ``{"expression": …, "values": {…}}`` in, the answer of :func:`evaluate_json` out.

    Raises :class:`~runtime.errors.InvalidInput` for a line that is not of that form.
    """
    try:
        request = _decoder.decode(line)
    except msgspec.DecodeError as bad:
        raise InvalidInput(
            N_('这一行不是 {{"expression": …, "values": …}} 形式的 JSON:{why}'), code="bad_line", why=str(bad)
        ) from bad
    return encode(evaluate_json(request.expression, request.values, say=say))


def encode(answer: Mapping[str, Any]) -> bytes:
    """An answer as JSON, exact decimals as JSON numbers."""
    return _encoder.encode(answer)


def json_value(value: Value, zone: tzinfo) -> Any:
    """A value as JSON knows it; date-times by the clock of ``zone``."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, datetime):
        return moments.wall_clock(value, zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return list(value)


def _typed(value: Any) -> tuple[ValueType, Any]:
    """The type of a JSON value in formulas, and the value."""
    if isinstance(value, bool):
        return BOOLEAN, value
    if isinstance(value, int | float | Decimal):
        return NUMBER, value
    if isinstance(value, list | tuple):
        return LIST, [item if isinstance(item, str) else encode_item(item) for item in value]
    if isinstance(value, str):
        try:
            if _ISO_DAY.match(value):
                return DATE, date.fromisoformat(value)
            if _ISO_MOMENT.match(value):
                return DATETIME, datetime.fromisoformat(value)
        except ValueError:
            return TEXT, value
    return (BLANK, None) if value is None else (TEXT, str(value))


def encode_item(item: Any) -> str:
    """An item of a list as text."""
    return "" if item is None else msgspec.json.encode(item).decode()

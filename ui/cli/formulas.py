"""``huobiao formula eval``: the formula language on the command line, one at a time or many."""

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
import msgspec

from runtime.errors import HuobiaoError, InvalidInput
from runtime.i18n import N_
from ui.cli.language import _, sentence

if TYPE_CHECKING:
    from runtime.formulas import FormulaError, Value, ValueType


class Task(msgspec.Struct, frozen=True):
    """One line of a batch."""

    expression: str
    values: dict[str, Any] = {}


_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?")
_task = msgspec.json.Decoder(Task, float_hook=Decimal)
_values = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@click.group(help=_(N_("公式语言。")))
def formula() -> None:
    """Formulas."""


@formula.command(
    "eval", help=_(N_('计算公式。--batch 时从标准输入逐行读 JSON,逐行写出 {"value"} 或 {"error"}。'))
)
@click.argument("expression", required=False)
@click.option(
    "--values", "values_json", metavar="JSON", default="{}", help=_(N_('字段的值,例如 {"数量": 2}'))
)
@click.option("--batch", is_flag=True, help=_(N_('每行一个 {"expression": …, "values": {…}}')))
@click.option("--data", hidden=True, help="")  # taken like everywhere; nothing is stored
def evaluate(expression: str | None, values_json: str, batch: bool, data: str | None) -> None:
    """Compute one formula, or one per line."""
    if batch:
        for line in sys.stdin:
            if line.strip():
                click.echo(_answer(line))
                sys.stdout.flush()
        return
    if expression is None:
        raise click.UsageError(_(N_("请写上要计算的公式,或用 --batch")))
    try:
        values = _values.decode(values_json)
    except msgspec.DecodeError as error:
        raise InvalidInput(N_("--values 不是 JSON 对象:{reason}"), reason=str(error)) from error
    click.echo(_shown(compute(expression, values)))


def compute(expression: str, values: dict[str, Any]) -> Value | FormulaError:
    """The value of ``expression``, where ``values`` are wire values by field name.

    The type of a field is read off its value; ISO dates and moments are dates and moments. Raises
    :class:`~runtime.formulas.FormulaRejected` when the text is no formula.
    """
    from runtime.formulas import FieldInfo, check, evaluate

    names = {f"fld{number:014d}": name for number, name in enumerate(values)}
    typed = {id_: _typed(values[name]) for id_, name in names.items()}
    fields = {id_: FieldInfo(name, typed[id_][0]) for id_, name in names.items()}
    checked = check(expression, fields, keep_mixed=True)
    return evaluate(checked, {id_: value for id_, (_type, value) in typed.items()})


def _typed(value: Any) -> tuple[ValueType, Any]:
    """The type of a wire value, and the value as formulas take it."""
    from runtime.formulas import ValueType

    if isinstance(value, bool):
        return ValueType.BOOLEAN, value
    if isinstance(value, int | Decimal):
        return ValueType.NUMBER, Decimal(value)
    if isinstance(value, list):
        return ValueType.LIST, tuple(str(item) for item in value)
    if isinstance(value, str):
        return _moment(value) or (ValueType.TEXT, value)
    if value is None:
        return ValueType.BLANK, None
    raise InvalidInput(N_("字段的值只能是数、文字、真假、空或它们的列表"))


def _moment(text: str) -> tuple[ValueType, date | datetime] | None:
    """``2026-01-31`` as a date, ``2026-01-31T08:00:00+08:00`` as a moment; None for any other text."""
    from runtime.formulas import ValueType

    if not _ISO.fullmatch(text):
        return None
    try:
        if len(text) == len("2026-01-31"):
            return ValueType.DATE, date.fromisoformat(text)
        return ValueType.DATETIME, datetime.fromisoformat(text)
    except ValueError:
        return None


def _answer(line: str) -> str:
    try:
        task = _task.decode(line)
        value = compute(task.expression, task.values)
    except HuobiaoError as error:
        return _json({"error": sentence(error.message), "code": error.error_code})
    except msgspec.DecodeError as error:
        return _json({"error": _(N_("这一行不是 JSON:{reason}"), reason=str(error)), "code": "bad_line"})
    if _is_error(value):
        return _json({"error": str(value)})
    if isinstance(value, datetime):
        return _json({"value": value.astimezone(UTC).isoformat().replace("+00:00", "Z")})
    return _json({"value": value})


def _json(answer: dict[str, Any]) -> str:
    return msgspec.json.Encoder(decimal_format="number").encode(answer).decode()


def _is_error(value: object) -> bool:
    from runtime.formulas import FormulaError

    return isinstance(value, FormulaError)


def _shown(value: Value | FormulaError) -> str:
    """A value for a person's eyes; blank is an empty line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return ", ".join(value) if isinstance(value, tuple) else str(value)

"""``huobiao formula eval``: the formula language on the command line, one at a time or many."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
import msgspec

from runtime.errors import HuobiaoError, InvalidInput
from runtime.i18n import N_
from ui.cli.language import _, sentence

if TYPE_CHECKING:
    from runtime.formulas import FormulaError, Value

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
    from runtime.formulas.batch import compute

    click.echo(_shown(compute(expression, values)[1]))


def _answer(line: str) -> str:
    from runtime.formulas.batch import evaluate_line

    try:
        return evaluate_line(line, sentence).decode()
    except HuobiaoError as error:
        return msgspec.json.encode({"error": sentence(error.message), "code": error.error_code}).decode()


def _is_error(value: object) -> bool:
    from runtime.formulas import FormulaError

    return isinstance(value, FormulaError)


def _shown(value: Value | FormulaError) -> str:
    """A value for a person's eyes; blank is an empty line."""
    from runtime.formulas.batch import json_value
    from runtime.formulas.evaluator import DEFAULT_ZONE

    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return str(json_value(value, DEFAULT_ZONE))
    return ", ".join(value) if isinstance(value, tuple) else str(value)

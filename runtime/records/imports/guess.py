"""What kind of value each column of a file seems to hold: content first, helped by the header.

Pure functions over a sample. A guess is a proposal that a person sees and may correct; it always says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import msgspec

from runtime.i18n import N_, Message
from runtime.records.imports.cells import Cell, SourceRow, show
from runtime.records.imports.dates import ORDER_NAMES, DateOrder, OrderVerdict, decide_order
from runtime.records.imports.guess_rules import Column, first_match, guess_empty
from runtime.records.imports.tabular import SAMPLE_ROWS, Sheet
from runtime.records.imports.vocabulary import Kind

__all__ = ["ColumnGuess", "guess_columns", "guess_sheet"]

_EXAMPLES = 4
_LONG = 60


class ColumnGuess(msgspec.Struct, frozen=True, kw_only=True):
    """What a column seems to be.

    ``confidence`` from 0 to 1. ``options``: for selects, the values found, commonest first. ``date_order``: how to
    read dates that are all numbers (``10/2/2017``), nothing if there are none; ``order_ambiguous``: the file does not
    tell. ``decimals`` and ``currency`` (ISO 4217) for numbers and money. ``hundredths``: bare numbers of a percent
    column are percent (8.5 means 8.5 %). ``seconds``: times of day carry seconds.
    """

    column: int
    name: str
    kind: Kind
    confidence: float
    reason: Message
    example_values: tuple[str, ...] = ()
    empty_share: float = 0.0
    options: tuple[str, ...] | None = None
    date_order: DateOrder | None = None
    order_ambiguous: bool = False
    decimals: int | None = None
    currency: str | None = None
    hundredths: bool = False
    seconds: bool = False


def guess_sheet(sheet: Sheet, limit: int = SAMPLE_ROWS) -> list[ColumnGuess]:
    """Guess every column of ``sheet`` from its first ``limit`` rows.

    Where they leave open whether the day or the month comes first, the rest of the sheet is asked, then the other
    columns: one file writes its dates one way.
    """
    guesses = guess_columns(sheet.headers, sheet.sample(limit), sheet.number_formats)
    if sheet.row_estimate > limit:
        guesses = [
            _with_order(guess, _decide_in(sheet, guess)) if guess.order_ambiguous else guess
            for guess in guesses
        ]
    decided = {guess.date_order for guess in guesses if guess.date_order and not guess.order_ambiguous}
    if len(decided) != 1:
        return guesses
    verdict = OrderVerdict(decided.pop() or "ymd", ambiguous=False)
    return [
        _with_order(guess, verdict, by_others=True) if guess.order_ambiguous else guess for guess in guesses
    ]


def guess_columns(
    headers: Sequence[str], rows: Sequence[SourceRow], number_formats: Sequence[str | None] = ()
) -> list[ColumnGuess]:
    """Guess every column from sample rows; ``number_formats`` are spreadsheet formats per column, if known."""
    guesses = []
    for index, header in enumerate(headers):
        cells = [row.cells[index] if index < len(row.cells) else None for row in rows]
        number_format = number_formats[index] if index < len(number_formats) else None
        guesses.append(_guess_column(index, header, cells, number_format or ""))
    return guesses


def _guess_column(index: int, header: str, cells: Sequence[Cell], number_format: str) -> ColumnGuess:
    column = Column(header, cells, number_format)
    found = guess_empty(column) if not column.present else first_match(column)
    examples = dict.fromkeys(show(cell).strip()[:_LONG] for cell in column.present)
    return ColumnGuess(
        column=index,
        name=header,
        kind=found.kind,
        confidence=round(found.confidence, 2),
        reason=found.reason,
        example_values=tuple(islice(examples, _EXAMPLES)),
        empty_share=round(1 - len(column.present) / len(cells), 3) if cells else 1.0,
        options=found.options,
        date_order=found.order.order if found.order else None,
        order_ambiguous=found.order.ambiguous if found.order else False,
        decimals=found.decimals,
        currency=found.currency,
        hundredths=found.hundredths,
        seconds=found.seconds,
    )


def _decide_in(sheet: Sheet, guess: ColumnGuess) -> OrderVerdict | None:
    return decide_order(row.cells[guess.column] for row in sheet.rows())


def _with_order(guess: ColumnGuess, verdict: OrderVerdict | None, *, by_others: bool = False) -> ColumnGuess:
    if verdict is None or verdict.ambiguous:
        return guess
    order = Message(ORDER_NAMES[verdict.order])
    reason = (
        N_("别的日期列按「{order}」的顺序写,这一列也按它读") if by_others else N_("日期按「{order}」的顺序写")
    )
    return msgspec.structs.replace(
        guess,
        date_order=verdict.order,
        order_ambiguous=False,
        confidence=0.9,
        reason=Message(reason, {"order": order}),
    )

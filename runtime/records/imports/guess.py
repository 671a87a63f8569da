"""What kind of value each column of a file seems to hold: content first, helped by the header.

Pure functions over a sample. A guess is a proposal that a person sees and may correct; it always says why.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from itertools import islice

import msgspec

from runtime.i18n import N_, Message
from runtime.records.imports import values
from runtime.records.imports.cells import Cell, CellError, SourceRow, show
from runtime.records.imports.dates import (
    ORDER_NAMES,
    SERIAL_DAYS,
    DateOrder,
    OrderVerdict,
    decide_order,
    looks_like_date,
    read_moment,
)
from runtime.records.imports.tabular import SAMPLE_ROWS, Sheet
from runtime.records.imports.unreadable import Unreadable
from runtime.records.imports.vocabulary import Hint, Kind, hint_of

KIND_NAMES: dict[Kind, str] = {
    "text": N_("文本"),
    "long_text": N_("多行文本"),
    "number": N_("数字"),
    "currency": N_("金额"),
    "percent": N_("百分比"),
    "checkbox": N_("勾选"),
    "date": N_("日期"),
    "datetime": N_("日期时间"),
    "single_select": N_("单选"),
    "multi_select": N_("多选"),
    "phone": N_("手机号"),
    "email": N_("邮箱"),
    "url": N_("网址"),
}

_SURE, _WITH_HINT = 0.95, 0.7  # the share of cells that must fit, without and with a header that says so
_EXAMPLES = 4
_MAX_OPTIONS, _MAX_OPTIONS_WITH_HINT = 40, 60
_OPTION_LENGTH = 30
_LONG = 60
_IDENTIFIER_DIGITS = 12
_MAX_DECIMALS = 10


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


class _Found(msgspec.Struct, kw_only=True):
    kind: Kind
    confidence: float
    reason: Message
    options: tuple[str, ...] | None = None
    order: OrderVerdict | None = None
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
    column = _Column(header, cells, number_format)
    found = _guess_empty(column) if not column.present else _first_match(column)
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


class _Column:
    """The filled cells of a column and what can be asked of them. Shares are of filled cells."""

    def __init__(self, header: str, cells: Sequence[Cell], number_format: str) -> None:
        self.header = header
        self.hint: Hint | None = hint_of(header)
        self.number_format = number_format
        self.present = [
            cell for cell in cells if not values.is_missing(cell) and not isinstance(cell, CellError)
        ]
        self.texts = [cell.strip() for cell in self.present if isinstance(cell, str)]
        self.marked = [unicodedata.normalize("NFKC", text) for text in self.texts]
        self.counts = Counter(show(cell).strip() for cell in self.present)

    def share(self, reads: Callable[[Cell], object]) -> float:
        """The share of cells that ``reads`` (one of :mod:`values`) can read."""
        good = 0
        for cell in self.present:
            try:
                good += reads(cell) is not None
            except Unreadable:
                continue
        return good / len(self.present)

    def share_of(self, holds: Callable[[Cell], bool]) -> float:
        """The share of cells for which ``holds`` is true."""
        return sum(map(holds, self.present)) / len(self.present)

    @cached_property
    def numbers(self) -> list[Decimal]:
        """The cells that are numbers or read as such."""
        read = []
        for cell in self.present:
            try:
                number = values.to_decimal(cell)
            except Unreadable:
                continue
            if number is not None:
                read.append(number)
        return read

    def enough(self, share: float, *hints: Hint) -> bool:
        """Whether ``share`` of fitting cells is enough, given what the header says."""
        return share >= (_WITH_HINT if self.hint in hints else _SURE)


def _first_match(column: _Column) -> _Found:
    for rule in (_as_checkbox, _as_moment, _as_contact, _as_number, _as_choice, _as_long_text):
        if found := rule(column):
            return found
    return _Found(kind="text", confidence=0.6, reason=Message(N_("内容是各不相同的短文字")))


def _guess_empty(column: _Column) -> _Found:
    kind: Kind = "text" if column.hint in (None, "identifier") else column.hint  # type: ignore[assignment]
    if kind in ("single_select", "multi_select"):
        kind = "text"
    return _Found(kind=kind, confidence=0.3, reason=Message(N_("这一列是空的,只能按列名猜")))


def _as_checkbox(column: _Column) -> _Found | None:
    if column.share_of(lambda cell: isinstance(cell, bool)) >= _SURE:
        return _Found(kind="checkbox", confidence=1.0, reason=_content("checkbox", 1.0))
    share = column.share(values.to_bool)
    words = [text for text in column.texts if text not in ("0", "1")]
    if share >= 0.98 and (column.hint == "checkbox" or len(words) == len(column.present)):
        return _Found(
            kind="checkbox",
            confidence=0.9 if len(column.counts) > 1 else 0.7,
            reason=_content("checkbox", share),
        )
    return None


def _as_moment(column: _Column) -> _Found | None:
    order = decide_order(column.texts)
    reading = order.order if order else "ymd"
    announced = column.hint in ("date", "datetime")

    def is_moment(cell: Cell) -> bool:
        if isinstance(cell, date):
            return True
        if isinstance(cell, str):
            if not (
                looks_like_date(cell) or _is_compact_date(cell) or (announced and cell.strip().isdigit())
            ):
                return False
        elif not announced or isinstance(cell, bool) or not isinstance(cell, int | Decimal):
            return False
        try:
            read_moment(cell, reading)
        except Unreadable:
            return False
        return True

    share = column.share_of(is_moment)
    if not column.enough(share, "date", "datetime"):
        return None
    moments = [read_moment(cell, reading) for cell in column.present if is_moment(cell)]
    clocks = [moment.clock for moment in moments if moment.clock is not None]
    timed = any(clock != time() for clock in clocks) or (bool(clocks) and column.hint == "datetime")
    kind: Kind = "datetime" if timed else "date"
    serials = column.share_of(lambda cell: isinstance(cell, int | Decimal) and int(cell) in SERIAL_DAYS) > 0.5
    return _Found(
        kind=kind,
        confidence=min(share, 0.7 if order and order.ambiguous else 1.0),
        reason=_about_order(order) if order else _about_serials() if serials else _content(kind, share),
        order=order,
        seconds=any(clock.second for clock in clocks),
    )


def _is_compact_date(text: str) -> bool:
    text = text.strip()
    return len(text) in (8, 12, 14) and text.isdigit() and "1990" <= text[:4] <= "2099"


def _as_contact(column: _Column) -> _Found | None:
    contacts: tuple[tuple[Kind, Callable[[Cell], object]], ...] = (
        ("phone", values.to_phone),
        ("email", values.to_email),
        ("url", values.to_url),
    )
    for kind, reads in contacts:
        share = column.share(reads)
        if column.enough(share, kind):
            return _Found(
                kind=kind, confidence=share, reason=_content(kind, share, header=column.hint == kind)
            )
    return None


def _as_number(column: _Column) -> _Found | None:
    share = len(column.numbers) / len(column.present)
    if not column.enough(share, "number", "currency", "percent"):
        return None
    if _names_things(column):
        return _Found(kind="text", confidence=0.8, reason=Message(N_("是编号一类的数字,按文本保存,不会丢位")))
    decimals = _usual_places(column.numbers)
    if percent := _as_percent(column, share, decimals):
        return percent
    currency = _currency(column)
    if currency is not None or column.hint == "currency":
        return _Found(
            kind="currency",
            confidence=share if currency else min(share, 0.9),
            reason=_content("currency", share, header=column.hint == "currency"),
            currency=currency or "CNY",
            decimals=max(decimals, 2),
        )
    return _Found(
        kind="number", confidence=min(share, 0.95), reason=_content("number", share), decimals=decimals
    )


def _as_percent(column: _Column, share: float, decimals: int) -> _Found | None:
    signs = sum("%" in text for text in column.marked) / len(column.present)
    formatted = "%" in column.number_format
    if signs < 0.5 and not formatted and column.hint != "percent":
        return None
    largest = max(map(abs, column.numbers), default=Decimal(0))
    hundredths = signs < 0.5 and not formatted and largest > 1
    if column.hint == "percent" and hundredths and largest > 100:  # a "rate" that is no share
        return None
    sure = signs >= 0.5 or formatted
    return _Found(
        kind="percent",
        confidence=share if sure else 0.6,
        reason=_content("percent", share, header=not sure),
        hundredths=hundredths,
        decimals=max(decimals if hundredths else decimals - 2, 0),
    )


def _names_things(column: _Column) -> bool:
    """Whether the numbers are names of things (codes, order numbers), which must not be treated as amounts."""
    if any(len(text) > 1 and text[0] == "0" and text.isdigit() for text in column.texts):
        return True
    whole = [show(cell).strip() for cell in column.present]
    digits = [text for text in whole if text.isdigit()]
    if any(len(text) >= _IDENTIFIER_DIGITS for text in digits):
        return True
    return column.hint == "identifier" and len(digits) == len(whole)


def _currency(column: _Column) -> str | None:
    """The ISO code of the money most amounts are marked with; nothing if fewer than half are marked."""
    found: Counter[str] = Counter()
    for text in column.marked:
        code = _mark_in(text)
        if code:
            found[code] += 1
    if found.total() * 2 >= len(column.present):
        return found.most_common(1)[0][0]
    return _mark_in(unicodedata.normalize("NFKC", column.number_format).replace("[$", ""))


def _mark_in(text: str) -> str | None:
    return next((code for mark, code in values.CURRENCY_MARKS.items() if mark in text), None)


def _as_choice(column: _Column) -> _Found | None:
    if column.hint in ("identifier", "long_text", "phone", "email", "url"):
        return None
    if any("\n" in text for text in column.counts) or len(column.texts) < len(column.present) * 0.8:
        return None
    total, different = len(column.present), len(column.counts)
    if max(map(len, column.counts)) <= _OPTION_LENGTH:
        announced = column.hint == "single_select"
        few = different <= max(total * 0.5, 3) if announced else total >= 10 and different <= total * 0.2
        if few and different <= (_MAX_OPTIONS_WITH_HINT if announced else _MAX_OPTIONS):
            options = tuple(text for text, _ in column.counts.most_common())
            return _Found(
                kind="single_select",
                confidence=0.9 if announced else 0.7,
                reason=Message(N_("{total} 行里只有 {n} 种取值"), {"total": total, "n": different}),
                options=options,
            )
    return _as_several_choices(column)


def _as_several_choices(column: _Column) -> _Found | None:
    parts: Counter[str] = Counter()
    several = 0
    for text in column.texts:
        pieces = values.to_options(text) or ()
        several += len(pieces) > 1
        parts.update(pieces)
    announced = column.hint == "multi_select"
    often = several >= len(column.present) * (0.1 if announced else 0.3)
    reused = parts.total() >= len(parts) * (2 if announced else 4)
    if not often or not reused or len(parts) > _MAX_OPTIONS or max(map(len, parts)) > _OPTION_LENGTH // 2:
        return None
    return _Found(
        kind="multi_select",
        confidence=0.8 if announced else 0.6,
        reason=Message(N_("每格有一到几个取值,一共 {n} 种"), {"n": len(parts)}),
        options=tuple(text for text, _ in parts.most_common()),
    )


def _as_long_text(column: _Column) -> _Found | None:
    if not column.texts:
        return None
    lengths = [len(text) for text in column.texts]
    long = any("\n" in text for text in column.texts) or sum(lengths) / len(lengths) > _LONG
    if long or column.hint == "long_text":
        reason = N_("内容较长或有换行") if long else N_("看列名像多行文本")
        return _Found(kind="long_text", confidence=0.8 if long else 0.7, reason=Message(reason))
    return None


def _content(kind: Kind, share: float, *, header: bool = False) -> Message:
    params = {"share": f"{share * 100:.0f}", "kind": Message(KIND_NAMES[kind])}
    if header:
        return Message(N_("列名像{kind},{share}% 的内容也合适"), params)
    return Message(N_("{share}% 的内容是{kind}"), params)


def _about_order(order: OrderVerdict) -> Message:
    if not order.ambiguous:
        return Message(N_("日期按「{order}」的顺序写"), {"order": Message(ORDER_NAMES[order.order])})
    other: DateOrder = "mdy" if order.order == "ymd" else "dmy"
    return Message(
        N_("日期先按「{order}」读,但也可能是「{other}」,文件里看不出来,请核对"),
        {"order": Message(ORDER_NAMES[order.order]), "other": Message(ORDER_NAMES[other])},
    )


def _about_serials() -> Message:
    return Message(N_("列名像日期,内容是 Excel 的日期序号"))


def _usual_places(numbers: Sequence[Decimal]) -> int:
    """Decimal places that suffice for 99 of 100 numbers; a few calculated leftovers do not count."""
    places = sorted(map(_places, numbers))
    return min(places[int((len(places) - 1) * 0.99)], _MAX_DECIMALS) if places else 0


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


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

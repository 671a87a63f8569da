"""The rules by which a column is guessed: each looks at the filled cells and says what they are, or nothing.

The rules are asked in order, from the most telling content to the least; plain text is what remains.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from functools import cached_property

import msgspec

from runtime.definitions.fields import Duration
from runtime.fieldtypes import BadValue, Context, registry
from runtime.i18n import N_, Message
from runtime.records.imports import values
from runtime.records.imports.cells import Cell, CellError, show
from runtime.records.imports.dates import (
    ORDER_NAMES,
    SERIAL_DAYS,
    DateOrder,
    OrderVerdict,
    decide_order,
    looks_like_date,
    read_moment,
)
from runtime.records.imports.unreadable import Unreadable
from runtime.records.imports.vocabulary import Hint, Kind, hint_of

_SURE, _WITH_HINT = 0.95, 0.7  # the share of cells that must fit, without and with a header that says so
_MAX_OPTIONS, _MAX_OPTIONS_WITH_HINT = 40, 60
_OPTION_LENGTH = 30
_LONG = 60
_IDENTIFIER_DIGITS = 12
_MAX_DECIMALS = 10
_UNITS = re.compile(
    r"\d\s*(?:个?半?小时|分钟|个?钟头?|hours?\b|hrs?\b|min(?:ute)?s?\b|h\s*\d+\s*m)", re.IGNORECASE
)


def kind_name(kind: Kind) -> Message:
    """What people call a kind: the label of the field type of that name."""
    return Message(registry.get_by_name(kind).label)


class Found(msgspec.Struct, kw_only=True):
    """What a rule found; the parts are those of :class:`guess.ColumnGuess`."""

    kind: Kind
    confidence: float
    reason: Message
    options: tuple[str, ...] | None = None
    order: OrderVerdict | None = None
    decimals: int | None = None
    currency: str | None = None
    hundredths: bool = False
    seconds: bool = False


class Column:
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


def first_match(column: Column) -> Found:
    """Ask the rules in order."""
    for rule in (_as_checkbox, _as_duration, _as_moment, _as_contact, _as_number, _as_choice, _as_long_text):
        if found := rule(column):
            return found
    return Found(kind="text", confidence=0.6, reason=Message(N_("内容是各不相同的短文字")))


def guess_empty(column: Column) -> Found:
    """Guess a column without any value, from its header alone."""
    kind: Kind = "text" if column.hint in (None, "identifier") else column.hint  # type: ignore[assignment]
    if kind in ("single_select", "multi_select"):
        kind = "text"
    return Found(kind=kind, confidence=0.3, reason=Message(N_("这一列是空的,只能按列名猜")))


def _as_checkbox(column: Column) -> Found | None:
    if column.share_of(lambda cell: isinstance(cell, bool)) >= _SURE:
        return Found(kind="checkbox", confidence=1.0, reason=_content("checkbox", 1.0))
    share = column.share(values.to_bool)
    words = [text for text in column.texts if text not in ("0", "1")]
    if share >= 0.98 and (column.hint == "checkbox" or len(words) == len(column.present)):
        return Found(
            kind="checkbox",
            confidence=0.9 if len(column.counts) > 1 else 0.7,
            reason=_content("checkbox", share),
        )
    return None


def _as_duration(column: Column) -> Found | None:
    """Lengths of time: written with units of hours or minutes, or as clocks under a header that says so."""
    announced = column.hint == "duration"
    config = Duration("h:mm:ss")
    kind, context = registry.get(config), Context()

    def is_duration(cell: Cell) -> bool:
        if isinstance(cell, timedelta):
            return True
        if isinstance(cell, time):
            return announced
        if not isinstance(cell, str) or not ((announced and ":" in cell) or _UNITS.search(cell)):
            return False
        try:
            return kind.repair(config, cell, context) is not None
        except BadValue:
            return False

    share = column.share_of(is_duration)
    if not column.enough(share, "duration"):
        return None
    lengths = [kind.repair(config, cell, context) for cell in column.present if is_duration(cell)]
    return Found(
        kind="duration",
        confidence=share,
        reason=_content("duration", share, header=announced),
        seconds=any(length % 60 for length in lengths),
    )


def _as_moment(column: Column) -> Found | None:
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
    return Found(
        kind=kind,
        confidence=min(share, 0.7 if order and order.ambiguous else 1.0),
        reason=about_order(order) if order else _about_serials() if serials else _content(kind, share),
        order=order,
        seconds=any(clock.second for clock in clocks),
    )


def _is_compact_date(text: str) -> bool:
    text = text.strip()
    return len(text) in (8, 12, 14) and text.isdigit() and "1990" <= text[:4] <= "2099"


def _as_contact(column: Column) -> Found | None:
    contacts: tuple[tuple[Kind, Callable[[Cell], object]], ...] = (
        ("phone", values.to_phone),
        ("email", values.to_email),
        ("url", values.to_url),
    )
    for kind, reads in contacts:
        share = column.share(reads)
        if column.enough(share, kind):
            return Found(
                kind=kind, confidence=share, reason=_content(kind, share, header=column.hint == kind)
            )
    return None


def _as_number(column: Column) -> Found | None:
    share = len(column.numbers) / len(column.present)
    if not column.enough(share, "number", "currency", "percent"):
        return None
    if _names_things(column):
        return Found(kind="text", confidence=0.8, reason=Message(N_("是编号一类的数字,按文本保存,不会丢位")))
    decimals = _usual_places(column.numbers)
    if percent := _as_percent(column, share, decimals):
        return percent
    currency = _currency(column)
    if currency is not None or column.hint == "currency":
        return Found(
            kind="currency",
            confidence=share if currency else min(share, 0.9),
            reason=_content("currency", share, header=column.hint == "currency"),
            currency=currency or "CNY",
            decimals=max(decimals, 2),
        )
    return Found(
        kind="number", confidence=min(share, 0.95), reason=_content("number", share), decimals=decimals
    )


def _as_percent(column: Column, share: float, decimals: int) -> Found | None:
    signs = sum("%" in text for text in column.marked) / len(column.present)
    formatted = "%" in column.number_format
    if signs < 0.5 and not formatted and column.hint != "percent":
        return None
    largest = max(map(abs, column.numbers), default=Decimal(0))
    hundredths = signs < 0.5 and not formatted and largest > 1
    if column.hint == "percent" and hundredths and largest > 100:  # a "rate" that is no share
        return None
    sure = signs >= 0.5 or formatted
    return Found(
        kind="percent",
        confidence=share if sure else 0.6,
        reason=_content("percent", share, header=not sure),
        hundredths=hundredths,
        decimals=max(decimals if hundredths else decimals - 2, 0),
    )


def _names_things(column: Column) -> bool:
    """Whether the numbers are names of things (codes, order numbers), which must not be treated as amounts."""
    if any(len(text) > 1 and text[0] == "0" and text.isdigit() for text in column.texts):
        return True
    whole = [show(cell).strip() for cell in column.present]
    digits = [text for text in whole if text.isdigit()]
    if any(len(text) >= _IDENTIFIER_DIGITS for text in digits):
        return True
    return column.hint == "identifier" and len(digits) == len(whole)


def _currency(column: Column) -> str | None:
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


def _as_choice(column: Column) -> Found | None:
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
            return Found(
                kind="single_select",
                confidence=0.9 if announced else 0.7,
                reason=Message(N_("{total} 行里只有 {n} 种取值"), {"total": total, "n": different}),
                options=options,
            )
    return _as_several_choices(column)


def _as_several_choices(column: Column) -> Found | None:
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
    return Found(
        kind="multi_select",
        confidence=0.8 if announced else 0.6,
        reason=Message(N_("每格有一到几个取值,一共 {n} 种"), {"n": len(parts)}),
        options=tuple(text for text, _ in parts.most_common()),
    )


def _as_long_text(column: Column) -> Found | None:
    if not column.texts:
        return None
    lengths = [len(text) for text in column.texts]
    long = any("\n" in text for text in column.texts) or sum(lengths) / len(lengths) > _LONG
    if long or column.hint == "long_text":
        reason = N_("内容较长或有换行") if long else N_("看列名像多行文本")
        return Found(kind="long_text", confidence=0.8 if long else 0.7, reason=Message(reason))
    return None


def _content(kind: Kind, share: float, *, header: bool = False) -> Message:
    params = {"share": f"{share * 100:.0f}", "kind": kind_name(kind)}
    if header:
        return Message(N_("列名像{kind},{share}% 的内容也合适"), params)
    return Message(N_("{share}% 的内容是{kind}"), params)


def about_order(order: OrderVerdict) -> Message:
    """Say in which order dates are read, and whether that is certain."""
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
    return min(places[math.ceil(len(places) * 0.99) - 1], _MAX_DECIMALS) if places else 0


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0

"""Who reads a page: language, time zone, theme, and how numbers, money and dates look to them.

The language is the signed-in person's setting, else the cookie ``hb_language``, else the browser's ``Accept-Language``,
else Chinese. Theme and the folded rail belong to the device and are cookies that the browser sets.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates, numbers
from babel.core import Locale

from runtime.i18n import DEFAULT_LANGUAGE, LANGUAGES, Translator
from ui.locale import catalogue

LOCALES = {"zh": "zh_CN", "en": "en_US"}
HTML_LANGUAGES = {"zh": "zh-CN", "en": "en"}
DEFAULT_TIME_ZONE = "Asia/Shanghai"

_SHORT_DAY = {"zh": "MM-dd", "en": "MMM d"}
_LONG_DAY = {"zh": "yyyy-MM-dd", "en": "MMM d, yyyy"}


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Language and looks for one person on one device."""

    language: str = DEFAULT_LANGUAGE
    time_zone: str = DEFAULT_TIME_ZONE
    theme: str = ""
    """``light``, ``dark``, or "" to follow the system."""
    rail_folded: bool = False

    @property
    def translator(self) -> Translator:
        """The reader's translator."""
        return catalogue.translator(self.language)

    @property
    def locale(self) -> Locale:
        """Babel's locale."""
        return Locale.parse(LOCALES[self.language])

    @property
    def html_language(self) -> str:
        """The value of ``<html lang>``."""
        return HTML_LANGUAGES[self.language]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which moments are shown."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(DEFAULT_TIME_ZONE)

    def text(self, msgid: str, **params: Any) -> str:
        """The sentence ``msgid`` in the reader's language, its ``{places}`` filled."""
        return self.translator.gettext(msgid, params)

    def number(self, value: Any, decimals: int | None = None) -> str:
        """``12,431`` or ``0.5``; exactly ``decimals`` places if given; "" for nothing."""
        amount = _decimal(value)
        if amount is None:
            return ""
        pattern = "#,##0.######" if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
        return str(numbers.format_decimal(amount, format=pattern, locale=self.locale))

    def money(self, value: Any, currency: str = "CNY", decimals: int = 2) -> str:
        """``¥1,299.00``; "" for nothing."""
        amount = _decimal(value)
        if amount is None:
            return ""
        sign = "-" if amount < 0 else ""
        symbol = numbers.get_currency_symbol(
            currency, locale=LOCALES["zh"] if currency == "CNY" else self.locale
        )
        return f"{sign}{symbol}{self.number(abs(amount), decimals)}"

    def percent(self, value: Any, decimals: int = 1) -> str:
        """0.125 → ``12.5%``; "" for nothing."""
        amount = _decimal(value)
        return "" if amount is None else f"{self.number(amount * 100, decimals)}%"

    def day(self, value: dt.date | dt.datetime | str | None) -> str:
        """``01-15``, with the year if it is not this one; "" for nothing."""
        moment = _moment(value)
        if moment is None:
            return ""
        day = moment.astimezone(self.zone).date() if isinstance(moment, dt.datetime) else moment
        return str(dates.format_date(day, format=self._day_pattern(day), locale=self.locale))

    def moment(self, value: dt.datetime | str | None, seconds: bool = False) -> str:
        """``01-15 08:26`` in the reader's zone, with the year if it is not this one; "" for nothing."""
        moment = _moment(value)
        if not isinstance(moment, dt.datetime):
            return self.day(moment)
        local = moment.astimezone(self.zone)
        clock = "HH:mm:ss" if seconds else "HH:mm"
        pattern = f"{self._day_pattern(local.date())} {clock}"
        return str(dates.format_datetime(local, format=pattern, locale=self.locale))

    def clock(self, value: dt.datetime | str | None) -> str:
        """``08:26`` in the reader's zone; "" for nothing."""
        moment = _moment(value)
        return moment.astimezone(self.zone).strftime("%H:%M") if isinstance(moment, dt.datetime) else ""

    def exact(self, value: dt.datetime | str | None) -> str:
        """The full moment with seconds and year, for tooltips."""
        moment = _moment(value)
        if not isinstance(moment, dt.datetime):
            return self.day(moment)
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def ago(self, value: dt.datetime | str | None, now: dt.datetime | None = None) -> str:
        """``3 分钟前`` within a week, else :meth:`moment`."""
        moment = _moment(value)
        if not isinstance(moment, dt.datetime):
            return self.day(moment)
        gap = moment - (now or dt.datetime.now(dt.UTC))
        if abs(gap) > dt.timedelta(days=7):
            return self.moment(moment)
        if abs(gap) < dt.timedelta(minutes=1):
            return self.text("刚刚")
        words = dates.format_timedelta(gap, locale=self.locale, add_direction=True, threshold=1)
        return re.sub(r"(?<=\d)(?=[\u4e00-\u9fff])", " ", words)

    def size(self, count: int | None) -> str:
        """Bytes as ``1.2 MB``."""
        if count is None:
            return ""
        amount = float(count)
        for unit in ("B", "KB", "MB"):
            if amount < 1024:
                return f"{self.number(Decimal(amount), 0 if unit == 'B' else 1)} {unit}"
            amount /= 1024
        return f"{self.number(Decimal(amount), 1)} GB"

    def _day_pattern(self, day: dt.date) -> str:
        this_year = dt.datetime.now(self.zone).year
        return (_SHORT_DAY if day.year == this_year else _LONG_DAY)[self.language]


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _moment(value: dt.date | dt.datetime | str | None) -> dt.date | dt.datetime | None:
    if isinstance(value, str):
        if not value:
            return None
        return (
            dt.date.fromisoformat(value)
            if len(value) == len("2026-01-15")
            else _aware(dt.datetime.fromisoformat(value))
        )
    return _aware(value) if isinstance(value, dt.datetime) else value


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def best_language(accept: str) -> str:
    """The language of ours that an ``Accept-Language`` header likes best; Chinese if it names none of ours."""
    wishes: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept.split(",")):
        name, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.partition("=")[2]) if parameter else 1.0
        except ValueError:
            continue
        wishes.append((-weight, position, name.split("-")[0].lower()))
    spoken = (name for _, _, name in sorted(wishes) if name in LANGUAGES)
    return next(spoken, DEFAULT_LANGUAGE)


def choose_language(setting: str | None, cookie: str | None, accept: str) -> str:
    """The first of the person's setting, the device's cookie and the browser's wish that we speak."""
    for choice in (setting, cookie):
        if choice in LANGUAGES:
            return str(choice)
    return best_language(accept)


def reader_of(scope: Mapping[str, Any], cookies: Mapping[str, str], accept_language: str) -> Reader:
    """The reader of a request. ``scope["user"]``, if it has ``language`` or ``time_zone``, counts first."""
    person = scope.get("user")
    language = choose_language(getattr(person, "language", None), cookies.get("hb_language"), accept_language)
    theme = cookies.get("hb_theme", "")
    return Reader(
        language=language,
        time_zone=getattr(person, "time_zone", None) or DEFAULT_TIME_ZONE,
        theme=theme if theme in ("light", "dark") else "",
        rail_folded=cookies.get("hb_rail") == "mini",
    )


_current: ContextVar[Reader | None] = ContextVar("huobiao_reader", default=None)


def current() -> Reader:
    """The reader of the page that is being rendered (a Chinese one outside of rendering)."""
    return _current.get() or Reader()


class reading_as:  # noqa: N801 - used as `with reading_as(reader):`
    """Make ``reader`` the current one within the block, optionally in an app's ``time_zone``."""

    def __init__(self, reader: Reader, time_zone: str | None = None) -> None:
        self.reader = replace(reader, time_zone=time_zone) if time_zone else reader

    def __enter__(self) -> Reader:
        self._token = _current.set(self.reader)
        return self.reader

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)

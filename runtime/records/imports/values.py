"""One cell repaired into one value: what an import does, as opposed to the strict parsing of a form.

Each function returns nothing for a blank, raises :class:`Unreadable` with a sentence for what it cannot read, and
otherwise gives back what the writer of the cell must have meant. The reading is never a guess between two meanings.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation

import phonenumbers

from runtime.i18n import N_
from runtime.records.imports.cells import Cell, CellError, is_blank, show
from runtime.records.imports.dates import DateOrder, is_zero_date, read_moment
from runtime.records.imports.unreadable import Unreadable

__all__ = [
    "CURRENCY_MARKS",
    "DateOrder",
    "Unreadable",
    "is_missing",
    "to_bool",
    "to_date",
    "to_datetime",
    "to_decimal",
    "to_email",
    "to_options",
    "to_percent",
    "to_phone",
    "to_text",
    "to_url",
]

_NOTHING = {"NULL", "\\N", "<NULL>"}
_NOTHING_BUT_IN_TEXT = {
    *(
        "null",
        "none",
        "nil",
        "nan",
        "nat",
        "n/a",
        "na",
        "#n/a",
        "-",
        "--",
        "---",
        "—",
        "——",
        "/",
        "\\",
        "无",
        "空",
        "暂无",
        "未知",
    )
}

CURRENCY_MARKS: dict[str, str] = {
    "HK$": "HKD",
    "NT$": "TWD",
    "US$": "USD",
    "A$": "AUD",
    "C$": "CAD",
    "S$": "SGD",
    "R$": "BRL",
    "CN¥": "CNY",
    "JP¥": "JPY",
    "RMB": "CNY",
    "CNY": "CNY",
    "USD": "USD",
    "EUR": "EUR",
    "GBP": "GBP",
    "HKD": "HKD",
    "JPY": "JPY",
    "TWD": "TWD",
    "人民币": "CNY",
    "美元": "USD",
    "港币": "HKD",
    "欧元": "EUR",
    "日元": "JPY",
    "¥": "CNY",
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "元": "CNY",
    "块": "CNY",
}
"""Signs and words for money, longest first; full-width forms are made half-width before."""

_MARK = "|".join(re.escape(mark) for mark in CURRENCY_MARKS)
_COUNTERS = "件个只箱盒台套双条瓶包袋张本单笔人次天份枚支款组把块"
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+])?\s*(?:{_MARK})?\s*(?P<sign2>[-+])?\s*"
    r"(?P<digits>\d[\d,.' ]*|\.\d+)(?P<exponent>[eE][-+]?\d+)?\s*"
    rf"(?P<scale>[万亿])?\s*(?P<percent>%)?(?P<after>-)?\s*(?:{_MARK}|整|[{_COUNTERS}])*\s*(?P<close>\))?",
    re.I,
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?")
_EUROPEAN = re.compile(r"\d{1,3}(?:\.\d{3})+,\d{1,2}")
_SPACED = re.compile(r"\d{1,3}(?:[ ']\d{3})+(?:\.\d*)?")
_PLAIN = re.compile(r"\d+\.?\d*|\.\d+")
_SCALES = {"万": Decimal(10_000), "亿": Decimal(100_000_000), None: Decimal(1)}
_MAX_EXPONENT = 40

_YES = {"是", "对", "有", "真", "开", "√", "✓", "✔", "☑", "✅", "y", "yes", "t", "true", "1", "on"}
_NO = {
    "否",
    "不",
    "不是",
    "错",
    "无",
    "没有",
    "假",
    "关",
    "×",
    "✗",
    "✘",
    "☐",
    "❌",
    "n",
    "no",
    "f",
    "false",
    "0",
    "off",
}

_MOBILE = re.compile(r"1[3-9]\d{9}")
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>.]{2,}")
_URL = re.compile(r"(?:https?|ftp)://[^\s]+", re.I)
_BARE_URL = re.compile(
    r"(?:www\.[^\s/]+\.[a-z]{2,}|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|io|shop))(?:[/?#]\S*)?", re.I
)
_SEPARATORS = re.compile(r"[,\uff0c、;\uff1b|\uff5c\n/]+")


def is_missing(cell: Cell, *, in_text: bool = False) -> bool:
    """Whether a cell says that there is no value: blank, ``NULL``, and (unless ``in_text``) ``-``, ``N/A``, 无 …"""
    if is_blank(cell):
        return True
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    return text in _NOTHING or (not in_text and text.lower() in _NOTHING_BUT_IN_TEXT)


def to_text(cell: Cell) -> str | None:
    """The cell as a person would read it, without blanks around it."""
    _refuse_error(cell)
    if is_missing(cell, in_text=True):
        return None
    return show(cell).strip()


def to_decimal(cell: Cell) -> Decimal | None:
    """Read a number: ``¥1,299.00``, ``1,299元``, ``(5.00)``, ``-¥5``, ``8.5%`` (0.085), ``3.5万``, ``1.5E+3``, ``12 件``."""
    _refuse_error(cell)
    match cell:
        case bool() | date() | time() | timedelta():
            raise Unreadable.of(N_("「{text}」不是数字"), cell)
        case int() | Decimal():
            return Decimal(cell)
        case _:
            if is_missing(cell):
                return None
            return _decimal(str(cell))


def to_percent(cell: Cell, *, hundredths: bool = False) -> Decimal | None:
    """Read a share: ``8.5%`` is 0.085. A bare number is the share itself, or with ``hundredths`` its hundredfold."""
    value = to_decimal(cell)
    if (
        value is None
        or not hundredths
        or (isinstance(cell, str) and "%" in unicodedata.normalize("NFKC", cell))
    ):
        return value
    return value / 100


def to_bool(cell: Cell) -> bool | None:
    """Read yes or no: 是/否, √/×, Y/N, true/false, 1/0, 有/无 …"""
    _refuse_error(cell)
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, str):
        text = unicodedata.normalize("NFKC", cell).strip().lower()
        if text in _YES:
            return True
        if text in _NO:
            return False
    elif isinstance(cell, int | Decimal) and cell in (0, 1):
        return cell == 1
    if is_missing(cell):
        return None
    raise Unreadable.of(N_("「{text}」看不出是「是」还是「否」"), cell)


def to_date(
    cell: Cell, order: DateOrder = "ymd", tz: tzinfo | None = None, *, date_1904: bool = False
) -> date | None:
    """Read a calendar day; a time of day is dropped. A moment with a zone is first moved to ``tz``, if given."""
    if _no_moment(cell):
        return None
    moment = read_moment(cell, order, date_1904=date_1904)
    if moment.zone is not None and moment.clock is not None and tz is not None:
        return datetime.combine(moment.day, moment.clock, moment.zone).astimezone(tz).date()
    return moment.day


def to_datetime(
    cell: Cell, tz: tzinfo, order: DateOrder = "ymd", *, date_1904: bool = False
) -> datetime | None:
    """Read a moment, in zone ``tz``: a cell without a zone is meant in it, a day without a time is its midnight."""
    if _no_moment(cell):
        return None
    moment = read_moment(cell, order, date_1904=date_1904)
    try:
        combined = datetime.combine(moment.day, moment.clock or time(), moment.zone or tz)
        return combined.astimezone(tz)
    except OverflowError:
        raise Unreadable.of(N_("「{text}」不是日期"), cell) from None


def to_phone(cell: Cell, *, international: bool = False) -> str | None:
    """Read a phone number; country code, blanks, dashes and brackets are dropped.

    The answer is the 11 digits of a mobile number of mainland China, or with ``international`` any number in E.164
    (``+8675512345678``), one without a country code being Chinese.
    """
    _refuse_error(cell)
    if is_missing(cell):
        return None
    digits = _phone_digits(cell)
    if international:
        return _international(digits, cell)
    if digits.startswith(("+86", "0086")) or (digits.startswith("86") and len(digits) == 13):
        digits = digits[-11:]
    if not _MOBILE.fullmatch(digits):
        raise Unreadable.of(N_("「{text}」不是大陆手机号(11 位数字,1 开头)"), cell)
    return digits


def _phone_digits(cell: Cell) -> str:
    if isinstance(cell, int | Decimal) and not isinstance(cell, bool):
        return str(int(cell)) if cell == int(cell) else ""
    if not isinstance(cell, str):
        return ""
    text = unicodedata.normalize("NFKC", cell).strip().removeprefix("'")
    if re.search(r"\d[*xX]{2}", text):
        raise Unreadable.of(N_("「{text}」隐去了几位,不是完整的手机号"), cell)
    if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d+", text):
        raise Unreadable.of(N_("「{text}」是科学计数法,后几位已经丢失,不是完整的手机号"), cell)
    return re.sub(r"[\s\-–—().·]", "", text.removesuffix(".0"))


def _international(digits: str, cell: Cell) -> str:
    try:
        number = phonenumbers.parse(digits, "CN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Unreadable.of(N_("「{text}」不是电话号码"), cell)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def to_email(cell: Cell) -> str | None:
    """Read an e-mail address; ``mailto:`` and angle brackets are dropped, the domain is made lower case."""
    text = to_text(cell)
    if text is None or is_missing(cell):
        return None
    text = unicodedata.normalize("NFKC", text).removeprefix("mailto:").strip("<> ")
    if not _EMAIL.fullmatch(text):
        raise Unreadable.of(N_("「{text}」不是邮箱地址"), cell)
    name, _, domain = text.rpartition("@")
    return f"{name}@{domain.lower()}"


def to_url(cell: Cell) -> str | None:
    """Read a web address; one without a scheme (``www.example.com``) gets ``https://``."""
    text = to_text(cell)
    if text is None or is_missing(cell):
        return None
    if _URL.fullmatch(text):
        return text
    if _BARE_URL.fullmatch(text):
        return f"https://{text}"
    raise Unreadable.of(N_("「{text}」不是网址"), cell)


def to_options(cell: Cell) -> tuple[str, ...] | None:
    """Split a cell into several options at ``,`` ``、`` ``;`` ``/`` ``|`` and line ends; each once, in order."""
    text = to_text(cell)
    if text is None:
        return None
    return tuple(dict.fromkeys(part for piece in _SEPARATORS.split(text) if (part := piece.strip()))) or None


def _refuse_error(cell: Cell) -> None:
    if isinstance(cell, CellError):
        raise Unreadable.of(N_("这个单元格的公式出错了:{text}"), cell)


def _no_moment(cell: Cell) -> bool:
    _refuse_error(cell)
    return is_missing(cell) or (isinstance(cell, str) and is_zero_date(cell))


def _decimal(cell: str) -> Decimal:
    text = (
        unicodedata.normalize("NFKC", cell).replace("−", "-").replace("\xa0", " ").strip().removeprefix("'")
    )
    match = _NUMBER.fullmatch(text)
    digits = _digits(match["digits"].strip()) if match else None
    if match is None or digits is None:
        raise Unreadable.of(N_("「{text}」不是数字"), cell)
    try:
        value = Decimal(digits + (match["exponent"] or ""))
    except InvalidOperation:
        raise Unreadable.of(N_("「{text}」不是数字"), cell) from None
    if value and abs(value.adjusted()) > _MAX_EXPONENT:
        raise Unreadable.of(N_("「{text}」太大或太小,存不下"), cell)
    value *= _SCALES[match["scale"]]
    if match["percent"]:
        value /= 100
    return -value if _is_negative(match, cell) else value


def _is_negative(match: re.Match[str], cell: str) -> bool:
    """One sign at most: before or after the money mark, after the number, or brackets around it."""
    signs = [sign for sign in (match["sign"], match["sign2"], match["after"], match["open"]) if sign]
    if len(signs) > 1 or bool(match["open"]) != bool(match["close"]):
        raise Unreadable.of(N_("「{text}」不是数字"), cell)
    return bool(signs) and signs[0] != "+"


def _digits(text: str) -> str | None:
    """Take out the separators of thousands; nothing if they are not where such separators stand."""
    if _PLAIN.fullmatch(text):
        return text
    if _GROUPED.fullmatch(text):
        return text.replace(",", "")
    if _EUROPEAN.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if _SPACED.fullmatch(text):
        return text.replace(" ", "").replace("'", "")
    return None

"""Repairing cells: what is understood, what is refused and why, and laws that hold for all values."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.records.imports.cells import Cell, CellError, plain_number, show
from runtime.records.imports.dates import DateOrder, decide_order
from runtime.records.imports.values import (
    Unreadable,
    is_missing,
    to_bool,
    to_date,
    to_datetime,
    to_decimal,
    to_email,
    to_options,
    to_percent,
    to_phone,
    to_text,
    to_url,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("¥1,299.00", "1299.00"),
        ("\uffe51,299", "1299"),
        ("1,299元", "1299"),
        ("$0.75", "0.75"),
        ("  $1.50 ", "1.50"),
        ("-¥5", "-5"),
        ("¥-5", "-5"),
        ("(5.00)", "-5.00"),
        ("(¥1,000)", "-1000"),
        ("5-", "-5"),
        ("−7", "-7"),
        ("8.5%", "0.085"),
        ("3.5万", "35000"),
        ("2亿", "200000000"),
        ("1.5E+3", "1500"),
        ("12 件", "12"),
        ("人民币 12.5 元整", "12.5"),
        ("US$ 3", "3"),
        ("HK$1,000", "1000"),
        ("１２３．４５", "123.45"),
        ("1.299,00", "1299.00"),
        ("1 299.00", "1299.00"),
        ("1,00,000", "100000"),
        ("'00123", "123"),
        (".5", "0.5"),
        ("12.", "12"),
        (7, "7"),
        (Decimal("0.1"), "0.1"),
        ("123456789012345678901234.5", "123456789012345678901234.5"),
    ],
)
def test_numbers_are_read_as_people_write_them(cell: Cell, value: str) -> None:
    assert to_decimal(cell) == Decimal(value)


@pytest.mark.parametrize("cell", [None, "", "  ", "-", "--", "NULL", "N/A", "n/a", "nan", "\\N"])
def test_ways_to_write_nothing_are_nothing(cell: Cell) -> None:
    assert is_missing(cell)
    assert to_decimal(cell) is None
    assert to_bool(cell) is None
    assert to_date(cell) is None
    assert to_datetime(cell, UTC) is None
    assert to_phone(cell) is None
    assert to_email(cell) is None


@pytest.mark.parametrize(
    "cell",
    ["abc", "1,29", "--5", "(5", "5)", "12.3.4", "1/2", "¥", "一百", "12 ab", "inf", "(-5)", "3 盒 2 件"],
)
def test_what_is_no_number_is_said_so(cell: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        to_decimal(cell)
    assert unreadable.value.message.text() == f"「{cell}」不是数字"


def test_a_number_out_of_all_measure_is_refused() -> None:
    with pytest.raises(Unreadable, match="太大或太小"):
        to_decimal("1e999")


def test_a_date_is_no_number() -> None:
    with pytest.raises(Unreadable, match="「2026-01-15」不是数字"):
        to_decimal(date(2026, 1, 15))


@pytest.mark.parametrize("reads", [to_decimal, to_bool, to_date, to_phone, to_text, to_email])
def test_a_failed_formula_is_told_by_every_reader(reads: Callable[[Cell], object]) -> None:
    with pytest.raises(Unreadable, match="公式出错了:#DIV/0!"):
        reads(CellError("#DIV/0!"))


@pytest.mark.parametrize(
    ("cell", "hundredths", "share"),
    [
        ("8.5%", False, "0.085"),
        ("8.5%", True, "0.085"),
        ("8.5", True, "0.085"),
        (Decimal("0.085"), False, "0.085"),
    ],
)
def test_shares(cell: Cell, hundredths: bool, share: str) -> None:
    assert to_percent(cell, hundredths=hundredths) == Decimal(share)


@pytest.mark.parametrize("cell", ["是", "√", "✓", "Y", "yes", "TRUE", "1", 1, True, "有", "Ｙ"])
def test_yes(cell: Cell) -> None:
    assert to_bool(cell) is True


@pytest.mark.parametrize("cell", ["否", "×", "N", "no", "false", "0", 0, False, "没有", Decimal(0)])
def test_no(cell: Cell) -> None:
    assert to_bool(cell) is False


@pytest.mark.parametrize("cell", ["可能", 2, "x", "男"])
def test_neither_yes_nor_no(cell: Cell) -> None:
    with pytest.raises(Unreadable, match="看不出是「是」还是「否」"):
        to_bool(cell)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-01-15 10:24:33", "2026-01-15T10:24:33"),
        ("2026-01-15T10:24:33", "2026-01-15T10:24:33"),
        ("2026/1/15", "2026-01-15T00:00:00"),
        ("2026.1.15 9:05", "2026-01-15T09:05:00"),
        ("20260115", "2026-01-15T00:00:00"),
        ("20260115102433", "2026-01-15T10:24:33"),
        (20260115, "2026-01-15T00:00:00"),
        ("2026年1月15日 10:24", "2026-01-15T10:24:00"),
        ("2026年1月15日10时24分33秒", "2026-01-15T10:24:33"),
        ("2026年1月15日 下午3:05", "2026-01-15T15:05:00"),
        ("2026/1/15 上午 12:05", "2026-01-15T00:05:00"),
        ("2026-01-15 星期四 10:24", "2026-01-15T10:24:00"),
        ("12/22/2015 1:15pm", "2015-12-22T13:15:00"),
        ("1996-07-04 00:00:00.000", "1996-07-04T00:00:00"),
        ("2026-01-15 24:00", "2026-01-16T00:00:00"),
        ("15-Jan-2026", "2026-01-15T00:00:00"),
        ("Jan 15, 2026 3:05 PM", "2026-01-15T15:05:00"),
        ("Thu Jan 15 2026 10:24:33 GMT+0800 (中国标准时间)", "2026-01-15T10:24:33"),
        ("2026-01-15T02:24:33Z", "2026-01-15T10:24:33"),
        ("2018-02-27 16:08:39 +0000", "2018-02-28T00:08:39"),
        ("2026-01-15T10:24:33+08:00", "2026-01-15T10:24:33"),
        (46037, "2026-01-15T00:00:00"),
        (Decimal("46037.4337152778"), "2026-01-15T10:24:33"),
        ("46037", "2026-01-15T00:00:00"),
        (1768443873, "2026-01-15T10:24:33"),
        (1768443873000, "2026-01-15T10:24:33"),
        (date(2026, 1, 15), "2026-01-15T00:00:00"),
        (datetime(2026, 1, 15, 10, 24, 33), "2026-01-15T10:24:33"),
        ("２０２６年１月１５日", "2026-01-15T00:00:00"),
    ],
)
def test_moments_are_read_in_many_forms(cell: Cell, moment: str) -> None:
    assert to_datetime(cell, SHANGHAI) == datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)
    if not isinstance(cell, str) or not cell.endswith(("Z", "+0000")):
        assert to_date(cell) == date.fromisoformat(moment[:10])


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("abc", "「abc」不是日期"),
        ("1月15日", "「1月15日」没有年份"),
        ("2026-02-30", "没有「2026-02-30」这一天"),
        ("2026-01-15 25:00", "「2026-01-15 25:00」里的时间看不懂"),
        ("2026-01-15 后天", "「2026-01-15 后天」里的时间看不懂"),
        ("13/2/2017", "按「月/日/年」读,「13/2/2017」不是日期"),
        (2020, "「2020」不是日期"),
        (True, "「TRUE」不是日期"),
    ],
)
def test_what_is_no_date_is_said_so(cell: Cell, sentence: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        to_date(cell, "mdy")
    assert unreadable.value.message.text() == sentence


@pytest.mark.parametrize(
    ("order", "text", "day"),
    [
        ("mdy", "10/2/2017", date(2017, 10, 2)),
        ("dmy", "10/2/2017", date(2017, 2, 10)),
        ("ymd", "10/2/2017", date(2017, 10, 2)),
        ("ymd", "24-1-15", date(2024, 1, 15)),
        ("dmy", "24-1-15", date(2015, 1, 24)),
        ("mdy", "1/24/15", date(2015, 1, 24)),
    ],
)
def test_dates_of_numbers_only_are_read_in_the_order_given(order: DateOrder, text: str, day: date) -> None:
    assert to_date(text, order) == day


@pytest.mark.parametrize(
    ("texts", "order", "ambiguous"),
    [
        (["10/2/2017 10:56", "7/24/2018 20:41"], "mdy", False),
        (["10/2/2017", "24/7/2018"], "dmy", False),
        (["1/2/2017", "3/4/2017"], "mdy", True),
        (["24-1-15", "24-12-31"], "ymd", True),
        (["24/1/5", "23/2/6"], "ymd", False),
        (["1/31/24", "2/28/24"], "mdy", False),
        (["31/1/24", "28/2/24"], "dmy", True),
    ],
)
def test_a_column_decides_the_order(texts: list[str], order: str, ambiguous: bool) -> None:
    verdict = decide_order(texts)
    assert verdict is not None
    assert (verdict.order, verdict.ambiguous) == (order, ambiguous)


def test_a_column_without_such_dates_decides_nothing() -> None:
    assert decide_order(["2026-01-15", "20260115", None, 5]) is None


def test_a_moment_with_a_zone_is_moved_before_its_day_is_taken() -> None:
    assert to_date("2026-01-15T20:00:00Z", tz=SHANGHAI) == date(2026, 1, 16)


def test_the_no_date_of_databases_is_nothing() -> None:
    assert to_datetime("0000-00-00 00:00:00", UTC) is None


def test_a_serial_number_of_the_1904_system() -> None:
    assert to_date(42369, date_1904=True) == date(2020, 1, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "13800138000", "+86 138-0013-8000", "0086 13800138000", "8613800138000", "(138) 0013 8000",
        "１３８００１３８０００", "'13800138000", 13800138000, Decimal("13800138000"), "13800138000.0", "138 0013 8000\t",
    ],
)  # fmt: skip
def test_mobile_numbers_are_cleaned(cell: Cell) -> None:
    assert to_phone(cell) == "13800138000"


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("12800138000", "不是大陆手机号"),
        ("1380013800", "不是大陆手机号"),
        ("0755-12345678", "不是大陆手机号"),
        ("138****8000", "隐去了几位"),
        ("1.38E+10", "科学计数法"),
        ("张三", "不是大陆手机号"),
    ],
)
def test_what_is_no_mobile_number_is_said_so(cell: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        to_phone(cell)


def test_other_phone_numbers_are_kept_in_e164() -> None:
    assert to_phone("0755-2653 5353", international=True) == "+8675526535353"
    assert to_phone("+1 (415) 555-2671", international=True) == "+14155552671"
    with pytest.raises(Unreadable, match="不是电话号码"):
        to_phone("12", international=True)


def test_addresses_of_mail_and_web() -> None:
    assert to_email(" <Zhang.San@Example.COM> ") == "Zhang.San@example.com"
    assert to_url("www.example.com/a?b=1") == "https://www.example.com/a?b=1"
    assert to_url("HTTP://Example.com") == "HTTP://Example.com"
    with pytest.raises(Unreadable, match="不是邮箱地址"):
        to_email("zhang at example")
    with pytest.raises(Unreadable, match="不是网址"):
        to_url("就在这里")


def test_several_options_in_one_cell() -> None:
    assert to_options("急件、易碎\uff0c急件 / 大件") == ("急件", "易碎", "大件")
    assert to_options(" ,") is None


def test_text_shows_cells_as_people_read_them() -> None:
    assert to_text(Decimal("1E+3")) == "1000"
    assert to_text(datetime(2026, 1, 15, 10, 24)) == "2026-01-15 10:24:00"
    assert to_text(timedelta(hours=30, seconds=5)) == "30:00:05"
    assert to_text("-") == "-"
    assert to_text("NULL") is None
    assert to_text(True) == "TRUE"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=6))
def test_a_number_comes_back_from_every_way_to_write_it(value: Decimal) -> None:
    assert to_decimal(plain_number(value)) == value
    assert to_decimal(f"{value:,f}") == value
    assert to_decimal(f"¥{value:,f}") == value
    assert to_decimal(f"{plain_number(value * 100)}%") == value
    if value < 0:
        assert to_decimal(f"({plain_number(-value)})") == value


@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2199, 12, 31)).map(
        lambda m: m.replace(microsecond=0)
    )
)
def test_a_moment_comes_back_from_every_way_to_write_it(moment: datetime) -> None:
    forms = [
        show(moment),
        moment.isoformat(),
        f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M:%S}",
        f"{moment.year}/{moment.month}/{moment.day} {moment.hour}:{moment.minute}:{moment.second}",
        f"{moment:%Y%m%d%H%M%S}",
        f"{moment.month}/{moment.day}/{moment.year} {moment:%I:%M:%S %p}",
    ]
    for form in forms:
        assert to_datetime(form, UTC, "mdy") == moment.replace(tzinfo=UTC), form
    assert to_datetime(
        f"{moment.day}/{moment.month}/{moment.year} {moment:%H:%M:%S}", UTC, "dmy"
    ) == moment.replace(tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1930, 1, 1), max_value=datetime(2199, 12, 31)), st.integers(-12, 14))
def test_a_moment_with_a_zone_is_the_same_moment(moment: datetime, hours: int) -> None:
    aware = moment.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))
    assert to_datetime(aware.isoformat(), UTC) == aware


@given(st.dates(min_value=date(1932, 1, 1), max_value=date(2199, 12, 31)))
def test_a_day_comes_back_from_its_serial_number(day: date) -> None:
    assert to_date((day - date(1899, 12, 30)).days) == day
    assert to_date((day - date(1904, 1, 1)).days, date_1904=True) == day


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "+86", "86", "0086 ", "+86-"]))
def test_a_mobile_number_comes_back_whatever_is_put_around_it(number: str, code: str) -> None:
    assert to_phone(f"{code}{number[:3]} {number[3:7]}-{number[7:]}") == number


@given(
    st.one_of(
        st.text(),
        st.integers(),
        st.decimals(allow_nan=False, allow_infinity=False, places=3),
        st.booleans(),
        st.none(),
    )
)
def test_no_cell_makes_a_reader_fail_in_another_way(cell: Cell) -> None:
    for reads in (to_decimal, to_percent, to_bool, to_date, to_phone, to_email, to_url, to_text, to_options):
        with suppress(Unreadable):
            reads(cell)
    for order in ("ymd", "mdy", "dmy"):
        with suppress(Unreadable):
            to_datetime(cell, SHANGHAI, order)

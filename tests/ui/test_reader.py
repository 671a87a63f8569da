"""Language, numbers, money and dates as a reader sees them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from ui.reader import Reader, best_language, choose_language, reader_of

ZH = Reader(language="zh", time_zone="Asia/Shanghai")
EN = Reader(language="en", time_zone="Asia/Shanghai")
NOW = dt.datetime(2020, 3, 1, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("en-US,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr", "zh"),
        ("fr;q=1,en;q=0.2", "en"),
        ("", "zh"),
    ],
)
def test_the_browser_is_asked_for_its_language(accept: str, language: str) -> None:
    assert best_language(accept) == language


def test_the_persons_setting_counts_before_the_devices_cookie() -> None:
    assert choose_language("en", "zh", "zh") == "en"
    assert choose_language(None, "en", "zh") == "en"
    assert choose_language("xx", None, "en") == "en"


def test_device_looks_come_from_cookies() -> None:
    reader = reader_of({}, {"hb_theme": "dark", "hb_rail": "mini"}, "en")
    assert (reader.theme, reader.rail_folded, reader.language) == ("dark", True, "en")
    assert reader_of({}, {"hb_theme": "<script>"}, "").theme == ""


def test_numbers_and_money() -> None:
    assert ZH.number(12431) == "12,431"
    assert ZH.number("0.5") == "0.5"
    assert ZH.number(3, 2) == "3.00"
    assert ZH.money("1299") == "¥1,299.00"
    assert EN.money(-5, "USD") == "-$5.00"
    assert ZH.percent("0.125") == "12.5%"
    assert ZH.money(None) == ZH.number("") == ""


def test_moments_are_shown_in_the_readers_zone() -> None:
    assert ZH.moment("2020-01-15T00:26:00Z") == "2020-01-15 08:26"
    assert EN.moment("2020-01-15T00:26:00Z") == "Jan 15, 2020 08:26"
    assert ZH.day("2020-01-15") == "2020-01-15"
    assert ZH.exact("2020-01-15T00:26:05Z") == "2020-01-15 08:26:05"
    this_year = dt.datetime.now(ZoneInfo("Asia/Shanghai")).year
    assert ZH.day(f"{this_year}-01-15") == "01-15"


def test_how_long_ago() -> None:
    assert ZH.ago(NOW - dt.timedelta(minutes=3), NOW) == "3 分钟前"
    assert EN.ago(NOW - dt.timedelta(hours=2), NOW) == "2 hours ago"
    assert ZH.ago(NOW - dt.timedelta(days=30), NOW) == "2020-01-31 20:00"


def test_sizes() -> None:
    assert ZH.size(900) == "900 B"
    assert ZH.size(1_258_291) == "1.2 MB"

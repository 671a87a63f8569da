"""Guessing what columns hold, from content and headers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from runtime.records.imports.cells import Cell, CellError, SourceRow
from runtime.records.imports.guess import ColumnGuess, guess_columns, guess_sheet
from runtime.records.imports.vocabulary import CONCEPTS, hint_of, normalise
from tests.runtime.records.imports.conftest import Opener


def guess(header: str, cells: list[Cell], number_format: str | None = None) -> ColumnGuess:
    rows = [SourceRow(number, (cell,)) for number, cell in enumerate(cells, 2)]
    (answer,) = guess_columns([header], rows, [number_format])
    return answer


PHONES: list[Cell] = ["13800138000", "139 0013 9000", "+8613700137000"]
CITIES: list[Cell] = ["杭州", "上海", "北京"]


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("手机号", PHONES, "phone"),
        ("列 3", PHONES, "phone"),
        ("联系电话", [*PHONES, "0571-88888888"], "phone"),
        ("邮箱", ["a@b.com", "c@d.cn"], "email"),
        ("链接", ["https://a.com/1", "www.b.com"], "url"),
        ("总金额", ["178.8", "21.0", "0.0"], "currency"),
        ("价", ["¥1,299.00", "\uffe5299", "12元"], "currency"),
        ("dollar_amts", ["$0.75", "  $1.50 ", "$3.00"], "currency"),
        ("差额", ["(5.00)", "-¥5", "8"], "currency"),
        ("退货率", ["8.5%", "12%", "0%"], "percent"),
        ("毛利率", [Decimal("0.12"), Decimal("0.4")], "percent"),
        ("数量", [1, 2, 3], "number"),
        ("int_not_bool", [0, 1, 0, 1], "number"),
        ("text_as_bool", ["0", "1", "0"], "number"),
        ("是否加急", [0, 1, 0, 1], "checkbox"),
        ("开票", ["是", "否", "是"], "checkbox"),
        ("已读", [True, False, True], "checkbox"),
        ("完成", ["√", None, "√"], "checkbox"),
        ("下单时间", ["2026-01-15 10:24:33", "2026/1/16 9:05"], "datetime"),
        ("下单时间", [datetime(2026, 1, 15, 10, 24), datetime(2026, 1, 16)], "datetime"),
        ("发货日", [date(2026, 1, 15), date(2026, 1, 16)], "date"),
        ("订单日期", [46037, 46038, 46040], "date"),
        ("付款时间", [Decimal("46037.5"), Decimal("46038.25")], "datetime"),
        ("日期", ["20260115", "20260116"], "date"),
        ("日期", ["2026年1月15日", "2026年1月16日"], "date"),
        ("created_at", [1768443873, 1768443999], "datetime"),
        ("订单编号", ["1", "2", "3"], "text"),
        ("行 ID", [1, 2, 3], "text"),
        ("邮编", ["010010", "310000"], "text"),
        ("bigint", ["320150170634561830", "320150170634561831"], "text"),
        ("货号", ["007", "012"], "text"),
        ("付款单号", ["2026011522001", "2026011522002"], "text"),
        ("处理用时", ["1:30", "0:45", "12:05"], "duration"),
        ("处理用时", [time(1, 30), timedelta(hours=30)], "duration"),
        ("服务", ["1小时30分", "90分钟", "2个半小时"], "duration"),
        ("spent", ["2h 30m", "45 min", "1 hour"], "duration"),
        ("营业时间", ["9:30", "10:00", "21:00"], "text"),
        ("长度", ["5m", "12m", "3m"], "text"),
        ("备注", ["等了2小时", "已发货", "无"], "long_text"),
        ("订单状态", ["已支付", "审核中", "已支付", "已发货"], "single_select"),
        ("来源", [*["天猫", "京东", "抖音"] * 10], "single_select"),
        ("标签", ["急件,易碎", "急件", "大件,易碎", "急件、大件"], "multi_select"),
        ("备注", ["尽快", "放门卫"], "long_text"),
        ("x", ["很长的内容" * 30, "第一行\n第二行"], "long_text"),
        ("城市", CITIES, "text"),
        ("收货人", ["张三", "李四", "王五"], "text"),
        ("date_or_not", ["1", "2", "3"], "number"),
    ],
)
def test_a_column_is_guessed(header: str, cells: list[Cell], kind: str) -> None:
    answer = guess(header, cells)
    assert answer.kind == kind, answer
    assert 0 < answer.confidence <= 1
    assert answer.reason.text()


def test_a_guess_says_how_full_the_column_is_and_gives_examples() -> None:
    answer = guess("城市", ["杭州", None, " ", "上海", "杭州", "NULL"])
    assert answer.empty_share == 0.5
    assert answer.example_values == ("杭州", "上海")


def test_options_come_commonest_first() -> None:
    assert guess("状态", ["b", "a", "a", "b", "a", "c"]).options == ("a", "b", "c")


def test_an_empty_column_is_guessed_by_its_name() -> None:
    answer = guess("客户手机号", [None, "", None])
    assert (answer.kind, answer.confidence) == ("phone", 0.3)
    assert guess("编号", []).kind == "text"
    assert guess("状态", []).kind == "text"


def test_errors_of_formulas_do_not_spoil_a_column() -> None:
    assert guess("小计", [1, 2, CellError("#DIV/0!"), 4]).kind == "currency"


def test_money_and_its_decimals() -> None:
    assert guess("金额", ["$1.50", "$2.255"]).currency == "USD"
    assert guess("金额", ["$1.50", "$2.255"]).decimals == 3
    assert guess("金额", [1, 2]).currency == "CNY"
    assert guess("x", [Decimal("1.5"), 2], '"HK$"#,##0.00').currency == "HKD"
    assert guess("x", [Decimal("1.5"), 2], "[$¥-804]#,##0.00").currency == "CNY"
    assert guess("重量", [Decimal("1.5"), Decimal("2.125")]).decimals == 3


def test_shares_stored_as_numbers_are_known_by_their_format() -> None:
    answer = guess("x", [Decimal("0.085"), Decimal("0.1")], "0.0%")
    assert (answer.kind, answer.hundredths, answer.decimals) == ("percent", False, 1)
    assert guess("折扣率", ["85", "90"]).hundredths


def test_the_order_of_day_and_month_is_said() -> None:
    certain = guess("date", ["10/2/2017 10:56", "7/24/2018 20:41"])
    assert (certain.kind, certain.date_order, certain.order_ambiguous) == ("datetime", "mdy", False)
    open_question = guess("date", ["1/2/2017", "3/4/2017"])
    assert (open_question.date_order, open_question.order_ambiguous) == ("mdy", True)
    assert "请核对" in open_question.reason.text()
    assert guess("date", ["24/7/2018", "1/2/2018"]).date_order == "dmy"


def test_the_rest_of_the_sheet_is_asked_when_the_sample_leaves_the_order_open(opened: Opener) -> None:
    rows = ["1/2/2017,A"] * 600 + ["24/7/2018,A"]
    (answer, _) = guess_sheet(opened("date,x\n" + "\n".join(rows) + "\n").default_sheet)
    assert (answer.date_order, answer.order_ambiguous) == ("dmy", False)


def test_the_other_columns_are_asked_when_one_leaves_the_order_open(opened: Opener) -> None:
    (open_one, decided) = guess_sheet(
        opened("下单日期,付款日期\n1/2/2017,1/13/2017\n3/4/2017,3/14/2017\n").default_sheet
    )
    assert decided.date_order == "mdy"
    assert (open_one.date_order, open_one.order_ambiguous) == ("mdy", False)
    assert "别的日期列" in open_one.reason.text()


def test_times_with_seconds() -> None:
    assert guess("时间", ["2026-01-15 10:24:33"]).seconds
    assert not guess("时间", ["2026-01-15 10:24"]).seconds
    assert guess("x", [time(8, 30)]).kind == "text"


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("付款时间", "datetime"),
        ("订单付款日期", "date"),
        ("付款单号", "identifier"),
        ("paymentValue", "currency"),
        ("order_id", "identifier"),
        ("approved_at", "datetime"),
        ("收件人电话", "phone"),
        ("型号", None),
        ("信号", None),
        ("名称", None),
    ],
)
def test_headers_announce_kinds(header: str, hint: str | None) -> None:
    assert hint_of(header) == hint


def test_no_name_stands_for_two_concepts_by_accident() -> None:
    """A name may stand in several lines on purpose (the first line wins), but not twice in one."""
    for names in CONCEPTS:
        normal = [normalise(name) for name in names]
        assert len(set(normal)) == len(normal), names

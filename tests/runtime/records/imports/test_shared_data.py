"""The real files: every one opens, and its rows and sums are those its publishers state."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from runtime.records.imports.cells import CellError
from runtime.records.imports.guess import guess_sheet
from runtime.records.imports.tabular import Sheet
from runtime.records.imports.values import to_datetime, to_decimal, to_percent
from tests.runtime.records.imports.conftest import Opener

SHANGHAI = ZoneInfo("Asia/Shanghai")


def column(sheet: Sheet, name: str) -> list[object]:
    place = sheet.headers.index(name)
    return [row.cells[place] for row in sheet.rows()]


def total(sheet: Sheet, name: str) -> Decimal:
    place = sheet.headers.index(name)
    return sum((to_decimal(row.cells[place]) or Decimal(0) for row in sheet.rows()), Decimal(0))


def kinds(sheet: Sheet) -> dict[str, str]:
    return {guess.name: guess.kind for guess in guess_sheet(sheet)}


def test_tmall_orders(data: Path, opened: Opener) -> None:
    sheet = opened(data / "tmall_order_report.csv").default_sheet
    assert sheet.headers == (
        "订单编号",
        "总金额",
        "买家实际支付金额",
        "收货地址",
        "订单创建时间",
        "订单付款时间",
        "退款金额",
    )
    assert sum(1 for _ in sheet.rows()) == 28_010
    assert total(sheet, "总金额") == Decimal("2995760.61")
    assert total(sheet, "买家实际支付金额") == Decimal("1902487.15")
    assert column(sheet, "订单付款时间").count(None) == 3_923
    created = [to_datetime(cell, SHANGHAI) for cell in column(sheet, "订单创建时间")]  # type: ignore[arg-type]
    assert min(created) == datetime(2020, 2, 1, 0, 14, 15, tzinfo=SHANGHAI)  # type: ignore[type-var]
    assert max(created) == datetime(2020, 2, 29, 23, 59, 18, tzinfo=SHANGHAI)  # type: ignore[type-var]
    assert kinds(sheet) == {
        "订单编号": "text",
        "总金额": "currency",
        "买家实际支付金额": "currency",
        "收货地址": "single_select",
        "订单创建时间": "datetime",
        "订单付款时间": "datetime",
        "退款金额": "currency",
    }


def test_superstore(data: Path, opened: Opener) -> None:
    file = opened(data / "superstore_zh.xls")
    assert [(sheet.name, sheet.row_estimate) for sheet in file.sheets] == [
        ("订单", 10_000),
        ("退货", 296),
        ("销售人员", 6),
    ]
    orders = file.sheet("订单")
    assert total(orders, "销售额") == Decimal("16117548.237")
    assert len(set(column(orders, "订单 ID"))) == 2_773
    days = column(orders, "订单日期")
    assert (min(days), max(days)) == (date(2014, 1, 1), date(2017, 12, 30))  # type: ignore[type-var]
    guessed = kinds(orders)
    assert guessed["省/自治区"] == guessed["邮寄方式"] == "single_select"
    assert guessed["订单日期"] == "date"
    assert guessed["销售额"] == "currency"
    assert guessed["行 ID"] == guessed["客户名称"] == "text"


def test_olist_dates_are_month_first(data: Path, opened: Opener) -> None:
    sheet = opened(data / "olist" / "sub5k_orders.csv").default_sheet
    guesses = {guess.name: guess for guess in guess_sheet(sheet)}
    assert guesses["order_purchase_timestamp"].kind == "datetime"
    assert guesses["order_estimated_delivery_date"].kind == "date"
    assert {guess.date_order for guess in guesses.values()} == {None, "mdy"}
    first = column(sheet, "order_purchase_timestamp")[0]
    assert to_datetime(first, SHANGHAI, "mdy") == datetime(2017, 10, 2, 10, 56, tzinfo=SHANGHAI)  # type: ignore[arg-type]


def test_olist_sums(data: Path, opened: Opener) -> None:
    assert total(opened(data / "olist" / "sub5k_order_items.csv").default_sheet, "price") == Decimal(
        "677833.96"
    )
    assert total(
        opened(data / "olist" / "sub5k_order_payments.csv").default_sheet, "payment_value"
    ) == Decimal("789498.77")
    assert (
        opened(data / "olist" / "full_category_translation.csv").default_sheet.headers[0]
        == "product_category_name"
    )


def test_every_text_file_opens_without_a_notice_that_worries(data: Path, opened: Opener) -> None:
    paths = sorted([*(data / "olist").glob("*.csv"), *(data / "northwind").glob("*.csv")])
    assert len(paths) > 15
    for path in paths:
        file = opened(path)
        sheet = file.default_sheet
        read = sum(1 for _ in sheet.rows())
        assert abs(sheet.row_estimate - read) <= max(2, read * 0.02), path.name
        assert sheet.header_row == 1
        worries = [message.text() for message in [*file.notices, *sheet.notices]]
        assert all("比表头多出几格" in worry for worry in worries), (path.name, worries)


def test_northwind_rows_with_a_comma_too_many_are_told(data: Path, opened: Opener) -> None:
    sheet = opened(data / "northwind" / "orders.csv").default_sheet
    assert len(sheet.headers) == 14
    assert any(row.extra for row in sheet.rows())
    assert any("比表头多出几格" in message.text() for message in sheet.notices)


def test_packed_files_are_refused_kindly(data: Path, opened: Opener) -> None:
    with pytest.raises(Exception, match="先解压"):
        opened(data / "olist" / "full_products.csv.gz")


def test_merged_cells_small(data: Path, opened: Opener) -> None:
    sheet = opened(data / "excel" / "merged_cells_small.xlsx").default_sheet
    assert sheet.headers == ("A1:B2", "A1:B2 (2)", "C1:C2", "Separate blocks")
    assert [row.cells for row in sheet.rows()] == [
        ("A3:B3", "A3:B3", "C3", None),
        ("… are merged separately", "… are merged separately", None, None),
    ]
    assert any("5 处合并单元格" in message.text() for message in sheet.notices)


def test_headers_after_a_blank_row(data: Path, opened: Opener) -> None:
    sheet = opened(data / "excel" / "headers_after_blank_row.xlsx").default_sheet
    assert sheet.header_row == 3
    assert sheet.headers == ("header1", "header2", "header3", "header4")
    assert [(row.number, row.cells) for row in sheet.rows()] == [
        (4, ("foo1", "bar1", "baz1", "boz1")),
        (5, ("foo2", "bar2", "baz2", "boz2")),
    ]


def test_dates_of_the_1904_system(data: Path, opened: Opener) -> None:
    file = opened(data / "excel" / "dates_1904_system.xlsx")
    sheet = file.default_sheet
    assert sheet.header_row is None
    assert column(sheet, "列 1") == [
        date(2021, 1, 1),
        date(2021, 1, 2),
        timedelta(days=10, hours=15, minutes=10, seconds=10),
    ]
    assert any("1904" in message.text() for message in file.notices)


def test_mixed_types(data: Path, opened: Opener) -> None:
    file = opened(data / "excel" / "mixed_types.xlsx")
    first, second = file.sheets
    row = first.sample(1)[0].cells
    assert row[:5] == (-1234123, 5, "12345678902345689", "320150170634561830", Decimal("123456789.123456"))
    guessed = {guess.name: guess for guess in guess_sheet(first)}
    assert guessed["textint"].kind == guessed["bigint"].kind == "text"
    assert guessed["datetext"].date_order == "mdy"
    guessed = {guess.name: guess for guess in guess_sheet(second)}
    assert {
        guessed[name].kind for name in ("int_not_bool", "float_not_bool", "text_as_bool", "int_as_bool")
    } == {"number"}
    assert (guessed["dollar_amts"].kind, guessed["dollar_amts"].currency) == ("currency", "USD")
    assert guessed["date_with_other"].kind == "datetime"


def test_formulas_with_stored_results(data: Path, opened: Opener) -> None:
    sheet = opened(data / "excel" / "formulas_cached.xlsx").default_sheet
    rows = [row.cells for row in sheet.rows()]
    assert rows[0] == (1, 1, 1, 1)
    assert rows[5] == (CellError("#VALUE!"), 55, CellError("#VALUE!"), 55)
    assert [message.text() for message in sheet.notices][:2] == [
        "15 个公式单元格,取的是保存在文件里的结果",
        "2 个单元格是公式错误(如 #DIV/0!)",
    ]


def test_a_discount_of_the_superstore_is_a_share(data: Path, opened: Opener) -> None:
    sheet = opened(data / "superstore_zh.xls").sheet("订单")
    guesses = {guess.name: guess for guess in guess_sheet(sheet)}
    assert guesses["折扣"].kind == "percent"
    assert not guesses["折扣"].hundredths
    assert to_percent(column(sheet, "折扣")[0]) == Decimal("0.4")  # type: ignore[arg-type]

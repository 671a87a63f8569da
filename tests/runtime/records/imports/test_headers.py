"""Finding the header, naming columns, filling merged cells."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from runtime.records.imports.headers import guess_header, name_columns
from runtime.records.imports.merged import Range, fill
from tests.runtime.records.imports.conftest import Opener


def sheet_of(path: Path, rows: list[list[object]], merges: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    for merged in merges:
        page.merge_cells(merged)
    book.save(path)
    return path


def test_titles_and_blank_rows_above_the_header_are_skipped(opened: Opener) -> None:
    text = "天猫旗舰店订单报表,,,\n导出时间:2026-01-15,,,\n,,,\n订单编号,下单时间,金额,状态\nA1,2026-01-02,12,已支付\nA2,2026-01-03,9,已支付\n"
    sheet = opened(text).default_sheet
    assert sheet.header_row == 4
    assert sheet.headers == ("订单编号", "下单时间", "金额", "状态")
    assert [row.number for row in sheet.rows()] == [5, 6]
    assert any("表头在第 4 行" in message.text() for message in sheet.notices)


def test_the_long_preamble_of_a_payment_bill_is_skipped(opened: Opener) -> None:
    preamble = "".join(f"说明 {i}:此处为账单说明,,,,\n" for i in range(20))
    body = "".join(f"2026-01-{d:02} 10:00:00,商户消费,某店,支出,¥{d}.00\n" for d in range(1, 9))
    sheet = opened(preamble + "交易时间,交易类型,交易对方,收/支,金额(元)\n" + body).default_sheet
    assert sheet.header_row == 21
    assert sheet.headers[0] == "交易时间"


def test_data_without_header_gets_numbered_columns(opened: Opener) -> None:
    sheet = opened(
        "1001,2026-01-02 10:00,35.5\n1002,2026-01-02 11:00,12\n1003,2026-01-03 09:00,8\n"
    ).default_sheet
    assert sheet.header_row is None
    assert sheet.headers == ("列 1", "列 2", "列 3")
    assert len(list(sheet.rows())) == 3


def test_the_header_can_be_chosen(opened: Opener) -> None:
    sheet = opened("a,b\nc,d\n1,2\n").default_sheet
    assert sheet.with_header(2).headers == ("c", "d")
    assert [row.cells for row in sheet.with_header(2).rows()] == [("1", "2")]
    assert len(list(sheet.with_header(None).rows())) == 3
    assert [row.number for row in sheet.top(2)] == [1, 2]


def test_years_may_be_column_names() -> None:
    rows = [(1, ["产品", 2024, 2025]), (2, ["伞", 3, 4]), (3, ["鞋", 5, 6])]
    assert guess_header(rows) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["金额", "金额", " 金额 "], ("金额", "金额 (2)", "金额 (3)")),
        (["a", "", None, "b"], ("a", "列 2", "列 3", "b")),
        (["收货地址 ", "订单\n付款时间"], ("收货地址", "订单 付款时间")),
        (["金额", "金额 (2)", "金额"], ("金额", "金额 (2)", "金额 (3)")),
    ],
)
def test_names_are_trimmed_unique_and_never_empty(header: list[str | None], names: tuple[str, ...]) -> None:
    assert name_columns(header, range(len(header))) == names


def test_merged_cells_take_the_value_of_the_top_left(tmp_path: Path, opened: Opener) -> None:
    rows: list[list[object]] = [
        ["订单号", "商品", "数量"],
        ["A1", "伞", 1],
        [None, "鞋", 2],
        ["A2", "帽", 3],
        [None, "袜", 4],
    ]
    sheet = opened(sheet_of(tmp_path / "m.xlsx", rows, ("A2:A3", "A4:A5"))).default_sheet
    assert [row.cells for row in sheet.rows()] == [
        ("A1", "伞", 1),
        ("A1", "鞋", 2),
        ("A2", "帽", 3),
        ("A2", "袜", 4),
    ]
    assert [message.text() for message in sheet.notices] == ["2 处合并单元格已按左上角的值填满"]


def test_a_title_merged_over_the_table_is_not_the_header(tmp_path: Path, opened: Opener) -> None:
    rows: list[list[object]] = [
        ["一月订单", None, None],
        ["订单号", "商品", "数量"],
        ["A1", "伞", 1],
        ["A2", "鞋", 2],
    ]
    sheet = opened(sheet_of(tmp_path / "t.xlsx", rows, ("A1:C1",))).default_sheet
    assert sheet.header_row == 2
    assert sheet.headers == ("订单号", "商品", "数量")


def test_of_a_header_in_two_storeys_the_lower_names_the_columns(tmp_path: Path, opened: Opener) -> None:
    rows: list[list[object]] = [
        ["订单号", "收货信息", None, None, "发票信息", None],
        [None, "姓名", "电话", "地址", "抬头", "电话"],
        ["A1", "张三", "13800138000", "杭州", "某公司", "0571-1"],
        ["A2", "李四", "13900139000", "上海", "某厂", "021-1"],
    ]
    path = sheet_of(tmp_path / "two.xlsx", rows, ("A1:A2", "B1:D1", "E1:F1"))
    sheet = opened(path).default_sheet
    assert sheet.header_row == 2
    assert sheet.headers == ("订单号", "姓名", "收货信息 电话", "地址", "抬头", "发票信息 电话")
    assert [row.number for row in sheet.rows()] == [3, 4]


def test_records_merged_over_two_rows_do_not_come_twice(tmp_path: Path, opened: Opener) -> None:
    rows: list[list[object]] = [["订单号", "数量"], ["A1", 1], [None, None], ["A2", 2], [None, None]]
    sheet = opened(sheet_of(tmp_path / "d.xlsx", rows, ("A2:A3", "B2:B3", "A4:A5", "B4:B5"))).default_sheet
    assert [row.cells for row in sheet.rows()] == [("A1", 1), ("A2", 2)]


def test_filling_never_lengthens_rows_or_overwrites() -> None:
    rows = [(1, ["x", None]), (2, [None, "own"]), (3, ["y", None])]
    filled = list(fill(iter(rows), [Range(1, 0, 2, 5)]))  # type: ignore[arg-type]
    assert filled == [(1, ["x", "x"]), (2, ["x", "own"]), (3, ["y", None])]


def test_columns_to_the_left_without_anything_are_left_out(tmp_path: Path, opened: Opener) -> None:
    rows: list[list[object]] = [[None, None, "编号", "数"], [None, None, "A", 1], [None, None, "B", 2]]
    sheet = opened(sheet_of(tmp_path / "left.xlsx", rows)).default_sheet
    assert sheet.headers == ("编号", "数")
    assert sheet.columns == (2, 3)
    assert [row.cells for row in sheet.rows()] == [("A", 1), ("B", 2)]


def test_a_header_without_rows_is_told(opened: Opener) -> None:
    sheet = opened("编号,金额\n").default_sheet
    assert sheet.headers == ("编号", "金额")
    assert sheet.row_estimate == 0
    assert [message.text() for message in sheet.notices] == ["只有表头,没有数据"]

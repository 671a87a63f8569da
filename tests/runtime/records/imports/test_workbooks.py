"""Workbooks: typed cells, and what spreadsheets hide."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from runtime.records.imports.cells import CellError, number_cell
from runtime.records.imports.files import TabularFile
from tests.runtime.records.imports import builders as build
from tests.runtime.records.imports.conftest import Opener


def first_row(file: TabularFile) -> tuple[object, ...]:
    return next(iter(file.default_sheet.rows())).cells


def sentences(file: TabularFile) -> list[str]:
    return [message.text() for message in [*file.notices, *file.default_sheet.notices]]


def test_cells_keep_their_types(tmp_path: Path, opened: Opener) -> None:
    path = tmp_path / "types.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("订单")
    names = ["文本", "整数", "小数", "是否", "日期", "时刻", "时间", "时长", "空"]
    page.write_row(0, 0, names)
    page.write_string(1, 0, "007")
    page.write_number(1, 1, 42)
    page.write_number(1, 2, 0.1)
    page.write_boolean(1, 3, True)
    page.write_datetime(1, 4, datetime(2026, 1, 15), book.add_format({"num_format": "yyyy/m/d"}))
    page.write_datetime(
        1, 5, datetime(2026, 1, 15, 10, 24, 33), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    )
    page.write_datetime(1, 6, time(8, 30), book.add_format({"num_format": "hh:mm"}))
    page.write_datetime(1, 7, timedelta(hours=30), book.add_format({"num_format": "[h]:mm"}))
    page.write_string(1, 8, "  ")
    book.close()
    assert first_row(opened(path)) == (
        "007",
        42,
        Decimal("0.1"),
        True,
        date(2026, 1, 15),
        datetime(2026, 1, 15, 10, 24, 33),
        time(8, 30),
        timedelta(hours=30),
        *(() if len(opened(path).default_sheet.headers) == 8 else (None,)),
    )


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (0.1, Decimal("0.1")),
        (0.1 + 0.2, Decimal("0.3")),
        (-60.70400000000001, Decimal("-60.704")),
        (5.0, 5),
        (-0.0, 0),
        (1e15, 10**15),
        (3.2015017063456e17, 320150170634560000),
        (float("inf"), CellError("#NUM!")),
    ],
)
def test_numbers_are_those_a_spreadsheet_shows(stored: float, shown: object) -> None:
    read = number_cell(stored)
    assert read == shown
    assert isinstance(read, int | Decimal | CellError)


def test_long_integers_written_by_programs_stay_exact(tmp_path: Path, opened: Opener) -> None:
    rows = (
        build.inline(1, "订单编号", "数")
        + '<row r="2"><c r="A2"><v>1234567890123456789</v></c><c r="B2"><v>1</v></c></row>'
    )
    assert first_row(opened(build.xlsx(tmp_path / "long.xlsx", rows))) == (1234567890123456789, 1)


def test_long_integers_cut_by_excel_are_told(tmp_path: Path, opened: Opener) -> None:
    rows = (
        build.inline(1, "订单编号", "数")
        + '<row r="2"><c r="A2"><v>1.23456789012345E+18</v></c><c r="B2"><v>1</v></c></row>'
    )
    file = opened(build.xlsx(tmp_path / "cut.xlsx", rows))
    assert first_row(file)[0] == 1234567890123450000
    assert any("超过 15 位" in sentence for sentence in sentences(file))


def test_long_numbers_kept_as_text_stay_as_they_are(tmp_path: Path, opened: Opener) -> None:
    rows = build.inline(1, "订单编号", "数") + build.inline(2, "12345678901234567890123", 1)
    assert first_row(opened(build.xlsx(tmp_path / "text.xlsx", rows)))[0] == "12345678901234567890123"


def test_zeros_put_in_front_by_a_format_are_kept(tmp_path: Path, opened: Opener) -> None:
    path = tmp_path / "zeros.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    page.write_row(0, 0, ["邮编", "数量"])
    padded = book.add_format({"num_format": "000000"})
    for row, code in enumerate([10010, 200], 1):
        page.write_number(row, 0, code, padded)
        page.write_number(row, 1, row)
    book.close()
    file = opened(path)
    assert [row.cells for row in file.default_sheet.rows()] == [("010010", 1), ("000200", 2)]
    assert any("前导 0" in sentence for sentence in sentences(file))


def test_formulas_give_their_stored_results_and_errors_stay_errors(tmp_path: Path, opened: Opener) -> None:
    path = tmp_path / "formulas.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    page.write_row(0, 0, ["单价", "数量", "小计", "均价"])
    for row in (1, 2):
        page.write_row(row, 0, [2.5, row])
        page.write_formula(row, 2, f"=A{row + 1}*B{row + 1}", None, 2.5 * row)
        page.write_formula(row, 3, "=1/0", None, "#DIV/0!")
    book.close()
    file = opened(path)
    assert first_row(file) == (Decimal("2.5"), 1, Decimal("2.5"), CellError("#DIV/0!"))
    assert any(sentence.startswith("4 个公式单元格") for sentence in sentences(file))
    assert any("2 个单元格是公式错误" in sentence for sentence in sentences(file))


def test_formulas_without_a_stored_result_are_empty_and_counted(tmp_path: Path, opened: Opener) -> None:
    path = tmp_path / "uncached.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["编号", "金额"])
    page.append(["A1", "=1+1"])
    page.append(["A2", "=2+2"])
    book.save(path)
    file = opened(path)
    assert first_row(file) == ("A1", None)
    assert any(sentence.startswith("2 个公式单元格没有保存结果") for sentence in sentences(file))


def test_hidden_sheets_and_rows_are_told(tmp_path: Path, opened: Opener) -> None:
    path = tmp_path / "hidden.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "订单"
    for row in (["编号", "数"], ["A", 1], ["B", 2], ["C", 3]):
        page.append(row)
    page.row_dimensions[3].hidden = True
    secret = book.create_sheet("旧数据")
    secret.append(["x", "y"])
    secret.sheet_state = "hidden"
    book.save(path)
    file = opened(path)
    assert [(sheet.name, sheet.hidden) for sheet in file.sheets] == [("订单", False), ("旧数据", True)]
    assert any("旧数据" in message.text() for message in file.notices)
    assert any("1 行在表格里被隐藏" in sentence for sentence in sentences(file))
    assert len(list(file.default_sheet.rows())) == 3


def test_the_first_sheet_with_something_in_it_is_proposed(tmp_path: Path, opened: Opener) -> None:
    path = tmp_path / "sheets.xlsx"
    book = openpyxl.Workbook()
    book.create_sheet("数据").append(["编号"])
    book["数据"].append(["A1"])
    book.save(path)
    file = opened(path)
    assert file.default_sheet.name == "数据"
    assert file.sheet("数据").headers == ("编号",)


def test_tags_in_a_named_namespace_are_inspected_too(tmp_path: Path, opened: Opener) -> None:
    rows = (
        '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>编号</x:t></x:is></x:c><x:c r="B1" t="inlineStr">'
        "<x:is><x:t>数</x:t></x:is></x:c></x:row>"
        '<x:row r="2"><x:c r="A2"><x:v>1234567890123456789</x:v></x:c><x:c r="B2" t="e"><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c></x:row>'
    )
    file = opened(build.xlsx(tmp_path / "prefix.xlsx", rows, prefix="x"))
    assert first_row(file) == (1234567890123456789, CellError("#DIV/0!"))


def test_old_xls_with_errors_hidden_rows_and_dates(tmp_path: Path, opened: Opener) -> None:
    cells = (
        build.label(0, 0, "编号") + build.label(0, 1, "金额") + build.label(0, 2, "日期") + build.hidden_row(2)
        + build.label(1, 0, "A1") + build.number(1, 1, 0.1) + build.number(1, 2, 43831, 1)
        + build.label(2, 0, "A2") + build.error(2, 1, 7)
        + build.label(3, 0, "A3") + build.formula_error(3, 1, 15)
    )  # fmt: skip
    file = opened(build.xls(tmp_path / "old.xls", cells, formats=["General", "yyyy-mm-dd"]))
    assert [row.cells for row in file.default_sheet.rows()] == [
        ("A1", Decimal("0.1"), date(2020, 1, 1)),
        ("A2", CellError("#DIV/0!"), None),
        ("A3", CellError("#VALUE!"), None),
    ]
    assert any("1 行在表格里被隐藏" in sentence for sentence in sentences(file))


def test_an_old_xls_of_the_1904_date_system(tmp_path: Path, opened: Opener) -> None:
    cells = (
        build.label(0, 0, "编号")
        + build.label(0, 1, "日期")
        + build.label(1, 0, "A")
        + build.number(1, 1, 42369, 1)
    )
    path = build.xls(tmp_path / "mac.xls", cells, date_1904=True, formats=["General", "yyyy-mm-dd"])
    file = opened(path)
    assert first_row(file) == ("A", date(2020, 1, 1))
    assert file.date_1904
    assert any("1904" in sentence for sentence in sentences(file))


def test_xlsb_is_read_with_its_errors(tmp_path: Path, opened: Opener) -> None:
    bad = build.xlsb_record(3, (1).to_bytes(4, "little") + bytes(4) + bytes([7]))
    records = [
        build.xlsb_row(0), build.xlsb_text(0, "编号"), build.xlsb_text(1, "金额"),
        build.xlsb_row(1), build.xlsb_text(0, "A1"), build.xlsb_number(1, 0.1),
        build.xlsb_row(2), build.xlsb_text(0, "A2"), bad,
    ]  # fmt: skip
    file = opened(build.xlsb(tmp_path / "b.xlsb", records))
    assert [row.cells for row in file.default_sheet.rows()] == [
        ("A1", Decimal("0.1")),
        ("A2", CellError("#DIV/0!")),
    ]


def test_ods_is_read(tmp_path: Path, opened: Opener) -> None:
    def row(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    def text(value: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    number = '<table:table-cell office:value-type="float" office:value="0.1"><text:p>0.1</text:p></table:table-cell>'
    day = '<table:table-cell office:value-type="date" office:date-value="2026-01-15"><text:p>x</text:p></table:table-cell>'
    rows = row(text("编号"), text("金额"), text("日期")) + row(text("A1"), number, day)
    assert first_row(opened(build.ods(tmp_path / "o.ods", rows))) == ("A1", Decimal("0.1"), date(2026, 1, 15))


def test_the_name_does_not_decide_the_format(tmp_path: Path, opened: Opener) -> None:
    path = build.xlsx(tmp_path / "really.xlsx", build.inline(1, "编号", "数") + build.inline(2, "A", 1))
    assert opened(path.read_bytes(), filename="订单.xls").kind == "xlsx"
    assert opened("编号,数\nA,1\n", filename="订单.xlsx").kind == "text"


def test_two_readings_of_one_sheet_do_not_disturb_each_other(tmp_path: Path, opened: Opener) -> None:
    rows = build.inline(1, "编号", "数") + "".join(build.inline(n, f"A{n}", n) for n in range(2, 5002))
    sheet = opened(build.xlsx(tmp_path / "many.xlsx", rows)).default_sheet
    first, second = sheet.rows(), sheet.rows(start=4990)
    assert next(first).cells == ("A2", 2)
    assert next(second).cells == ("A4992", 4992)
    assert len(list(second)) == 9
    assert next(first).cells == ("A3", 3)
    assert sheet.row_estimate == 5000


def test_a_closed_file_holds_no_process(tmp_path: Path, opened: Opener) -> None:
    file = opened(build.xlsx(tmp_path / "c.xlsx", build.inline(1, "编号", "数") + build.inline(2, "A", 1)))
    process = file.sheets[0]._source._process._process  # type: ignore[attr-defined]
    file.close()
    file.close()
    assert process.poll() is not None

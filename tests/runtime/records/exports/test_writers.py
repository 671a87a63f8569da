"""Written files: what a spreadsheet shows, what it must not run, and that an import reads the same values back."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.records.exports import writers
from runtime.records.exports.columns import ExportColumn, Words
from runtime.records.exports.writers import CsvWriter, XlsxWriter, open_writer, protect, sheet_name
from runtime.records.imports.cells import CellError
from runtime.records.imports.csv_reader import clean
from runtime.records.imports.files import open_tabular
from runtime.records.imports.values import (
    to_bool,
    to_date,
    to_datetime,
    to_decimal,
    to_options,
    to_percent,
    to_text,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLUMNS = [
    ExportColumn("订单号"),
    ExportColumn("数量", "number"),
    ExportColumn("实付金额", "currency", decimals=2),
    ExportColumn("折扣", "percent", decimals=1),
    ExportColumn("加急", "checkbox"),
    ExportColumn("发货日期", "date"),
    ExportColumn("下单时间", "datetime"),
    ExportColumn("标签"),
    ExportColumn("备注", "long_text"),
]
ROW = [
    "123456789012345678",
    3,
    Decimal("1299.50"),
    Decimal("0.125"),
    True,
    date(2026, 1, 15),
    datetime(2026, 1, 15, 2, 24, 33, tzinfo=UTC),
    ["急件", "易碎"],
    "第一行\n第二行",
]


def write(path: Path, rows: list[list[object]], columns: list[ExportColumn] = COLUMNS) -> Path:
    form: Literal["csv", "xlsx"] = "csv" if path.suffix == ".csv" else "xlsx"
    with open_writer(path, columns, form, tz=SHANGHAI, title="订单") as writer:
        for row in rows:
            writer.write(row)
        assert writer.rows == len(rows)
    return path


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    with open_tabular(write(tmp_path / name, [ROW, [None] * 9, ["A2", 0]])) as file:
        sheet = file.default_sheet
        assert sheet.headers == tuple(column.name for column in COLUMNS)
        first, last = sheet.rows()
    number, quantity, paid, discount, urgent, day, moment, tags, remark = first.cells
    assert to_text(number) == "123456789012345678"
    assert to_decimal(quantity) == 3
    assert to_decimal(paid) == Decimal("1299.5")
    assert to_percent(discount) == Decimal("0.125")
    assert to_bool(urgent) is True
    assert to_date(day) == date(2026, 1, 15)
    assert to_datetime(moment, SHANGHAI) == datetime(2026, 1, 15, 2, 24, 33, tzinfo=UTC)
    assert to_options(tags) == ("急件", "易碎")
    assert to_text(remark) == "第一行\n第二行"
    assert [cell for cell in last.cells if cell is not None] in (["A2", "0"], ["A2", 0])


def test_csv_begins_with_a_mark_so_that_excel_reads_chinese(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [ROW])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with CsvWriter(tmp_path / "b.csv", COLUMNS, bom=False) as writer:
        writer.write(ROW)
    assert (tmp_path / "b.csv").read_bytes().startswith("订单号".encode())


def test_csv_shows_values_as_people_read_them(tmp_path: Path) -> None:
    text = write(tmp_path / "a.csv", [ROW]).read_text("utf-8-sig")
    assert list(csv.reader(text.splitlines(keepends=True)))[1] == [
        "123456789012345678", "3", "1299.5", "12.5%", "是", "2026-01-15", "2026-01-15 10:24:33", "急件,易碎", "第一行\n第二行",
    ]  # fmt: skip


def test_csv_in_another_language(tmp_path: Path) -> None:
    with CsvWriter(
        tmp_path / "e.csv", [ExportColumn("Urgent", "checkbox")], words=Words("yes", "no")
    ) as writer:
        writer.write([False])
    assert (tmp_path / "e.csv").read_bytes().decode("utf-8-sig") == "Urgent\r\nno\r\n"


@pytest.mark.parametrize(
    "text", ["=1+1", "+86138", "-5", "@SUM(A1)", "\tx", "\uff1d1+1", "=cmd|' /C calc'!A0"]
)
def test_texts_that_would_run_as_formulas_are_defused_and_come_back(tmp_path: Path, text: str) -> None:
    assert protect(text) == f"'{text}"
    with open_tabular(write(tmp_path / "f.csv", [["A", 1], [text, 1]])) as file:
        assert [row.cells[0] for row in file.default_sheet.rows()][1] == text


def test_numbers_are_not_defused(tmp_path: Path) -> None:
    with CsvWriter(tmp_path / "n.csv", [ExportColumn("x", "number")], bom=False) as writer:
        writer.write([Decimal("-5.5")])
    assert (tmp_path / "n.csv").read_bytes().decode() == "x\r\n-5.5\r\n"


def test_headers_are_defused_too(tmp_path: Path) -> None:
    with CsvWriter(tmp_path / "h.csv", [ExportColumn("=HYPERLINK()")], bom=False):
        pass
    assert (tmp_path / "h.csv").read_bytes().decode() == "'=HYPERLINK()\r\n"


def test_long_numbers_can_be_kept_whole_for_excel(tmp_path: Path) -> None:
    with CsvWriter(
        tmp_path / "l.csv", [ExportColumn("单号"), ExportColumn("数")], keep_digits=True
    ) as writer:
        writer.write(["123456789012345678", "12"])
        writer.write(["007", "13"])
    assert "123456789012345678\t,12\r\n007\t,13" in (tmp_path / "l.csv").read_bytes().decode("utf-8-sig")
    with open_tabular(tmp_path / "l.csv") as file:
        assert [row.cells for row in file.default_sheet.rows()] == [
            ("123456789012345678", "12"),
            ("007", "13"),
        ]


@given(st.text().filter(lambda text: text == text.strip() and not text.endswith(("\t", " "))))
def test_protection_is_taken_away_exactly(text: str) -> None:
    assert (clean(protect(text)) or "") == ("" if text.isspace() else text) or text.startswith("\ufeff")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(str.strip),
            st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9),
            st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(2199, 1, 1)).map(
                lambda m: m.replace(microsecond=0)
            ),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["p.csv", "p.xlsx"]),
)
def test_rows_come_back_from_both_formats(
    tmp_path: Path, rows: list[tuple[str, Decimal, datetime]], name: str
) -> None:
    columns = [
        ExportColumn("名称"),
        ExportColumn("数", "number", decimals=3),
        ExportColumn("时间", "datetime"),
    ]
    with open_tabular(write(tmp_path / name, [list(row) for row in rows], columns)) as file:
        read = [row.cells for row in file.default_sheet.with_header(1).rows()]
    assert len(read) == len(rows)
    for (text, number, moment), cells in zip(rows, read, strict=True):
        assert (to_text(cells[0]) or "") == (text if text not in ("NULL", "\\N", "<NULL>") else "")
        assert to_decimal(cells[1]) == number
        assert to_datetime(cells[2], UTC) == moment.replace(tzinfo=UTC)


def test_xlsx_holds_real_types_formats_and_a_frozen_header(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write(tmp_path / "a.xlsx", [ROW, ["=1+1"]]))
    sheet = book["订单"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:I3"
    assert sheet["A1"].font.b
    assert sheet["A2"].value == "123456789012345678"
    assert (sheet["C2"].value, sheet["C2"].number_format) == (1299.5, '"¥"#,##0.00')
    assert (sheet["D2"].value, sheet["D2"].number_format) == (0.125, "0.0%")
    assert sheet["E2"].value is True
    assert sheet["F2"].value == datetime(2026, 1, 15)
    assert sheet["G2"].value == datetime(2026, 1, 15, 10, 24, 33)
    assert sheet["A3"].value == "=1+1"
    assert sheet["A3"].data_type != "f"
    assert sheet.column_dimensions["G"].width >= 19


def test_xlsx_writes_as_text_what_excel_cannot_hold(tmp_path: Path) -> None:
    columns = [ExportColumn("a", "number"), ExportColumn("b", "date"), ExportColumn("c"), ExportColumn("d")]
    write(
        tmp_path / "t.xlsx", [[12345678901234567890, date(1850, 1, 1), CellError("#N/A"), "\ud800x"]], columns
    )
    with open_tabular(tmp_path / "t.xlsx") as file:
        assert file.default_sheet.with_header(1).sample(1)[0].cells == (
            "12345678901234567890",
            "1850-01-01",
            "#N/A",
            "\ufffdx",
        )


def test_xlsx_times_of_day_and_durations(tmp_path: Path) -> None:
    write(tmp_path / "d.xlsx", [[time(8, 30), timedelta(hours=30)]], [ExportColumn("a"), ExportColumn("b")])
    with open_tabular(tmp_path / "d.xlsx") as file:
        assert file.default_sheet.with_header(1).sample(1)[0].cells == (time(8, 30), timedelta(hours=30))


def test_a_text_too_long_for_a_cell_is_cut_and_counted(tmp_path: Path) -> None:
    with XlsxWriter(tmp_path / "x.xlsx", [ExportColumn("备注"), ExportColumn("n")]) as writer:
        writer.write(["长" * 40_000, "a" * 40_000])
        writer.write(["短", "b"])
        assert writer.shortened == 2
    with open_tabular(tmp_path / "x.xlsx") as file:
        (long, letters), _ = [row.cells for row in file.default_sheet.with_header(1).rows()]
    assert str(long).endswith("…")
    assert len(str(letters)) == 32_767


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "SHEET_ROWS", 4)
    write(
        tmp_path / "m.xlsx",
        [[f"A{n}", n] for n in range(7)],
        [ExportColumn("编号"), ExportColumn("数", "number")],
    )
    with open_tabular(tmp_path / "m.xlsx") as file:
        assert [sheet.name for sheet in file.sheets] == ["订单", "订单 (2)", "订单 (3)"]
        assert [len(list(sheet.rows())) for sheet in file.sheets] == [3, 3, 1]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("主订单池", "主订单池"),
        ("a/b:c*d?[e]\\f", "a b c d  e  f"),
        ("", "Sheet"),
        ("'引号'", "引号"),
        ("History", "History_"),
        ("长" * 40, "长" * 31),
        ("\U0001f600" * 20, "\U0001f600" * 15),
    ],
)
def test_titles_become_names_that_excel_accepts(title: str, name: str) -> None:
    assert sheet_name(title) == name
    assert len(sheet_name(title, 12).encode("utf-16-le")) // 2 <= 31

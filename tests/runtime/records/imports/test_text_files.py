"""CSV and its relatives: encodings, separators, quotes, and what shops add to values."""

from __future__ import annotations

import pytest

from runtime.records.imports.csv_reader import clean, parse, sniff_delimiter
from runtime.records.imports.files import TabularFile
from tests.runtime.records.imports.conftest import Opener

ORDERS = "订单编号,金额,备注\nA1,12.50,尽快发货\nA2,8,\n"


def cells(file: TabularFile) -> list[tuple[object, ...]]:
    return [row.cells for row in file.default_sheet.rows()]


def sentences(file: TabularFile) -> list[str]:
    return [message.text() for message in [*file.notices, *file.default_sheet.notices]]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030"]
)
def test_text_is_read_in_the_encodings_of_chinese_exports(opened: Opener, encoding: str) -> None:
    file = opened(ORDERS.encode(encoding))
    assert file.default_sheet.headers == ("订单编号", "金额", "备注")
    assert cells(file) == [("A1", "12.50", "尽快发货"), ("A2", "8", None)]


def test_a_gbk_file_says_that_its_encoding_was_guessed(opened: Opener) -> None:
    file = opened(ORDERS.encode("gbk"))
    assert file.encoding == "gb18030"
    assert any("GBK" in sentence for sentence in sentences(file))


def test_utf8_needs_no_notice(opened: Opener) -> None:
    assert sentences(opened(ORDERS)) == []


def test_western_text_is_not_taken_for_gbk(opened: Opener) -> None:
    text = "name,city\nJosé Núñez,Málaga\nZoë Brönte,Köln\nÅsa Öberg,Malmö\n"
    file = opened(text.encode("cp1252"))
    assert cells(file)[0] == ("José Núñez", "Málaga")


def test_a_few_broken_bytes_do_not_turn_a_utf8_file_into_nonsense(opened: Opener) -> None:
    body = "".join(f"A{i},广东省深圳市南山区\n" for i in range(50)).encode()
    file = opened("编号,地址\n".encode() + body + b"A51,\xff\xfe\xe4\n")
    assert cells(file)[0] == ("A0", "广东省深圳市南山区")
    assert any("损坏" in sentence for sentence in sentences(file))


def test_a_person_may_overrule_encoding_and_separator(opened: Opener) -> None:
    file = opened("name;qty\nMéxico;1,5\n".encode("cp1252"), encoding="cp1252", delimiter=";")
    assert cells(file) == [("México", "1,5")]


def test_nul_characters_are_removed_and_told(opened: Opener) -> None:
    file = opened(b"a,b\r\n1\x00,2\r\n3,\x004\r\n")
    assert cells(file) == [("1", "2"), ("3", "4")]
    assert any("NUL" in sentence for sentence in sentences(file))


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_separator_is_found(opened: Opener, delimiter: str) -> None:
    lines = [
        ["编号", "收货地址", "金额"],
        ["A1", "上海市, 浦东新区", "1"],
        ["A2", "北京市 朝阳区; 3 号", "2"],
    ]
    text = "\n".join(
        delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in line) for line in lines
    )
    file = opened(text)
    assert file.delimiter == delimiter
    assert cells(file)[0] == ("A1", "上海市, 浦东新区", "1")


def test_a_sep_line_for_excel_is_obeyed_and_not_a_row(opened: Opener) -> None:
    file = opened("sep=;\n编号;金额\nA1;1,5\n")
    assert file.default_sheet.headers == ("编号", "金额")
    assert [row.number for row in file.default_sheet.rows()] == [2]


def test_quoted_cells_may_hold_line_ends_separators_and_quotes(opened: Opener) -> None:
    file = opened('编号,备注\r\nA1,"第一行\r\n第二行,有逗号,""引号"""\r\nA2,无\r\n')
    assert cells(file) == [("A1", '第一行\r\n第二行,有逗号,"引号"'), ("A2", "无")]


def test_row_numbers_are_those_a_spreadsheet_shows(opened: Opener) -> None:
    file = opened('编号,备注\n\nA1,"两\n行"\n\nA2,x\n')
    assert [row.number for row in file.default_sheet.rows()] == [3, 5]
    assert [row.number for row in file.default_sheet.rows(start=1)] == [5]


def test_an_unpaired_quote_costs_one_row_not_the_rest_of_the_file(opened: Opener) -> None:
    rows = "".join(f"A{i},好\n" for i in range(3000))
    file = opened('编号,备注\nX1,"5 寸屏\n' + rows)
    read = cells(file)
    assert read[0] == ("X1", '"5 寸屏')
    assert len(read) == 3001
    assert any("第 2 行的引号没有成对" in sentence for sentence in sentences(file))


def test_quotes_inside_a_cell_are_left_alone() -> None:
    assert list(parse(iter(['a,5" 屏幕,b\n']), ",", lambda _: None)) == [["a", '5" 屏幕', "b"]]


def test_blanks_before_quotes_do_not_matter(opened: Opener) -> None:
    file = opened('编号, "地址", 数\nA1, "上海, 浦东", 3\n')
    assert cells(file) == [("A1", "上海, 浦东", "3")]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_understood(opened: Opener, ending: str) -> None:
    file = opened(ending.join(["编号,数", "A1,1", "A2,2"]))
    assert cells(file) == [("A1", "1"), ("A2", "2")]
    assert file.default_sheet.row_estimate == 2


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('="00123"', "00123"),
        ('=""', None),
        ("'00123", "00123"),
        ("1234567890123\t", "1234567890123"),
        ("\t1234567890123", "1234567890123"),
        ("  12  ", "12"),
        ("\u3000\xa0张三", "张三"),
        ("'", "'"),
        ("'好", "'好"),
        ("'=1+1", "=1+1"),
        ("''123", "'123"),
        ("   ", None),
        ("", None),
        ('=A1&"x"', '=A1&"x"'),
    ],
)
def test_what_exports_add_around_a_value_is_taken_away(written: str, meant: str | None) -> None:
    assert clean(written) == meant


def test_a_row_longer_than_the_header_keeps_its_surplus_and_is_told(opened: Opener) -> None:
    file = opened("编号,地址,城市\nA1,文二路,杭州\nA2,文三路,12 号,杭州\nA3,文一路,杭州\n")
    rows = list(file.default_sheet.rows())
    assert rows[1].cells == ("A2", "文三路", "12 号")
    assert rows[1].extra == ("杭州",)
    assert any("第 3 行比表头多出几格" in sentence for sentence in sentences(file))


def test_a_short_row_is_filled_up(opened: Opener) -> None:
    assert cells(opened("a,b,c\n1\n2,3,4\n")) == [("1", None, None), ("2", "3", "4")]


def test_numbers_of_many_digits_stay_exact(opened: Opener) -> None:
    file = opened("订单编号,金额\n123456789012345678901234,0.1\n")
    assert cells(file) == [("123456789012345678901234", "0.1")]


def test_the_estimate_of_rows_is_near_without_reading_all(opened: Opener) -> None:
    file = opened("a,b\n" + "1,2\n" * 20_000)
    assert abs(file.default_sheet.row_estimate - 20_000) <= 1


def test_one_column_is_a_table_too(opened: Opener) -> None:
    file = opened("手机号\n13800138000\n13900139000\n")
    assert file.default_sheet.headers == ("手机号",)
    assert len(cells(file)) == 2


def test_the_sheet_is_called_like_the_file(opened: Opener) -> None:
    assert opened(ORDERS, filename="二月订单.csv").default_sheet.name == "二月订单"


def test_the_separator_of_a_preamble_does_not_decide() -> None:
    lines = ["导出人,张三\n", *["a\tb\tc\n"] * 20]
    assert sniff_delimiter(lines) == "\t"


def test_tabbed_text_in_gbk_named_xls_is_read(opened: Opener) -> None:
    file = opened(
        "订单编号\t金额\t\r\n1234567890123\t\u300012.5\t\r\n".encode("gb18030"), filename="订单.xls"
    )
    assert (file.kind, file.delimiter) == ("text", "\t")
    assert file.default_sheet.headers == ("订单编号", "金额")
    assert cells(file) == [("1234567890123", "12.5")]

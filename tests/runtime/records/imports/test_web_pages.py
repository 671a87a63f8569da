"""Web pages and XML spreadsheets that are named ``.xls``."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal

import pytest

from runtime.errors import InvalidInput, TooMuch
from runtime.records.imports.cells import CellError
from tests.runtime.records.imports.conftest import Opener

PAGE = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv="Content-Type" content="text/html; charset={charset}"><title>导出</title>
<style>td {{ mso-number-format:"\\@"; }}</style></head><body>
<table border=1><tr><th colspan=3>订单报表</th></tr>
<tr><th>订单编号</th><th>收货&nbsp;地址</th><th>金额</th></tr>
<tr><td>="00123"</td><td>浙江省<br>杭州市 &amp; 周边</td><td>\uffe51,299.00
<tr><td rowspan=2>A2</td><td>上海</td><td>8</td></tr>
<tr><td></td><td>9</td></tr>
</table></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "gb2312"])
def test_a_page_named_xls_is_read_as_its_table(opened: Opener, charset: str) -> None:
    file = opened(PAGE.format(charset=charset).encode(charset), filename="订单.xls")
    sheet = file.default_sheet
    assert file.kind == "html"
    assert sheet.name == "订单"
    assert sheet.header_row == 2
    assert sheet.headers == ("订单编号", "收货 地址", "金额")
    assert [row.cells for row in sheet.rows()] == [
        ("00123", "浙江省\n杭州市 & 周边", "\uffe51,299.00"),
        ("A2", "上海", "8"),
        ("A2", None, "9"),
    ]
    assert any("网页" in message.text() for message in file.notices)


def test_every_table_of_a_page_is_a_sheet(opened: Opener) -> None:
    page = (
        "<table><caption>一月</caption><tr><td>a<td>b<tr><td>1<td>2</table><table><tr><td>一个字</table>"
        "<table><tr><td>c<td><table><tr><td>内<td>层</table><tr><td>3<td>4</table>"
    )
    file = opened(page, filename="x.xls")
    assert [sheet.name for sheet in file.sheets] == ["一月", "表 2", "表 3"]
    assert [row.cells for row in file.sheet("一月").rows()] == [("1", "2")]
    assert file.sheet("表 3").headers == ("内", "层")


def test_a_table_without_end_tags_and_with_wild_spans(opened: Opener) -> None:
    file = opened("<table><tr><td rowspan=99999999>A<td>1<tr><td>2<tr><td colspan=x>3", filename="x.xls")
    assert [row.cells for row in file.default_sheet.with_header(None).rows()] == [
        ("A", "1"),
        ("A", "2"),
        ("A", "3"),
    ]


def test_a_page_of_600_columns_is_refused(opened: Opener) -> None:
    with pytest.raises(TooMuch, match="600 列"):
        opened("<table><tr>" + "<td>x" * 600 + "</table>", filename="x.xls")


def test_a_sign_in_page_says_that_the_download_failed(opened: Opener) -> None:
    with pytest.raises(InvalidInput, match="登录已经失效"):
        opened("<!DOCTYPE html><html><body><form>密码<input></form></body></html>", filename="订单.xls")


XML = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:html="http://www.w3.org/TR/REC-html40">
<Worksheet ss:Name="订单"><Table>
<Row><Cell><Data ss:Type="String">编号</Data></Cell><Cell><Data ss:Type="String">金额</Data></Cell>
<Cell><Data ss:Type="String">时间</Data></Cell><Cell><Data ss:Type="String">备注</Data></Cell></Row>
<Row ss:Index="3"><Cell ss:MergeDown="1"><Data ss:Type="String">A1</Data></Cell><Cell><Data ss:Type="Number">0.1</Data></Cell>
<Cell><Data ss:Type="DateTime">2026-01-15T10:24:33.000</Data></Cell>
<Cell><ss:Data ss:Type="String"><html:B>急</html:B>件</ss:Data></Cell></Row>
<Row><Cell ss:Index="2"><Data ss:Type="Error">#DIV/0!</Data></Cell><Cell><Data ss:Type="DateTime">1899-12-31T08:30:00.000</Data></Cell></Row>
</Table></Worksheet>
<Worksheet ss:Name="旧"><Table><Row><Cell><Data ss:Type="Boolean">1</Data></Cell></Row></Table>
<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions></Worksheet></Workbook>"""


def test_an_xml_spreadsheet_is_read_with_its_types(opened: Opener) -> None:
    file = opened(XML, filename="订单.xls")
    assert file.kind == "xml"
    assert [(sheet.name, sheet.hidden) for sheet in file.sheets] == [("订单", False), ("旧", True)]
    rows = list(file.default_sheet.rows())
    assert [row.number for row in rows] == [3, 4]
    assert rows[0].cells == ("A1", Decimal("0.1"), datetime(2026, 1, 15, 10, 24, 33), "急件")
    assert rows[1].cells == ("A1", CellError("#DIV/0!"), time(8, 30), None)


def test_a_broken_xml_spreadsheet_is_refused(opened: Opener) -> None:
    with pytest.raises(InvalidInput, match="损坏"):
        opened(XML[:700], filename="订单.xls")


def test_entities_of_a_document_type_are_not_expanded(opened: Opener) -> None:
    bomb = XML.replace("<Workbook", '<!DOCTYPE x [<!ENTITY a "aaaa">]><Workbook', 1)
    with pytest.raises(InvalidInput, match="损坏"):
        opened(bomb, filename="订单.xls")

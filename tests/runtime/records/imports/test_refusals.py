"""What is not read, and how that is said: every refusal has a code and a Chinese sentence."""

from __future__ import annotations

import io
import os
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from runtime.errors import HuobiaoError, InvalidInput, TooMuch
from runtime.records.imports import package_xml
from runtime.records.imports.files import open_tabular
from runtime.records.imports.workbook_reader import open_workbook
from tests.runtime.records.imports import builders as build
from tests.runtime.records.imports.conftest import Opener

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200)


def zip_of(names: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "file_empty", "文件是空的"),
        (b"\xef\xbb\xbf\r\n  \r\n", "file_empty", "文件是空的"),
        (PNG, "file_not_table", "图片"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "file_not_table", "图片"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(100), "file_not_table", "PDF"),
        (zip_of({"[Content_Types].xml": b"", "word/document.xml": b"<w/>"}), "file_not_table", "Word"),
        (zip_of({"[Content_Types].xml": b"", "ppt/presentation.xml": b"<p/>"}), "file_not_table", "演示文稿"),
        (zip_of({"账单.csv": b"a,b"}), "file_not_table", "先解压"),
        (b"\x1f\x8b\x08" + bytes(100), "file_not_table", "先解压"),
        (b'{"orders": []}', "file_not_table", "JSON"),
        (b"<?xml version='1.0'?><orders><order/></orders>", "file_not_table", "XML"),
        (b"\x7fELF" + bytes(100), "file_not_table", "程序"),
        (bytes(range(256)) * 20, "file_not_table", "不是表格"),
        (random.Random(7).randbytes(5000), "file_not_table", "不是表格"),
        (b"PK\x03\x04" + bytes(200), "file_damaged", "损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "file_damaged", "损坏"),
        (b"<html><body><h1>Login</h1><form></form></body></html>", "file_not_table", "登录已经失效"),
    ],
)
def test_what_is_not_a_table_is_refused_by_name(
    opened: Opener, content: bytes, code: str, words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        opened(content, filename="订单.xlsx")
    assert refused.value.error_code == code
    assert words in refused.value.message.text()


def test_a_word_document_of_the_old_kind(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="Word"):
        open_tabular(build.compound_file(tmp_path / "a.xls", {"WordDocument": b"x"}))


def test_an_encrypted_xlsx(tmp_path: Path) -> None:
    path = build.compound_file(tmp_path / "secret.xlsx", {"EncryptionInfo": b"x", "EncryptedPackage": b"y"})
    with pytest.raises(InvalidInput, match="密码") as refused:
        open_tabular(path)
    assert refused.value.error_code == "file_encrypted"


def test_an_encrypted_xls(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="密码"):
        open_tabular(build.xls(tmp_path / "secret.xls", build.label(0, 0, "x"), encrypted=True))


def test_an_encrypted_ods(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="密码"):
        open_tabular(build.ods(tmp_path / "secret.ods", "", encrypted=True))


def test_a_truncated_xlsx(tmp_path: Path) -> None:
    path = build.xlsx(tmp_path / "half.xlsx", "".join(build.inline(n, "甲", n) for n in range(1, 300)))
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(InvalidInput) as refused:
        open_tabular(path)
    assert refused.value.error_code == "file_damaged"


def test_a_file_of_200_mb_is_refused_with_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    path.write_bytes(b"a,b\n")
    os.truncate(path, 200 << 20)
    with pytest.raises(TooMuch) as refused:
        open_tabular(path)
    assert refused.value.error_code == "file_too_large"
    assert "200 MB" in refused.value.message.text()
    assert "100 MB" in refused.value.message.text()


def test_a_file_over_a_given_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * (600 << 10))
    with pytest.raises(TooMuch, match="超过 2 MB"):
        open_tabular(path, max_bytes=2 << 20)


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = build.xlsx(tmp_path / "bomb.xlsx", "", extra={"xl/sharedStrings.xml": bytes(200 << 20)})
    assert path.stat().st_size < 1 << 20
    with pytest.raises(TooMuch) as refused:
        open_tabular(path)
    assert refused.value.error_code == "file_unpacks_too_large"


def test_a_package_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = build.xlsx(tmp_path / "big.xlsx", build.inline(1, "a", "b"))
    with pytest.raises(TooMuch, match="解开后"):
        package_xml.guard(path, max_unpacked=1000)


def test_a_workbook_with_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="没有数据") as refused:
        open_tabular(build.xlsx(tmp_path / "none.xlsx", ""))
    assert refused.value.error_code == "sheet_empty"


def test_more_than_500_columns_in_text(opened: Opener) -> None:
    with pytest.raises(TooMuch, match="有 501 列,最多能导入 500 列"):
        opened(",".join(f"c{i}" for i in range(501)) + "\n" + ",".join("1" * 501) + "\n")


def test_500_columns_are_read(opened: Opener) -> None:
    file = opened(",".join(f"c{i}" for i in range(500)) + "\n" + ",".join("1" * 500) + "\n")
    assert len(file.default_sheet.headers) == 500


def test_more_than_500_columns_in_a_workbook(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>'
    with pytest.raises(TooMuch) as refused:
        open_tabular(build.xlsx(tmp_path / "wide.xlsx", rows))
    assert refused.value.error_code == "too_many_columns"


def test_coloured_blanks_far_away_do_not_count(tmp_path: Path, opened: Opener) -> None:
    rows = (
        build.inline(1, "编号", "数")
        + build.inline(2, "A", 1)
        + '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    )
    file = opened(build.xlsx(tmp_path / "blank.xlsx", rows))
    assert [row.cells for row in file.default_sheet.rows()] == [("A", 1)]


def test_cells_scattered_too_far_are_refused_before_they_eat_the_memory(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="ZZ1" s="1"/></row><row r="1048576"><c r="AZ1048576"><v>2</v></c></row>'
    with pytest.raises(TooMuch) as refused:
        open_tabular(build.xlsx(tmp_path / "far.xlsx", rows))
    assert refused.value.error_code == "sheet_too_large"
    assert "1048576" in refused.value.message.text()


def test_a_workbook_that_kills_its_reader_does_not_kill_us(tmp_path: Path) -> None:
    """The cells are written so that the inspection does not see how far apart they are; the library aborts."""
    rows = "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>2</v></c></row>"
    with pytest.raises(InvalidInput) as refused:
        open_tabular(build.xlsx(tmp_path / "deadly.xlsx", rows))
    assert refused.value.error_code == "file_damaged"
    assert "读不了这个工作簿" in refused.value.message.text()


def test_a_workbook_beyond_the_memory_limit(tmp_path: Path) -> None:
    rows = "".join(build.inline(n, f"甲{n}", n) for n in range(1, 60_000))
    path = build.xlsx(tmp_path / "fat.xlsx", rows)
    with pytest.raises(HuobiaoError) as refused, open_workbook(path, path.name, "xlsx", 20 << 20) as file:
        file.default_sheet.check()
    assert refused.value.error_code in ("file_damaged", "workbook_too_large")


@pytest.mark.parametrize("seed", range(12))
def test_damaged_workbooks_are_refused_or_read_but_never_crash(tmp_path: Path, data: Path, seed: int) -> None:
    rnd = random.Random(seed)
    sources = [*sorted((data / "excel").glob("*.xlsx"))]
    small_xls = build.xls(
        tmp_path / "s.xls", build.label(0, 0, "编号") + build.number(1, 0, 5) + build.error(2, 0, 7)
    )
    for source in [rnd.choice(sources), small_xls]:
        content = bytearray(source.read_bytes())
        for _ in range(rnd.randint(1, 8)):
            content[rnd.randrange(len(content))] = rnd.randrange(256)
        path = tmp_path / "broken"
        path.write_bytes(bytes(content))
        with suppress(HuobiaoError), open_tabular(path, filename=source.name) as file:
            for sheet in file.sheets:
                assert sum(1 for _ in sheet.rows()) >= 0

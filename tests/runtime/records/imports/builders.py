"""Makes small files of kinds that no library at hand writes: old binary Office files, XLSB, ODS, raw XLSX."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

_FREE, _END, _FAT_MARK = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR = 512


def compound_file(path: Path, streams: dict[str, bytes]) -> Path:
    """An OLE2 file with the given streams (each padded to 4096 bytes, so that none is a small stream)."""
    names = ["Root Entry", *streams]
    padded = [data.ljust(4096, b"\0") for data in streams.values()]
    padded = [data.ljust(-(-len(data) // _SECTOR) * _SECTOR, b"\0") for data in padded]
    directory_sectors = -(-len(names) // 4)
    fat = [_FAT_MARK, *range(2, directory_sectors + 1), _END]
    starts = []
    for data in padded:
        first, count = len(fat), len(data) // _SECTOR
        starts.append(first)
        fat += [*range(first + 1, first + count), _END]
    assert len(fat) <= 128, "one sector of table is enough for tests"
    entries = b""
    for index, name in enumerate(names):
        text = (name + "\0").encode("utf-16-le")
        kind = 5 if index == 0 else 2
        right = index + 1 if 0 < index < len(names) - 1 else _FREE
        child = 1 if index == 0 and streams else _FREE
        start = _END if index == 0 else starts[index - 1]
        size = 0 if index == 0 else len(padded[index - 1])
        entries += text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _FREE, right, child)
        entries += bytes(16) + struct.pack("<I", 0) + bytes(16) + struct.pack("<III", start, size, 0)
    entries = entries.ljust(directory_sectors * _SECTOR, b"\0")
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
    )
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109I", 0, *[_FREE] * 108)
    table = struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))
    path.write_bytes(header + table + entries + b"".join(padded))
    return path


def record(kind: int, body: bytes = b"") -> bytes:
    """One BIFF record."""
    return struct.pack("<HH", kind, len(body)) + body


def _short(text: str) -> bytes:
    return struct.pack("<BB", len(text), 1) + text.encode("utf-16-le")


def label(row: int, column: int, text: str) -> bytes:
    """A cell of text (LABEL); rows and columns from 0."""
    return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    """A cell with a number (NUMBER)."""
    return record(0x0203, struct.pack("<HHHd", row, column, style, value))


def error(row: int, column: int, code: int) -> bytes:
    """A cell with an error (BOOLERR); 7 is #DIV/0!."""
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, code, 1))


def formula_error(row: int, column: int, code: int) -> bytes:
    """A formula (1/0) whose stored result is an error."""
    tokens = bytes([0x1E, 1, 0, 0x1E, 0, 0, 0x06])
    result = bytes([2, 0, code, 0, 0, 0, 0xFF, 0xFF])
    return record(
        0x0006,
        struct.pack("<HHH", row, column, 0)
        + result
        + struct.pack("<HI", 0, 0)
        + struct.pack("<H", len(tokens))
        + tokens,
    )


def hidden_row(row: int) -> bytes:
    """A ROW record of a hidden row."""
    return record(0x0208, struct.pack("<HHHHHHHH", row, 0, 1, 300, 0, 0, 0x20, 0x0F))


def xls(
    path: Path, cells: bytes, *, date_1904: bool = False, formats: Sequence[str] = (), encrypted: bool = False
) -> Path:
    """A BIFF8 workbook with one sheet of the given cell records; style ``n`` has the ``n``-th of ``formats``."""
    bof = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 0x06)
    before = record(0x0809, bof)
    if encrypted:
        before += record(0x2F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    before += record(0x22, struct.pack("<H", date_1904))
    for index, code in enumerate(formats):
        before += record(0x41E, struct.pack("<HHB", 164 + index, len(code), 1) + code.encode("utf-16-le"))
    for index in range(max(len(formats), 1)):
        before += record(0xE0, struct.pack("<HH", 0, 164 + index if formats else 0) + bytes(16))
    name = _short("订单")
    offset = len(before) + 4 + 6 + len(name) + 4
    before += record(0x85, struct.pack("<IBB", offset, 0, 0) + name) + record(0x0A)
    sheet = (
        record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 0x06)) + cells + record(0x0A)
    )
    return compound_file(path, {"Workbook": before + sheet})


_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx(
    path: Path, sheet_data: str, *, prefix: str = "", extra: dict[str, bytes] | None = None, styles: str = ""
) -> Path:
    """An XLSX package around raw ``<row>`` elements; ``prefix`` puts the tags of the sheet in a named namespace."""
    p = f"{prefix}:" if prefix else ""
    space = f'xmlns:{prefix}="{_MAIN}"' if prefix else f'xmlns="{_MAIN}"'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="订单" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<{p}worksheet {space}><{p}sheetData>{sheet_data}</{p}sheetData></{p}worksheet>",
    }
    if styles:
        parts["xl/styles.xml"] = f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return path


def inline(row: int, *values: str | float) -> str:
    """A ``<row>`` of inline strings and numbers from column A."""
    cells = ""
    for index, value in enumerate(values):
        place = f"{chr(65 + index)}{row}"
        if isinstance(value, str):
            cells += f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        else:
            cells += f'<c r="{place}"><v>{value}</v></c>'
    return f'<row r="{row}">{cells}</row>'


def ods(path: Path, rows: str, *, encrypted: bool = False) -> Path:
    """An OpenDocument spreadsheet around raw ``<table:table-row>`` elements."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{names}:office:1.0" xmlns:table="{names}:table:1.0" '
        f'xmlns:text="{names}:text:1.0"><office:body><office:spreadsheet><table:table table:name="订单">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    secret = "<manifest:encryption-data/>" if encrypted else ""
    manifest = (
        f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"><manifest:file-entry manifest:full-path="content.xml" '
        f'manifest:media-type="text/xml">{secret}</manifest:file-entry></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


def xlsb(path: Path, cells: Sequence[bytes]) -> Path:
    """An XLSB package with one sheet of the given row and cell records (see ``xlsb_record``)."""
    name = "订单"
    relation = "rId1"
    bundle = struct.pack("<II", 0, 1) + _wide(relation) + _wide(name)
    workbook = (
        xlsb_record(0x83)
        + xlsb_record(0x8F)
        + xlsb_record(0x9C, bundle)
        + xlsb_record(0x90)
        + xlsb_record(0x84)
    )
    sheet = xlsb_record(0x81) + xlsb_record(0x94, struct.pack("<IIII", 0, 9, 0, 9)) + xlsb_record(0x91)
    sheet += b"".join(cells) + xlsb_record(0x92) + xlsb_record(0x82)
    types = f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
        )
        archive.writestr("xl/workbook.bin", workbook)
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="{relation}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def xlsb_record(kind: int, body: bytes = b"") -> bytes:
    """One BIFF12 record; kinds of 128 and more take two bytes."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(body)
    length = b""
    while True:
        length += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
        size >>= 7
        if not size:
            return head + length + body


def xlsb_row(row: int) -> bytes:
    """A row header (BrtRowHdr)."""
    return xlsb_record(0, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))


def xlsb_text(column: int, text: str) -> bytes:
    """A text cell (BrtCellSt)."""
    return xlsb_record(6, struct.pack("<II", column, 0) + _wide(text))


def xlsb_number(column: int, value: float) -> bytes:
    """A number cell (BrtCellReal)."""
    return xlsb_record(5, struct.pack("<IId", column, 0, value))


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")

"""Errors of formulas in XLSB and ODS sheets, which the workbook library reads as blanks.

Sources: [MS-XLSB] (record types 3 and 11 are error cells); OpenDocument 1.3 with LibreOffice's ``calcext`` extension.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from runtime.records.imports import package_xml
from runtime.records.imports.findings import Findings
from runtime.records.imports.inspect_xls import ERROR_CODES
from runtime.records.imports.refusals import damaged

_ROW_HEADER, _CELL_ERROR, _FORMULA_ERROR, _BUNDLE_SHEET, _WORKBOOK_PROPERTIES = 0, 3, 11, 156, 153
_FORMULAS = range(8, 12)
_WORKBOOK = "xl/workbook.bin"
_ODS_ERROR = re.compile(rb'calcext:value-type="error"')


class XlsbPackage:
    """The workbook part of an XLSB package."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.date_1904 = False
        self._parts: dict[str, str] = {}
        with zipfile.ZipFile(path) as archive:
            related = package_xml.elements(archive, "xl/_rels/workbook.bin.rels")
            data = package_xml.read_part(archive, _WORKBOOK) or b""
        targets = {tag.attributes.get("Id"): tag.attributes.get("Target", "") for tag in related}
        for kind, body in _records(data):
            if kind == _WORKBOOK_PROPERTIES and body:
                self.date_1904 = bool(body[0] & 1)
            elif kind == _BUNDLE_SHEET:
                relation, rest = _wide(body[8:])
                name, _ = _wide(rest)
                self._parts[name] = package_xml.resolve(_WORKBOOK, targets.get(relation, ""))

    def inspect(self, _index: int, sheet: str) -> Findings:
        """Find the errors and count the formulas of the sheet; raises ``InvalidInput`` if it is broken."""
        found = Findings()
        with zipfile.ZipFile(self._path) as archive:
            part = self._parts.get(sheet)
            if part not in archive.namelist():
                return found
            row = 0
            for kind, body in _records(b"".join(package_xml.chunks(archive, str(part)))):
                if kind == _ROW_HEADER and len(body) >= 4:
                    row = struct.unpack_from("<I", body)[0] + 1
                elif kind in (_CELL_ERROR, _FORMULA_ERROR) and len(body) >= 9:
                    found.errors[row, struct.unpack_from("<I", body)[0]] = ERROR_CODES.get(body[8], "#N/A")
                found.formulas += kind in _FORMULAS
        return found


def count_ods_errors(path: Path) -> int:
    """How many cells of an OpenDocument spreadsheet are errors of formulas."""
    with zipfile.ZipFile(path) as archive:
        count, tail = 0, b""
        for chunk in package_xml.chunks(archive, "content.xml"):
            piece = tail + chunk
            count += len(_ODS_ERROR.findall(piece))
            tail = piece[-(len(_ODS_ERROR.pattern) - 1) :]
        return count


def _wide(data: bytes) -> tuple[str, bytes]:
    """Read a string with a 32-bit length; return it and what follows."""
    if len(data) < 4:
        raise damaged()
    end = 4 + struct.unpack_from("<I", data)[0] * 2
    return data[4:end].decode("utf-16-le", "replace"), data[end:]


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and body of each record; types and lengths have 7 bits to a byte."""
    at, end = 0, len(data)
    try:
        while at < end:
            kind = data[at]
            at += 1
            if kind & 0x80:
                kind = (kind & 0x7F) | (data[at] & 0x7F) << 7
                at += 1
            size = shift = 0
            while True:
                byte = data[at]
                at += 1
                size |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80 or shift > 21:
                    break
            yield kind, data[at : at + size]
            at += size
    except IndexError:
        raise damaged() from None

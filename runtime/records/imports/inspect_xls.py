"""What the workbook library does not tell of an XLS sheet: one pass over its BIFF records.

Errors, hidden rows, number formats, the extent of the cells, the date system, and whether a password is needed.
Source: [MS-XLS], Excel Binary File Format.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from runtime.records.imports.compound_file import CompoundFile
from runtime.records.imports.findings import BUILT_IN_FORMATS, FORMAT_ROWS, Findings
from runtime.records.imports.refusals import EMAIL_FILE, SLIDES, WORD, damaged, encrypted, not_a_table

_BOF, _EOF = (0x0809, 0x0409, 0x0209), 0x000A
_FILEPASS, _DATEMODE, _BOUNDSHEET, _FORMAT, _XF = 0x2F, 0x22, 0x85, 0x41E, 0xE0
_ROW, _FORMULA, _BOOLERR, _MULRK = 0x0208, 0x0006, 0x0205, 0xBD
_ONE_CELL = {0x0203, 0x027E, 0xFD, 0x0204, 0xD6, _FORMULA, _BOOLERR}
_NUMBERS = {0x0203, 0x027E, _FORMULA}
ERROR_CODES = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


def read_workbook_stream(path: Path) -> XlsStream:
    """Open the compound file at ``path`` and read the workbook's global records.

    Raises ``InvalidInput``: ``file_encrypted``, ``file_not_table`` (a Word document …) or ``file_damaged``.
    """
    container = CompoundFile(path)
    names = container.names
    for name in ("Workbook", "Book", "WORKBOOK", "BOOK"):
        if name in names:
            return XlsStream(container.stream(name))
    if "EncryptedPackage" in names:
        raise encrypted()
    if "WordDocument" in names:
        raise not_a_table(WORD)
    if "PowerPoint Document" in names:
        raise not_a_table(SLIDES)
    if any(name.startswith("__substg1.0_") for name in names):
        raise not_a_table(EMAIL_FILE)
    raise damaged()


class XlsStream:
    """The stream of records of a workbook."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.encrypted = self.date_1904 = False
        self._sheets: list[int] = []
        self._codes: dict[int, str] = {}
        self._format_of_style: list[int] = []
        for kind, body in self._records(0):
            if kind == _FILEPASS:
                self.encrypted = True
            elif kind == _DATEMODE:
                self.date_1904 = body[:2] == b"\x01\x00"
            elif kind == _BOUNDSHEET and len(body) >= 4:
                self._sheets.append(struct.unpack_from("<I", body)[0])
            elif kind == _XF and len(body) >= 4:
                self._format_of_style.append(struct.unpack_from("<H", body, 2)[0])
            elif kind == _FORMAT and len(body) >= 5:
                self._codes[struct.unpack_from("<H", body)[0]] = _text(body[2:])

    def inspect(self, index: int, sheet: str) -> Findings:
        """Pass over the records of the ``sheet`` at ``index``; raises ``TooMuch`` if its cells spread too far."""
        found = Findings()
        if index >= len(self._sheets):
            return found
        styles: dict[int, Counter[int]] = {}
        last_row = -1
        rows = 0
        for kind, body in self._records(self._sheets[index]):
            if kind in _ONE_CELL or kind == _MULRK:
                if len(body) < 6:
                    raise damaged()
                row, column, style = struct.unpack_from("<HHH", body)
                rows += row != last_row
                last_row = row
                found.last_row = max(found.last_row, row + 1)
                last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind == _MULRK else column
                found.last_column = max(found.last_column, last)
                if row < FORMAT_ROWS and kind in _NUMBERS:
                    styles.setdefault(column, Counter())[style] += 1
                elif row < FORMAT_ROWS and kind == _MULRK:
                    for place, (style_of_one,) in enumerate(struct.iter_unpack("<H4x", body[4:-2]), column):
                        styles.setdefault(place, Counter())[style_of_one] += 1
                self._inspect_cell(kind, body, (row + 1, column), found)
            elif kind == _ROW and len(body) >= 14:
                found.hidden_rows += bool(body[12] & 0x20)
        found.filled_rows = rows
        found.number_formats = {
            column: code
            for column, counts in styles.items()
            if (code := self._code(counts.most_common(1)[0][0]))
        }
        found.refuse_sprawl(sheet)
        return found

    @staticmethod
    def _inspect_cell(kind: int, body: bytes, place: tuple[int, int], found: Findings) -> None:
        if kind == _BOOLERR and len(body) >= 8 and body[7]:
            found.errors[place] = ERROR_CODES.get(body[6], "#N/A")
        elif kind == _FORMULA and len(body) >= 14:
            found.formulas += 1
            if body[12:14] == b"\xff\xff" and body[6] == 2:
                found.errors[place] = ERROR_CODES.get(body[8], "#N/A")

    def _code(self, style: int) -> str:
        if style >= len(self._format_of_style):
            return ""
        number = self._format_of_style[style]
        return self._codes.get(number) or BUILT_IN_FORMATS.get(number, "")

    def _records(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """Yield the records of one substream (begin to end), those of charts inside it left out."""
        data, depth = self._data, 0
        while offset + 4 <= len(data):
            kind, size = struct.unpack_from("<HH", data, offset)
            offset += 4
            if kind in _BOF:
                depth += 1
            elif kind == _EOF:
                depth -= 1
                if depth <= 0:
                    return
            elif depth == 1:
                yield kind, data[offset : offset + size]
            offset += size


def _text(data: bytes) -> str:
    """Read a BIFF8 string with 16-bit length, or the older 8-bit form."""
    (length,) = struct.unpack_from("<H", data)
    if len(data) >= 3 + length and data[2] in (0, 1):
        wide = data[2] & 1
        return data[3 : 3 + length * (1 + wide)].decode("utf-16-le" if wide else "latin-1", "replace")
    return data[1 : 1 + data[0]].decode("latin-1", "replace")

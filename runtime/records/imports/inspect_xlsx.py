"""What the workbook library does not tell of an XLSX sheet: one quick pass over its XML.

Formulas without a stored result, errors, integers beyond double precision, hidden rows, number formats, and how far
the cells spread. It works on the markup as text (patterns over pieces that end with a row), so it is a help, not a
parser: what it misses is read by the library all the same.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from runtime.records.imports import package_xml
from runtime.records.imports.findings import BUILT_IN_FORMATS, FORMAT_ROWS, Findings


class WorkbookXml:
    """The parts of an XLSX package that describe the workbook as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with zipfile.ZipFile(path) as archive:
            part = _workbook_part(archive)
            tags = package_xml.elements(archive, part)
            related = package_xml.elements(archive, part.replace("workbook", "_rels/workbook", 1) + ".rels")
        targets = {tag.attributes.get("Id"): tag.attributes.get("Target", "") for tag in related}
        self.date_1904 = any(
            tag.name == "workbookPr" and tag.attributes.get("date1904") in ("1", "true", "on") for tag in tags
        )
        self._parts = {
            tag.attributes.get("name", ""): package_xml.resolve(part, targets[tag.attributes["id"]])
            for tag in tags
            if tag.name == "sheet" and tag.attributes.get("id") in targets
        }

    def inspect(self, _index: int, sheet: str) -> Findings:
        """Pass over the XML of the sheet called ``sheet``.

        Raises ``TooMuch`` if its cells spread over too many columns or too large a rectangle, ``InvalidInput`` if the
        part is broken.
        """
        found = Findings()
        part = self._parts.get(sheet)
        if part is None:
            return found
        with zipfile.ZipFile(self._path) as archive:
            if part not in archive.namelist():
                return found
            scanner = _Scanner(found)
            for piece in _whole_rows(package_xml.chunks(archive, part)):
                scanner.scan(piece)
        found.number_formats = {
            column: formats
            for column, styles in scanner.styles.items()
            if (formats := self._formats.get(styles.most_common(1)[0][0]))
        }
        found.refuse_sprawl(sheet)
        return found

    @cached_property
    def _formats(self) -> dict[int, str]:
        """Number format by index of cell style; ``General`` and date formats left out or named plainly."""
        with zipfile.ZipFile(self._path) as archive:
            tags = package_xml.elements(archive, "xl/styles.xml")
        codes = {
            int(tag.attributes["numFmtId"]): tag.attributes.get("formatCode", "")
            for tag in tags
            if tag.name == "numFmt" and tag.attributes.get("numFmtId", "").isdecimal()
        }
        names = [tag.name for tag in tags]
        if "cellXfs" not in names:
            return {}
        formats = {}
        style = 0
        for tag in tags[names.index("cellXfs") + 1 :]:
            if tag.name in ("cellStyles", "dxfs"):
                break
            if tag.name == "xf":
                number = tag.attributes.get("numFmtId", "")
                known = int(number) if number.isdecimal() else 0
                formats[style] = codes.get(known) or BUILT_IN_FORMATS.get(known, "")
                style += 1
        return formats


class _Scanner:
    """Patterns over pieces of sheet XML; the namespace prefix of the tags is taken from the first piece."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.styles: dict[int, Counter[int]] = {}
        self._ready = False

    def _prepare(self, piece: bytes) -> None:
        match = re.search(rb"<(\w+:)?sheetData\b", piece)
        p = (match.group(1) or b"") if match else b""
        p = re.escape(p)
        compiled = re.compile
        self._row = compiled(rb"<" + p + rb'row\b[^>]*?\br="(\d+)"')
        self._hidden = compiled(rb"<" + p + rb'row\b[^>]*?\bhidden="(?:1|true)"[^>]*>')
        self._far = compiled(rb"<" + p + rb'c r="([A-Z]{2,3})\d+"(?:[^>]*[^/])?>(?!</)')
        self._formula = compiled(
            rb"<"
            + p
            + rb"c\b([^>]*)>\s*<"
            + p
            + rb"f\b(?:[^>]*/>|[^>]*>[^<]*</"
            + p
            + rb"f>)\s*(?:<"
            + p
            + rb"v[^>/]*>([^<]*)<)?"
        )
        self._error = compiled(
            rb"<"
            + p
            + rb'c r="([A-Z]+)(\d+)"[^>]*\bt="e"[^>]*>(?:(?!</'
            + p
            + rb"c>).)*?<"
            + p
            + rb"v>([^<]*)<",
            re.S,
        )
        self._long = compiled(rb"<" + p + rb"v>(?:-?\d{16,}|-?\d(?:\.\d+)?[eE]\+?(?:1[5-9]|2\d))</")
        self._number = compiled(
            rb"<" + p + rb'c r="([A-Z]+)(\d+)"([^>]*)><' + p + rb"v>(-?\d+(?:\.\d+)?(?:[eE]\+?\d+)?)</"
        )
        self._styled = compiled(rb"<" + p + rb'c r="([A-Z]+)(\d+)"[^>]*?\bs="(\d+)"([^>]*)><' + p + rb"v>")
        self._f, self._e = b"<" + match.group(1) + b"f" if match and match.group(1) else b"<f", b't="e"'
        self._ready = True

    def scan(self, piece: bytes) -> None:
        """Add what ``piece`` (whole rows) holds to the findings."""
        if not self._ready:
            self._prepare(piece)
        found = self.found
        rows = self._row.findall(
            piece, 0, max(piece.rfind(b"v>"), piece.rfind(b"is>"), 0)
        )  # formatted blanks left out
        if rows:
            found.last_row = max(found.last_row, int(rows[-1]), int(rows[0]))
            found.filled_rows += len(rows)
        if b"hidden=" in piece:
            found.hidden_rows += len(self._hidden.findall(piece))
        far = {column_index(letters) for letters in set(self._far.findall(piece))}
        found.last_column = max(found.last_column, *far, 0)
        if self._f in piece:
            for attributes, result in self._formula.findall(piece):
                found.formulas += 1
                found.formulas_without_result += not result and b't="str"' not in attributes
        if self._e in piece:
            for letters, row, code in self._error.findall(piece):
                found.errors[int(row), column_index(letters)] = code.decode("ascii", "replace")
        if self._long.search(piece):
            self._long_numbers(piece)
        if found.filled_rows <= FORMAT_ROWS or not self.styles:
            self._count_styles(piece)

    def _long_numbers(self, piece: bytes) -> None:
        for letters, row, attributes, text in self._number.findall(piece):
            if b't="' in attributes and b't="n"' not in attributes:
                continue
            if text.lstrip(b"-").isdigit():
                if len(text.lstrip(b"-")) >= 16:
                    self.found.exact_integers[int(row), column_index(letters)] = int(text)
            elif re.fullmatch(rb"-?\d(?:\.\d+)?[eE]\+?(?:1[5-9]|2\d)", text):
                self.found.lossy_numbers += 1

    def _count_styles(self, piece: bytes) -> None:
        for letters, row, style, rest in self._styled.findall(piece):
            if int(row) > FORMAT_ROWS:
                break
            if b't="' not in rest or b't="n"' in rest:
                self.styles.setdefault(column_index(letters), Counter())[int(style)] += 1


def column_index(letters: bytes) -> int:
    """``A`` → 0, ``Z`` → 25, ``AA`` → 26."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _workbook_part(archive: zipfile.ZipFile) -> str:
    for tag in package_xml.elements(archive, "_rels/.rels"):
        if tag.attributes.get("Type", "").endswith("/officeDocument"):
            return package_xml.resolve("", tag.attributes.get("Target", ""))
    return "xl/workbook.xml"


def _whole_rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Regroup pieces so that each ends with the end of a row."""
    rest = b""
    for piece in pieces:
        piece = rest + piece
        cut = piece.rfind(b"row>") + 4
        if cut < 4 and len(piece) < (16 << 20):
            rest = piece
            continue
        rest = piece[cut:] if cut >= 4 else b""
        yield piece[:cut] if cut >= 4 else piece
    if rest:
        yield rest

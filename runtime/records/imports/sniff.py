"""What kind of file this is, by its first bytes; the name is only a hint.

People rename files, and back offices name web pages ``.xls``. Everything that is not a table of some kind is refused
here, with a sentence that names what the file is instead.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal, TypeAlias

from runtime.records.imports import refusals
from runtime.records.imports.encoding import utf16_without_mark
from runtime.records.imports.package_xml import BROKEN

Format: TypeAlias = Literal["text", "html", "xml", "xlsx", "xlsb", "xls", "ods"]
"""``xml``: XML Spreadsheet 2003. ``xlsx`` includes ``.xlsm``; ``xls`` includes WPS's ``.et``."""

HEAD_BYTES = 64 * 1024
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", refusals.PICTURE),
    (b"\xff\xd8\xff", refusals.PICTURE),
    (b"GIF87a", refusals.PICTURE),
    (b"GIF89a", refusals.PICTURE),
    (b"II*\x00", refusals.PICTURE),
    (b"MM\x00*", refusals.PICTURE),
    (b"%PDF", "PDF"),
    (b"{\\rtf", refusals.WORD),
    (b"\x1f\x8b", refusals.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", refusals.ARCHIVE),
    (b"Rar!\x1a\x07", refusals.ARCHIVE),
    (b"BZh", refusals.ARCHIVE),
    (b"\xfd7zXZ\x00", refusals.ARCHIVE),
    (b"ID3", refusals.MEDIA),
    (b"OggS", refusals.MEDIA),
    (b"\x7fELF", refusals.PROGRAM),
    (b"MZ\x90", refusals.PROGRAM),
    (b"SQLite format 3\x00", refusals.DATABASE),
    (b"\x00\x01\x00\x00Standard ", refusals.DATABASE),
    (b"MIME-Version:", refusals.WEB_ARCHIVE),
)
_RIFF = {b"WEBP": refusals.PICTURE, b"WAVE": refusals.MEDIA, b"AVI ": refusals.MEDIA}
_OTHER_ZIPS = (
    ("word/", refusals.WORD),
    ("ppt/", refusals.SLIDES),
    ("Index/Document.iwa", refusals.NUMBERS),
    ("Index.zip", refusals.NUMBERS),
)
_HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|head|meta|body|table|style|div)\b", re.I)
_XML_WORKBOOK = re.compile(rb"<(?:\w+:)?Workbook\b[^>]*urn:schemas-microsoft-com:office:spreadsheet", re.S)
_JSON = re.compile(rb'\s*(?:\{\s*["}]|\[\s*[\[{"])')


def sniff(path: Path) -> Format:
    """Return the format of the file at ``path``.

    Raises ``InvalidInput`` with code ``file_empty``, ``file_not_table``, or ``file_damaged`` (a broken zip).
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise refusals.empty()
    if head.startswith(OLE_MAGIC):
        return "xls"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_format(path)
    if what := _not_a_table(head):
        raise refusals.not_a_table(what)
    text = _ascii_view(head)
    if _XML_WORKBOOK.search(text):
        return "xml"
    if _HTML.match(text.lstrip()) or (text.lstrip()[:1] == b"<" and _HTML.search(text)):
        return "html"
    if text.lstrip().startswith(b"<?xml"):
        raise refusals.not_a_table("XML")
    if _JSON.match(text):
        raise refusals.not_a_table("JSON")
    if _is_binary(head):
        raise refusals.binary()
    return "text"


def _not_a_table(head: bytes) -> str | None:
    for magic, what in _MAGICS:
        if head.startswith(magic):
            return what
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return refusals.PICTURE if head[8:12] in (b"heic", b"heix", b"mif1", b"avif") else refusals.MEDIA
    if (
        head.startswith(b"BM")
        and len(head) > 30
        and head[6:10] == b"\x00\x00\x00\x00"
        and b"\x00" in head[10:30]
    ):
        return refusals.PICTURE
    return None


def _zip_format(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            kind = archive.read("mimetype")[:80] if "mimetype" in names else b""
    except BROKEN as error:
        raise refusals.damaged() from error
    lowered = {name.lower().replace("\\", "/") for name in names}
    if "xl/workbook.bin" in lowered:
        return "xlsb"
    if "xl/workbook.xml" in lowered or any(re.fullmatch(r"xl/workbook\d*\.xml", name) for name in lowered):
        return "xlsx"
    if b"opendocument.spreadsheet" in kind:
        return "ods"
    if b"opendocument.text" in kind:
        raise refusals.not_a_table(refusals.WORD)
    for prefix, what in _OTHER_ZIPS:
        if any(name.startswith(prefix) for name in names):
            raise refusals.not_a_table(what)
    raise refusals.not_a_table(refusals.ARCHIVE)


def _ascii_view(head: bytes) -> bytes:
    """The head with marks and the zero halves of UTF-16 removed, so that tags can be searched as ASCII."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\x00", b"")
    return head.removeprefix(b"\xef\xbb\xbf")


def _is_binary(head: bytes) -> bool:
    """Whether too many bytes are control characters for this to be text (a few NUL bytes are tolerated)."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if utf16_without_mark(head):
        return False
    controls = sum(head.count(code) for code in range(1, 32) if code not in (9, 10, 12, 13, 26, 27))
    return controls > len(head) * 0.02 or head.count(0) > len(head) * 0.2

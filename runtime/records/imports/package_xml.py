"""The zip package around XLSX, XLSB and ODS: guarding against bombs, reading small XML parts."""

from __future__ import annotations

import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

import msgspec

from runtime.records.imports.refusals import damaged, encrypted, unpacks_too_large

MAX_UNPACKED_BYTES = 2 << 30
"""What all tables of a package may unpack to."""

BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    OSError, EOFError, RuntimeError, NotImplementedError, ValueError, KeyError,
)  # fmt: skip
"""What reading a damaged zip raises."""

_MAX_MEMBERS = 20_000
_MAX_SMALL_PART = 64 << 20
_SUSPICIOUS_RATIO = 500  # honest sheets, however repetitive, pack about 10 to 60 times
_SUSPICIOUS_SIZE = 64 << 20
_PICTURES = ("xl/media/", "Pictures/", "xl/embeddings/")


class Element(msgspec.Struct, frozen=True):
    """An XML start tag: the name without prefix, attributes with local names."""

    name: str
    attributes: dict[str, str]


def guard(path: Path, max_unpacked: int = MAX_UNPACKED_BYTES) -> None:
    """Refuse a package that unpacks to more than ``max_unpacked`` bytes, is encrypted, or is not a sound zip.

    Sizes come from the directory of the package; a member that is longer than it says fails when it is read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except BROKEN as error:
        raise damaged() from error
    if any(member.flag_bits & 1 for member in members):
        raise encrypted()
    read = [member for member in members if not member.filename.startswith(_PICTURES)]
    total = sum(member.file_size for member in read)
    swollen = any(
        member.file_size > _SUSPICIOUS_SIZE and member.file_size > member.compress_size * _SUSPICIOUS_RATIO
        for member in read
    )
    if total > max_unpacked or swollen or len(members) > _MAX_MEMBERS:
        raise unpacks_too_large(total)


def elements(archive: zipfile.ZipFile, member: str) -> list[Element]:
    """Return the start tags of a small XML part, in order; none if the part is missing.

    Raises ``InvalidInput`` (``file_damaged``) if it is no XML or carries a document type, which packages never do.
    """
    found: list[Element] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        local = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        found.append(Element(name.rpartition(":")[2], local))

    def doctype(*_: object) -> None:
        raise damaged()

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        data = read_part(archive, member)
        if data is not None:
            parser.Parse(data, True)
    except expat.ExpatError as error:
        raise damaged() from error
    return found


def ods_encrypted(path: Path) -> bool:
    """Whether an OpenDocument package needs a password: its manifest then describes the encryption."""
    with zipfile.ZipFile(path) as archive:
        return any(tag.name == "encryption-data" for tag in elements(archive, "META-INF/manifest.xml"))


def read_part(archive: zipfile.ZipFile, member: str) -> bytes | None:
    """Return the bytes of a part, nothing if there is none; refuses one that is too large to be what it claims."""
    try:
        info = archive.getinfo(member)
    except KeyError:
        return None
    if info.file_size > _MAX_SMALL_PART:
        raise damaged()
    try:
        return archive.read(info)
    except BROKEN as error:
        raise damaged() from error


def chunks(archive: zipfile.ZipFile, member: str, size: int = 1 << 20) -> Iterator[bytes]:
    """Yield the bytes of a large part piece by piece; raises ``file_damaged`` on a broken one."""
    try:
        with archive.open(member) as part:
            while chunk := part.read(size):
                yield chunk
    except BROKEN as error:
        raise damaged() from error


def resolve(part: str, target: str) -> str:
    """Return the member name of ``target`` as related from ``part`` (``xl/workbook.xml``)."""
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))

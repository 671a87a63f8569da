"""What a file is, by its content: a name proves nothing.

A *media type* is what the file is; a *category* what people call it and what a field may ask for. Only the types of
:data:`INLINE` are ever shown inside a page's address; everything else leaves the server as a download.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, get_args

from runtime.files.names import extension
from runtime.i18n import N_

Category = Literal["image", "pdf", "document", "text", "audio", "video", "archive", "other"]
CATEGORIES: tuple[str, ...] = get_args(Category)
CATEGORY_NAMES: dict[str, str] = {
    "image": N_("图片"),
    "pdf": N_("PDF"),
    "document": N_("办公文档"),
    "text": N_("文本"),
    "audio": N_("音频"),
    "video": N_("视频"),
    "archive": N_("压缩包"),
    "other": N_("其他文件"),
}
UNKNOWN = "application/octet-stream"
_HEAD = 8192
_TAIL = 65536

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (257, b"ustar", "application/x-tar"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-executable"),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN_XML = (
    (b"word/", f"{_OFFICE}wordprocessingml.document"),
    (b"xl/", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}presentationml.presentation"),
)
_OLE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "wps": "application/vnd.ms-works",
    "msg": "application/vnd.ms-outlook",
}
_TEXTS = {"csv": "text/csv", "json": "application/json", "md": "text/markdown", "log": "text/plain"}
_BRANDS = (
    (("heic", "heix", "mif1", "msf1", "heim"), "image/heic"),
    (("avif", "avis"), "image/avif"),
    (("M4A ", "M4B "), "audio/mp4"),
    (("qt  ",), "video/quicktime"),
)
_HTML = re.compile(rb"<(?:!doctype html|html|head|body|script|iframe)\b", re.IGNORECASE)
_SVG = re.compile(rb"<svg\b", re.IGNORECASE)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

INLINE: dict[str, str] = {
    "image/jpeg": "image/jpeg",
    "image/png": "image/png",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
    "image/avif": "image/avif",
    "image/bmp": "image/bmp",
    "application/pdf": "application/pdf",
    "audio/mpeg": "audio/mpeg",
    "audio/mp4": "audio/mp4",
    "audio/ogg": "audio/ogg",
    "audio/wav": "audio/wav",
    "audio/flac": "audio/flac",
    "video/mp4": "video/mp4",
    "video/webm": "video/webm",
    "text/plain": "text/plain; charset=utf-8",
    "text/csv": "text/plain; charset=utf-8",
    "text/markdown": "text/plain; charset=utf-8",
    "application/json": "text/plain; charset=utf-8",
}
"""Media types that browsers may show in place, and what they are then called: nothing that runs."""


def category_of(media_type: str) -> Category:
    """What people call a file of this media type."""
    main = media_type.partition("/")[0]
    if media_type == "image/svg+xml":
        return "other"  # a document with scripts, not a picture
    if main in ("image", "audio", "video"):
        return main  # type: ignore[return-value]
    if media_type == "application/pdf":
        return "pdf"
    if media_type.startswith(
        (_OFFICE, "application/vnd.oasis.", "application/vnd.ms-", "application/msword")
    ):
        return "document"
    if media_type in ("text/plain", "text/csv", "text/markdown", "application/json", "application/xml"):
        return "text"
    packed = ("zip", "x-7z-compressed", "vnd.rar", "gzip", "x-bzip2", "x-xz", "x-tar")
    return "archive" if media_type in {f"application/{name}" for name in packed} else "other"


def media_type_of(path: Path, name: str) -> str:
    """The media type of the file at ``path``, uploaded as ``name``. Reads its beginning and, for packages, its end."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read() if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) else b""
    found = _binary(head, tail, extension(name))
    return found or _text(head, size, extension(name)) or UNKNOWN


def _binary(head: bytes, tail: bytes, ending: str) -> str | None:
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12].decode("latin-1")
        return next((media for brands, media in _BRANDS if brand in brands), "video/mp4")
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _package(head, tail)
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _OLE.get(ending, "application/x-ole-storage")
    if head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return "audio/mpeg"
    for at, mark, media in _SIGNATURES:
        if head[at : at + len(mark)] == mark and not (mark in (b"BM", b"MZ") and _is_text(head)):
            return media
    return None


def _package(head: bytes, tail: bytes) -> str:
    if head[30:38] == b"mimetype":
        found = re.match(rb"application/[a-z0-9.+-]+", head[38:138])
        return found.group().decode() if found else "application/zip"
    if b"[Content_Types].xml" in head + tail or b"_rels/.rels" in head + tail:
        return next((media for mark, media in _OPEN_XML if mark in head + tail), "application/zip")
    return "application/zip"


def _text(head: bytes, size: int, ending: str) -> str | None:
    if not size or not _is_text(head):
        return None
    page, drawing = _HTML.search(head), _SVG.search(head)
    if drawing and not (page and page.start() < drawing.start()):
        return "image/svg+xml"
    if page:
        return "text/html"
    if head.lstrip().startswith(b"<?xml"):
        return "application/xml"
    return _TEXTS.get(ending, "text/plain")


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if _CONTROLS.search(head):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            head[: max(0, len(head) - 4) or len(head)].decode(encoding)
        except UnicodeDecodeError as error:
            if error.end < len(head) - 8:  # cut inside a letter at the end of the piece: still text
                continue
        return True
    return False

"""Names of files: what may be stored and shown, and how a name travels in a header."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 150
"""Characters of a name; longer ones lose the end of their stem, never the extension."""
_LONGEST_EXTENSION = 20
# what turns the direction of writing, joins or hides letters: "invoice\u202efdp.exe" would look like a PDF
_MISLEADING = frozenset(
    {*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x061C, 0x180E, 0xFEFF}
)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._ -]+")


def clean(name: str) -> str:
    """``name`` as it is stored: without folders, control characters and tricks; "" when nothing is left."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = [letter for letter in text if not _hidden(letter)]
    text = " ".join("".join(kept).split()).strip(". ")
    if len(text) <= LONGEST:
        return text
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension) > _LONGEST_EXTENSION:
        return text[:LONGEST].strip()
    return f"{stem[: LONGEST - len(extension) - 1].strip()}.{extension}"


def _hidden(letter: str) -> bool:
    return ord(letter) in _MISLEADING or unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")


def extension(name: str) -> str:
    """The extension in lower case, without its dot; "" where there is none."""
    _, dot, found = name.rpartition(".")
    return found.lower() if dot and 0 < len(found) <= _LONGEST_EXTENSION else ""


def disposition(name: str, *, inline: bool) -> str:
    """The ``Content-Disposition`` of a file with this name."""
    plain = _NOT_PLAIN.sub("_", name).strip("_. ") or "file"
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

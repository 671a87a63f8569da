"""Reads the PO catalogues into translators, once per process.

A language's catalogue is ``<language>/LC_MESSAGES/messages.po`` and all of ``<language>/parts/*.po``: one file per room,
so that rooms can be worked on at the same time. A msgid that stands in two files must say the same in both.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import msgspec
from babel.messages.pofile import read_po

from runtime.i18n import DEFAULT_LANGUAGE, LANGUAGES, Translator

FOLDER = Path(__file__).parent
MESSAGES_OF_ISLANDS = FOLDER.parent / "static" / "dist" / "messages.json"
"""Written by the browser build: the msgids that the islands use."""


class ConflictingTranslation(ValueError):
    """Two PO files of one language translate a msgid differently."""


def files(language: str) -> list[Path]:
    """The PO files of a language, the main one first."""
    main = FOLDER / language / "LC_MESSAGES" / "messages.po"
    parts = sorted((FOLDER / language / "parts").glob("*.po"))
    return [path for path in (main, *parts) if path.exists()]


def read(language: str, *, strict: bool = False) -> dict[str, str]:
    """All sentences of ``language`` by msgid; the first file that has a msgid wins.

    ``strict`` (the test suite) raises :class:`ConflictingTranslation` where two files disagree.
    """
    sentences: dict[str, str] = {}
    origin: dict[str, Path] = {}
    for path in files(language):
        with path.open("rb") as file:
            entries = read_po(file, locale=language)
        for entry in entries:
            if (
                not entry.id
                or not isinstance(entry.id, str)
                or not isinstance(entry.string, str)
                or not entry.string
            ):
                continue
            known = sentences.get(entry.id)
            if known is not None:
                if not strict or known == entry.string:
                    continue
                where = f"{origin[entry.id].name}, {path.name}"
                raise ConflictingTranslation(f"{entry.id!r} is translated in two ways ({where})")
            sentences[entry.id] = entry.string
            origin[entry.id] = path
    return sentences


@cache
def translator(language: str) -> Translator:
    """The translator of a language; Chinese for one we do not speak."""
    if language == DEFAULT_LANGUAGE or language not in LANGUAGES:
        return Translator(DEFAULT_LANGUAGE)
    return Translator(language, read(language))


@cache
def for_islands(language: str) -> bytes:
    """JSON object of the sentences that the browser's islands need, ``{}`` for Chinese."""
    sentences = translator(language).catalogue
    if sentences and MESSAGES_OF_ISLANDS.exists():
        used = set(msgspec.json.decode(MESSAGES_OF_ISLANDS.read_bytes(), type=list[str]))
        sentences = {msgid: sentence for msgid, sentence in sentences.items() if msgid in used}
    return msgspec.json.encode(dict(sorted(sentences.items())))


@cache
def islands_digest(language: str) -> str:
    """Short digest of :func:`for_islands`, for the address of the catalogue."""
    return hashlib.sha256(for_islands(language)).hexdigest()[:12]

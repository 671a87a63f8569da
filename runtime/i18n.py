"""Marking and rendering of texts a person reads.

Message ids are the Chinese source sentences themselves; other languages are catalogues of PO entries.
Inside the runtime a message stays a msgid with named parameters (:class:`Message`); only the edges (pages,
API, command line) turn it into a sentence, with the reader's :class:`Translator`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

DEFAULT_LANGUAGE = "zh"
LANGUAGES = ("zh", "en")


def N_(msgid: str) -> str:  # noqa: N802 - the gettext convention
    """Mark ``msgid`` for the catalogue and return it unchanged."""
    return msgid


class Message(msgspec.Struct, frozen=True):
    """A sentence not yet in anybody's language: a Chinese msgid and its named parameters."""

    msgid: str
    params: dict[str, Any] = {}

    def text(self, translator: Translator | None = None) -> str:
        """Return the sentence in the translator's language (Chinese without one)."""
        return (translator or CHINESE).gettext(self.msgid, self.params)


class Translator:
    """Turns msgids into sentences of one language.

    ``catalogue`` maps a Chinese msgid to the sentence of ``language``; what is missing stays Chinese.
    Parameters that are themselves a :class:`Message` are translated first; lists are joined as the language does.
    """

    def __init__(self, language: str, catalogue: Mapping[str, str] | None = None) -> None:
        self.language = language
        self.catalogue = catalogue or {}

    def gettext(self, msgid: str, params: Mapping[str, Any] | None = None) -> str:
        """Translate ``msgid`` and fill its ``{name}`` places; a missing parameter leaves its place visible.

        ``{{`` and ``}}`` are braces to be read as such. ``{n|record|records}`` in a catalogue is the first word where
        ``n`` is one and the second where it is not: Chinese needs no such thing.
        """
        sentence = self.catalogue.get(msgid) or msgid
        if "{" not in sentence and "}" not in sentence:
            return sentence
        values = params or {}

        def filled(place: re.Match[str]) -> str:
            name = place.group(1)
            if name is None:
                return place.group()[0]
            if name not in values:
                return place.group()
            value = values[name]
            if place.group(2) is not None:
                return place.group(2) if str(value) == "1" else place.group(3)
            return self._said(value)

        return _PLACE.sub(filled, sentence)

    def listed(self, values: Iterable[Any]) -> str:
        """Several words or messages as the language enumerates them."""
        return self.gettext(BETWEEN).join(map(self._said, values))

    def _said(self, value: Any) -> str:
        if isinstance(value, list | tuple):
            return self.listed(value)
        return value.text(self) if isinstance(value, Message) else str(value)


BETWEEN = N_("、")
"""What stands between the items of a list in a sentence."""


# a name alone: sentences may be people's own words, in which a format or an attribute could do harm
_PLACE = re.compile(r"\{\{|\}\}|\{(\w+)(?:\|([^{}|]*)\|([^{}|]*))?\}")
CHINESE = Translator("zh")

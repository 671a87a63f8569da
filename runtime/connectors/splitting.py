"""Cutting text into parts of a bounded number of UTF-8 bytes, where a reader would cut it.

Never inside a character as a person sees it (an emoji with its skin tone, a letter with its accent), nor, where
it can be helped, inside a span that only works whole (a link, a mention, a formatting tag). Cuts fall, in this
order of preference, at the end of a line, of a sentence, of a word.
"""

from __future__ import annotations

import re
import unicodedata

WHOLE_IN_TEXT = re.compile(r"<@[^>\s]{1,64}>|https?://[^\s<>]{1,1000}")
WHOLE_IN_MARKDOWN = re.compile(
    r"<font[^>\n]{0,40}>[^\n]{0,1000}?</font>"
    r"|\[[^\]\n]{0,500}\]\([^)\n]{0,1000}\)"
    r"|\*\*[^*\n]{1,500}\*\*"
    r"|`[^`\n]{1,500}`"
    r"|<[^>\n]{1,200}>"
    r"|https?://[^\s<>]{1,1000}"
)
_SENTENCE_ENDS = "。！？；…!?;"
_WORD_ENDS = " \t\u3000，、"
# A cut further forward than this share of a part would leave it needlessly short.
_SHORTEST_SHARE = 1 / 3
_JOINER = "\u200d"


def byte_length(text: str) -> int:
    """The number of bytes of ``text`` in UTF-8, which is what limits count."""
    return len(text.encode("utf-8", "surrogatepass"))


def fit(text: str, limit: int, whole: re.Pattern[str] | None = None) -> int:
    """How many characters of ``text`` to take: they fill at most ``limit`` bytes, and the cut reads well.

    Raises :class:`ValueError` for a limit under 4 bytes, which not every character fits into.
    """
    if limit < 4:
        raise ValueError("no character is longer than 4 bytes; the limit must not be smaller")
    head = text[:limit]
    if byte_length(head) <= limit:
        most = len(head)
    else:
        most = len(head.encode("utf-8", "surrogatepass")[:limit].decode("utf-8", "ignore"))
    if most >= len(text):
        return len(text)
    forbidden = _inside_spans(text, most, whole)
    for ends in ("\n", _SENTENCE_ENDS, _WORD_ENDS):
        for cut in range(most, int(most * _SHORTEST_SHARE), -1):
            if text[cut - 1] in ends and cut not in forbidden and not _one_character(text, cut):
                return cut
    for cut in range(most, 0, -1):
        if cut not in forbidden and not _one_character(text, cut):
            return cut
    return most


def split_text(text: str, limit: int, whole: re.Pattern[str] | None = WHOLE_IN_TEXT) -> list[str]:
    """``text`` in parts of at most ``limit`` UTF-8 bytes each, in order; blank parts are left out.

    Nothing but the white space at the cuts is lost. Text that is empty or blank gives no parts. ``whole``
    matches spans that should not be cut unless a single one is longer than the limit.
    """
    parts = []
    rest = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    while rest:
        cut = fit(rest, limit, whole)
        part, rest = rest[:cut], rest[cut:]
        if rest:
            part, rest = part.rstrip(), rest.lstrip("\r\n")
        if part.strip():
            parts.append(part)
    return parts


def _inside_spans(text: str, most: int, whole: re.Pattern[str] | None) -> frozenset[int]:
    """Positions up to ``most`` at which a cut would fall inside a span that belongs together."""
    if whole is None:
        return frozenset()
    inside: set[int] = set()
    # A span that begins before the cut can end behind it, so look as far again.
    for match in whole.finditer(text, 0, 2 * most + 1000):
        if match.start() >= most:
            break
        if match.start() > 0:  # one that begins the part has nowhere to go; it is cut if it must be
            inside.update(range(match.start() + 1, min(match.end(), most + 1)))
        else:
            inside.update(range(1, match.end()) if match.end() <= most else ())
    return frozenset(inside)


def _one_character(text: str, cut: int) -> bool:
    """Whether the code points on both sides of ``cut`` belong to one character as a reader sees it."""
    before, after = text[cut - 1], text[cut]
    if before == "\r" and after == "\n":
        return True
    if before == _JOINER or after == _JOINER:
        return True
    if unicodedata.category(after) in {"Mn", "Me", "Mc"} or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    return _regional(after) and _regional_run(text, cut) % 2 == 1


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _regional_run(text: str, cut: int) -> int:
    """How many letters of flags stand directly before ``cut``; flags are pairs of them."""
    count = 0
    while count < cut and _regional(text[cut - 1 - count]):
        count += 1
    return count

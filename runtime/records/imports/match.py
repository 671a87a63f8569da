"""Which field of a table each column of a file belongs to.

Names decide, as people and shop systems write them; what the columns hold confirms or contradicts. The result is a
proposal for the mapping step of an import.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Protocol

import msgspec

from runtime.definitions.fields import READONLY_TYPES
from runtime.i18n import N_, Message
from runtime.records.imports.guess import ColumnGuess
from runtime.records.imports.guess_rules import kind_name
from runtime.records.imports.vocabulary import Kind, concept_of, normalise, words

LEAST_SCORE = 0.5
"""Below this, a column is better left without a field."""

_SAME_NAME, _SAME_MEANING, _PART_OF_NAME, _ALIKE, _BY_CONTENT = 1.0, 0.92, 0.75, 0.65, 0.55
_CONTRADICTION = 0.6  # what is left of a score when the content does not suit the field

_NUMERIC = frozenset({"number", "currency", "percent", "rating", "progress"})
_SUITS: dict[Kind, frozenset[str]] = {
    "text": frozenset(
        {
            "text",
            "long_text",
            "link",
            "single_select",
            "multi_select",
            "barcode",
            "location",
            "cascade",
            "duration",
            "json",
            "member",
        }
    ),
    "long_text": frozenset({"text", "long_text", "location", "json"}),
    "number": _NUMERIC | {"text", "checkbox", "link", "single_select", "barcode", "duration"},
    "currency": _NUMERIC,
    "percent": _NUMERIC,
    "checkbox": frozenset({"checkbox", "single_select", "text"}),
    "date": frozenset({"date", "datetime"}),
    "datetime": frozenset({"date", "datetime"}),
    "single_select": frozenset({"single_select", "multi_select", "text", "link", "cascade", "member"}),
    "multi_select": frozenset({"multi_select", "text", "long_text", "link", "member"}),
    "phone": frozenset({"phone", "text", "link"}),
    "email": frozenset({"email", "text", "link", "member"}),
    "url": frozenset({"url", "text", "long_text", "barcode"}),
    "duration": frozenset({"duration", "text"}),
}
_TELLING: tuple[Kind, ...] = ("phone", "email", "url")  # kinds that name their field by themselves


class FieldLike(Protocol):
    """What is needed of a field: the catalog's ``Field`` is one."""

    @property
    def id(self) -> str:
        """The public id."""

    @property
    def name(self) -> str:
        """The name people see."""

    @property
    def type(self) -> str:
        """The type's name, e.g. ``single_select``."""


class ColumnMatch(msgspec.Struct, frozen=True):
    """A column and the id of the field proposed for it (nothing: none suits). ``score`` from 0 to 1."""

    column: int
    field: str | None
    score: float
    reason: Message


def match_columns(
    headers: Sequence[str], guesses: Sequence[ColumnGuess], fields: Sequence[FieldLike]
) -> list[ColumnMatch]:
    """Propose a field for each column, each field once; calculated and automatic fields are never proposed.

    ``guesses`` are those of :func:`guess.guess_columns`, one per header (or none at all). The answer has one entry per
    header, in order.
    """
    open_fields = [field for field in fields if field.type not in READONLY_TYPES]
    kinds: list[Kind | None] = [guess.kind if guess.example_values else None for guess in guesses]
    kinds += [None] * (len(headers) - len(kinds))
    candidates = [
        (score, -column, -place, reason)
        for column, header in enumerate(headers)
        for place, field in enumerate(open_fields)
        for score, reason in [_rate(header, kinds[column], field)]
        if score >= LEAST_SCORE
    ]
    matches: dict[int, ColumnMatch] = {}
    taken: set[int] = set()
    for score, minus_column, minus_place, reason in sorted(
        candidates, key=lambda rated: rated[:3], reverse=True
    ):
        column, place = -minus_column, -minus_place
        if column not in matches and place not in taken:
            taken.add(place)
            matches[column] = ColumnMatch(column, open_fields[place].id, round(score, 2), reason)
    rest = [field for place, field in enumerate(open_fields) if place not in taken]
    _match_by_content(kinds, rest, matches)
    return [matches.get(column) or _no_match(column) for column in range(len(headers))]


def _rate(header: str, kind: Kind | None, field: FieldLike) -> tuple[float, Message]:
    score, msgid = _rate_names(header, field.name)
    reason = Message(msgid, {"column": header, "field": field.name})
    if not score or kind is None or field.type in _SUITS[kind]:
        return score, reason
    if field.type in ("text", "long_text"):  # takes anything
        return score * 0.97, reason
    contradiction = Message(
        N_("名字对得上字段「{field}」,但内容像{kind},请核对"),
        {"field": field.name, "kind": kind_name(kind)},
    )
    return score * _CONTRADICTION, contradiction


def _rate_names(header: str, field: str) -> tuple[float, str]:
    ours, theirs = normalise(field), normalise(header)
    if not ours or not theirs:
        return 0.0, ""
    if ours == theirs:
        return _SAME_NAME, N_("和字段「{field}」同名")
    concept = concept_of(header)
    if concept is not None and concept == concept_of(field):
        return _SAME_MEANING, N_("「{column}」和「{field}」是一个意思")
    if concept is not None and concept_of(field) is not None:
        return 0.0, ""  # both are known, and to be different things
    shorter, longer = sorted((ours, theirs), key=len)
    if _is_part(shorter, longer, header, field):
        return _PART_OF_NAME + 0.15 * len(shorter) / len(longer), N_("名字里都有「{field}」的字样")
    ratio = SequenceMatcher(None, ours, theirs).ratio()
    if ratio >= 0.75:
        return _ALIKE * ratio, N_("名字和字段「{field}」相近")
    return 0.0, ""


def _is_part(shorter: str, longer: str, header: str, field: str) -> bool:
    """Whether one name is in the other as more than chance: two Chinese characters, or whole Latin words."""
    if shorter.isascii():
        whole = {" ".join(words(name).split()) for name in (header, field)}
        short, long = sorted(whole, key=len) if len(whole) == 2 else (shorter, longer)
        return len(short) >= 4 and f" {short} " in f" {long} "
    return len(shorter) >= 2 and shorter in longer and len(shorter) * 3 >= len(longer)


def _match_by_content(
    kinds: Sequence[Kind | None], fields: Sequence[FieldLike], matches: dict[int, ColumnMatch]
) -> None:
    """Match a column to a field when they are the only ones left of a telling kind."""
    for kind in _TELLING:
        columns = [column for column, held in enumerate(kinds) if held == kind and column not in matches]
        suiting = [field for field in fields if field.type == kind]
        if len(columns) == 1 and len(suiting) == 1:
            reason = Message(N_("内容像{kind}"), {"kind": kind_name(kind)})
            matches[columns[0]] = ColumnMatch(columns[0], suiting[0].id, _BY_CONTENT, reason)


def _no_match(column: int) -> ColumnMatch:
    return ColumnMatch(column, None, 0.0, Message(N_("没有合适的字段,可以新建或跳过")))

"""Shapes that several of the builder's answers share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from litestar.params import Body, QueryParameter

from builder.references import Use
from builder.removal import Removal, sentences
from builder.usage import describe
from runtime.api.common import ProblemBody, problem_body
from runtime.errors import Problem
from runtime.i18n import Translator

Json = dict[str, Any]
Confirmed = Annotated[
    bool,
    QueryParameter(
        name="confirm",
        description="Delete although other things go into the trash or are switched off with it",
    ),
]
DefinitionBody = Annotated[
    Json, Body(description="Keys of the definition; those left out stay (PATCH) or are defaults")
]


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order to put things into, by id; what is left out follows."""

    ids: list[str]


class UseBody(msgspec.Struct, frozen=True, kw_only=True):
    """A place that uses something: which definition, where in it, and the same in words."""

    kind: str
    id: str
    name: str
    table: str | None
    path: str
    text: str


class Uses(msgspec.Struct, frozen=True):
    """Places that use something."""

    uses: tuple[UseBody, ...]


class RemovalBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a deletion would do. ``records``: records of the table; ``filled``: those that hold something in the field.

    ``blocked``: has to be changed first. ``drafts``: unpublished drafts in which it will have to be replaced. Unless ``harmless``, deleting needs ``?confirm=true``. ``notes``: in words.
    """

    records: int
    filled: int
    harmless: bool
    together: tuple[UseBody, ...]
    trimmed: tuple[UseBody, ...]
    switched_off: tuple[UseBody, ...]
    one_way: tuple[UseBody, ...]
    blocked: tuple[UseBody, ...]
    drafts: tuple[UseBody, ...]
    notes: tuple[str, ...]


def use_body(use: Use, translator: Translator) -> UseBody:
    """A use in the caller's language."""
    return UseBody(
        kind=use.kind,
        id=use.id,
        name=use.name,
        table=use.table,
        path=use.path,
        text=describe(use).text(translator),
    )


def use_bodies(uses: Iterable[Use], translator: Translator) -> tuple[UseBody, ...]:
    """Uses in the caller's language."""
    return tuple(use_body(use, translator) for use in uses)


def removal_body(removal: Removal, translator: Translator) -> RemovalBody:
    """A removal in the caller's language."""
    return RemovalBody(
        records=removal.records,
        filled=removal.filled,
        harmless=removal.harmless,
        together=use_bodies(removal.together, translator),
        trimmed=use_bodies(removal.trimmed, translator),
        switched_off=use_bodies(removal.switched_off, translator),
        one_way=use_bodies(removal.one_way, translator),
        blocked=use_bodies(removal.blocked, translator),
        drafts=use_bodies(removal.drafts, translator),
        notes=tuple(sentence.text(translator) for sentence in sentences(removal)),
    )


def problem_bodies(problems: Iterable[Problem], translator: Translator) -> tuple[ProblemBody, ...]:
    """Problems in the caller's language."""
    return tuple(problem_body(problem, translator) for problem in problems)


def taken(changes: Json) -> tuple[Json, int | None]:
    """A PATCH body without its ``version``, and that version."""
    version = changes.get("version")
    return {key: value for key, value in changes.items() if key not in ("version", "id", "app")}, (
        version if isinstance(version, int) else None
    )

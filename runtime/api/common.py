"""What all controllers of the API share: injected names, shapes of answers, times and problems on the wire.

A handler gets what it needs by naming it: ``system: TheSystem``, ``actor: TheActor`` (signed in, by session or token),
``translator: TheTranslator`` (the caller's language). They come from ``ui.asgi``. Handlers raise
:class:`~runtime.errors.HuobiaoError`; turning that into a problem document is ``ui.http.errors``'s work.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar.di import NamedDependency

from runtime.access import Actor
from runtime.errors import Problem
from runtime.i18n import N_, Translator
from runtime.system import System

TheSystem = NamedDependency[System]
TheActor = NamedDependency[Actor]
TheVisitor = NamedDependency[Actor | None]
TheTranslator = NamedDependency[Translator]


class ProblemBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing wrong, in the caller's language. ``path`` locates it: ``records.3.fields.fld…``, ``steps.2.text``."""

    code: str
    message: str
    field: str | None = None
    field_name: str | None = None
    path: str | None = None


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457 problem details. ``code`` is for programs, ``detail`` for people, ``reference`` for support."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    problems: tuple[ProblemBody, ...]
    reference: str = ""


def problem_body(problem: Problem, translator: Translator) -> ProblemBody:
    """A problem in the caller's language."""
    return ProblemBody(
        code=problem.code,
        message=problem.message.text(translator),
        field=problem.field,
        field_name=problem.field_name,
        path=problem.path,
    )


_FORM = N_("表单「{name}」")
_OF_FORM = re.compile(re.escape(_FORM).replace(re.escape("{name}"), "(.*)"), re.DOTALL)


def actor_name(kind: str, name: str, translator: Translator) -> str:
    """The name an actor is kept by, for a reader: what the product calls itself and forms is in the reader's language,
    people's and automations' names are as they are."""
    if kind == "system":
        return translator.gettext(name)
    if kind == "form" and (found := _OF_FORM.fullmatch(name)):
        return translator.gettext(_FORM, {"name": found[1]})
    return name


def moment(value: datetime) -> str:
    """A moment on the wire: ISO 8601 in UTC, ``2026-01-15T00:26:03.123456Z``."""
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moment.isoformat()[:-6] + "Z"


def plain(value: Any) -> Any:
    """A definition's Struct as plain lists and dicts, for answers that add to it."""
    return msgspec.to_builtins(value)

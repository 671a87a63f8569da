"""What the editor and the help show of the functions."""

from __future__ import annotations

from typing import Any

import msgspec

from runtime.formulas.functions import ALL, find
from runtime.formulas.functions.base import FAMILY_TITLES
from runtime.i18n import Message


class ArgumentInfo(msgspec.Struct, frozen=True):
    """One argument: its name in Chinese and English, what it takes, whether it must be given, whether it repeats."""

    name: str
    english: str
    takes: str
    required: bool
    repeats: bool


class FunctionInfo(msgspec.Struct, frozen=True):
    """A function for people; its messages are to be translated. ``differs``: from Excel's, None when it does not."""

    name: str
    aliases: tuple[str, ...]
    family: str
    family_title: Message
    signature: Message
    arguments: tuple[ArgumentInfo, ...]
    returns: str | None
    help: Message
    differs: Message | None
    examples: tuple[tuple[str, Any], ...]


def functions() -> tuple[FunctionInfo, ...]:
    """All functions, in the order of the reference."""
    return tuple(_info(function.name) for function in ALL)


def describe(name: str) -> FunctionInfo | None:
    """One function by name or alias; None when there is none."""
    return _info(name) if find(name) else None


def _info(name: str) -> FunctionInfo:
    function = find(name)
    assert function is not None  # noqa: S101 - callers looked it up
    return FunctionInfo(
        function.name,
        function.aliases,
        function.family.value,
        Message(FAMILY_TITLES[function.family][0]),
        Message(function.signature()),
        tuple(
            ArgumentInfo(a.name, a.english, a.kind.value, a.is_required, a.repeats)
            for a in function.arguments
        ),
        function.returns.value if function.returns else None,
        Message(function.help),
        Message(function.differs) if function.differs else None,
        tuple((example.expression, example.result) for example in function.examples),
    )

"""Checks that several editors share, and the list they put their findings in.

A definition is checked as a whole: every problem is collected with its path (``steps.2.config.text``) and all are
raised at once as :class:`~runtime.errors.InvalidDefinition`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from runtime.errors import InvalidDefinition, Problem
from runtime.i18n import N_, Message

NAME_LENGTH = 80
DESCRIPTION_LENGTH = 2000
_ICON = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Problems:
    """Problems found so far; :meth:`at` gives a view on the same list for a part of the definition."""

    def __init__(
        self, path: str = "", found: list[Problem] | None = None, warned: list[Problem] | None = None
    ) -> None:
        self.path = path
        self.found: list[Problem] = [] if found is None else found
        self.warned: list[Problem] = [] if warned is None else warned

    def at(self, part: str | int) -> Problems:
        """The same list, for what stands under ``part``."""
        return Problems(f"{self.path}.{part}" if self.path else str(part), self.found, self.warned)

    def add(self, code: str, msgid: str, *, field: Any = None, **params: Any) -> None:
        """Note a problem here; ``field`` is a catalog field it concerns."""
        self.found.append(self._problem(code, msgid, field, params))

    def warn(self, code: str, msgid: str, *, field: Any = None, **params: Any) -> None:
        """Note something that is allowed but probably not meant."""
        self.warned.append(self._problem(code, msgid, field, params))

    def add_error(self, error: Any) -> None:
        """Take over what another check raised (a :class:`~runtime.errors.HuobiaoError`), with this path."""
        for problem in error.problems or [error.as_problem()]:
            path = ".".join(part for part in (self.path, problem.path or "") if part)
            self.found.append(
                Problem(problem.code, problem.message, problem.field, problem.field_name, path or None)
            )

    def raise_any(self) -> None:
        """Raise all problems as one error, whose sentence is the first of them; do nothing when there are none."""
        if not self.found:
            return
        first = self.found[0]
        raise InvalidDefinition(
            first.message.msgid,
            code=first.code if len(self.found) == 1 else None,
            field=first.field,
            field_name=first.field_name,
            problems=list(self.found),
            **first.message.params,
        )

    def _problem(self, code: str, msgid: str, field: Any, params: dict[str, Any]) -> Problem:
        return Problem(
            code,
            Message(msgid, params),
            None if field is None else field.id,
            None if field is None else field.name,
            self.path or None,
        )


def clean_text(text: str) -> str:
    """``text`` in composed form (NFC), without spaces around it."""
    return unicodedata.normalize("NFC", text).strip()


def check_name(problems: Problems, name: str, *, taken: Iterable[str] = ()) -> str:
    """The name as it will be stored: trimmed; 1 to 80 characters, no control characters, not taken (whatever its case)."""
    cleaned = clean_text(name)
    if not cleaned:
        problems.add("name_missing", N_("名称不能为空"))
    elif len(cleaned) > NAME_LENGTH:
        problems.add(
            "name_too_long",
            N_("名称最多 {limit} 个字,现在有 {length} 个"),
            limit=NAME_LENGTH,
            length=len(cleaned),
        )
    elif has_control(cleaned):
        problems.add("name_not_printable", N_("名称里有看不见的控制字符,重新输入一遍"))
    elif cleaned.casefold() in {other.casefold() for other in taken}:
        problems.add("name_taken", N_("已经有一个叫「{name}」的了,换一个名称"), name=cleaned)
    return cleaned


def free_name(name: str, taken: Iterable[str]) -> str:
    """``name``, or ``name 2``, ``name 3`` … whichever is not taken."""
    used = {other.casefold() for other in taken}
    candidate, number = name[:NAME_LENGTH], 1
    while candidate.casefold() in used:
        number += 1
        suffix = f" {number}"
        candidate = name[: NAME_LENGTH - len(suffix)] + suffix
    return candidate


def check_description(problems: Problems, text: str) -> str:
    """The description as it will be stored."""
    cleaned = clean_text(text)
    if len(cleaned) > DESCRIPTION_LENGTH:
        problems.add("description_too_long", N_("说明最多 {limit} 个字"), limit=DESCRIPTION_LENGTH)
    if has_control(cleaned, lines=True):
        problems.add("description_not_printable", N_("说明里有看不见的控制字符,重新输入一遍"))
    return cleaned


def check_icon(problems: Problems, icon: str) -> str:
    """The name of an icon of the set."""
    if not _ICON.fullmatch(icon):
        problems.add("bad_icon", N_("图标名「{icon}」不对"), icon=icon[:40])
    return icon


def has_control(text: str, *, lines: bool = False) -> bool:
    """Whether ``text`` holds control characters (NUL among them) or halves of surrogate pairs; ``lines`` allows breaks."""
    allowed = "\n\t" if lines else ""
    return any(
        unicodedata.category(char) in {"Cc", "Cs"} and char not in allowed
        for char in text.replace("\r\n", "\n")
    )

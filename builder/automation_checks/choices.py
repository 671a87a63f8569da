"""Options that an automation names and that were taken off their list: nothing new can have them any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from builder.usage import choice_named_by
from builder.validation import Problems
from runtime.catalog import App, Field
from runtime.definitions.automations import AutomationDef
from runtime.definitions.fields import Choice
from runtime.i18n import N_

CHOICE_DELETED = "choice_deleted"
_NO_NAME = object()


def check_choices(problems: Problems, app: App, definition: AutomationDef) -> None:
    """Add a problem at each place of a trigger or step that names a deleted option."""
    gone = [
        (field, choice, name)
        for table in app.tables
        for field in table.fields
        for choice, name in _gone(field)
    ]
    if not gone:
        return
    said = {problem.path for problem in problems.found}
    for part in ("trigger", "steps"):
        for path, value in _structs(getattr(definition, part), part):
            for field, choice, name in gone:
                if path not in said and choice_named_by(value, field.id, choice.id, name):
                    _at(problems, f"{path}{_part(value, choice.id)}").add(
                        "choice_deleted",
                        N_("「{name}」的选项「{choice}」已被删除:换一个,或把它加回选项里"),
                        field=field,
                        name=field.name,
                        choice=choice.name,
                    )
                    said.add(path)


def _gone(field: Field) -> Iterator[tuple[Choice, object]]:
    """Deleted options of a field, and what they are still called: nothing where another one has the name now."""
    choices = field.choices_by_id.values()
    shown = {choice.name for choice in choices if not choice.archived}
    for choice in choices:
        if choice.archived:
            yield choice, _NO_NAME if choice.name in shown else choice.name


def _structs(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, msgspec.Struct):
        yield path, value
        for name in value.__struct_fields__:
            yield from _structs(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _structs(item, f"{path}.{index}")


def _part(value: Any, choice: int) -> str:
    """Where in a trigger or step of its own kind the option stands."""
    for name in ("targets", "sources", "states"):
        if choice in getattr(value, name, ()):
            return f".{name}"
    return ".to" if getattr(value, "to", None) == choice else ""


def _at(problems: Problems, path: str) -> Problems:
    for part in path.split("."):
        problems = problems.at(part)
    return problems

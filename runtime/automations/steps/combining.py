"""Ways to set a field other than replacing what it holds: adding to it, taking from it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime import fieldtypes
from runtime.catalog import Field
from runtime.definitions.fields import Link, Member
from runtime.definitions.values import How
from runtime.fieldtypes import Context, attachment

NUMBERS = frozenset({"number", "currency", "percent", "rating", "progress", "duration"})
TEXTS = frozenset({"text", "long_text"})


def ways(field: Field) -> tuple[How, ...]:
    """The ways in which steps can set a field, the usual one first."""
    if field.type in NUMBERS or is_list(field):
        return ("set", "add", "remove", "clear")
    if field.type in TEXTS:
        return ("set", "add", "clear")
    return ("set", "clear")


def is_list(field: Field) -> bool:
    """Whether the field holds several items."""
    config = field.config
    if isinstance(config, Link | Member):
        return config.many
    return field.type in ("multi_select", "attachment")


def combined(field: Field, how: How, stored: Any, given: Any, context: Context) -> Any:
    """The wire value of a field that holds ``stored`` after ``given`` (stored as well; a link's are ids) is added or removed."""
    config, kind = field.config, fieldtypes.get(field.config)
    if field.type in NUMBERS:
        if given is None:
            return kind.to_wire(config, stored)
        return kind.to_wire(config, (stored or 0) + (given if how == "add" else -given))
    if field.type in TEXTS:
        lines = "\n" if field.type == "long_text" else ""
        return lines.join(part for part in (stored, given) if part) or None
    if field.type == "attachment":
        files = {one["id"]: one for one in attachment.read(stored)}
        others = {one["id"]: one for one in attachment.read(given)}
        left = files | others if how == "add" else {key: files[key] for key in files if key not in others}
        return list(left.values())
    items = _together(stored or (), given or (), how)
    return items if field.type == "link" else kind.to_wire(config, items)


def _together(there: Sequence[Any], given: Sequence[Any], how: How) -> list[Any]:
    if how == "add":
        return list(dict.fromkeys([*there, *given]))
    return [item for item in there if item not in given]

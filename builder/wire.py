"""Definitions as JSON: what the API answers and takes.

A field is ``{id, name, type, options, required, unique, default, description, readonly}``; ``options`` is its
configuration without the type, complete with defaults. Going in, tables, fields and choices may be named instead of
numbered; what is stored names them by id.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from builder.computed import shown
from builder.validation import Problems
from runtime import fieldtypes
from runtime.catalog import Field, Table
from runtime.definitions.fields import FieldConfig, Formula, Link
from runtime.i18n import N_

S = TypeVar("S", bound=msgspec.Struct)

_PATH = re.compile(r"(?: - at `\$\.?(?P<path>[^`]*)`)?$")
_OURS = frozenset({"relation", "side", "inverse"})


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A field to be made. ``options``: the configuration of its type; a link also takes ``two_way``,
    ``inverse_name`` and ``inverse_many`` for the field made at the other end."""

    name: str
    type: str = "text"
    options: dict[str, Any] = {}
    description: str = ""
    required: bool = False
    unique: bool = False
    default: Any = None


class FieldPatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a field; what is left out stays. A ``type`` without ``options`` starts with its defaults,
    ``options`` without ``type`` change only the keys given."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    type: str | msgspec.UnsetType = msgspec.UNSET
    options: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    required: bool | msgspec.UnsetType = msgspec.UNSET
    unique: bool | msgspec.UnsetType = msgspec.UNSET
    default: Any = msgspec.UNSET


def options_of(config: FieldConfig) -> dict[str, Any]:
    """The configuration as complete JSON, without the type's tag and without what only storage needs."""
    options: dict[str, Any] = complete(config)
    options.pop("type")
    if isinstance(config, Link):
        for key in ("relation", "side"):
            options.pop(key)
    return options


def shown_options(table: Table, config: FieldConfig) -> dict[str, Any]:
    """The same for people: a formula names its fields as they are called now."""
    options = options_of(config)
    if isinstance(config, Formula):
        options["source"] = shown(table, config.source)
    return options


def complete(value: Any) -> Any:
    """``value`` (a Struct, or lists and dictionaries of them) as JSON with nothing left out for being the default."""
    if isinstance(value, msgspec.Struct):
        info = value.__struct_config__
        answer = {} if info.tag is None else {str(info.tag_field): info.tag}
        answer.update({name: complete(getattr(value, name)) for name in value.__struct_fields__})
        return answer
    if isinstance(value, list | tuple):
        return [complete(item) for item in value]
    if isinstance(value, dict):
        return {key: complete(item) for key, item in value.items()}
    return value


def field_json(table: Table, field: Field) -> dict[str, Any]:
    """A field as the API answers it; ``operators`` and ``aggregates`` are what conditions and roll-ups may ask of it."""
    definition = field.definition
    kind = fieldtypes.get(field.config)
    return {
        "id": field.id,
        "name": field.name,
        "type": field.type,
        "options": shown_options(table, field.config),
        "required": definition.required,
        "unique": definition.unique,
        "default": definition.default,
        "description": definition.description,
        "readonly": field.readonly,
        "icon": kind.icon,
        "operators": list(kind.operators),
        "aggregates": list(kind.aggregates),
        "sortable": kind.sortable,
        "groupable": kind.groupable,
    }


def decode_config(problems: Problems, type_name: str, options: dict[str, Any]) -> FieldConfig | None:
    """The configuration that ``type`` and ``options`` spell; None (with problems) when they spell none."""
    if type_name not in {kind.name for kind in fieldtypes.TYPES}:
        problems.at("type").add("unknown_field_type", N_("没有「{type}」这种字段"), type=type_name[:40])
        return None
    return decode(problems.at("options"), {**options, "type": type_name}, FieldConfig)  # type: ignore[no-any-return]


def decode(problems: Problems, value: Any, kind: Any) -> Any:
    """JSON → Struct; None (with a problem that names the place) when the shape is wrong."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = _PATH.search(str(error))
        place = (found["path"] or "") if found else ""
        place = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", place).strip(".").replace("...", "*")
        part = problems.at(place) if place else problems
        part.add("bad_shape", N_("这里的内容格式不对:{reason}"), reason=_PATH.sub("", str(error)))
        return None


def patched(body: S, patch: msgspec.Struct) -> S:
    """``body`` with what ``patch`` sets; what is ``UNSET`` there stays."""
    given = {name: getattr(patch, name) for name in patch.__struct_fields__}
    return msgspec.structs.replace(body, **{k: v for k, v in given.items() if v is not msgspec.UNSET})


def strip_ours(options: dict[str, Any]) -> dict[str, Any]:
    """Options of a link without what callers may read but not set."""
    return {key: value for key, value in options.items() if key not in _OURS}

"""Definitions as JSON: what the API answers and takes.

A field is ``{id, name, type, options, required, unique, default, default_formula, description, read_only, validation, readonly}``; ``options`` is its
configuration without the type, complete with defaults. Going in, tables, fields and choices may be named instead of
numbered; what is stored names them by id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from builder import rules
from builder.computed import shown
from builder.validation import Problems
from runtime import fieldtypes
from runtime.access import Actor, Operation, allowed, hidden_fields
from runtime.catalog import App, Entry, Field, Table, View
from runtime.definitions.fields import (
    PERSON_TYPES,
    Button,
    FieldConfig,
    Formula,
    Link,
    SingleSelect,
    Validation,
)
from runtime.definitions.people import Directory, people_of
from runtime.definitions.states import CreateRecord, SetField, StateMachine
from runtime.i18n import N_
from runtime.records.buttons import usable_by_button
from runtime.storage.matching import kind_of

S = TypeVar("S", bound=msgspec.Struct)

_PLACE = re.compile(r"(?P<said>.*?)(?: - at `(?P<path>[^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_WRONG_VALUE = re.compile(r"Invalid (?:enum )?value (?P<value>.+)")
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
    read_only: bool = False
    validation: Validation | None = None
    default_formula: str = ""


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
    read_only: bool | msgspec.UnsetType = msgspec.UNSET
    validation: Validation | msgspec.UnsetType | None = msgspec.UNSET
    default_formula: str | msgspec.UnsetType = msgspec.UNSET


def options_of(config: FieldConfig) -> dict[str, Any]:
    """The configuration as complete JSON, without the type's tag and without what only storage needs."""
    options: dict[str, Any] = complete(config)
    options.pop("type")
    if isinstance(config, Link):
        for key in ("relation", "side"):
            options.pop(key)
    return options


def shown_options(table: Table, config: FieldConfig, tables: Iterable[Table] = ()) -> dict[str, Any]:
    """The same for people: a formula names its fields, those of linked ``tables`` too, as they are called now."""
    options = options_of(config)
    if isinstance(config, Formula):
        options["source"] = shown(table, config.source, tables)
    if isinstance(config, SingleSelect) and config.machine is not None:
        options["machine"] = complete(states_shown(table, config.machine, tables))
    return options


def states_shown(table: Table, machine: StateMachine, tables: Iterable[Table] = ()) -> StateMachine:
    """A machine whose formulas name their fields as they are called now."""
    others = tuple(tables)

    def named(effect: Any) -> Any:
        if isinstance(effect, SetField) and effect.formula:
            return msgspec.structs.replace(effect, formula=shown(table, effect.formula, others))
        if isinstance(effect, CreateRecord):
            return msgspec.structs.replace(
                effect,
                fields=tuple(
                    msgspec.structs.replace(fill, formula=shown(table, fill.formula, others))
                    if fill.formula
                    else fill
                    for fill in effect.fields
                ),
            )
        return effect

    transitions = tuple(
        msgspec.structs.replace(
            one,
            formula=shown(table, one.formula, others) if one.formula else "",
            effects=tuple(named(effect) for effect in one.effects),
        )
        for one in machine.transitions
    )
    return msgspec.structs.replace(machine, transitions=transitions)


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


def field_json(
    field: Field, table: Table | None = None, *, managed: bool = False, tables: Iterable[Table] = ()
) -> dict[str, Any]:
    """A field as the API answers it; one that holds people also names whom it may hold. ``table``: where it stands, so that a formula shows the names of its fields.

    ``operators`` and ``aggregates`` are what conditions and roll-ups may ask of it; ``compares``: what kind of value it
    is matched as, null where it cannot be; ``managed``: only reservations write it.
    """
    definition = field.definition
    kind = fieldtypes.get(field.config)
    return {
        "id": field.id,
        "name": field.name,
        "type": field.type,
        "options": options_of(field.config) if table is None else shown_options(table, field.config, tables),
        "required": definition.required,
        "unique": definition.unique,
        "default": definition.default,
        "default_formula": definition.default_formula if table is None else rules.shown_default(table, field),
        "description": definition.description,
        "read_only": definition.read_only,
        "validation": complete(definition.validation if table is None else rules.shown(table, field)),
        "readonly": field.readonly or managed or definition.read_only,
        "managed": managed,
        "version": field.version,
        "icon": kind.icon,
        "operators": list(kind.operators),
        "aggregates": list(kind.aggregates),
        "compares": kind_of(field),
        "sortable": kind.sortable,
        "groupable": kind.groupable,
        **_people(field),
    }


def _blocked(actor: Actor, app: App, config: Button, usable: set[str]) -> str | None:
    """Why a button cannot be pressed: the actor may only look (``role``), or its ``automation`` cannot run."""
    if not allowed(actor, Operation.EDIT_RECORDS, app.id):
        return "role"
    return None if config.automation in usable else "automation"


def _people(field: Field) -> dict[str, Any]:
    """Whom a field that holds people may newly hold, for choosers and conditions."""
    if field.type not in PERSON_TYPES:
        return {}
    return {"people": people_json(people_of(field.config))}


def people_json(people: Directory) -> list[dict[str, str]]:
    """Those of an app whom cells may newly hold."""
    return [{"id": one.id, "name": one.name, "email": one.email} for one in people.choosable]


def view_json(view: View) -> dict[str, Any]:
    """A view as the API answers it."""
    return {"id": view.id, "version": view.version, **complete(view.definition)}


def table_json(actor: Actor, app: App, table: Table, estimate: int) -> dict[str, Any]:
    """A table as the API answers it: its fields (without those hidden from the actor) and views, about how many records
    it holds, and the actor's role."""
    hidden = hidden_fields(actor, table)
    usable = {one.id for one in app.automations if usable_by_button(one, table)}
    managed = {key for stock in app.stocks for key in stock.definition.managed}
    return {
        "id": table.id,
        "version": table.version,
        "app": table.app_id,
        "name": table.name,
        "icon": table.definition.icon,
        "description": table.definition.description,
        "record_noun": table.definition.record_noun,
        "primary": table.primary.id if table.primary else None,
        "unique": complete(table.definition.unique),
        "fields": [
            field_json(field, table, managed=field.id in managed, tables=app.tables)
            | (
                {"blocked": _blocked(actor, app, field.config, usable)}
                if isinstance(field.config, Button)
                else {}
            )
            for field in table.fields
            if field.id not in hidden
        ],
        "views": [view_json(view) for view in table.views],
        "estimate": estimate,
        "time_zone": app.definition.time_zone,
        "role": actor.role_in(app.id),
        "people": people_json(app.people),
    }


def definition_json(entry: Entry) -> dict[str, Any]:
    """An automation, dashboard, workbench, form or stock definition as the API answers it."""
    return {
        "id": entry.id,
        "version": entry.version,
        "app": getattr(entry, "app_id", None),
        **complete(entry.definition),  # type: ignore[attr-defined]
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
        found = _PLACE.fullmatch(str(error))
        said, place = (found["said"], found["path"] or "") if found else (str(error), "")
        steps = [step for step in re.split(r"[.\[\]]+", place.removeprefix("$")) if step and step != "..."]
        for step in steps:
            problems = problems.at(step)
        missing = _MISSING.fullmatch(said)
        wrong = _WRONG_VALUE.fullmatch(said)
        if missing:
            problems.at(missing["name"]).add("missing", N_("缺少「{name}」"), name=missing["name"])
        elif wrong:
            problems.add("unknown_choice", N_("没有 {value} 这个选项"), value=wrong["value"][:60])
        else:
            problems.add("bad_shape", N_("这里的内容格式不对"))
        return None


def patched(body: S, patch: msgspec.Struct) -> S:
    """``body`` with what ``patch`` sets; what is ``UNSET`` there stays."""
    given = {name: getattr(patch, name) for name in patch.__struct_fields__}
    return msgspec.structs.replace(body, **{k: v for k, v in given.items() if v is not msgspec.UNSET})


def strip_ours(options: dict[str, Any]) -> dict[str, Any]:
    """Options of a link without what callers may read but not set."""
    return {key: value for key, value in options.items() if key not in _OURS}

"""Who mentions whom. Definitions name each other by public id only, so one walk over their Structs finds every use.

Formulas name fields inside their source; selects are the exception to the rule, for conditions and fixed values name
choices by their text: :func:`map_conditions` and :func:`map_structs` rewrite those when a choice gets another name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from runtime.catalog import App, Catalog, Entry, Field, Table
from runtime.definitions.fields import FieldDef, Formula, SingleSelect, Validation
from runtime.definitions.queries import Condition, Filter, Group
from runtime.definitions.states import Fill, SetField, Transition
from runtime.definitions.values import FormulaValue
from runtime.storage.computed import dependencies

UseKind = Literal["table", "field", "view", "automation", "dashboard", "workbench", "form", "stock"]
_ID = re.compile(r"(?:app|tbl|fld|viw|aut|das|wid|wkb|frm|stk|con|stp)[0-9A-Za-z]{14}")


class Use(msgspec.Struct, frozen=True):
    """One place that mentions something: which definition, where in it (``path``), and what it mentions (``target``).

    ``table``: name of the table a field or view stands in. ``machine``: the place is a state machine. ``draft``: it is the
    draft of an automation, which is not published.
    """

    kind: UseKind
    id: str
    name: str
    path: str
    target: str
    table: str | None = None
    machine: bool = False
    draft: bool = False


def mentions(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """``(path, id)`` of every public id inside a definition."""
    if isinstance(value, str):
        if len(value) == 17 and _ID.fullmatch(value):
            yield path, value
    elif isinstance(value, msgspec.Struct):
        for place, source in _formulas(value):
            for found in dict.fromkeys(_ID.findall(source)):
                yield _join(path, place), found
        for name in value.__struct_fields__:
            yield from mentions(getattr(value, name), _join(path, name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from mentions(item, _join(path, str(index)))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from mentions(item, _join(path, str(key)))
        # a formula that is the operand of a condition
        for source in [value["source"]] if isinstance(value.get("source"), str) else ():
            for found in dict.fromkeys(_ID.findall(source)):
                yield _join(path, "source"), found


def _formulas(value: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """The attributes of a definition that are formulas, and their sources."""
    if isinstance(value, Formula):
        yield "source", value.source
    elif isinstance(value, Validation):
        yield "formula", value.formula
    elif isinstance(value, FieldDef):
        yield "default_formula", value.default_formula
    elif isinstance(value, Transition | SetField | Fill):
        yield "formula", value.formula
    elif isinstance(value, FormulaValue):
        yield "source", value.source


def formula_values(value: Any) -> Iterator[str]:
    """Sources of the formulas that stand in place of values, in operands of conditions too."""
    if isinstance(value, FormulaValue):
        yield value.source
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from formula_values(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from formula_values(item)
    elif isinstance(value, dict):
        if isinstance(value.get("source"), str):
            yield value["source"]
        for item in value.values():
            yield from formula_values(item)


def mentioned(value: Any) -> set[str]:
    """Every public id inside a definition."""
    return {found for _, found in mentions(value)}


def automations_naming(app: App, person: str) -> list[str]:
    """Names of the automations that name a person: as a fixed value, in a condition, among those to be told."""
    return [
        one.definition.name for one in app.automations if _names(msgspec.to_builtins(one.definition), person)
    ]


def _names(value: Any, wanted: str) -> bool:
    if isinstance(value, dict):
        return any(_names(item, wanted) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_names(item, wanted) for item in value)
    return bool(value == wanted)


def _join(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part


def entries(app: App) -> Iterator[tuple[UseKind, Entry, Table | None]]:
    """Everything in an app that can mention something: its kind, itself, and the table it stands in."""
    for table in app.tables:
        yield "table", table, None
        for field in table.fields:
            yield "field", field, table
        for view in table.views:
            yield "view", view, table
    for automation in app.automations:
        yield "automation", automation, None
    for dashboard in app.dashboards:
        yield "dashboard", dashboard, None
    for workbench in app.workbenches:
        yield "workbench", workbench, None
    for form in app.forms:
        yield "form", form, None
    for stock in app.stocks:
        yield "stock", stock, None


def uses_of(app: App, wanted: set[str]) -> list[Use]:
    """Every place in the app that mentions one of ``wanted``, outside those definitions themselves."""
    found = []
    for kind, entry, table in entries(app):
        if entry.id in wanted:
            continue
        definition = entry.definition  # type: ignore[attr-defined]
        for path, target in mentions(definition):
            if target in wanted:
                found.append(
                    Use(
                        kind=kind,
                        id=entry.id,
                        name=definition.name,
                        path=path,
                        target=target,
                        table=table.name if table else None,
                        machine=path.startswith("config.machine."),
                    )
                )
    return found


def map_structs(value: Any, change: Callable[[Any], Any]) -> Any:
    """``value`` with ``change`` applied to every Struct in it, innermost first."""
    if isinstance(value, msgspec.Struct):
        given = {name: map_structs(getattr(value, name), change) for name in value.__struct_fields__}
        if any(given[name] is not getattr(value, name) for name in given):
            value = msgspec.structs.replace(value, **given)
        return change(value)
    if isinstance(value, tuple | list):
        items = [map_structs(item, change) for item in value]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return type(value)(items)
    if isinstance(value, dict):
        mapped = {key: map_structs(item, change) for key, item in value.items()}
        return value if all(mapped[key] is value[key] for key in value) else mapped
    return value


def prune_filter(where: Filter | None, keep: Callable[[Condition], bool]) -> Filter | None:
    """The filter without the conditions that are not to be kept; None when nothing is left."""
    if where is None:
        return None
    if isinstance(where, Condition):
        return where if keep(where) else None
    items = tuple(left for item in where.items if (left := prune_filter(item, keep)) is not None)
    return Group(where.conjunction, items) if items else None


def readers_of(catalog: Catalog, field: Field) -> list[Field]:
    """Computed fields that need ``field`` directly, on its own record or through a link."""
    found = []
    app = catalog.app_of(catalog.table(field.table_id))
    for table in app.tables:
        for one in table.fields:
            if one.computed and one.id != field.id:
                near, far, _ = dependencies(catalog, one)
                if field.id in near | far:
                    found.append(one)
    return found


def all_readers_of(catalog: Catalog, fields: list[Field]) -> list[Field]:
    """Computed fields that need any of ``fields``, directly or through others; the nearest first."""
    found: dict[str, Field] = {}
    frontier = list(fields)
    while frontier:
        for reader in readers_of(catalog, frontier.pop(0)):
            if reader.id not in found:
                found[reader.id] = reader
                frontier.append(reader)
    return [one for one in found.values() if one.id not in {f.id for f in fields}]


def has_machine(field: Field) -> bool:
    """Whether the field is a select with a state machine."""
    return isinstance(field.config, SingleSelect) and field.config.machine is not None

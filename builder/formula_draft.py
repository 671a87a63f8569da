"""A formula while it is being written: what is wrong with it and where, what it gives, and what it gives on real records."""

from __future__ import annotations

import msgspec

from builder.computed import bound, recheck
from builder.drafts import Result, examples_of
from builder.validation import Problems
from builder.wire import decode_config
from runtime import access, fieldtypes, formulas
from runtime.access import Actor, Operation
from runtime.catalog import Table
from runtime.definitions.fields import Formula
from runtime.errors import Problem
from runtime.records.validation import OWN
from runtime.storage.computed import formula_fields
from runtime.system import System


class Pretended(msgspec.Struct, frozen=True):
    """A field that is still being made: what it is called and its type."""

    name: str
    type: str


class NamedValue(msgspec.Struct, frozen=True):
    """A value from elsewhere that a formula uses by ``name``, and what formulas take it for."""

    name: str
    type: formulas.ValueType


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A formula looked at. ``problem`` with the characters ``start`` to ``end`` it concerns, or ``result``, the type.

    ``uses_clock``: its value depends on the time of day. ``examples`` is empty where the table is, or too large to tell
    in time.
    """

    problem: Problem | None = None
    start: int = 0
    end: int = 0
    result: str | None = None
    uses_clock: bool = False
    examples: tuple[Result, ...] = ()


async def look_at(
    system: System,
    actor: Actor,
    table_id: str,
    source: str,
    *,
    decimals: int = 2,
    percent: bool = False,
    own: str | None = None,
    record: str | None = None,
    pretend: Pretended | None = None,
    names: tuple[NamedValue, ...] = (),
) -> Draft:
    """Check ``source`` over a table and calculate it for ``record``, or for the newest records.

    ``own``: id of the field being edited; the formula may not read it. ``pretend``: a field still being made; without
    values there are no examples. ``names``: values from elsewhere, by the name they have in the formula; none either.
    """
    catalog = await system.catalogs.current()
    table = catalog.table(table_id)
    access.require(actor, Operation.BUILD, table.app_id)
    visible = table
    if own is not None:
        visible = msgspec.structs.replace(table, fields=tuple(f for f in table.fields if f.id != own))
    if names:
        return _with_names(visible, source, names)
    if pretend is not None:
        return _with_pretended(visible, source, pretend)
    try:
        config = recheck(catalog, visible, Formula(source=source, decimals=decimals, percent=percent))
        stored = bound(catalog, visible, source)
    except formulas.FormulaRejected as rejected:
        return Draft(problem=rejected.problems[0], start=rejected.start, end=rejected.end)
    config = msgspec.structs.replace(config, source=stored)
    clock = formulas.uses_clock(formulas.parse(stored))
    examples = await examples_of(system, actor, catalog, table, config, record, filled_first=True)
    return Draft(result=config.result, uses_clock=clock, examples=examples)


def _with_pretended(table: Table, source: str, pretend: Pretended) -> Draft:
    config = decode_config(Problems(), pretend.type, {})
    kind = None if config is None else fieldtypes.get(config).formula_type(config)
    infos = formula_fields(table)
    if kind is not None:
        infos[OWN] = formulas.FieldInfo(name=pretend.name, type=formulas.ValueType(kind))
    return _checked(source, infos)


def _with_names(table: Table, source: str, names: tuple[NamedValue, ...]) -> Draft:
    infos = formula_fields(table)
    infos |= {one.name: formulas.FieldInfo(name=one.name, type=one.type) for one in names}
    return _checked(source, infos)


def _checked(source: str, infos: dict[str, formulas.FieldInfo]) -> Draft:
    try:
        checked = formulas.check(source, infos)
    except formulas.FormulaRejected as rejected:
        return Draft(problem=rejected.problems[0], start=rejected.start, end=rejected.end)
    return Draft(result=checked.type.value)

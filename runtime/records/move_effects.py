"""What state moves do besides moving, in the transaction of the move: stock, and records that they create."""

from __future__ import annotations

from typing import Any

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.access import SYSTEM
from runtime.catalog import Field, Table
from runtime.definitions.fields import FieldDef, Formula
from runtime.definitions.states import CreateRecord, Fill
from runtime.errors import HuobiaoError
from runtime.i18n import N_, Message
from runtime.ids import record_id
from runtime.records import defaults, moves, read, stock
from runtime.records.change import Change, NewRecord
from runtime.records.pipeline import carry_out
from runtime.records.work import Item, Work
from runtime.storage.computed import expression
from runtime.storage.query import Compiler

Waiting = list[tuple[Item, Field]]


async def run(work: Work) -> None:
    """Carry out the effects of every move of the change; one that cannot be carried out refuses its move."""
    await stock.run_effects_of_moves(work)
    # the same effect of many records at once; effects may hold lists, which have no hash
    waiting: dict[int, tuple[CreateRecord, Waiting]] = {}
    for item in work.good:
        for field, _, _, transition in item.moves:
            for effect in transition.effects if transition is not None else ():
                if isinstance(effect, CreateRecord):
                    waiting.setdefault(id(effect), (effect, []))[1].append((item, field))
    for effect, items in waiting.values():
        await _create(work, effect, [(item, field) for item, field in items if not item.problems])


async def _create(work: Work, effect: CreateRecord, items: Waiting) -> None:
    """Create one record for each, through the one door for writing."""
    if not items:
        return
    name = "?"
    try:
        table = work.catalog.table(effect.table)
        name = table.name
        values = await _values(work, effect, table, [item for item, _ in items])
        change = Change(
            table=table.id,
            actor=work.change.actor,
            source=work.change.source,
            creates=tuple(NewRecord(values[item.row_id]) for item, _ in items),
            typecast=True,
        )
        outcome = await carry_out(work.system, work.tx, change, effects=run)
    except HuobiaoError as error:
        for item, field in items:
            _refuse(item, field, name, error.message)
        return
    for (item, field), result in zip(items, outcome.results, strict=True):
        if result.problems:
            _refuse(item, field, table.name, result.problems[0].message)


def _refuse(item: Item, field: Field, table: str, reason: Message) -> None:
    message = Message(
        N_("流转时要新建的「{table}」记录没有建成:{reason}"), {"table": table, "reason": reason}
    )
    item.refuse("effect_failed", message, field)


async def _values(
    work: Work, effect: CreateRecord, table: Table, items: list[Item]
) -> dict[int, dict[str, Any]]:
    """What each new record is to hold, in wire form by field id."""
    values: dict[int, dict[str, Any]] = {item.row_id: {} for item in items}
    sources = [fill for fill in effect.fields if fill.source]
    formulas = [fill for fill in effect.fields if fill.formula]
    worked_out = await _formulas(work, formulas, items) if formulas else {}
    for item in items:
        mine = values[item.row_id]
        record = record_id(work.table.number, item.row_id)
        held = (await read.get(work.system, SYSTEM, record)).fields if sources else {}
        if effect.link:
            mine[effect.link] = [record]
        for fill in effect.fields:
            field = table.by_id.get(fill.field)
            if field is None or field.readonly:
                continue
            if fill.source:
                mine[field.id] = held.get(fill.source)
            elif fill.formula:
                mine[field.id] = _wire(work, field, worked_out[item.row_id][fill.field])
            else:
                value = moves.fixed(field, fill.value, work.context)
                mine[field.id] = value if value is not work.context.now else _wire(work, field, value)
    return values


def _wire(work: Work, field: Field, answer: Any) -> Any:
    stored = defaults.stored_of(field, answer, work.context)
    return None if stored is None else fieldtypes.get(field.config).to_wire(field.config, stored)


async def _formulas(work: Work, fills: list[Fill], items: list[Item]) -> dict[int, dict[str, Any]]:
    """What the formulas give over the records as they now are, by row and field; None for an error."""
    parts = []
    for fill in fills:
        asked = Field(
            id="",
            number=0,
            version=0,
            position=0.0,
            table_id=work.table.id,
            definition=FieldDef("", Formula(fill.formula)),
        )
        value, error = expression(work.catalog, work.context, asked)
        parts.append(
            QueryString("CASE WHEN {} IS NULL THEN {} END", error or QueryString("NULL::text"), value)
        )
    compiler = Compiler(work.catalog, work.table, work.context)
    columns = ", ".join(f"{{}} AS v{number}" for number in range(len(parts)))
    rows = await work.tx.fetch(
        QueryString(
            f"SELECT t.id, {columns} FROM {{}} t WHERE t.id = ANY({{}}::bigint[])",
            *parts,
            compiler.source,
            [item.row_id for item in items],
        )
    )
    return {row["id"]: {fill.field: row[f"v{number}"] for number, fill in enumerate(fills)} for row in rows}

"""Trying a state machine out on one record before it is published: which moves would it allow, and what holds it back."""

from __future__ import annotations

import msgspec
from piccolo.querystring import QueryString

from runtime.catalog import Catalog, Field, Table
from runtime.definitions.states import StateMachine, Transition
from runtime.errors import NotFound
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id
from runtime.records.links import title
from runtime.records.moves import guard_sql, in_words, who_may
from runtime.storage.database import Row, Tx
from runtime.storage.query import Compiler


class TrialMove(msgspec.Struct, frozen=True):
    """One move out of the record's state; ``reasons`` are what holds it back now, empty when nothing does.

    ``who``: in words, who alone may make it (empty: whoever may edit).
    """

    target: int
    reasons: tuple[Message, ...]
    who: tuple[Message | str, ...]


class Trial(msgspec.Struct, frozen=True):
    """What a machine means for one record: its name, the state it is in (None: none yet), and its moves."""

    name: str
    choice: int | None
    moves: tuple[TrialMove, ...]


async def try_out(
    tx: Tx, catalog: Catalog, table: Table, field: Field, machine: StateMachine, record: str
) -> Trial:
    """Ask of each move out of the record's state whether it could be made now.

    Raises:
        NotFound: the table has no such record.
    """
    number, row_id = parse_record_id(record)
    row = await tx.row(f"SELECT * FROM {table.sql} WHERE id = $1 AND deleted_at IS NULL", row_id)
    if number != table.number or row is None:
        raise NotFound()
    context = Context(zone=catalog.app_of(table).zone)
    compiler = Compiler(catalog, table, context)
    choice = row[field.column]
    moves = []
    for transition in machine.allowed(choice) if choice is not None else ():
        reasons = await _reasons(tx, field, compiler, row, transition)
        moves.append(TrialMove(transition.target, tuple(reasons), _who(catalog, table, transition)))
    primary = table.primary
    stored = row[primary.column] if primary is not None and primary.type != "link" else None
    return Trial(title(primary, stored, context), choice, tuple(moves))


def _who(catalog: Catalog, table: Table, transition: Transition) -> tuple[Message | str, ...]:
    if transition.automations_only:
        return (Message(N_("自动化")),)
    if not transition.roles and not transition.members:
        return ()
    return (who_may(catalog.app_of(table), transition),)


async def _reasons(
    tx: Tx, field: Field, compiler: Compiler, row: Row, transition: Transition
) -> list[Message]:
    reasons = []
    table = compiler.table
    for key in transition.required:
        needed = table.by_id.get(key)
        if needed is not None and await _is_empty(tx, needed, row):
            reasons.append(Message(N_("先填「{field}」"), {"field": needed.name}))
    if transition.guard is not None or transition.formula:
        passes, error = guard_sql(compiler.catalog, table, compiler.context, compiler, transition)
        query = QueryString(
            "SELECT ({}) IS TRUE AS passes, {} AS error FROM {} t WHERE t.id = {}",
            passes,
            error,
            compiler.source,
            row["id"],
        )
        found = await tx.row(query)
        if found is None or not found["passes"]:
            said = (found["error"] if found is not None else None) or "guard"
            plain = said == "guard" and not transition.refusal
            reasons.append(Message(N_("条件不满足")) if plain else in_words(field, transition, said))
    return reasons


async def _is_empty(tx: Tx, field: Field, row: Row) -> bool:
    if field.type == "link":
        return not await tx.value(
            f"SELECT EXISTS (SELECT 1 FROM {field.link_sql} WHERE {field.link_near} = $1)", row["id"]
        )
    return row[field.column] in (None, [], False)

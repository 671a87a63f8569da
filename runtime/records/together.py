"""Small changes that arrive at the same moment share a transaction: its locks, its history statement, its commit.

Nobody notices: each record stands alone anyway (one that has problems stores nothing), each change keeps its own number
and answer. What would concern its neighbours (a refusal, a record that somebody else holds, an error of the
database) is carried out again alone, where it waits or is told in its own words.
"""

from __future__ import annotations

from collections.abc import Hashable

from runtime.catalog import Catalog
from runtime.records import apart
from runtime.records.change import Change, Outcome
from runtime.records.pipeline import Effects, carry_out_together
from runtime.system import System

_MOST_RECORDS = 10


def key(catalog: Catalog, change: Change) -> Hashable | None:
    """What changes must have in common to be stored together; None for one that is to be stored alone.

    One of them is the author with their role: what is read ("me", what may be seen) and which moves may be made depends
    on them. Alone are: large ones, those that are all or nothing, deletions, moves of a state machine that concern more than
    their record (:mod:`runtime.records.apart`), and what touches a stock.
    """
    count = len(change.creates) + len(change.updates)
    if (
        change.deletes
        or change.restores
        or change.atomic
        or change.change_id
        or change.merging
        or not 0 < count <= _MOST_RECORDS
    ):
        return None
    table, actor = catalog.table(change.table), change.actor
    app = catalog.app_of(table)
    if any(table.id == one.definition.stock_table for one in app.stocks):
        return None
    if any(apart.alone(table, *pair) for patch in change.updates for pair in patch.fields.items()):
        return None
    return (
        change.table,
        actor.kind,
        actor.id,
        actor.name,
        actor.role_in(app.id),
        change.source,
        change.reason,
        change.typecast,
        change.states_as_is,
        change.quiet,
    )


async def apply(system: System, change: Change, shared: Hashable, effects: Effects) -> Outcome | None:
    """Carry out ``change`` with whatever of the same ``shared`` key is waiting; ``effects`` as in ``carry_out``.

    None where it could not be stored like that: nothing of it is, and it is to be carried out alone.
    """

    async def together(changes: list[Change]) -> list[Outcome | None]:
        return await _round(system, changes, effects)

    outcome: Outcome | None = await system.gather(("changes", shared), together)(change)
    return outcome


async def _round(system: System, changes: list[Change], effects: Effects) -> list[Outcome | None]:
    try:
        async with system.db.transaction() as tx:
            outcomes = await carry_out_together(system, tx, changes, alone=True, effects=effects)
    except Exception:  # whosever fault it was: each hears of its own
        if len(changes) == 1:
            raise
        return [None] * len(changes)
    if len(changes) == 1:
        return list(outcomes)
    return [None if any(r.problems for r in outcome.results) else outcome for outcome in outcomes]

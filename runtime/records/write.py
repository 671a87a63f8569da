"""The one door for writing records: UI, API, import, automation, connector, undo and merge all come through here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runtime.access import Actor
from runtime.records import history, move_effects, together
from runtime.records.again import again, keep_out
from runtime.records.change import Change, Outcome
from runtime.records.pipeline import Undone, carry_out, carry_out_together
from runtime.storage.database import Tx
from runtime.system import System


async def apply(system: System, change: Change) -> Outcome:
    """Carry out a change in a transaction of its own (or the task's open one).

    Each record stands alone: one that has problems stores nothing and its :class:`Result` says why, the others are
    stored. With ``change.atomic``, a problem anywhere raises ``RecordsRejected`` and stores nothing at all.
    """
    if not system.db.in_transaction():
        return await again(lambda alone: _own_transaction(system, change, alone))
    async with system.db.transaction() as tx:
        return await carry_out(system, tx, change, effects=move_effects.run)


async def _own_transaction(system: System, change: Change, alone: bool) -> Outcome:
    try:
        if not alone:
            shared = together.key(await system.catalogs.current(), change)
            if shared is not None:
                outcome = await together.apply(system, change, shared, move_effects.run)
                if outcome is not None:
                    return outcome
        async with system.db.transaction() as tx:
            if alone:
                await keep_out(tx)
            return await carry_out(system, tx, change, alone=True, effects=move_effects.run)
    except Undone as undone:
        return undone.outcome


async def apply_in(system: System, tx: Tx, change: Change) -> Outcome:
    """The same inside the caller's transaction."""
    return await carry_out(system, tx, change, effects=move_effects.run)


async def apply_all_in(system: System, tx: Tx, changes: Sequence[Change]) -> list[Outcome]:
    """The same for changes of several runs of one automation that share the transaction: of one table, no record in two
    of them, no state moved, all ``atomic``. Raises what concerns one of them for all, and ``happened.Apart``."""
    return await carry_out_together(system, tx, changes, effects=move_effects.run)


async def undo(system: System, actor: Actor, change_id: int | None = None) -> Outcome:
    """Take back a change (the actor's last one by hand, when none is named). Raises NotFound when there is none."""
    target = change_id if change_id is not None else await history.last_change_of(system, actor)
    changes = await history.undo_changes(system, actor, target or 0)
    if len(changes) == 1 or system.db.in_transaction():
        return await _in_turn(system, changes)
    return await again(lambda alone: _all_in_turn(system, changes, alone))


async def _all_in_turn(system: System, changes: Sequence[Change], alone: bool) -> Outcome:
    async with system.db.transaction() as tx:
        if alone:
            await keep_out(tx)
        return await _in_turn(system, changes)


async def _in_turn(system: System, changes: Sequence[Change]) -> Outcome:
    """Carry out changes as one: they share a number in the history."""
    first = await apply(system, changes[0])
    results = list(first.results)
    for change in changes[1:]:
        results += (await apply(system, msgspec.structs.replace(change, change_id=first.change_id))).results
    by_record = {result.id: result for result in results}
    return Outcome(tuple(by_record.values()), first.change_id, first.known)

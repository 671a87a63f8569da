"""The steps of a change, in order, inside the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from asyncpg.exceptions import (
    CheckViolationError,
    NumericValueOutOfRangeError,
    ProgramLimitExceededError,
    UniqueViolationError,
)

from runtime.access import Operation, require
from runtime.catalog import Field, Table
from runtime.errors import Duplicate, InvalidInput, OutOfStock, RecordsRejected, TooMuch
from runtime.events.live import WAKE_RELAY, Notice
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.ids import record_id
from runtime.records import (
    apart,
    attachments,
    computed,
    happened,
    history,
    known,
    ledger,
    limits,
    links,
    moves,
    numbering,
    prepare,
    store,
    unique,
    validation,
)
from runtime.records.change import Change, Outcome, Result
from runtime.records.dependents import seen_to_change
from runtime.records.work import Action, Item, Work
from runtime.storage.database import Tx
from runtime.system import System

MAX_BATCH = 5000

Effects = Callable[[Work], Awaitable[None]]


class Undone(Exception):
    """The transaction is to be undone as a whole: nothing of the change can be stored. ``outcome`` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class _Refused(Exception):
    """Some records turned out bad after storing; the savepoint is undone and the rest stored again."""


async def carry_out(
    system: System,
    tx: Tx,
    change: Change,
    *,
    managed: bool = False,
    alone: bool = False,
    effects: Effects | None = None,
) -> Outcome:
    """Carry out ``change`` in ``tx``. ``effects`` runs the in-transaction effects of state moves.

    ``alone``: the transaction holds nothing but this change, so that it may end with it.

    Raises:
        Undone: ``alone``, and what was stored of it has to be undone.
        NotFound, NotAllowed: the table is unknown to the actor, or the actor may not edit its records.
        RecordsRejected: ``atomic`` and at least one record has a problem.
    """
    outcomes = await carry_out_together(system, tx, (change,), managed=managed, alone=alone, effects=effects)
    return outcomes[0]


async def carry_out_together(
    system: System,
    tx: Tx,
    changes: Sequence[Change],
    *,
    managed: bool = False,
    alone: bool = False,
    effects: Effects | None = None,
) -> list[Outcome]:
    """The same for several changes of one table that one caller sent in the same way (:func:`runtime.records.together.key`)."""
    catalog, numbers = await system.catalogs.locked_for_changes(tx, len(changes))
    table = catalog.table(changes[0].table)
    app = catalog.app_of(table)
    for change in changes:
        require(change.actor, Operation.EDIT_RECORDS, app.id)
        size = len(change.creates) + len(change.updates) + len(change.deletes) + len(change.restores)
        if size > MAX_BATCH:
            raise TooMuch(N_("一次最多保存 {max} 条记录,这次有 {count} 条"), max=MAX_BATCH, count=size)
    work = Work(
        system=system,
        tx=tx,
        catalog=catalog,
        app=app,
        table=table,
        changes=changes,
        context=Context(zone=app.zone, now=datetime.now(UTC), me=changes[0].actor.person),
        items=[],
        managed=managed,
        alone=alone,
    )
    await prepare.load(work)
    await prepare.read_values(work)
    await moves.check(work)
    apart.separate(work)
    validation.check(work)
    await unique.check(work)
    await ledger.guard(work)
    _reject_if_atomic(work)
    _stand_back(work)
    if work.good:
        ids = {
            id(change): change.change_id or number for change, number in zip(changes, numbers, strict=True)
        }
        for item in work.items:
            item.change_id = ids[id(item.change)]
        await _store(work, effects)
    _announce(work)
    stored = known.of(work)
    return [_outcome(work, change, stored) for change in changes]


def _stand_back(work: Work) -> None:
    """Of several changes, store nothing of one that has a problem: it is carried out again alone, as a whole."""
    if not work.together:
        return
    refused = {id(item.change) for item in work.items if item.problems}
    for item in work.good:
        if id(item.change) in refused:
            item.stand_back()


def _outcome(work: Work, change: Change, stored: known.Known | None) -> Outcome:
    items = [item for item in work.items if item.change is change] if work.together else work.items
    good = next((item for item in items if not item.problems), None)
    return Outcome(tuple(_result(work.table, item) for item in items), good.change_id if good else 0, stored)


async def _store(work: Work, effects: Effects | None) -> None:
    """Store what is good; when storing shows further problems, undo and store again without those records."""
    while work.good:
        try:
            # what the stock stores is its caller's whole purpose: an error ends that transaction as well
            whole = work.alone or work.managed
            if (
                _idle(work)
                or _of_one(work)
                or (whole and not apart.may_refuse(work) and not limits.bound(work))
            ):
                await _store_once(
                    work, effects
                )  # nothing is refused any more, and an error ends the whole transaction
            else:
                async with work.tx.savepoint():
                    await _store_once(work, effects)
            return
        except _Refused:
            for item in work.items:
                if item.row is not None:
                    item.version = item.row["version"]
            _reject_if_atomic(work)
            if _of_one(work):
                raise Undone(_outcome(work, work.change, None)) from None
            _stand_back(work)
        except UniqueViolationError as error:
            # two writers at once: the index speaks where the check before could not see yet
            fields = unique.broken(work.table, error.constraint_name or "")
            if fields:
                raise Duplicate(
                    N_("「{fields}」不能重复,刚有人存了一样的内容,看一下再保存"),
                    field=fields[0].id,
                    field_name=fields[0].name,
                    fields=unique.names_of(fields),
                ) from error
            raise Duplicate(N_("有一个不能重复的字段刚被别人用了同样的值,请重试")) from error
        except CheckViolationError as error:
            raise OutOfStock(N_("库存不能为负,也不能少于已预占的数量")) from error
        except ProgramLimitExceededError as error:
            raise InvalidInput(N_("不能重复的字段内容太长,请缩短到 600 个字以内")) from error
        except NumericValueOutOfRangeError as error:
            raise InvalidInput(N_("数字太大,无法保存")) from error


def _idle(work: Work) -> bool:
    """Whether nothing of the records is to change."""
    return not any(item.values or item.links or item.action != "update" for item in work.good)


def _of_one(work: Work) -> bool:
    """Whether the transaction is there for a single record: refusing it undoes everything, and needs no savepoint."""
    return work.alone and not work.together and len(work.items) == 1


async def _store_once(work: Work, effects: Effects | None) -> None:
    if _idle(work):
        await _store_all(work, effects)
        return
    work.tx.writes += 1
    work.tx.forget(work.table.sql)
    try:
        await _store_all(work, effects)
    finally:  # what was read on the way may be different now
        work.tx.writes += 1
        work.tx.forget(work.table.sql)


async def _store_all(work: Work, effects: Effects | None) -> None:
    await numbering.draw(work)
    await store.store(work, partial(history.prepare, work))
    far = await _store_links(work)
    await attachments.note(work)
    ahead = moves.reads_ahead(work)
    if ahead:  # what the moves ask and do reads computed values as they will be
        await computed.after_change(work, far)
    if any(item.moves for item in work.good):
        before = len(work.good)
        await moves.check_guards(work)
        if len(work.good) == before and effects is not None:
            with happened.gathered(work):
                await effects(work)
        if len(work.good) < before:
            raise _Refused
    await ledger.note_adjustments(work)
    if not ahead:
        await computed.after_change(work, far)
    await history.write(work, partial(known.prepare, work))


async def _store_links(work: Work) -> dict[Field, set[int]]:
    """Pairs; those of limited links last, when all that their limits read is stored."""
    bound = limits.bound(work)
    if not bound:
        return await links.store(work)
    free = {field for item in work.good for field in item.links} - bound
    touched = await links.store(work, free)
    if await limits.refuse(work):
        raise _Refused
    return touched | await links.store(work, bound)


def _reject_if_atomic(work: Work) -> None:
    problems = [problem for item in work.items for problem in item.problems]
    if work.change.atomic and problems:
        raise RecordsRejected(
            N_("有 {count} 处填得不对,什么都没有保存"), count=len(problems), problems=problems
        )


def _result(table: Table, item: Item) -> Result:
    stored = item.row_id and not (item.action == "create" and item.problems)
    public_id = record_id(table.number, item.row_id) if stored else None
    changed = bool(item.values or item.links or item.action != "update") and not item.problems
    return Result(public_id, item.version, tuple(item.problems), changed)


def _announce(work: Work) -> None:
    """After commit: tell open browsers, wake the relay."""
    live = work.system.live
    told: dict[Action, list[Item]] = defaultdict(list)
    for item in work.good:
        if item.action != "update" or item.values or item.links:
            told[item.action].append(item)
    for action, items in told.items():
        many = len(items) > 200
        notice = Notice(
            topic=work.table.id,
            kind="create" if action == "restore" else action,  # type: ignore[arg-type]  # a press is no change
            id=max(item.history_id for item in items),
            records=() if many else tuple(record_id(work.table.number, i.row_id) for i in items),
            fields=() if many else tuple(dict.fromkeys(f.id for i in items for f in (*i.values, *i.links))),
            by=work.change.actor.id,
        )
        work.tx.after_commit.append(partial(live.publish, notice))
    _announce_seen(work, [item for items in told.values() for item in items])
    if work.outbox:
        work.tx.after_commit.append(lambda: live.wake(WAKE_RELAY))


def _announce_seen(work: Work, items: list[Item]) -> None:
    """What is computed when it is read, on other records too, looks different from now on."""
    keys = {field.id for item in items for field in (*item.values, *item.links)}
    if any(item.action != "update" for item in items):
        keys |= {work.table.id, *(field.id for field in work.table.fields)}
    for table, fields in seen_to_change(work.catalog, keys).items():
        notice = Notice(topic=table, kind="computed", fields=fields)
        work.tx.after_commit.append(partial(work.system.live.publish, notice))

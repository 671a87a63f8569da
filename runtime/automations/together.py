"""Runs of one automation that reach a worker at the same moment share a transaction.

They go the same way in step: each step is carried out for all of them at once, so that what it locks, writes and notes is
one statement instead of one for each, and so is the end of the runs. Each keeps its own changes of the history, its own
rows of steps and messages, as if it had gone alone.

That is so as long as nothing goes wrong. When anything does (a step of one of them fails, a lock is not had at once, the
database goes), all of it is undone and each goes alone (:class:`runtime.automations.engine.Execution`), where it waits, fails
or is tried again in its own words. A run that is no longer its worker's (ended by somebody, taken over) is left out.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import structlog

from runtime.automations import runs
from runtime.automations.course import Course, paths
from runtime.automations.reach import Memory
from runtime.automations.runs import Run, StepNote, StepRow
from runtime.automations.steps import Attempt, Done, kind_of
from runtime.catalog import Catalog
from runtime.definitions.automations import AutomationDef, Step
from runtime.storage.database import Tx
from runtime.system import System

log = structlog.get_logger(__name__)

Ended = Literal["finished", "stopped", "lost", "alone"]
"""``finished``: carried out. ``stopped``: as far as it came until the worker was asked to stop. ``lost``: somebody else's by now.
``alone``: nothing of it is stored, it has to go alone."""

LONGEST_SECONDS = 5.0
"""After this all go alone; much less than a lease lasts."""
APART_SECONDS = 1.0
"""How long the runs of an automation go alone at once after sharing has failed."""
_MOST_PLANS = 256


class _Plan:
    """What is known of a definition: whether its runs may share, the places of its steps, until when its runs go alone."""

    def __init__(self, definition: AutomationDef) -> None:
        self.definition = definition
        self.positions = {path: place for place, (path, _) in enumerate(paths(definition))}
        self.shares = all(kind_of(step.config).together for _, step in paths(definition))
        self.apart_until = 0.0

    @classmethod
    def of(cls, definition: AutomationDef) -> _Plan:
        """The same one for the same definition (object), as long as it is in use."""
        found = _PLANS.get(id(definition))
        if found is None:
            if len(_PLANS) >= _MOST_PLANS:
                _PLANS.clear()
            found = _PLANS[id(definition)] = cls(definition)
        return found


_PLANS: dict[int, _Plan] = {}
"""By the identity of their definitions, which they keep alive."""


def may_share(run: Run) -> bool:
    """Whether a run may share a transaction: it is about a record, nobody has begun it, and all of its steps can."""
    if not run.fresh or run.lost or run.record is None:
        return False
    plan = _Plan.of(run.definition)
    return plan.shares and plan.apart_until < time.monotonic()


async def go(
    system: System, run: Run, owner: str, attempt: MakeAttempt, stopping: Callable[[], bool]
) -> Ended:
    """Carry ``run``, of which ``owner`` has the lease, out together with those that come at the same moment."""
    plan = _Plan.of(run.definition)

    async def together(members: list[Member]) -> list[Ended]:
        return await _round(system, plan, members)

    ended: Ended = await system.gather(("runs", run.automation, run.depth, plan), together)(
        Member(run, owner, attempt, stopping, plan.positions)
    )
    return ended


MakeAttempt = Callable[[Tx, Catalog, "Member", Step, str, datetime], Attempt]


@dataclass(frozen=True, slots=True)
class _Ask:
    """What a member that goes its way hands out: the step that is to be carried out next."""

    step: Step
    path: str
    position: int

    def __await__(self) -> Generator[_Ask, StepRow, StepRow]:
        return (yield self)


@dataclass(eq=False)
class Member(Course):
    """One of the runs: where it is on its way, and what is to be written down of it."""

    run: Run
    owner: str
    attempt: MakeAttempt
    stopping: Callable[[], bool]
    positions: Mapping[str, int]
    notes: list[StepNote] = field(default_factory=list)
    memory: Memory = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._way = self.walk(self.run.definition.steps)

    def on(self, row: StepRow | None) -> _Ask | None:
        """Go on from how the last step ended (None: from the beginning) to the next one; None at the end of the way."""
        try:
            asked: Any = self._way.send(row)
        except StopIteration:
            return None
        assert isinstance(asked, _Ask)  # noqa: S101
        return asked

    def close(self) -> None:
        """It goes no further here."""
        self._way.close()

    async def step(self, step: Step, path: str) -> StepRow:
        """How a step ended: by itself, or when it has been carried out for all."""
        said: dict[str, Any] = {}
        done = kind_of(step.config).foregone(step.config, self._outcome, said)
        if done is not None:
            return self.note(step, path, datetime.now(UTC), said, done)
        return await _Ask(step, path, self.positions[path])

    async def before_item(self, path: str, number: int, count: int) -> bool:
        """There are no loops here."""
        raise NotImplementedError

    async def after_item(self, path: str, number: int, count: int) -> None:
        """There are no loops here."""
        raise NotImplementedError

    def _outcome(self, step: str) -> str | None:
        found = self.results.get(step)
        return found.outcome if found is not None else None

    def note(self, step: Step, path: str, started: datetime, said: dict[str, Any], done: Done) -> StepRow:
        """Keep what is to be written down of a step that is done; the row as it will be."""
        note = StepNote(
            path=path,
            step=step.id,
            position=self.positions[path],
            status="done",
            attempts=1,
            started_at=started,
            outcome=done.outcome,
            input=said,
            output=done.output,
        )
        self.notes.append(note)
        return note.as_row()


async def _round(system: System, plan: _Plan, members: list[Member]) -> list[Ended]:
    records = {member.run.record for member in members}
    if len(records) < len(members):  # turns keep them apart; should they not, nothing is shared
        return ["alone"] * len(members)
    left: Set[Member] = frozenset()
    try:
        async with asyncio.timeout(LONGEST_SECONDS), system.db.transaction() as tx:
            held = await runs.hold_all(tx, [(one.run.number, one.owner) for one in members])
            here = [one for one in members if one.run.number in held]
            if here:
                left = await _walk(tx, await system.catalogs.locked(tx), here)
                done = [(one.run.number, one.notes) for one in here if one not in left]
                if done:
                    await runs.finish_all(tx, done)
                for one in left:
                    await runs.note_steps(tx, one.run.number, one.notes)
    except Exception as error:
        log.info("runs one by one", count=len(members), error=repr(error))
        plan.apart_until = time.monotonic() + APART_SECONDS
        return ["alone"] * len(members)
    finally:
        for one in members:
            one.close()
    return [
        "lost" if one.run.number not in held else "stopped" if one in left else "finished" for one in members
    ]


async def _walk(tx: Tx, catalog: Catalog, members: Sequence[Member]) -> Set[Member]:
    """Go all the ways to their ends. Who is behind goes first, so that those who took different arms meet again. Those who are
    not at their end when the worker is asked to stop."""
    asked = {one: one.on(None) for one in members}
    while waiting := {one: ask for one, ask in asked.items() if ask is not None}:
        if any(one.notes for one in waiting) and any(one.stopping() for one in waiting):
            return waiting.keys()
        by_path: dict[str, list[Member]] = defaultdict(list)
        for one, ask in waiting.items():
            by_path[ask.path].append(one)
        path = min(by_path, key=lambda path: waiting[by_path[path][0]].position)
        group = by_path[path]
        step, now = waiting[group[0]].step, datetime.now(UTC)
        attempts = [one.attempt(tx, catalog, one, step, path, now) for one in group]
        done = await kind_of(step.config).carry_out_all(attempts, step.config)
        for one, attempt, found in zip(group, attempts, done, strict=True):
            asked[one] = one.on(one.note(step, path, now, attempt.input, found))
    return frozenset()

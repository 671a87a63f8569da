"""Carrying a run out: step by step, each in a transaction that also says the step is done (:mod:`.burst`).

A run that is taken up again (its worker died, a step waited) passes over what is done and goes on behind it, along the
same way: where a run goes after a step follows from the step's stored outcome.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import Any

import msgspec
import structlog

from runtime.access import Actor
from runtime.automations import lost, runs, together
from runtime.automations.burst import Burst
from runtime.automations.course import Course, last_paths, paths, shape
from runtime.automations.notes import Failure, load_failure
from runtime.automations.reach import Memory, Reach
from runtime.automations.retry import is_passing, wait_seconds
from runtime.automations.runs import Run, StepNote, StepRow, StepStatus
from runtime.automations.steps import Attempt, Done, End, Into, Rest, kind_of
from runtime.automations.together import Member
from runtime.catalog import App, Catalog
from runtime.definitions.automations import AutomationDef, Loop, Step
from runtime.errors import HuobiaoError, NotFound
from runtime.events.live import WAKE_RELAY, Notice
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id
from runtime.records.change import Source
from runtime.storage.database import Tx
from runtime.storage.leases import Lease, LeaseLost, new_owner
from runtime.system import System

log = structlog.get_logger(__name__)

TURN_SECONDS = 5.0
"""How long a run may keep a worker busy with a loop before others get their turn."""
NOTE_EVERY = 20
"""After how many items a loop notes how far it is; a run taken up again reads the steps of the items behind."""
LOOK_AHEAD = 100
"""Of how many items at once what was begun is read when a loop is taken up again."""


class _Paused(Exception):
    """The run rests, or is over: nothing more to do for now."""


class _Stopping(Exception):
    """The worker is asked to stop, or has others to serve; the run goes back to the queue."""


async def execute(
    system: System, public_id: str, process: str = "", stopping: Callable[[], bool] = lambda: False
) -> bool:
    """Carry a run out as far as it goes now; False when it was not there to be taken.

    ``process`` names the worker, ``stopping`` tells whether it is to stop; then the run is put back between two steps.
    Never raises for anything that is the run's own fault: that is stored with the run.
    """
    owner = new_owner(process)
    run = await system.gather("claims", partial(runs.claim_many, system.db))((public_id, owner))
    if run is None:
        return False
    lease = Lease(system.db, "run", run.number, owner)
    try:
        apart = not together.may_share(run)
        if not apart:
            if stopping():
                raise _Stopping
            if await _shared(system, run, owner, stopping):
                return True
        async with lease.renewed():
            await Execution(system, run, lease, stopping, careful=not apart).carry_out()
    except LeaseLost:
        log.info("run is in other hands", run=run.id)
    except _Stopping:
        await runs.put_back(system.db, run.number, owner)
        await system.live.wake(WAKE_RELAY)
    except asyncio.CancelledError:
        if stopping():  # a step that took too long: nothing of it is stored, the next worker begins it again
            await runs.put_back(system.db, run.number, owner)
        raise
    return True


async def _shared(system: System, run: Run, owner: str, stopping: Callable[[], bool]) -> bool:
    """Carry a run out together with others; False when it has to go alone. Raises LeaseLost, _Stopping."""
    await system.catalogs.at(run.definitions)  # read outside a transaction, where it is kept
    ended = await together.go(system, run, owner, partial(_member_attempt, system), stopping)
    if ended == "lost":
        raise LeaseLost
    if ended == "stopped":
        raise _Stopping
    if ended == "finished":
        await announce(system, await system.catalogs.at(run.definitions), run)
    return ended == "finished"


def _member_attempt(
    system: System, tx: Tx, catalog: Catalog, member: Member, step: Step, path: str, now: datetime
) -> Attempt:
    app = app_by_number(catalog, member.run.app)
    return make_attempt(
        system, tx, catalog, app, member.run, step, path, member.results, now, memory=member.memory
    )


@dataclass(frozen=True)
class _Try:
    """The ``number``-th try (1 …) at a step."""

    step: Step
    path: str
    position: int
    number: int
    started: datetime

    def note(self, status: StepStatus, **found: Any) -> StepNote:
        """What to write down of it."""
        return StepNote(
            path=self.path,
            step=self.step.id,
            position=self.position,
            status=status,
            attempts=self.number,
            started_at=self.started,
            **found,
        )


class Execution(Course):
    """One run being carried out by one worker."""

    def __init__(
        self,
        system: System,
        run: Run,
        lease: Lease,
        stopping: Callable[[], bool] = lambda: False,
        *,
        careful: bool = False,
    ) -> None:
        """``careful``: steps that shared a transaction have been undone before."""
        super().__init__()
        self.system, self.run, self.lease, self.stopping = system, run, lease, stopping
        self.positions = {path: place for place, (path, _) in enumerate(paths(run.definition))}
        self.rows: dict[str, StepRow] = {}
        self._last = frozenset(last_paths(run.definition.steps))
        self._owed: list[StepNote] = []
        """Steps that are done or decided; stored before their transaction ends (or with the next one's)."""
        self._burst: Burst | None = None
        self._careful = careful
        """Whether each step gets a transaction of its own: steps that shared one have been undone."""
        self._undone_by: tuple[str, Exception, Attempt | None] | None = None
        """The step that failed then: it is not tried a second time, its failure is stored when those before it are."""
        self._catalog: Catalog | None = None
        self._ended = False
        self._looked_at: dict[str, float] = {}
        """By loop, up to which item the steps that were begun before are known; a loop within a loop is one per item."""
        self._passed: dict[str, int] = {}
        self._began: float | None = None
        """When this worker first did something new; going over what is done is no turn, or a long way would never end."""

    async def carry_out(self) -> None:
        """Go from where the run stands to its end, or to where it has to wait."""
        if self.run.lost >= runs.MAX_LOST:
            await self._end_as_lost()
            return
        await self.system.catalogs.at(self.run.definitions)  # read outside a transaction, where it is kept
        if not self.run.fresh:
            self.rows = await runs.steps(self.system.db, self.run.number)
        try:
            await self._go()
        except (LeaseLost, _Stopping):
            raise
        except Exception as error:
            if self._careful:
                raise
            log.info("steps one by one", run=self.run.id, error=str(error))
            await self._begin_again()
            await self._go()
        await self._announce()

    async def _go(self) -> None:
        """Go the way, from its beginning: over what is done, then on."""
        try:
            await self.walk(self.run.definition.steps)
            if not self._ended:
                await self._finish()
            await self._commit()
        except _Paused:
            pass
        except _Stopping:
            await self._commit()
            raise
        except BaseException as error:
            await self._undo(error)
            raise

    async def _begin_again(self) -> None:
        """Steps that shared a transaction have been undone: each gets its own now. What is stored says where to go on."""
        self._careful = True
        self.rows = await runs.steps(self.system.db, self.run.number)
        self.results, self._owed, self._looked_at, self._passed = {}, [], {}, {}
        self._ended = False

    async def step(self, step: Step, path: str) -> StepRow:
        """How the step has ended: before, or now. Raises :class:`_Paused` when the run has to wait or has failed."""
        row = self.rows.get(path)
        if row is None or row.status not in ("done", "skipped", "failed"):
            row = self.rows[path] = self._foregone(step, path) or await self._try(step, path, row)
            if isinstance(step.config, Loop):
                self._looked_at[path] = inf  # nothing in it has been begun
        return row

    async def before_item(self, path: str, number: int, count: int) -> bool:
        """Whether the item is still to be gone through. Gives the worker back now and then, so that others get a turn."""
        await self._commit()  # the items of a loop are not held together
        if path not in self._looked_at:
            self._passed[path] = self._looked_at[path] = self.rows[path].passed
        if number <= self._passed.get(path, 0):
            return False
        if number > self._looked_at[path]:
            begun = await runs.steps_of_items(
                self.system.db, self.run.number, path, number, number + LOOK_AHEAD - 1
            )
            self.rows |= begun
            self._looked_at[path] = number + LOOK_AHEAD - 1 if begun else inf  # items are begun in order
        if self.stopping() or (self._began is not None and time.monotonic() - self._began > TURN_SECONDS):
            await self._note_passed(path, number - 1)
            raise _Stopping
        return True

    async def after_item(self, path: str, number: int, count: int) -> None:
        """Forget the item's steps; note now and then how far the loop is."""
        inner = f"{path}/{number}/"
        known: tuple[dict[str, Any], ...] = (self.rows, self._looked_at, self._passed)
        for found in known:
            for key in [key for key in found if key.startswith(inner)]:
                del found[key]
        if number % NOTE_EVERY == 0 or number == count:
            await self._note_passed(path, number)
        else:
            await self._commit()

    async def _note_passed(self, path: str, passed: int) -> None:
        """Store what has been done up to here; of a loop, how far it is."""
        if passed > self._passed.get(path, 0):
            burst = await self._open()
            await self._store_owed(burst.tx)
            await runs.note_passed(burst.tx, self.run.number, path, passed)
            self._passed[path] = passed
        await self._commit()

    def _foregone(self, step: Step, path: str) -> StepRow | None:
        """The step decided by how earlier ones ended, if that is enough: no transaction of its own."""
        said: dict[str, Any] = {}
        done = kind_of(step.config).foregone(step.config, self._outcome, said)
        if done is None:
            return None
        this = _Try(step, path, self.positions.get(shape(path), 0), 1, datetime.now(UTC))
        note = this.note("done", outcome=done.outcome, input=said, output=done.output)
        self._owed.append(note)
        return note.as_row()

    def _outcome(self, step: str) -> str | None:
        found = self.results.get(step)
        return found.outcome if found is not None and found.status == "done" else None

    async def _open(self) -> Burst:
        """The transaction that the next step joins."""
        if self._burst is None:
            self._burst = await Burst.begin(self.system, self.run.number, self.lease.owner)
            self._catalog = self._burst.catalog
        return self._burst

    async def _store_owed(self, tx: Tx) -> None:
        if self._owed:
            await runs.note_steps(tx, self.run.number, self._owed)
            self._owed = []

    async def _commit(self) -> None:
        """Let the steps that share a transaction take effect, if there are any."""
        burst = self._burst
        if burst is not None:
            await self._store_owed(burst.tx)
            self._burst = None
            await burst.commit()

    async def _undo(self, error: BaseException) -> None:
        burst, self._burst = self._burst, None
        if burst is not None:
            await burst.undo(error)

    def _ends(self, step: Step, path: str, outcome: str | None) -> bool:
        """Whether the run is over with this step: it is then ended in the step's own transaction."""
        way = kind_of(step.config).way(step.config, outcome)
        if isinstance(way, End):
            return True
        into = isinstance(step.config, Loop) or (isinstance(way, Into) and bool(way.steps))
        return path in self._last and not into

    async def _try(self, step: Step, path: str, before: StepRow | None) -> StepRow:
        if self.stopping():
            raise _Stopping
        self._began = self._began or time.monotonic()
        kind = kind_of(step.config)
        if self._burst is not None and (self._careful or not kind.joins or self._burst.full):
            await self._commit()
        position = self.positions.get(shape(path), 0)
        tried = before.attempts if before else 0
        this = _Try(step, path, position, tried + 1, datetime.now(UTC))
        if self._undone_by is not None and self._undone_by[0] == path:
            _, error, attempt = self._undone_by
            return await self._failed(this, error, attempt)
        attempt = None
        owed = list(self._owed)
        try:
            burst = await self._open()
            attempt = self._attempt(burst, this)
            attempt.kept = before.output if before and before.output else None
            done = await kind.carry_out(attempt, step.config)
            if isinstance(done, Rest):
                note = await self._rest(burst.tx, this, attempt, done, tried)
            else:
                note = this.note("done", outcome=done.outcome, input=attempt.input, output=done.output)
            self._owed.append(note)
            burst.steps += 1
            ends = isinstance(done, Done) and self._ends(step, path, done.outcome)
            if ends:
                await self._end(burst.tx)
            if ends or isinstance(done, Rest) or self._careful:
                await self._commit()
        except LeaseLost:
            raise
        except Exception as error:
            if not self._careful and (self._burst is None or self._burst.steps):
                if self._burst is not None:  # else on the way to a transaction, or out of it
                    self._undone_by = (path, error, attempt)
                raise
            await self._undo(error)
            self._owed = owed
            return await self._failed(this, error, attempt)
        self._ended = ends
        if isinstance(done, Rest):
            raise _Paused
        return note.as_row()

    async def _rest(self, tx: Tx, this: _Try, attempt: Attempt, rest: Rest, tried: int) -> StepNote:
        """The step waits; that is no failed try."""
        watch = parse_record_id(rest.watch) if rest.watch is not None else None
        await runs.rest(tx, self.run.number, rest.why, rest.until, watch)
        note = this.note("waiting", input=attempt.input, output=rest.output)
        return msgspec.structs.replace(note, attempts=tried)

    def _attempt(self, burst: Burst, this: _Try) -> Attempt:
        app = app_by_number(burst.catalog, self.run.app)
        return make_attempt(
            self.system,
            burst.tx,
            burst.catalog,
            app,
            self.run,
            this.step,
            this.path,
            self.results,
            this.started,
            memory=None if kind_of(this.step.config).looks_anew else burst.memory,
        )

    async def _failed(self, this: _Try, error: Exception, attempt: Attempt | None) -> StepRow:
        """Store that a try has failed. Raises :class:`_Paused` when the run has to wait for the next, or for a person."""
        self._undone_by = None
        if is_passing(error):
            log.warning("step interrupted", run=self.run.id, path=this.path, error=str(error))
        elif not isinstance(error, HuobiaoError):
            log.error("step failed", run=self.run.id, path=this.path, exc_info=error)
        failure = await lost.explained(self.system.db, Failure.of(error), this.step.config)
        again = is_passing(error) and this.number < this.step.attempts
        stops = this.step.on_failure == "stop"
        note = this.note(
            "waiting" if again else "failed",
            input=attempt.input if attempt else None,
            output=attempt.kept if attempt and again else None,
            failure=failure,
        )
        async with self.system.db.transaction() as tx:
            await self.lease.confirm(tx)
            if (done := await runs.done_step(tx, self.run.number, this.path)) is not None:
                return done  # it was stored; only the answer to the commit was lost
            await runs.note_steps(tx, self.run.number, (*self._owed, note))
            if again:
                await runs.pause(tx, self.run.number, wait_seconds(this.number, error))
            elif stops:
                await runs.end(tx, self.run.number, "failed", failure)
        self._owed.clear()
        if again or stops:
            raise _Paused
        return note.as_row()

    async def _finish(self) -> None:
        burst = await self._open()
        await self._end(burst.tx)
        await self._commit()

    async def _end(self, tx: Tx) -> None:
        """The run has been walked to its end."""
        owed, self._owed = self._owed, []
        if not await runs.finish(tx, self.run.number, owed):
            await settle(tx, self.run.number, self.run.definition)

    async def _end_as_lost(self) -> None:
        failure = Failure(
            code="worker_lost",
            message=Message(
                N_("执行它的进程中断了 {count} 次,先停在这里。看一下日志再重试"), {"count": self.run.lost}
            ),
        )
        async with self.system.db.transaction() as tx:
            await self.lease.confirm(tx)
            await runs.end(tx, self.run.number, "failed", failure)
        await self._announce()

    async def _announce(self) -> None:
        catalog = self._catalog or await self.system.catalogs.current()
        await announce(self.system, catalog, self.run)


def make_attempt(
    system: System,
    tx: Tx,
    catalog: Catalog,
    app: App,
    run: Run,
    step: Step,
    path: str,
    results: dict[str, StepRow],
    now: datetime,
    *,
    rehearsal: bool = False,
    memory: Memory | None = None,
) -> Attempt:
    """A try at a step, acting as the run's automation. ``memory``: what steps before it have read in the same transaction."""
    actor = actor_of(catalog, app, run)
    return Attempt(
        system=system,
        tx=tx,
        catalog=catalog,
        app=app,
        run=run,
        step=step,
        path=path,
        actor=actor,
        source=Source("automation", run.id, run.depth + 1),
        reach=Reach(
            system,
            catalog,
            actor,
            run.record,
            results,
            run.trigger.output,
            gone=run.trigger.action == "delete",
            tx=tx,
            memory=memory,
        ),
        context=Context(zone=app.zone, now=now),
        rehearsal=rehearsal,
    )


def actor_of(catalog: Catalog, app: App, run: Run) -> Actor:
    """Who acts in a run: its automation, by its name at the time."""
    public_id = next((a.id for a in app.automations if a.number == run.automation), "automation")
    return Actor(kind="automation", id=public_id, name=run.definition.name, roles={app.id: "editor"})


def app_by_number(catalog: Catalog, number: int) -> App:
    """The app stored under ``number``. Raises NotFound when it was deleted."""
    for app in catalog.apps:
        if app.number == number:
            return app
    raise NotFound(N_("这个应用已被删除"))


async def settle(tx: Tx, number: int, definition: AutomationDef) -> None:
    """End a run that has been walked to its end: finished, unless a step (or its message) failed that should not."""
    stopping = {path for path, step in paths(definition) if step.on_failure == "stop"}
    rows = await tx.fetch(
        "SELECT path, error FROM meta.run_step WHERE run_id = $1 AND status = 'failed' ORDER BY position",
        number,
    )
    failed = [row for row in rows if shape(row["path"]) in stopping]
    if not failed:
        await runs.end(tx, number, "finished")
        return
    await runs.end(tx, number, "failed", load_failure(failed[0]["error"]))


async def announce(system: System, catalog: Catalog, run: Run) -> None:
    """Tell whoever looks at the run, or at the list of its automation's runs."""
    topics = [run.id]
    topics += [a.id for app in catalog.apps for a in app.automations if a.number == run.automation]
    for topic in topics:
        await system.live.publish(Notice(topic=topic, kind="run", by=run.id))

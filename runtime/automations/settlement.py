"""What became of a message: taken, to be tried again, or given up. Each answer is stored before the next call.

A message that is given up makes its step fail, and with it the run (unless the step's failures do not matter): that is
where people see it and send it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from runtime.automations import connections, runs
from runtime.automations.connections import Connection
from runtime.automations.course import paths
from runtime.automations.notes import Failure, dump
from runtime.automations.retry import wait_seconds
from runtime.automations.steps import kind_of
from runtime.connectors import Receipt
from runtime.connectors.answers import storable
from runtime.connectors.http_api import OK, HttpApi
from runtime.definitions.automations import AutomationDef, Step
from runtime.errors import HuobiaoError
from runtime.events.live import WAKE_RELAY, Notice
from runtime.i18n import N_, Message
from runtime.storage.database import Database, Row, Tx
from runtime.system import System

log = structlog.get_logger(__name__)

_NOT_COUNTED = frozenset({"wecom_rate_limited"})  # no fault of the message: it only has to wait
LANE_REST_SECONDS = 5.0
_BREAKS = frozenset({"wecom_robot_gone", "smtp_login_refused", "http_unauthorized"})
"""What no later message will change: the connector itself has to be mended."""
_UNDER_WAY = frozenset({"waiting", "queued", "running"})


async def note_attempt(
    db: Database | Tx,
    lane: str,
    rows: Sequence[Row],
    *,
    error: HuobiaoError | None = None,
    pause_until: datetime | None = None,
) -> None:
    """Store a call that was not answered, or refused; by calls the lane's limit counts."""
    await db.execute(
        "INSERT INTO meta.delivery_attempt (at, pacing_key, deliveries, pause_until, error)"
        " VALUES ($1, $2, $3, $4, $5)",
        datetime.now(UTC),
        lane,
        [row["id"] for row in rows],
        pause_until,
        dump(Failure.of(error)) if error else None,
    )


async def sent(
    system: System, lane: str, connection: Connection, rows: Sequence[Row], receipt: Receipt
) -> None:
    """The receiver took the message."""
    receipt = msgspec.structs.replace(receipt, raw=storable(receipt.raw), errmsg=storable(receipt.errmsg))
    if connection.kind != HttpApi.id and not connection.broken:
        await _note_sent(system.db, lane, rows, receipt)
    else:
        async with system.db.transaction() as tx:
            if connection.kind == HttpApi.id:  # the only messages whose answers steps wait for
                await _end_steps(system, tx, rows, receipt)
            await _note_sent(tx, lane, rows, receipt)
            if connection.broken:
                await connections.mark(tx, connection.number, None)
    await _tell(system, rows)


async def _note_sent(db: Database | Tx, lane: str, rows: Sequence[Row], receipt: Receipt) -> None:
    """The call with its answer, and that its messages are done with; one statement, as there are many of them."""
    answer = {"errcode": receipt.errcode, "errmsg": receipt.errmsg, "raw": receipt.raw, "merged": len(rows)}
    await db.execute(
        "WITH noted AS (INSERT INTO meta.delivery_attempt (at, pacing_key, deliveries, response)"
        " VALUES ($1, $2, $3::bigint[], $4))"
        " UPDATE meta.delivery SET status = 'sent', sent_at = clock_timestamp(), attempts = attempts + 1,"
        " response = $5, error = NULL WHERE id = ANY($3::bigint[]) AND status = 'waiting'",
        datetime.now(UTC),
        lane,
        [row["id"] for row in rows],
        dump(receipt),
        dump(answer),
    )


async def _end_steps(system: System, tx: Tx, rows: Sequence[Row], receipt: Receipt) -> None:
    """End the steps that wait for this answer, with what they asked of it, and let their runs go on."""
    await _lock_runs(tx, rows)
    sent = [row for row in await _expected(tx, rows) if row["run_id"]]
    ended = await tx.fetch(
        "UPDATE meta.run_step s SET status = 'done', outcome = $3, error = NULL, finished_at = clock_timestamp(),"
        " output = coalesce(s.output, '{}') || $4::jsonb FROM unnest($1::bigint[], $2::text[]) AS d(run, path)"
        " WHERE s.run_id = d.run AND s.path = d.path AND s.status = 'waiting' RETURNING s.run_id",
        [row["run_id"] for row in sent],
        [row["path"] for row in sent],
        receipt.outcome or OK,  # a connector that only pretends to send says nothing
        dump(receipt.output),
    )
    for number in sorted({row["run_id"] for row in ended}):
        await runs.call_back(tx, number)
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))


async def _expected(tx: Tx, rows: Sequence[Row]) -> list[Row]:
    """Those deliveries that are still waited for, locked. An answer that comes so late that its message was given up, and
    perhaps queued once more by a person, is no answer to the new one. Their runs are locked already."""
    found = await tx.fetch(
        "SELECT id FROM meta.delivery WHERE id = ANY($1::bigint[]) AND status = 'waiting' ORDER BY id FOR UPDATE",
        [row["id"] for row in rows],
    )
    waiting = {row["id"] for row in found}
    return [row for row in rows if row["id"] in waiting]


async def _lock_runs(tx: Tx, rows: Sequence[Row]) -> None:
    """Runs are locked in one order, and before their steps and deliveries."""
    numbers = sorted({row["run_id"] for row in rows if row["run_id"]})
    await tx.execute("SELECT FROM meta.run WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", numbers)


async def put_off(db: Database, numbers: Sequence[int], at: datetime) -> None:
    """There is no room before ``at``."""
    await db.execute(
        "UPDATE meta.delivery SET next_attempt_at = greatest(next_attempt_at, $2) WHERE id = ANY($1::bigint[])"
        " AND status = 'waiting'",
        list(numbers),
        at,
    )


async def try_again(system: System, lane: str, rows: Sequence[Row], error: HuobiaoError) -> None:
    """Not taken, but that can pass. Who has tried enough gives up; the lane rests a little either way, and as long as
    the receiver asks it to."""
    counted = error.error_code not in _NOT_COUNTED
    over = [row for row in rows if counted and row["attempts"] + 1 >= row["max_attempts"]]
    again = [row["id"] for row in rows if row not in over]
    now = datetime.now(UTC)
    seconds = wait_seconds(max(row["attempts"] for row in rows) + 1, error)
    asked = getattr(error, "retry_after_seconds", None) or 0.0
    rest = timedelta(seconds=max(min(seconds, LANE_REST_SECONDS), asked))
    async with system.db.transaction() as tx:
        await _fail(system, tx, over, Failure.of(error))
        await note_attempt(tx, lane, rows, error=error, pause_until=now + rest)
        await tx.execute(
            "UPDATE meta.delivery SET attempts = attempts + $2, next_attempt_at = $3, error = $4"
            " WHERE id = ANY($1::bigint[])",
            again,
            1 if counted else 0,
            now + timedelta(seconds=seconds),
            dump(Failure.of(error)),
        )
    await _tell(system, rows)


async def give_up(system: System, lane: str, rows: Sequence[Row], error: HuobiaoError) -> None:
    """The receiver will never take it. A robot that is gone, or credentials that are
    refused, mark the connector as broken."""
    async with system.db.transaction() as tx:
        await note_attempt(tx, lane, rows, error=error)
        await _fail(system, tx, rows, Failure.of(error))
        if error.error_code in _BREAKS:
            for number in {row["connector_id"] for row in rows}:
                await connections.mark(tx, number, error.message)
    await _tell(system, rows)


async def give_up_all(system: System, connector: int, error: HuobiaoError) -> None:
    """Give up what is due through a connector that was deleted or cannot be used."""
    async with system.db.transaction() as tx:
        rows = await tx.fetch(
            "SELECT d.*, (SELECT r.public_id FROM meta.run r WHERE r.id = d.run_id) AS run FROM meta.delivery d"
            " WHERE connector_id = $1 AND status = 'waiting' AND next_attempt_at <= now() ORDER BY id LIMIT 500",
            connector,
        )
        await _fail(system, tx, rows, Failure.of(error))
    await _tell(system, rows)


async def _fail(system: System, tx: Tx, rows: Sequence[Row], failure: Failure) -> None:
    by_run: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_run[row["run_id"] or 0].append(row)
    for number in sorted(by_run):  # runs are locked in one order, and before their deliveries
        run = await tx.row("SELECT definition, status FROM meta.run WHERE id = $1 FOR UPDATE", number)
        expected = await _expected(tx, by_run[number])
        if not expected:
            continue
        await tx.execute(
            "UPDATE meta.delivery SET status = 'failed', attempts = attempts + 1, error = $2 WHERE id = ANY($1::bigint[])",
            [row["id"] for row in expected],
            dump(failure),
        )
        if run is not None:
            await _fail_run(system, tx, number, run, expected, failure)


async def _fail_run(
    system: System, tx: Tx, number: int, run: Row, rows: Sequence[Row], failure: Failure
) -> None:
    """The steps whose messages were given up fail. A run that was over fails with them, and so does one that waits for
    the answer, also when somebody has just made it look again; where the failure of the step does not matter, the latter
    goes on."""
    found = await tx.fetch(
        "UPDATE meta.run_step s SET status = 'failed', error = $3, finished_at = clock_timestamp() FROM"
        " (SELECT id, status FROM meta.run_step WHERE run_id = $1 AND path = ANY($2::text[]) FOR UPDATE) AS old"
        " WHERE s.id = old.id RETURNING s.step_id, old.status AS was",
        number,
        sorted({row["path"] for row in rows}),
        dump(failure),
    )
    definition = msgspec.json.decode(run["definition"], type=AutomationDef)
    steps = {step.id: step for _, step in paths(definition)}
    failed = [steps[row["step_id"]] for row in found if row["step_id"] in steps]
    waited = any(row["was"] == "waiting" for row in found)
    if any(step.on_failure == "stop" for step in failed):
        if run["status"] == "finished" or (waited and run["status"] in _UNDER_WAY):
            await runs.end(tx, number, "failed", _not_delivered(failed[0], failure))
    elif waited:
        await runs.call_back(tx, number)
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))


def _not_delivered(step: Step, failure: Failure) -> Failure:
    """A step without a name of its own is called as it is in the editor."""
    return Failure(
        code="not_delivered",
        message=Message(
            N_("步骤「{step}」的消息没有发出去:{reason}"),
            {"step": step.name or Message(kind_of(step.config).name), "reason": failure.message},
        ),
    )


async def _tell(system: System, rows: Sequence[Row]) -> None:
    for run in sorted({row["run"] for row in rows if row["run"]}):
        await system.live.publish(Notice(topic=run, kind="run", by=run))

"""Queueing messages: a delivery is stored in the transaction of the step that sends it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runtime.automations.connections import Connection
from runtime.automations.notes import dump
from runtime.automations.runs import Run
from runtime.connectors import OutgoingMessage, to_row
from runtime.events.live import WAKE_DELIVERY
from runtime.ids import parse_record_id
from runtime.storage.database import Tx
from runtime.system import System


class Post(msgspec.Struct, frozen=True):
    """What one step of one run sends: a delivery for each message, each tried ``max_attempts`` times at most."""

    run: Run
    path: str
    max_attempts: int
    messages: tuple[OutgoingMessage, ...]

    @property
    def keys(self) -> list[str]:
        """One for each message; a repeated step has the same ones again."""
        return [f"{self.run.id}/{self.path}#{number}" for number in range(1, len(self.messages) + 1)]


async def queue(
    system: System,
    tx: Tx,
    connection: Connection,
    messages: Sequence[OutgoingMessage],
    *,
    run: Run,
    path: str,
    max_attempts: int,
) -> list[str]:
    """Store messages to be sent after ``tx`` commits; returns their keys, which a repeated step would give again."""
    return (await queue_all(system, tx, connection, [Post(run, path, max_attempts, tuple(messages))]))[0]


async def queue_all(system: System, tx: Tx, connection: Connection, posts: Sequence[Post]) -> list[list[str]]:
    """The same for steps of several runs, all of one app and through one connector."""
    rows = [
        (post, key, message) for post in posts for key, message in zip(post.keys, post.messages, strict=True)
    ]
    await tx.execute(
        "INSERT INTO meta.delivery (key, connector_id, app_id, run_id, path, record_id, table_id, payload, status,"
        " max_attempts) SELECT k, $1, $2, r, h, n, t, p::jsonb, 'waiting', m"
        " FROM unnest($3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::integer[], $8::text[], $9::integer[])"
        " AS u(k, r, h, n, t, p, m) ON CONFLICT (key) DO NOTHING",
        connection.number,
        posts[0].run.app,
        [key for _, key, _ in rows],
        [post.run.number for post, _, _ in rows],
        [post.path for post, _, _ in rows],
        [parse_record_id(post.run.record)[1] if post.run.record is not None else None for post, _, _ in rows],
        [post.run.table for post, _, _ in rows],
        [dump(to_row(message)) for _, _, message in rows],
        [post.max_attempts for post, _, _ in rows],
    )
    tx.after_commit.append(lambda: system.live.wake(WAKE_DELIVERY))
    return [post.keys for post in posts]

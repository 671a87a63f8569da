"""What waits to be sent through each connector, and about when it will have left."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import msgspec

from runtime.automations.connections import Connection, connection
from runtime.connectors import Connectors
from runtime.connectors.base import ConnectorKind, PacingRule
from runtime.connectors.wecom_messages import TEXT_LIMIT_BYTES
from runtime.errors import HuobiaoError
from runtime.storage.database import Row
from runtime.system import System

_OVERHEAD_BYTES = 60  # of a stored message that is no text, and of the line between two merged ones


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for one connector. ``retrying``: how many of ``waiting`` have been tried already, and were not taken.

    ``per_minute``: the limit that counts, None for none. ``empty_at``: about when all will have left, if they are taken;
    None when nothing waits, or the connector is paused.
    """

    waiting: int = 0
    retrying: int = 0
    per_minute: int | None = None
    empty_at: datetime | None = None


async def queues(system: System, app: int, now: datetime | None = None) -> dict[str, Queue]:
    """The queues of an app's connectors, by public id."""
    now = now or datetime.now(UTC)
    rows = await system.db.fetch(
        "SELECT c.id, c.public_id, c.kind, c.per_minute, c.paused_at, count(d.id) AS waiting,"
        " count(d.id) FILTER (WHERE d.attempts > 0) AS retrying, max(d.next_attempt_at) AS last,"
        " coalesce(sum(octet_length(d.payload::text)), 0)::bigint AS size"
        " FROM meta.connector c LEFT JOIN meta.delivery d ON d.connector_id = c.id AND d.status = 'waiting'"
        " WHERE c.app_id = $1 AND c.deleted_at IS NULL GROUP BY c.id",
        app,
    )
    connectors = Connectors.of(system.outbound, system.settings)
    lanes: dict[str, list[tuple[Row, ConnectorKind]]] = defaultdict(list)
    found: dict[str, Queue] = {}
    for row in rows:
        kind = connectors.kind(row["kind"])
        name = await _lane(system, kind, row)
        lanes[name].append((row, kind))
    for name, members in lanes.items():
        rules = [rule for row, kind in members if (rule := kind.rule(row["per_minute"])) is not None]
        rule = min(rules, key=lambda rule: rule.limit / rule.window_seconds, default=None)
        used = 0 if rule is None else await _used(system, name, rule, now)
        for row, kind in members:
            found[row["public_id"]] = Queue(
                waiting=row["waiting"],
                retrying=row["retrying"],
                per_minute=None if rule is None else round(rule.limit * 60 / rule.window_seconds),
                empty_at=None
                if not row["waiting"] or row["paused_at"] is not None
                else _empty_at(now, rule, used, _messages(kind, members), row["last"]),
            )
    return found


async def _lane(system: System, kind: ConnectorKind, row: Row) -> str:
    """As the sender names it; one that cannot be opened has a lane of its own."""
    try:
        opened: Connection = await connection(system, system.db, row["id"])
        return kind.pacing_key(opened.settings) or f"connector:{row['id']}"
    except HuobiaoError:
        return f"connector:{row['id']}"


async def _used(system: System, lane: str, rule: PacingRule, now: datetime) -> int:
    return int(
        await system.db.value(
            "SELECT count(*) FROM meta.delivery_attempt WHERE pacing_key = $1 AND at > $2",
            lane,
            now - rule.span,
        )
    )


def _messages(kind: ConnectorKind, members: list[tuple[Row, ConnectorKind]]) -> int:
    """How many messages will leave: of a kind that merges, about as many as the text needs."""
    waiting: int = sum(row["waiting"] for row, _ in members if row["paused_at"] is None)
    if not kind.merges:
        return waiting
    size: int = sum(row["size"] for row, _ in members if row["paused_at"] is None)
    room = TEXT_LIMIT_BYTES - _OVERHEAD_BYTES
    if waiting == 0 or size / waiting > room / 2:  # two of them do not fit into one
        return waiting
    return math.ceil(size / room)


def _empty_at(now: datetime, rule: PacingRule | None, used: int, messages: int, last: datetime) -> datetime:
    """When the last of ``messages`` leaves: as many at once as there is room for, then a window's worth per window."""
    at = now
    if rule is not None and messages > rule.limit - used:
        windows = math.ceil((messages - max(0, rule.limit - used)) / rule.limit)
        at = now + timedelta(seconds=windows * rule.window_seconds)
    return max(at, last)

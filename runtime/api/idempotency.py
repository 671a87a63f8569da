"""Answers already given: a request repeated with the same ``Idempotency-Key`` gets the first answer and has no second effect.

A key counts for one caller, one address (of POST, PATCH or DELETE), and a day (the header is a draft of the IETF HTTP API working group). Two ways:

- *atomic* (handlers marked ``opt={"idempotent": "atomic"}``): the answer is stored in the transaction of the effect, so
  that after a crash either both are there or neither;
- otherwise the key is noted first and the answer stored afterwards. A crash between the two leaves a key without an
  answer; it then says that the outcome is unknown instead of guessing.

Only answers of success are kept: what was refused had no effect and may be tried again with the same key.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from runtime.errors import InvalidInput, RuleBroken
from runtime.i18n import N_
from runtime.storage.database import Database, Row, Tx

MAX_KEY_LENGTH = 255
_LOST_AFTER = timedelta(minutes=5)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. ``request`` is the digest of the body it answered."""

    request: str
    status: int = 0
    content_type: str = ""
    body: str = ""


def storage_key(caller: str, path: str, key: str) -> str:
    """What a key is stored under. Raises :class:`InvalidInput` when it is too long."""
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise InvalidInput(
            N_("Idempotency-Key 最长 {count} 个字符"), code="bad_idempotency_key", count=MAX_KEY_LENGTH
        )
    return hashlib.sha256("\n".join((caller, path, key)).encode()).hexdigest()


def digest(body: bytes) -> str:
    """What is kept of a request's body."""
    return hashlib.sha256(body).hexdigest()


async def hold(tx: Tx, key: str) -> None:
    """Atomic way, first: nobody else works under ``key`` until ``tx`` ends. Raises :class:`RuleBroken` when they do."""
    if not await tx.value("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7003))", key):
        raise _under_way()


async def recall(tx: Tx, key: str, request: str) -> Stored | None:
    """The answer given before, or None. Raises :class:`InvalidInput` when it was given to another body."""
    row = await tx.row("SELECT status, body, at FROM meta.idempotency_key WHERE key = $1", key)
    return None if row is None else _stored(row, request)


async def remember(tx: Tx, key: str, answer: Stored) -> None:
    """Store an answer in the transaction of its effect."""
    await tx.execute(
        "INSERT INTO meta.idempotency_key (key, status, body) VALUES ($1, $2, $3)"
        " ON CONFLICT (key) DO UPDATE SET status = excluded.status, body = excluded.body, at = now()",
        key,
        answer.status,
        msgspec.json.encode(answer).decode(),
    )


async def reserve(db: Database, key: str, request: str) -> Stored | None:
    """Other way, first: note the key; returns the answer given before, or None when this caller is the first.

    Raises:
        RuleBroken: the first request with this key is still under way, or ended without our knowing how.
        InvalidInput: the key was used with another body.
    """
    note = msgspec.json.encode(Stored(request=request)).decode()
    fresh = await db.value(
        "INSERT INTO meta.idempotency_key (key, body) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING RETURNING id",
        key,
        note,
    )
    if fresh is not None:
        return None
    row = await db.row("SELECT status, body, at FROM meta.idempotency_key WHERE key = $1", key)
    if row is None:  # refused and released in this very moment
        raise _under_way()
    if row["status"] is None:
        if datetime.now(UTC) - row["at"] > _LOST_AFTER:
            raise RuleBroken(
                N_(
                    "带这个 Idempotency-Key 的上一次请求没有记下结果,可能已经生效。先核对一下,再换一个新的 key"
                ),
                code="idempotency_unknown",
            )
        raise _under_way()
    return _stored(row, request)


async def settle(db: Database, key: str, answer: Stored) -> None:
    """Other way, last: store the answer of a success."""
    await db.execute(
        "UPDATE meta.idempotency_key SET status = $2, body = $3 WHERE key = $1",
        key,
        answer.status,
        msgspec.json.encode(answer).decode(),
    )


async def release(db: Database, key: str) -> None:
    """Other way, last: forget the key of a request that was refused."""
    await db.execute("DELETE FROM meta.idempotency_key WHERE key = $1 AND status IS NULL", key)


def _stored(row: Row, request: str) -> Stored:
    stored = msgspec.json.decode(row["body"], type=Stored)
    if stored.request != request:
        raise InvalidInput(
            N_("这个 Idempotency-Key 已经用在另一个内容不同的请求上"), code="idempotency_mismatch"
        )
    return stored


def _under_way() -> Any:
    return RuleBroken(N_("带同一个 Idempotency-Key 的请求正在处理,稍等再试"), code="idempotency_busy")

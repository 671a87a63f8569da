"""Stored connectors as sending needs them: kind, complete settings, state."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from runtime.errors import NotFound, RuleBroken
from runtime.i18n import N_, Message
from runtime.secrets import SecretBox
from runtime.storage.database import Database, Tx
from runtime.system import System


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A connector with its settings in the clear; never logged or answered. ``per_minute``: the limit a person set."""

    number: int
    id: str
    app: int
    kind: str
    name: str
    settings: dict[str, str]
    broken: bool
    per_minute: int | None = None


async def connection(
    system: System, db: Database | Tx, key: str | int, *, app: int | None = None
) -> Connection:
    """A connector by public id or number; of the ``app`` (a number), where one is named.

    Raises:
        NotFound: there is none, or it was deleted.
        RuleBroken: nobody has entered its settings yet (it came with a template).
        ServiceUnavailable: its secrets were sealed with another key.
    """
    column = "id" if isinstance(key, int) else "public_id"
    row = await db.row(f"SELECT * FROM meta.connector WHERE {column} = $1 AND deleted_at IS NULL", key)
    if row is None or (app is not None and row["app_id"] != app):
        raise NotFound(N_("消息要用的连接已被删除,给步骤换一个连接"), code="connector_gone")
    if row["status"] == "needs_settings":
        raise RuleBroken(
            N_("连接「{name}」还没有填设置,打开步骤填上它"), code="connector_unset", name=row["name"]
        )
    return _opened(system.box, row)


def seal(box: SecretBox, secrets: dict[str, str]) -> str:
    """Secret settings as they are stored."""
    return box.encrypt(msgspec.json.encode(secrets).decode())


def unseal(box: SecretBox, sealed: str) -> dict[str, str]:
    """What :func:`seal` sealed; nothing for a connector without secrets. Raises ServiceUnavailable."""
    return _unsealed(box, sealed) if sealed else {}


@lru_cache(maxsize=100)
def _unsealed(box: SecretBox, sealed: str) -> dict[str, str]:
    return msgspec.json.decode(box.decrypt(sealed), type=dict[str, str])


def _opened(box: SecretBox, row: Any) -> Connection:
    config = msgspec.json.decode(row["config"], type=dict[str, str])
    return Connection(
        number=row["id"],
        id=row["public_id"],
        app=row["app_id"],
        kind=row["kind"],
        name=row["name"],
        settings={**config, **unseal(box, row["secrets"])},
        broken=row["status"] == "failed",
        per_minute=row["per_minute"],
    )


async def mark(tx: Tx, number: int, message: Message | None) -> None:
    """Note that a connector is broken and why, or (without a message) that it works."""
    await tx.execute(
        "UPDATE meta.connector SET status = $2, status_message = $3 WHERE id = $1 AND (status <> $2 OR $2 = 'failed')",
        number,
        "failed" if message else "ok",
        msgspec.json.encode(message).decode() if message else None,
    )


class ConnectionName(msgspec.Struct, frozen=True, kw_only=True):
    """A connector as everybody in its app may know it: no settings."""

    id: str
    kind: str
    name: str
    status: str


async def names(db: Database, app: int) -> list[ConnectionName]:
    """The connectors of an app by name."""
    rows = await db.fetch(
        "SELECT public_id, kind, name, status FROM meta.connector WHERE app_id = $1 AND deleted_at IS NULL ORDER BY name",
        app,
    )
    return [
        ConnectionName(id=row["public_id"], kind=row["kind"], name=row["name"], status=row["status"])
        for row in rows
    ]

"""Connectors of an app: settings checked by their kind, secrets encrypted at rest and never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from builder.draft_uses import uses_in_drafts
from builder.edit import editing
from builder.references import uses_of
from builder.usage import refuse_used
from builder.validation import Problems, check_name, free_name
from runtime import access
from runtime.access import Actor, Operation
from runtime.automations.notes import load_message
from runtime.automations.queues import Queue, queues
from runtime.connectors import Connectors
from runtime.errors import HuobiaoError, NotFound, RuleBroken
from runtime.events.live import WAKE_DELIVERY
from runtime.i18n import N_, Message, Translator
from runtime.ids import new_id
from runtime.outbound import to_administrators
from runtime.storage.database import Database, Row, Tx
from runtime.system import System

NEEDS_SETTINGS = "needs_settings"
MAX_PER_MINUTE = 6000


class ConnectorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A connector without its secrets. ``settings``: what is stored in the clear; ``filled``: names of stored secrets.

    ``shown``: where it leads, in one line; ``status``: ``ok``, ``failed`` (then ``message`` says why) or
    ``needs_settings``. ``per_minute``: the limit a person set, ``limit``: the one that counts (None: none).
    ``waiting``: messages that are still to be sent, ``retrying``: those of them that were tried; ``empty_at``: about when
    all will have left.
    """

    id: str
    app: str
    kind: str
    name: str
    icon: str
    settings: dict[str, str]
    filled: tuple[str, ...]
    shown: str
    status: str
    message: Message | None
    created_at: datetime
    per_minute: int | None
    limit: int | None
    paused_at: datetime | None
    paused_by: str
    waiting: int
    retrying: int
    empty_at: datetime | None


def _kinds(system: System) -> Connectors:
    return Connectors.of(system.outbound, system.settings)


def _settings(system: System, row: Row) -> dict[str, str]:
    """All settings of a connector, secrets included."""
    plain: dict[str, str] = msgspec.json.decode(row["config"])
    secret: dict[str, str] = msgspec.json.decode(system.box.decrypt(row["secrets"])) if row["secrets"] else {}
    return {**plain, **secret}


def _info(system: System, actor: Actor, row: Row, queue: Queue) -> ConnectorInfo:
    kind = _kinds(system).kind(row["kind"])
    plain: dict[str, str] = msgspec.json.decode(row["config"])
    settings, shown = plain, ""
    if row["status"] != NEEDS_SETTINGS:
        try:
            settings = _settings(system, row)
            shown = kind.shown(settings)
        except HuobiaoError:
            shown = ""  # sealed with another key: its settings have to be entered again
    return ConnectorInfo(
        id=row["public_id"],
        app=row["app"],
        kind=row["kind"],
        name=row["name"],
        icon=kind.icon,
        settings=plain,
        filled=tuple(name for name in settings if name not in plain),
        shown=shown,
        status=row["status"],
        message=_said(row, actor),
        created_at=row["created_at"],
        per_minute=row["per_minute"],
        limit=queue.per_minute,
        paused_at=row["paused_at"],
        paused_by=row["paused_by"] or "",
        waiting=queue.waiting,
        retrying=queue.retrying,
        empty_at=queue.empty_at,
    )


def _said(row: Row, actor: Actor) -> Message | None:
    """Why the connector does not work, for ``actor``; None where it does."""
    if not row["status_message"]:
        return None
    message = load_message(msgspec.json.decode(row["status_message"]))
    return to_administrators(message) if actor.everywhere == "owner" else message


_SELECT = (
    "SELECT c.*, d.public_id AS app FROM meta.connector c JOIN meta.definition d ON d.id = c.app_id"
    " WHERE c.deleted_at IS NULL AND d.deleted_at IS NULL"
)


async def _row(db: Database | Tx, connector_id: str) -> Row:
    row = await db.row(f"{_SELECT} AND c.public_id = $1", connector_id)
    if row is None:
        raise NotFound()
    return row


async def list_of(system: System, actor: Actor, app_id: str) -> list[ConnectorInfo]:
    """The connectors of an app, oldest first."""
    access.require(actor, Operation.BUILD, app_id)
    rows = await system.db.fetch(f"{_SELECT} AND d.public_id = $1 ORDER BY c.id", app_id)
    found = await queues(system, rows[0]["app_id"]) if rows else {}
    return [_info(system, actor, row, found.get(row["public_id"], Queue())) for row in rows]


async def get(system: System, actor: Actor, connector_id: str) -> ConnectorInfo:
    """One connector."""
    row = await _row(system.db, connector_id)
    access.require(actor, Operation.BUILD, row["app"])
    found = await queues(system, row["app_id"])
    return _info(system, actor, row, found.get(connector_id, Queue()))


async def create(
    system: System, actor: Actor, app_id: str, *, kind: str, name: str, settings: Mapping[str, Any]
) -> ConnectorInfo:
    """Add a connector.

    Raises:
        NotFound: no such kind.
        InvalidDefinition: settings that cannot be used; ``path`` of each problem is the setting's name.
    """
    checked = _kinds(system).check(kind, settings)
    public_id = await _insert(system, actor, app_id, kind, name, checked, "ok")
    return await get(system, actor, public_id)


async def create_placeholder(system: System, actor: Actor, app_id: str, *, kind: str, name: str) -> str:
    """A connector whose settings somebody has yet to enter (from a template); returns its id."""
    _kinds(system).kind(kind)
    return await _insert(system, actor, app_id, kind, name, {}, NEEDS_SETTINGS)


async def _insert(
    system: System, actor: Actor, app_id: str, kind: str, name: str, settings: dict[str, str], status: str
) -> str:
    async with editing(system, actor, app_id) as edit:
        app = edit.catalog.app(app_id)
        taken = [r["name"] for r in await edit.tx.fetch(f"{_SELECT} AND d.public_id = $1", app_id)]
        problems = Problems()
        name = check_name(problems.at("name"), name)
        problems.raise_any()
        public_id = new_id("con")
        plain, secret = _kinds(system).kind(kind).split(settings)
        await edit.tx.execute(
            "INSERT INTO meta.connector (public_id, app_id, kind, name, config, secrets, status)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            public_id,
            app.number,
            kind,
            free_name(name, taken),
            msgspec.json.encode(plain).decode(),
            _sealed(system, secret),
            status,
        )
        edit.tell(app_id)
        return public_id


def _sealed(system: System, secret: dict[str, str]) -> str:
    return system.box.encrypt(msgspec.json.encode(secret).decode()) if secret else ""


async def update(
    system: System,
    actor: Actor,
    connector_id: str,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    per_minute: int | msgspec.UnsetType | None = msgspec.UNSET,
) -> ConnectorInfo:
    """Rename a connector, enter its settings again (secrets left empty keep their stored value), or limit what it sends
    per minute (None: the limit of its kind).

    Raises:
        InvalidDefinition: settings that cannot be used; ``path`` of each problem is the setting's name.
    """
    row = await _row(system.db, connector_id)
    async with editing(system, actor, row["app"]) as edit:
        row = await _row(edit.tx, connector_id)
        if name is not None:
            problems = Problems()
            taken = [r["name"] for r in await edit.tx.fetch(f"{_SELECT} AND c.app_id = $1", row["app_id"])]
            name = check_name(problems.at("name"), name, taken=[t for t in taken if t != row["name"]])
            problems.raise_any()
            await edit.tx.execute("UPDATE meta.connector SET name = $2 WHERE id = $1", row["id"], name)
        if per_minute is not msgspec.UNSET:
            await _limit(edit.tx, row, per_minute)
        if settings is not None:
            await _store_settings(system, edit.tx, row, settings)
        edit.tell(row["app"])
    return await get(system, actor, connector_id)


async def _limit(tx: Tx, row: Row, per_minute: int | None) -> None:
    if per_minute is not None and not 1 <= per_minute <= MAX_PER_MINUTE:
        problems = Problems()
        problems.at("per_minute").add(
            "out_of_range", N_("每分钟条数应在 {low} 到 {high} 之间"), low=1, high=MAX_PER_MINUTE
        )
        problems.raise_any()
    await tx.execute("UPDATE meta.connector SET per_minute = $2 WHERE id = $1", row["id"], per_minute)


async def pause(system: System, actor: Actor, connector_id: str, *, paused: bool) -> ConnectorInfo:
    """Hold back what a connector has to send, or let it go on. What waits meanwhile is sent afterwards, none of it lost."""
    row = await _row(system.db, connector_id)
    async with editing(system, actor, row["app"]) as edit:
        await edit.tx.execute(
            "UPDATE meta.connector SET paused_at = CASE WHEN $2 THEN coalesce(paused_at, now()) END,"
            " paused_by = CASE WHEN $2 THEN coalesce(paused_by, $3) END WHERE id = $1",
            row["id"],
            paused,
            actor.name,
        )
        edit.tell(row["app"])
        edit.tx.after_commit.append(lambda: system.live.wake(WAKE_DELIVERY))
    return await get(system, actor, connector_id)


async def _store_settings(system: System, tx: Tx, row: Row, given: Mapping[str, Any]) -> None:
    kind = _kinds(system).kind(row["kind"])
    stored = {} if row["status"] == NEEDS_SETTINGS else _settings(system, row)
    plain, secret = kind.split(kind.check(kind.keep_secrets(given, stored)))
    await tx.execute(
        "UPDATE meta.connector SET config = $2, secrets = $3, status = 'ok', status_message = NULL WHERE id = $1",
        row["id"],
        msgspec.json.encode(plain).decode(),
        _sealed(system, secret),
    )


async def delete(system: System, actor: Actor, connector_id: str) -> None:
    """Remove a connector; its secrets are wiped.

    Raises:
        RuleBroken: automations send through it; ``problems`` lists them.
    """
    row = await _row(system.db, connector_id)
    async with editing(system, actor, row["app"]) as edit:
        app = edit.catalog.app(row["app"])
        uses = [*uses_of(app, {connector_id}), *await uses_in_drafts(edit.tx, app, {connector_id})]
        refuse_used(row["name"], uses)
        await edit.tx.execute(
            "UPDATE meta.connector SET deleted_at = now(), secrets = '' WHERE id = $1", row["id"]
        )
        edit.tell(row["app"])


async def test(system: System, actor: Actor, connector_id: str, translator: Translator) -> ConnectorInfo:
    """Send a test message through it and note how that went.

    Raises:
        OutsideFailed, NotAllowed, InvalidInput: it was not taken; the status says so from then on.
    """
    row = await _row(system.db, connector_id)
    access.require(actor, Operation.BUILD, row["app"])
    if row["status"] == NEEDS_SETTINGS:
        raise RuleBroken(N_("「{name}」还没有填设置,填好再测试"), code=NEEDS_SETTINGS, name=row["name"])
    try:
        await _kinds(system).test(row["kind"], _settings(system, row), translator)
    except HuobiaoError as error:
        await _note(system.db, row["id"], "failed", error.message)
        raise
    await _note(system.db, row["id"], "ok", None)
    return await get(system, actor, connector_id)


async def _note(db: Database, number: int, status: str, message: Message | None) -> None:
    await db.execute(
        "UPDATE meta.connector SET status = $2, status_message = $3 WHERE id = $1",
        number,
        status,
        None if message is None else msgspec.json.encode(message).decode(),
    )

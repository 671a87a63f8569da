"""A request sent for real by hand, so that its author sees what comes back and picks values in it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import msgspec

from runtime.access import Actor, Operation, require
from runtime.automations.connections import connection
from runtime.automations.reach import Reach
from runtime.automations.requests import compose, shown
from runtime.automations.runs import Trigger
from runtime.automations.values import Values
from runtime.connectors.http_api import HttpApi
from runtime.connectors.redaction import Redaction
from runtime.definitions.message_steps import HttpRequest
from runtime.errors import NotFound, RuleBroken
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.ids import parse_record_id
from runtime.system import System

MAX_ITEMS = 20
MAX_CHARACTERS = 500
MAX_DEPTH = 30
MAX_TEXT = 4000


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent and what came back. ``json``: the answer, long lists and texts cut; None with ``text`` (its
    beginning) when it is none. ``cut``: whether anything was left out."""

    request: dict[str, Any]
    status: int
    milliseconds: int
    content_type: str
    json: Any
    is_json: bool
    text: str
    cut: bool


async def try_request(
    system: System, actor: Actor, app_id: str, config: HttpRequest, record: str | None
) -> Trial:
    """Send a step's request once, with the values of ``record``; values of earlier steps are empty.

    Raises:
        NotFound, NotAllowed: the app, connector or record is unknown, or the actor may not build in the app.
        InvalidInput, OutsideFailed: it could not be put together, or there was no answer.
    """
    require(actor, Operation.BUILD, app_id)
    catalog = await system.catalogs.current()
    app = catalog.app(app_id)
    if record is not None and catalog.table_by_number(parse_record_id(record)[0]).app_id != app.id:
        raise NotFound()
    receiver = await connection(system, system.db, config.connector)
    if receiver.app != app.number:
        raise NotFound()
    if receiver.kind != HttpApi.id:
        raise RuleBroken(N_("这个连接不是这种用途的,换一个"), code="wrong_connector")
    reach = Reach(system, catalog, actor, record, {})
    context = Context(zone=app.zone, now=datetime.now(UTC))
    values = Values(reach, context, system.settings.base_url, Trigger(), app.people)
    message = await compose(config, values)
    redaction = Redaction(HttpApi(), receiver.settings)
    answer = await HttpApi().call(
        system.outbound, receiver.settings, message, idempotency_key=f"trial-{secrets.token_hex(8)}"
    )
    try:
        found, is_json = answer.json(), True
    except (ValueError, RecursionError):
        found, is_json = None, False
    sample = _Sample()
    return Trial(
        request=shown(message, receiver.settings["base_url"]),
        status=answer.status,
        milliseconds=round(answer.elapsed_seconds * 1000),
        content_type=answer.headers.get("content-type", ""),
        json=redaction.value(sample.of(found, 0)),
        is_json=is_json,
        text="" if is_json else redaction.text(answer.text()[:MAX_TEXT]),
        cut=sample.cut,
    )


class _Sample:
    """An answer short enough to be looked at; knows whether it left anything out."""

    def __init__(self) -> None:
        self.cut = False

    def of(self, value: Any, depth: int) -> Any:
        if depth >= MAX_DEPTH and isinstance(value, dict | list):
            self.cut = True
            return None
        if isinstance(value, dict):
            return {str(key): self.of(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            self.cut = self.cut or len(value) > MAX_ITEMS
            return [self.of(item, depth + 1) for item in value[:MAX_ITEMS]]
        if isinstance(value, str) and len(value) > MAX_CHARACTERS:
            self.cut = True
            return value[:MAX_CHARACTERS]
        return value

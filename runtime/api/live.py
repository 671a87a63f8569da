"""``GET /live``: server-sent events for open pages.

A page names what it looks at (tables, apps, jobs, runs by public id) and is told what changes there; values do not
travel, the page asks for what it shows. Each event's ``id`` is the newest row of the history it knows of; a browser that
was away sends it back as ``Last-Event-ID`` and is told what it missed, or to load everything again when that is much.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.channels import ChannelsPlugin
from litestar.channels.subscriber import Subscriber
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from runtime import accounts, metrics
from runtime.access import Actor, Operation, require
from runtime.api.common import TheActor, TheSystem
from runtime.catalog import Catalog
from runtime.errors import HuobiaoError, InvalidInput, NotFound
from runtime.events.live import Notice
from runtime.events.pubsub import GAP
from runtime.i18n import N_
from runtime.ids import record_id
from runtime.system import System

MAX_TOPICS = 100
MAX_BACKLOG = 500
HEARTBEAT_SECONDS = 15.0
RETRY_MS = 2000
# a browser that missed more than this loads everything again: cheaper than telling it all
MAX_CATCH_UP_ROWS = 2000
MAX_CATCH_UP_IDS = 50_000
# ids are drawn before their rows are committed, so a row with a smaller id can show up a little later
OVERLAP_IDS = 200


class LiveEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a page is told. ``topic`` is the id it asked for; ``table`` the same where it is a table.

    ``records`` empty: many. ``kind``: create, update, delete, computed, schema, job, run, presence (who is here), notice (the caller was told
    something; topic: their own id), or reload (ask again for all).
    """

    topic: str
    kind: str
    id: int = 0
    table: str | None = None
    records: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    by: str = ""


class LiveSubscriber(Subscriber):
    """A subscriber that never blocks the others: when it is too slow, its backlog becomes one gap."""

    def put_nowait(self, item: bytes | None) -> bool:
        if self._queue.qsize() >= MAX_BACKLOG:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(GAP)
        return super().put_nowait(item)

    async def next(self, timeout_seconds: float) -> bytes | None:
        """The next payload. Raises :class:`TimeoutError`; None means that the stream is to end."""
        async with asyncio.timeout(timeout_seconds):
            return await self._queue.get()


@get("/live", media_type="text/event-stream", opt={"no_compression": True})
async def live(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    channels: NamedDependency[ChannelsPlugin],
    tables: Annotated[
        str, QueryParameter(description="Public ids of tables, apps, jobs, runs, joined by commas")
    ],
    last: Annotated[
        str | None, QueryParameter(description="The newest event seen on an earlier stream")
    ] = None,
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Stream:
    """Follow changes as server-sent events."""
    topics = tuple(dict.fromkeys(topic.strip() for topic in tables.split(",") if topic.strip()))
    if not 0 < len(topics) <= MAX_TOPICS:
        raise InvalidInput(N_("一次可以看 1 到 {count} 个地方"), code="bad_topics", count=MAX_TOPICS)
    await check_topics(system, actor, topics)
    seen = last_event_id or last or ""
    known = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else None
    stream = _Stream(system, channels, request.scope["auth"], topics, known)
    return Stream(
        stream.events(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def check_topics(system: System, actor: Actor, topics: Sequence[str]) -> None:
    """Refuse topics that the actor may not look at. Raises :class:`NotFound`."""
    catalog = await system.catalogs.current()
    for topic in topics:
        kind = topic[:3]
        if kind == "app":
            require(actor, Operation.LOOK, catalog.app(topic).id)
        elif kind == "tbl":
            require(actor, Operation.LOOK, catalog.table(topic).app_id)
        elif kind == "aut":
            require(actor, Operation.LOOK, catalog.automation(topic).app_id)
        elif kind == "run":
            number = await system.db.value("SELECT app_id FROM meta.run WHERE public_id = $1", topic)
            require(actor, Operation.LOOK, _app_by_number(catalog, number))
        elif kind == "usr":
            if topic != actor.id:
                raise NotFound()
        elif kind == "job":
            await _check_job(system, catalog, actor, topic)
        else:
            raise NotFound()


async def _check_job(system: System, catalog: Catalog, actor: Actor, job: str) -> None:
    """A job may be watched by who started it, and by members of its app."""
    row = await system.db.row("SELECT app_id, person_id FROM meta.job WHERE public_id = $1", job)
    if row is None:
        raise NotFound()
    if row["person_id"] != actor.person:
        require(actor, Operation.LOOK, _app_by_number(catalog, row["app_id"]))


def _app_by_number(catalog: Catalog, number: int | None) -> str:
    found = next((app.id for app in catalog.apps if app.number == number), None)
    if found is None:
        raise NotFound()
    return found


class _Stream:
    """One open page."""

    def __init__(
        self,
        system: System,
        channels: ChannelsPlugin,
        credential: Any,
        topics: tuple[str, ...],
        known: int | None,
    ) -> None:
        self.system = system
        self.channels = channels
        self.credential = credential
        self.topics = topics
        self.last = known

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The bytes of the stream, until the browser leaves, loses its rights, or the process stops."""
        metrics.live_streams.inc()
        try:
            async with self.channels.start_subscription(self.topics) as subscriber:
                # only now: what commits from here on is heard, what committed before is in the history
                yield f"retry: {RETRY_MS}\n".encode()
                async with aclosing(self._caught_up()) as missed:
                    async for event in missed:
                        yield event
                async with aclosing(self._heard(subscriber)) as heard:
                    async for event in heard:
                        yield event
        finally:
            metrics.live_streams.dec()

    async def _heard(self, subscriber: Subscriber) -> AsyncGenerator[bytes, None]:
        assert isinstance(subscriber, LiveSubscriber)  # noqa: S101 - ui.asgi says so to the plugin
        while True:
            try:
                payload = await subscriber.next(HEARTBEAT_SECONDS)
            except TimeoutError:
                if not await self._still_allowed():
                    return
                yield b": still here\n\n"
                continue
            if payload is None:
                return
            if payload == GAP:
                async with aclosing(self._caught_up()) as missed:
                    async for event in missed:
                        yield event
            else:
                yield self._event(msgspec.json.decode(payload, type=Notice))

    async def _still_allowed(self) -> bool:
        """Asked with every heartbeat: whoever was signed out or removed stops hearing within seconds."""
        try:
            token = self.credential.token
            if self.credential.kind == "token":
                actor = await accounts.token_actor(self.system, token)
            else:
                signed_in = await accounts.session_actor(self.system, token)
                actor = signed_in.actor if signed_in else None
            if actor is None:
                return False
            await check_topics(self.system, actor, self.topics)
        except HuobiaoError:
            return False
        return True

    async def _caught_up(self) -> AsyncGenerator[bytes, None]:
        """What was missed since ``last``, and from where on a later reconnection has to look."""
        now = await self.system.db.value("SELECT last_value FROM meta.history_id_seq")
        if self.last is not None:
            for notice in await missed_since(self.system, self.topics, self.last, now):
                yield self._event(notice)
        self.last = max(self.last or 0, now)
        yield f"event: ready\nid: {self.last}\ndata: {{}}\n\n".encode()

    def _event(self, notice: Notice) -> bytes:
        if notice.id:
            self.last = max(self.last or 0, notice.id)
        event = LiveEvent(
            topic=notice.topic,
            kind=notice.kind,
            id=notice.id,
            table=notice.topic if notice.topic.startswith("tbl") else None,
            records=notice.records,
            fields=notice.fields,
            by=notice.by,
        )
        head = f"id: {self.last}\n" if notice.id else ""
        return head.encode() + b"data: " + msgspec.json.encode(event) + b"\n\n"


async def missed_since(system: System, topics: Sequence[str], last: int, now: int) -> list[Notice]:
    """Notices that tell a page which saw history row ``last`` what changed in its tables up to row ``now``.

    Everything else it shows (jobs, runs, definitions) is small and told to be asked for again.
    """
    catalog = await system.catalogs.current()
    notices = [Notice(topic, "reload") for topic in topics if not topic.startswith("tbl")]
    tables = {catalog.table(topic).number: topic for topic in topics if topic.startswith("tbl")}
    if not tables:
        return notices
    rows: list[Any] = []
    if 0 <= now - last <= MAX_CATCH_UP_IDS:
        rows = await system.db.fetch(
            "SELECT max(id) AS id, table_id, record_id, bool_or(action IN ('create', 'restore')) AS born,"
            " bool_or(action = 'delete') AS gone FROM ("
            " SELECT id, table_id, record_id, action FROM meta.history WHERE id > $1 AND table_id = ANY($2::integer[])"
            " AND at > now() - interval '7 days' ORDER BY id LIMIT $3) h GROUP BY table_id, record_id",
            max(0, last - OVERLAP_IDS),
            list(tables),
            MAX_CATCH_UP_ROWS + 1,
        )
    if len(rows) > MAX_CATCH_UP_ROWS or not 0 <= now - last <= MAX_CATCH_UP_IDS:
        return notices + [Notice(topic, "reload") for topic in tables.values()]
    grouped: dict[tuple[int, str], list[Any]] = {}
    for row in rows:
        kind = "delete" if row["gone"] else "create" if row["born"] else "update"
        grouped.setdefault((row["table_id"], kind), []).append(row)
    for (number, kind), members in grouped.items():
        records = tuple(record_id(number, row["record_id"]) for row in members)
        notices.append(Notice(tables[number], kind, max(r["id"] for r in members), records))  # type: ignore[arg-type]
    return notices


ROUTES = (live,)

"""The live channel on real sockets: what open pages are told, and what they are not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from runtime import accounts
from runtime.api import live
from runtime.api.live import LiveSubscriber
from runtime.catalog import Table
from runtime.definitions.fields import Text
from runtime.events.live import Notice
from runtime.events.pubsub import GAP
from runtime.services import DataFolder, EmbeddedRedis
from runtime.settings import Settings
from runtime.system import System
from tests.browser.support import serving, until
from tests.support.web import PASSWORD
from tests.support.world import World


class Stream:
    """An open ``EventSource``: its events, as a page gets them."""

    def __init__(self, answer: httpx.Response) -> None:
        self.last_id = ""
        self.comments = 0
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task = asyncio.create_task(self._read(answer))

    async def _read(self, answer: httpx.Response) -> None:
        kind, data = "message", ""
        with contextlib.suppress(httpx.HTTPError):
            async for line in answer.aiter_lines():
                if line.startswith(":"):
                    self.comments += 1
                elif line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("id: "):
                    self.last_id = line[4:]
                elif line.startswith("data: "):
                    data = line[6:]
                elif not line:
                    if kind == "ready":
                        self.ready.set()
                    elif data:
                        self._events.put_nowait(msgspec.json.decode(data))
                    kind, data = "message", ""
        self.ended.set()

    async def event(self, seconds: float = 10) -> dict[str, Any]:
        """The next event."""
        async with asyncio.timeout(seconds):
            return await self._events.get()

    def nothing(self) -> bool:
        """Whether no event waits."""
        return self._events.empty()

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


class Scene:
    """A served application with an owner and a table."""

    def __init__(self, system: System, url: str, world: World, table: Table, token: str) -> None:
        self.system, self.url, self.world, self.table, self.token = system, url, world, table, token

    @asynccontextmanager
    async def watch(self, *topics: str, token: str = "", **headers: str) -> AsyncIterator[Stream]:
        """A page that looks at ``topics``, ready to hear."""
        credential = {"authorization": f"Bearer {token or self.token}", **headers}
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=30) as client,
            client.stream("GET", f"/api/v1/live?tables={','.join(topics)}", headers=credential) as answer,
        ):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in answer.headers
            stream = Stream(answer)
            try:
                async with asyncio.timeout(10):
                    await stream.ready.wait()
                yield stream
            finally:
                await stream.close()

    async def save(self, name: str = "甲") -> str:
        """Create a record; its id."""
        return (await self.world.create(self.table, {"名称": name}))[0]


@asynccontextmanager
async def scene_of(settings: Settings) -> AsyncIterator[Scene]:
    async with serving(settings) as (app, url):
        system: System = app.state.system
        owner = await accounts.create_first_owner(
            system, email="lin@example.com", name="小林", password=PASSWORD
        )
        token, _ = await accounts.create_token(system, owner)
        world = await World.make(system)
        table = await world.table("商品", {"名称": Text(), "备注": Text()})
        yield Scene(system, url, world, table, token)


@pytest.fixture
async def scene(settings: Settings) -> AsyncIterator[Scene]:
    async with scene_of(settings) as made:
        yield made


async def test_pages_hear_what_changes_where_they_look(scene: Scene) -> None:
    other = await scene.world.table("别的", {"名称": Text()})
    async with scene.watch(scene.table.id) as here, scene.watch(other.id) as there:
        made = await scene.save()
        event = await here.event()
        assert event["table"] == event["topic"] == scene.table.id
        assert event["kind"] == "create"
        assert event["records"] == [made]
        assert scene.table.field("名称").id in event["fields"]
        assert event["by"] == "usrEditorEditor1"
        assert int(here.last_id) == event["id"]
        assert "甲" not in str(event)  # values do not travel

        await scene.world.patch(made, {"备注": "新"}, scene.table)
        changed = await here.event()
        assert (changed["kind"], changed["fields"]) == ("update", [scene.table.field("备注").id])
        await scene.world.change(scene.table, deletes=(made,))
        assert (await here.event())["kind"] == "delete"
        assert there.nothing()


async def test_a_page_that_was_away_is_told_what_it_missed(scene: Scene) -> None:
    async with scene.watch(scene.table.id) as stream:
        first = await scene.save()
        await stream.event()
        seen = stream.last_id
    await scene.world.patch(first, {"备注": "改"}, scene.table)
    second = await scene.save("乙")
    gone = await scene.save("丙")
    await scene.world.change(scene.table, deletes=(gone,))

    async with scene.watch(scene.table.id, **{"last-event-id": seen}) as stream:
        told: dict[str, set[str]] = {}
        while not stream.nothing():
            event = await stream.event()
            told.setdefault(event["kind"], set()).update(event["records"])
        assert told["create"] >= {second}
        assert gone in told["delete"]
        assert first in told.get("update", set()) | told["create"]
        assert int(stream.last_id) > int(seen)


async def test_a_fresh_page_is_told_nothing_old(scene: Scene) -> None:
    await scene.save()
    async with scene.watch(scene.table.id) as stream:
        assert stream.nothing()
        assert int(stream.last_id) >= 1


async def test_a_page_that_missed_very_much_loads_everything_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_CATCH_UP_ROWS", 5)
    await scene.world.create(scene.table, *({"名称": str(n)} for n in range(10)))
    async with scene.watch(scene.table.id, **{"last-event-id": "0"}) as stream:
        event = await stream.event()
        assert (event["kind"], event["topic"]) == ("reload", scene.table.id)
        assert "records" not in event


@pytest.mark.parametrize("last", ["nonsense", "99999999999", "-5", "1" * 40])
async def test_a_wrong_last_event_id_does_no_harm(scene: Scene, last: str) -> None:
    async with scene.watch(scene.table.id, **{"last-event-id": last}) as stream:
        made = await scene.save()
        event = await stream.event()
        while event["kind"] == "reload":
            event = await stream.event()
        assert event["records"] == [made]


async def test_only_those_who_may_look_hear(scene: Scene) -> None:
    wu = await accounts.create_user(scene.system, email="wu@example.com", name="小吴", password=PASSWORD)
    token, _ = await accounts.create_token(scene.system, wu)
    async with httpx.AsyncClient(base_url=scene.url) as client:
        for credential, status in (("hb_no", 401), (token, 404)):
            answer = await client.get(
                f"/api/v1/live?tables={scene.table.id}", headers={"authorization": f"Bearer {credential}"}
            )
            assert answer.status_code == status
        for topics in (
            "",
            ",",
            "nonsense",
            "tblNothingThere1",
            "runNothingThere1",
            "jobNothingThere1",
            ",".join(f"tbl{n}" for n in range(101)),
        ):
            answer = await client.get(
                f"/api/v1/live?tables={topics}", headers={"authorization": f"Bearer {scene.token}"}
            )
            assert answer.status_code in (404, 422), topics


async def test_whoever_is_removed_stops_hearing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    wu = await accounts.create_user(scene.system, email="wu@example.com", name="小吴", password=PASSWORD)
    token, _ = await accounts.create_token(scene.system, wu)
    boss = await accounts.token_actor(scene.system, scene.token)
    assert boss is not None
    await accounts.set_role(scene.system, boss, scene.world.app_id, wu.id, "viewer")
    async with scene.watch(scene.table.id, token=token) as stream:
        await scene.save()
        await stream.event()
        await accounts.remove_member(scene.system, boss, scene.world.app_id, wu.id)
        async with asyncio.timeout(10):
            await stream.ended.wait()
        assert stream.comments > 0 or stream.ended.is_set()


async def test_jobs_and_definitions_are_followed_too(scene: Scene) -> None:
    await scene.system.db.execute(
        "INSERT INTO meta.job (public_id, kind, person_id, status, config) VALUES ('jobAAAAAAAAAAAAAA', 'import', 1, 'running', '{}')"
    )
    async with scene.watch("jobAAAAAAAAAAAAAA", scene.world.app_id) as stream:
        await scene.system.live.publish(Notice("jobAAAAAAAAAAAAAA", "job"))
        event = await stream.event()
        assert (event["topic"], event["kind"]) == ("jobAAAAAAAAAAAAAA", "job")
        assert "table" not in event
        await scene.system.live.publish(Notice(scene.world.app_id, "schema"))
        assert (await stream.event())["kind"] == "schema"


async def test_many_pages_of_one_process_all_hear(scene: Scene) -> None:
    async with contextlib.AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(scene.watch(scene.table.id)) for _ in range(40)]
        made = await scene.save()
        for event in await asyncio.gather(*(stream.event() for stream in streams)):
            assert event["records"] == [made]


async def test_two_processes_hear_each_other(settings: Settings, scene: Scene) -> None:
    async with serving(settings) as (_, url):
        elsewhere = Scene(scene.system, url, scene.world, scene.table, scene.token)
        async with elsewhere.watch(scene.table.id) as stream:
            made = await scene.save()
            assert (await stream.event())["records"] == [made]


@pytest.fixture
def own_redis(scratch: Path) -> Any:
    """A Redis that this test may stop and start."""
    folder = DataFolder(scratch)
    folder.create()
    server = EmbeddedRedis(folder)
    server.start()
    yield server
    server.stop()


async def test_a_restart_of_redis_loses_no_change(settings: Settings, own_redis: EmbeddedRedis) -> None:
    own = msgspec.structs.replace(settings, redis_url=own_redis.url())
    async with scene_of(own) as scene, scene.watch(scene.table.id) as stream:
        first = await scene.save()
        assert (await stream.event())["records"] == [first]

        await asyncio.to_thread(own_redis.stop)
        missed = await scene.save("没人听见")  # saving goes on without Redis
        await asyncio.to_thread(own_redis.start)

        event = await stream.event(20)
        while missed not in event.get("records", ()) and event["kind"] != "reload":
            event = await stream.event(20)

        async def told() -> bool:
            return not scene.system.live.away

        await until(told)
        after = await scene.save("又听见了")
        while after not in event.get("records", ()):
            event = await stream.event(20)


async def test_pages_opened_while_redis_is_away_hear_later(
    settings: Settings, own_redis: EmbeddedRedis
) -> None:
    own = msgspec.structs.replace(settings, redis_url=own_redis.url())
    async with scene_of(own) as scene:
        await asyncio.to_thread(own_redis.stop)
        async with scene.watch(scene.table.id) as stream:
            made = await scene.save()
            await asyncio.to_thread(own_redis.start)
            event = await stream.event(20)
            while made not in event.get("records", ()) and event["kind"] != "reload":
                event = await stream.event(20)


async def test_a_page_too_slow_to_listen_gets_one_gap(scene: Scene) -> None:
    from litestar.channels import ChannelsPlugin

    plugin = ChannelsPlugin(scene.system.live.backend, arbitrary_channels_allowed=True)
    subscriber = LiveSubscriber(plugin)
    for n in range(live.MAX_BACKLOG + 3):
        subscriber.put_nowait(str(n).encode())
    assert await subscriber.next(1) == GAP
    assert [await subscriber.next(1) for _ in range(3)] == [
        str(live.MAX_BACKLOG + n).encode() for n in range(3)
    ]

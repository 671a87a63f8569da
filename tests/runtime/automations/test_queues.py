"""What waits for each connector, as its page says; and requests sent by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from builder import connectors
from runtime.automations.queues import queues
from runtime.automations.trial_request import try_request
from runtime.definitions.automations import RecordCreated, SendWecom
from runtime.definitions.message_steps import HttpRequest, Pair
from runtime.definitions.values import TextValue
from runtime.errors import InvalidDefinition, NotAllowed, NotFound
from runtime.settings import Settings
from tests.standins.http import Request, Response, StandInServer
from tests.standins.wecom import WecomStandIn
from tests.support.shop import Shop
from tests.support.world import EDITOR

OWNER = msgspec.structs.replace(EDITOR, everywhere="owner")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receivers of these tests are on this machine."""
    return msgspec.structs.replace(settings, allow_private_outbound=True)


async def test_a_queue_is_counted_and_its_end_foretold(shop: Shop, robot: str, wecom: WecomStandIn) -> None:
    system, app = shop.world.system, shop.world.app_number
    assert (await queues(system, app))[robot].waiting == 0
    await shop.automation(
        RecordCreated(shop.orders.id), SendWecom(robot, TextValue(("长" * 500, shop.value("订单号"))))
    )
    await shop.world.create(shop.orders, *({"订单号": str(n)} for n in range(60)))
    await shop.settle()
    now = datetime.now(UTC)
    queue = (await queues(system, app, now))[robot]
    assert (queue.waiting, queue.retrying, queue.per_minute) == (60, 0, 20)
    assert queue.empty_at is not None
    assert timedelta(seconds=59) < queue.empty_at - now < timedelta(minutes=4)

    info = await connectors.update(system, OWNER, robot, per_minute=5)
    assert (info.per_minute, info.limit) == (5, 5)
    assert info.empty_at is not None
    assert info.empty_at > queue.empty_at
    with pytest.raises(InvalidDefinition):
        await connectors.update(system, OWNER, robot, per_minute=0)
    assert (await connectors.update(system, OWNER, robot, per_minute=100)).limit == 20, (
        "its own limit is stricter"
    )

    paused = await connectors.pause(system, OWNER, robot, paused=True)
    assert (paused.paused_by, paused.empty_at, paused.waiting) == (OWNER.name, None, 60)
    await shop.deliver()
    assert not wecom.messages
    assert (await connectors.pause(system, OWNER, robot, paused=False)).paused_at is None
    await shop.deliver()
    assert wecom.wait_for(1)
    with pytest.raises(NotAllowed):
        await connectors.pause(system, EDITOR, robot, paused=True)


@pytest.fixture
async def interface() -> AsyncIterator[tuple[list[Request], str, list[Response]]]:
    """What was asked, the address, and what it answers next."""
    got: list[Request] = []
    answers: list[Response] = []

    async def handle(request: Request) -> Response:
        got.append(request)
        return (
            answers.pop(0) if answers else Response.of_json({"data": [{"no": "SF1"}] * 30, "long": "x" * 900})
        )

    with StandInServer(handle) as server:
        yield got, server.url, answers


async def test_a_request_by_hand_shows_what_comes_back(
    shop: Shop, interface: tuple[list[Request], str, list[Response]]
) -> None:
    got, url, answers = interface
    connector = await shop.connector("http_api", base_url=url)
    order = await shop.order(订单号="A1")
    config = HttpRequest(connector, body="json", fields=(Pair("no", shop.value("订单号")),))
    system, app = shop.world.system, shop.world.app_id
    trial = await try_request(system, OWNER, app, config, order)
    assert (trial.status, trial.is_json, trial.cut) == (200, True, True)
    assert len(trial.json["data"]) == 20
    assert len(trial.json["long"]) == 500
    assert json.loads(got[0].body) == {"no": "A1"}
    assert got[0].headers["idempotency-key"].startswith("trial-")
    answers.append(Response(500, b"<html>\x00oops"))
    trial = await try_request(system, OWNER, app, config, order)
    assert (trial.status, trial.is_json, trial.text) == (500, False, "<html>oops")
    with pytest.raises(NotAllowed):
        await try_request(system, EDITOR, app, config, order)
    with pytest.raises(NotFound):
        await try_request(system, OWNER, app, msgspec.structs.replace(config, connector="conNone"), order)

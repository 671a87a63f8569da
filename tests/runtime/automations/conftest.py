"""A shop whose automations run inside the test's process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from runtime.settings import Settings
from tests.standins.wecom import WecomStandIn
from tests.support.shop import Shop
from tests.support.world import World


@pytest.fixture
def wecom() -> Iterator[WecomStandIn]:
    """A stand-in for WeCom with one robot."""
    with WecomStandIn() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, wecom: WecomStandIn) -> Settings:
    """Settings that name the stand-in as WeCom's server."""
    return msgspec.structs.replace(
        settings, wecom_base_url=wecom.base_url, public_url="https://huobiao.example"
    )


@pytest.fixture
async def shop(world: World) -> AsyncIterator[Shop]:
    """A fresh shop."""
    found = await Shop.make(world)
    yield found
    await found.deliveries.locks.close()


@pytest.fixture
async def robot(shop: Shop, wecom: WecomStandIn) -> str:
    """A connector to the stand-in's robot."""
    return await shop.connector("wecom_robot", webhook_url=wecom.webhook_url)

"""A robot's server, and a client that may reach it and nothing else inside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.outbound import OutboundClient
from tests.standins.wecom import WecomStandIn


@pytest.fixture
def wecom() -> Iterator[WecomStandIn]:
    """The stand-in for WeCom."""
    with WecomStandIn() as server:
        yield server


@pytest.fixture
def client(wecom: WecomStandIn) -> OutboundClient:
    """The guarded client as the product makes it: private addresses forbidden, the WeCom server listed."""
    return OutboundClient(allowed=[wecom.base_url], timeout_seconds=20)

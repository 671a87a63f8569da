"""What the outside got: the warehouse's webhook, whose calls carry keys, and the robot, whose calls do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from tests.faults.storm.ledger import Found
from tests.standins.http import Request, Response
from tests.standins.wecom import WecomStandIn


class Warehouse:
    """A webhook; ``told`` is called, on the stand-in's thread, with the public id of each order it hears of."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self.calls: list[tuple[str, bytes]] = []
        self._told = told

    async def handle(self, request: Request) -> Response:
        """Take a call."""
        self.calls.append((request.headers["idempotency-key"], request.body))
        self._told(msgspec.json.decode(request.body)["order"])
        return Response.of_json({})


def judge(found: Found, warehouse: Warehouse, wecom: WecomStandIn, interruptions: int) -> Iterator[str]:
    """What is wrong with the messages.

    A call under way when its worker dies is made again: at most one for each interruption and receiver, and never with
    another key or content. Keyed calls let the receiver tell; a robot's cannot, there the calls are counted.
    """
    for row in found.messages:
        if row["status"] != "sent":
            yield f"message {row['key']} is {row['status']}: {row['error']}"
    yield from _keyed(found, warehouse, interruptions)
    yield from _robot(found, wecom, interruptions)


def _keyed(found: Found, warehouse: Warehouse, interruptions: int) -> Iterator[str]:
    queued = {
        row["key"]: msgspec.json.decode(row["payload"])
        for row in found.messages
        if row["kind"] == "http_webhook"
    }
    got = Counter(key for key, _ in warehouse.calls)
    if got.keys() != queued.keys():
        yield f"calls missing {queued.keys() - got.keys()}, never queued {got.keys() - queued.keys()}"
    if len(set(warehouse.calls)) != len(got):
        yield "one key came with different contents"
    if got.total() - len(got) > interruptions:
        yield f"{got.total() - len(got)} calls came twice, after {interruptions} interruptions"


def _robot(found: Found, wecom: WecomStandIn, interruptions: int) -> Iterator[str]:
    calls = [message.content for message in wecom.messages]
    twice = len(calls) - found.calls_answered
    if not 0 <= twice <= interruptions:
        yield f"{len(calls)} robot calls for {found.calls_answered} answers, after {interruptions} interruptions"
    everything = "\n".join(calls) + "\n"
    texts = Counter(
        msgspec.json.decode(row["payload"])["content"]
        for row in found.messages
        if row["kind"] == "wecom_robot"
    )
    for text, queued in texts.items():
        times = everything.count(text + "\n")
        if not queued <= times <= queued + twice:
            yield f"the group read {times} times what was queued {queued} times ({twice} calls made twice): {text}"

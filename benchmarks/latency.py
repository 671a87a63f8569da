"""State change → message at the receiver: an order without stock enters 审核中, the robot's stand-in gets the alarm.

The clock starts before the PATCH is sent and stops when the stand-in has the message. The floor is an empty dramatiq
actor over the same Redis (enqueue → executed) plus one bare POST to the same stand-in.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import dramatiq
import httpx
import msgspec
from dramatiq.brokers.redis import RedisBroker

from benchmarks.report import Figure
from benchmarks.stage import Stage, quantiles
from tests.standins.wecom import WecomStandIn

APPS = 4
EACH = 15
"""Messages per robot: below its limit of 20 a minute, so that pacing is not what is measured."""
KEYS = [f"693a91f6-7c1e-4bc4-97a0-0ec2a1fa5a{n:02d}" for n in range(APPS)]

_WECOM = WecomStandIn([*KEYS, "floor000-0000-4000-8000-000000000000"], limit=10_000)


def settings() -> dict[str, str]:
    """The installation talks to the stand-in."""
    _WECOM.__enter__()
    return {"HUOBIAO_WECOM_BASE_URL": _WECOM.base_url}


async def run(stage: Stage) -> list[Figure]:
    """Measure on apps of their own, one robot each."""
    waits: list[float] = []
    for key in KEYS:
        waits += await _one_app(stage, key)
    floor = await _floor(stage)
    api, bare = quantiles(waits), quantiles(floor)
    _WECOM.__exit__(None, None, None)
    return [
        Figure(
            f"state change → message received, {len(waits)} orders one by one, p50 / p95",
            f"{api[0]:.0f} / {api[1]:.0f} ms",
            "empty dramatiq actor + one POST to the stand-in",
            f"{bare[0]:.1f} / {bare[1]:.1f} ms",
            f"{api[0] / bare[0]:.1f} / {api[1] / bare[1]:.1f}",
        )
    ]


async def _one_app(stage: Stage, key: str) -> list[float]:
    installed = await stage.call(
        "POST", "/api/v1/templates/order-pool/install", {"app_name": f"店 {key[-2:]}", "with_records": False}
    )
    app = installed["app"]
    robots = await stage.call("GET", f"/api/v1/apps/{app}/connectors")
    robot = robots["connectors"][0]["id"]
    await stage.call("PATCH", f"/api/v1/connectors/{robot}", {"settings": {"webhook_url": _webhook(key)}})
    tables = {t["name"]: t["id"] for t in (await stage.call("GET", f"/api/v1/apps/{app}"))["tables"]}
    stock = await _create(
        stage, tables["库存"], {"库存编码": "红-S", "在库数量": 0, "库位编码": "A区-03排-02架"}
    )
    waits = []
    for n in range(EACH + 1):
        order = await _create(stage, tables["主订单池"], {"订单状态": "已支付"})
        await _create(stage, tables["订单明细"], {"订单": [order], "库存": [stock], "数量": 1})
        before = len(_WECOM.messages)
        start = time.time()
        await stage.call(
            "PATCH",
            f"/api/v1/tables/{tables['主订单池']}/records",
            {"records": [{"id": order, "fields": {"订单状态": "审核中"}}]},
        )
        while len(_WECOM.messages) == before:
            await asyncio.sleep(0.001)
            assert time.time() - start < 30, "no message came"
        if n:  # the first warms everything up
            waits.append(_WECOM.messages[before].at - start)
    return waits


def _webhook(key: str) -> str:
    return f"{_WECOM.base_url}/cgi-bin/webhook/send?key={key}"


async def _create(stage: Stage, table: str, fields: dict[str, Any]) -> str:
    answer = await stage.call("POST", f"/api/v1/tables/{table}/records", {"records": [{"fields": fields}]})
    return str(answer["records"][0]["id"])


async def _floor(stage: Stage) -> list[float]:
    services = msgspec.json.decode((stage.data / "run" / "services.json").read_bytes())
    broker = RedisBroker(url=services["redis_url"], namespace="bench")
    done = threading.Event()
    actor = dramatiq.actor(done.set, actor_name="nothing", broker=broker)
    worker = dramatiq.Worker(broker, worker_threads=1)
    worker.start()
    durations = []
    async with httpx.AsyncClient() as client:
        body = {"msgtype": "text", "text": {"content": "x"}}
        for n in range(60):
            done.clear()
            start = time.perf_counter()
            actor.send()
            await asyncio.to_thread(done.wait, 10)
            await client.post(_webhook("floor000-0000-4000-8000-000000000000"), json=body)
            if n >= 10:
                durations.append(time.perf_counter() - start)
    worker.stop()
    return durations

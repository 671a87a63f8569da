"""The order storm: thousands of orders go from payment to the warehouse while everything that carries them is killed.

``HUOBIAO_TEST_ORDERS`` is how many (2,000), ``HUOBIAO_TEST_SEED`` repeats a storm: the same orders and the same kills,
though not the same moments.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from tests.faults.storm import ledger, receivers, verdict
from tests.faults.storm.chaos import KILLS, Chaos
from tests.faults.storm.clients import Clients, Order, script
from tests.faults.storm.ledger import Found
from tests.faults.storm.market import SHELVES, Builder, Market
from tests.faults.storm.receivers import Warehouse
from tests.standins.http import StandInServer
from tests.standins.wecom import SEND_PATH, WecomStandIn
from tests.support.command import huobiao
from tests.support.servers import scratch_folder
from tests.support.serving import Serving, serve

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(900)]

ORDERS = int(os.environ.get("HUOBIAO_TEST_ORDERS", "2000"))
SEED = int(os.environ.get("HUOBIAO_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
SECRET = "storm-password-1"
ALARMS, CRIES = "storm-alarms-0000-4000", "storm-cries-00000-4000"
"""Keys of the two robots."""
_QUIET_WITHIN_SECONDS = 240.0


@dataclass
class Storm:
    """An installation, and what stands around it."""

    serving: Serving
    token: str
    wecom: WecomStandIn

    async def database(self) -> asyncpg.Connection:
        """A connection of the test's own."""
        return await asyncpg.connect(self.serving.services().database_url, timeout=30)


@pytest.fixture
def storm() -> Iterator[Storm]:
    with scratch_folder() as folder, WecomStandIn([ALARMS, CRIES]) as wecom:
        variables = {
            "HUOBIAO_WECOM_BASE_URL": wecom.base_url,
            "HUOBIAO_ALLOW_PRIVATE_OUTBOUND": "1",
            "HUOBIAO_WORKERS": "2",
            "HUOBIAO_WORKER_PROCESSES": "2",
            "HUOBIAO_LOG_LEVEL": "warning",
        }
        with serve(folder / "data", **variables) as serving:
            yield Storm(serving, _token(serving), wecom)
        sys.stderr.write(_last_words(folder / "data.serve.log"))


def _last_words(log: Path, characters: int = 6000) -> str:
    """The end of what the processes wrote down; pytest shows it with a failure."""
    return f"--- {log.name}\n{log.read_text(errors='replace')[-characters:]}\n"


def _token(serving: Serving) -> str:
    made = huobiao("user", "create", "--email", "s@example.com", "--password", SECRET, data=serving.data)
    assert made.returncode == 0, made.stderr
    token = huobiao("token", "create", "--email", "s@example.com", "--name", "storm", data=serving.data)
    assert token.returncode == 0, token.stderr
    return token.stdout.splitlines()[-1]


async def test_whatever_dies_every_order_is_where_its_events_put_it(storm: Storm) -> None:
    rng = random.Random(SEED)
    orders = script(ORDERS, rng, SHELVES)
    stock = _scarce(orders)
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[str | None] = asyncio.Queue()

    def told(record: str) -> None:
        loop.call_soon_threadsafe(arrived.put_nowait, record)

    warehouse = Warehouse(told)
    with StandInServer(warehouse.handle) as hook:
        builder = Builder(storm.serving.url, storm.token)
        market = await asyncio.to_thread(
            builder.draw,
            stock=stock,
            robot_url=f"{storm.wecom.base_url}{SEND_PATH}?key={ALARMS}",
            crier_url=f"{storm.wecom.base_url}{SEND_PATH}?key={CRIES}",
            warehouse_url=f"{hook.url}/orders",
        )
        clients = Clients(storm.serving.url, storm.token, market, orders, rng, arrived)
        chaos = Chaos(storm.serving, random.Random(SEED + 1))
        begun = time.monotonic()
        await _rage(clients, chaos)
        calm = time.monotonic()
        await _quiet(storm)
        await clients.close_warehouse()
        await _quiet(storm)
        ended = time.monotonic()
    db = await storm.database()
    try:
        found = await ledger.read(db, market)
    finally:
        await db.close()
    _report(clients, chaos, found, warehouse, storm, (calm - begun, ended - calm))
    wrong = list(verdict.judge(orders, found, stock))
    wrong += [("", text) for text in receivers.judge(found, warehouse, storm.wecom, chaos.interruptions)]
    wrong += [("", text) for text in _run_list(builder, market)]
    assert not wrong, _told(wrong, orders, found)
    _all_values_are_right(storm)


def _scarce(orders: list[Order]) -> int:
    """Pieces per shelf, so that the last orders find some of them empty."""
    wanted = sum(quantity for order in orders for _, quantity in order.lines)
    return max(1, round(wanted / SHELVES * 0.8))


async def _rage(clients: Clients, chaos: Chaos) -> None:
    """Orders and kills, in step: the last orders begin before the last kill."""

    async def after_each(kills: int) -> None:
        await clients.gate.open_to(ORDERS * (kills + 1) // KILLS)

    await clients.gate.open_to(ORDERS // KILLS)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.run())
        tasks.create_task(chaos.rage(after_each))


async def _quiet(storm: Storm) -> None:
    """Until nothing waits any more."""
    gives_up = time.monotonic() + _QUIET_WITHIN_SECONDS
    db = await storm.database()
    try:
        while left := await ledger.waiting(db):
            assert time.monotonic() < gives_up, f"seed {SEED}: still waiting: {left}"
            await asyncio.sleep(0.2)
    finally:
        await db.close()


def _run_list(builder: Builder, market: Market) -> Iterator[str]:
    """Nothing stands in the list of those that wait for a person."""
    answer = builder.call("GET", f"/apps/{market.app}/runs?status=failed")
    for run in answer["runs"]:
        yield f"the run list shows {run}"


def _all_values_are_right(storm: Storm) -> None:
    """The product's own examination: computed values, ledger, definitions."""
    done = huobiao("doctor", "--recompute-check", data=storm.serving.data)
    assert done.returncode == 0, f"seed {SEED}\n{done.stdout}\n{done.stderr}"


def _report(
    clients: Clients,
    chaos: Chaos,
    found: Found,
    warehouse: Warehouse,
    storm: Storm,
    seconds: tuple[float, float],
) -> None:
    runs = [run for some in found.runs.values() for run in some]
    outcomes = [run.steps["stpReserve"].outcome for run in runs if "stpReserve" in run.steps]
    told = [move for order in clients.orders for move in order.told]
    lines = [
        f"seed {SEED}: {ORDERS} orders in {seconds[0]:.0f} s, quiet after {seconds[1]:.0f} s more",
        f"ended: {dict(chaos.done)}",
        f"programs met {dict(clients.met)}, {clients.replayed} answers were replayed",
        f"moves: {sum(m.done for m in told)} done, refused {sorted({m.refusal for m in told if not m.done})}"
        f" {sum(not m.done for m in told)} times",
        f"{len(runs)} runs, {sum(run.lost for run in runs)} times a worker was lost; reservations"
        f" { {o: outcomes.count(o) for o in set(outcomes)} }, {len(found.movements)} movements",
        f"warehouse: {len(warehouse.calls)} calls, {len({key for key, _ in warehouse.calls})} keys; robot:"
        f" {len(storm.wecom.messages)} calls, {found.calls_answered} answers noted,"
        f" refusals {sorted({r.errcode for r in storm.wecom.refusals})} {len(storm.wecom.refusals)}",
    ]
    sys.stderr.write("\n".join(lines) + "\n")


def _told(wrong: list[verdict.Finding], orders: list[Order], found: Found) -> str:
    first = next((record for record, _ in wrong if record), "")
    shown = "\n".join(f"{record} {text}" for record, text in wrong[:20])
    return (
        f"seed {SEED}: {len(wrong)} findings\n{shown}\n{verdict.trail(first, orders, found) if first else ''}"
    )

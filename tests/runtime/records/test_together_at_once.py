"""Many writers at once on the same far records: no computed value may miss any of them."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from runtime.records import read, write
from runtime.records.change import Change, NewRecord, Patch
from runtime.records.checking import check
from runtime.settings import Settings
from runtime.system import System
from tests.runtime.records.hammering import Shop, processes
from tests.support.world import API, EDITOR, World, named

WRITERS = 12
CHANGES = 20


async def _hammer(system: System, shop: Shop, seed: int, customers: list[str], regions: list[str]) -> None:
    """Create, edit, relink from both ends, delete and restore; each writer deletes only its own orders."""
    chance = random.Random(seed)
    own: list[str] = []
    gone: list[str] = []

    async def change(table: Any, **parts: Any) -> list[str]:
        asked = Change(table=table.id, actor=EDITOR, source=API, **parts)
        outcome = await write.apply(system, asked)
        problems = [p.code for r in outcome.results for p in r.problems]
        assert not set(problems) - {"not_found", "broken_link", "not_in_trash"}, problems
        return [result.id or "" for result in outcome.results]

    for number in range(CHANGES):
        what = chance.choice(
            ("create", "create", "edit", "relink", "other end", "customer", "delete", "restore")
        )
        who = chance.choice(customers)
        if what == "create" or not own:
            fields = {
                "单号": f"{seed}-{number}",
                "金额": chance.randrange(100),
                "客户": [who],
                "渠道": "抖音",
            }
            if own:
                fields["原单"] = [own[-1]]
            own += await change(
                shop.orders, creates=(NewRecord(fields), NewRecord({**fields, "渠道": "淘宝"}))
            )
        elif what == "edit":
            patch = {"金额": chance.randrange(100), "渠道": chance.choice(("抖音", "淘宝"))}
            await change(shop.orders, updates=(Patch(chance.choice(own), patch),))
        elif what == "relink":
            await change(shop.orders, updates=tuple(Patch(one, {"客户": [who]}) for one in own[-3:]))
        elif what == "other end":
            back = next(f.id for f in shop.customers.fields if f.name == "← 客户")
            await change(shop.customers, updates=(Patch(who, {back: own[-2:]}),))
        elif what == "customer":
            patch = {"姓名": f"客户{seed}-{number}", "大区": [chance.choice(regions)]}
            await change(shop.customers, updates=(Patch(who, patch),))
        elif what == "delete" and len(own) > 1:
            gone.append(own.pop(chance.randrange(len(own))))
            await change(shop.orders, deletes=(gone[-1],))
        elif what == "restore" and gone:
            own.append(gone.pop())
            await change(shop.orders, restores=(own[-1],))


async def test_no_refresh_is_lost_between_writers(world: World, settings: Settings) -> None:
    shop = await Shop.draw(world)
    regions = await world.create(shop.regions, {"名称": "华东", "系数": 2}, {"名称": "华南", "系数": 3})
    customers = await world.create(
        shop.customers, *({"姓名": f"客户{n}", "大区": [regions[n % 2]]} for n in range(4))
    )
    async with processes(settings, 3) as systems:
        await asyncio.gather(*(_hammer(systems[n % 3], shop, n, customers, regions) for n in range(WRITERS)))
    report = await check(world.system)
    assert [(d.field, d.count, d.examples) for d in report.differences] == []
    assert report.values > 500


async def test_two_new_orders_of_one_customer_are_both_counted(world: World, settings: Settings) -> None:
    """The plainest case, many times: what a single statement could miss."""
    shop = await Shop.draw(world)
    (customer,) = await world.create(shop.customers, {"姓名": "甲"})
    async with processes(settings, 4) as systems:

        async def create(system: System) -> None:
            for _ in range(10):
                order = NewRecord({"单号": "1", "金额": 2, "客户": [customer]})
                asked = Change(table=shop.orders.id, actor=EDITOR, source=API, creates=(order,))
                await write.apply(system, asked)

        await asyncio.gather(*(create(systems[n % 4]) for n in range(12)))
    seen = named(shop.customers, (await read.get(world.system, EDITOR, customer)).fields)
    assert (seen["单数"], seen["总额"], seen["均额"]) == (120, 240, 2)

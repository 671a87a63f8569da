"""Look-ups and roll-ups without a link: what matches is found, and no edit on either side leaves a value behind."""

from __future__ import annotations

import asyncio
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runtime.catalog import Table, bump
from runtime.definitions.fields import (
    Choice,
    Currency,
    Date,
    DateTime,
    FieldConfig,
    FieldDef,
    Formula,
    Lookup,
    Number,
    Rollup,
    SingleSelect,
    Text,
)
from runtime.definitions.matching import Match, Pair, Window
from runtime.definitions.queries import Condition, Query, Sort
from runtime.definitions.tables import AppDef
from runtime.errors import InvalidDefinition
from runtime.records import computed, read
from runtime.records.dependents import graph
from runtime.records.refresh import Refresher
from tests.support.world import EDITOR, World, named

ZONE = ZoneInfo("America/New_York")  # whose clock is put forward and back
CHANNELS = ("淘宝", "抖音", "拼多多")


@dataclass(repr=False)
class Shop:
    """Customers and orders that know nothing of each other but a phone number."""

    world: World
    customers: Table
    orders: Table

    async def add(self, home: Table, **fields: FieldConfig) -> None:
        async with self.world.system.db.transaction() as tx:
            await bump(tx)
            names = {f.name: f.id for f in (await self.world.catalog()).table(home.id).fields}
            for name, config in fields.items():
                await self.world._field(tx, home.number, FieldDef(name, config), names)
        catalog = await self.world.catalog()
        self.customers, self.orders = catalog.table(self.customers.id), catalog.table(self.orders.id)

    def c(self, name: str) -> str:
        return self.customers.field(name).id

    def o(self, name: str) -> str:
        return self.orders.field(name).id

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        page = await read.page(self.world.system, EDITOR, table.id, Query(limit=1000))
        found = []
        for record in page.records:
            found.append({"id": record.id, **named(table, record.fields)})
        return found


@pytest.fixture
async def shop(world: World) -> Shop:
    await world.replace(world.app_id, AppDef("店", time_zone=ZONE.key))
    customers = await world.table(
        "客户",
        {
            "姓名": Text(),
            "手机号": Text(),
            "主渠道": SingleSelect(tuple(Choice(i, n) for i, n in enumerate(reversed(CHANNELS), 1))),
            "门槛": Number(),
            "登记日": Date(),
            "登记时": DateTime(),
            "小写": Formula("LOWER({手机号})", "text"),
        },
    )
    orders = await world.table(
        "订单",
        {
            "单号": Text(),
            "手机号": Text(),
            "渠道": SingleSelect(tuple(Choice(i, n) for i, n in enumerate(CHANNELS, 1))),
            "金额": Currency(),
            "下单": DateTime(),
            "日期": Date(),
            "地址": Text(),
            "大写": Formula("UPPER({手机号})", "text"),
        },
    )
    return Shop(world, customers, orders)


# ---- what the fields mean, written a second time without SQL ----


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def later(day_: date, amount: int, unit: str) -> date:
    if unit in ("month", "year"):
        months = day_.year * 12 + day_.month - 1 + amount * (12 if unit == "year" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day_.day, monthrange(year, month + 1)[1]))
    return day_ + timedelta(days=amount * (7 if unit == "week" else 1))


def shifted(at: datetime, amount: int, unit: str) -> datetime:
    """By the clock on the wall; a time that comes twice is the later, one that never comes is later by the gap."""
    if unit == "hour":
        return at + timedelta(hours=amount)
    local = at.astimezone(ZONE)
    wall = datetime.combine(later(local.date(), amount, unit), local.time())
    first, second = wall.replace(tzinfo=ZONE), wall.replace(tzinfo=ZONE, fold=1)
    twice = (first.utcoffset() or timedelta()) > (second.utcoffset() or timedelta())
    return (second if twice else first).astimezone(UTC)


def within(far: datetime | None, anchor: datetime | None, amount: int, unit: str, direction: str) -> bool:
    if far is None or anchor is None:
        return False
    low = shifted(anchor, -amount, unit) if direction != "after" else anchor
    high = shifted(anchor, amount, unit) if direction != "before" else anchor
    return low <= far <= high


def within_days(far: date | None, anchor: date | None, amount: int, unit: str, direction: str) -> bool:
    if far is None or anchor is None:
        return False
    low = later(anchor, -amount, unit) if direction != "after" else anchor
    high = later(anchor, amount, unit) if direction != "before" else anchor
    return low <= far <= high


Row = dict[str, Any]
Rule = tuple[FieldConfig, Callable[[Row, list[Row], list[Row]], Any]]


def same(one: Any, other: Any) -> bool:
    return one is not None and one == other


def in_order(rows: list[Row], key: str) -> list[Row]:
    """As the product sorts: the empty last, equals by creation."""
    return sorted(rows, key=lambda r: (r[key] is None, r[key] or ""))


def customer_rules(shop: Shop) -> dict[str, Rule]:
    def phone(*more: Pair) -> tuple[Pair, ...]:
        return (Pair(shop.o("手机号"), shop.c("手机号")), *more)

    def of(c: Row, orders: list[Row]) -> list[Row]:
        return [o for o in orders if same(o["手机号"], c["手机号"])]

    orders = shop.orders.id
    amount = shop.o("金额")
    return {
        "单数": (Rollup(match=Match(orders, phone())), lambda c, _, os: len(of(c, os))),
        "淘宝额": (
            Rollup(fn="sum", field=amount, where=Condition(shop.o("渠道"), "is", "淘宝"), match=Match(orders, phone())),
            lambda c, _, os: float(sum(Decimal(str(o["金额"] or 0)) for o in of(c, os) if o["渠道"] == "淘宝")),
        ),
        "登记前30天": (
            Rollup(match=Match(orders, phone(), (Window(shop.o("下单"), shop.c("登记时"), "before", 30, "day"),))),
            lambda c, _, os: sum(
                within(moment(o["下单"]), moment(c["登记时"]), 30, "day", "before") for o in of(c, os)
            ),
        ),
        "登记日前后1月": (
            Rollup(match=Match(orders, phone(), (Window(shop.o("日期"), shop.c("登记日"), "around", 1, "month"),))),
            lambda c, _, os: sum(
                within_days(day(o["日期"]), day(c["登记日"]), 1, "month", "around") for o in of(c, os)
            ),
        ),
        "登记日后2周": (  # moments against a day: by the day they fall on
            Rollup(match=Match(orders, phone(), (Window(shop.o("下单"), shop.c("登记日"), "after", 2, "week"),))),
            lambda c, _, os: sum(
                within_days(
                    at.astimezone(ZONE).date() if (at := moment(o["下单"])) else None,
                    day(c["登记日"]), 2, "week", "after",
                )
                for o in of(c, os)
            ),
        ),
        "过门槛": (
            Rollup(match=Match(orders, phone(Pair(amount, shop.c("门槛"), "ge")))),
            lambda c, _, os: sum(
                o["金额"] is not None and c["门槛"] is not None and o["金额"] >= c["门槛"] for o in of(c, os)
            ),
        ),
        "别的渠道": (  # two selects with numbers of their own; an empty one is different from every channel
            Rollup(match=Match(orders, phone(Pair(shop.o("渠道"), shop.c("主渠道"), "ne")))),
            lambda c, _, os: sum(c["主渠道"] is not None and o["渠道"] != c["主渠道"] for o in of(c, os)),
        ),
        "同渠道": (
            Rollup(match=Match(orders, (Pair(shop.o("渠道"), shop.c("主渠道")),))),
            lambda c, _, os: sum(same(o["渠道"], c["主渠道"]) for o in os),
        ),
        "登记当天": (
            Rollup(match=Match(orders, (Pair(shop.o("下单"), shop.c("登记日")),))),
            lambda c, _, os: sum(
                (at := moment(o["下单"])) is not None and same(at.astimezone(ZONE).date(), day(c["登记日"])) for o in os
            ),
        ),
        "大写同号": (  # matched by a computed field of the far record
            Rollup(match=Match(orders, (Pair(shop.o("大写"), shop.c("手机号")),))),
            lambda c, _, os: sum(same((o["手机号"] or "").upper() or None, c["手机号"]) for o in os),
        ),
        "小写同号": (  # by a computed field of its own record
            Rollup(match=Match(orders, (Pair(shop.o("手机号"), shop.c("小写")),))),
            lambda c, _, os: sum(same(o["手机号"], (c["手机号"] or "").lower() or None) for o in os),
        ),
        "两边都算": (
            Rollup(match=Match(orders, (Pair(shop.o("大写"), shop.c("小写")),))),
            lambda c, _, os: sum(
                same((o["手机号"] or "").upper() or None, (c["手机号"] or "").lower() or None) for o in os
            ),
        ),
        "近址": (
            Lookup(field=shop.o("地址"), take="last", sorts=(Sort(shop.o("下单")),), match=Match(orders, phone())),
            lambda c, _, os: next(
                (
                    o["地址"]
                    for o in reversed(in_order([o for o in of(c, os) if o["地址"]], "下单"))
                ),
                None,
            ),
        ),
        "地址们": (
            Lookup(field=shop.o("地址"), limit=3, match=Match(orders, phone())),
            lambda c, _, os: "、".join([o["地址"] for o in of(c, os) if o["地址"]][:3]) or None,
        ),
        "填址率": (
            Rollup(fn="share_filled", field=shop.o("地址"), match=Match(orders, phone())),
            lambda c, _, os: (
                round(sum(o["地址"] is not None for o in of(c, os)) / len(of(c, os)), 9) if of(c, os) else None
            ),
        ),
        "首单日": (
            Rollup(fn="min", field=shop.o("日期"), result="date", match=Match(orders, phone())),
            lambda c, _, os: min((o["日期"] for o in of(c, os) if o["日期"]), default=None),
        ),
    }  # fmt: skip


def order_rules(shop: Shop) -> dict[str, Rule]:
    orders, phone = shop.orders.id, Pair(shop.o("手机号"), shop.o("手机号"))

    def others(o: Row, os: list[Row]) -> list[Row]:
        return [x for x in os if same(x["手机号"], o["手机号"]) and x["id"] != o["id"]]

    return {
        "24小时内同号": (
            Rollup(match=Match(orders, (phone,), (Window(shop.o("下单"), shop.o("下单"), "around", 24, "hour"),), others=True)),
            lambda o, _, os: sum(
                within(moment(x["下单"]), moment(o["下单"]), 24, "hour", "around") for x in others(o, os)
            ),
        ),
        "前3个月同号": (
            Rollup(match=Match(orders, (phone,), (Window(shop.o("下单"), shop.o("下单"), "before", 3, "month"),))),
            lambda o, _, os: sum(
                within(moment(x["下单"]), moment(o["下单"]), 3, "month", "before")
                for x in os if same(x["手机号"], o["手机号"])
            ),
        ),
        "更贵的": (
            Rollup(match=Match(orders, (phone, Pair(shop.o("金额"), shop.o("金额"), "gt")), others=True)),
            lambda o, _, os: sum(
                x["金额"] is not None and o["金额"] is not None and x["金额"] > o["金额"] for x in others(o, os)
            ),
        ),
        "同址": (
            Rollup(match=Match(orders, (Pair(shop.o("地址"), shop.o("地址")),))),
            lambda o, _, os: sum(same(x["地址"], o["地址"]) for x in os),
        ),
        "客户单数": (  # a roll-up of what is rolled up itself
            Rollup(fn="sum", field=shop.c("单数"), match=Match(shop.customers.id, (Pair(shop.c("手机号"), shop.o("手机号")),))),
            lambda o, cs, os: sum(
                sum(same(x["手机号"], c["手机号"]) for x in os) for c in cs if same(c["手机号"], o["手机号"])
            ),
        ),
    }  # fmt: skip


PHONES = st.sampled_from([None, "a1", "A1", "77"])
DAYS = st.sampled_from(
    [
        None,
        "2026-01-31",
        "2026-02-28",
        "2026-03-01",
        "2026-03-08",
        "2026-03-31",
        "2026-10-31",
        "2026-11-01",
        "2024-02-29",
    ]
)
HOURS = st.sampled_from(["00:00", "01:30", "02:30", "12:00", "23:59"])
MOMENTS = st.builds(lambda d, h: None if d is None else f"{d} {h}", DAYS, HOURS)
CUSTOMER: Mapping[str, st.SearchStrategy[Any]] = {
    "手机号": PHONES,
    "主渠道": st.sampled_from([None, *CHANNELS]),
    "门槛": st.sampled_from([None, 0, 10, 20]),
    "登记日": DAYS,
    "登记时": MOMENTS,
}
ORDER: Mapping[str, st.SearchStrategy[Any]] = {
    "手机号": PHONES,
    "渠道": st.sampled_from([None, *CHANNELS]),
    "金额": st.sampled_from([None, 0, 10, 10.5, 20]),
    "下单": MOMENTS,
    "日期": DAYS,
    "地址": st.sampled_from([None, "东路1号", "西路2号"]),
}


def records(spec: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(dict(spec))


def changes(spec: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict(spec)).filter(bool)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.just("customers"), st.lists(records(CUSTOMER), min_size=1, max_size=3)),
        st.tuples(st.just("create"), st.just("orders"), st.lists(records(ORDER), min_size=1, max_size=4)),
        st.tuples(st.just("update"), st.just("customers"), st.tuples(st.integers(0, 99), changes(CUSTOMER))),
        st.tuples(st.just("update"), st.just("orders"), st.tuples(st.integers(0, 99), changes(ORDER))),
        st.tuples(st.sampled_from(["delete", "restore"]), st.sampled_from(["customers", "orders"]), st.integers(0, 99)),
    ),
    min_size=3,
    max_size=12,
)  # fmt: skip


def close(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) < 1e-8
    return bool(one == other)


async def _step(shop: Shop, kind: str, where: str, what: Any, made: dict[str, list[str]]) -> None:
    table = shop.customers if where == "customers" else shop.orders
    if kind == "create":
        made[where] += await shop.world.create(table, *what)
        return
    if not made[where]:
        return
    record = made[where][(what[0] if kind == "update" else what) % len(made[where])]
    if kind == "update":
        await shop.world.patch(record, what[1], table)
    elif kind == "delete":
        await shop.world.change(table, deletes=(record,))
    else:
        await shop.world.change(table, restores=(record,))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(steps=STEPS)
async def test_no_edit_on_either_side_leaves_a_value_behind(shop: Shop, steps: list[Any]) -> None:
    if "单数" not in shop.customers.by_name:
        await shop.add(shop.customers, **{name: config for name, (config, _) in customer_rules(shop).items()})
        await shop.add(shop.orders, **{name: config for name, (config, _) in order_rules(shop).items()})
        await shop.add(shop.customers, 常客=Formula("{单数}>=2", "boolean"))
    db = shop.world.system.db
    for table in (shop.customers, shop.orders):
        await db.execute(f"DELETE FROM {table.sql}")
    made: dict[str, list[str]] = {"customers": [], "orders": []}
    for kind, where, what in steps:
        await _step(shop, kind, where, what, made)
        customers, orders = await shop.rows(shop.customers), await shop.rows(shop.orders)
        for home, rules in ((customers, customer_rules(shop)), (orders, order_rules(shop))):
            for row in home:
                for name, (_, meaning) in rules.items():
                    expected = meaning(row, customers, orders)
                    assert close(row[name], expected), (name, row, orders, kind, where, what)
        for row in customers:
            assert row["常客"] == (row["单数"] >= 2)
    async with db.transaction() as tx:
        catalog = await shop.world.catalog()
        context = computed.Context(zone=ZONE)
        for one in graph(catalog).order:
            assert await computed.recompute(tx, catalog, context, one, None) == set(), one.name


async def test_two_writers_at_once_both_see_each_other(shop: Shop) -> None:
    """A customer and an order of the same number, stored in the same moment, again and again."""
    match = Match(shop.orders.id, (Pair(shop.o("手机号"), shop.c("手机号")),))
    others = Match(shop.orders.id, (Pair(shop.o("手机号"), shop.o("手机号")),), others=True)
    await shop.add(shop.customers, 单数=Rollup(match=match))
    await shop.add(shop.orders, 别的单=Rollup(match=others))
    for turn in range(12):
        phone = {"手机号": f"p{turn}"}
        await asyncio.gather(
            shop.world.create(shop.customers, phone),
            *(shop.world.create(shop.orders, phone) for _ in range(3)),
        )
    assert {row["单数"] for row in await shop.rows(shop.customers)} == {3}
    assert {row["别的单"] for row in await shop.rows(shop.orders)} == {2}


async def test_a_window_from_today_moves_with_the_clock(shop: Shop) -> None:
    window = Window(shop.o("下单"), None, "before", 90, "day")
    match = Match(shop.orders.id, (Pair(shop.o("手机号"), shop.c("手机号")),), (window,))
    own = Match(shop.orders.id, (Pair(shop.o("手机号"), shop.o("手机号")),), (window,), others=True)
    await shop.add(shop.customers, 近90天=Rollup(match=match))
    await shop.add(shop.customers, 常客=Formula("{近90天}>=2", "boolean"))
    await shop.add(shop.orders, 近90天别的单=Rollup(match=own))
    today = datetime.now(ZONE).date()
    await shop.world.create(shop.customers, {"手机号": "a1"})
    await shop.world.create(
        shop.orders,
        *({"手机号": "a1", "下单": f"{today - timedelta(days=ago)} 12:00"} for ago in (-1, 0, 90, 91)),
    )
    (customer,) = await shop.rows(shop.customers)
    assert (customer["近90天"], customer["常客"]) == (2, True), (
        "today and the first day belong to it, tomorrow does not"
    )
    assert [row["近90天别的单"] for row in await shop.rows(shop.orders)] == [2, 1, 1, 2]
    # time passes without a write: here the dates are moved behind the product's back instead
    column = shop.orders.field("下单").column
    await shop.world.system.db.execute(f"UPDATE {shop.orders.sql} SET {column} = {column} - interval '1 day'")
    (customer,) = await shop.rows(shop.customers)
    assert (customer["近90天"], customer["常客"]) == (2, True)
    await shop.world.system.db.execute(
        f"UPDATE {shop.orders.sql} SET {column} = {column} - interval '90 days'"
    )
    (customer,) = await shop.rows(shop.customers)
    assert (customer["近90天"], customer["常客"]) == (1, False)


async def test_a_circle_of_matches_is_refused_with_its_path(shop: Shop) -> None:
    pair = (Pair(shop.o("手机号"), shop.c("手机号")),)
    await shop.add(shop.customers, 单数=Rollup(match=Match(shop.orders.id, pair)))
    back = (Pair(shop.c("手机号"), shop.o("手机号")),)
    await shop.add(
        shop.orders, 客户单数=Rollup(fn="sum", field=shop.c("单数"), match=Match(shop.customers.id, back))
    )
    graph(await shop.world.catalog())
    turned = Rollup(fn="sum", field=shop.o("客户单数"), match=Match(shop.orders.id, pair))
    await shop.world.replace(shop.c("单数"), FieldDef("单数", turned))
    with pytest.raises(InvalidDefinition) as refused:
        graph(await shop.world.catalog())
    assert refused.value.error_code == "cycle"
    assert "单数 → 客户单数 → 单数" in str(
        refused.value.message.text()
    ) or "客户单数 → 单数 → 客户单数" in str(refused.value.message.text())


async def test_a_change_that_very_many_match_is_left_to_the_worker(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which matched before is not kept then, so every record is computed again."""
    system = shop.world.system
    monkeypatch.setattr(system, "settings", msgspec.structs.replace(system.settings, refresh_at_once=2))
    await shop.add(
        shop.customers, 单数=Rollup(match=Match(shop.orders.id, (Pair(shop.o("手机号"), shop.c("手机号")),)))
    )
    column = shop.customers.field("手机号").column
    await system.db.execute(
        f"INSERT INTO {shop.customers.sql} ({column}) SELECT 'a1' FROM generate_series(1, 200)"
    )
    (order,) = await shop.world.create(shop.orders, {"手机号": "a1"})
    assert await system.db.value("SELECT kind FROM meta.refresh") == "all"
    await Refresher(system).drain()
    assert {row["单数"] for row in await shop.rows(shop.customers)} == {1}
    await shop.world.patch(order, {"手机号": "77"}, shop.orders)
    await Refresher(system).drain()
    assert {row["单数"] for row in await shop.rows(shop.customers)} == {0}


async def test_many_writers_of_both_sides_leave_nothing_stale(shop: Shop) -> None:
    """Eight at once, over few numbers, so that they meet all the time."""
    await shop.add(shop.customers, **{name: config for name, (config, _) in customer_rules(shop).items()})
    await shop.add(shop.orders, **{name: config for name, (config, _) in order_rules(shop).items()})
    phones = [f"p{n}" for n in range(4)]
    made = {
        "customers": await shop.world.create(shop.customers, *({"手机号": phone} for phone in phones)),
        "orders": await shop.world.create(
            shop.orders, *({"手机号": phone, "金额": 1} for phone in phones * 2)
        ),
    }

    async def write(seed: int) -> None:
        dice = Random(seed)
        for _ in range(10):
            where = dice.choice(("customers", "orders"))
            table = shop.customers if where == "customers" else shop.orders
            if dice.random() < 0.4:
                await shop.world.create(table, {"手机号": dice.choice(phones)})
            else:
                await shop.world.patch(dice.choice(made[where]), {"手机号": dice.choice(phones)}, table)

    await asyncio.gather(*(write(seed) for seed in range(8)))
    async with shop.world.system.db.transaction() as tx:
        catalog = await shop.world.catalog()
        for one in graph(catalog).order:
            assert await computed.recompute(tx, catalog, computed.Context(zone=ZONE), one, None) == set(), (
                one.name
            )

"""Every kind of conversion of a large table in the background: links, computed values, auto numbers, and back again."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
import pytest

from builder import converting, fields, preview, shadows, tables, trash, undo
from builder.wire import FieldPatch
from runtime.catalog import Table
from runtime.errors import RuleBroken
from runtime.records.pending import pending
from runtime.records.refresh import Refresher
from runtime.settings import Settings
from runtime.worker import jobs
from tests.builder.conftest import Desk, spec
from tests.builder.converting import (
    begin_and_lose,
    columns,
    end,
    job_of,
    leftovers,
    relations,
    take_back,
)
from tests.builder.test_states import NAMES, machine


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """More than twenty records are many here."""
    return msgspec.structs.replace(settings, refresh_at_once=5, large_table_rows=20)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadows, "BATCH", 7)
    monkeypatch.setattr(shadows, "_NUMBERED", 7)


class Shop:
    """Customers, and forty orders that name or link them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def open(self, *, linked: bool) -> Shop:
        desk = self.desk
        self.customers = await desk.table("客户", spec("姓名"))
        self.ids = await desk.write(self.customers, {"姓名": "周雨桐"}, {"姓名": "陈嘉怡"}, {"姓名": "林"})
        self.orders = await desk.table("订单", spec("单号"))
        if linked:
            await desk.field(self.orders, "客户", "link", table="客户", two_way=True, inverse_name="订单")
        else:
            await desk.field(self.orders, "客户")
        self.records = await desk.write(
            self.orders,
            *({"单号": str(n), "客户": self.linked(n) if linked else self.named(n)} for n in range(40)),
        )
        await Refresher(desk.system).drain()
        return self

    def named(self, n: int) -> str | None:
        return ("周雨桐", "周雨桐、陈嘉怡", None, "路人")[n % 4]

    def linked(self, n: int) -> list[str]:
        return ([self.ids[0]], [self.ids[1], self.ids[0]], [], [self.ids[2]])[n % 4]

    async def links(self) -> list[list[str]]:
        return [[item["id"] for item in row] for row in await self.desk.rows(self.orders, "客户")]

    async def names(self) -> list[Any]:
        return await self.desk.rows(self.orders, "客户")

    async def change(self, **given: Any) -> None:
        field = (await self.desk.again(self.orders)).field("客户")
        assert (await self.desk.change(field, **given)).type == field.type

    async def to_link(self, **options: Any) -> None:
        given = {"table": self.customers.id, "two_way": True, "inverse_name": "订单", **options}
        await self.change(type="link", options=given)


async def test_names_become_links_while_people_write_both_tables(desk: Desk) -> None:
    shop = await Shop(desk).open(linked=False)
    await shop.to_link()
    (busy,) = await pending(desk.system, await desk.again(shop.orders))
    assert busy.kind == "convert"
    await begin_and_lose(desk)
    await desk.set(shop.orders, shop.records[0], 客户="陈嘉怡")
    await desk.set(shop.orders, shop.records[1], 客户=None)
    await desk.set(shop.orders, shop.records[39], 客户="林")
    # whom the first orders were looking for comes only now
    (passer,) = await desk.write(shop.customers, {"姓名": "路人"})
    (new,) = await desk.write(shop.orders, {"单号": "新", "客户": "路人、林"})
    assert (await shop.names())[:4] == ["陈嘉怡", None, None, "路人"]
    assert (await end(desk))[0] == "finished"
    zhou, chen, lin = shop.ids
    found = await shop.links()
    assert found[:6] == [[chen], [], [], [passer], [zhou], [zhou, chen]]
    assert found[39:] == [[lin], [passer, lin]]
    back = (await desk.again(shop.customers)).field("订单")
    assert back.config.inverse == (await desk.again(shop.orders)).field("客户").id  # type: ignore[union-attr]
    assert len((await desk.rows(shop.customers, "订单"))[3]) == 10
    assert new

    assert await take_back(desk) is None  # nothing to go through: done at once
    assert (await shop.names())[:4] == ["陈嘉怡", None, None, "路人"]
    assert "订单" not in [f.name for f in (await desk.again(shop.customers)).fields]


async def test_links_become_names_while_people_write_both_tables(desk: Desk) -> None:
    shop = await Shop(desk).open(linked=True)
    await shop.change(type="text")
    await begin_and_lose(desk)
    await desk.set(shop.orders, shop.records[0], 客户=[shop.ids[2]])
    await desk.set(shop.orders, shop.records[1], 客户=[])
    await desk.set(shop.customers, shop.ids[1], 姓名="陈佳怡")
    # from the other end, and a pair that goes with its record
    await desk.set(
        shop.customers, shop.ids[2], 订单=[shop.records[2], *(shop.records[n] for n in range(3, 40, 4))]
    )
    await desk.write(shop.orders, {"单号": "新", "客户": [shop.ids[1]]})
    assert (await end(desk))[0] == "finished"
    names = await shop.names()
    assert names[:6] == [None, None, "林", "林", "周雨桐", "陈佳怡、周雨桐"]
    assert names[40] == "陈佳怡"
    assert (await desk.again(shop.customers)).field("订单").config.inverse is None  # type: ignore[union-attr]

    assert await take_back(desk) is None
    zhou, chen, lin = shop.ids
    assert (await shop.links())[:6] == [[], [], [lin], [lin], [zhou], [chen, zhou]]
    back = (await desk.again(shop.customers)).field("订单")
    assert back.config.inverse is not None  # type: ignore[union-attr]


async def test_links_become_choices_and_links_elsewhere(desk: Desk) -> None:
    shop = await Shop(desk).open(linked=True)
    others = await desk.table("会员", spec("姓名"))
    members = await desk.write(others, {"姓名": "陈嘉怡"}, {"姓名": "周雨桐"})
    await shop.change(type="link", options={"table": others.id})
    await begin_and_lose(desk)
    await desk.set(shop.orders, shop.records[0], 客户=[shop.ids[1]])
    assert (await end(desk))[0] == "finished"
    assert (await shop.links())[:4] == [[members[0]], [members[0], members[1]], [], []]
    assert await take_back(desk) is None
    assert (await shop.links())[:2] == [[shop.ids[1]], [shop.ids[1], shop.ids[0]]]
    await shop.change(type="multi_select")
    assert (await end(desk))[0] == "finished"
    assert (await shop.names())[:4] == [["陈嘉怡"], ["陈嘉怡", "周雨桐"], [], ["林"]]


async def test_few_records_with_many_links_or_names_are_converted_by_the_worker_too(desk: Desk) -> None:
    shop = await Shop(desk).open(linked=True)
    orders = (await desk.again(shop.customers)).field("订单")
    assert (await desk.change(orders, type="text")).type == "link"
    await begin_and_lose(desk)
    await desk.set(shop.orders, shop.records[0], 单号="0号")
    assert (await end(desk))[0] == "finished"
    first = (await desk.rows(shop.customers, "订单"))[0].split("、")
    assert (len(first), first[0]) == (20, "0号")
    names = (await desk.again(shop.customers)).field("订单")
    same = await desk.change(names, type="link", options={"table": shop.orders.id})
    assert same.type == "text"
    assert (await end(desk))[0] == "finished"
    assert len((await desk.rows(shop.customers, "订单"))[0]) == 20


async def _priced(desk: Desk) -> tuple[Table, list[str]]:
    table = await desk.table("订单", spec("单号"), spec("单价", "number"))
    await desk.field(table, "双倍", "formula", source="{单价}*2")
    await desk.field(table, "再加", "formula", source="{双倍}+1")
    records = await desk.write(table, *({"单号": str(n), "单价": n} for n in range(30)))
    await Refresher(desk.system).drain()
    return table, records


async def test_computed_values_are_kept_as_they_are_at_the_switch(desk: Desk) -> None:
    table, records = await _priced(desk)
    field = (await desk.again(table)).field("双倍")
    assert (await desk.change(field, type="number")).type == "formula"
    await begin_and_lose(desk)
    await desk.set(table, records[0], 单价=100)
    await desk.set(table, records[29], 单价=None)
    await desk.write(table, {"单号": "新", "单价": 7})
    assert (await end(desk))[0] == "finished"
    found = await desk.rows(table, "双倍")
    assert (found[:3], found[-2:]) == ([200, 2, 4], [0, 14])
    await desk.set(table, records[0], 单价=1)
    assert (await desk.rows(table, "双倍", "再加"))[0] == (200, 201)

    assert await take_back(desk) is None
    assert (await desk.rows(table, "双倍", "再加"))[0] == (2, 3)


async def test_a_value_that_is_still_being_computed_is_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting, "_LOOK_SECONDS", 0.01)
    table, _ = await _priced(desk)
    await desk.change((await desk.again(table)).field("双倍"), options={"source": "{单价}*3"})
    await desk.change((await desk.again(table)).field("再加"), type="text")
    job = asyncio.create_task(end(desk))
    while not await desk.system.db.value("SELECT coalesce(max(cursor), 0) >= 30 FROM meta.conversion"):  # noqa: ASYNC110
        await asyncio.sleep(0)
    await Refresher(desk.system).drain()
    assert (await job)[0] == "finished"
    assert (await desk.rows(table, "再加"))[:3] == ["1", "4", "7"]


async def test_what_goes_by_the_clock_is_kept_as_it_is_shown(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("天数", "number"))
    await desk.field(table, "明年", "formula", source="YEAR(TODAY())+{天数}")
    await desk.write(table, *({"单号": str(n), "天数": n} for n in range(30)))
    await Refresher(desk.system).drain()
    shown = await desk.rows(table, "明年")
    assert shown[1] == shown[0] + 1
    await desk.change((await desk.again(table)).field("明年"), type="number")
    await begin_and_lose(desk)
    assert (await end(desk))[0] == "finished"
    assert await desk.rows(table, "明年") == shown
    assert await take_back(desk) is None
    assert await desk.rows(table, "明年") == shown


async def test_rollups_become_values(desk: Desk) -> None:
    shop = await Shop(desk).open(linked=True)
    await desk.field(shop.orders, "人数", "rollup", link="客户", fn="count")
    await Refresher(desk.system).drain()
    field = (await desk.again(shop.orders)).field("人数")
    await desk.change(field, type="text")
    await begin_and_lose(desk)
    await desk.set(shop.orders, shop.records[0], 客户=[])
    assert (await end(desk))[0] == "finished"
    assert (await desk.rows(shop.orders, "人数"))[:4] == ["0", "2", "0", "1"]
    assert await take_back(desk) is None
    assert (await desk.rows(shop.orders, "人数"))[:4] == [0, 2, 0, 1]


async def test_when_and_who_become_values(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"))
    await desk.field(table, "谁", "updated_by")
    records = await desk.write(table, *({"单号": str(n)} for n in range(30)))
    field = (await desk.again(table)).field("谁")
    assert (await desk.change(field, type="text")).type == "updated_by"
    await begin_and_lose(desk)
    await desk.set(table, records[0], 单号="改")
    assert (await end(desk))[0] == "finished"
    assert None not in await desk.rows(table, "谁")
    assert await take_back(desk) is None
    assert (await desk.again(table)).field("谁").type == "updated_by"


async def test_every_record_is_numbered_and_new_ones_go_on_from_there(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("号"))
    records = await desk.write(table, *({"单号": str(n), "号": f"旧{n}"} for n in range(30)))
    await desk.change(
        table.field("号"),
        type="auto_number",
        options={"segments": [{"kind": "text", "text": "DD"}, {"kind": "sequence", "width": 4}]},
        unique=True,
    )
    await begin_and_lose(desk)
    await desk.set(table, records[0], 号="还是旧的")
    await desk.write(table, {"单号": "新"})
    assert (await end(desk))[0] == "finished"
    assert await desk.rows(table, "号") == [f"DD{n:04}" for n in range(1, 32)]
    await desk.write(table, {"单号": "更新"})
    assert (await desk.rows(table, "号"))[-1] == "DD0032"

    assert await take_back(desk) is None
    assert (await desk.rows(table, "号"))[:2] == ["还是旧的", "旧1"]


async def test_numbers_that_count_apart_become_text_and_come_back(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("渠道"), spec("号"))
    await desk.write(table, *({"单号": str(n), "渠道": "甲乙"[n % 2]} for n in range(30)))
    segments = [{"kind": "field", "field": "渠道", "separate": True}, {"kind": "sequence", "width": 2}]
    await desk.change(table.field("号"), type="auto_number", options={"segments": segments})
    await begin_and_lose(desk)
    await desk.write(table, {"单号": "新", "渠道": "乙"})
    assert (await end(desk))[0] == "finished"
    assert (await desk.rows(table, "号"))[-3:] == ["甲15", "乙15", "乙16"]
    (record,) = await desk.write(table, {"单号": "更新", "渠道": "甲"})
    assert (await desk.rows(table, "号"))[-1] == "甲16"
    counters = await desk.system.db.value("SELECT count(DISTINCT field_id) FROM meta.counter")
    assert counters == 1

    await desk.change((await desk.again(table)).field("号"), type="text")
    assert (await end(desk))[0] == "finished"
    await desk.set(table, record, 号="自己写的")
    await desk.write(table, {"单号": "末", "渠道": "甲"})
    assert await take_back(desk)
    assert (await desk.rows(table, "号"))[-3:] == ["乙16", "自己写的", "甲17"]


async def test_taking_back_keeps_what_was_entered_before_and_meanwhile(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("金额"))
    await desk.field(table, "照抄", "formula", source="{金额}")
    records = await desk.write(
        table, *({"单号": str(n), "金额": f"{n} 件"} for n in range(29)), {"金额": "7"}
    )
    await Refresher(desk.system).drain()
    before = await desk.rows(table, "金额")
    await desk.change((await desk.again(table)).field("金额"), type="number")
    assert (await end(desk))[0] == "finished"
    await desk.set(table, records[0], 金额=100)
    done = await undo.last(desk.system, desk.owner, desk.app_id)
    assert done.job == await job_of(desk)
    assert (await desk.again(table)).field("金额").type == "number"
    (busy,) = [one for one in await pending(desk.system, await desk.again(table)) if one.kind != "refresh"]
    assert busy.kind == "undo"
    assert (await undo.recent(desk.system, desk.owner, desk.app_id))[0].state == "undoing"
    with pytest.raises(RuleBroken, match="改回"):
        await undo.last(desk.system, desk.owner, desk.app_id)
    await begin_and_lose(desk)
    await desk.set(table, records[1], 金额=200)
    await desk.set(table, records[28], 金额=300)
    await desk.write(table, {"单号": "新", "金额": 5})
    status, message = await end(desk)
    assert (status, message and "改回" in message) == ("finished", True)
    found = await desk.rows(table, "金额", "照抄")
    assert found[:3] == [("100", "100"), ("200", "200"), (before[2], before[2])]
    assert found[28:] == [("300", "300"), ("7", "7"), ("5", "5")]
    assert not await trash.list_of(desk.system, desk.owner, desk.app_id)
    # it counts as taken back: the next undo goes one change further
    states = [one.state for one in await undo.recent(desk.system, desk.owner, desk.app_id)][:3]
    assert states == ["undo", "undone", "undoable"]


async def test_taking_back_is_stopped_and_begun_again(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("金额"))
    await desk.write(table, *({"单号": str(n), "金额": str(n)} for n in range(30)))
    await desk.change(table.field("金额"), type="number")
    await end(desk)
    before = await columns(desk, table.sql)
    await undo.last(desk.system, desk.owner, desk.app_id)
    await begin_and_lose(desk)
    await jobs.cancel(desk.system, await job_of(desk))
    assert (await end(desk))[0] == "cancelled"
    assert await columns(desk, table.sql) == before
    assert (await desk.rows(table, "金额"))[:2] == [0, 1]
    assert await take_back(desk)
    assert (await desk.rows(table, "金额"))[:2] == ["0", "1"]


async def test_a_state_machine_comes_back_with_its_moves(desk: Desk) -> None:
    moves = machine(("待支付", "已支付"))
    table = await desk.table(
        "订单", spec("单号"), spec("状态", "single_select", choices=NAMES, machine=moves)
    )
    records = await desk.write(table, *({"单号": str(n)} for n in range(30)))
    await desk.change((await desk.again(table)).field("状态"), type="text")
    assert (await end(desk))[0] == "finished"
    await desk.set(table, records[0], 状态="已支付")
    await desk.set(table, records[1], 状态="没有这个")
    assert await take_back(desk)
    assert (await desk.rows(table, "状态"))[:3] == ["已支付", None, "待支付"]
    field = (await desk.again(table)).field("状态")
    assert field.machine is not None
    unknown = (
        f"SELECT count(*) FROM {table.sql} WHERE {field.column} IS NOT NULL AND {field.since_column} IS NULL"
    )
    assert await desk.system.db.value(unknown) == 0
    refused = await desk.set(table, records[0], 状态="审核中")
    assert refused.results[0].problems


async def test_originals_that_are_gone_for_good_are_said_to_be(desk: Desk) -> None:
    table = await desk.table("订单", spec("单号"), spec("金额"))
    await desk.write(table, *({"单号": str(n), "金额": str(n)} for n in range(30)))
    await desk.change(table.field("金额"), type="number")
    await end(desk)
    await undo.last(desk.system, desk.owner, desk.app_id)
    (item,) = await trash.list_of(desk.system, desk.owner, desk.app_id)
    await trash.remove(desk.system, desk.owner, item.id)
    status, message = await end(desk)
    assert (status, "回收站" in (message or "")) == ("failed", True)
    assert (await desk.rows(table, "金额"))[:2] == [0, 1]
    with pytest.raises(RuleBroken, match="回收站"):
        await undo.last(desk.system, desk.owner, desk.app_id)
    assert (await desk.rows(table, "金额"))[:2] == [0, 1]


KINDS: list[tuple[str, FieldPatch]] = [
    ("客户", FieldPatch(type="text")),
    ("名字", FieldPatch(type="link", options={"table": "客户"})),
    ("双倍", FieldPatch(type="number")),
    ("名字", FieldPatch(type="auto_number")),
]


async def _mixed(desk: Desk) -> Table:
    customers = await desk.table("客户", spec("姓名"))
    ids = await desk.write(customers, {"姓名": "甲"}, {"姓名": "乙"})
    table = await desk.table("订单", spec("单号"), spec("名字"), spec("数", "number"))
    await desk.field(table, "客户", "link", table="客户")
    await desk.field(table, "双倍", "formula", source="{数}*2")
    await desk.write(
        table, *({"单号": str(n), "名字": "甲乙"[n % 2], "数": n, "客户": [ids[n % 2]]} for n in range(30))
    )
    await Refresher(desk.system).drain()
    return await desk.again(table)


@pytest.mark.parametrize(("name", "patch"), KINDS, ids=["link", "to link", "computed", "numbers"])
async def test_stopped_or_changed_meanwhile_leaves_everything_as_it_was(
    desk: Desk, name: str, patch: FieldPatch
) -> None:
    table = await _mixed(desk)
    field = table.field(name)
    before = await columns(desk, table.sql), await relations(desk), await desk.rows(table, name)
    assert (await fields.update(desk.system, desk.owner, field.id, patch)).type == field.type
    with pytest.raises(RuleBroken, match="正在转换"):
        await desk.change(field, name="别名")
    await begin_and_lose(desk)
    await jobs.cancel(desk.system, await job_of(desk))
    assert (await end(desk))[0] == "cancelled"
    assert (await columns(desk, table.sql), await relations(desk), await desk.rows(table, name)) == before

    await fields.update(desk.system, desk.owner, field.id, patch)
    await begin_and_lose(desk)
    async with desk.system.db.transaction() as tx:  # as by a program of an older version
        await tx.execute("UPDATE meta.definition SET version = version + 1 WHERE id = $1", field.number)
        await tx.execute("UPDATE meta.catalog_state SET version = version + 1")
    status, message = await end(desk)
    assert (status, "又改过" in (message or "")) == ("failed", True)
    assert (await columns(desk, table.sql), await relations(desk), await desk.rows(table, name)) == before


async def test_people_never_wait_and_nothing_they_enter_is_lost(desk: Desk) -> None:
    shop = await Shop(desk).open(linked=False)
    await shop.to_link()
    task = asyncio.create_task(end(desk))
    for n in range(0, 40, 3):
        with contextlib.suppress(RuleBroken):
            outcome = await desk.set(shop.orders, shop.records[n], 客户="林")
            if outcome.results[0].problems:  # it is a link by now, and names are no ids
                await desk.set(shop.orders, shop.records[n], 客户=[shop.ids[2]])
    assert (await task)[0] == "finished"
    found = await shop.links()
    assert [n for n in range(0, 40, 3) if found[n] != [shop.ids[2]]] == []


async def test_the_switch_is_put_off_while_much_is_being_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting, "_FEW", 1000)  # whatever is left, it tries
    monkeypatch.setattr(converting, "_MANY", 1)
    shop = await Shop(desk).open(linked=False)
    await shop.to_link()
    await begin_and_lose(desk)
    for n in range(40):
        await desk.set(shop.orders, shop.records[n], 客户="林")
    assert (await end(desk))[0] == "finished"
    assert await shop.links() == [[shop.ids[2]]] * 40


async def test_the_table_that_was_to_be_linked_goes(desk: Desk) -> None:
    shop = await Shop(desk).open(linked=False)
    await shop.to_link()
    await begin_and_lose(desk)
    await tables.delete(desk.system, desk.owner, shop.customers.id, confirmed=True)
    status, message = await end(desk)
    assert (status, "删除" in (message or "")) == ("failed", True)
    assert (await shop.names())[:2] == ["周雨桐", "周雨桐、陈嘉怡"]
    assert await leftovers(desk) == 0


async def test_what_links_would_become_is_told_from_a_sample(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "SAMPLE", 30)
    shop = await Shop(desk).open(linked=True)
    await desk.system.db.execute(f"ANALYZE {shop.orders.sql}")
    field = (await desk.again(shop.orders)).field("客户")
    impact = await preview.of_change(desk.system, desk.owner, field.id, FieldPatch(type="text"))
    assert impact.estimated
    assert impact.records
    assert "周雨桐" in [one.after for one in impact.examples]


async def test_people_are_found_by_their_names_and_come_back(desk: Desk) -> None:
    """The worker knows the people of the app on the way there, and the undo on the way back."""
    table = await desk.table("订单", spec("单号"), spec("跟单"))
    me = (await desk.system.catalogs.current()).app(desk.app_id).people.by_id[desk.owner.id].name
    await desk.write(table, *({"单号": str(n), "跟单": me if n % 2 else None} for n in range(30)))
    await desk.change(table.field("跟单"), type="member")
    assert (await end(desk))[0] == "finished"
    person = {"id": desk.owner.id, "name": me}
    assert await desk.rows(table, "跟单") == [None, person] * 15

    await desk.change((await desk.again(table)).field("跟单"), type="text")
    assert (await end(desk))[0] == "finished"
    assert await desk.rows(table, "跟单") == [None, me] * 15
    assert await take_back(desk)
    assert await desk.rows(table, "跟单") == [None, person] * 15

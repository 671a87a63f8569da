"""The one write path: what it stores, what it refuses, and in which words."""

from __future__ import annotations

import pytest

from runtime.definitions.queries import Aggregate, AggregateQuery, Condition, GroupLevel, Query, Sort
from runtime.errors import NotAllowed, RecordsRejected
from runtime.records import history, read, write
from runtime.records.change import NewRecord, Patch
from tests.runtime.records.conftest import Pool
from tests.support.world import EDITOR, VIEWER, named, sentences

ORDER = {
    "客户手机号": "13805716621",
    "渠道来源": "淘宝",
    "应付金额": "438.00",
    "下单时间": "2026-01-15 08:26",
}


async def test_a_created_record_reads_back_in_wire_form(pool: Pool) -> None:
    """Selects by name, money exact, moments in UTC, the auto number drawn, the first state taken."""
    (order,) = await pool.world.create(pool.orders, {**ORDER, "标签": ["急单"], "备注": "请放门卫"})
    fields = named(pool.orders, (await read.get(pool.world.system, EDITOR, order)).fields)
    assert fields["订单ID"] == "DD0001"
    assert fields["渠道来源"] == "淘宝"
    assert fields["应付金额"] == 438
    assert fields["下单时间"] == "2026-01-15T00:26:00Z"
    assert fields["订单状态"] == "待支付"
    assert fields["标签"] == ["急单"]
    assert fields["含赠品"] is False


async def test_a_bad_record_says_why_and_the_rest_is_stored(pool: Pool) -> None:
    outcome = await pool.world.change(
        pool.orders,
        creates=(
            NewRecord(ORDER),
            NewRecord({**ORDER, "客户手机号": "1380571"}),
            NewRecord({"渠道来源": "京东"}),
        ),
    )
    assert outcome.stored == 1
    assert sentences(outcome) == [
        "「1380571」有 7 位数字,手机号应是 11 位",
        "没有选项「京东」,可选:淘宝、拼多多、抖音",
        "「客户手机号」必须填写",
    ]
    assert next(p.field_name for r in outcome.results for p in r.problems) == "客户手机号"


async def test_all_or_nothing_stores_nothing(pool: Pool) -> None:
    with pytest.raises(RecordsRejected) as refused:
        await pool.world.change(pool.orders, creates=(NewRecord(ORDER), NewRecord({})), atomic=True)
    assert refused.value.problems[0].path == "1"
    assert await read.count(pool.world.system, EDITOR, pool.orders.id, None) == 0


async def test_only_declared_moves_are_possible(pool: Pool) -> None:
    (order,) = await pool.world.create(pool.orders, ORDER)
    refused = await pool.world.patch(order, {"订单状态": "已发货"}, pool.orders)
    assert sentences(refused) == ["不能从「待支付」改成「已发货」。从「待支付」可以去:已支付、已关闭"]
    moved = await pool.world.patch(order, {"订单状态": "已支付"}, pool.orders)
    assert moved.stored == 1
    fields = named(pool.orders, (await read.get(pool.world.system, EDITOR, order)).fields)
    assert fields["付款时间"] is not None, "the move's own effect sets the time of payment"


async def test_a_new_record_starts_in_an_initial_state_unless_history_is_imported(pool: Pool) -> None:
    done = {**ORDER, "订单状态": "已完成"}
    refused = await pool.world.change(pool.orders, creates=(NewRecord(done),))
    assert sentences(refused) == ["新记录的「订单状态」只能是待支付、已支付,不能直接是「已完成」"]
    await pool.world.create(pool.orders, done, states_as_is=True)


async def test_a_viewer_changes_nothing(pool: Pool) -> None:
    with pytest.raises(NotAllowed):
        await pool.world.change(pool.orders, creates=(NewRecord(ORDER),), actor=VIEWER)


async def test_unique_values_are_refused_in_words(pool: Pool) -> None:
    await pool.world.create(pool.orders, {**ORDER, "平台单号": "TB1"})
    outcome = await pool.world.change(
        pool.orders,
        creates=(NewRecord({**ORDER, "平台单号": "TB1"}), NewRecord({**ORDER, "平台单号": "TB2"})),
    )
    assert outcome.stored == 1
    assert sentences(outcome)[0].startswith("「平台单号」不能重复,「TB1」已有一条记录")


async def test_a_stale_version_is_refused(pool: Pool) -> None:
    (order,) = await pool.world.create(pool.orders, ORDER)
    await pool.world.patch(order, {"备注": "一"}, pool.orders)
    outcome = await pool.world.change(pool.orders, updates=(Patch(order, {"备注": "二"}, version=1),))
    assert sentences(outcome) == ["这条记录刚被别人改过,看一下最新内容再保存"]


async def test_links_are_two_way_and_checked(pool: Pool) -> None:
    (customer,) = await pool.world.create(pool.customers, {"客户手机号": "13805716621", "姓名": "甲"})
    one, two = await pool.world.create(
        pool.orders, {**ORDER, "关联客户档案": [customer]}, {**ORDER, "关联客户档案": customer}
    )
    back = next(f for f in pool.customers.fields if f.type == "link")
    page = await read.linked(pool.world.system, EDITOR, customer, back.id)
    assert {r.id for r in page.records} == {one, two}
    fields = named(pool.orders, (await read.get(pool.world.system, EDITOR, one)).fields)
    assert fields["关联客户档案"] == [{"id": customer, "name": "13805716621"}]
    wrong = await pool.world.patch(one, {"关联客户档案": [two]}, pool.orders)
    assert sentences(wrong)[0].startswith("「客户档案」里没有")


async def test_typecast_reads_what_a_spreadsheet_holds(pool: Pool) -> None:
    await pool.world.create(pool.customers, {"客户手机号": "13805716621"})
    (order,) = await pool.world.create(
        pool.orders,
        {"客户手机号": "+86 138-0571-6621", "应付金额": "¥1,299.00", "标签": "急单、要发票", "含赠品": "是",
         "关联客户档案": "13805716621"},
        typecast=True,
    )  # fmt: skip
    fields = named(pool.orders, (await read.get(pool.world.system, EDITOR, order)).fields)
    assert (fields["应付金额"], fields["标签"], fields["含赠品"]) == (1299, ["急单", "要发票"], True)
    assert fields["关联客户档案"][0]["name"] == "13805716621"


async def test_history_tells_every_change_and_undo_takes_it_back(pool: Pool) -> None:
    (order,) = await pool.world.create(pool.orders, ORDER)
    outcome = await pool.world.patch(order, {"备注": "请放门卫", "渠道来源": "抖音"}, pool.orders)
    entries = await history.of_record(pool.world.system, EDITOR, order)
    assert [e.action for e in entries] == ["update", "create"]
    changes = {c.name: (c.before_text, c.after_text) for c in entries[0].changes}
    assert changes == {"备注": ("", "请放门卫"), "渠道来源": ("淘宝", "抖音")}
    assert (entries[0].actor_name, entries[0].channel) == ("编辑", "api")
    await write.undo(pool.world.system, EDITOR, outcome.change_id)
    fields = named(pool.orders, (await read.get(pool.world.system, EDITOR, order)).fields)
    assert (fields["备注"], fields["渠道来源"]) == (None, "淘宝")


async def test_trash_and_restore(pool: Pool) -> None:
    (order,) = await pool.world.create(pool.orders, ORDER)
    await pool.world.change(pool.orders, deletes=(order,))
    assert await read.count(pool.world.system, EDITOR, pool.orders.id, None) == 0
    await pool.world.change(pool.orders, restores=(order,))
    assert await read.count(pool.world.system, EDITOR, pool.orders.id, None) == 1


async def test_pages_by_cursor_and_by_position_see_every_record_once(pool: Pool) -> None:
    """With empty cells and equal keys in the sort, forwards and jumping."""
    rows = [{**ORDER, "应付金额": None if n % 7 == 0 else n % 50, "平台单号": f"P{n}"} for n in range(1203)]
    outcome = await pool.world.change(pool.orders, creates=tuple(NewRecord(r) for r in rows))
    assert outcome.stored == 1203
    for descending in (False, True):
        query = Query(sorts=(Sort(pool.orders.field("应付金额").id, descending),), limit=100)
        seen: list[str] = []
        page = await read.page(pool.world.system, EDITOR, pool.orders.id, query)
        seen += [r.id for r in page.records]
        while page.next_cursor:
            page = await read.page(
                pool.world.system,
                EDITOR,
                pool.orders.id,
                Query(sorts=query.sorts, limit=100, cursor=page.next_cursor),
            )
            seen += [r.id for r in page.records]
        assert len(seen) == len(set(seen)) == 1203
        for at in (0, 499, 500, 777, 1190):
            jumped = await read.page(
                pool.world.system, EDITOR, pool.orders.id, Query(sorts=query.sorts, limit=20, at=at)
            )
            assert [r.id for r in jumped.records] == seen[at : at + 20]


async def test_filters_search_and_aggregates(pool: Pool) -> None:
    await pool.world.create(
        pool.orders,
        {**ORDER, "备注": "客户要发票,急"},
        {**ORDER, "渠道来源": "抖音", "应付金额": 62},
        {**ORDER, "渠道来源": "抖音", "应付金额": None},
    )
    system, table = pool.world.system, pool.orders

    async def found(field: str, op: str, value: object = None) -> int:
        return await read.count(system, EDITOR, table.id, Condition(table.field(field).id, op, value))  # type: ignore[arg-type]

    assert await found("渠道来源", "is", "抖音") == 2
    assert await found("渠道来源", "is_none_of", ["抖音"]) == 1
    assert await found("应付金额", "ge", "62") == 2
    assert await found("应付金额", "is_empty") == 1
    assert await found("下单时间", "on", "2026-01-15") == 3
    assert await found("下单时间", "older_than", {"amount": 24, "unit": "hour"}) == 3
    assert await read.count(system, EDITOR, table.id, None, "发票") == 1
    groups = await read.aggregate(
        system,
        EDITOR,
        table.id,
        AggregateQuery(
            groups=(GroupLevel(table.field("渠道来源").id),),
            aggregates=(Aggregate(), Aggregate("sum", table.field("应付金额").id)),
        ),
    )
    assert {g.labels[0]: g.values for g in groups} == {"淘宝": (1, 438), "抖音": (2, 62)}

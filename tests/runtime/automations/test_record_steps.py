"""Steps over records: finding, counting, changing, linking, moving, deleting; and what their values give."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from runtime.automations.engine import execute
from runtime.catalog import Table, bump
from runtime.definitions.automations import Arm, Branch, Loop, OnlyIf, RecordCreated, RecordUpdated, Step
from runtime.definitions.fields import (
    Attachment,
    Choice,
    Date,
    DateTime,
    FieldDef,
    Link,
    LongText,
    Member,
    MultiSelect,
    Number,
    Phone,
    Text,
)
from runtime.definitions.flow import FoundRecords as EachFound
from runtime.definitions.queries import Condition, Group, Sort
from runtime.definitions.record_steps import (
    AggregateRecords,
    CreateRecord,
    DeleteRecord,
    FindRecords,
    LinkRecord,
    MoveState,
    UpdateRecord,
    UpsertRecord,
)
from runtime.definitions.step_tests import Compare, FormulaHolds, GroupOfTests, OutcomeIs, RecordMeets
from runtime.definitions.values import (
    Assignment,
    Before,
    FieldValue,
    FormulaValue,
    FoundRecords,
    Literal_,
    Now,
    PersonValue,
    Shifted,
    StepOutput,
    TextValue,
    Value,
    as_operand,
)
from runtime.ids import parse_record_id
from runtime.records import read
from tests.support.shop import Shop
from tests.support.world import EDITOR, World, named

PHONE = "13805716621"


@dataclass
class Deals:
    """Customers and their deals, and a shop whose runs are carried out here."""

    shop: Shop
    customers: Table
    deals: Table

    @property
    def world(self) -> World:
        return self.shop.world

    def of(self, name: str, of: str = "trigger", *via: str) -> FieldValue:
        """A value of a deal, or (with links of deals by name) of what it leads to."""
        links = tuple(self.deals.field(one).id for one in via)
        table = self.customers if via else self.deals
        return FieldValue(table.field(name).id, of, links)

    def sets(self, table: Table | None = None, **values: Any) -> tuple[Assignment, ...]:
        table = table or self.deals
        return tuple(
            Assignment(table.field(name).id, value if isinstance(value, msgspec.Struct) else Literal_(value))
            for name, value in values.items()
        )

    def put(self, name: str, value: Any, how: Any) -> Assignment:
        wrapped: Value = value if isinstance(value, msgspec.Struct) else Literal_(value)
        return Assignment(self.deals.field(name).id, wrapped, how)

    def where(self, name: str, op: Any, value: Any, table: Table | None = None) -> Condition:
        operand = as_operand(value) if isinstance(value, msgspec.Struct) else value
        return Condition((table or self.deals).field(name).id, op, operand)

    async def on_create(self, *steps: Any) -> None:
        await self.shop.automation(RecordCreated(self.deals.id), *steps)

    async def deal(self, **fields: Any) -> str:
        (deal,) = await self.world.create(self.deals, fields)
        return deal

    async def customer(self, **fields: Any) -> str:
        (customer,) = await self.world.create(self.customers, fields)
        return customer

    async def read(self, record: str) -> dict[str, Any]:
        view = await read.get(self.world.system, EDITOR, record)
        table = self.deals if set(view.fields) <= set(self.deals.by_id) else self.customers
        return named(table, view.fields)

    async def run(self, *, finished: bool = True) -> dict[str, dict[str, Any]]:
        """Carry out what waits (one run); outcome, output and input of its steps by path."""
        (run,) = await self.shop.settle()
        row = await self.shop.run(run)
        if finished:
            assert row["status"] == "finished", row["error"]
        rows = await self.world.system.db.fetch("SELECT * FROM meta.run_step WHERE run_id = $1", row["id"])
        decode = msgspec.json.decode
        return {
            one["path"]: {
                "outcome": one["outcome"],
                "input": decode(one["input"]) if one["input"] else {},
                "error": decode(one["error"]) if one["error"] else None,
                **(decode(one["output"]) if one["output"] else {}),
            }
            for one in rows
        }

    async def count(self, table: Table) -> int:
        return await read.count(self.world.system, EDITOR, table.id, None)


@pytest.fixture
async def deals(shop: Shop) -> Deals:
    grades = tuple(Choice(n, name) for n, name in enumerate(("普通", "黄金", "钻石"), 1))
    customers = await shop.world.table(
        "客户", {"姓名": Text(), "电话": Phone(), "等级": MultiSelect(grades), "积分": Number()}
    )
    made = await shop.world.table(
        "线索",
        {
            "标题": Text(),
            "电话": Phone(),
            "数量": Number(),
            "备注": LongText(),
            "标签": MultiSelect(tuple(Choice(n, name) for n, name in enumerate(("急", "大", "老"), 1))),
            "客户": Link(customers.id, many=False),
            "相关": Link(customers.id, many=True),
            "日期": Date(),
            "截止": DateTime(),
            "负责人": Member(),
        },
    )
    catalog = await shop.world.catalog()
    return Deals(shop, catalog.table(customers.id), catalog.table(made.id))


async def test_records_of_the_same_phone_are_found_and_the_trigger_is_not_among_them(deals: Deals) -> None:
    where = Group("and", (deals.where("电话", "is", deals.of("电话")), deals.where("数量", "lt", 100)))
    await deals.on_create(
        FindRecords(deals.deals.id, where, (Sort(deals.deals.field("数量").id, True),), others=True),
        Branch(
            (
                Arm(
                    "来过",
                    (Step("stpA", UpdateRecord(deals.sets(备注=TextValue(("来过 ", StepOutput("stp1", "count"), " 次,上次 ", deals.of("标题", "stp1")))))),),
                    Compare(StepOutput("stp1", "count"), "gt", Literal_(0)),
                ),
            )
        ),
    )  # fmt: skip
    first = await deals.deal(标题="一", 电话=PHONE, 数量=1)
    found = await deals.run()
    assert found["stp1"]["outcome"] == "none"
    assert "stp2/arm0/stpA" not in found
    second = await deals.deal(标题="二", 电话=PHONE, 数量=5)
    await deals.run()
    await deals.deal(标题="外人", 电话="13900000000", 数量=5)
    await deals.run()
    third = await deals.deal(标题="三", 电话=PHONE, 数量=9)
    found = await deals.run()
    assert (found["stp1"]["outcome"], found["stp1"]["count"]) == ("found", 2)
    assert found["stp1"]["records"] == [second, first]
    assert (await deals.read(third))["备注"] == "来过 2 次,上次 二"


async def test_an_empty_value_in_a_condition_finds_nothing(deals: Deals) -> None:
    await deals.on_create(
        FindRecords(deals.deals.id, deals.where("电话", "is", deals.of("电话")), others=True)
    )
    for _ in range(2):
        await deals.deal(标题="无电话")
        assert (await deals.run())["stp1"]["count"] == 0


@pytest.mark.parametrize(
    ("name", "op", "value", "count"),
    [
        ("日期", "on", Shifted(Now(), -1, "day"), 1),
        ("日期", "after", Shifted(Now(), -3, "day"), 2),
        ("截止", "after", Shifted(Now(), 30, "minute"), 1),
        ("截止", "newer_than", {"amount": 24, "unit": "hour"}, 2),
        ("客户", "is_any_of", ("客户",), 1),
        ("数量", "between", [Literal_(1), FormulaValue("1+2")], 2),
        ("标签", "has_all_of", ("标签",), 1),
        ("标题", "contains", ("标题",), 1),
    ],
)
async def test_operands_may_be_moments_links_and_formulas(
    deals: Deals, name: str, op: Any, value: Any, count: int
) -> None:
    customer = await deals.customer(姓名="王", 电话=PHONE)
    now = await deals.world.system.db.row(
        "SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date - 1 AS day, now() + interval '1 hour' AS soon, now() - interval '1 hour' AS past"
    )
    await deals.deal(
        标题="乙甲丙",
        日期=now["day"].isoformat(),
        截止=now["past"].isoformat(),
        数量=3,
        客户=customer,
        标签=["急", "大"],
    )
    await deals.deal(
        标题="丁", 日期=(now["day"].isoformat()), 截止=now["soon"].isoformat(), 数量=1
    ) if name != "日期" or op == "after" else None
    operand: Any = value
    if isinstance(value, tuple):
        operand = as_operand(deals.of(value[0]))
    elif isinstance(value, list):
        operand = [as_operand(one) for one in value]
    elif isinstance(value, msgspec.Struct):
        operand = as_operand(value)
    condition = Condition(deals.deals.field(name).id, op, operand)
    await deals.on_create(FindRecords(deals.deals.id, condition, others=True))
    await deals.deal(标题="甲", 客户=customer, 标签=["大"])
    assert (await deals.run())["stp1"]["count"] == count


async def test_all_that_was_found_is_changed_at_once_one_event_each(deals: Deals) -> None:
    for number in range(5):
        await deals.deal(标题=str(number), 电话=PHONE, 数量=number)
    await deals.on_create(
        FindRecords(deals.deals.id, deals.where("电话", "is", deals.of("电话")), others=True),
        UpdateRecord((deals.put("数量", 10, "add"), deals.put("标签", ["急"], "add")), of="stp1", every=True),
    )
    await deals.deal(标题="新", 电话=PHONE)
    found = await deals.run()
    assert (found["stp2"]["count"], found["stp2"]["changed"]) == (5, 5)
    rows = await deals.world.system.db.fetch(f"SELECT * FROM {deals.deals.sql} ORDER BY id LIMIT 5")
    assert [int(row[deals.deals.field("数量").column]) for row in rows] == [10, 11, 12, 13, 14]
    history = await deals.world.system.db.fetch(
        "SELECT record_id, change_id FROM meta.history WHERE channel = 'automation' AND table_id = $1",
        deals.deals.number,
    )
    assert len(history) == 5
    assert len({row["record_id"] for row in history}) == 5
    assert len({row["change_id"] for row in history}) == 1


async def test_ten_thousand_records_are_changed_by_one_step(deals: Deals) -> None:
    await deals.world.system.db.execute(
        f"INSERT INTO {deals.deals.sql} ({deals.deals.field('标题').column}, {deals.deals.field('数量').column})"
        " SELECT 'x', n FROM generate_series(1, 10050) n"
    )
    await deals.on_create(
        FindRecords(deals.deals.id, deals.where("标题", "is", "x"), limit=10_000),
        UpdateRecord(deals.sets(备注="改"), of="stp1", every=True),
    )
    await deals.deal(标题="新")
    found = await deals.run()
    assert (found["stp1"]["count"], found["stp2"]["changed"]) == (10_000, 10_000)


async def test_a_number_added_to_by_many_runs_at_once_loses_nothing(deals: Deals) -> None:
    customer = await deals.customer(姓名="王", 积分=0)
    add = Assignment(deals.customers.field("积分").id, deals.of("数量"), "add")
    await deals.on_create(UpdateRecord((add,), via=deals.deals.field("客户").id))
    for _ in range(8):
        await deals.deal(标题="x", 客户=customer, 数量=3)
    ids = await deals.shop.relayed()
    assert all(await asyncio.gather(*(execute(deals.world.system, one, "test") for one in ids)))
    assert (await deals.read(customer))["积分"] == 24


@pytest.mark.parametrize(
    ("name", "before", "value", "how", "after"),
    [
        ("数量", 5, 2, "add", 7),
        ("数量", 5, 2, "remove", 3),
        ("数量", None, 2, "remove", -2),
        ("数量", 5, None, "clear", None),
        ("标签", ["急"], ["大", "急"], "add", ["急", "大"]),
        ("标签", ["急", "大"], ["急"], "remove", ["大"]),
        ("备注", "一", "二", "add", "一\n二"),
        ("备注", None, "二", "add", "二"),
        ("标题", "一", "二", "add", "一二"),
    ],
)
async def test_ways_to_set_a_field(
    deals: Deals, name: str, before: Any, value: Any, how: Any, after: Any
) -> None:
    await deals.on_create(UpdateRecord((deals.put(name, value, how),)))
    deal = await deals.deal(**{name: before})
    await deals.run()
    assert (await deals.read(deal))[name] == after


async def test_links_are_added_and_taken_away(deals: Deals) -> None:
    one, two = await deals.customer(姓名="一", 电话=PHONE), await deals.customer(姓名="二", 电话=PHONE)
    every = FoundRecords("stp1")
    await deals.on_create(
        FindRecords(deals.customers.id, deals.where("电话", "is", deals.of("电话"), deals.customers)),
        UpdateRecord((deals.put("相关", every, "add"),)),
        UpdateRecord((deals.put("相关", FieldValue("$id", "stp1"), "remove"),)),
    )
    deal = await deals.deal(电话=PHONE, 相关=[one])
    await deals.run()
    assert [item["id"] for item in (await deals.read(deal))["相关"]] == [two]


async def test_upsert_updates_the_one_there_is_and_creates_the_one_there_is_not(deals: Deals) -> None:
    match = (Assignment(deals.customers.field("电话").id, deals.of("电话")),)
    add = Assignment(deals.customers.field("积分").id, Literal_(1), "add")
    await deals.on_create(
        UpsertRecord(deals.customers.id, match, (add,), deals.sets(deals.customers, 姓名=deals.of("标题"))),
        UpdateRecord(deals.sets(客户=FieldValue("$id", "stp1"))),
    )
    first = await deals.deal(标题="王", 电话=PHONE)
    assert (await deals.run())["stp1"]["outcome"] == "created"
    second = await deals.deal(标题="不用", 电话=PHONE)
    assert (await deals.run())["stp1"]["outcome"] == "updated"
    (customer,) = (await deals.read(first))["客户"]
    assert (await deals.read(second))["客户"] == [customer]
    assert customer["name"] == "王"
    assert (await deals.read(customer["id"]))["积分"] == 2
    await deals.deal(标题="无电话")
    found = await deals.run(finished=False)
    assert found["stp1"]["outcome"] == "empty"
    assert found["stp2"]["error"]["code"] == "no_such_record"


@pytest.mark.parametrize("unique", [False, True])
async def test_upserts_at_once_never_make_two(shop: Shop, unique: bool) -> None:
    customers = await shop.world.table(
        "客户", {"电话": FieldDef("电话", Phone(), unique=unique), "次数": Number()}
    )
    deals = await shop.world.table("线索", {"标题": Text(), "电话": Phone()})
    match = (Assignment(customers.field("电话").id, FieldValue(deals.field("电话").id)),)
    add = (Assignment(customers.field("次数").id, Literal_(1), "add"),)
    await shop.automation(RecordCreated(deals.id), UpsertRecord(customers.id, match, add))
    phones = ("13805716621", "13805716622", "138 0571 6623")
    for number in range(18):
        await shop.world.create(deals, {"标题": str(number), "电话": phones[number % 3]})
    ids = await shop.relayed()

    async def by_hand() -> None:
        """Somebody types the same phone at the same moment."""
        await asyncio.gather(
            *(shop.world.create(customers, {"电话": phones[0]}) for _ in range(3)), return_exceptions=True
        )

    work = [execute(shop.world.system, one, "test") for one in ids]
    await asyncio.gather(*work, *([by_hand()] if unique else []))
    for one in ids:
        assert (await shop.run(one))["status"] == "finished"
    rows = await shop.world.system.db.fetch(f"SELECT * FROM {customers.sql}")
    assert len(rows) == 3
    assert sum(int(row[customers.field("次数").column] or 0) for row in rows) == 18


async def test_a_record_is_linked_to_the_one_that_matches(deals: Deals) -> None:
    match = deals.sets(deals.customers, 电话=deals.of("电话"))
    named_by = deals.sets(deals.customers, 姓名=deals.of("标题"))
    link = deals.deals.field("客户").id
    await deals.on_create(
        LinkRecord(link, match, named_by), UpdateRecord(deals.sets(备注=deals.of("姓名", "trigger", "客户")))
    )
    first = await deals.deal(标题="王", 电话=PHONE)
    assert (await deals.run())["stp1"]["outcome"] == "created"
    second = await deals.deal(标题="李", 电话=PHONE)
    assert (await deals.run())["stp1"]["outcome"] == "linked"
    one, two = await deals.read(first), await deals.read(second)
    assert one["客户"] == two["客户"]
    assert two["备注"] == "王"
    assert await deals.count(deals.customers) == 1


async def test_where_nothing_matches_nothing_is_linked_when_asked_so(deals: Deals) -> None:
    match = deals.sets(deals.customers, 电话=deals.of("电话"))
    link = deals.deals.field("相关").id
    await deals.on_create(LinkRecord(link, match, missing="leave"))
    await deals.deal(电话=PHONE)
    assert (await deals.run())["stp1"]["outcome"] == "none"
    other, customer = await deals.customer(姓名="旧"), await deals.customer(电话=PHONE)
    deal = await deals.deal(电话=PHONE, 相关=[other])
    assert (await deals.run())["stp1"]["outcome"] == "linked"
    assert {item["id"] for item in (await deals.read(deal))["相关"]} == {other, customer}


async def test_a_state_is_moved_refused_with_the_reason_or_already_there(shop: Shop) -> None:
    field = shop.orders.field("订单状态").id
    await shop.automation(
        RecordUpdated(shop.orders.id, (shop.orders.field("备注").id,)),
        MoveState(field, 3),
        Branch(
            (Arm("不行", (Step("stpA", UpdateRecord(shop.sets(异常原因=StepOutput("stp1", "reason")))),), OutcomeIs("stp1", "refused")),)
        ),
    )  # fmt: skip
    outcomes = []
    for state in ("已支付", "待支付"):
        order = await shop.order(订单状态=state)
        await shop.world.patch(order, {"备注": "走"}, shop.orders)
        (run,) = await shop.settle()
        outcomes.append((await shop.steps(run))["stp1"][1])
    assert outcomes == ["moved", "refused"]
    assert "不能从「待支付」改成「审核中」" in (await shop.read(order))["异常原因"]
    ready = await shop.order()
    await shop.move(ready)
    await shop.world.patch(ready, {"备注": "走"}, shop.orders)
    (run,) = await shop.settle()
    assert (await shop.steps(run))["stp1"] == ("done", "already")


async def test_what_was_found_goes_into_the_trash(deals: Deals) -> None:
    for _ in range(3):
        await deals.customer(姓名="旧", 电话=PHONE)
    await deals.on_create(
        FindRecords(
            deals.customers.id, deals.where("电话", "is", deals.of("电话"), deals.customers), limit=2
        ),
        DeleteRecord("stp1", every=True),
        DeleteRecord(),
        DeleteRecord(),
    )
    await deals.deal(电话=PHONE)
    found = await deals.run()
    assert [found[f"stp{n}"]["outcome"] for n in (2, 3, 4)] == ["deleted", "deleted", "gone"]
    assert (await deals.count(deals.customers), await deals.count(deals.deals)) == (1, 0)


@pytest.mark.parametrize(("fn", "expected"), [("count", 3), ("sum", 12), ("avg", 4), ("min", 2), ("max", 6)])
async def test_numbers_over_records(deals: Deals, fn: Any, expected: int) -> None:
    for number, title in ((2, "甲"), (4, "乙"), (6, "乙")):
        await deals.deal(标题=title, 电话=PHONE, 数量=number)
    await deals.deal(标题="外人", 数量=100)
    field = None if fn == "count" else deals.deals.field("数量").id
    title = deals.deals.field("标题").id
    where = deals.where("电话", "is", deals.of("电话"))
    await deals.on_create(
        AggregateRecords(deals.deals.id, where, fn, field, title, others=True),
        UpdateRecord(deals.sets(数量=StepOutput("stp1", "value"), 备注=StepOutput("stp1", "top"))),
    )
    deal = await deals.deal(标题="新", 电话=PHONE, 数量=1000)
    found = await deals.run()
    assert (found["stp1"]["value"], found["stp1"]["count"]) == (expected, 3)
    made = await deals.read(deal)
    assert made["数量"] == expected
    assert made["备注"] == "乙"


async def test_values_of_every_kind(deals: Deals) -> None:
    customer = await deals.customer(姓名="王", 等级=["黄金"])
    formula = FormulaValue(
        f"{{{deals.deals.field('数量').id}}} * {{倍}} + LEN({{姓名}})",
        names={"倍": StepOutput("stp1", "count"), "姓名": deals.of("姓名", "trigger", "客户")},
        types={"倍": "number", "姓名": "text"},
    )
    parts = TextValue(
        (deals.of("等级", "trigger", "客户"), " ", deals.of("姓名", "trigger", "客户"), " ", Shifted(deals.of("日期"), 1, "month"))
    )  # fmt: skip
    await deals.on_create(
        AggregateRecords(deals.deals.id),
        UpdateRecord(
            deals.sets(数量=formula, 标题=parts, 日期=Shifted(deals.of("日期"), 3, "day"), 截止=Shifted(deals.of("日期"), 90, "minute"))
        ),
    )  # fmt: skip
    deal = await deals.deal(数量=20, 客户=customer, 日期="2026-01-31")
    await deals.run()
    made = await deals.read(deal)
    assert made["数量"] == 21
    assert made["标题"] == "黄金 王 2026-02-28"
    assert made["日期"] == "2026-02-03"
    assert made["截止"] == "2026-01-30T17:30:00Z"


async def test_what_a_field_held_before(deals: Deals) -> None:
    await deals.shop.automation(
        RecordUpdated(deals.deals.id, (deals.deals.field("数量").id,)),
        UpdateRecord(
            deals.sets(备注=TextValue((Before(deals.deals.field("数量").id), "→", deals.of("数量"))), 标题=Before(deals.deals.field("标题").id))
        ),
    )  # fmt: skip
    deal = await deals.deal(标题="甲", 数量=3)
    await deals.world.patch(deal, {"数量": 8}, deals.deals)
    await deals.run()
    made = await deals.read(deal)
    assert (made["备注"], made["标题"]) == ("3→8", "甲")


async def test_a_formula_without_an_answer_fails_the_step_with_its_error(deals: Deals) -> None:
    source = f"1/{{{deals.deals.field('数量').id}}}"
    await deals.on_create(UpdateRecord(deals.sets(数量=FormulaValue(source))))
    await deals.deal(数量=0)
    found = await deals.run(finished=False)
    assert found["stp1"]["error"]["code"] == "formula_error"
    assert found["stp1"]["error"]["message"]["params"]["error"] == "#DIV/0!"


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (("compare", "数量", "gt", 5), True),
        (("compare", "数量", "le", 5), False),
        (("compare", "标题", "contains", "急"), True),
        (("compare", "备注", "is_empty", None), True),
        (("compare", "备注", "lt", 1), False),
        (("compare", "日期", "lt", "2026-02-01"), True),
        (("compare", "标签", "contains", "大"), True),
        (("formula", "{数量}>6"), True),
        (("formula", "{数量}/0>6"), False),
        (("all", True, False), False),
        (("any", False, True), True),
        (("none", False, False), True),
        (("none", False, True), False),
        (("meets",), True),
    ],
)
async def test_tests_of_values_formulas_and_groups(
    deals: Deals, test: tuple[Any, ...], expected: bool
) -> None:
    def yes(wanted: bool) -> Compare:
        return Compare(deals.of("数量"), "eq" if wanted else "ne", Literal_(8))

    kind, *rest = test
    if kind == "compare":
        asked: Any = Compare(deals.of(rest[0]), rest[1], None if rest[2] is None else Literal_(rest[2]))
    elif kind == "formula":
        source = rest[0].replace("数量", deals.deals.field("数量").id)
        asked = FormulaHolds(FormulaValue(source))
    elif kind == "meets":
        asked = RecordMeets(deals.where("数量", "ge", FormulaValue("4+4")))
    else:
        asked = GroupOfTests(tuple(yes(one) for one in rest), kind)
    await deals.on_create(OnlyIf(asked))
    await deals.deal(标题="急单", 数量=8, 日期="2026-01-31", 标签=["大", "急"])
    assert (await deals.run())["stp1"]["outcome"] == ("yes" if expected else "no")


async def test_who_started_it_goes_into_member_fields(deals: Deals) -> None:
    number = await deals.world.system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash, is_owner)"
        f" VALUES ('{EDITOR.id}', 'e@example.com', '编辑', '-', true) RETURNING id"
    )
    await deals.world.system.db.execute(
        "INSERT INTO meta.membership (app_id, person_id, role) VALUES ($1, $2, 'editor')",
        deals.world.app_number,
        number,
    )
    async with deals.world.system.db.transaction() as tx:
        await bump(tx)
    await deals.on_create(
        UpdateRecord(
            deals.sets(负责人=PersonValue(), 备注=TextValue((PersonValue("creator"), "/", PersonValue())))
        )
    )
    deal = await deals.deal(标题="x")
    await deals.run()
    made = await deals.read(deal)
    assert made["负责人"]["id"] == EDITOR.id
    assert made["备注"] == "编辑/编辑"


async def test_a_field_deleted_since_fails_the_run_in_words(deals: Deals) -> None:
    gone: Mapping[str, Any] = {"数量": 1}
    assignment = Assignment("fldGoneGoneGoneGo", Literal_(1))
    await deals.on_create(UpsertRecord(deals.customers.id, (assignment,)))
    await deals.deal(**gone)
    found = await deals.run(finished=False)
    assert found["stp1"]["error"]["code"] == "unknown_field"


async def test_loops_of_found_records_end(deals: Deals) -> None:
    """Each change starts the automation again, until it has gone deep enough."""
    await deals.shop.automation(
        RecordUpdated(deals.deals.id, (deals.deals.field("数量").id,)),
        FindRecords(deals.deals.id),
        UpdateRecord((deals.put("数量", 1, "add"),), of="stp1", every=True),
    )
    deal = await deals.deal(数量=1)
    await deals.world.patch(deal, {"数量": 2}, deals.deals)
    runs = await deals.shop.settle()
    assert len(runs) <= 11
    last = await deals.world.system.db.value("SELECT count(*) FROM meta.run WHERE status = 'failed'")
    assert last == 1


async def test_new_records_take_values_and_are_reached_later(deals: Deals) -> None:
    await deals.on_create(
        CreateRecord(deals.customers.id, deals.sets(deals.customers, 姓名=deals.of("标题"), 积分=deals.of("数量"))),
        UpdateRecord(deals.sets(deals.customers, 积分=FormulaValue("{a}*2", names={"a": FieldValue(deals.customers.field("积分").id, "stp1")}, types={"a": "number"})), of="stp1"),
    )  # fmt: skip
    await deals.deal(标题="王", 数量=4)
    found = await deals.run()
    assert (await deals.read(found["stp1"]["record"]))["积分"] == 8


async def test_of_a_million_hits_as_many_are_found_as_asked_for(deals: Deals) -> None:
    await deals.world.system.db.execute(
        f"INSERT INTO {deals.deals.sql} ({deals.deals.field('标题').column}, {deals.deals.field('数量').column})"
        " SELECT 'x', n FROM generate_series(1, 1000000) n"
    )
    number = deals.deals.field("数量").id
    await deals.on_create(
        FindRecords(deals.deals.id, deals.where("标题", "is", "x"), (Sort(number, True),), limit=10_000),
        AggregateRecords(deals.deals.id, deals.where("标题", "is", "x"), "max", number),
    )
    await deals.deal(标题="新")
    found = await deals.run()
    assert (found["stp1"]["count"], len(found["stp1"]["records"])) == (10_000, 10_000)
    assert (found["stp2"]["value"], found["stp2"]["count"]) == (1_000_000, 1_000_000)
    assert (await deals.read(found["stp1"]["record"]))["数量"] == 1_000_000


@pytest.mark.parametrize(
    "source",
    [
        "REPT(REPT(REPT(\"x\", 10000), 10000), 10000)",
        "9^9^9^9",
        "REGEXMATCH(REPT(\"a\", 20000), \"(a+)+$\")",
        "{fldGoneGoneGoneGo}+1",
        "NOSUCH(1)",
    ],
)  # fmt: skip
async def test_a_hostile_formula_ends_the_step_with_an_error_not_the_worker(
    deals: Deals, source: str
) -> None:
    await deals.on_create(
        UpdateRecord(deals.sets(数量=FormulaValue(source))), OnlyIf(FormulaHolds(FormulaValue(source)))
    )
    await deals.deal(标题="x")
    found = await deals.run(finished=False)
    assert found["stp1"]["error"] is not None


async def test_a_formula_that_cannot_be_read_any_more_says_so(deals: Deals) -> None:
    await deals.on_create(OnlyIf(FormulaHolds(FormulaValue("1+"))))
    await deals.deal(标题="x")
    found = await deals.run(finished=False)
    assert found["stp1"]["error"]["code"] == "formula_syntax"


@pytest.mark.parametrize("step", ["every", "via"])
async def test_a_record_that_is_refused_stops_all_of_them(deals: Deals, step: str) -> None:
    """What one step changes it changes as a whole: the reason is told, nothing is half done."""
    customer = await deals.customer(姓名="王", 积分=1)
    wrong = Assignment(deals.customers.field("电话").id, deals.of("标题"))
    add = Assignment(deals.customers.field("积分").id, Literal_(1), "add")
    if step == "every":
        steps: tuple[Any, ...] = (
            FindRecords(deals.customers.id),
            UpdateRecord((add, wrong), of="stp1", every=True),
        )
    else:
        steps = (UpdateRecord((add, wrong), via=deals.deals.field("客户").id),)
    await deals.on_create(*steps)
    await deals.deal(标题="不是电话", 客户=customer)
    found = await deals.run(finished=False)
    last = found[f"stp{len(steps)}"]
    assert last["error"]["problems"][0]["field_name"] == "电话"
    assert (await deals.read(customer))["积分"] == 1


async def test_a_run_taken_up_again_does_nothing_twice(deals: Deals) -> None:
    match = deals.sets(deals.customers, 电话=deals.of("电话"))
    add = Assignment(deals.customers.field("积分").id, Literal_(1), "add")
    gone = Assignment("fldGoneGoneGoneGo", Literal_(1))
    await deals.on_create(UpsertRecord(deals.customers.id, match, (add,)), UpdateRecord((gone,)))
    await deals.deal(电话=PHONE)
    (run,) = await deals.shop.settle()
    assert (await deals.shop.run(run))["status"] == "failed"
    await deals.world.system.db.execute("UPDATE meta.run SET status = 'queued' WHERE public_id = $1", run)
    await deals.world.system.db.execute("DELETE FROM meta.run_step WHERE step_id = 'stp2'")
    await deals.shop.execute([run])
    (row,) = await deals.world.system.db.fetch(f"SELECT * FROM {deals.customers.sql}")
    assert int(row[deals.customers.field("积分").column]) == 1


async def test_a_loop_goes_over_what_was_found(deals: Deals) -> None:
    for number in range(3):
        await deals.deal(标题=str(number), 电话=PHONE, 数量=number)
    each = Step("stpEach", UpdateRecord((deals.put("数量", 10, "add"),), of="stpLoop"))
    await deals.on_create(
        FindRecords(deals.deals.id, deals.where("电话", "is", deals.of("电话")), others=True),
        Step("stpLoop", Loop(EachFound("stp1"), (each,))),
    )
    await deals.deal(标题="新", 电话=PHONE)
    await deals.run()
    rows = await deals.world.system.db.fetch(f"SELECT * FROM {deals.deals.sql} ORDER BY id LIMIT 3")
    assert [int(row[deals.deals.field("数量").column]) for row in rows] == [10, 11, 12]


async def test_the_records_own_times_can_be_asked_for(deals: Deals) -> None:
    await deals.deal(标题="刚才")
    old = await deals.deal(标题="以前")
    await deals.world.system.db.execute(
        f"UPDATE {deals.deals.sql} SET created_at = now() - interval '2 days' WHERE id = $1",
        parse_record_id(old)[1],
    )
    day = {"amount": 24, "unit": "hour"}
    before = Condition("$created_at", "before", as_operand(Shifted(Now(), -1, "day")))
    await deals.on_create(
        FindRecords(deals.deals.id, Condition("$created_at", "newer_than", day), others=True),
        FindRecords(deals.deals.id, before, (Sort("$created_at"),), others=True),
    )
    await deals.deal(标题="新")
    found = await deals.run()
    assert (found["stp1"]["count"], found["stp2"]["records"]) == (1, [old])


async def test_files_are_copied_from_one_record_to_another(shop: Shop) -> None:
    world = shop.world
    letters = await world.table("来信", {"标题": Text(), "附件": Attachment()})
    cases = await world.table("工单", {"标题": Text(), "附件": Attachment()})
    file = "filAAAAAAAAAAAAAA"
    await world.system.db.execute(
        "INSERT INTO meta.file (public_id, app_id, table_id, field_id, name, size, media_type, sha256, store, key,"
        " uploaded_by, uploaded_at) VALUES ($1, $2, $3, $4, '说明.txt', 5, 'text/plain', '', 'disk', 'x', '', now())",
        file,
        world.app_number,
        letters.number,
        letters.field("附件").number,
    )
    copied = Assignment(cases.field("附件").id, FieldValue(letters.field("附件").id))
    await shop.automation(RecordCreated(letters.id), CreateRecord(cases.id, (copied,)))
    await world.create(letters, {"标题": "x", "附件": [{"id": file}]})
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    (row,) = await world.system.db.fetch(f"SELECT * FROM {cases.sql}")
    assert "说明.txt" in row[cases.field("附件").column]

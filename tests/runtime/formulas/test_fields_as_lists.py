"""Multi-selects and many-valued look-ups are lists for formulas, and the record can be asked its id, in stored columns."""

from __future__ import annotations

from runtime.catalog import bump
from runtime.definitions.fields import (
    Choice,
    FieldDef,
    Formula,
    Link,
    Lookup,
    MultiSelect,
    Number,
    Text,
)
from runtime.records import read
from tests.support.world import EDITOR, World, named


async def test_a_multi_select_is_a_list(world: World) -> None:
    tags = MultiSelect((Choice(1, "急单"), Choice(2, "要发票"), Choice(3, "不急")))
    table = await world.table(
        "订单",
        {
            "单号": Text(), "标签": tags,
            "个数": Formula("COUNTA({标签})", "number"), "急": Formula('CONTAINS({标签}, "急单")', "boolean"),
            "其余": Formula('ARRAYJOIN(EXCEPT({标签}, LIST("急单")), "/")', "text"), "文字": Formula('{标签}&"!"', "text"),
            "编号": Formula("RECORD_ID()", "text"), "年": Formula("YEAR(CREATED_TIME())", "number"),
        },
    )  # fmt: skip
    first, second = await world.create(table, {"单号": "1", "标签": ["要发票", "急单"]}, {"单号": "2"})
    found = named(table, (await read.get(world.system, EDITOR, first)).fields)
    assert [found[name] for name in ("个数", "急", "其余", "文字", "编号")] == [
        2,
        True,
        "要发票",
        "要发票、急单!",
        first,
    ]
    assert found["年"] >= 2026
    found = named(table, (await read.get(world.system, EDITOR, second)).fields)
    assert [found[name] for name in ("个数", "急", "其余", "文字")] == [0, False, None, "!"]


async def test_a_look_up_of_several_records_is_a_list(world: World) -> None:
    goods = await world.table(
        "商品", {"名称": Text(), "件数": Number(), "标签": MultiSelect((Choice(1, "新"), Choice(2, "热")))}
    )
    orders = await world.table("订单", {"单号": Text(), "商品": Link(goods.id, many=True)})
    link = orders.field("商品").id
    async with world.system.db.transaction() as tx:
        await bump(tx)
        ids = {}
        for name in ("件数", "名称", "标签"):
            config = Lookup(link, goods.field(name).id)
            ids[f"各{name}"] = await world._field(tx, orders.number, FieldDef(f"各{name}", config), {})
        for name, source, result in (
            ("总数", "SUM({各件数})", "number"), ("最多", "MAX({各件数})", "number"), ("第一个", "FIRST({各名称})", "text"),
            ("有几种", "COUNTA(UNIQUE({各标签}))", "number"),
        ):  # fmt: skip
            await world._field(tx, orders.number, FieldDef(name, Formula(source, result)), ids)  # type: ignore[arg-type]
    orders = (await world.catalog()).table(orders.id)
    made = await world.create(
        goods, {"名称": "红", "件数": 2, "标签": ["新"]}, {"名称": "蓝", "件数": 3, "标签": ["热"]}
    )
    (order,) = await world.create(orders, {"单号": "1", "商品": list(made)})
    found = named(orders, (await read.get(world.system, EDITOR, order)).fields)
    assert [found[name] for name in ("总数", "最多", "第一个", "有几种")] == [5, 3, "红", 2]
    assert found["各标签"] == "新、热"

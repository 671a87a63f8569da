"""A record that very many others point at is read as quickly as any other, and nothing is lost by saving it."""

from __future__ import annotations

from runtime.definitions.fields import Link, Text
from runtime.records import read
from runtime.records.change import NewRecord
from runtime.records.links import SHOWN
from tests.support.world import EDITOR, World, named


async def test_links_beyond_what_is_shown_stay_when_the_rest_is_changed(world: World) -> None:
    orders = await world.table("订单", {"单号": Text()})
    shops = await world.table("店铺", {"店名": Text(), "订单": Link(orders.id, many=True)})
    made = await world.change(orders, creates=tuple(NewRecord({"单号": f"{n:03d}"}) for n in range(250)))
    ids = [str(result.id) for result in made.results]
    (shop,) = await world.create(shops, {"店名": "一号店", "订单": ids})

    async def shown() -> list[dict[str, str]]:
        value = named(shops, (await read.get(world.system, EDITOR, shop)).fields)["订单"]
        assert isinstance(value, list)
        return value

    links = await shown()
    assert [link["name"] for link in links[:3]] == ["000", "001", "002"]
    assert links[SHOWN:] == [{"id": "more", "name": "+150"}]
    saved = await world.patch(shop, {"订单": links[1:]}, shops)
    assert saved.stored == 1
    links = await shown()
    assert links[0]["name"] == "001"
    assert links[SHOWN:] == [{"id": "more", "name": "+149"}], (
        "one is gone, the others that nobody saw are there"
    )
    await world.patch(shop, {"订单": links[:2]}, shops)
    assert [link["name"] for link in await shown()] == ["001", "002"], (
        "without the mark, the list is meant as it is"
    )


async def test_of_thousands_the_first_are_named_without_reading_all(world: World) -> None:
    orders = await world.table("订单", {"单号": Text()})
    shops = await world.table("店铺", {"店名": Text(), "订单": Link(orders.id, many=True)})
    (shop,) = await world.create(shops, {"店名": "一号店"})
    relation = shops.field("订单")
    db = world.system.db
    await db.execute(f"INSERT INTO {orders.sql} (created_by) SELECT 'x' FROM generate_series(1, 3000)")
    await db.execute(
        f"INSERT INTO {relation.link_sql} ({relation.link_near}, {relation.link_far}, position)"
        f" SELECT s.id, o.id, 0 FROM {shops.sql} s, {orders.sql} o"
    )
    links = named(shops, (await read.get(world.system, EDITOR, shop)).fields)["订单"]
    assert isinstance(links, list)
    assert len(links) == SHOWN + 1
    assert links[-1] == {"id": "more", "name": "900+"}

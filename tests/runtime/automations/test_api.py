"""Runs over HTTP: lists, traces, remedies, test runs; and who may see and do what."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from litestar import Litestar

from runtime import accounts
from runtime.definitions.automations import RecordCreated, SendWecom, UpdateRecord
from runtime.definitions.values import TextValue
from runtime.ids import new_id
from tests.standins.wecom import WecomStandIn
from tests.support.shop import Shop
from tests.support.web import app, program, system

__all__ = ["app", "system"]

API = "/api/v1"


@pytest.fixture
async def person(system: object, app: Litestar) -> accounts.Person:
    """The owner of the installation."""
    return await accounts.create_first_owner(
        app.state.system, email="lin@example.com", name="小林", password="sesame-open-9"
    )


@pytest.fixture
async def api(app: Litestar, person: accounts.Person, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A program of the owner's."""
    async with await program(app, "lin@example.com") as made:
        yield made


async def _short_order(shop: Shop, robot: str) -> tuple[str, str]:
    await shop.reservation_automation(robot)
    order = await shop.order((await shop.shelf(2), 3), 订单号="DY-0633")
    await shop.move(order)
    (run,) = await shop.settle()
    return order, run


async def test_a_run_can_be_read_step_by_step(
    api: httpx.AsyncClient, shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    order, run = await _short_order(shop, robot)
    await shop.deliver()
    answer = (await api.get(f"{API}/runs/{run}")).json()
    assert answer["run"]["status"] == "finished"
    assert answer["run"]["record"] == order
    assert answer["run"]["record_name"] == "DY-0633"
    assert answer["run"]["trigger"] == "从「已支付」到「审核中」"
    reserve, branch, update, send = answer["steps"]
    assert (reserve["status"], reserve["outcome"]) == ("done", "short")
    assert reserve["output"]["reason"] == "红-S A区-03排-02架 要 3 件,只剩 2 件可用"
    assert branch["output"] == {"arm": "有缺货"}
    assert update["output"]["changes"][0] | {"field": ""} == {
        "field": "", "name": "异常", "before": "否", "after": "是",
    }  # fmt: skip
    assert send["input"]["text"].startswith("【缺货】订单 DY-0633")
    (delivery,) = send["deliveries"]
    assert (delivery["status"], delivery["answer"]["errcode"], delivery["connector"]) == (
        "sent", 0, "仓库群机器人",
    )  # fmt: skip
    assert [(c["id"], c["action"]) for c in answer["changed"]] == [(order, "update")]


async def test_runs_are_listed_by_app_automation_record_and_status(
    api: httpx.AsyncClient, shop: Shop
) -> None:
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(订单状态="已完成"))
    )
    await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="好")), name="另一个")
    orders = [await shop.order() for _ in range(5)]
    await shop.settle()
    of_app = (await api.get(f"{API}/apps/{shop.world.app_id}/runs")).json()
    assert (len(of_app["runs"]), of_app["failed"]) == (10, 5)
    failed = (await api.get(f"{API}/apps/{shop.world.app_id}/runs?status=failed")).json()["runs"]
    assert {run["automation"] for run in failed} == {automation}
    assert failed[0]["failure"]["problems"][0]["message"].startswith("不能从「已支付」改成「已完成」")
    first = (await api.get(f"{API}/automations/{automation}/runs?limit=3")).json()
    second = (
        await api.get(f"{API}/automations/{automation}/runs?limit=3&cursor={first['next_cursor']}")
    ).json()
    assert [run["record"] for run in (*first["runs"], *second["runs"])] == orders[::-1]
    assert second["next_cursor"] is None
    of_record = (await api.get(f"{API}/records/{orders[0]}/runs")).json()["runs"]
    assert len(of_record) == 2
    assert (await api.get(f"{API}/automations/{automation}/runs?cursor=x")).status_code == 422


async def test_a_failed_run_is_mended_over_the_api(api: httpx.AsyncClient, shop: Shop) -> None:
    automation = await shop.automation(
        RecordCreated(shop.orders.id), UpdateRecord(shop.sets(订单状态="已完成"))
    )
    for _ in range(3):
        await shop.order()
    first, second, third = await shop.settle()
    assert (await api.post(f"{API}/runs/{first}/skip")).status_code == 204
    assert (await api.post(f"{API}/runs/{second}/handled")).status_code == 204
    assert (await api.post(f"{API}/runs/{second}/handled")).status_code == 409
    answer = await api.post(f"{API}/automations/{automation}/retry")
    assert answer.json() == {"retried": 1}
    await shop.execute([first, third])
    states = [(await shop.run(run))["status"] for run in (first, second, third)]
    assert states == ["finished", "handled", "failed"]


async def test_a_test_run_shows_everything_and_leaves_nothing(
    api: httpx.AsyncClient, shop: Shop, robot: str, wecom: WecomStandIn
) -> None:
    automation = await shop.reservation_automation(robot)
    shelf = await shop.shelf(2)
    order = await shop.order((shelf, 3), 订单号="DY-0633")
    await shop.settle()
    answer = (await api.post(f"{API}/automations/{automation}/test", json={"record": order})).json()
    assert answer["status"] == "finished"
    assert answer["notes"] == [
        "这条记录现在是「已支付」,流转到「审核中」时才会触发;这里当作已经流转,走一遍给你看"
    ]
    assert [(s["path"], s["status"], s["outcome"]) for s in answer["steps"]] == [
        ("stp1", "done", "short"),
        ("stp2", "done", "arm0"),
        ("stp2/arm0/stp3", "done", None),
        ("stp2/arm0/stp4", "done", None),
    ]
    (message,) = answer["steps"][3]["output"]["messages"]
    assert "要 3 件,只剩 2 件可用" in message["content"]
    assert message["users"] == ["aqiang"]
    fields = await shop.read(order)
    assert (fields["异常"], fields["异常原因"]) == (False, None)
    counts = await shop.world.system.db.row(
        "SELECT (SELECT count(*) FROM meta.run) AS runs, (SELECT count(*) FROM meta.delivery) AS deliveries,"
        " (SELECT count(*) FROM meta.outbox) AS outbox, (SELECT count(*) FROM meta.stock_movement"
        " WHERE kind = 'reserve') AS moved"
    )
    assert tuple(counts.values()) == (0, 0, 0, 0)
    assert not wecom.messages


async def test_a_definition_that_is_not_saved_can_be_tried(
    api: httpx.AsyncClient, shop: Shop, robot: str
) -> None:
    automation = await shop.automation(RecordCreated(shop.orders.id), UpdateRecord(shop.sets(备注="旧")))
    order = await shop.order(订单号="A1")
    definition = (await shop.world.catalog()).automation(automation).definition
    step = msgspec.structs.replace(
        definition.steps[0], config=SendWecom(robot, TextValue(("你好 ", shop.value("订单号"))))
    )
    tried = msgspec.to_builtins(msgspec.structs.replace(definition, steps=(step,)))
    answer = await api.post(
        f"{API}/automations/{automation}/test", json={"record": order, "definition": tried}
    )
    assert answer.json()["steps"][0]["output"]["messages"][0]["content"] == "你好 A1"
    wrong = await api.post(f"{API}/automations/{automation}/test", json={"record": await shop.shelf(1)})
    assert wrong.status_code == 422
    assert "主订单池" in wrong.json()["detail"]


async def test_viewers_read_runs_but_change_nothing_and_strangers_see_nothing(
    app: Litestar, api: httpx.AsyncClient, shop: Shop, robot: str
) -> None:
    order, run = await _short_order(shop, robot)
    found = app.state.system
    people = {}
    for email, role in (("viewer@example.com", "viewer"), ("stranger@example.com", None)):
        number = await found.db.value(
            "INSERT INTO meta.person (public_id, email, name, password_hash) VALUES ($1, $2, $3, '-') RETURNING id",
            new_id("usr"), email, email.split("@")[0],
        )  # fmt: skip
        if role:
            await found.db.execute(
                "INSERT INTO meta.membership (app_id, person_id, role) VALUES ($1, $2, $3)",
                shop.world.app_number, number, role,
            )  # fmt: skip
        people[email] = await program(app, email)
    viewer, stranger = people.values()
    automation = (await shop.world.app()).automations[0].id
    assert (await viewer.get(f"{API}/runs/{run}")).status_code == 200
    assert (await viewer.post(f"{API}/runs/{run}/retry")).status_code == 403
    assert (
        await viewer.post(f"{API}/automations/{automation}/test", json={"record": order})
    ).status_code == 403
    for path in (f"/runs/{run}", f"/automations/{automation}/runs", f"/records/{order}/runs"):
        assert (await stranger.get(API + path)).status_code == 404
    for client in people.values():
        await client.aclose()

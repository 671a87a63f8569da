"""The order pool's pop-up about orders of one customer: when it comes, whom it asks, what it offers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from builder import automation_versions
from runtime import accounts, inbox
from runtime.access import Actor
from runtime.accounts.members import put_member
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.catalog import App, Table
from runtime.definitions.automations import AutomationDef, Step
from runtime.definitions.message_steps import Notify
from runtime.i18n import Translator
from runtime.records import write
from runtime.records.change import Change, NewRecord, Source
from runtime.system import System
from templates_market import exporter, installer, reader

PHONE = "13805716621"
NAME = "疑似同一客户"


class Pool:
    """The installed template, its clerk, and what worker and scheduler do."""

    def __init__(self, system: System, app: App, clerk: accounts.Person, owner: Actor) -> None:
        self.system, self.app, self.clerk, self.owner = system, app, clerk, owner
        self.orders: Table = next(table for table in app.tables if table.name == "主订单池")

    async def order(self, **fields: Any) -> str:
        """A paid order of the phone, entered now."""
        given = {"客户手机号": PHONE, "订单状态": "已支付", **fields}
        change = Change(
            table=self.orders.id, actor=self.owner, source=Source("api"), creates=(NewRecord(given),)
        )
        outcome = await write.apply(self.system, change)
        while (done := await relay(self.system)).events:
            for run in done.runs:
                assert await execute(self.system, run, "test")
        assert not await self.system.db.fetch("SELECT 1 FROM meta.run WHERE status <> 'finished'")
        return outcome.results[0].id or ""

    async def asked(self) -> list[inbox.Letter]:
        """The pop-ups on the clerk's screen."""
        return list(await inbox.waiting_popups(self.system.db, self.clerk.number, Translator("zh")))


@pytest.fixture
async def pool(system: System, owner: Actor) -> Pool:
    done = await installer.install_app(system, owner, reader.find("order-pool"), with_records=False)
    app = (await system.catalogs.current()).app(done.app)
    clerk = await accounts.create_user(
        system, email="clerk@example.com", password="correct-horse-battery", name="客服"
    )
    async with system.db.transaction() as tx:
        await put_member(tx, app.number, clerk.number, "editor")
    return Pool(system, app, clerk, owner)


def _ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


async def test_a_second_order_of_a_phone_asks_whether_to_merge(pool: Pool) -> None:
    first = await pool.order(渠道来源="淘宝", 下单时间=_ago(hours=3))
    assert await pool.asked() == []
    await pool.order(客户手机号="13900000000")
    second = await pool.order(渠道来源="拼多多", 下单时间=_ago(minutes=1))
    (letter,) = await pool.asked()
    assert letter.title.startswith("疑似同一客户多渠道下单 DD")
    assert letter.text == f"手机号 {PHONE} 还有没发货的订单 1 条,要不要合并?"
    address = urlsplit(letter.url)
    assert address.path == f"/t/{pool.orders.id}"
    assert parse_qs(address.query)["merge"] == [f"{second},{first}"]


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        ({"下单时间": None}, 1),
        ({"下单时间": "two days"}, 0),
        ({"订单状态": "待支付"}, 1),
        ({"客户手机号": None}, 0),
    ],
)
async def test_what_it_counts_as_the_same_customer(pool: Pool, before: dict[str, Any], asked: int) -> None:
    if before.get("下单时间") == "two days":
        before = {"下单时间": _ago(days=2)}
    await pool.order(**before)
    await pool.order()
    assert len(await pool.asked()) == asked


async def test_an_order_without_a_phone_is_like_no_other(pool: Pool) -> None:
    await pool.order(客户手机号=None)
    await pool.order(客户手机号=None)
    assert await pool.asked() == []
    assert await pool.system.db.value("SELECT count(*) FROM meta.run") == 0


def _merges(app: App) -> tuple[AutomationDef, Step]:
    """The automation, and its step that offers to merge."""
    (found,) = (one.definition for one in app.automations if one.definition.name.startswith(NAME))
    return found, found.steps[-1]


async def test_export_and_import_keep_what_is_to_be_merged(pool: Pool, tmp_path: Path) -> None:
    exporter.write(await exporter.export_app(pool.system, pool.owner, pool.app.id), tmp_path / "pool")
    done = await installer.install_app(pool.system, pool.owner, reader.read(tmp_path / "pool"))
    pool.app = (await pool.system.catalogs.current()).app(done.app)
    pool.orders = next(table for table in pool.app.tables if table.name == "主订单池")
    async with pool.system.db.transaction() as tx:
        await put_member(tx, pool.app.number, pool.clerk.number, "editor")
    definition, step = _merges(pool.app)
    assert isinstance(step.config, Notify)
    assert step.config.merge == definition.steps[0].id
    first, second = await pool.order(), await pool.order()
    (letter,) = await pool.asked()
    assert letter.url == f"/t/{pool.orders.id}?merge={second},{first}"


async def test_a_copy_merges_what_its_own_step_finds(pool: Pool) -> None:
    (source,) = (one for one in pool.app.automations if one.definition.name == NAME)
    copy = await automation_versions.duplicate(pool.system, pool.owner, source.id, "")
    step = copy.definition.steps[-1]
    assert isinstance(step.config, Notify)
    assert step.config.merge == copy.definition.steps[0].id
    assert {one.id for one in copy.definition.steps}.isdisjoint(one.id for one in source.definition.steps)

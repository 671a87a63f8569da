"""State machine, validation and access hold on every path that writes: page, program, import, automation, undo, template.

Each path tries the same three wrongs on the same order pool: a move that is not allowed, a phone number that is none, and
a viewer who changes something. Nothing of it may be stored, whatever came that way.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from builder import automations, imports
from runtime import accounts
from runtime.access import Actor
from runtime.automations.engine import execute
from runtime.automations.relay import relay
from runtime.catalog import App, Table
from runtime.definitions.automations import AutomationDef, RecordCreated, RecordUpdated, Step, UpdateRecord
from runtime.definitions.values import Assignment, Literal_
from runtime.errors import HuobiaoError, InvalidDefinition, NotAllowed
from runtime.ids import parse_record_id
from runtime.records import read, write
from runtime.records.change import Change, NewRecord, Patch, Source
from runtime.system import System
from runtime.worker.jobs import run_job
from templates_market import installer, reader
from tests.support.web import PASSWORD, Browser, program
from ui.bootstrap import JOB_KINDS

PHONE = "13805716621"
BAD_PHONE = "1380571"
VIEWER, EDITOR = "viewer@example.com", "editor@example.com"


@dataclass
class Pool:
    """The installed order pool with one paid order, an editor and a viewer of its app."""

    system: System
    web: Litestar
    app: App
    orders: Table
    order: str
    editor: Actor
    viewer: Actor

    def key(self, name: str) -> str:
        return self.orders.field(name).id

    async def state(self) -> dict[str, Any]:
        fields = (await read.get(self.system, self.editor, self.order)).fields
        return {name: fields[self.key(name)] for name in ("订单状态", "客户手机号", "备注")}

    async def count(self) -> int:
        return await read.count(self.system, self.editor, self.orders.id, None)


@pytest.fixture
async def pool(app: Litestar, system: System, owner: accounts.Person) -> Pool:
    actor = await accounts.person_actor(system, owner.id)
    done = await installer.install_app(system, actor, reader.find("order-pool"), with_records=False)
    catalog = await system.catalogs.current()
    installed = catalog.app(done.app)
    orders = next(t for t in installed.tables if t.name == "主订单池")
    people = {}
    for email, role in ((EDITOR, "editor"), (VIEWER, "viewer")):
        person = await accounts.create_user(system, email=email, password=PASSWORD, name=role)
        await system.db.execute(
            "INSERT INTO meta.membership (app_id, person_id, role) VALUES ($1, $2, $3)",
            installed.number,
            person.number,
            role,
        )
        people[role] = await accounts.person_actor(system, person.id)
    change = Change(
        table=orders.id,
        actor=people["editor"],
        source=Source("api"),
        creates=(NewRecord({"客户手机号": PHONE, "订单状态": "已支付"}),),
    )
    order = (await write.apply(system, change)).results[0].id or ""
    return Pool(system, app, installed, orders, order, people["editor"], people["viewer"])


async def by_page(pool: Pool, email: str, fields: dict[str, Any]) -> None:
    """A cell edited in the browser: session cookie and CSRF token."""
    async with Browser(pool.web) as browser:
        await browser.sign_in(email, PASSWORD)
        await browser.open("/settings")
        records = [{"id": pool.order, "fields": fields}]
        body = {"records": records, "source": "ui"}
        await browser.call("PATCH", f"/api/v1/tables/{pool.orders.id}/records", body)


async def by_program(pool: Pool, email: str, fields: dict[str, Any]) -> None:
    """The API with a token."""
    async with await program(pool.web, email) as client:
        body = {"records": [{"id": pool.order, "fields": fields}]}
        answer = await client.patch(f"/api/v1/tables/{pool.orders.id}/records", json=body)
        assert answer.status_code in (403, 422), answer.text
        assert answer.json()["problems"] or answer.status_code == 403


async def by_import(pool: Pool, email: str, fields: dict[str, Any], run: bool = False) -> None:
    """A file, with states taken as rules say (not as history)."""
    actor = pool.editor if email == EDITOR else pool.viewer
    row = {"客户手机号": PHONE, **fields}
    row["订单状态"] = row.get("订单状态", "待支付")
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    try:
        draft = await imports.keep(
            pool.system, actor, pool.app.id, "a.csv", io.BytesIO(text.encode()), pool.orders.id
        )
        columns = tuple(imports.ColumnChoice(column=i, field=pool.key(name)) for i, name in enumerate(row))
        decision = imports.Decision(columns=columns, states_as_is=False, run_automations=run)
        await imports.start(pool.system, actor, draft.id, decision)
    except NotAllowed:
        return
    await run_job(pool.system, JOB_KINDS, draft.id)


async def by_automation(pool: Pool, email: str, fields: dict[str, Any]) -> None:
    """A step that sets the fields when the remark changes."""
    if email == VIEWER:
        with pytest.raises(NotAllowed):
            await _automation(pool, pool.viewer, fields)
        return
    owner = Actor(kind="person", id="usrSomeBuilder000", name="搭建者", person=1, everywhere="owner")
    try:
        await _automation(pool, owner, fields)
    except InvalidDefinition:
        return  # a fixed value that does not fit is refused when the automation is drawn
    change = Change(
        table=pool.orders.id,
        actor=pool.editor,
        source=Source("api"),
        updates=(Patch(pool.order, {"收货人": "触发"}),),
    )
    await write.apply(pool.system, change)
    relayed = await relay(pool.system)
    assert relayed.runs, "the change starts a run"
    for run in relayed.runs:
        await execute(pool.system, run)
    status = await pool.system.db.value("SELECT status FROM meta.run ORDER BY id DESC LIMIT 1")
    assert status == "failed"


async def _automation(pool: Pool, actor: Actor, fields: dict[str, Any]) -> None:
    sets = tuple(Assignment(pool.key(name), Literal_(value)) for name, value in fields.items())
    definition = AutomationDef(
        name="乱来",
        trigger=RecordUpdated(pool.orders.id, (pool.key("收货人"),)),
        steps=(Step("stpSet0000000000", UpdateRecord(sets), attempts=1),),
        enabled=True,
    )
    await automations.create(pool.system, actor, pool.app.id, definition)


async def by_undo(pool: Pool, email: str, fields: dict[str, Any]) -> None:
    """Taking back somebody's change (a viewer), or a move that has no way back (an editor)."""
    actor = pool.editor if email == EDITOR else pool.viewer
    last = await pool.system.db.value("SELECT max(change_id) FROM meta.history")
    if email == EDITOR:
        return  # nothing that undo could bring in is wrong in itself; the way back of a move is tested below
    with pytest.raises(HuobiaoError):
        await write.undo(pool.system, actor, last)


PATHS: dict[str, Callable[[Pool, str, dict[str, Any]], Awaitable[None]]] = {
    "page": by_page,
    "program": by_program,
    "import": by_import,
    "automation": by_automation,
    "undo": by_undo,
}
WRONGS = {
    "a move that is not allowed": (EDITOR, {"订单状态": "已完成"}),
    "a phone that is none": (EDITOR, {"客户手机号": BAD_PHONE}),
    "a viewer": (VIEWER, {"备注": "改过"}),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wrong", WRONGS)
async def test_nothing_wrong_is_stored_whatever_way_it_comes(pool: Pool, path: str, wrong: str) -> None:
    email, fields = WRONGS[wrong]
    before, count = await pool.state(), await pool.count()
    await PATHS[path](pool, email, fields)
    assert await pool.state() == before
    assert await pool.count() == count


async def test_a_move_without_a_way_back_cannot_be_undone_into_an_illegal_state(pool: Pool) -> None:
    change = Change(
        table=pool.orders.id,
        actor=pool.editor,
        source=Source("ui"),
        updates=(Patch(pool.order, {"订单状态": "审核中", "备注": "看过"}),),
    )
    moved = await write.apply(pool.system, change)
    shipped = Change(
        table=pool.orders.id,
        actor=pool.editor,
        source=Source("ui"),
        updates=(Patch(pool.order, {"订单状态": "已发货", "快递单号": "SF1400000000001"}),),
    )
    done = await write.apply(pool.system, shipped)
    assert done.stored == 1, done
    with pytest.raises(HuobiaoError, match=r"不能从「已发货」改成「审核中」|1 处"):
        await write.undo(pool.system, pool.editor, done.change_id)
    assert (await pool.state())["订单状态"] == "已发货"
    assert moved.stored == 1


# ---- one event per change, whatever way it comes ----


async def _listen(pool: Pool, trigger: Any, name: str) -> str:
    owner = Actor(kind="person", id="usrSomeBuilder000", name="搭建者", person=1, everywhere="owner")
    note = Assignment(pool.key("收货人"), Literal_("听到了"))
    definition = AutomationDef(
        name=name, trigger=trigger, steps=(Step("stpHear000000000", UpdateRecord((note,))),), enabled=True
    )
    return (await automations.create(pool.system, owner, pool.app.id, definition)).id


async def _heard(pool: Pool) -> list[int]:
    """Relay everything; the records of the runs that came of it."""
    while (await relay(pool.system)).events:
        pass
    rows = await pool.system.db.fetch(
        "UPDATE meta.run SET status = 'finished' WHERE status <> 'finished' AND definition ->> 'name' = ANY($1::text[])"
        " RETURNING id, record_id",
        ["备注改了", "新订单", "客户的订单变了", "订单的客户变了"],
    )
    return [row["record_id"] for row in sorted(rows, key=lambda row: int(row["id"]))]


async def _edit(pool: Pool, **change: Any) -> Any:
    base = Change(table=pool.orders.id, actor=pool.editor, source=Source("api"))
    return await write.apply(pool.system, msgspec.structs.replace(base, **change))


async def test_each_change_is_heard_once_whatever_way_it_comes(pool: Pool) -> None:
    await _heard(pool)
    await _listen(pool, RecordUpdated(pool.orders.id, (pool.key("备注"),)), "备注改了")
    await _listen(pool, RecordCreated(pool.orders.id), "新订单")
    row = parse_record_id(pool.order)[1]
    assert await _heard(pool) == []

    async with Browser(pool.web) as browser:  # a cell, then a paste over two of them
        await browser.sign_in(EDITOR, PASSWORD)
        await browser.open("/settings")
        path = f"/api/v1/tables/{pool.orders.id}/records"
        body = {"records": [{"id": pool.order, "fields": {"备注": "页面"}}], "source": "ui"}
        assert (await browser.call("PATCH", path, body)).status_code == 200
        assert await _heard(pool) == [row]
        other = (await _edit(pool, creates=(NewRecord({"客户手机号": PHONE}),))).results[0].id
        second = parse_record_id(other)[1]
        assert await _heard(pool) == [second]
        records = [{"id": one, "fields": {"备注": "贴上的"}} for one in (pool.order, other)]
        pasted = await browser.call("PATCH", path, {"records": records, "source": "ui", "typecast": True})
        assert pasted.status_code == 200
        assert sorted(await _heard(pool)) == sorted([row, second]), "every pasted row, not the first alone"
    async with await program(pool.web, EDITOR) as client:
        await client.patch(path, json={"records": [{"id": pool.order, "fields": {"备注": "程序"}}]})
    assert await _heard(pool) == [row]

    done = await _edit(pool, updates=(Patch(pool.order, {"备注": "要撤销"}),), source=Source("ui"))
    await write.undo(pool.system, pool.editor, done.change_id)
    assert await _heard(pool) == [row, row]

    before = await pool.count()
    await by_import(pool, EDITOR, {"备注": "导入的"}, run=True)
    assert await pool.count() == before + 1
    assert len(await _heard(pool)) == 1
    await by_import(pool, EDITOR, {"备注": "以前的"})
    assert await pool.count() == before + 2
    assert await _heard(pool) == [], "an import says whether automations are to hear of it"


async def test_links_and_what_is_computed_from_them_are_heard_of_both_records(pool: Pool) -> None:
    """A customer hears of an order that is linked to it, though nobody wrote the customer; once."""
    customers = next(t for t in pool.app.tables if t.name == "客户档案")
    link = pool.orders.field("关联客户档案")
    inverse = customers.by_id[getattr(link.config, "inverse", "")]
    base = Change(
        table=customers.id,
        actor=pool.editor,
        source=Source("api"),
        creates=(NewRecord({"客户手机号": PHONE}),),
    )
    customer = (await write.apply(pool.system, base)).results[0].id or ""
    owner = Actor(kind="person", id="usrSomeBuilder000", name="搭建者", person=1, everywhere="owner")
    definition = AutomationDef(
        name="客户的订单变了",
        trigger=RecordUpdated(customers.id, (inverse.id,)),
        steps=(
            Step("stpHear000000000", UpdateRecord((Assignment(customers.field("姓名").id, Literal_("李")),))),
        ),
        enabled=True,
    )
    await automations.create(pool.system, owner, pool.app.id, definition)
    await _listen(pool, RecordUpdated(pool.orders.id, (link.id,)), "订单的客户变了")
    order, person = parse_record_id(pool.order)[1], parse_record_id(customer)[1]
    await _edit(pool, updates=(Patch(pool.order, {link.id: []}),))
    await _heard(pool)
    await _edit(pool, updates=(Patch(pool.order, {link.id: [customer]}),))
    assert sorted(await _heard(pool)) == sorted([order, person])
    await write.apply(
        pool.system,
        Change(
            table=customers.id,
            actor=pool.editor,
            source=Source("api"),
            updates=(Patch(customer, {inverse.id: []}),),
        ),
    )
    assert sorted(await _heard(pool)) == sorted([order, person])

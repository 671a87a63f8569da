"""The storm: whatever people do to records, links and fields, in any order, no stored computed value is ever wrong.

A short one runs with the suite; ``HUOBIAO_TEST_STORM=200`` runs that many longer ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Awaitable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from builder import apps, fields, trash, undo
from builder.apps import AppPatch
from builder.wire import FieldPatch, FieldSpec
from runtime.access import Actor
from runtime.catalog import Table
from runtime.definitions.tables import AppDef
from runtime.errors import HuobiaoError
from runtime.ids import record_id
from runtime.records import write
from runtime.records.change import Change, NewRecord, Patch, Source
from runtime.records.checking import check
from runtime.records.refresh import Refresher
from runtime.settings import Settings
from runtime.system import System
from runtime.worker.jobs import run_job
from tests.builder.conftest import Desk, spec
from tests.conftest import SECRET_KEY
from tests.runtime.records.hammering import processes
from ui.bootstrap import JOB_KINDS, build

LONG = int(os.environ.get("HUOBIAO_TEST_STORM", "0"))
BY_HAND = Source("ui")
EXAMPLES, STEPS = (LONG, 60) if LONG else (10, 30)

_NEW_FIELDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("客户", "rollup", {"link": "订单", "fn": "sum", "field": "金额"}),
    (
        "客户",
        "rollup",
        {
            "link": "订单",
            "fn": "count",
            "where": {"kind": "condition", "field": "渠道", "op": "is", "value": "抖音"},
        },
    ),
    ("客户", "rollup", {"link": "订单", "fn": "max", "field": "加价"}),
    ("客户", "lookup", {"link": "订单", "field": "单号"}),
    (
        "客户",
        "rollup",
        {"fn": "count", "match": {"table": "订单", "pairs": [{"field": "单号", "near": "姓名"}]}},
    ),
    ("客户", "formula", {"source": "{总额}*{折扣}"}),
    ("客户", "formula", {"source": 'IF({总额}>100,{姓名}&"大",{姓名})'}),
    ("大区", "rollup", {"link": "客户", "fn": "sum", "field": "总额"}),
    ("大区", "lookup", {"link": "客户", "field": "姓名"}),
    ("订单", "lookup", {"link": "客户", "field": "姓名"}),
    ("订单", "lookup", {"link": "客户", "field": "总额"}),
    ("订单", "rollup", {"link": "后单", "fn": "sum", "field": "金额"}),
    ("订单", "formula", {"source": "{加价}+{金额}"}),
    ("订单", "formula", {"source": "{客户.姓名}&'/'&{单号}".replace("'", '"')}),
    ("订单", "formula", {"source": "{原单.金额}+{金额}"}),
    ("客户", "formula", {"source": "SUM({订单.金额})+{折扣}"}),
    ("大区", "formula", {"source": "SUM({客户.总额})*{系数}"}),
    ("订单", "formula", {"source": 'TEXT({修改时间},"yyyy-mm-dd hh:mm")&{渠道}'}),
)
_CHANGES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("订单", "金额", {"type": "text"}),
    ("订单", "金额", {"type": "number"}),
    ("订单", "金额", {"type": "currency"}),
    ("订单", "单号", {"type": "long_text"}),
    ("订单", "渠道", {"type": "text"}),
    ("订单", "渠道", {"type": "single_select"}),
    ("订单", "加价", {"options": {"source": "{金额}*3"}}),
    ("订单", "加价", {"options": {"source": "{金额}&\"元\""}}),
    ("订单", "加价", {"options": {"source": "{金额}+1"}}),
    ("客户", "总额", {"options": {"fn": "avg"}}),
    ("客户", "总额", {"options": {"fn": "count_filled"}}),
    ("客户", "总额", {"options": {"fn": "sum"}}),
    ("客户", "折扣", {"type": "text"}),
    ("客户", "折扣", {"type": "percent"}),
)  # fmt: skip


async def _draw(desk: Desk) -> None:
    """Regions have customers, customers have orders, orders follow one another."""
    regions = await desk.table("大区", spec("名称"), spec("系数", "number"))
    customers = await desk.table("客户", spec("姓名"), spec("折扣", "number"))
    choices = [{"name": "淘宝"}, {"name": "抖音"}]
    orders = await desk.table(
        "订单", spec("单号"), spec("金额", "number"), spec("渠道", "single_select", choices=choices),
        spec("修改时间", "updated_time"),
    )  # fmt: skip
    await desk.field(customers, "大区", "link", table="大区", many=False, two_way=True, inverse_name="客户")
    await desk.field(orders, "客户", "link", table="客户", many=False, two_way=True, inverse_name="订单")
    await desk.field(orders, "原单", "link", table="订单", many=False, two_way=True, inverse_name="后单")
    await desk.field(orders, "加价", "formula", source="{金额}+1")
    await desk.field(customers, "总额", "rollup", link="订单", fn="sum", field="金额")
    made = await desk.write(regions, *({"名称": f"大区{n}", "系数": n} for n in range(2)))
    await desk.write(customers, *({"姓名": f"客{n}", "折扣": n, "大区": [made[n % 2]]} for n in range(3)))


class Storm(RuleBasedStateMachine):
    """One app with three tables; every rule is something a person does."""

    system: System
    actor: Actor
    founder: Actor
    """Draws the tables; what somebody else has done is not undone."""
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.desk: Desk
        self.count = 0
        self.trail: list[str] = []

    def do(self, work: Awaitable[Any]) -> Any:
        """Run it; what is refused with words is fine, as long as nothing is wrong afterwards."""

        async def run() -> Any:
            try:
                answer = await work
                self.trail.append(f"{getattr(work, '__qualname__', '')} {getattr(answer, 'name', '')}")
                return answer
            except HuobiaoError as error:
                assert error.status < 500, error  # noqa: PT017 - whatever it was that was done
                return None

        return self.runner.run(run())

    def tables(self) -> dict[str, Table]:
        app = self.runner.run(self.desk.app())
        return {table.name: table for table in app.tables}

    def records(self, table: Table, where: str = "deleted_at IS NULL") -> list[str]:
        rows = self.runner.run(self.system.db.fetch(f"SELECT id FROM {table.sql} WHERE {where} ORDER BY id"))
        return [record_id(table.number, row["id"]) for row in rows]

    def some(self, of: list[str], chance: random.Random, most: int = 3) -> list[str]:
        return chance.sample(of, min(len(of), chance.randint(1, most))) if of else []

    def store(self, table: Table, **parts: Any) -> None:
        asked = Change(table=table.id, actor=self.actor, source=BY_HAND, **parts)
        self.do(write.apply(self.system, asked))

    @initialize()
    def draw(self) -> None:
        async def work() -> None:
            app = await apps.create(self.system, self.founder, AppDef("风暴"))
            self.desk = Desk(self.system, self.founder, app.id)
            await _draw(self.desk)

        self.runner.run(work())

    @rule(chance=st.randoms(use_true_random=False), count=st.integers(1, 12))
    def create(self, chance: random.Random, count: int) -> None:
        tables = self.tables()
        self.count += 1
        customers = self.records(tables["客户"])
        orders = self.records(tables["订单"])
        made = [
            {"单号": f"客{self.count}", "金额": chance.randrange(90), "渠道": chance.choice(("抖音", "淘宝")),
             "客户": chance.choice(customers) if customers else None, "原单": chance.choice(orders or [None])}
            for _ in range(count)
        ]  # fmt: skip
        self.store(tables["订单"], creates=tuple(NewRecord(one) for one in made), typecast=True)

    @rule(chance=st.randoms(use_true_random=False))
    def edit(self, chance: random.Random) -> None:
        table = self.tables()[chance.choice(("大区", "客户", "订单"))]
        values: Mapping[str, Any] = {
            "大区": {"名称": f"区{chance.randrange(9)}", "系数": chance.randrange(9)},
            "客户": {"姓名": f"客{chance.randrange(5)}", "折扣": chance.randrange(9)},
            "订单": {
                "金额": chance.choice((None, 5, 70)),
                "渠道": chance.choice(("抖音", "淘宝", None)),
                "单号": "客1",
            },
        }[table.name]
        some = dict(chance.sample(sorted(values.items()), chance.randint(1, len(values))))
        rows = self.some(self.records(table), chance)
        self.store(table, updates=tuple(Patch(row, some) for row in rows), typecast=True)

    @rule(chance=st.randoms(use_true_random=False))
    def relink(self, chance: random.Random) -> None:
        tables = self.tables()
        near, field, far = chance.choice(
            (("订单", "客户", "客户"), ("客户", "订单", "订单"), ("订单", "原单", "订单"), ("订单", "后单", "订单"),
             ("客户", "大区", "大区"), ("大区", "客户", "客户"))
        )  # fmt: skip
        targets = self.records(tables[far])
        many = field in ("订单", "后单") or near == "大区"
        new = self.some(targets, chance, 3 if many else 1) if chance.random() < 0.8 else []
        rows = self.some(self.records(tables[near]), chance, 2)
        self.store(tables[near], updates=tuple(Patch(row, {field: new}) for row in rows))

    @rule(chance=st.randoms(use_true_random=False))
    def delete_records(self, chance: random.Random) -> None:
        table = self.tables()[chance.choice(("大区", "客户", "订单", "订单"))]
        self.store(table, deletes=tuple(self.some(self.records(table), chance)))

    @rule(chance=st.randoms(use_true_random=False))
    def restore_records(self, chance: random.Random) -> None:
        table = self.tables()[chance.choice(("大区", "客户", "订单"))]
        rows = self.records(table, "deleted_at IS NOT NULL")
        self.store(table, restores=tuple(self.some(rows, chance, 9)))

    @rule()
    def undo_records(self) -> None:
        self.do(write.undo(self.system, self.actor))

    @rule(new=st.sampled_from(_NEW_FIELDS))
    def add_field(self, new: tuple[str, str, dict[str, Any]]) -> None:
        table, kind, options = new
        self.count += 1
        asked = FieldSpec(name=f"算{self.count}", type=kind, options=options)
        self.do(fields.create(self.system, self.actor, self.tables()[table].id, asked))

    @rule(change=st.sampled_from(_CHANGES))
    def change_field(self, change: tuple[str, str, dict[str, Any]]) -> None:
        table, name, patch = change
        field = self.tables()[table].by_name.get(name)
        if field is not None:
            self.do(fields.update(self.system, self.actor, field.id, FieldPatch(**patch)))

    @rule(chance=st.randoms(use_true_random=False))
    def delete_field(self, chance: random.Random) -> None:
        made = [
            one
            for table in self.tables().values()
            for one in table.fields
            if one.computed or one.type == "link"
        ]
        if made:
            field = chance.choice(made)
            self.do(fields.delete(self.system, self.actor, field.id, confirmed=True))

    @rule(chance=st.randoms(use_true_random=False))
    def restore_field(self, chance: random.Random) -> None:
        found = self.runner.run(trash.list_of(self.system, self.actor, self.desk.app_id))
        if found:
            self.do(trash.restore(self.system, self.actor, chance.choice(found).id))

    @rule()
    def undo_fields(self) -> None:
        self.do(undo.last(self.system, self.actor, self.desk.app_id))

    @rule(zone=st.sampled_from(("Asia/Shanghai", "America/New_York")))
    def move_to_another_zone(self, zone: str) -> None:
        self.do(apps.update(self.system, self.actor, self.desk.app_id, AppPatch(time_zone=zone)))

    @rule()
    def the_worker_does_a_little(self) -> None:
        self.runner.run(Refresher(self.system).step(lambda: False))

    @rule()
    def the_worker_converts(self) -> None:
        self.runner.run(self._convert())

    async def _convert(self) -> None:
        """Conversions that wait; one may be refused at its end, when something else was changed meanwhile."""
        rows = await self.system.db.fetch(
            "SELECT public_id FROM meta.job WHERE status IN ('queued', 'running')"
        )
        for row in rows:
            assert await run_job(self.system, JOB_KINDS, row["public_id"])
        assert await self.system.db.value("SELECT count(*) FROM meta.conversion") == 0

    @rule()
    def all_is_right(self) -> None:
        self.runner.run(self._settled())

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            try:
                self.all_is_right()
            finally:  # the next example is not to stumble over it
                self.runner.run(apps.delete(self.system, self.founder, self.desk.app_id))
                self.runner.run(self.system.db.execute("DELETE FROM meta.refresh"))

    async def _settled(self) -> None:
        await self._convert()
        await Refresher(self.system).drain()
        report = await check(self.system)
        catalog = await self.system.catalogs.current()
        wrong = [(d.table, d.field, d.count, catalog.field(d.field_id).config) for d in report.differences]
        assert wrong == [], self.trail
        assert await self.system.db.value("SELECT count(*) FROM meta.refresh") == 0


@pytest.fixture
def installation(
    module_database_url: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """One in which nearly everything is too large to be done at once."""
    return Settings(
        data_dir=tmp_path_factory.mktemp("storm"),
        database_url=module_database_url,
        redis_url=redis_address,
        secret_key=SECRET_KEY,
        refresh_at_once=2,
        large_table_rows=4,
    )


async def _owner(system: System, name: str) -> Actor:
    number = await system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash, is_owner) VALUES ($1, $2, $3, '-', true)"
        " RETURNING id",
        f"usr{name}{name}1234"[:17],
        f"{name}@example.com".lower(),
        name,
    )
    return Actor(kind="person", id=f"usr{name}{name}1234"[:17], name=name, person=number, everywhere="owner")


@pytest.mark.timeout(60 * LONG or 120)
def test_nothing_is_wrong_after_a_storm(installation: Settings) -> None:
    with asyncio.Runner() as runner:
        system = build(installation)
        runner.run(system.start())
        Storm.system, Storm.runner = system, runner
        Storm.actor, Storm.founder = (runner.run(_owner(system, name)) for name in ("Storm", "Draws"))
        try:
            run_state_machine_as_test(
                Storm,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                    print_blob=True,
                    database=None,
                ),
            )
        finally:
            runner.run(system.stop())


async def test_nothing_is_wrong_after_a_storm_of_several_at_once(installation: Settings) -> None:
    """Writers, somebody who changes fields, and workers, all at the same time."""
    async with processes(installation, 3) as systems:
        founder = await _owner(systems[0], "Found")
        app = await apps.create(systems[0], founder, AppDef("同时"))
        await _draw(Desk(systems[0], founder, app.id))
        over = asyncio.Event()
        workers = [asyncio.create_task(Refresher(one).run(over.is_set)) for one in systems[:2]]
        busy = [_write_at_random(systems[n % 3], founder, app.id, n) for n in range(6)]
        try:
            await asyncio.gather(*busy, _change_at_random(systems[2], founder, app.id))
        finally:
            over.set()
            await asyncio.gather(*workers)
        await Refresher(systems[0]).drain()
        report = await check(systems[0])
        assert [(d.table, d.field, d.count) for d in report.differences] == []
        assert report.values > 100


async def _write_at_random(system: System, actor: Actor, app_id: str, seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk(system, actor, app_id)
    for number in range(25):
        tables = {table.name: table for table in (await desk.app()).tables}
        ids = {
            name: [
                record_id(t.number, r["id"])
                for r in await system.db.fetch(f"SELECT id FROM {t.sql} ORDER BY id")
            ]
            for name, t in tables.items()
        }
        orders, customers = ids["订单"], ids["客户"]
        what = chance.choice(
            ("create", "create", "edit", "relink", "customer", "region", "delete", "restore")
        )
        table, parts = tables["订单"], dict[str, Any]()
        if what == "create" or not orders:
            new = {
                "单号": f"{seed}-{number}",
                "金额": chance.randrange(90),
                "客户": [chance.choice(customers)],
            }
            parts["creates"] = (NewRecord(new),) * chance.randint(1, 4)
        elif what == "edit":
            parts["updates"] = (Patch(chance.choice(orders), {"金额": chance.randrange(90)}),)
        elif what == "relink":
            link = chance.choice(("客户", "原单"))
            target = chance.choice(customers if link == "客户" else orders)
            parts["updates"] = (Patch(chance.choice(orders), {link: [target]}),)
        elif what == "customer":
            table = tables["客户"]
            new = {"姓名": f"客{number}", "大区": [chance.choice(ids["大区"])]}
            parts["updates"] = (Patch(chance.choice(customers), new),)
        elif what == "region":
            table = tables["大区"]
            parts["updates"] = (Patch(chance.choice(ids["大区"]), {"系数": number}),)
        else:
            parts["deletes" if what == "delete" else "restores"] = (chance.choice(orders),)
        with contextlib.suppress(HuobiaoError):
            await write.apply(system, Change(table=table.id, actor=actor, source=BY_HAND, **parts))


async def _change_at_random(system: System, actor: Actor, app_id: str) -> None:
    desk = Desk(system, actor, app_id)
    for number, (name, kind, options) in enumerate(_NEW_FIELDS):
        table = next(t for t in (await desk.app()).tables if t.name == name)
        with contextlib.suppress(HuobiaoError):
            field = await fields.create(
                system, actor, table.id, FieldSpec(name=f"算{number}", type=kind, options=options)
            )
            if number % 3 == 0:
                await fields.delete(system, actor, field.id, confirmed=True)
            if number % 6 == 0:
                await trash.restore(system, actor, field.id)

"""Several people at once: on one structure, and on a structure whose records are being written."""

from __future__ import annotations

import asyncio
import contextlib

from builder import fields, tables
from builder.tables import TableSpec
from builder.wire import FieldPatch
from runtime.errors import HuobiaoError
from runtime.events.live import Notice
from runtime.records import write
from runtime.records.change import Change, NewRecord
from tests.builder.conftest import API, Desk, spec


async def test_two_people_add_fields_to_one_table_at_once(desk: Desk) -> None:
    table = await desk.table("表")
    made = await asyncio.gather(*(desk.field(table, f"字段{n}", "number") for n in range(8)))
    now = await desk.again(table)
    assert {f.name for f in now.fields} == {"名称", *(f.name for f in made)}
    positions = [f.position for f in now.fields]
    assert len(set(positions)) == len(positions)


async def test_one_name_is_given_once(desk: Desk) -> None:
    results = await asyncio.gather(
        *(tables.create(desk.system, desk.owner, desk.app_id, TableSpec(name="客户")) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(1 for r in results if isinstance(r, HuobiaoError)) == 3
    assert [t.name for t in (await desk.app()).tables] == ["客户"]


async def test_records_are_written_while_the_structure_changes(desk: Desk) -> None:
    """Every record that was acknowledged is there, whatever became of its table's fields in between."""
    table = await desk.table("表", spec("名称"), spec("数量"))
    done = asyncio.Event()
    progress = asyncio.Condition()
    written: list[str] = []
    failures: list[BaseException] = []

    async def writer(number: int) -> None:
        count = 0
        while not done.is_set():
            count += 1
            change = Change(
                table=table.id, actor=desk.owner, source=API,
                creates=(NewRecord({"名称": f"{number}-{count}", "数量": str(count)}),),
            )  # fmt: skip
            try:
                outcome = await write.apply(desk.system, change)
            except HuobiaoError as error:
                failures.append(error)
                continue
            async with progress:
                written.extend(r.id for r in outcome.results if r.id and not r.problems)
                progress.notify_all()

    writers = [asyncio.create_task(writer(n)) for n in range(3)]
    field = table.field("数量")
    for kind in ("number", "text", "single_select", "text"):
        wanted = len(written) + (0 if kind == "text" else 5)
        async with progress:
            await progress.wait_for(lambda wanted=wanted: len(written) >= wanted)  # type: ignore[misc]
        await fields.update(desk.system, desk.owner, field.id, FieldPatch(type=kind))
        extra = await desk.field(table, f"加 {kind}", "checkbox")
        await fields.delete(desk.system, desk.owner, extra.id)
    done.set()
    await asyncio.gather(*writers)
    count = await desk.system.db.value(f"SELECT count(*) FROM {table.sql}")
    assert count == len(written) >= 10
    assert not failures


async def test_open_browsers_hear_of_it_after_the_commit(desk: Desk) -> None:
    table = await desk.table("表")
    heard: list[Notice] = []
    publish = desk.system.live.publish

    async def listen(notice: Notice) -> None:
        heard.append(notice)
        await publish(notice)

    desk.system.live.publish = listen  # type: ignore[method-assign]
    await desk.field(table, "电话", "phone")
    assert [(n.topic, n.kind) for n in heard] == [(table.id, "schema")]
    heard.clear()
    with contextlib.suppress(HuobiaoError):
        await desk.field(table, "电话", "phone")
    assert heard == []

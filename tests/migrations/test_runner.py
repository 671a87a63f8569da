"""Migrations: applied once, by whoever comes first, to exactly the schema the models describe."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import asyncpg
import pytest
from piccolo.columns import Column

from migrations.new import new_migration
from migrations.runner import migrate
from migrations.state import pending
from runtime.errors import ServiceUnavailable
from runtime.storage.meta import TABLES


async def test_an_empty_database_is_brought_up_to_date_once(empty_database_url: str) -> None:
    waiting = await pending(empty_database_url)
    assert waiting
    assert await migrate(empty_database_url) == waiting
    assert await pending(empty_database_url) == []
    assert await migrate(empty_database_url) == []


async def test_two_processes_that_start_at_once_do_not_disturb_each_other(empty_database_url: str) -> None:
    command = "from migrations.runner import migrate; print(len(asyncio.run(migrate(sys.argv[1]))))"
    command = f"import asyncio, sys; {command}"
    both = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", command, empty_database_url, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    outputs = [(await process.communicate())[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    applied = [int(output.splitlines()[-1]) for output in outputs]
    assert sorted(bool(count) for count in applied) == [False, True]


async def test_the_migrations_make_the_tables_that_the_models_describe(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'meta'"
    )
    await connection.close()
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], set()).add(row["column_name"])
    for table in TABLES:
        columns: list[Column] = table._meta.columns
        assert {column._meta.db_column_name for column in columns} == found.get(table._meta.tablename), (
            table.__name__
        )


async def test_an_unreachable_database_is_said_in_one_sentence() -> None:
    with pytest.raises(ServiceUnavailable, match="连不上数据库"):
        await migrate("postgresql://nobody@127.0.0.1:1/none")


def test_a_new_migration_takes_the_next_number_and_comes_last(tmp_path: Path) -> None:
    first = new_migration("Add colours to views", tmp_path)
    second = new_migration("Index: by day", tmp_path)
    assert [first.name, second.name] == [
        "huobiao_0001_add_colours_to_views.py",
        "huobiao_0002_index_by_day.py",
    ]
    ids = [re.search(r'^ID = "(.+)"$', file.read_text(), re.M).group(1) for file in (first, second)]  # type: ignore[union-attr]
    assert ids == sorted(ids)
    for file in (first, second):
        compile(file.read_text(), file.name, "exec")

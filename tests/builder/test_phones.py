"""Phone fields as people use them: a country of their own, and found by digits however they are spaced."""

from __future__ import annotations

import pytest

from runtime.definitions.queries import Condition, Query
from runtime.errors import InvalidDefinition
from runtime.records import read
from tests.builder.conftest import Desk, spec


async def test_numbers_are_found_by_their_digits(desk: Desk) -> None:
    table = await desk.table(
        "客户",
        spec("姓名"),
        spec("电话", "phone", format="international", country="gb"),
        spec("手机", "phone"),
    )
    assert table.field("电话").config.country == "GB"  # type: ignore[union-attr]
    rows = [{"姓名": "a", "电话": "020 7946 0958"}, {"姓名": "b", "电话": "+86 138 0571 6621"}]
    await desk.write(table, *rows, {"姓名": "c", "手机": "13900001111"})
    assert await desk.rows(table, "电话") == ["+442079460958", "+8613805716621", None]

    async def found(query: Query) -> list[str]:
        page = await read.page(desk.system, desk.owner, table.id, query)
        return [record.fields[table.field("姓名").id] for record in page.records]

    for text, names in (("138-0571", ["b"]), ("020 7946", ["a"]), ("139 0000", ["c"]), ("+44", ["a"])):
        assert await found(Query(search=text)) == names
    where = Condition(table.field("电话").id, "contains", "138 0571")
    assert await found(Query(where=where)) == ["b"]
    where = Condition(table.field("手机").id, "ends_with", "1-111")
    assert await found(Query(where=where)) == ["c"]


async def test_a_country_that_is_none_is_refused(desk: Desk) -> None:
    table = await desk.table("客户")
    with pytest.raises(InvalidDefinition) as refused:
        await desk.field(table, "电话", "phone", format="international", country="XX")
    assert [problem.path for problem in refused.value.problems] == ["options.country"]

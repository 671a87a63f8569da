"""What formulas ask of the record itself, and the record's id worked out by PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from piccolo.querystring import QueryString

from runtime.formulas import check, evaluate
from runtime.ids import record_id, record_id_sql
from tests.runtime.formulas.bench import Bench


@pytest.mark.parametrize(("table", "row"), [(1, 1), (7, 123_456), (1023, 2**40 + 5), (2**29, 2**50 - 1)])
def test_postgresql_names_a_record_as_everything_else_does(bench: Bench, table: int, row: int) -> None:
    found = bench.fetch(
        QueryString(f"SELECT {record_id_sql(table, 't.id')} AS id FROM (SELECT {{}}::bigint AS id) t", row)
    )
    assert found[0]["id"] == record_id(table, row)


def test_the_record_is_asked_in_both_back_ends(bench: Bench) -> None:
    row = {
        "$record_id": record_id(3, 9), "$created_time": datetime(2026, 1, 15, 10, 0, tzinfo=UTC), "$created_by": "王芳",
    }  # fmt: skip
    source = 'CREATED_BY() & " " & TEXT(CREATED_TIME(), "yyyy-mm-dd hh:mm") & " " & RECORD_ID()'
    assert bench.both(source, {}, [row]) == [f"王芳 2026-01-15 18:00 {record_id(3, 9)}"]


def test_they_are_no_fields() -> None:
    checked = check("CREATED_TIME()", {})
    assert checked.fields == frozenset()
    assert checked.record_parts == {"$created_time"}
    assert evaluate(checked, {}) is None

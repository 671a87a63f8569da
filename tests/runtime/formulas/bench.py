"""Runs a formula in both back ends and holds them to the same answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from piccolo.querystring import QueryString

from runtime.formulas import (
    RECORD_PARTS,
    CheckedFormula,
    FieldInfo,
    FormulaError,
    ValueType,
    check,
    compile_sql,
    evaluate,
)

ZONE = "Asia/Shanghai"
NOW = datetime(2026, 1, 15, 2, 24, 36, 500_000, tzinfo=UTC)
COLUMN_TYPES = {
    ValueType.NUMBER: "numeric",
    ValueType.TEXT: "text",
    ValueType.BOOLEAN: "boolean",
    ValueType.DATE: "date",
    ValueType.DATETIME: "timestamptz",
    ValueType.LIST: "text[]",
}


class Bench:
    """A connection to PostgreSQL used from ordinary (not async) tests."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._connection = self._run(asyncpg.connect(url, statement_cache_size=0))
        self.execute("SET statement_timeout = '20s'")

    def _run(self, coroutine: Any) -> Any:
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        """End the connection."""
        self._run(self._connection.close())
        self._loop.close()

    def execute(self, sql: str) -> None:
        """Run a statement."""
        self._run(self._connection.execute(sql))

    def fetch(self, query: QueryString) -> list[Any]:
        """The rows of a query."""
        sql, values = query.compile_string()
        return list(self._run(self._connection.fetch(sql, *values)))

    def in_sql(
        self,
        checked: CheckedFormula,
        fields: Mapping[str, FieldInfo],
        rows: Sequence[Mapping[str, Any]],
        zone: str = ZONE,
    ) -> list[Any]:
        """The formula's values for ``rows``, computed by PostgreSQL in one statement."""
        fields = dict(fields) | {part: FieldInfo(part, RECORD_PARTS[part]) for part in checked.record_parts}
        failing = {name for row in rows for name, value in row.items() if isinstance(value, FormulaError)}
        compiled = compile_sql(
            checked,
            lambda id_: f't."{id_}"',
            errors=lambda id_: f't."{id_}_e"' if id_ in failing else None,
            zone=zone,
            now=NOW,
        )
        cells: list[QueryString] = []
        for row in rows:
            for name, info in fields.items():
                value = row.get(name)
                error = value.code if isinstance(value, FormulaError) else None
                cells.append(QueryString(f"{{}}::{COLUMN_TYPES[info.type]}", None if error else value))
                cells.append(QueryString("{}::text", error))
        places = ["{}"] * 2 * len(fields)
        records = ", ".join(f"({', '.join([str(index), *places])})" for index in range(len(rows)))
        columns = ", ".join(['"row"', *(f'"{name}", "{name}_e"' for name in fields)])
        query = QueryString(
            "SELECT v.value, v.error, {} AS value_alone, {} AS error_alone"
            f' FROM (VALUES {records}) AS t({columns}) CROSS JOIN LATERAL {{}} AS v(value, error) ORDER BY t."row"',
            compiled.value,
            compiled.error,
            *cells,
            compiled.both,
        )
        answers = []
        for row in self.fetch(query):
            assert row["value"] == row["value_alone"]
            assert row["error"] == row["error_alone"]
            assert compiled.can_fail or row["error"] is None
            answers.append(FormulaError(row["error"]) if row["error"] else row["value"])
        return answers

    def both(
        self,
        source: str,
        fields: Mapping[str, FieldInfo],
        rows: Sequence[Mapping[str, Any]],
        zone: str = ZONE,
    ) -> list[Any]:
        """The formula's values for ``rows``; fails when the two back ends differ."""
        checked = check(source, fields)
        meaning = [evaluate(checked, row, now=NOW, zone=ZoneInfo(zone)) for row in rows]
        answers = self.in_sql(checked, fields, rows, zone)
        for row, meant, answer in zip(rows, meaning, answers, strict=True):
            assert same(meant, answer), (
                f"{source}\n  for {dict(row)}\n  Python {meant!r}\n  SQL    {answer!r}"
            )
        return meaning

    def value(self, source: str, values: Mapping[str, Any] | None = None) -> Any:
        """The value of a formula over JSON-like values, the same in both back ends."""
        fields = {name: FieldInfo(name, type_of(value)) for name, value in (values or {}).items()}
        return self.both(source, fields, [values or {}])[0]


def same(left: Any, right: Any) -> bool:
    """Equal in value and kind."""
    return type(left) is type(right) and bool(left == right)


def type_of(value: Any) -> ValueType:
    """The type a test's value stands for."""
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    if isinstance(value, int | float | Decimal):
        return ValueType.NUMBER
    if isinstance(value, datetime):
        return ValueType.DATETIME
    if hasattr(value, "year"):
        return ValueType.DATE
    return ValueType.LIST if isinstance(value, list) else ValueType.TEXT

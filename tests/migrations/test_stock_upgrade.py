"""An older stock ledger is brought along: what was there before begins it, what lines hold is known, the database holds on."""

from __future__ import annotations

import asyncpg
import pytest

from migrations.versions import huobiao_0001_initial as initial
from migrations.versions import huobiao_0008_stock as stock

OLD = """
CREATE TABLE data.t1 (id bigint PRIMARY KEY, deleted_at timestamptz, f2 numeric, f3 numeric);
INSERT INTO data.t1 VALUES (1, NULL, 8, 2), (2, NULL, 5, NULL), (3, NULL, NULL, NULL);
INSERT INTO meta.definition (id, public_id, kind, app_id, body) VALUES
    (9, 'appA', 'app', NULL, '{}'), (1, 'tblA', 'table', 9, '{}'), (2, 'fldA', 'field', 9, '{}'), (3, 'fldB', 'field', 9, '{}'),
    (4, 'stkA', 'stock', 9, '{"stock_table": "tblA", "on_hand": "fldA", "reserved": "fldB"}');
INSERT INTO meta.stock_movement (stock_id, stock_record, line_record, order_record, kind, quantity, on_hand_after,
    reserved_after, actor_kind, actor_id) VALUES
    (4, 1, 7, 6, 'reserve', 3, 10, 3, 'person', 'x'), (4, 1, 7, 6, 'release', 1, 10, 2, 'person', 'x'),
    (4, 1, NULL, NULL, 'adjust', -2, 8, 2, 'person', 'x')
"""


async def test_an_older_ledger_is_brought_along(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute("CREATE SCHEMA IF NOT EXISTS meta")
        for statement in initial._split(initial.STATEMENTS):
            await connection.execute(statement)
        await connection.execute(OLD)
        async with connection.transaction():
            for statement in stock.STATEMENTS:
                await connection.execute(statement)
        rows = await connection.fetch(
            "SELECT stock_record, number, kind, on_hand_delta, on_hand_after, reserved_after FROM meta.stock_movement"
            " ORDER BY stock_record, number"
        )
        assert [tuple(row) for row in rows] == [
            (1, 0, "opening", 10, 10, 0),
            (1, 1, "reserve", 0, 10, 3),
            (1, 2, "release", 0, 10, 2),
            (1, 3, "adjust", -2, 8, 2),
            (2, 1, "opening", 5, 5, 0),
        ]
        held = await connection.fetch(
            "SELECT line_record, stock_record, order_record, held FROM meta.stock_hold"
        )
        assert [tuple(row) for row in held] == [(7, 1, 6, 2)]
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute("UPDATE data.t1 SET f2 = 9 WHERE id = 2")
        await connection.execute("UPDATE data.t1 SET deleted_at = now() WHERE id = 3")
    finally:
        await connection.close()

"""Selects with a state machine get a column "in this state since", filled from the history. Only adds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T01:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "since when records are in their states"

STATEMENTS = (
    """
DO $body$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT f.id, f.public_id, f.table_id FROM meta.definition f
        WHERE f.kind = 'field' AND f.deleted_at IS NULL AND f.body -> 'config' ->> 'type' = 'single_select'
        AND jsonb_typeof(f.body -> 'config' -> 'machine') = 'object'
        AND to_regclass('data.t' || f.table_id) IS NOT NULL
    LOOP
        EXECUTE format('ALTER TABLE data.%I ADD COLUMN IF NOT EXISTS %I timestamptz',
            't' || one.table_id, 'f' || one.id || '_since');
        EXECUTE format('UPDATE data.%1$I t SET %3$I = coalesce(h.at, t.created_at) FROM data.%1$I b'
            ' LEFT JOIN (SELECT record_id, max(at) AS at FROM meta.history WHERE table_id = $1'
            ' AND action IN (''create'', ''update'') AND after ? $2 GROUP BY 1) h ON h.record_id = b.id'
            ' WHERE b.id = t.id AND t.%2$I IS NOT NULL AND t.%3$I IS NULL',
            't' || one.table_id, 'f' || one.id, 'f' || one.id || '_since') USING one.table_id, one.public_id;
    END LOOP;
END $body$""",
    "UPDATE meta.catalog_state SET version = version + 1",
)


async def forwards() -> MigrationManager:
    """Applied by :mod:`migrations.runner`, in one transaction with the others that are outstanding."""
    manager = MigrationManager(migration_id=ID, app_name="huobiao", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None  # noqa: S101 - the runner always provides one
        for statement in STATEMENTS:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager

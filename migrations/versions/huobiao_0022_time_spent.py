"""Selects with a state machine get a column with the time records spent in each state. Only adds.

Records that are there are counted by the scheduler, in batches (``runtime.records.stays``); until then it is NULL.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T08:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "time spent in states"

STATEMENTS = (
    """
CREATE TABLE meta.state_count (
    field_id integer PRIMARY KEY,
    cursor bigint NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT now()
)""",
    """
DO $body$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT f.id, f.table_id FROM meta.definition f
        WHERE f.kind = 'field' AND f.deleted_at IS NULL AND f.body -> 'config' ->> 'type' = 'single_select'
        AND jsonb_typeof(f.body -> 'config' -> 'machine') = 'object'
        AND to_regclass('data.t' || f.table_id) IS NOT NULL
    LOOP
        EXECUTE format('ALTER TABLE data.%I ADD COLUMN IF NOT EXISTS %I jsonb',
            't' || one.table_id, 'f' || one.id || '_spent');
        EXECUTE format('ALTER TABLE data.%I ALTER COLUMN %I SET DEFAULT ''{}''',
            't' || one.table_id, 'f' || one.id || '_spent');
        INSERT INTO meta.state_count (field_id) VALUES (one.id);
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

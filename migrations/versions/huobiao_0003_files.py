"""Files that people attach to records. Only adds; never imports today's models."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T21:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "files"

STATEMENTS = (
    """
CREATE TABLE meta.file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    app_id integer NOT NULL,
    table_id integer NOT NULL,
    field_id integer NOT NULL,
    name text NOT NULL,
    size bigint NOT NULL,
    media_type text NOT NULL,
    sha256 text NOT NULL,
    width integer,
    height integer,
    store text NOT NULL CHECK (store IN ('disk', 's3')),
    key text NOT NULL,
    uploaded_by text NOT NULL,
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    attached_at timestamptz,
    loose_at timestamptz,
    deleted_at timestamptz
)""",
    "CREATE INDEX ON meta.file (app_id)",
    "CREATE INDEX ON meta.file (loose_at) WHERE loose_at IS NOT NULL",
    "CREATE INDEX ON meta.file (deleted_at) WHERE deleted_at IS NOT NULL",
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

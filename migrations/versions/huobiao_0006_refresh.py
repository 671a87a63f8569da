"""What is left to the worker: computed values of many records, and changes of a field's type. Only adds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T22:06:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "refresh tasks"

STATEMENTS = (
    """
CREATE TABLE meta.refresh (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field_id integer NOT NULL,
    table_id integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('all', 'rows', 'behind')),
    members bigint[] NOT NULL DEFAULT '{}',
    cursor bigint NOT NULL DEFAULT 0,
    far_cursor bigint NOT NULL DEFAULT 0,
    done bigint NOT NULL DEFAULT 0,
    total bigint,
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running')),
    begun boolean NOT NULL DEFAULT false,
    failures integer NOT NULL DEFAULT 0,
    error text,
    not_before timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    worked_at timestamptz NOT NULL DEFAULT now(),
    lease_owner text,
    lease_until timestamptz
)""",
    "CREATE INDEX refresh_of_table ON meta.refresh (table_id, field_id)",
    # who converts a field in the background hears by this of rows that are written meanwhile
    """
CREATE FUNCTION meta.note_row() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    EXECUTE format('INSERT INTO data.%I (id) VALUES ($1)', TG_ARGV[0]) USING NEW.id;
    RETURN NULL;
END $body$""",
    """
CREATE TABLE meta.conversion (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id bigint NOT NULL UNIQUE,
    field_id integer NOT NULL,
    table_id integer NOT NULL,
    shadow integer NOT NULL,
    config jsonb,
    cursor bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
)""",
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

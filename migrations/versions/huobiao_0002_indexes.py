"""Indexes that the product makes by itself, and the use that asks for them. Only adds; never imports today's models."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T18:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes made by use"

STATEMENTS = (
    """
CREATE TABLE meta.table_index (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_id integer NOT NULL,
    columns text[] NOT NULL,
    hashed boolean NOT NULL DEFAULT false,
    wanted_by text[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'building', 'ready', 'failed')),
    error text,
    pinned boolean NOT NULL DEFAULT false,
    wanted_at timestamptz NOT NULL DEFAULT now(),
    tried_at timestamptz,
    ready_at timestamptz,
    UNIQUE (table_id, columns, hashed)
)""",
    """
CREATE TABLE meta.query_use (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_id integer NOT NULL,
    shape jsonb NOT NULL,
    times bigint NOT NULL DEFAULT 0,
    seconds double precision NOT NULL DEFAULT 0,
    last_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (table_id, shape)
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

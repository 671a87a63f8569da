"""People's notices; a limit and a pause for each connector. Only adds; never imports today's models."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T01:09:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "notices of people, limit and pause of connectors"

STATEMENTS = (
    """
CREATE TABLE meta.notice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    key text NOT NULL,
    person_id integer NOT NULL,
    app_id integer,
    title jsonb NOT NULL,
    text jsonb NOT NULL,
    url text NOT NULL DEFAULT '',
    popup boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    read_at timestamptz,
    UNIQUE (person_id, key)
)""",
    "CREATE INDEX notice_of_person ON meta.notice (person_id, id DESC)",
    "CREATE INDEX notice_unread ON meta.notice (person_id) WHERE read_at IS NULL",
    "CREATE INDEX notice_age ON meta.notice (created_at)",
    # per_minute: null keeps the limit of the connector's kind
    """
ALTER TABLE meta.connector
    ADD COLUMN per_minute integer CHECK (per_minute BETWEEN 1 AND 6000),
    ADD COLUMN paused_at timestamptz,
    ADD COLUMN paused_by text""",
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

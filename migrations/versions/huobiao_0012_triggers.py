"""What triggers remember: which records meet a condition, how far the clock was looked at, addresses of webhooks. Only adds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T01:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "memory of triggers"

STATEMENTS = (
    """
CREATE TABLE meta.meeting (
    automation_id integer NOT NULL,
    record_id bigint NOT NULL,
    PRIMARY KEY (automation_id, record_id)
)""",
    # what an automation waits for, and up to when it was looked for; of another spec it is begun anew
    """
CREATE TABLE meta.watch (
    automation_id integer PRIMARY KEY,
    spec text NOT NULL,
    since timestamptz NOT NULL,
    done_until timestamptz NOT NULL,
    next_at timestamptz,
    error jsonb
)""",
    """
CREATE TABLE meta.hook (
    automation_id integer PRIMARY KEY,
    secret_hash text NOT NULL UNIQUE,
    hint text NOT NULL,
    signing text NOT NULL DEFAULT '',
    made_at timestamptz NOT NULL DEFAULT now(),
    waiting_until timestamptz,
    sample jsonb,
    sample_at timestamptz,
    taken bigint NOT NULL DEFAULT 0,
    taken_at timestamptz,
    repeated bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    refused_at timestamptz,
    refusal text
)""",
    # quiet: a definition changed, no record did; depth: how many automations led to it
    """
ALTER TABLE meta.refresh
    ADD COLUMN quiet boolean NOT NULL DEFAULT false,
    ADD COLUMN depth integer NOT NULL DEFAULT 0""",
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

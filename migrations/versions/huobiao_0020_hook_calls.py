"""Signed calls of webhooks that were taken, so that a recorded one cannot be played again. Only adds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T04:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "signed calls of webhooks"

STATEMENTS = (
    """
CREATE TABLE meta.hook_call (
    automation_id integer NOT NULL,
    signature text NOT NULL,
    run text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (automation_id, signature)
)""",
    "CREATE INDEX hook_call_at ON meta.hook_call (at)",
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

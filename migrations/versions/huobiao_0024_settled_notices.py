"""Notices that several people got say who has seen to them. Only adds; never imports today's models."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T12:24:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "who has seen to a notice"

STATEMENTS = (
    """
ALTER TABLE meta.notice
    ADD COLUMN settled_at timestamptz,
    ADD COLUMN settled_by integer,
    ADD COLUMN settled_how text CHECK (settled_how IN ('kept', 'merged', 'done'))""",
    "CREATE INDEX notice_key ON meta.notice (key)",
    'CREATE INDEX notice_asking ON meta.notice ((left(url, 40)) COLLATE "C") WHERE popup AND settled_at IS NULL',
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

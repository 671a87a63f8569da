"""Revisions of automations' drafts are counted for all of them together, so that no two drafts ever share one. Only adds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T04:42:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "revisions of drafts that no other draft has had"

STATEMENTS = (
    "CREATE SEQUENCE meta.automation_draft_revision AS integer",
    "SELECT setval('meta.automation_draft_revision', coalesce(max(revision), 0) + 1) FROM meta.automation_draft",
    "ALTER TABLE meta.automation_draft ALTER COLUMN revision SET DEFAULT nextval('meta.automation_draft_revision')",
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

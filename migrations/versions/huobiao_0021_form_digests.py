"""What a submission of a form said, as a digest, so that another one under its key is noticed. Only adds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T08:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "digests of form submissions"

STATEMENTS = ("ALTER TABLE meta.form_submission ADD COLUMN digest text",)


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

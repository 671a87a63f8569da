"""What was asked under the key of a receipt, an adjustment or a count, and what was answered; older keys live on.
And which runs of an automation are under way for a record."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T04:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys of stock work with what was asked under them; turns of runs"

STATEMENTS = (
    """
CREATE TABLE meta.stock_request (
    stock_id integer NOT NULL,
    key text NOT NULL,
    digest text NOT NULL,
    answer jsonb,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stock_id, key)
)""",
    # what was asked under a key of before is not known: it is taken, whatever is asked under it now
    """
INSERT INTO meta.stock_request (stock_id, key, digest, at)
SELECT stock_id, regexp_replace(key, '/[0-9]+$', ''), '', min(at) FROM meta.stock_movement
WHERE key IS NOT NULL GROUP BY 1, 2""",
    # runs of one automation for one record go one after the other
    "CREATE INDEX run_turn ON meta.run (automation_id, record_id)"
    " WHERE status IN ('queued', 'running', 'waiting') AND record_id IS NOT NULL",
    "CREATE INDEX run_next ON meta.run (automation_id, record_id) WHERE waits = 'turn'",
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

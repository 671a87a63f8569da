"""Addresses of forms, and their submissions. Only adds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T04:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "forms"

STATEMENTS = (
    """
CREATE TABLE meta.form (
    form_id integer PRIMARY KEY,
    secret_hash text NOT NULL UNIQUE,
    secret text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    made_at timestamptz NOT NULL DEFAULT now(),
    submitted bigint NOT NULL DEFAULT 0,
    submitted_at timestamptz
)""",
    """
CREATE TABLE meta.form_submission (
    id bigserial PRIMARY KEY,
    form_id integer NOT NULL,
    key text NOT NULL,
    person_id integer,
    table_id integer NOT NULL,
    record_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (form_id, key)
)""",
    """
CREATE INDEX form_submission_person ON meta.form_submission (form_id, person_id) WHERE person_id IS NOT NULL""",
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

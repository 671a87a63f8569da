"""Notes of the records whose pairs are written while a link is being turned into something else. Only adds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T02:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "notes of written links"

STATEMENTS = (
    # arguments: the table of notes, the column of the join table that names the record
    """
CREATE FUNCTION meta.note_pair() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        EXECUTE format('INSERT INTO data.%I (id) SELECT ($1).%I', TG_ARGV[0], TG_ARGV[1]) USING OLD;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        EXECUTE format('INSERT INTO data.%I (id) SELECT ($1).%I', TG_ARGV[0], TG_ARGV[1]) USING NEW;
    END IF;
    RETURN NULL;
END $body$""",
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

"""Versions and drafts of automations, pauses, what their owners are told, days of runs, waits and loops. Only adds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T01:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "automations: versions, drafts, pauses, waits"

STATEMENTS = (
    """
CREATE TABLE meta.automation_version (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    automation_id integer NOT NULL,
    number integer NOT NULL,
    definition_version integer NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    person_id integer,
    note text NOT NULL DEFAULT '',
    UNIQUE (automation_id, number)
)""",
    """
CREATE TABLE meta.automation_draft (
    automation_id integer PRIMARY KEY,
    body jsonb NOT NULL,
    base integer NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    at timestamptz NOT NULL DEFAULT now(),
    person_id integer
)""",
    # whatever writes a definition (builder, template, undo), what runs has a version
    """
CREATE FUNCTION meta.keep_automation_version() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    newest meta.automation_version%ROWTYPE;
BEGIN
    IF jsonb_array_length(coalesce(NEW.body -> 'steps', '[]'::jsonb)) = 0 THEN
        RETURN NULL;
    END IF;
    SELECT * INTO newest FROM meta.automation_version WHERE automation_id = NEW.id ORDER BY number DESC LIMIT 1;
    IF newest.body -> 'steps' = NEW.body -> 'steps' AND newest.body -> 'trigger' = NEW.body -> 'trigger' THEN
        RETURN NULL;
    END IF;
    INSERT INTO meta.automation_version (automation_id, number, definition_version, body, person_id, note) VALUES (
        NEW.id, coalesce(newest.number, 0) + 1, NEW.version, NEW.body,
        nullif(current_setting('huobiao.person', true), '')::integer,
        coalesce(current_setting('huobiao.note', true), ''));
    RETURN NULL;
END $body$""",
    """
CREATE TRIGGER keep_automation_version AFTER INSERT OR UPDATE OF body ON meta.definition
FOR EACH ROW WHEN (NEW.kind = 'automation') EXECUTE FUNCTION meta.keep_automation_version()""",
    """
CREATE FUNCTION meta.forget_automation() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    DELETE FROM meta.automation_version WHERE automation_id = OLD.id;
    DELETE FROM meta.automation_draft WHERE automation_id = OLD.id;
    DELETE FROM meta.automation_day WHERE automation_id = OLD.id;
    DELETE FROM meta.automation_pulse WHERE automation_id = OLD.id;
    DELETE FROM meta.automation_pause WHERE scope = 'automation' AND number = OLD.id;
    RETURN NULL;
END $body$""",
    """
CREATE TRIGGER forget_automation AFTER DELETE ON meta.definition
FOR EACH ROW WHEN (OLD.kind = 'automation') EXECUTE FUNCTION meta.forget_automation()""",
    """
CREATE FUNCTION meta.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $body$""",
    """
CREATE TRIGGER automation_version_stays BEFORE UPDATE ON meta.automation_version
FOR EACH ROW EXECUTE FUNCTION meta.refuse_change()""",
    """
INSERT INTO meta.automation_version (automation_id, number, definition_version, body, at, person_id)
SELECT id, 1, version, body, updated_at, created_by FROM meta.definition
WHERE kind = 'automation' AND jsonb_array_length(coalesce(body -> 'steps', '[]'::jsonb)) > 0""",
    """
CREATE TABLE meta.automation_pause (
    scope text NOT NULL CHECK (scope IN ('all', 'app', 'automation')),
    number integer NOT NULL,
    mode text NOT NULL CHECK (mode IN ('pause', 'drain')),
    since timestamptz NOT NULL DEFAULT now(),
    by text NOT NULL DEFAULT '',
    reason jsonb,
    PRIMARY KEY (scope, number)
)""",
    """
CREATE TABLE meta.automation_pulse (
    automation_id integer PRIMARY KEY,
    minute timestamptz,
    runs integer NOT NULL DEFAULT 0,
    untold integer NOT NULL DEFAULT 0,
    told_at timestamptz,
    last_run text
)""",
    """
CREATE TABLE meta.automation_day (
    automation_id integer NOT NULL,
    day date NOT NULL,
    runs integer NOT NULL,
    failed integer NOT NULL,
    p50 double precision,
    p95 double precision,
    PRIMARY KEY (automation_id, day)
)""",
    "ALTER TABLE meta.run ADD version integer",
    "ALTER TABLE meta.run ADD parent_id bigint",
    "ALTER TABLE meta.run ADD waits text",
    "ALTER TABLE meta.run ADD waits_table integer",
    "ALTER TABLE meta.run ADD waits_record bigint",
    "ALTER TABLE meta.run_step ADD passed integer",
    "CREATE INDEX run_unsent ON meta.run (app_id, id) WHERE status = 'queued' AND enqueued_at IS NULL",
    "CREATE INDEX run_held ON meta.run (automation_id, id) WHERE status = 'held'",
    "CREATE INDEX run_created ON meta.run (automation_id, created_at)",
    "CREATE INDEX run_watching ON meta.run (waits_table, waits_record)"
    " WHERE status = 'waiting' AND waits_record IS NOT NULL",
    "CREATE INDEX outbox_app ON meta.outbox (app_id, id)",
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

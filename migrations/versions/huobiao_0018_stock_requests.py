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
    # nothing that a stock stands on is emptied behind the ledger's back; rules that were lost can be put up again
    "CREATE TRIGGER keep_all BEFORE TRUNCATE ON meta.stock_hold FOR EACH STATEMENT EXECUTE FUNCTION meta.keep_ledger()",
    """
CREATE FUNCTION meta.keep_shelves() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '%.% holds a stock and cannot be emptied', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $body$""",
    """
CREATE OR REPLACE FUNCTION meta.follow_stock(stock integer, home integer, on_hand integer, reserved integer) RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM meta.leave_stock(stock);
    EXECUTE format('DROP TRIGGER IF EXISTS stock_%1$s_ledger ON data.t%2$s', stock, home);
    EXECUTE format('DROP TRIGGER IF EXISTS stock_%1$s_keep ON data.t%2$s', stock, home);
    EXECUTE format('LOCK TABLE data.t%s IN SHARE ROW EXCLUSIVE MODE', home);
    EXECUTE format('INSERT INTO meta.stock_movement (stock_id, stock_record, kind, quantity, reserved_delta, actor_kind,'
        ' actor_id) SELECT %1$s, d.id, ''opening'', d.on_hand, d.reserved, ''system'', ''system'' FROM ('
        ' SELECT t.id, coalesce(t.f%3$s, 0) - coalesce(m.on_hand_after, 0) AS on_hand,'
        ' coalesce(t.f%4$s, 0) - coalesce(m.reserved_after, 0) AS reserved FROM data.t%2$s t'
        ' LEFT JOIN LATERAL (SELECT on_hand_after, reserved_after FROM meta.stock_movement WHERE stock_id = %1$s'
        ' AND stock_record = t.id ORDER BY number DESC LIMIT 1) m ON true) d WHERE d.on_hand <> 0 OR d.reserved <> 0'
        ' ORDER BY d.id', stock, home, on_hand, reserved);
    INSERT INTO meta.stock_rule VALUES (stock, home, on_hand, reserved);
    EXECUTE format('CREATE CONSTRAINT TRIGGER stock_%1$s_ledger AFTER INSERT OR DELETE OR UPDATE OF f%3$s, f%4$s'
        ' ON data.t%2$s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION meta.balance_changed(%1$s)',
        stock, home, on_hand, reserved);
    EXECUTE format('CREATE TRIGGER stock_%1$s_keep BEFORE TRUNCATE ON data.t%2$s FOR EACH STATEMENT'
        ' EXECUTE FUNCTION meta.keep_shelves()', stock, home);
END $body$""",
    """
CREATE OR REPLACE FUNCTION meta.leave_stock(stock integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE home integer;
BEGIN
    DELETE FROM meta.stock_rule WHERE stock_id = stock RETURNING table_id INTO home;
    IF home IS NOT NULL THEN
        EXECUTE format('DROP TRIGGER IF EXISTS stock_%s_ledger ON data.t%s', stock, home);
        EXECUTE format('DROP TRIGGER IF EXISTS stock_%s_keep ON data.t%s', stock, home);
    END IF;
END $body$""",
    """
DO $body$
DECLARE rule meta.stock_rule;
BEGIN
    FOR rule IN SELECT * FROM meta.stock_rule WHERE to_regclass('data.t' || table_id) IS NOT NULL LOOP
        EXECUTE format('CREATE TRIGGER stock_%1$s_keep BEFORE TRUNCATE ON data.t%2$s FOR EACH STATEMENT'
            ' EXECUTE FUNCTION meta.keep_shelves()', rule.stock_id, rule.table_id);
    END LOOP;
END $body$""",
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

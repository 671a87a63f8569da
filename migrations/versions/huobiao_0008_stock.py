"""The stock ledger is held by the database: a chain of running balances per shelf that nobody can rewrite, what each line
holds derived from it, and balances in users' tables that must agree with it at every commit. Brings older ledgers along."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T01:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "stock ledger held by the database, holds, back-orders"

STATEMENTS = (
    """
ALTER TABLE meta.stock_movement
    ADD COLUMN number bigint,
    ADD COLUMN on_hand_delta numeric,
    ADD COLUMN reserved_delta numeric,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN reason text,
    ADD COLUMN key text,
    ADD COLUMN actor_name text NOT NULL DEFAULT ''""",
    """
UPDATE meta.stock_movement m SET number = n.number,
    on_hand_delta = CASE kind WHEN 'adjust' THEN quantity WHEN 'consume' THEN -quantity ELSE 0 END,
    reserved_delta = CASE kind WHEN 'reserve' THEN quantity WHEN 'adjust' THEN 0 ELSE -quantity END
FROM (SELECT id, row_number() OVER (PARTITION BY stock_id, stock_record ORDER BY id) AS number
      FROM meta.stock_movement) n WHERE n.id = m.id""",
    # shelves that were there before their stock was set up: what they held then
    """
INSERT INTO meta.stock_movement (at, stock_id, stock_record, kind, quantity, number, on_hand_delta, reserved_delta,
    on_hand_after, reserved_after, actor_kind, actor_id)
SELECT at, stock_id, stock_record, 'opening', on_hand_after - on_hand_delta, 0, on_hand_after - on_hand_delta,
    reserved_after - reserved_delta, on_hand_after - on_hand_delta, reserved_after - reserved_delta, 'system', 'system'
FROM meta.stock_movement
WHERE number = 1 AND (on_hand_after <> on_hand_delta OR reserved_after <> reserved_delta)""",
    """
ALTER TABLE meta.stock_movement
    ALTER COLUMN number SET NOT NULL,
    ALTER COLUMN on_hand_delta SET NOT NULL,
    ALTER COLUMN reserved_delta SET NOT NULL,
    ADD CHECK (kind IN ('opening', 'adjust', 'count', 'receive', 'reserve', 'release', 'expire', 'consume')),
    ADD CHECK (quantity > '-Infinity' AND quantity < 'Infinity'),
    ADD CHECK (quantity > 0 OR kind IN ('opening', 'adjust', 'count')),
    ADD CHECK (line_record IS NOT NULL OR kind NOT IN ('reserve', 'consume')),
    ADD CHECK (0 <= reserved_after AND reserved_after <= on_hand_after)""",
    "DROP INDEX meta.stock_movement_record",
    "CREATE UNIQUE INDEX stock_movement_chain ON meta.stock_movement (stock_id, stock_record, number)",
    "CREATE UNIQUE INDEX stock_movement_key ON meta.stock_movement (stock_id, key) WHERE key IS NOT NULL",
    """
CREATE TABLE meta.stock_hold (
    stock_id integer NOT NULL,
    line_record bigint NOT NULL,
    stock_record bigint NOT NULL,
    order_record bigint,
    held numeric NOT NULL CHECK (held >= 0),
    consumed numeric NOT NULL DEFAULT 0 CHECK (consumed >= 0),
    since timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (stock_id, line_record, stock_record)
)""",
    "CREATE INDEX stock_hold_order ON meta.stock_hold (stock_id, order_record) WHERE held > 0",
    "CREATE INDEX stock_hold_shelf ON meta.stock_hold (stock_id, stock_record) WHERE held > 0",
    "CREATE INDEX stock_hold_expiry ON meta.stock_hold (expires_at) WHERE held > 0 AND expires_at IS NOT NULL",
    """
INSERT INTO meta.stock_hold (stock_id, line_record, stock_record, order_record, held, consumed, since)
SELECT stock_id, line_record, stock_record, max(order_record), sum(reserved_delta),
    coalesce(sum(quantity) FILTER (WHERE kind = 'consume'), 0), max(at)
FROM meta.stock_movement WHERE line_record IS NOT NULL GROUP BY stock_id, line_record, stock_record""",
    """
CREATE TABLE meta.stock_backorder (
    stock_id integer NOT NULL,
    line_record bigint NOT NULL,
    order_record bigint NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0),
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stock_id, line_record)
)""",
    "CREATE INDEX stock_backorder_age ON meta.stock_backorder (stock_id, since, order_record)",
    """
CREATE TABLE meta.stock_arrival (
    stock_id integer NOT NULL,
    stock_record bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stock_id, stock_record)
)""",
    """
CREATE TABLE meta.stock_rule (
    stock_id integer PRIMARY KEY,
    table_id integer NOT NULL,
    on_hand integer NOT NULL,
    reserved integer NOT NULL
)""",
    # every movement takes the next place in its shelf's chain; the database adds up
    """
CREATE FUNCTION meta.add_movement() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE last record;
BEGIN
    SELECT number, on_hand_after, reserved_after INTO last FROM meta.stock_movement
    WHERE stock_id = NEW.stock_id AND stock_record = NEW.stock_record ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(last.number, 0) + 1;
    NEW.on_hand_delta := CASE NEW.kind WHEN 'consume' THEN -NEW.quantity
        WHEN 'reserve' THEN 0 WHEN 'release' THEN 0 WHEN 'expire' THEN 0 ELSE NEW.quantity END;
    NEW.reserved_delta := CASE NEW.kind WHEN 'reserve' THEN NEW.quantity
        WHEN 'release' THEN -NEW.quantity WHEN 'expire' THEN -NEW.quantity WHEN 'consume' THEN -NEW.quantity
        WHEN 'opening' THEN coalesce(NEW.reserved_delta, 0) ELSE 0 END;
    NEW.on_hand_after := coalesce(last.on_hand_after, 0) + NEW.on_hand_delta;
    NEW.reserved_after := coalesce(last.reserved_after, 0) + NEW.reserved_delta;
    IF NEW.line_record IS NOT NULL THEN
        UPDATE meta.stock_hold SET held = held + NEW.reserved_delta,
            consumed = consumed - CASE NEW.kind WHEN 'consume' THEN NEW.on_hand_delta ELSE 0 END,
            order_record = coalesce(NEW.order_record, order_record),
            since = CASE WHEN NEW.kind = 'reserve' THEN NEW.at ELSE since END,
            expires_at = CASE WHEN NEW.kind = 'reserve' THEN NEW.expires_at ELSE expires_at END
        WHERE stock_id = NEW.stock_id AND line_record = NEW.line_record AND stock_record = NEW.stock_record;
        IF NOT FOUND THEN
            INSERT INTO meta.stock_hold (stock_id, line_record, stock_record, order_record, held, since, expires_at)
            VALUES (NEW.stock_id, NEW.line_record, NEW.stock_record, NEW.order_record, NEW.reserved_delta, NEW.at,
                NEW.expires_at);
        END IF;
    END IF;
    IF NEW.on_hand_delta > NEW.reserved_delta
        AND EXISTS (SELECT 1 FROM meta.stock_backorder WHERE stock_id = NEW.stock_id) THEN
        INSERT INTO meta.stock_arrival (stock_id, stock_record) VALUES (NEW.stock_id, NEW.stock_record)
        ON CONFLICT (stock_id, stock_record) DO UPDATE SET at = clock_timestamp();
    END IF;
    RETURN NEW;
END $body$""",
    "CREATE TRIGGER add_up BEFORE INSERT ON meta.stock_movement FOR EACH ROW EXECUTE FUNCTION meta.add_movement()",
    """
CREATE FUNCTION meta.keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $body$""",
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON meta.stock_movement"
    " FOR EACH ROW EXECUTE FUNCTION meta.keep_ledger()",
    "CREATE TRIGGER keep_all BEFORE TRUNCATE ON meta.stock_movement"
    " FOR EACH STATEMENT EXECUTE FUNCTION meta.keep_ledger()",
    # what a line holds is what the ledger says, and is written by it alone
    """
CREATE FUNCTION meta.only_by_ledger() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'meta.stock_hold follows meta.stock_movement' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $body$""",
    "CREATE TRIGGER only_by_ledger BEFORE INSERT OR UPDATE OR DELETE ON meta.stock_hold"
    " FOR EACH ROW EXECUTE FUNCTION meta.only_by_ledger()",
    # at commit, the balance that people see must be the last one of the ledger
    """
CREATE FUNCTION meta.check_shelf(stock integer, shelf bigint) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE rule meta.stock_rule; kept record; said record;
BEGIN
    SELECT r.* INTO rule FROM meta.stock_rule r
    JOIN meta.definition d ON d.id = r.stock_id AND d.deleted_at IS NULL WHERE r.stock_id = stock;
    IF NOT FOUND THEN RETURN; END IF;
    EXECUTE format('SELECT coalesce(f%s, 0) AS on_hand, coalesce(f%s, 0) AS reserved FROM data.t%s WHERE id = $1',
        rule.on_hand, rule.reserved, rule.table_id) INTO kept USING shelf;
    SELECT on_hand_after AS on_hand, reserved_after AS reserved INTO said FROM meta.stock_movement
    WHERE stock_id = stock AND stock_record = shelf ORDER BY number DESC LIMIT 1;
    IF kept.on_hand IS NULL THEN
        IF coalesce(said.reserved, 0) <> 0 THEN
            RAISE EXCEPTION 'stock %: shelf % is gone but % are reserved on it', stock, shelf, said.reserved
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    ELSIF kept.on_hand <> coalesce(said.on_hand, 0) OR kept.reserved <> coalesce(said.reserved, 0) THEN
        RAISE EXCEPTION 'stock %: shelf % has % on hand and % reserved, the ledger says % and %', stock, shelf,
            kept.on_hand, kept.reserved, coalesce(said.on_hand, 0), coalesce(said.reserved, 0)
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $body$""",
    """
CREATE FUNCTION meta.balance_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM meta.check_shelf(TG_ARGV[0]::integer, CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END);
    RETURN NULL;
END $body$""",
    """
CREATE FUNCTION meta.movement_added() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    -- only the last of a shelf's movements in this transaction is looked at
    IF NOT EXISTS (SELECT 1 FROM meta.stock_movement WHERE stock_id = NEW.stock_id AND stock_record = NEW.stock_record
        AND number > NEW.number) THEN
        PERFORM meta.check_shelf(NEW.stock_id, NEW.stock_record);
    END IF;
    RETURN NULL;
END $body$""",
    "CREATE CONSTRAINT TRIGGER agrees AFTER INSERT ON meta.stock_movement DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION meta.movement_added()",
    # from now on the table's balances are this stock's; what they hold already begins the ledger
    """
CREATE FUNCTION meta.follow_stock(stock integer, home integer, on_hand integer, reserved integer) RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM meta.leave_stock(stock);
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
END $body$""",
    """
CREATE FUNCTION meta.leave_stock(stock integer) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE home integer;
BEGIN
    DELETE FROM meta.stock_rule WHERE stock_id = stock RETURNING table_id INTO home;
    IF home IS NOT NULL THEN
        EXECUTE format('DROP TRIGGER IF EXISTS stock_%s_ledger ON data.t%s', stock, home);
    END IF;
END $body$""",
    # stocks that are there already
    """
SELECT meta.follow_stock(s.id, t.id, h.id, r.id) FROM meta.definition s
JOIN meta.definition t ON t.public_id = s.body->>'stock_table'
JOIN meta.definition h ON h.public_id = s.body->>'on_hand'
JOIN meta.definition r ON r.public_id = s.body->>'reserved'
WHERE s.kind = 'stock' AND s.deleted_at IS NULL AND to_regclass('data.t' || t.id) IS NOT NULL""",
)


async def forwards() -> MigrationManager:
    """Applied by :mod:`migrations.runner`, in one transaction with the others that are outstanding."""
    manager = MigrationManager(migration_id=ID, app_name="huobiao", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None  # noqa: S101
        for statement in STATEMENTS:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager

"""The meta tables, as of the first release. Only adds; never imports today's models."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T15:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "meta tables, history by month, outbox, runs, jobs, stock ledger"

STATEMENTS = """
CREATE SCHEMA IF NOT EXISTS meta;
CREATE SCHEMA IF NOT EXISTS data;

CREATE TABLE meta.person (
    id serial PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    language text NOT NULL DEFAULT 'zh',
    theme text NOT NULL DEFAULT 'system',
    is_owner boolean NOT NULL DEFAULT false,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE meta.session (
    id serial PRIMARY KEY,
    token_hash text NOT NULL UNIQUE,
    person_id integer NOT NULL REFERENCES meta.person ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    user_agent text NOT NULL DEFAULT ''
);
CREATE INDEX session_person_id ON meta.session (person_id);
CREATE TABLE meta.api_token (
    id serial PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    token_hash text NOT NULL UNIQUE,
    person_id integer NOT NULL REFERENCES meta.person ON DELETE CASCADE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz
);
CREATE INDEX api_token_person_id ON meta.api_token (person_id);

CREATE TABLE meta.definition (
    id serial PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    kind text NOT NULL,
    app_id integer REFERENCES meta.definition,
    table_id integer REFERENCES meta.definition,
    position double precision NOT NULL DEFAULT 0,
    body jsonb NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by integer,
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX definition_app_id ON meta.definition (app_id);
CREATE TABLE meta.definition_change (
    id bigserial PRIMARY KEY,
    definition_id integer NOT NULL,
    app_id integer,
    at timestamptz NOT NULL DEFAULT now(),
    person_id integer,
    action text NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX definition_change_definition_id ON meta.definition_change (definition_id);
CREATE TABLE meta.catalog_state (id serial PRIMARY KEY, version bigint NOT NULL);
INSERT INTO meta.catalog_state (version) VALUES (1);

CREATE TABLE meta.invitation (
    id serial PRIMARY KEY,
    token_hash text NOT NULL UNIQUE,
    email text NOT NULL,
    app_id integer NOT NULL REFERENCES meta.definition ON DELETE CASCADE,
    role text NOT NULL,
    invited_by integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz
);
CREATE INDEX invitation_app_id ON meta.invitation (app_id);
CREATE TABLE meta.membership (
    id serial PRIMARY KEY,
    app_id integer NOT NULL REFERENCES meta.definition ON DELETE CASCADE,
    person_id integer NOT NULL REFERENCES meta.person ON DELETE CASCADE,
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (app_id, person_id)
);
CREATE INDEX membership_app_id ON meta.membership (app_id);
CREATE INDEX membership_person_id ON meta.membership (person_id);
CREATE TABLE meta.connector (
    id serial PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    app_id integer NOT NULL REFERENCES meta.definition ON DELETE CASCADE,
    kind text NOT NULL,
    name text NOT NULL,
    config jsonb NOT NULL,
    secrets text NOT NULL,
    status text NOT NULL DEFAULT 'ok',
    status_message jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX connector_app_id ON meta.connector (app_id);
CREATE TABLE meta.setting (id serial PRIMARY KEY, key text NOT NULL UNIQUE, value jsonb NOT NULL);
CREATE TABLE meta.counter (
    id serial PRIMARY KEY,
    field_id integer NOT NULL,
    scope text NOT NULL,
    value bigint NOT NULL,
    UNIQUE (field_id, scope)
);

CREATE SEQUENCE meta.change_number;
CREATE TABLE meta.history (
    id bigserial NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    change_id bigint NOT NULL,
    app_id integer NOT NULL,
    table_id integer NOT NULL,
    record_id bigint NOT NULL,
    version integer NOT NULL,
    action text NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    channel text NOT NULL,
    source text,
    reason text,
    before jsonb,
    after jsonb,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE meta.history_other PARTITION OF meta.history DEFAULT;
CREATE INDEX history_record ON meta.history (table_id, record_id, id);
CREATE INDEX history_change ON meta.history (change_id);
CREATE INDEX history_run ON meta.history (source) WHERE channel IN ('automation', 'stock');

CREATE FUNCTION meta.make_history_partitions(months_ahead integer) RETURNS integer LANGUAGE plpgsql AS $body$
DECLARE
    first date := date_trunc('month', now())::date;
    month_start date;
    part text;
    made integer := 0;
BEGIN
    FOR step IN 0..months_ahead LOOP
        month_start := (first + make_interval(months => step))::date;
        part := 'history_' || to_char(month_start, 'YYYY_MM');
        IF to_regclass('meta.' || part) IS NULL
           AND NOT EXISTS (SELECT 1 FROM meta.history_other
                           WHERE at >= month_start AND at < month_start + interval '1 month') THEN
            EXECUTE format('CREATE TABLE meta.%I PARTITION OF meta.history FOR VALUES FROM (%L) TO (%L)',
                           part, month_start, (month_start + interval '1 month')::date);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $body$;
SELECT meta.make_history_partitions(3);

CREATE FUNCTION meta.lock_catalog() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
    -- a fresh snapshot after the lock: the version read is the one that cannot change until the transaction ends
    PERFORM pg_advisory_xact_lock_shared(7001);
    RETURN (SELECT version FROM meta.catalog_state);
END $body$;

CREATE TABLE meta.outbox (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    history_id bigint NOT NULL,
    app_id integer NOT NULL,
    table_id integer NOT NULL,
    record_id bigint NOT NULL,
    payload jsonb NOT NULL
);

CREATE TABLE meta.run (
    id bigserial PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    app_id integer NOT NULL,
    automation_id integer NOT NULL,
    table_id integer,
    record_id bigint,
    event_key text NOT NULL UNIQUE,
    trigger jsonb NOT NULL,
    definition jsonb NOT NULL,
    status text NOT NULL,
    depth integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    wake_at timestamptz,
    enqueued_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    lost integer NOT NULL DEFAULT 0,
    error jsonb,
    handled_at timestamptz,
    handled_by text
);
CREATE INDEX run_automation_id ON meta.run (automation_id, id DESC);
CREATE INDEX run_app_id ON meta.run (app_id, id DESC);
CREATE INDEX run_failed ON meta.run (app_id, id DESC) WHERE status = 'failed';
CREATE INDEX run_record ON meta.run (table_id, record_id);
CREATE INDEX run_open ON meta.run (status, lease_until) WHERE status IN ('queued', 'running', 'waiting');
CREATE TABLE meta.run_step (
    id bigserial PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES meta.run ON DELETE CASCADE,
    path text NOT NULL,
    step_id text NOT NULL,
    position integer NOT NULL,
    status text NOT NULL,
    outcome text,
    attempts integer NOT NULL DEFAULT 0,
    input jsonb,
    output jsonb,
    error jsonb,
    started_at timestamptz,
    finished_at timestamptz,
    UNIQUE (run_id, path)
);
CREATE TABLE meta.delivery (
    id bigserial PRIMARY KEY,
    key text NOT NULL UNIQUE,
    connector_id integer NOT NULL,
    app_id integer NOT NULL,
    run_id bigint,
    path text,
    record_id bigint,
    table_id integer,
    payload jsonb NOT NULL,
    status text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL DEFAULT 5,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    response jsonb,
    error jsonb
);
CREATE INDEX delivery_waiting ON meta.delivery (connector_id, next_attempt_at) WHERE status = 'waiting';
CREATE INDEX delivery_run ON meta.delivery (run_id);
CREATE TABLE meta.delivery_attempt (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    pacing_key text NOT NULL,
    deliveries bigint[] NOT NULL,
    pause_until timestamptz,
    response jsonb,
    error jsonb
);
CREATE INDEX delivery_attempt_pacing ON meta.delivery_attempt (pacing_key, at);

CREATE TABLE meta.job (
    id bigserial PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    kind text NOT NULL,
    app_id integer,
    table_id integer,
    person_id integer NOT NULL,
    status text NOT NULL,
    total bigint,
    done bigint NOT NULL DEFAULT 0,
    created bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    config jsonb NOT NULL,
    message jsonb,
    cancel_requested boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    enqueued_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    lost integer NOT NULL DEFAULT 0
);
CREATE INDEX job_open ON meta.job (status) WHERE status IN ('queued', 'running');
CREATE TABLE meta.job_error (
    id bigserial PRIMARY KEY,
    job_id bigint NOT NULL REFERENCES meta.job ON DELETE CASCADE,
    row_number bigint NOT NULL,
    problems jsonb NOT NULL,
    cells jsonb NOT NULL
);
CREATE INDEX job_error_job_id ON meta.job_error (job_id);

CREATE TABLE meta.stock_movement (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    stock_id integer NOT NULL,
    stock_record bigint NOT NULL,
    line_record bigint,
    order_record bigint,
    kind text NOT NULL,
    quantity numeric NOT NULL,
    on_hand_after numeric NOT NULL,
    reserved_after numeric NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    source text
);
CREATE INDEX stock_movement_record ON meta.stock_movement (stock_id, stock_record, id);
CREATE INDEX stock_movement_order ON meta.stock_movement (stock_id, order_record);

CREATE TABLE meta.idempotency_key (
    id bigserial PRIMARY KEY,
    key text NOT NULL UNIQUE,
    at timestamptz NOT NULL DEFAULT now(),
    status integer,
    body text
);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="huobiao", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None  # noqa: S101 - the runner always provides one
        await engine.run_ddl("SET search_path = public")
        for statement in _split(STATEMENTS):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager


def _split(text: str) -> list[str]:
    """Statements of ``text``; a function body between ``$body$`` marks stays in one piece."""
    parts: list[str] = []
    pieces = text.split("$body$")
    current = ""
    for index, piece in enumerate(pieces):
        if index % 2:  # inside a body
            current += "$body$" + piece + "$body$"
            continue
        statements = piece.split(";\n")
        parts.extend([current + statements[0], *statements[1:-1]] if len(statements) > 1 else [])
        current = statements[-1] if len(statements) > 1 else current + statements[0]
    return [part.strip() for part in [*parts, current] if part.strip()]

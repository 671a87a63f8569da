"""The meta tables (PostgreSQL schema ``meta``) as Piccolo tables. Their schema is made by ``migrations``.

Bodies of definitions are JSON of the Structs in ``runtime.definitions``. ``History`` and the hot tables of the
automation engine are written with hand-made statements; their classes stand here so that there is one list of all.
"""

from __future__ import annotations

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Date,
    DoublePrecision,
    Integer,
    Numeric,
    Serial,
    Text,
    Timestamptz,
)
from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table


class Person(Table, schema="meta"):
    """Somebody with an account. ``email`` is stored in lower case."""

    id: Serial
    public_id = Text(unique=True)
    email = Text(unique=True)
    name = Text()
    password_hash = Text()
    language = Text(default="zh")
    theme = Text(default="system")
    is_owner = Boolean(default=False)
    active = Boolean(default=True)
    created_at = Timestamptz()


class Session(Table, schema="meta"):
    """A signed-in browser; only a hash of its token is kept."""

    id: Serial
    token_hash = Text(unique=True)
    person_id = Integer(index=True)
    created_at = Timestamptz()
    last_seen_at = Timestamptz()
    expires_at = Timestamptz()
    user_agent = Text()


class ApiToken(Table, schema="meta", tablename="api_token"):
    """A token for programs; only its hash is kept."""

    id: Serial
    public_id = Text(unique=True)
    token_hash = Text(unique=True)
    person_id = Integer(index=True)
    name = Text()
    created_at = Timestamptz()
    last_used_at = Timestamptz(null=True, default=None)


class Invitation(Table, schema="meta"):
    """An invitation of an e-mail address to an app with a role."""

    id: Serial
    token_hash = Text(unique=True)
    email = Text()
    app_id = Integer(index=True)
    role = Text()
    invited_by = Integer()
    created_at = Timestamptz()
    expires_at = Timestamptz()
    accepted_at = Timestamptz(null=True, default=None)


class Membership(Table, schema="meta"):
    """A person's role in an app; one row per pair."""

    id: Serial
    app_id = Integer(index=True)
    person_id = Integer(index=True)
    role = Text()
    created_at = Timestamptz()


class Definition(Table, schema="meta"):
    """Any definition: ``kind`` is app, table, field, view, automation, dashboard, workbench, form or
    stock.

    ``id`` names its physical table (``data.t<id>``), column (``f<id>``) or join table (``data.l<id>``).
    """

    id: Serial
    public_id = Text(unique=True)
    kind = Text()
    app_id = Integer(null=True, default=None, index=True)
    table_id = Integer(null=True, default=None)
    position = DoublePrecision(default=0.0)
    body = JSONB()
    version = Integer(default=1)
    created_at = Timestamptz()
    created_by = Integer(null=True, default=None)
    updated_at = Timestamptz()
    deleted_at = Timestamptz(null=True, default=None)


class DefinitionChange(Table, schema="meta", tablename="definition_change"):
    """What was changed in a definition, by whom: bodies before and after."""

    id: BigSerial
    definition_id = Integer(index=True)
    app_id = Integer(null=True, default=None)
    at = Timestamptz()
    person_id = Integer(null=True, default=None)
    action = Text()
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)


class CatalogState(Table, schema="meta", tablename="catalog_state"):
    """One row: the number of the newest committed change of any definition."""

    id: Serial
    version = BigInt()


class Connector(Table, schema="meta"):
    """A way to an outside system. ``secrets`` is encrypted JSON."""

    id: Serial
    public_id = Text(unique=True)
    app_id = Integer(index=True)
    kind = Text()
    name = Text()
    config = JSONB()
    secrets = Text()
    status = Text(default="ok")
    status_message = JSONB(null=True, default=None)
    created_at = Timestamptz()
    deleted_at = Timestamptz(null=True, default=None)
    per_minute = Integer(null=True, default=None)
    paused_at = Timestamptz(null=True, default=None)
    paused_by = Text(null=True, default=None)


class Notice(Table, schema="meta"):
    """Something a person was told inside the product. ``title`` and ``text``: JSON of words or of a message."""

    id: BigSerial
    public_id = Text(unique=True)
    key = Text()
    person_id = Integer(index=True)
    app_id = Integer(null=True, default=None)
    title = JSONB()
    text = JSONB()
    url = Text(default="")
    popup = Boolean(default=False)
    created_at = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)
    read_at = Timestamptz(null=True, default=None)


class Setting(Table, schema="meta"):
    """Instance-wide settings changed in the browser."""

    id: Serial
    key = Text(unique=True)
    value = JSONB()


class Counter(Table, schema="meta"):
    """The last number drawn of an auto number that restarts, per period."""

    id: Serial
    field_id = Integer()
    scope = Text()
    value = BigInt()


class History(Table, schema="meta"):
    """One row per change of a record, append-only, partitioned by month. See ``runtime.records.history``."""

    id: BigSerial
    at = Timestamptz()
    change_id = BigInt()
    app_id = Integer()
    table_id = Integer()
    record_id = BigInt()
    version = Integer()
    action = Text()
    actor_kind = Text()
    actor_id = Text()
    actor_name = Text()
    channel = Text()
    source = Text(null=True, default=None)
    reason = Text(null=True, default=None)
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)


class Outbox(Table, schema="meta"):
    """Changes that automations have not looked at yet. Deleted once handed on."""

    id: BigSerial
    at = Timestamptz()
    history_id = BigInt()
    app_id = Integer()
    table_id = Integer()
    record_id = BigInt()
    payload = JSONB()


class Run(Table, schema="meta"):
    """A run of an automation. ``definition`` is the automation as it was when the run began."""

    id: BigSerial
    public_id = Text(unique=True)
    app_id = Integer()
    automation_id = Integer(index=True)
    table_id = Integer(null=True, default=None)
    record_id = BigInt(null=True, default=None)
    event_key = Text(unique=True)
    trigger = JSONB()
    definition = JSONB()
    status = Text()
    depth = Integer(default=0)
    created_at = Timestamptz()
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    wake_at = Timestamptz(null=True, default=None)
    enqueued_at = Timestamptz(null=True, default=None)
    lease_owner = Text(null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)
    lost = Integer(default=0)
    error = JSONB(null=True, default=None)
    handled_at = Timestamptz(null=True, default=None)
    handled_by = Text(null=True, default=None)
    version = Integer(null=True, default=None)
    parent_id = BigInt(null=True, default=None)
    waits = Text(null=True, default=None)
    waits_table = Integer(null=True, default=None)
    waits_record = BigInt(null=True, default=None)


class AutomationVersion(Table, schema="meta", tablename="automation_version"):
    """What an automation was from a publication on; written by a trigger of the database (migration 0010), never changed."""

    id: BigSerial
    automation_id = Integer()
    number = Integer()
    definition_version = Integer()
    body = JSONB()
    at = Timestamptz()
    person_id = Integer(null=True, default=None)
    note = Text(default="")


class AutomationDraft(Table, schema="meta", tablename="automation_draft"):
    """What is being edited of an automation; each change has a ``revision`` that no other draft has had."""

    automation_id = Integer(primary_key=True)
    body = JSONB()
    base = Integer()
    revision = Integer(default=1)
    at = Timestamptz()
    person_id = Integer(null=True, default=None)


class AutomationPause(Table, schema="meta", tablename="automation_pause"):
    """A pause of everything, of an app or of an automation (``number``)."""

    scope = Text(primary_key=True)
    number = Integer()
    mode = Text()
    since = Timestamptz()
    by = Text(default="")
    reason = JSONB(null=True, default=None)


class AutomationPulse(Table, schema="meta", tablename="automation_pulse"):
    """Runs that other automations started this minute, and failures that the owner has not been told of."""

    automation_id = Integer(primary_key=True)
    minute = Timestamptz(null=True, default=None)
    runs = Integer(default=0)
    untold = Integer(default=0)
    told_at = Timestamptz(null=True, default=None)
    last_run = Text(null=True, default=None)


class AutomationDay(Table, schema="meta", tablename="automation_day"):
    """An automation's runs of a day that is over."""

    automation_id = Integer(primary_key=True)
    day = Date()
    runs = Integer()
    failed = Integer()
    p50 = DoublePrecision(null=True, default=None)
    p95 = DoublePrecision(null=True, default=None)


class RunStep(Table, schema="meta", tablename="run_step"):
    """One step of a run: inputs, outputs, attempts and times. ``path`` is unique within the run."""

    id: BigSerial
    run_id = BigInt()
    path = Text()
    step_id = Text()
    position = Integer()
    status = Text()
    outcome = Text(null=True, default=None)
    attempts = Integer(default=0)
    input = JSONB(null=True, default=None)
    output = JSONB(null=True, default=None)
    error = JSONB(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    passed = Integer(null=True, default=None)


class Delivery(Table, schema="meta"):
    """A message on its way out through a connector; ``key`` makes it unique."""

    id: BigSerial
    key = Text(unique=True)
    connector_id = Integer()
    app_id = Integer()
    run_id = BigInt(null=True, default=None)
    path = Text(null=True, default=None)
    record_id = BigInt(null=True, default=None)
    table_id = Integer(null=True, default=None)
    payload = JSONB()
    status = Text()
    attempts = Integer(default=0)
    max_attempts = Integer(default=5)
    next_attempt_at = Timestamptz()
    created_at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)
    response = JSONB(null=True, default=None)
    error = JSONB(null=True, default=None)


class DeliveryAttempt(Table, schema="meta", tablename="delivery_attempt"):
    """One call to a receiver and what it answered; what a robot's limit per minute is counted by."""

    id: BigSerial
    at = Timestamptz()
    pacing_key = Text()
    deliveries = Array(BigInt())
    pause_until = Timestamptz(null=True, default=None)
    response = JSONB(null=True, default=None)
    error = JSONB(null=True, default=None)


class Job(Table, schema="meta"):
    """A long piece of work with progress: an import, an export, an installation."""

    id: BigSerial
    public_id = Text(unique=True)
    kind = Text()
    app_id = Integer(null=True, default=None)
    table_id = Integer(null=True, default=None)
    person_id = Integer()
    status = Text()
    total = BigInt(null=True, default=None)
    done = BigInt(default=0)
    created = BigInt(default=0)
    failed = BigInt(default=0)
    config = JSONB()
    message = JSONB(null=True, default=None)
    cancel_requested = Boolean(default=False)
    created_at = Timestamptz()
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    enqueued_at = Timestamptz(null=True, default=None)
    lease_owner = Text(null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)
    lost = Integer(default=0)


class JobError(Table, schema="meta", tablename="job_error"):
    """A row of a file that could not be imported, and why."""

    id: BigSerial
    job_id = BigInt(index=True)
    row_number = BigInt()
    problems = JSONB()
    cells = JSONB()


class StockMovement(Table, schema="meta", tablename="stock_movement"):
    """The append-only ledger of a stock: what moved, and the balances after it, added up by the database itself.

    ``number``: the movement's place in its shelf's chain. Writers give ``kind`` and ``quantity``; see migration 0008.
    """

    id: BigSerial
    at = Timestamptz()
    stock_id = Integer()
    stock_record = BigInt()
    line_record = BigInt(null=True, default=None)
    order_record = BigInt(null=True, default=None)
    kind = Text()
    quantity = Numeric()
    on_hand_after = Numeric()
    reserved_after = Numeric()
    actor_kind = Text()
    actor_id = Text()
    source = Text(null=True, default=None)
    number = BigInt()
    on_hand_delta = Numeric()
    reserved_delta = Numeric()
    expires_at = Timestamptz(null=True, default=None)
    reason = Text(null=True, default=None)
    key = Text(null=True, default=None)
    actor_name = Text(default="")


class StockHold(Table, schema="meta", tablename="stock_hold"):
    """What an order line holds of a shelf now, and has taken from it; written by the ledger's trigger alone."""

    stock_id = Integer(primary_key=True)
    line_record = BigInt()
    stock_record = BigInt()
    order_record = BigInt(null=True, default=None)
    held = Numeric()
    consumed = Numeric()
    since = Timestamptz()
    expires_at = Timestamptz(null=True, default=None)


class StockBackorder(Table, schema="meta", tablename="stock_backorder"):
    """What an order line still lacks and waits for."""

    stock_id = Integer(primary_key=True)
    line_record = BigInt()
    order_record = BigInt()
    quantity = Numeric()
    since = Timestamptz()


class StockArrival(Table, schema="meta", tablename="stock_arrival"):
    """A shelf of which more is available than before, while lines of its stock wait; the scheduler fills them."""

    stock_id = Integer(primary_key=True)
    stock_record = BigInt()
    at = Timestamptz()


class StockRequest(Table, schema="meta", tablename="stock_request"):
    """What was asked under the key of a receipt, an adjustment or a count (a digest), and what was answered."""

    stock_id = Integer(primary_key=True)
    key = Text()
    digest = Text()
    answer = JSONB(null=True, default=None)
    at = Timestamptz()


class StockRule(Table, schema="meta", tablename="stock_rule"):
    """Which columns hold a stock's balances: what the database compares with the ledger at commit."""

    stock_id = Integer(primary_key=True)
    table_id = Integer()
    on_hand = Integer()
    reserved = Integer()


class IdempotencyKey(Table, schema="meta", tablename="idempotency_key"):
    """The answer already given to a POST with this key, for a day."""

    id: BigSerial
    key = Text(unique=True)
    at = Timestamptz()
    status = Integer(null=True, default=None)
    body = Text(null=True, default=None)


class TableIndex(Table, schema="meta", tablename="table_index"):
    """An index of a user table that the product made, or is going to; ``columns`` are SQL."""

    id: BigSerial
    table_id = Integer()
    columns = Array(base_column=Text())
    hashed = Boolean(default=False)
    wanted_by = Array(base_column=Text())
    state = Text(default="waiting")
    error = Text(null=True, default=None)
    pinned = Boolean(default=False)
    wanted_at = Timestamptz()
    tried_at = Timestamptz(null=True, default=None)
    ready_at = Timestamptz(null=True, default=None)


class QueryUse(Table, schema="meta", tablename="query_use"):
    """How often slow queries of one shape were asked of a table, and how long they took together."""

    id: BigSerial
    table_id = Integer()
    shape = JSONB()
    times = BigInt()
    seconds = DoublePrecision()
    last_at = Timestamptz()


class File(Table, schema="meta"):
    """An uploaded file. ``loose_at``: no record is known to hold it since then; ``deleted_at``: its bytes are going.

    ``key`` names its bytes in ``store``; pictures have small ones beside it and ``width`` and ``height`` in pixels.
    """

    id: BigSerial
    public_id = Text(unique=True)
    app_id = Integer(index=True)
    table_id = Integer()
    field_id = Integer()
    name = Text()
    size = BigInt()
    media_type = Text()
    sha256 = Text()
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)
    store = Text()
    key = Text()
    uploaded_by = Text()
    uploaded_at = Timestamptz()
    attached_at = Timestamptz(null=True, default=None)
    loose_at = Timestamptz(null=True, default=None)
    deleted_at = Timestamptz(null=True, default=None)


class Refresh(Table, schema="meta"):
    """Computed values that the worker is still to compute; ``members`` are rows of the table or of the far one."""

    id: BigSerial
    field_id = Integer()
    table_id = Integer()
    kind = Text()
    members = Array(base_column=BigInt())
    cursor = BigInt(default=0)
    far_cursor = BigInt(default=0)
    done = BigInt(default=0)
    total = BigInt(null=True, default=None)
    status = Text(default="waiting")
    begun = Boolean(default=False)
    failures = Integer(default=0)
    error = Text(null=True, default=None)
    not_before = Timestamptz()
    created_at = Timestamptz()
    worked_at = Timestamptz()
    lease_owner = Text(null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)
    quiet = Boolean(default=False)
    depth = Integer(default=0)


class Meeting(Table, schema="meta"):
    """A record that meets the condition an automation waits for (``runtime.records.conditions``)."""

    automation_id = Integer(primary_key=True)
    record_id = BigInt()


class Watch(Table, schema="meta"):
    """What an automation waits for (``spec``), since when, and up to when it was looked for."""

    automation_id = Integer(primary_key=True)
    spec = Text()
    since = Timestamptz()
    done_until = Timestamptz()
    next_at = Timestamptz(null=True, default=None)
    error = JSONB(null=True, default=None)


class Hook(Table, schema="meta"):
    """The address of an automation's webhook (as a hash), its sealed signing secret, a sample, and what has come in."""

    automation_id = Integer(primary_key=True)
    secret_hash = Text(unique=True)
    hint = Text()
    signing = Text(default="")
    made_at = Timestamptz()
    waiting_until = Timestamptz(null=True, default=None)
    sample = JSONB(null=True, default=None)
    sample_at = Timestamptz(null=True, default=None)
    taken = BigInt(default=0)
    taken_at = Timestamptz(null=True, default=None)
    repeated = BigInt(default=0)
    refused = BigInt(default=0)
    refused_at = Timestamptz(null=True, default=None)
    refusal = Text(null=True, default=None)


class HookCall(Table, schema="meta", tablename="hook_call"):
    """A signed call of a webhook that was taken, by its signature, and the run that it started."""

    automation_id = Integer(primary_key=True)
    signature = Text()
    run = Text()
    at = Timestamptz()


class Form(Table, schema="meta"):
    """The address of a form (sealed, and as a hash to be found by), whether it works, and how often it was submitted."""

    form_id = Integer(primary_key=True)
    secret_hash = Text(unique=True)
    secret = Text()
    active = Boolean(default=True)
    made_at = Timestamptz()
    submitted = BigInt(default=0)
    submitted_at = Timestamptz(null=True, default=None)


class FormSubmission(Table, schema="meta", tablename="form_submission"):
    """A submission of a form: the key that the browser gave it, who sent it (members only), and the record it made.

    ``digest``: of what it said, None for those of before this was kept.
    """

    id: BigSerial
    form_id = Integer()
    key = Text()
    person_id = Integer(null=True, default=None)
    table_id = Integer()
    record_id = BigInt()
    at = Timestamptz()
    digest = Text(null=True, default=None)


class StateCount(Table, schema="meta", tablename="state_count"):
    """A select with a state machine of which the stays of some records are not counted yet; ``cursor``: the last that was."""

    field_id = Integer(primary_key=True)
    cursor = BigInt(default=0)
    at = Timestamptz()


class Conversion(Table, schema="meta"):
    """A field whose type is being changed in the background: the column that is being filled, and how far."""

    id: BigSerial
    job_id = BigInt(unique=True)
    field_id = Integer()
    table_id = Integer()
    shadow = Integer()
    config = JSONB(null=True, default=None)
    cursor = BigInt(default=0)
    created_at = Timestamptz()


TABLES: tuple[type[Table], ...] = (
    Person, Session, ApiToken, Invitation, Membership, Definition, DefinitionChange, CatalogState, Connector, Setting,
    Counter, History, Outbox, Run, RunStep, Delivery,
    DeliveryAttempt, Job, JobError, StockMovement, StockHold, StockBackorder, StockArrival,
    StockRule, StockRequest, IdempotencyKey, TableIndex, QueryUse, File, Refresh, Conversion, Notice, Meeting,
    Watch, Hook, HookCall,
)  # fmt: skip


def bind(engine: PostgresEngine) -> None:
    """Let every meta table use ``engine`` (one per process)."""
    for table in TABLES:
        table._meta._db = engine

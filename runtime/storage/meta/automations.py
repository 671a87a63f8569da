"""Automations: runs and their steps, versions and drafts, pauses, figures, what they send and what calls them."""

from __future__ import annotations

from piccolo.columns import JSONB, Array, BigInt, BigSerial, Date, DoublePrecision, Integer, Text, Timestamptz
from piccolo.table import Table


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

"""Work in the background: jobs, refreshes of computed values, conversions, counts of stays; indexes and what asks for them."""

from __future__ import annotations

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    DoublePrecision,
    Integer,
    Text,
    Timestamptz,
)
from piccolo.table import Table


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


class StateCount(Table, schema="meta", tablename="state_count"):
    """A select with a state machine of which the stays of some records are not counted yet; ``cursor``: the last that was."""

    field_id = Integer(primary_key=True)
    cursor = BigInt(default=0)
    at = Timestamptz()


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

"""What goes with records: their history, the outbox, files, answers that are kept for repeated calls."""

from __future__ import annotations

from piccolo.columns import JSONB, BigInt, BigSerial, Integer, Text, Timestamptz
from piccolo.table import Table


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


class IdempotencyKey(Table, schema="meta", tablename="idempotency_key"):
    """The answer already given to a POST with this key, for a day."""

    id: BigSerial
    key = Text(unique=True)
    at = Timestamptz()
    status = Integer(null=True, default=None)
    body = Text(null=True, default=None)

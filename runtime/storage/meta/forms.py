"""Forms: their addresses and what was submitted."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table


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

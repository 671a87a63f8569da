"""Values of a definition made real: wire values for fields, text for messages, JSON for webhooks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from runtime.automations.notes import is_message, load_message
from runtime.automations.reach import Reach, Snapshot
from runtime.catalog import Field
from runtime.definitions.fields import DateTime, Link
from runtime.definitions.values import FieldValue, Literal_, Now, RecordUrl, StepOutput, TextValue, Value
from runtime.fieldtypes import Context, get_by_name

Escape = Callable[[str], str]
ITSELF = "$id"
"""As the field of a :class:`FieldValue`: the record itself, to be linked to or named."""


class Values:
    """Renders values for one step. ``base_url`` is where people open the product."""

    def __init__(self, reach: Reach, context: Context, base_url: str) -> None:
        self.reach, self.context, self.base_url = reach, context, base_url

    async def wire(self, value: Value, target: Field) -> Any:
        """What to write into ``target``; the write path reads it leniently (``typecast``).

        Values of the same type go over as they are, others as text: a date into a text field reads as it is shown.
        """
        if isinstance(value, Literal_):
            return value.value
        if isinstance(value, FieldValue):
            record = await self.reach.record(value.of)
            if value.field == ITSELF:
                return [{"id": record.id}] if isinstance(target.config, Link) else record.title
            source = record.table.field(value.field)
            return record.wire(source) if _same_kind(source, target) else record.text(source) or None
        if isinstance(value, Now):
            return self.context.now.isoformat()
        if isinstance(value, StepOutput):
            return _plain(self.reach.output(value.step, value.key))
        return await self.text(value) or None

    async def json(self, value: Value) -> Any:
        """What a webhook gets: numbers as numbers, dates in ISO 8601, links as lists of ``{id, name}``."""
        if isinstance(value, Literal_):
            return value.value
        if isinstance(value, FieldValue):
            record = await self.reach.record(value.of)
            return record.id if value.field == ITSELF else record.wire(record.table.field(value.field))
        if isinstance(value, Now):
            return self.context.now.isoformat()
        if isinstance(value, StepOutput):
            return _plain(self.reach.output(value.step, value.key))
        return await self.text(value)

    async def text(self, value: Value | str, escape: Escape = str) -> str:
        """What a person reads. ``escape`` makes what comes from records harmless; the author's own words stay."""
        if isinstance(value, str):
            return value
        if isinstance(value, Literal_):
            return "" if value.value is None else str(value.value)
        if isinstance(value, TextValue):
            return "".join([await self.text(part, escape) for part in value.parts])
        if isinstance(value, FieldValue):
            record = await self.reach.record(value.of)
            return escape(
                record.title if value.field == ITSELF else record.text(record.table.field(value.field))
            )
        if isinstance(value, Now):
            return moment_text(self.context.now, self.context)
        if isinstance(value, RecordUrl):
            return self.url(await self.reach.record(value.of))
        found = _plain(self.reach.output(value.step, value.key))
        return "" if found is None else escape(str(found))

    def url(self, record: Snapshot) -> str:
        """The address of a record's page."""
        return record_url(self.base_url, record.table.id, record.id)


def record_url(base_url: str, table_id: str, record_id: str) -> str:
    """The address of a record's page."""
    return f"{base_url}/t/{table_id}?{urlencode({'record': record_id})}"


def moment_text(moment: datetime, context: Context) -> str:
    """A moment in the app's zone, as date-time fields show it."""
    config = DateTime()
    return get_by_name("datetime").to_text(config, moment, context)


def _same_kind(source: Field, target: Field) -> bool:
    if isinstance(target.config, Link) and isinstance(source.config, Link):
        return target.config.table == source.config.table
    numbers = ("number", "currency", "percent", "rating", "progress", "duration", "rollup")
    if source.type in numbers and target.type in numbers:
        return True
    return source.type == target.type


def _plain(stored: Any) -> Any:
    """A stored output for use: sentences in Chinese, the language of the data."""
    return load_message(stored).text() if is_message(stored) else stored

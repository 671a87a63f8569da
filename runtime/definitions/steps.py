"""Steps that hold no other steps, one Struct per kind, and the tests that steps ask. Those that hold steps: ``automations``."""

from __future__ import annotations

import msgspec

from runtime.definitions.queries import Filter
from runtime.definitions.values import Assignment, TextValue, Value


class RecordMeets(msgspec.Struct, frozen=True, tag="record_meets", tag_field="kind", omit_defaults=True):
    """The record (as it is now) meets ``where``."""

    where: Filter
    of: str = "trigger"


class OutcomeIs(msgspec.Struct, frozen=True, tag="outcome_is", tag_field="kind"):
    """The earlier step ``step`` ended with ``outcome`` (e.g. ``short`` for a reservation that could not be met)."""

    step: str
    outcome: str


Test = RecordMeets | OutcomeIs


class OnlyIf(msgspec.Struct, frozen=True, tag="only_if", tag_field="kind"):
    """Go on only when ``test`` holds; otherwise the run ends, finished."""

    test: Test


class ReserveLines(msgspec.Struct, frozen=True, tag="reserve_stock", tag_field="kind"):
    """Reserve stock for every line of the trigger record, all or none. Outcomes: ``reserved``, ``short``, ``moved_on``.

    Outputs: ``reason`` (which line lacks what), ``lines`` (number of lines).
    """

    stock: str


class ReleaseLines(msgspec.Struct, frozen=True, tag="release_stock", tag_field="kind"):
    """Give back what the trigger record's lines have reserved. Outcome ``released``."""

    stock: str


class UpdateRecord(msgspec.Struct, frozen=True, tag="update_record", tag_field="kind", omit_defaults=True):
    """Set fields of the trigger record or of the one an earlier step made."""

    set: tuple[Assignment, ...]
    of: str = "trigger"


class CreateRecord(msgspec.Struct, frozen=True, tag="create_record", tag_field="kind", omit_defaults=True):
    """Create a record in ``table``; later steps can use it by this step's id."""

    table: str
    set: tuple[Assignment, ...] = ()


class SendWecom(msgspec.Struct, frozen=True, tag="send_wecom", tag_field="kind", omit_defaults=True):
    """Send ``text`` through the WeCom robot ``connector``; ``mention`` are WeCom user ids or mobile numbers, or ``@all``."""

    connector: str
    text: TextValue
    mention: tuple[str, ...] = ()
    markdown: bool = False


class HttpPost(msgspec.Struct, frozen=True, tag="http_post", tag_field="kind", omit_defaults=True):
    """POST a JSON object of named values to the ``http_webhook`` connector."""

    connector: str
    body: dict[str, Value] = {}


LeafConfig = OnlyIf | ReserveLines | ReleaseLines | UpdateRecord | CreateRecord | SendWecom | HttpPost

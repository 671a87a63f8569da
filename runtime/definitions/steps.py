"""Steps that hold no other steps, one Struct per kind, and the tests that steps ask. Those that hold steps: ``automations``."""

from __future__ import annotations

import msgspec

from runtime.definitions.record_steps import CreateRecord, RecordStep, UpdateRecord
from runtime.definitions.step_tests import OutcomeIs, RecordMeets, Test
from runtime.definitions.values import TextValue, Value


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


LeafConfig = OnlyIf | ReserveLines | ReleaseLines | RecordStep | SendWecom | HttpPost

__all__ = [
    "CreateRecord",
    "HttpPost",
    "LeafConfig",
    "OnlyIf",
    "OutcomeIs",
    "RecordMeets",
    "ReleaseLines",
    "ReserveLines",
    "SendWecom",
    "Test",
    "UpdateRecord",
]

"""Steps that hold no other steps, one Struct per kind, and the tests that steps ask. Those that hold steps: ``automations``."""

from __future__ import annotations

import msgspec

from runtime.definitions.message_steps import HttpRequest, MessageStep, Notify, SendEmail
from runtime.definitions.record_steps import CreateRecord, RecordStep, UpdateRecord
from runtime.definitions.step_tests import OutcomeIs, RecordMeets, Test
from runtime.definitions.stock_steps import ConsumeLines, FillLines, ReleaseLines, ReserveLines, StockStep
from runtime.definitions.values import TextValue, Value


class OnlyIf(msgspec.Struct, frozen=True, tag="only_if", tag_field="kind"):
    """Go on only when ``test`` holds; otherwise the run ends, finished."""

    test: Test


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


LeafConfig = OnlyIf | StockStep | RecordStep | SendWecom | HttpPost | MessageStep

__all__ = [
    "ConsumeLines",
    "CreateRecord",
    "FillLines",
    "HttpPost",
    "HttpRequest",
    "LeafConfig",
    "Notify",
    "OnlyIf",
    "OutcomeIs",
    "RecordMeets",
    "ReleaseLines",
    "ReserveLines",
    "SendEmail",
    "SendWecom",
    "Test",
    "UpdateRecord",
]

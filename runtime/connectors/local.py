"""Stand-ins for every kind, for developing without a network: the same forms and checks, nothing leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from runtime.connectors.base import ConnectorKind, Receipt, SettingValues
from runtime.i18n import Message, Translator
from runtime.outbound import OutboundClient

_log = structlog.get_logger(__name__)


class NullKind(ConnectorKind):
    """Takes what ``real`` takes, checks as it does, and sends nothing."""

    def __init__(self, real: ConnectorKind) -> None:
        self.real = real
        # What a form shows is the kind's own; these names stand on the class of an ordinary kind.
        for name in ("id", "name", "description", "icon", "fields", "steps", "messages", "pacing", "merges"):
            setattr(self, name, getattr(real, name))

    def check_setting(self, name: str, value: str) -> str:
        """As the real kind."""
        return self.real.check_setting(name, value)

    def check_together(self, values: SettingValues) -> list[tuple[str, Message]]:
        """As the real kind."""
        return self.real.check_together(values)

    def shown(self, settings: SettingValues) -> str:
        """As the real kind."""
        return self.real.shown(settings)

    def pacing_key(self, settings: SettingValues) -> str | None:
        """As the real kind."""
        return self.real.pacing_key(settings)

    async def send(
        self,
        client: OutboundClient,
        settings: SettingValues,
        message: Any,
        *,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """Succeed."""
        return Receipt(0, "not sent", {})

    def test_message(self, translator: Translator) -> Any:
        """As the real kind."""
        return self.real.test_message(translator)


class ConsoleKind(NullKind):
    """Writes to the log what would have been sent, and where to."""

    async def send(
        self,
        client: OutboundClient,
        settings: SettingValues,
        message: Any,
        *,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """Log and succeed."""
        shown: Mapping[str, Any] = msgspec.to_builtins(message)
        _log.info("message_not_sent", connector=self.id, to=self.shown(settings), message=shown)
        return await super().send(client, settings, message, idempotency_key=idempotency_key)

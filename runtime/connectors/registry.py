"""The kinds of connectors there are, and the one object through which the rest of the product uses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from runtime.connectors.base import ConnectorKind, Receipt, SettingValues
from runtime.connectors.http_api import HttpApi, HttpMessage
from runtime.connectors.http_webhook import HttpWebhook, JsonMessage
from runtime.connectors.local import ConsoleKind, NullKind
from runtime.connectors.redaction import Redaction
from runtime.connectors.smtp import EmailMessage, Smtp
from runtime.connectors.wecom_messages import MarkdownMessage, TextMessage
from runtime.connectors.wecom_robot import OFFICIAL_BASE_URL, WecomRobot
from runtime.errors import HuobiaoError, InvalidInput, NotFound
from runtime.i18n import CHINESE, N_, Message, Translator
from runtime.outbound import OutboundClient
from runtime.settings import Settings

OutgoingMessage = TextMessage | MarkdownMessage | JsonMessage | HttpMessage | EmailMessage
"""Every type of message, as stored while it waits (``msgspec.convert(row, OutgoingMessage)``)."""

Variant = Literal["real", "console", "null"]


def connector_kinds(wecom_base_url: str = OFFICIAL_BASE_URL) -> tuple[ConnectorKind, ...]:
    """All kinds, in the order in which people choose from them."""
    return (WecomRobot(wecom_base_url), Smtp(), HttpApi(), HttpWebhook())


class Connectors:
    """All kinds with the way out they use.

    ``variant``: ``real`` sends; ``console`` writes to the log what it would have sent; ``null`` swallows it. The
    latter two are for developing without anybody getting messages; forms and checks stay the same.
    """

    def __init__(
        self,
        client: OutboundClient,
        *,
        wecom_base_url: str = OFFICIAL_BASE_URL,
        variant: Variant = "real",
    ) -> None:
        self._client = client
        kinds: tuple[ConnectorKind, ...] = connector_kinds(wecom_base_url)
        if variant == "console":
            kinds = tuple(ConsoleKind(kind) for kind in kinds)
        elif variant == "null":
            kinds = tuple(NullKind(kind) for kind in kinds)
        self.kinds = kinds
        self._by_id = {kind.id: kind for kind in kinds}

    @classmethod
    def of(cls, client: OutboundClient, settings: Settings) -> Connectors:
        """The connectors of an installation, as its settings say."""
        variant = msgspec.convert(settings.connectors, Variant)
        return cls(client, wecom_base_url=settings.wecom_base_url, variant=variant)

    def kind(self, kind_id: str) -> ConnectorKind:
        """The kind of this id. Raises :class:`NotFound`."""
        try:
            return self._by_id[kind_id]
        except KeyError:
            raise NotFound(N_("没有「{kind}」这种连接"), kind=kind_id) from None

    def check(self, kind_id: str, settings: Mapping[str, Any]) -> dict[str, str]:
        """See :meth:`ConnectorKind.check`. Raises also :class:`NotFound`."""
        return self.kind(kind_id).check(settings)

    async def send(
        self,
        kind_id: str,
        settings: SettingValues,
        message: OutgoingMessage,
        *,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """See :meth:`ConnectorKind.send`. Raises also :class:`NotFound`, and :class:`InvalidInput` when the kind
        does not take this type of message. What the other side answers is kept, so no secret is left in it.
        """
        kind = self.kind(kind_id)
        if not isinstance(message, kind.messages):
            raise InvalidInput(
                N_("「{kind}」不能发这种消息"), code="message_unsupported", kind=Message(kind.name)
            )
        redaction = Redaction(kind, settings)
        try:
            receipt = await kind.send(self._client, settings, message, idempotency_key=idempotency_key)
        except HuobiaoError as error:
            redaction.clean(error)
            raise
        return redaction.receipt(receipt)

    async def test(self, kind_id: str, settings: SettingValues, translator: Translator = CHINESE) -> Receipt:
        """See :meth:`ConnectorKind.test`. Raises also :class:`NotFound`."""
        kind = self.kind(kind_id)
        redaction = Redaction(kind, settings)
        try:
            return redaction.receipt(await kind.test(self._client, settings, translator))
        except HuobiaoError as error:
            redaction.clean(error)
            raise


def to_row(message: OutgoingMessage) -> dict[str, Any]:
    """The message as JSON to store."""
    row: dict[str, Any] = msgspec.to_builtins(message)
    return row


def from_row(row: Mapping[str, Any]) -> OutgoingMessage:
    """The message that :func:`to_row` stored. Raises :class:`msgspec.ValidationError` when it is none."""
    message: OutgoingMessage = msgspec.convert(row, OutgoingMessage)
    return message

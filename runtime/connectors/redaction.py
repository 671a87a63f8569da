"""Credentials taken out of what comes back: a receiver that echoes a request must not spread them.

Answers are kept with the run, where everybody in the app may read them.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from runtime.connectors.base import ConnectorKind, Receipt, SettingValues
from runtime.errors import HuobiaoError
from runtime.i18n import Message

HIDDEN = "••••••"
MIN_CHARACTERS = 6
"""What is shorter stands in answers by chance."""


class Redaction:
    """Hides the secret settings of one connector, in the notations in which they travel."""

    def __init__(self, kind: ConnectorKind, settings: SettingValues) -> None:
        _, secret = kind.split(settings)
        plain = [value for value in secret.values() if len(value) >= MIN_CHARACTERS]
        pairs = [
            f"{settings.get(name, '')}:{value}" for name in ("username", "user") for value in secret.values()
        ]
        coded = [base64.b64encode(text.encode()).decode() for text in (*plain, *pairs)]
        found = {form for text in (*plain, *coded) for form in _notations(text)}
        self._secrets = sorted(found, key=len, reverse=True)

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def value(self, value: Any) -> Any:
        """A value of JSON, or a sentence, without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.value(item) for item in value)
        if isinstance(value, Message):
            return Message(value.msgid, {key: self.value(item) for key, item in value.params.items()})
        return value

    def receipt(self, receipt: Receipt) -> Receipt:
        """A receipt without secrets."""
        return msgspec.structs.replace(
            receipt,
            errmsg=self.text(receipt.errmsg),
            raw=self.value(receipt.raw),
            output=self.value(receipt.output),
        )

    def clean(self, error: HuobiaoError) -> None:
        """Take secrets out of an error's sentence."""
        error.message = self.value(error.message)
        error.args = (self.text(str(error)),)


def _notations(text: str) -> set[str]:
    """How a text may stand in an answer."""
    return {text, quote(text, safe=""), quote(text), quote_plus(text), json.dumps(text)[1:-1],
            json.dumps(text, ensure_ascii=False)[1:-1]}  # fmt: skip

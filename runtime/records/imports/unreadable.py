"""Why a cell could not be turned into a value."""

from __future__ import annotations

from typing import Any

from runtime.i18n import Message
from runtime.records.imports.cells import Cell, show

_SHOWN = 40


class Unreadable(ValueError):
    """A cell does not hold what its field needs; ``message`` says why, for the person who owns the file."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(message.text())

    @classmethod
    def of(cls, msgid: str, cell: Cell, **params: Any) -> Unreadable:
        """Make the fault for ``cell``; the msgid names it as ``{text}``, shortened."""
        text = show(cell)
        if len(text) > _SHOWN:
            text = text[: _SHOWN - 1] + "…"
        return cls(Message(msgid, {"text": text, **params}))

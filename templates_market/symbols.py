"""Symbolic ids of templates: ``@table``, ``@table.field``, ``@stocks/key``, ``@connectors/key`` …"""

from __future__ import annotations

import re
from typing import Any

from runtime.errors import InvalidDefinition
from runtime.i18n import N_

_SYMBOL = re.compile(r"@[\w-]+(?:[./][\w-]+)?")


class Symbols:
    """The real id of each symbol, filled as things are made."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def put(self, symbol: str, public_id: str) -> None:
        """Give ``symbol`` (with its ``@``) its id."""
        self._ids[symbol] = public_id

    def get(self, symbol: str) -> str:
        """Its id. Raises InvalidDefinition naming the symbol."""
        found = self._ids.get(symbol)
        if found is None:
            raise InvalidDefinition(
                N_("模板里引用了不存在的「{symbol}」"), code="unknown_symbol", symbol=symbol
            )
        return found

    def resolve(self, value: Any) -> Any:
        """``value`` with every text that is a symbol replaced by its id, keys included."""
        if isinstance(value, str):
            return self.get(value) if _SYMBOL.fullmatch(value) else value
        if isinstance(value, list | tuple):
            return [self.resolve(item) for item in value]
        if isinstance(value, dict):
            return {self.resolve(key): self.resolve(item) for key, item in value.items()}
        return value

    def reversed(self) -> dict[str, str]:
        """Symbol by id, for export."""
        return {public_id: symbol for symbol, public_id in self._ids.items()}

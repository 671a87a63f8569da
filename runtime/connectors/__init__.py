"""Clients of outside systems. Use :class:`Connectors`; each kind has a file of its own."""

from runtime.connectors.base import ConnectorKind, Option, Receipt, SettingField
from runtime.connectors.registry import Connectors, OutgoingMessage, connector_kinds, from_row, to_row

__all__ = [
    "ConnectorKind",
    "Connectors",
    "Option",
    "OutgoingMessage",
    "Receipt",
    "SettingField",
    "connector_kinds",
    "from_row",
    "to_row",
]

"""The one guarded way to call outside: all that leaves this installation over HTTP goes through here."""

from runtime.outbound.addresses import Policy, allowed_endpoints, endpoint_of, parse_url, to_administrators
from runtime.outbound.client import OutboundClient, OutboundResponse

__all__ = [
    "OutboundClient",
    "OutboundResponse",
    "Policy",
    "allowed_endpoints",
    "endpoint_of",
    "parse_url",
    "to_administrators",
]

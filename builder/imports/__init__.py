"""Bringing a file in: keep it, show what is in it, agree on columns, hand it to the worker.

A file becomes a ``draft`` job at once, so that it has an address; :func:`start` makes the fields that are missing and
queues the job. What the worker then does is ``runtime.worker.imports``.
"""

from __future__ import annotations

import msgspec

from builder.imports.decisions import MAX_OPTIONS, ColumnChoice, Decision, start
from builder.imports.drafts import ENCODINGS, Draft, discard, draft, keep, known_encoding
from builder.imports.previews import ColumnPreview, Preview, headers, preview
from runtime.i18n import Message


def decode_message(stored: str) -> Message:
    """The sentence a job ended with."""
    return msgspec.json.decode(stored, type=Message)


__all__ = [
    "ENCODINGS",
    "MAX_OPTIONS",
    "ColumnChoice",
    "ColumnPreview",
    "Decision",
    "Draft",
    "Preview",
    "decode_message",
    "discard",
    "draft",
    "headers",
    "keep",
    "known_encoding",
    "preview",
    "start",
]

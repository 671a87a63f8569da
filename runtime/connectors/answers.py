"""What of a JSON answer a step asked for: values picked by their place, small enough to be stored with the run."""

from __future__ import annotations

from typing import Any

import msgspec

MAX_TEXT = 10_000
MAX_BYTES = 64 * 1024

Place = tuple[str | int, ...]
"""Where a value stands in an answer: names of objects and places in lists, from the outside in."""


class Pick(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value to take out of an answer: the output ``key`` it becomes, and its place."""

    key: str
    place: Place


def picked(answer: Any, picks: tuple[Pick, ...]) -> dict[str, Any]:
    """The values, by key; None where the answer has nothing at the place. Texts are cut to :data:`MAX_TEXT` characters."""
    return {pick.key: storable(at(answer, pick.place)) for pick in picks}


def at(answer: Any, place: Place) -> Any:
    """The value at a place of decoded JSON, or None."""
    for part in place:
        if isinstance(answer, dict) and isinstance(part, str):
            answer = answer.get(part)
        elif isinstance(answer, list) and isinstance(part, int) and 0 <= part < len(answer):
            answer = answer[part]
        else:
            return None
    return answer


def storable(value: Any) -> Any:
    """A value PostgreSQL takes: no NULs, texts of bounded length; what is larger than :data:`MAX_BYTES` as JSON becomes
    the beginning of its text."""
    if isinstance(value, str):
        return value.replace("\x00", "")[:MAX_TEXT]
    if not isinstance(value, dict | list):
        return value
    text = msgspec.json.encode(value, enc_hook=str)
    if len(text) > MAX_BYTES:
        return text[:MAX_TEXT].decode("utf-8", "ignore").replace("\\u0000", "")
    return without_nuls(value)


def without_nuls(value: Any) -> Any:
    """A decoded JSON value without the one character that PostgreSQL does not store."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {str(key).replace("\x00", ""): without_nuls(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nuls(item) for item in value]
    return value

"""Which questions are asked, as the answers so far have it. Pure; ``ui/islands/forms/conditions.ts`` says the same.

``tests/runtime/forms/conditions.json`` holds both to one meaning. Answers are wire values by field id.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from runtime.definitions.queries import Condition, Filter


def is_empty(value: Any) -> bool:
    """Whether a question is left without an answer; a box that is not ticked is an answer."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def meets(where: Filter | None, answers: Mapping[str, Any]) -> bool:
    """Whether the answers meet a question's condition; there is none: they do."""
    if where is None:
        return True
    if isinstance(where, Condition):
        return _holds(where.op, answers.get(where.field), where.value)
    if not where.items:
        return True
    found = (meets(item, answers) for item in where.items)
    return all(found) if where.conjunction == "and" else any(found)


def _holds(op: str, answer: Any, wanted: Any) -> bool:
    empty = is_empty(answer)
    if op in ("is_empty", "is_not_empty"):
        return empty == (op == "is_empty")
    if isinstance(wanted, bool):
        return (answer is True) == wanted
    if op in ("is_not", "ne", "is_none_of", "not_contains"):
        positive = {"is_not": "is", "ne": "eq", "is_none_of": "is_any_of", "not_contains": "contains"}[op]
        return empty or not _holds(positive, answer, wanted)
    if empty:
        return False
    if op == "between":
        low, high = wanted if isinstance(wanted, list | tuple) and len(wanted) == 2 else (None, None)
        return _holds("ge", answer, low) and _holds("le", answer, high)
    if op in ("is_any_of", "has_all_of"):
        given = set(answer) if isinstance(answer, list | tuple) else {answer}
        choices = set(wanted) if isinstance(wanted, list | tuple) else {wanted}
        return choices <= given if op == "has_all_of" else bool(choices & given)
    return _compares(op, answer, wanted)


def _compares(op: str, answer: Any, wanted: Any) -> bool:
    if op in ("is", "contains", "starts_with", "ends_with"):
        text, words = str(answer).casefold(), str(wanted or "").casefold()
        if op == "is":
            return text == words
        return {
            "contains": words in text,
            "starts_with": text.startswith(words),
            "ends_with": text.endswith(words),
        }[op]
    left, right = _amount(answer), _amount(wanted)
    if left is None or right is None or isinstance(left, str) is not isinstance(right, str):
        return False
    if op in ("on", "eq"):
        return left == right
    if op in ("before", "lt"):
        return left < right  # type: ignore[operator]
    if op in ("after", "gt"):
        return left > right  # type: ignore[operator]
    return left >= right if op == "ge" else left <= right  # type: ignore[operator]


def _amount(value: Any) -> Decimal | str | None:
    """A number, or a day as it is written (which sorts as it falls)."""
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text[:10]
    return number if number.is_finite() else None

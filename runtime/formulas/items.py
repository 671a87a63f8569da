"""Lists inside formulas: a ``tuple[str, ...]`` in Python, ``text[]`` in SQL.

A list is what a field of several values holds, or what SPLIT and LIST make. Items are compared as texts are, without
regard to case. What a formula puts together is bounded: MAX_ITEMS items, MAX_TEXT characters in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from runtime.formulas import numbers, texts
from runtime.formulas.coercions import NUMBER_FROM_TEXT, coerce, definite
from runtime.formulas.comparison import folded
from runtime.formulas.operations import Operand, Operation, Outcome, failing, over, sql, variable
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, Term
from runtime.formulas.types import LIST, MAX_ITEMS, MAX_TEXT, TEXT, VALUE, FormulaFailure

Items = tuple[str, ...]


def bounded_items(items: Iterable[str]) -> Items:
    """The list, or ``#VALUE!`` when it is longer than a formula may make."""
    found = tuple(items)
    if len(found) > MAX_ITEMS or sum(map(len, found)) > MAX_TEXT:
        raise FormulaFailure(VALUE)
    return found


def bounded_items_sql(items: Sql) -> Outcome:
    """:func:`bounded_items`; what is too long is nothing."""
    fits = sql(
        f"(cardinality({{0}}) <= {MAX_ITEMS}"
        f" AND (SELECT COALESCE(sum(char_length(u.item)), 0) FROM unnest({{0}}) AS u(item)) <= {MAX_TEXT})",
        items,
    )
    value = sql("CASE WHEN {1} THEN {0} ELSE ARRAY[]::text[] END", items, fits)
    return Outcome(value, failing(sql("({0} IS NOT TRUE)", fits), VALUE))


def joined_lists(lists: Sequence[Operand]) -> Sql:
    """One list after the other."""
    return sql("(" + " || ".join(f"{{{i}}}" for i in range(len(lists))) + ")", *lists)


def as_list(term: Term) -> Term:
    """A list as it is; any other value as a list of one, blank as the empty list."""
    return coerce(definite(term), LIST)


CHAIN = Operation(
    "chain",
    lambda *lists: bounded_items(item for items in lists for item in items),
    lambda *lists: bounded_items_sql(joined_lists(lists)),
)


def as_one_list(terms: Sequence[Term]) -> Term:
    """Several values and lists as one list."""
    if len(terms) == 1:
        return as_list(terms[0])
    return Apply(LIST, CHAIN, tuple(map(as_list, terms)))


def small_items(items: Operand | Sql) -> Sql:
    """The items in small letters."""
    letters = folded(variable("w", "item"))
    return over(
        "w",
        "ARRAY(SELECT {1} FROM unnest({0}) WITH ORDINALITY AS w(item, place) ORDER BY w.place)",
        items,
        letters,
    )


def item_number(text: str) -> Decimal | None:
    """The number an item reads as, None where it reads as none."""
    try:
        return numbers.number_from_text(text)
    except FormulaFailure:
        return None


def item_number_sql(name: str = "u") -> Sql:
    """:func:`item_number` of ``item`` of the range variable ``name``."""
    outcome = NUMBER_FROM_TEXT.sql(Operand(TEXT, variable(name, "item")))
    assert isinstance(outcome, Outcome)  # noqa: S101
    assert outcome.error is not None  # noqa: S101
    return sql("CASE WHEN {1} IS NULL THEN {0} END", outcome.value, outcome.error)


def unique(items: Items) -> Items:
    """Each item once, as it is written first."""
    first: dict[str, str] = {}
    for item in items:
        first.setdefault(texts.lower(item), item)
    return tuple(first.values())

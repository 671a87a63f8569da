"""The functions of the formula language: one file per family, one explicit list.

To add one, write a :class:`~runtime.formulas.functions.base.Function` in its family's file and name it in that file's
``FUNCTIONS``; its examples run as tests in both back ends and its help appears in ``docs/formulas.md``.
"""

from __future__ import annotations

from functools import cache

from runtime.formulas.functions import (
    aggregates,
    amounts,
    characters,
    checks,
    date,
    datemath,
    dateparts,
    formatting,
    keywords,
    letters,
    lists,
    listsearch,
    logarithms,
    logic,
    number,
    records,
    regexes,
    rounding,
    search,
    statistics,
    text,
    textparts,
    workdays,
    yearparts,
)
from runtime.formulas.functions.base import Function

ALL: tuple[Function, ...] = (
    *logic.FUNCTIONS,
    *checks.FUNCTIONS,
    *text.FUNCTIONS,
    *letters.FUNCTIONS,
    *textparts.FUNCTIONS,
    *search.FUNCTIONS,
    *characters.FUNCTIONS,
    *keywords.FUNCTIONS,
    *formatting.FUNCTIONS,
    *amounts.FUNCTIONS,
    *regexes.FUNCTIONS,
    *aggregates.FUNCTIONS,
    *statistics.FUNCTIONS,
    *number.FUNCTIONS,
    *rounding.FUNCTIONS,
    *logarithms.FUNCTIONS,
    *date.FUNCTIONS,
    *datemath.FUNCTIONS,
    *workdays.FUNCTIONS,
    *dateparts.FUNCTIONS,
    *yearparts.FUNCTIONS,
    *lists.FUNCTIONS,
    *listsearch.FUNCTIONS,
    *records.FUNCTIONS,
)


@cache
def _by_name() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for function in ALL:
        for name in (function.name, *function.aliases):
            if name.upper() in found:
                raise ValueError(f"two functions are called {name}")
            found[name.upper()] = function
    return found


def find(name: str) -> Function | None:
    """The function of that name or alias, in any case; None when there is none."""
    return _by_name().get(name.upper())


def names() -> list[str]:
    """All names and aliases."""
    return list(_by_name())

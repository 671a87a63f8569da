"""Which moves of a state machine need a transaction of their own, and which may share one (:mod:`runtime.records.together`).

A move may share it when it concerns nothing but its own record: it changes no stock and creates nothing, and what is
asked before it (conditions, required fields) stands in fields of that record which people fill in. What is computed
may hang on a neighbour that moves in the same transaction: one after the other, the first of two could hold back the
second, together each would be judged as if the other had moved already.
"""

from __future__ import annotations

from typing import Any

from runtime import formulas
from runtime.catalog import Field, Table
from runtime.definitions.fields import Link
from runtime.definitions.queries import fields_of
from runtime.definitions.states import SetField, Transition
from runtime.errors import HuobiaoError
from runtime.records.work import Work

_ENTERED, _SHARING = "_states_entered_together", "_moves_that_share"


def alone(table: Table, key: str, value: Any) -> bool:
    """Whether setting the field called ``key`` to ``value`` (wire form) is a move that has to go alone whatever it starts from.

    Asked before the record is read. False for what is no state, and where one of the ways into the state may be shared:
    :func:`separate` takes those out that came another way.
    """
    known: dict[str, frozenset[str]] | None = table.__dict__.get(_ENTERED)
    if known is None:
        known = table.__dict__[_ENTERED] = _entered_together(table)
    names = known.get(key)
    return names is not None and not (isinstance(value, str) and value in names)


def _entered_together(table: Table) -> dict[str, frozenset[str]]:
    """By id and name of each state field: the names of the states that a move which may be shared leads into."""
    found: dict[str, frozenset[str]] = {}
    for field in table.fields:
        if field.machine is not None:
            targets = {one.target for one in field.machine.transitions if shares(table, one)}
            names = frozenset(name for name, choice in field.choices_by_name.items() if choice.id in targets)
            found[field.id] = found[field.name] = names
    return found


def shares(table: Table, transition: Transition) -> bool:
    """Whether a move may share its transaction with other changes of its table."""
    known: dict[int, bool] = table.__dict__.setdefault(_SHARING, {})
    if id(transition) not in known:  # it lives as long as its table
        known[id(transition)] = _concerns_its_record(table, transition)
    return known[id(transition)]


def _concerns_its_record(table: Table, transition: Transition) -> bool:
    if acts(transition):
        return False
    asked = fields_of(transition.guard)
    if transition.formula:
        try:
            asked = asked | formulas.dependencies(formulas.parse(transition.formula))
        except HuobiaoError:
            return False
    return all(key.startswith("$") or _filled_in(table.by_id.get(key)) for key in asked) and all(
        _filled_in(needed) or _links_elsewhere(table, needed)
        for key in transition.required
        if (needed := table.by_id.get(key)) is not None
    )


def acts(transition: Transition) -> bool:
    """Whether a move does something beyond setting fields of its record."""
    return any(not isinstance(effect, SetField) for effect in transition.effects)


def may_refuse(work: Work) -> bool:
    """Whether a move may turn out to be refused after it has been stored: it has conditions, or does something."""
    return any(
        transition is not None and (transition.guard is not None or transition.formula or acts(transition))
        for item in work.good
        for _, _, _, transition in item.moves
    )


def separate(work: Work) -> None:
    """Of several changes, take those out whose moves have to go alone, now that it is known where they start from."""
    if work.together:
        for item in work.good:
            if any(one is not None and not shares(work.table, one) for *_, one in item.moves):
                item.stand_back()


def _filled_in(field: Field | None) -> bool:
    return field is not None and field.stored and not field.computed


def _links_elsewhere(table: Table, field: Field) -> bool:
    return isinstance(field.config, Link) and field.config.table != table.id

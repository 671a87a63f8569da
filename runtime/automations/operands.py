"""Conditions whose operands are values: put in before the query is compiled, in the wire form of the field they compare."""

from __future__ import annotations

from typing import Any

import msgspec

from runtime.automations.values import Values
from runtime.catalog import Table
from runtime.definitions.queries import Condition, Filter, Group
from runtime.definitions.values import operand_value
from runtime.errors import InvalidInput
from runtime.i18n import N_

NOTHING = Condition("$id", "is_any_of", [])
"""What no record meets."""
_LISTS = frozenset({"is_any_of", "is_none_of", "has_all_of"})


async def resolve_filter(values: Values, table: Table, where: Filter | None) -> Filter | None:
    """``where`` with plain operands. A condition whose value turns out empty holds for no record.

    Raises:
        InvalidInput, NotFound: a record or field that a value is taken from is gone.
    """
    if where is None:
        return None
    if isinstance(where, Condition):
        return await _condition(values, table, where)
    items = [await resolve_filter(values, table, item) for item in where.items]
    return Group(where.conjunction, tuple(item for item in items if item is not None))


async def _condition(values: Values, table: Table, condition: Condition) -> Condition:
    if not holds_value(condition.value):
        return condition
    found = await _operand(values, table, condition.field, condition.value)
    if found is None or (isinstance(found, list) and None in found):
        return NOTHING
    if condition.op in _LISTS and not isinstance(found, list):
        found = [found]
    if isinstance(found, list) and condition.op not in (*_LISTS, "is", "is_not", "between"):
        found = "、".join(str(item) for item in found)
    return msgspec.structs.replace(condition, value=found)


def holds_value(operand: Any) -> bool:
    """Whether an operand is a value, or a list with one in it."""
    if isinstance(operand, list | tuple):
        return any(holds_value(item) for item in operand)
    return isinstance(operand, dict) and "$value" in operand


async def _operand(values: Values, table: Table, key: str, operand: Any) -> Any:
    if isinstance(operand, list | tuple):
        found = [await _operand(values, table, key, item) for item in operand]
        return [part for item in found for part in (item if isinstance(item, list) else [item])]
    try:
        value = operand_value(operand)
    except msgspec.ValidationError as error:
        raise InvalidInput(N_("条件里有一个值不完整,打开这个自动化重新选一下"), code="bad_operand") from error
    if value is None:
        return operand
    return await values.operand(value, None if key.startswith("$") else table.field(key))

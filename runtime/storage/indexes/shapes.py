"""What a query needs an index for, and the index that serves it. Pure: no database here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runtime import fieldtypes
from runtime.catalog import Field, Table
from runtime.definitions.fields import Member, Text
from runtime.definitions.queries import Condition, Filter, Query, Sort

# a btree entry holds at most 2704 bytes, a character of UTF-8 up to four
_LONGEST_TEXT = 600
# an entry of these has a known, small size
_SHORT = frozenset(
    {
        "single_select", "checkbox", "date", "datetime", "number", "currency", "percent", "phone", "auto_number",
        "rating", "progress", "duration", "created_time", "updated_time", "email", "cascade", "member",
    }
)  # fmt: skip
_TEXTS = frozenset({"text", "long_text", "barcode", "lookup", "url", "location", "formula", "rollup"})
_EQUAL = frozenset({"is", "eq", "on"})
_ONE_OF = frozenset({"is_any_of"})
_RANGES = frozenset(
    {
        "gt", "ge", "lt", "le", "between", "before", "after", "older_than", "newer_than", "within_next", "in_period",
    }
)  # fmt: skip
_SYSTEM = {"$created_at": "created_at", "$updated_at": "updated_at"}
_MOST_EQUAL = 2
SINCE = "$since:"
"""Before the id of a state machine's field: since when a record is in its state."""


class Shape(msgspec.Struct, frozen=True, order=True):
    """Fields a query compares for equality, and its order: ``(field, descending)``. Ids of fields, ``$created_at``, or
    :data:`SINCE` and an id."""

    equal: tuple[str, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.equal or self.order)

    @property
    def fields(self) -> frozenset[str]:
        """Every field it names."""
        return frozenset(self.equal) | {key for key, _ in self.order}


class Index(msgspec.Struct, frozen=True):
    """An index of a table: its columns as SQL, and whether it is a hash index (equality of texts of any length)."""

    columns: tuple[str, ...]
    hashed: bool = False

    def covers(self, other: Index) -> bool:
        """Whether ``other`` is superfluous beside this one."""
        return self.hashed == other.hashed and self.columns[: len(other.columns)] == other.columns


def shapes_of(query: Query) -> list[Shape]:
    """What would help ``query``: its equal fields with its order; each range, and each way of an OR, for itself."""
    return of(query.where, query.sorts)


def of(where: Filter | None, sorts: Sequence[Sort] = ()) -> list[Shape]:
    """The same of a filter and sorts."""
    equal, others = _split(where)
    order = tuple((sort.field, sort.descending) for sort in sorts if sort.field != "$id")
    found = [Shape(tuple(sorted(equal)[:_MOST_EQUAL]), order), *others]
    return [shape for shape in dict.fromkeys(found) if shape]


def _split(where: Filter | None) -> tuple[set[str], list[Shape]]:
    """Fields that every match has equal, and the shapes of what else is in the filter."""
    if where is None:
        return set(), []
    if isinstance(where, Condition):
        if where.op in _EQUAL and where.value not in (None, ""):
            return {where.field}, []
        if where.op in _ONE_OF:
            return set(), [Shape((where.field,))]
        return set(), [Shape((), ((where.field, False),))] if where.op in _RANGES else []
    equal: set[str] = set()
    others: list[Shape] = []
    for item in where.items:
        inner, further = _split(item)
        others += further
        if where.conjunction == "and":
            equal |= inner
        else:
            others += [Shape((field,)) for field in sorted(inner)]
    return equal, others


def index_for(table: Table, shape: Shape) -> Index | None:
    """The index that serves ``shape``; None where none would, or where it could refuse a long value."""
    equal = [field for key in shape.equal if (field := _field(table, key)) is not None]
    texts = [field for field in equal if not _bounded(field)]
    if texts:
        # equality of a text nearly always leaves few records: its hash alone is enough
        return Index((texts[0].column,), hashed=True) if texts[0].type in _TEXTS else None
    days = [field for field in equal if field.type in ("date", "datetime")]
    columns = [field.column for field in equal if field not in days]
    if days:  # a day is a span of moments, and what follows a span is in no order
        return Index((*columns, days[0].column))
    for key, descending in shape.order:
        if key.startswith(SINCE):
            machine = table.by_id.get(key.removeprefix(SINCE))
            if machine is None or machine.machine is None:
                break
            columns.append(machine.since_column)
            continue
        field = _field(table, key)
        if (field is None and key not in _SYSTEM) or (field is not None and not _bounded(field)):
            break
        if field is not None and field.type == "member":  # sorted by names, which change
            break
        column = _SYSTEM[key] if field is None else _ordered(field)
        if column not in columns:
            columns.append(f"{column} DESC NULLS LAST" if descending else column)
    else:
        columns.append(_tie(shape))
    return Index(tuple(columns)) if columns and columns != [_tie(shape)] else None


def _tie(shape: Shape) -> str:
    """The row's number ends every order; a single descending sort has it descending (see ``Compiler.keys``)."""
    return "id DESC" if len(shape.order) == 1 and shape.order[0][1] else "id"


def _field(table: Table, key: str) -> Field | None:
    field = table.by_id.get(key)
    return (
        field
        if field is not None and field.type != "link" and (field.stored or field.type in _SHORT)
        else None
    )


def _bounded(field: Field) -> bool:
    """Whether every value fits into a btree entry."""
    if isinstance(field.config, Text):
        return field.config.max_length <= _LONGEST_TEXT
    if field.type in ("formula", "rollup"):
        return getattr(field.config, "result", "text") in ("number", "boolean", "date", "datetime")
    if isinstance(field.config, Member):
        return not field.config.many
    return field.type in _SHORT


def _ordered(field: Field) -> str:
    """What the field sorts by: its column, or an expression over it (a select sorts by the order of its options)."""
    expression = fieldtypes.get(field.config).order(field.config, field.column)
    return expression if expression == field.column else f"({expression})"


def without_covered(indexes: Sequence[Index]) -> list[Index]:
    """``indexes`` in their order, less those that a wider one serves as well."""
    kept: list[Index] = []
    for index in dict.fromkeys(indexes):
        if any(other.covers(index) for other in kept):
            continue
        kept = [other for other in kept if not index.covers(other)] + [index]
    return kept

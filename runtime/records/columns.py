"""A batch column by column: what a thousand records have in common is found out once for a field, not once for each cell.

It says nothing of its own about what is right: cells that are not of the usual kind are read one by one by their field's
type, and a record is the same as one that was stored alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from runtime import fieldtypes
from runtime.catalog import Field
from runtime.definitions.fields import FieldConfig
from runtime.fieldtypes import BadValue, Context, FieldType
from runtime.records.work import Item

MANY = 16
"""From so many records on they are looked at by columns."""

_WIDER = 4
"""By how much the columns of all records may outnumber the cells there are."""

_NOTHING: Mapping[str, Any] = {}
_NONE = type(None)
_ABSENT: Any = object()
"""Where a record says nothing of a field."""


class Usual(NamedTuple):
    """A field that anybody may write and that takes any value it can read: what most cells of a batch are."""

    field: Field
    config: FieldConfig
    kind: FieldType
    lenient: bool
    read: Callable[[Any, Any, Context], Any]
    """Wire → stored, of one value."""
    link: bool = False
    """Whether it points at records."""


Known = Callable[[str], Usual | None]


def read(items: Sequence[Item], context: Context, known: Known) -> list[Mapping[str, Any]] | None:
    """Read what the items were asked to hold into their ``values`` and ``links``; returns what is left of each to be read singly.

    None where they have too little in common: nothing is read then.
    """
    if len(items) < MANY:
        return None
    asked = [item.asked.fields for item in items if item.asked is not None]
    orders = dict.fromkeys(map(tuple, asked))
    keys = list(dict.fromkeys(key for order in orders for key in order))
    if len(keys) * len(asked) > _WIDER * sum(map(len, asked)):
        return None
    given: Iterable[Sequence[Any]]
    if len(orders) == 1:
        given = zip(*[values.values() for values in asked], strict=True)
    else:
        given = ([values.get(key, _ABSENT) for values in asked] for key in keys)
    usual = [known(key) for key in keys]
    fields, columns = list[Field](), list[Sequence[Any]]()
    bad: set[int] = set()
    for one, column in zip(usual, given, strict=True):
        if one is not None and one.link:
            for item, ids in zip(items, _read_singly(one, column, context, bad), strict=True):
                if ids is not _ABSENT:
                    item.links[one.field] = ids
        elif one is not None:
            fields.append(one.field)
            columns.append(_read_column(one, column, context, bad))
    _fill(items, fields, columns, whole=len(orders) == 1 and not bad)
    others = {key: None for key, one in zip(keys, usual, strict=True) if one is None}
    left: list[Mapping[str, Any]] = [_NOTHING] * len(asked)
    if others and len(orders) == 1:
        left = [{key: values[key] for key in others} for values in asked]
    elif others:  # in the order in which each names them
        left = [{key: value for key, value in values.items() if key in others} for values in asked]
    for place in bad:  # which has to hear of all that is wrong with it, in the order given
        items[place].values.clear()
        items[place].links.clear()
        left[place] = asked[place]
    return left


def _fill(
    items: Sequence[Item], fields: Sequence[Field], columns: Sequence[Sequence[Any]], *, whole: bool
) -> None:
    if not columns:
        return
    for item, row in zip(items, zip(*columns, strict=True), strict=True):
        pairs: Any = zip(fields, row, strict=True)
        item.values.update(pairs if whole else [pair for pair in pairs if pair[1] is not _ABSENT])


def _read_column(one: Usual, given: Sequence[Any], context: Context, bad: set[int]) -> Sequence[Any]:
    """The stored values of a column; the places of those that are refused go into ``bad``."""
    filled = [value for value in given if value is not None and value is not _ABSENT]
    stored = one.kind.parse_all(one.config, filled, context, lenient=one.lenient) if filled else ()
    if stored is None:
        return _read_singly(one, given, context, bad)
    if len(filled) == len(given):
        return stored
    empty, rest = one.read(one.config, None, context), iter(stored)
    return [
        next(rest) if value is not None and value is not _ABSENT else (empty if value is None else _ABSENT)
        for value in given
    ]


def _read_singly(one: Usual, given: Sequence[Any], context: Context, bad: set[int]) -> Sequence[Any]:
    stored = []
    for place, value in enumerate(given):
        found = _ABSENT
        if value is not _ABSENT:
            try:
                found = one.read(one.config, value, context)
            except BadValue:
                bad.add(place)
        stored.append(found)
    return stored


class Ahead(NamedTuple):
    """Computed values of the new records of a block, worked out before they are stored (:mod:`runtime.records.ahead`)."""

    fields: tuple[Field, ...]
    names: tuple[str, ...]
    """Their columns in the table, those of a formula's error among them."""
    texts: tuple[Sequence[str | None], ...]
    """What these hold, as PostgreSQL writes it."""
    cells: Mapping[str, Sequence[str]]
    """By field id, for those where PostgreSQL has made it: the JSON that an answer holds."""


@dataclass(slots=True)
class Block:
    """New records side by side: the fields that any of them fills, and the stored values of each, None where it does not."""

    items: Sequence[Item]
    fields: tuple[Field, ...]
    columns: tuple[Sequence[Any], ...]
    ahead: Ahead | None = None
    """What was computed of them before they were stored."""
    told: tuple[list[dict[str, Any]], list[str]] | None = None
    """What the history is to hold of each, and the same as JSON, as soon as it is made."""
    known: Any = None
    """What they are answered with (:class:`runtime.records.known.Known`), as soon as it is made."""
    _wires: dict[str, Sequence[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, items: Sequence[Item]) -> Block:
        """``items``, of which there is one at least."""
        values = [item.values for item in items]
        order = tuple(map(id, values[0]))
        if all(tuple(map(id, one)) == order for one in values):
            fields = tuple(values[0])
            rows: Iterator[Any] = map(dict.values, values)
        else:
            fields = tuple(dict.fromkeys(one for some in values for one in some))
            rows = (map(one.get, fields) for one in values)
        return cls(items, fields, tuple(zip(*rows, strict=True)))

    def wires(self, place: int) -> Sequence[Any]:
        """The values of the field at ``place`` as an answer holds them, made once."""
        one = self.fields[place]
        if one.id not in self._wires:
            self._wires[one.id] = fieldtypes.get(one.config).wire_all(one.config, self.columns[place])
        return self._wires[one.id]

    def wire_rows(self, fields: Sequence[Field]) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        """The ids of those fields, and each record's values of them as an answer holds them."""
        made = [self.wires(place) for place, one in enumerate(self.fields) if one in fields]
        keys = [one.id for one in self.fields if one in fields]
        return keys, zip(*made, strict=True) if made else itertools.repeat((), len(self.items))

    def filled(self, column: Callable[[Field, int], Sequence[Any]]) -> Iterator[dict[str, Any]]:
        """What each record holds, by field id, without what is empty or a box that is not ticked.

        ``column``: the cells of a field (and its place) in the form wanted.
        """
        keys = [one.id for one in self.fields]
        made: list[Sequence[Any]] = []
        gaps = False
        for place, one in enumerate(self.fields):
            stored, cells = self.columns[place], column(one, place)
            if _NONE in set(map(type, stored)) or (one.type == "checkbox" and False in stored):
                gaps = True
                cells = [
                    _ABSENT if value is None or value is False else cell
                    for value, cell in zip(stored, cells, strict=True)
                ]
            made.append(cells)
        rows = zip(*made, strict=True) if made else itertools.repeat((), len(self.items))
        if not gaps:
            return (dict(zip(keys, row, strict=True)) for row in rows)
        return (
            {key: value for key, value in zip(keys, row, strict=True) if value is not _ABSENT} for row in rows
        )

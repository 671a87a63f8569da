"""SQL expressions as trees, and how a tree becomes text.

A piece of SQL that is used twice would be written twice, and twice that above it: formulas would grow without bound.
So the tree is a graph (a piece is shared by being the same object), and rendering computes each heavy shared piece
once, in a nested sub-select, innermost first::

    (SELECT x1 || x1 FROM (SELECT replace(...) AS x1 OFFSET 0) s1)

A shared piece is thereby computed even where a CASE would have skipped it. Therefore every :class:`Sql` must be total
by itself: whatever its arguments are, evaluating it raises nothing; a guard stands in the same template as the
operation it guards. What depends on a range variable of a sub-select stays inside it.

What depends on no record (the clock, constants) becomes an uncorrelated sub-select, which PostgreSQL computes once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from string import Formatter

from piccolo.querystring import QueryString

# Below this many operations, writing a piece again is cheaper than a sub-select.
_CHEAP = 2
_ALIAS = "huo_"
_COLUMN = re.compile(r'^[\w."]+\Z')


class Sql:
    """A template with ``{0}``, ``{1}`` … for its arguments. Compared by identity; never changed.

    ``free`` names the range variables (as of ``unnest(…) AS u``) it needs from around it; ``binds`` closes them.
    ``is_constant``: the same for all records of a query.
    """

    __slots__ = ("arguments", "free", "is_constant", "pieces", "template")

    def __init__(
        self, template: str, arguments: Sequence[Sql], *, free: frozenset[str] = frozenset(), binds: str = ""
    ) -> None:
        self.template = template
        self.arguments = tuple(arguments)
        self.free: frozenset[str] = free.union(*(argument.free for argument in self.arguments)) - {binds}
        self.is_constant: bool = not self.free and all(argument.is_constant for argument in self.arguments)
        self.pieces = [
            (text, None if name is None else int(name)) for text, name, _, _ in Formatter().parse(template)
        ]

    def uses(self) -> Iterator[Sql]:
        """Its arguments, as often as the template names them."""
        for _, index in self.pieces:
            if index is not None:
                yield self.arguments[index]


class Parameter(Sql):
    """A value, sent apart from the SQL.

    ``is_opaque`` hides it from the planner (as a sub-select that is computed once): an operation on constants alone
    would otherwise be computed while planning, ahead of the guard around it.
    """

    __slots__ = ("is_opaque", "type", "value")

    def __init__(self, value: object, type_: str, *, is_opaque: bool = False) -> None:
        super().__init__("", ())
        self.value = value
        self.type = type_
        self.is_opaque = is_opaque


class Foreign(Sql):
    """An expression of the caller, usually a column."""

    __slots__ = ("is_column", "query")

    def __init__(self, query: QueryString | str) -> None:
        super().__init__("", ())
        self.query = query if isinstance(query, QueryString) else QueryString(query)
        self.is_constant = False
        self.is_column = isinstance(query, str) and _COLUMN.match(query) is not None


_Written = tuple[str, list[object]]


def expression(root: Sql) -> QueryString:
    """One scalar expression."""
    text, values = _select([root], is_bare=True)
    return QueryString(text, *values)


def selection(roots: Sequence[Sql]) -> QueryString:
    """Several expressions over the same shared pieces, as ``(SELECT a, b …)``."""
    text, values = _select(roots, is_bare=False)
    return QueryString(text, *values)


def _select(roots: Sequence[Sql], *, is_bare: bool) -> _Written:
    written, source = _render(roots)
    columns = ", ".join(text for text, _ in written)
    values = [value for _, found in written for value in found]
    if source is not None:
        return f"(SELECT {columns} FROM {source[0]} s)", [*values, *source[1]]
    return columns if is_bare else f"(SELECT {columns})", values


def _render(roots: Sequence[Sql]) -> tuple[list[_Written], _Written | None]:
    """The expressions, and the nested source they select from (None where nothing is shared)."""
    units = _constant_units(roots)
    order, uses = _survey(roots, units)
    written: dict[int, _Written] = {}
    costs: dict[int, int] = {}
    levels: dict[int, int] = {}
    stages: list[list[_Written]] = []
    count = 0
    for node in order:  # what is used comes before what uses it
        is_unit = id(node) in units
        below = () if is_unit else tuple(node.uses())
        written[id(node)] = _select([node], is_bare=False) if is_unit else _write(node, written)
        cost = (_CHEAP + 1 if is_unit else _own_cost(node)) + sum(costs[id(part)] for part in below)
        level = max((levels[id(part)] for part in below), default=0)
        if uses[id(node)] > 1 and cost > _CHEAP and not node.free:
            count += 1
            text, values = written[id(node)]
            stages += [[] for _ in range(level + 1 - len(stages))]
            stages[level].append((f"{text} AS {_ALIAS}{count}", values))
            written[id(node)] = (f"{_ALIAS}{count}", [])
            cost, level = 0, level + 1
        costs[id(node)] = min(cost, 1_000_000)
        levels[id(node)] = level
    return [written[id(root)] for root in roots], _nest(stages)


def _constant_units(roots: Sequence[Sql]) -> set[int]:
    """The largest constant pieces below what is not constant."""
    units: set[int] = set()
    seen: set[int] = set()
    waiting = [root for root in roots if not root.is_constant]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for below in node.uses():
            if not below.is_constant:
                waiting.append(below)
            elif below.arguments:
                units.add(id(below))
    return units - {id(root) for root in roots}


def _own_cost(node: Sql) -> int:
    if isinstance(node, Parameter):
        return 0
    if isinstance(node, Foreign):
        return 0 if node.is_column else _CHEAP + 1
    return 1


def _write(node: Sql, written: dict[int, _Written]) -> _Written:
    if isinstance(node, Parameter):
        return f"(SELECT {{}}::{node.type})" if node.is_opaque else f"{{}}::{node.type}", [node.value]
    if isinstance(node, Foreign):
        return "{}", [node.query]
    text, values = "", []
    for piece, index in node.pieces:
        text += piece
        if index is not None:
            below, found = written[id(node.arguments[index])]
            text += below
            values += found
    return text, values


def _nest(stages: list[list[_Written]]) -> _Written | None:
    source: _Written | None = None
    for number, stage in enumerate(stages):
        columns = ", ".join(text for text, _ in stage)
        values = [value for _, found in stage for value in found]
        if source is None:
            source = f"(SELECT {columns} OFFSET 0)", values
        else:
            source = (
                f"(SELECT s{number}.*, {columns} FROM {source[0]} s{number} OFFSET 0)",
                [*values, *source[1]],
            )
    return source


def _survey(roots: Sequence[Sql], units: set[int]) -> tuple[list[Sql], dict[int, int]]:
    """All pieces, arguments before what uses them, and how often each is used."""
    order: list[Sql] = []
    uses: dict[int, int] = {}
    waiting: list[tuple[Sql, bool]] = [(root, False) for root in reversed(roots)]
    entered: set[int] = set()
    for root in roots:
        uses[id(root)] = uses.get(id(root), 0) + 1
    while waiting:
        node, is_done = waiting.pop()
        if is_done:
            order.append(node)
            continue
        if id(node) in entered:
            continue
        entered.add(id(node))
        waiting.append((node, True))
        for below in () if id(node) in units else node.uses():
            uses[id(below)] = uses.get(id(below), 0) + 1
            waiting.append((below, False))
    return order, uses

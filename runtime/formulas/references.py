"""The fields a formula names: found, and turned from names into ids and back.

Formulas are stored with ids, so renaming a field rewrites nothing; people see names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runtime.formulas.checker import FIELD_ID, missing_field
from runtime.formulas.functions import find
from runtime.formulas.parser import parse
from runtime.formulas.syntax import CallNode, FieldNode, Node, walk


def bind(source: str, ids: Mapping[str, str]) -> str:
    """``source`` with the fields' ids (``ids`` by name) in the place of their names; ids stay.

    Raises :class:`FormulaRejected` for a name that ``ids`` has not, and for what cannot be parsed.
    """

    def to_id(node: FieldNode) -> str:
        id_ = ids.get(node.key)
        if id_ is None and node.key in ids.values():
            id_ = node.key
        if id_ is None:
            raise missing_field(node, list(ids))
        return id_

    return _rewritten(source, to_id)


def unbind(source: str, names: Mapping[str, str]) -> str:
    """``source`` with the fields' names (``names`` by id) in the place of their ids.

    An id that ``names`` has not (a deleted field) stays as it is.
    """
    return _rewritten(source, lambda node: names.get(node.key, node.key))


def _rewritten(source: str, replace: Callable[[FieldNode], str]) -> str:
    pieces: list[str] = []
    position = 0
    for node in sorted(
        (n for n in walk(parse(source)) if isinstance(n, FieldNode)), key=lambda n: n.span.start
    ):
        pieces += [source[position : node.span.start], "{", replace(node).replace("}", "}}"), "}"]
        position = node.span.end
    return "".join([*pieces, source[position:]])


def dependencies(tree: Node) -> frozenset[str]:
    """What stands between braces in a bound formula: the ids of the fields it reads, deleted ones included."""
    return frozenset(node.key for node in walk(tree) if isinstance(node, FieldNode))


def missing(tree: Node, known: Mapping[str, object]) -> frozenset[str]:
    """The ids among :func:`dependencies` that are not ``known``: deleted fields."""
    return frozenset(key for key in dependencies(tree) if key not in known and FIELD_ID.match(key))


def uses_clock(tree: Node) -> bool:
    """Whether TODAY or NOW occurs."""
    return _calls(tree, ("TODAY", "NOW"))


def names_creator(tree: Node) -> bool:
    """Whether CREATED_BY occurs."""
    return _calls(tree, ("CREATED_BY",))


def _calls(tree: Node, names: tuple[str, ...]) -> bool:
    for node in walk(tree):
        if isinstance(node, CallNode):
            function = find(node.name)
            if function is not None and function.name in names:
                return True
    return False

"""Cascading select: a choice out of a tree, stored as the number of its node."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from piccolo.querystring import QueryString

from runtime.definitions.fields import Cascade, Node
from runtime.errors import InvalidInput
from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context, FieldType, compare, text_of
from runtime.fieldtypes.select import quoted
from runtime.i18n import N_

SEPARATOR = " / "
_SPLIT = re.compile(r"\s*[/>›|\\]\s*")
_NUMBER = re.compile(r"#(\d{1,9})")


class Tree:
    """The nodes of a cascade with their paths and order."""

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.below: dict[int | None, list[Node]] = {}
        for node in nodes:
            self.below.setdefault(node.parent, []).append(node)
        self.order: list[int] = []
        self.paths: dict[int, tuple[str, ...]] = {}
        self._walk(None, ())

    def _walk(self, parent: int | None, before: tuple[str, ...]) -> None:
        for node in self.below.get(parent, ()):
            if node.id in self.paths:  # a circle; the builder refuses them
                continue
            self.order.append(node.id)
            self.paths[node.id] = (*before, node.name)
            self._walk(node.id, self.paths[node.id])

    def text(self, number: int) -> str:
        """A node's names from the root down."""
        return SEPARATOR.join(self.paths.get(number, ()))

    def within(self, number: int) -> list[int]:
        """A node and everything below it."""
        return [number, *(inner for node in self.below.get(number, ()) for inner in self.within(node.id))]

    def find(self, names: list[str]) -> Node | None:
        """The node at a path of names; a single name also where only one node in use has it."""
        wanted = tuple(name.strip().casefold() for name in names)
        shown = [n for n in self.nodes.values() if n.id in self.paths]
        for archived in (False, True):
            for node in shown:
                same = tuple(name.strip().casefold() for name in self.paths[node.id]) == wanted
                if same and node.archived == archived:
                    return node
        alone = [n for n in shown if not n.archived and (n.name.strip().casefold(),) == wanted]
        return alone[0] if len(alone) == 1 else None


@lru_cache(maxsize=256)
def _tree(nodes: tuple[Node, ...]) -> Tree:
    return Tree(nodes)


def tree_of(config: Cascade) -> Tree:
    """The tree of a configuration, worked out once."""
    return _tree(config.tree)


class CascadeType(FieldType):
    """One node of a tree. On the wire its names from the root down; a text of them is read too."""

    name = "cascade"
    label = N_("级联选择")
    icon = "list-tree"
    description = N_("一级一级地选,如 服装 / 上衣 / 衬衫")
    operators = ("within", "not_within", "is", "is_not", *EMPTY_OPERATORS)

    def sql_type(self, config: Any) -> str:
        return "integer"

    def parse(self, config: Any, value: Any, context: Context) -> int | None:
        if value is None or value in ("", []):
            return None
        node = self._node(config, value)
        if node.archived:
            raise BadValue(
                N_("选项「{value}」已经去掉了"),
                code="unknown_choice",
                value=tree_of(config).text(node.id)[:80],
            )
        if not config.any_level and any(not one.archived for one in tree_of(config).below.get(node.id, ())):
            raise BadValue(N_("「{value}」下面还有,要选到最后一级"), value=tree_of(config).text(node.id)[:80])
        return node.id

    def _node(self, config: Any, value: Any) -> Node:
        tree = tree_of(config)
        found: Node | None = None
        if isinstance(value, list | tuple):
            found = tree.find([str(name) for name in value])
        elif isinstance(value, int) and not isinstance(value, bool):
            found = tree.nodes.get(value)
        elif isinstance(value, str):
            number = _NUMBER.fullmatch(value.strip())
            found = tree.nodes.get(int(number[1])) if number else tree.find(_SPLIT.split(value.strip()))
        if found is None:
            shown = SEPARATOR.join(map(str, value)) if isinstance(value, list | tuple) else text_of(value)
            raise BadValue(N_("没有选项「{value}」"), code="unknown_choice", value=shown[:80])
        return found

    def repair(self, config: Any, value: Any, context: Context) -> int | None:
        if value is None or isinstance(value, list | tuple):
            return self.parse(config, value, context)
        text = text_of(value).strip()
        return self.parse(config, text or None, context)

    def to_wire(self, config: Any, stored: Any) -> list[str] | None:
        path = tree_of(config).paths.get(stored) if stored is not None else None
        return list(path) if path else None

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return "" if stored is None else tree_of(config).text(stored)

    def to_history(self, config: Any, stored: Any) -> Any:
        return stored

    def from_history(self, config: Any, value: Any) -> Any:
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise BadValue(
                N_("没有选项「{value}」"), value=str(value)[:80]
            )  # the field had another type then
        return value

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op in EMPTY_OPERATORS:
            return super().condition(config, column, op, value, context)
        try:
            if op in ("is", "is_not", "eq", "ne"):
                return compare(column, op, None if value in (None, "", []) else self._node(config, value).id)
            if op in ("within", "not_within", "is_any_of", "is_none_of"):
                several = value if isinstance(value, list) else [value]
                inner = [n for one in several for n in tree_of(config).within(self._node(config, one).id)]
                found = f"{column} = ANY({{}}::integer[])"
                negative = op in ("not_within", "is_none_of")
                return QueryString(f"(({found}) IS NOT TRUE)" if negative else found, inner)
        except BadValue as bad:
            raise InvalidInput(bad.message.msgid, code="bad_operand", **bad.message.params) from bad
        raise self.unknown_operator(op)

    def order(self, config: Any, column: str) -> str:
        """By the tree, top down."""
        numbers = ",".join(str(int(number)) for number in tree_of(config).order)
        return f"array_position(ARRAY[{numbers}]::integer[], {column})" if numbers else column

    def formula_sql(self, config: Any, column: str) -> str:
        tree = tree_of(config)
        arms = " ".join(f"WHEN {int(number)} THEN {quoted(tree.text(number))}" for number in tree.order)
        return f"(CASE {column} {arms} END)" if arms else "NULL::text"

    def formula_value(self, config: Any, stored: Any) -> Any:
        return self.to_text(config, stored, Context()) or None

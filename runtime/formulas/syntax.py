"""The surface syntax as a tree: what was written, before names and types are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from runtime.formulas.problems import Span


class Node(msgspec.Struct, frozen=True):
    """Any expression; ``span`` is its place in the source."""

    span: Span


class NumberNode(Node, frozen=True):
    """A number as written."""

    value: Decimal


class TextNode(Node, frozen=True):
    """A text between quotes, without them."""

    value: str


class BooleanNode(Node, frozen=True):
    """TRUE, FALSE, 真 or 假."""

    value: bool


class FieldNode(Node, frozen=True):
    """``{name}`` or ``{fld…}``; ``key`` is what stands between the braces."""

    key: str


class UnaryNode(Node, frozen=True):
    """``-x``, ``+x`` or the postfix ``x%``."""

    operator: str
    operand: Node


class BinaryNode(Node, frozen=True):
    """``left operator right``; ``operator`` is one of ``^ * / + - = <> < <= > >=``."""

    operator: str
    left: Node
    right: Node


class JoinNode(Node, frozen=True):
    """``a & b & c`` in one node, so that joining many fields is not deep."""

    parts: tuple[Node, ...]


class CallNode(Node, frozen=True):
    """``NAME(a, b)``; ``name`` as written, a left-out argument is ``None``."""

    name: str
    name_span: Span
    arguments: tuple[Node | None, ...]


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below ``node``, from left to right."""
    match node:
        case UnaryNode(operand=operand):
            return (operand,)
        case BinaryNode(left=left, right=right):
            return (left, right)
        case JoinNode(parts=parts):
            return parts
        case CallNode(arguments=arguments):
            return tuple(a for a in arguments if a is not None)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Every node of the tree, ``node`` first."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))

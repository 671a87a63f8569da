"""The tree of a cascading select while it is being edited. Like choices, nodes keep their numbers and are archived, not dropped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from builder.validation import Problems, check_name
from runtime.definitions.fields import Node
from runtime.i18n import N_

MOST_NODES = 2000
MOST_LEVELS = 6


def read_tree(problems: Problems, given: Any, old: tuple[Node, ...] = ()) -> tuple[Node, ...]:
    """The nodes that JSON makes of ``old``: nested ``[{id?, name, children?}]`` (or names), or flat with ``parent``.

    A node is recognised by its number, else by its name at the same place; what is not given any more is archived.
    """
    if not isinstance(given, list | tuple):
        problems.add("bad_shape", N_("选项应是一个列表"))
        return old
    if any(isinstance(item, dict) and item.get("parent") is not None for item in given):
        given = _nested(given)
    reader = _Reader({node.id: node for node in old})
    reader.read(problems, given, None, 1)
    kept = {node.id for node in reader.nodes}
    gone = [msgspec.structs.replace(node, archived=True) for node in old if node.id not in kept]
    nodes = (*reader.nodes, *gone)
    if sum(not node.archived for node in nodes) > MOST_NODES:
        count = sum(not node.archived for node in nodes)
        problems.add(
            "too_many_choices", N_("选项最多 {limit} 个,现在有 {count} 个"), limit=MOST_NODES, count=count
        )
    return nodes


def _nested(flat: Iterable[Any]) -> list[dict[str, Any]]:
    items = [dict(item) for item in flat if isinstance(item, dict)]
    below: dict[Any, list[dict[str, Any]]] = {}
    for item in items:
        below.setdefault(item.get("parent"), []).append(item)
    for item in items:
        item["children"] = below.get(item.get("id"), []) if item.get("id") is not None else []
    return below.get(None, [])


class _Reader:
    def __init__(self, before: dict[int, Node]) -> None:
        self.before = before
        self.nodes: list[Node] = []
        self.used: set[int] = set()
        self.next = max(before, default=0) + 1

    def read(self, problems: Problems, given: Any, parent: int | None, level: int) -> None:
        taken: list[str] = []
        for index, item in enumerate(given if isinstance(given, list | tuple) else ()):
            here = problems.at(index)
            item = {"name": item} if isinstance(item, str) else item
            if not isinstance(item, dict) or not isinstance(item.get("name"), str):
                here.add("bad_shape", N_("每个选项要有名称"))
                continue
            archived = bool(item.get("archived", False))
            name = item["name"] if archived else check_name(here.at("name"), item["name"], taken=taken)
            if not archived:
                taken.append(name)
            if "/" in name:
                here.at("name").add("bad_name", N_("选项名里不能有 /,它用来分开各级"))
            if level > MOST_LEVELS:
                here.add("too_deep", N_("最多 {limit} 级"), limit=MOST_LEVELS)
                return
            number = self._number(item, parent, name)
            self.nodes.append(Node(number, name, parent, archived))
            self.read(here.at("children"), item.get("children") or (), number, level + 1)

    def _number(self, item: dict[str, Any], parent: int | None, name: str) -> int:
        asked = item.get("id")
        known = (
            isinstance(asked, int)
            and not isinstance(asked, bool)
            and (asked in self.before or not self.before)
        )
        if asked is None:
            same = (
                n.id
                for n in self.before.values()
                if n.name == name and n.parent == parent and n.id not in self.used
            )
            asked = next(same, None)
            known = asked is not None
        number = asked if known and asked not in self.used and 0 < asked < 2**31 else self.next  # type: ignore[operator]
        assert isinstance(number, int)  # noqa: S101
        self.used.add(number)
        self.next = max(self.next, number + 1)
        return number


def tree_from_texts(texts: Iterable[str], separator: str, old: tuple[Node, ...] = ()) -> tuple[Node, ...]:
    """The tree with a node for each path among ``texts`` that has none yet."""
    nodes = list(old)
    known = {(node.parent, node.name): node.id for node in nodes}
    number = max((node.id for node in nodes), default=0)
    for text in texts:
        parent: int | None = None
        for name in [part.strip() for part in text.split(separator.strip()) if part.strip()][:MOST_LEVELS]:
            if (parent, name[:80]) not in known:
                if len(nodes) >= MOST_NODES:
                    break
                number += 1
                known[(parent, name[:80])] = number
                nodes.append(Node(number, name[:80], parent))
            parent = known[(parent, name[:80])]
    return tuple(nodes)

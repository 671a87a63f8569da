"""Matching in linear time: the automaton of a pattern, run over sets of states.

One pass from the right finds, for every position, the states from which a match can still end; so the leftmost start
is known at once and a scan forward stops where the longest match ends. Sets of states are kept once and their
transitions remembered, as a DFA built on demand.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

import msgspec

from runtime.formulas.regex.syntax import Anchor, Chars, Choice, Node, Pattern, Repeat, Sequence

_MAX_REMEMBERED = 5000

States = frozenset[int]


class Found(msgspec.Struct, frozen=True):
    """A match: where it starts and ends, and the same of its groups."""

    start: int
    end: int
    groups: tuple[tuple[int, int], ...]


@lru_cache(maxsize=256)
def matcher(pattern: Pattern) -> Matcher:
    """The matcher of a pattern, built once."""
    return Matcher(pattern)


class Matcher:
    """Finds matches of one pattern."""

    def __init__(self, pattern: Pattern) -> None:
        self._whole = _Automaton(Sequence(tuple(part.body for part in pattern.parts)))
        self._parts = [_Automaton(part.body) for part in pattern.parts] if pattern.groups else []
        self._rests = [
            _Automaton(Sequence(tuple(p.body for p in pattern.parts[index + 1 :])))
            for index in range(len(self._parts))
        ]
        self._is_group = [part.is_group for part in pattern.parts][: len(self._parts)]

    def search(self, text: str, start: int = 0) -> Found | None:
        """The leftmost longest match at or after ``start``."""
        return self._search(text, self._whole.reachable(text, 0, len(text), None), start)

    def all(self, text: str) -> list[Found]:
        """All matches from left to right, none overlapping. The pattern must not match the empty text."""
        reachable = self._whole.reachable(text, 0, len(text), None)
        found: list[Found] = []
        position = 0
        while (match := self._search(text, reachable, position)) is not None:
            found.append(match)
            position = max(match.end, match.start + 1)
        return found

    def _search(self, text: str, reachable: list[States], start: int) -> Found | None:
        for position in range(start, len(text) + 1):
            if self._whole.first in reachable[position]:
                end = max(self._whole.ends(text, position, len(text), reachable))
                return Found(position, end, self._groups(text, position, end))
        return None

    def _groups(self, text: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """The groups of the match ``[start, end)``: each part as long as the parts behind it allow."""
        groups: list[tuple[int, int]] = []
        position = start
        for part, rest, is_group in zip(self._parts, self._rests, self._is_group, strict=True):
            behind = rest.reachable(text, position, end, end)
            stops = part.ends(text, position, end, None)
            stop = max(stop for stop in stops if rest.first in behind[stop - position])
            if is_group:
                groups.append((position, stop))
            position = stop
        return tuple(groups)


class _Automaton:
    """States with transitions on characters, empty transitions, and empty transitions at an end of the text."""

    def __init__(self, node: Node) -> None:
        self._chars: list[tuple[int, Chars, int]] = []
        self._empty: list[tuple[int, int]] = []
        self._at_start: list[tuple[int, int]] = []
        self._at_end: list[tuple[int, int]] = []
        self._count = 0
        self.first = self._state()
        self.last = self._state()
        self._build(node, self.first, self.last)
        self._prepare()

    # -- building -------------------------------------------------------------------------------------------

    def _state(self) -> int:
        self._count += 1
        return self._count - 1

    def _build(self, node: Node, source: int, target: int) -> None:
        match node:
            case Chars():
                self._chars.append((source, node, target))
            case Anchor(start=start):
                (self._at_start if start else self._at_end).append((source, target))
            case Sequence(items=items):
                for item in items:
                    step = self._state()
                    self._build(item, source, step)
                    source = step
                self._empty.append((source, target))
            case Choice(branches=branches):
                for branch in branches:
                    self._build(branch, source, target)
            case Repeat(body=body, minimum=minimum, maximum=maximum):
                for _ in range(minimum):
                    step = self._state()
                    self._build(body, source, step)
                    source = step
                self._optional(body, source, target, None if maximum is None else maximum - minimum)

    def _optional(self, body: Node, source: int, target: int, times: int | None) -> None:
        if times is None:
            loop = self._state()
            self._empty.append((source, loop))
            again = self._state()
            self._build(body, loop, again)
            self._empty += [(again, loop), (loop, target)]
            return
        self._empty.append((source, target))
        for _ in range(times):
            step = self._state()
            self._build(body, source, step)
            self._empty.append((step, target))
            source = step

    def _prepare(self) -> None:
        """Cut the alphabet into classes of characters that the pattern cannot tell apart."""
        bounds = {0}
        for _, chars, _ in self._chars:
            for low, high in chars.ranges:
                bounds |= {low, high + 1}
        self._bounds = sorted(bounds)
        self._forward: list[dict[int, list[int]]] = []
        self._backward: list[dict[int, list[int]]] = []
        for low in self._bounds:
            forward: dict[int, list[int]] = {}
            backward: dict[int, list[int]] = {}
            for source, chars, target in self._chars:
                if any(a <= low <= b for a, b in chars.ranges) != chars.negated:
                    forward.setdefault(source, []).append(target)
                    backward.setdefault(target, []).append(source)
            self._forward.append(forward)
            self._backward.append(backward)
        self._classes: dict[str, int] = {}
        self._steps: dict[tuple[States, int, bool, bool, bool], States] = {}
        self._tables: dict[tuple[bool, bool, bool], dict[int, list[int]]] = {}
        self._closures: dict[tuple[States, bool, bool, bool], States] = {}

    # -- running --------------------------------------------------------------------------------------------

    def reachable(self, text: str, low: int, high: int, must_end: int | None) -> list[States]:
        """For each position of ``low … high``: the states from which a match can end (only at ``must_end``, if given)."""
        size = len(text)
        final = frozenset((self.last,))
        states: States = self._closure(final, False, high == 0, high == size)
        result = [states]
        for position in range(high - 1, low - 1, -1):
            states = self._step(states, text[position], False, position == 0, position == size)
            if must_end is None and self.last not in states:
                states = self._closure(states | final, False, position == 0, position == size)
            result.append(states)
        result.reverse()
        return result

    def ends(self, text: str, start: int, high: int, reachable: list[States] | None) -> list[int]:
        """Where matches beginning at ``start`` can end, up to ``high``; stops where ``reachable`` says none is left."""
        size = len(text)
        states = self._closure(frozenset((self.first,)), True, start == 0, start == size)
        stops = []
        position = start
        while states:
            if self.last in states:
                stops.append(position)
            if position == high or (reachable is not None and states.isdisjoint(reachable[position])):
                break
            position += 1
            states = self._step(states, text[position - 1], True, position == 0, position == size)
        return stops

    def _step(self, states: States, char: str, forward: bool, at_start: bool, at_end: bool) -> States:
        kind = self._classes.get(char)
        if kind is None:
            kind = self._classes[char] = bisect_right(self._bounds, ord(char)) - 1
            if len(self._classes) > _MAX_REMEMBERED:
                self._classes.clear()
        key = (states, kind, forward, at_start, at_end)
        known = self._steps.get(key)
        if known is None:
            edges = (self._forward if forward else self._backward)[kind]
            moved = frozenset(target for state in states for target in edges.get(state, ()))
            known = self._closure(moved, forward, at_start, at_end)
            if len(self._steps) > _MAX_REMEMBERED:
                self._steps.clear()
            self._steps[key] = known
        return known

    def _closure(self, states: States, forward: bool, at_start: bool, at_end: bool) -> States:
        """The states with all that empty transitions lead to at such a position."""
        key = (states, forward, at_start, at_end)
        known = self._closures.get(key)
        if known is None:
            known = _spread(states, self._table(forward, at_start, at_end))
            if len(self._closures) > _MAX_REMEMBERED:
                self._closures.clear()
            self._closures[key] = known
        return known

    def _table(self, forward: bool, at_start: bool, at_end: bool) -> dict[int, list[int]]:
        """The empty transitions that are open at such a position."""
        key = (forward, at_start, at_end)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = {}
            edges = self._empty + (self._at_start if at_start else []) + (self._at_end if at_end else [])
            for source, target in edges:
                table.setdefault(source if forward else target, []).append(target if forward else source)
        return table


def _spread(states: States, table: dict[int, list[int]]) -> States:
    seen = set(states)
    waiting = list(states)
    while waiting:
        for state in table.get(waiting.pop(), ()):
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return frozenset(seen)

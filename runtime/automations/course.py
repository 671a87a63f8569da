"""The way through an automation's steps: which comes next, into which steps a branch or loop leads.

Shared by the engine, which carries steps out for good, and by test runs. A run that is taken up again goes the same way:
where it goes after a step follows from the step's stored outcome.

Paths: ``stpA``; in a branch ``stpB/arm0/stpC``; in a loop ``stpL/3/stpX`` for its third item.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import msgspec

from runtime.automations.runs import StepRow
from runtime.automations.steps import End, Into, kind_of
from runtime.definitions.automations import ITEM, AutomationDef, Loop, Step, blocks

_NUMBER = re.compile(r"/\d+/")


def paths(definition: AutomationDef) -> Iterator[tuple[str, Step]]:
    """Every step with its path, in the order in which a person reads them; a loop's item is :data:`ITEM`."""
    yield from _paths(definition.steps, "")


def _paths(steps: tuple[Step, ...], prefix: str) -> Iterator[tuple[str, Step]]:
    for step in steps:
        path = prefix + step.id
        yield path, step
        for name, inner in blocks(step.config):
            yield from _paths(inner, f"{path}/{name}/")


def last_paths(steps: tuple[Step, ...], prefix: str = "") -> Iterator[str]:
    """Paths of the steps that nothing follows, unless they lead into steps of their own."""
    if not steps:
        return
    last = steps[-1]
    path = prefix + last.id
    yield path
    if not isinstance(last.config, Loop):
        for name, inner in blocks(last.config):
            yield from last_paths(inner, f"{path}/{name}/")


def shape(path: str) -> str:
    """The path of the definition that a run's path belongs to: numbers of items become :data:`ITEM`."""
    while (found := _NUMBER.search(path)) is not None:
        path = f"{path[: found.start()]}/{ITEM}/{path[found.end() :]}"
    return path


def items_of(output: dict[str, Any]) -> list[Any]:
    """What a loop goes over, from its step's stored output: ids of records, or values."""
    return list(output.get("records") or output.get("items") or ())


def item_row(loop: StepRow, number: int, count: int, item: Any) -> StepRow:
    """How the steps in a loop see it at its ``number``-th item (1 …)."""
    output: dict[str, Any] = {"item": item, "index": number, "count": count}
    if "records" in loop.output:
        output["record"] = item
    return msgspec.structs.replace(loop, status="done", output=output)


class Course(ABC):
    """Goes through steps. ``results``: what each step gave, by its id, for those behind it."""

    def __init__(self) -> None:
        self.results: dict[str, StepRow] = {}

    @abstractmethod
    async def step(self, step: Step, path: str) -> StepRow:
        """Carry a step out, or say how it ended before."""

    @abstractmethod
    async def before_item(self, path: str, number: int, count: int) -> bool:
        """Whether the loop at ``path`` is to go into its ``number``-th item (it has ``count``)."""

    @abstractmethod
    async def after_item(self, path: str, number: int, count: int) -> None:
        """The ``number``-th item is over."""

    def stops(self, step: Step, row: StepRow) -> bool:
        """Whether the way ends at a step that was not done."""
        return False

    async def walk(self, steps: tuple[Step, ...], prefix: str = "") -> bool:
        """Go through ``steps``; False when the run ends among them."""
        for step in steps:
            path = prefix + step.id
            row = await self.step(step, path)
            self.results[step.id] = row
            if row.status != "done":
                if self.stops(step, row):
                    return False
                continue
            way = kind_of(step.config).way(step.config, row.outcome)
            if isinstance(way, End):
                return False
            if isinstance(way, Into) and not await self.walk(way.steps, f"{path}/{way.name}/"):
                return False
            if isinstance(step.config, Loop) and not await self._loop(step.config, step.id, path, row):
                return False
        return True

    async def _loop(self, config: Loop, step: str, path: str, row: StepRow) -> bool:
        items = items_of(row.output)
        inner = _ids(config.steps)
        for number, item in enumerate(items, 1):
            if not await self.before_item(path, number, len(items)):
                continue
            for one in inner:  # what another item's steps gave is not this one's
                self.results.pop(one, None)
            self.results[step] = item_row(row, number, len(items), item)
            if not await self.walk(config.steps, f"{path}/{number}/"):
                return False
            await self.after_item(path, number, len(items))
        self.results[step] = row
        return True


def _ids(steps: tuple[Step, ...]) -> list[str]:
    """Ids of steps, those inside others too."""
    return [
        found for step in steps for found in (step.id, *(i for _, s in blocks(step.config) for i in _ids(s)))
    ]

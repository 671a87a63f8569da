"""Automations: a trigger (``triggers``), and steps (``steps``) that run in order; here what holds other steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from runtime.definitions.flow import Over, RunAutomation, Stop, UntilMeets, Wait
from runtime.definitions.queries import Filter
from runtime.definitions.steps import (
    ConsumeLines,
    CreateRecord,
    FillLines,
    HttpPost,
    LeafConfig,
    OnlyIf,
    OutcomeIs,
    RecordMeets,
    ReleaseLines,
    ReserveLines,
    SendWecom,
    Test,
    UpdateRecord,
)
from runtime.definitions.triggers import (
    ButtonPressed,
    RecordCreated,
    RecordUpdated,
    StateMoved,
    Trigger,
    trigger_table,
)

ITEM = "*"
"""Stands in a path of a definition for the number of a loop's item."""


class Arm(msgspec.Struct, frozen=True):
    """One way of a branch: its steps run when ``test`` holds (an arm without a test always does).

    ``id``: its part of the paths of its steps, and the branch's outcome when it is taken. It stays when the arms are put in
    another order or others come and go.
    """

    name: str
    steps: tuple[Step, ...]
    test: Test | None = None
    id: str = ""


class Branch(msgspec.Struct, frozen=True, tag="branch", tag_field="kind"):
    """The first arm whose test holds is taken.

    Arms without ids get some by their place (``arm0``, …): what was stored before arms had ids was known by that.
    """

    arms: tuple[Arm, ...]

    def __post_init__(self) -> None:
        if all(arm.id for arm in self.arms):
            return
        taken = {arm.id for arm in self.arms}
        arms = []
        for number, arm in enumerate(self.arms):
            if not arm.id:
                free = (f"arm{n}" for n in (number, *range(len(self.arms) * 2)))
                arm = msgspec.structs.replace(arm, id=next(one for one in free if one not in taken))
                taken.add(arm.id)
            arms.append(arm)
        msgspec.structs.force_setattr(self, "arms", tuple(arms))


class Loop(msgspec.Struct, frozen=True, tag="loop", tag_field="kind"):
    """``steps`` once per item of ``over``, one after another; the current record is reached by the loop's own id.

    Outputs: ``item`` (the value, or the record's id), ``index`` (1 …), and behind the loop ``count``. Paths of its steps:
    ``<loop>/<index>/<step>``.
    """

    over: Over
    steps: tuple[Step, ...]


StepConfig = LeafConfig | Branch | Loop | Wait | RunAutomation | Stop


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step; ``id`` (``stp…``) is what later steps and run records refer to.

    ``attempts``: how often it is tried in all before it waits for a person. ``on_failure``: whether the run stops
    (default) or goes on without it.
    """

    id: str
    config: StepConfig
    name: str = ""
    attempts: int = 5
    on_failure: Literal["stop", "continue"] = "stop"


class AutomationDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """An automation; only an enabled one starts runs."""

    name: str
    trigger: Trigger
    steps: tuple[Step, ...] = ()
    enabled: bool = False
    description: str = ""


def blocks(config: StepConfig) -> tuple[tuple[str, tuple[Step, ...]], ...]:
    """The lists of steps that a step holds, by their part of the path (an arm's id, :data:`ITEM`); empty for most."""
    if isinstance(config, Branch):
        return tuple((arm.id, arm.steps) for arm in config.arms)
    if isinstance(config, Loop):
        return ((ITEM, config.steps),)
    return ()


def waits_for_records(steps: tuple[Step, ...]) -> bool:
    """Whether one of ``steps`` waits until a record meets a condition: then every change of a record is an event."""
    return any(True for _ in awaited(steps))


def awaited(steps: tuple[Step, ...]) -> Iterator[Filter]:
    """The conditions that ``steps`` wait for records to meet."""
    for step in steps:
        if isinstance(step.config, Wait) and isinstance(step.config.until, UntilMeets):
            yield step.config.until.where
        for _, inner in blocks(step.config):
            yield from awaited(inner)


__all__ = [
    "ITEM",
    "Arm",
    "AutomationDef",
    "Branch",
    "ButtonPressed",
    "ConsumeLines",
    "CreateRecord",
    "FillLines",
    "HttpPost",
    "Loop",
    "OnlyIf",
    "OutcomeIs",
    "RecordCreated",
    "RecordMeets",
    "RecordUpdated",
    "ReleaseLines",
    "ReserveLines",
    "RunAutomation",
    "SendWecom",
    "StateMoved",
    "Step",
    "StepConfig",
    "Stop",
    "Test",
    "Trigger",
    "UpdateRecord",
    "Wait",
    "awaited",
    "blocks",
    "trigger_table",
    "waits_for_records",
]

"""Automations: a trigger (``triggers``), and steps (``steps``) that run in order; here what holds other steps."""

from __future__ import annotations

from typing import Literal

import msgspec

from runtime.definitions.flow import Over, RunAutomation, Stop, UntilMeets, Wait
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
    """One way of a branch: its steps run when ``test`` holds (an arm without a test always does)."""

    name: str
    steps: tuple[Step, ...]
    test: Test | None = None


class Branch(msgspec.Struct, frozen=True, tag="branch", tag_field="kind"):
    """The first arm whose test holds is taken."""

    arms: tuple[Arm, ...]


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
    """The lists of steps that a step holds, by their part of the path (``arm0``, …, :data:`ITEM`); empty for most."""
    if isinstance(config, Branch):
        return tuple((f"arm{number}", arm.steps) for number, arm in enumerate(config.arms))
    if isinstance(config, Loop):
        return ((ITEM, config.steps),)
    return ()


def waits_for_records(steps: tuple[Step, ...]) -> bool:
    """Whether one of ``steps`` waits until a record meets a condition: then every change of a record is an event."""
    return any(
        (isinstance(step.config, Wait) and isinstance(step.config.until, UntilMeets))
        or any(waits_for_records(inner) for _, inner in blocks(step.config))
        for step in steps
    )


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
    "blocks",
    "trigger_table",
    "waits_for_records",
]

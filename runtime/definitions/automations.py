"""Automations: a trigger (``triggers``), and steps (``steps``) that run in order; here what holds other steps."""

from __future__ import annotations

from typing import Literal

import msgspec

from runtime.definitions.steps import (
    CreateRecord,
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


class Arm(msgspec.Struct, frozen=True):
    """One way of a branch: its steps run when ``test`` holds (an arm without a test always does)."""

    name: str
    steps: tuple[Step, ...]
    test: Test | None = None


class Branch(msgspec.Struct, frozen=True, tag="branch", tag_field="kind"):
    """The first arm whose test holds is taken."""

    arms: tuple[Arm, ...]


StepConfig = LeafConfig | Branch


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
    """The lists of steps that a step holds, by their part of the path (``arm0``, …); empty for most."""
    if isinstance(config, Branch):
        return tuple((f"arm{number}", arm.steps) for number, arm in enumerate(config.arms))
    return ()


__all__ = [
    "Arm",
    "AutomationDef",
    "Branch",
    "ButtonPressed",
    "CreateRecord",
    "HttpPost",
    "OnlyIf",
    "OutcomeIs",
    "RecordCreated",
    "RecordMeets",
    "RecordUpdated",
    "ReleaseLines",
    "ReserveLines",
    "SendWecom",
    "StateMoved",
    "Step",
    "StepConfig",
    "Test",
    "Trigger",
    "UpdateRecord",
    "blocks",
    "trigger_table",
]

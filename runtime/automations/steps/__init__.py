"""Kinds of steps, one file each. :data:`KINDS` is the whole list, in the order in which a menu offers them."""

from __future__ import annotations

from runtime.automations.steps.base import Attempt, Done, End, Into, StepKind, Way
from runtime.automations.steps.branch import BranchStep
from runtime.automations.steps.create_record import CreateRecordStep
from runtime.automations.steps.http_post import HttpPostStep
from runtime.automations.steps.only_if import OnlyIfStep
from runtime.automations.steps.release_stock import ReleaseStockStep
from runtime.automations.steps.reserve_stock import ReserveStockStep
from runtime.automations.steps.send_wecom import SendWecomStep
from runtime.automations.steps.update_record import UpdateRecordStep
from runtime.definitions.automations import StepConfig

KINDS: tuple[StepKind, ...] = (
    OnlyIfStep(),
    BranchStep(),
    UpdateRecordStep(),
    CreateRecordStep(),
    ReserveStockStep(),
    ReleaseStockStep(),
    SendWecomStep(),
    HttpPostStep(),
)

_BY_ID = {kind.id: kind for kind in KINDS}


def kind_of(config: StepConfig) -> StepKind:
    """The kind a step's configuration belongs to."""
    return _BY_ID[str(config.__struct_config__.tag)]


__all__ = ["KINDS", "Attempt", "Done", "End", "Into", "StepKind", "Way", "kind_of"]

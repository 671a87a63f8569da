"""Kinds of steps, one file each. :data:`KINDS` is the whole list, in the order in which a menu offers them."""

from __future__ import annotations

from runtime.automations.steps.aggregate import AggregateStep
from runtime.automations.steps.base import Attempt, Done, End, Into, Rest, StepKind, Way
from runtime.automations.steps.branch import BranchStep
from runtime.automations.steps.consume_stock import ConsumeStockStep
from runtime.automations.steps.create_record import CreateRecordStep
from runtime.automations.steps.delete_record import DeleteRecordStep
from runtime.automations.steps.fill_backorders import FillBackordersStep
from runtime.automations.steps.find_records import FindRecordsStep
from runtime.automations.steps.http_post import HttpPostStep
from runtime.automations.steps.http_request import HttpRequestStep
from runtime.automations.steps.link_record import LinkRecordStep
from runtime.automations.steps.loop import LoopStep
from runtime.automations.steps.move_state import MoveStateStep
from runtime.automations.steps.notify import NotifyStep
from runtime.automations.steps.only_if import OnlyIfStep
from runtime.automations.steps.release_stock import ReleaseStockStep
from runtime.automations.steps.reserve_stock import ReserveStockStep
from runtime.automations.steps.run_automation import RunAutomationStep
from runtime.automations.steps.send_email import SendEmailStep
from runtime.automations.steps.send_wecom import SendWecomStep
from runtime.automations.steps.stop import StopStep
from runtime.automations.steps.update_record import UpdateRecordStep
from runtime.automations.steps.upsert_record import UpsertRecordStep
from runtime.automations.steps.wait import WaitStep
from runtime.definitions.automations import StepConfig

KINDS: tuple[StepKind, ...] = (
    OnlyIfStep(),
    BranchStep(),
    LoopStep(),
    WaitStep(),
    RunAutomationStep(),
    StopStep(),
    FindRecordsStep(),
    AggregateStep(),
    UpdateRecordStep(),
    CreateRecordStep(),
    UpsertRecordStep(),
    LinkRecordStep(),
    MoveStateStep(),
    DeleteRecordStep(),
    ReserveStockStep(),
    ReleaseStockStep(),
    ConsumeStockStep(),
    FillBackordersStep(),
    NotifyStep(),
    SendWecomStep(),
    SendEmailStep(),
    HttpRequestStep(),
    HttpPostStep(),
)

_BY_ID = {kind.id: kind for kind in KINDS}


def kind_of(config: StepConfig) -> StepKind:
    """The kind a step's configuration belongs to."""
    return _BY_ID[str(config.__struct_config__.tag)]


__all__ = ["KINDS", "Attempt", "Done", "End", "Into", "Rest", "StepKind", "Way", "kind_of"]

"""Whether steps are sound, those inside others too. A new kind: its check in :data:`CHECKS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from builder.automation_checks import configs, flow, messages, records
from builder.automation_checks.conditions import check_test
from builder.automation_checks.reach import Reach
from builder.validation import Problems, check_name, clean_text
from runtime.definitions import automations as defs
from runtime.definitions import message_steps as tell
from runtime.definitions import record_steps as over
from runtime.definitions.automations import Step, blocks
from runtime.i18n import N_
from runtime.ids import new_id

MAX_DEPTH = 4
MAX_ATTEMPTS = 20


def count_steps(steps: tuple[Step, ...]) -> int:
    """How many steps there are, those inside others too."""
    inner = [part for step in steps for _, part in blocks(step.config)]
    return len(steps) + sum(count_steps(part) for part in inner)


def check_steps(problems: Problems, steps: tuple[Step, ...], reach: Reach, depth: int) -> tuple[Step, ...]:
    """The steps with ids and fields by id."""
    checked: list[Step] = []
    for index, step in enumerate(steps):
        here = problems.at(index)
        step = check_step(here, step, reach, depth)
        reach.steps[step.id] = step
        table = record_table(step.config, reach)
        if table is not None:
            reach.records[step.id] = table
        listed = list_table(step.config, reach)
        if listed is not None:
            reach.lists[step.id] = listed
        checked.append(step)
    return tuple(checked)


def check_step(problems: Problems, step: Step, reach: Reach, depth: int) -> Step:
    step_id = step.id or new_id("stp")
    if step_id in reach.ids:
        problems.at("id").add("step_twice", N_("两个步骤用了同一个编号"))
    if not step_id.startswith("stp") or len(step_id) > 40 or not step_id.isalnum():
        problems.at("id").add("bad_step_id", N_("步骤的编号以 stp 开头,后面是字母和数字"))
    reach.ids.add(step_id)
    if not 1 <= step.attempts <= MAX_ATTEMPTS:
        problems.at("attempts").add(
            "out_of_range", N_("尝试次数应在 {low} 到 {high} 之间"), low=1, high=MAX_ATTEMPTS
        )
    name = clean_text(step.name)
    name = check_name(problems.at("name"), name) if name else ""
    reach.current = step_id
    config = CHECKS[type(step.config)](problems.at("config"), step.config, reach, depth)
    return msgspec.structs.replace(step, id=step_id, name=name, config=config)


def _check_only_if(problems: Problems, config: defs.OnlyIf, reach: Reach, depth: int) -> Any:
    return defs.OnlyIf(check_test(problems.at("test"), config.test, reach))


def _check_branch(problems: Problems, branch: defs.Branch, reach: Reach, depth: int) -> Any:
    if depth >= MAX_DEPTH:
        problems.add("too_deep", N_("分支最多套 {limit} 层"), limit=MAX_DEPTH)
        return branch
    if not branch.arms:
        problems.at("arms").add("no_arms", N_("分支里至少要有一路"))
    arms = []
    ids: set[str] = set()
    for index, arm in enumerate(branch.arms):
        here = problems.at("arms").at(index)
        if arm.id in ids or not arm.id.startswith("arm") or len(arm.id) > 40 or not arm.id.isalnum():
            here.at("id").add("bad_arm_id", N_("每一路的编号以 arm 开头,后面是字母和数字,不能重复"))
        ids.add(arm.id)
        test = None if arm.test is None else check_test(here.at("test"), arm.test, reach)
        if arm.test is None and index < len(branch.arms) - 1:
            here.at("test").add("never_reached", N_("没有条件的一路要放在最后,不然后面的永远走不到"))
        name = check_name(here.at("name"), arm.name) if clean_text(arm.name) else ""
        steps = check_steps(here.at("steps"), arm.steps, reach.inner(), depth + 1)
        arms.append(defs.Arm(name, steps, test, arm.id))
    return defs.Branch(tuple(arms))


def _check_loop(problems: Problems, loop: defs.Loop, reach: Reach, depth: int) -> Any:
    if depth >= MAX_DEPTH:
        problems.add("too_deep", N_("分支和逐个处理最多套 {limit} 层"), limit=MAX_DEPTH)
        return loop
    own = reach.current
    over, table = flow.check_over(problems.at("over"), loop.over, reach)
    inner = reach.inner()
    inner.steps[own] = defs.Step(own, loop)
    if table is not None:
        inner.records[own] = table
    if not loop.steps:
        problems.at("steps").add("no_steps", N_("还没有对每一个要做的步骤"))
    return defs.Loop(over, check_steps(problems.at("steps"), loop.steps, inner, depth + 1))


def _leaf(check: Callable[[Problems, Any, Reach], Any]) -> Callable[[Problems, Any, Reach, int], Any]:
    return lambda problems, config, reach, _depth: check(problems, config, reach)


CHECKS: dict[type, Callable[[Problems, Any, Reach, int], Any]] = {
    defs.OnlyIf: _check_only_if,
    defs.Branch: _check_branch,
    defs.Loop: _check_loop,
    defs.Wait: _leaf(flow.check_wait),
    defs.RunAutomation: _leaf(flow.check_run),
    defs.Stop: _leaf(flow.check_stop),
    defs.ReserveLines: _leaf(configs.check_stock),
    defs.ReleaseLines: _leaf(configs.check_stock),
    defs.ConsumeLines: _leaf(configs.check_stock),
    defs.FillLines: _leaf(configs.check_stock),
    over.UpdateRecord: _leaf(records.check_update),
    over.CreateRecord: _leaf(records.check_create),
    over.FindRecords: _leaf(records.check_find),
    over.AggregateRecords: _leaf(records.check_aggregate),
    over.UpsertRecord: _leaf(records.check_upsert),
    over.LinkRecord: _leaf(records.check_link),
    over.DeleteRecord: _leaf(records.check_delete),
    over.MoveState: _leaf(records.check_move),
    defs.SendWecom: _leaf(configs.check_wecom),
    defs.HttpPost: _leaf(configs.check_http_post),
    tell.Notify: _leaf(messages.check_notify),
    tell.SendEmail: _leaf(messages.check_email),
    tell.HttpRequest: _leaf(messages.check_http_request),
}
"""By kind of step: gives the checked configuration, and adds what is wrong."""


def record_table(config: defs.StepConfig, reach: Reach) -> Any:
    """The table of the record that later steps reach by the step's id; None where it gives none."""
    if isinstance(config, over.CreateRecord | over.FindRecords | over.UpsertRecord):
        return reach.table(config.table)
    if isinstance(config, over.LinkRecord):
        return records.linked_table(config, reach)
    return None


def list_table(config: defs.StepConfig, reach: Reach) -> Any:
    """The table of the list that later steps and loops go over by the step's id; None where it gives none."""
    return reach.table(config.table) if isinstance(config, over.FindRecords) else None

"""Running another automation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from runtime.automations import guards, runs
from runtime.automations.notes import load_failure
from runtime.automations.runs import NewRun, Trigger
from runtime.automations.steps.base import Attempt, Done, Named, Rest, StepKind
from runtime.catalog import Automation
from runtime.definitions.automations import trigger_table
from runtime.definitions.flow import RunAutomation
from runtime.errors import NotFound, RuleBroken
from runtime.events.live import WAKE_RELAY
from runtime.i18n import N_
from runtime.ids import parse_record_id

_LOOK_AGAIN = timedelta(minutes=10)  # it is woken when the other run ends; this is for what nobody thought of


class RunAutomationStep(StepKind):
    """The other run is stored with the step, under a key of the step: however often the step is tried, it is one run."""

    id = "run_automation"
    name = N_("运行另一个自动化")
    description = N_("把记录交给另一个自动化,可以等它跑完")
    icon = "workflow"
    outcomes = (Named("finished", N_("跑完了")), Named("started", N_("已开始")))

    async def carry_out(self, attempt: Attempt, config: RunAutomation) -> Done | Rest:
        automation = next((a for a in attempt.app.automations if a.id == config.automation), None)
        row = await _begun(attempt, automation)
        if row is not None and (row["status"] != "failed" or attempt.kept is not None):
            # what was begun counts, also when its automation has been switched off or deleted since
            attempt.input["automation"] = {"id": config.automation, "name": row["name"]}
            return _seen(attempt, config, row)
        if automation is None:
            raise NotFound(N_("要运行的自动化已被删除,换一个"), code="unknown_automation")
        attempt.input["automation"] = {"id": automation.id, "name": automation.definition.name}
        if not automation.definition.enabled:
            raise RuleBroken(
                N_("自动化「{name}」已停用,启用它再重试"),
                code="automation_off",
                name=automation.definition.name,
            )
        record = attempt.reach.record_id(config.of) if config.of is not None else None
        await _fit(attempt, automation, record)
        if attempt.rehearsal:
            return Done("finished" if config.wait else "started", {"skipped": True})
        if row is None:
            await _start(attempt, automation, record)
        else:
            # a person tries this step again: the other run goes on from where it failed
            await _again(attempt, row["id"])
        return _seen(attempt, config, await _begun(attempt, automation))


def _key(attempt: Attempt, automation: Automation) -> str:
    return f"{automation.number}:call:{attempt.run.id}/{attempt.path}"


async def _begun(attempt: Attempt, automation: Automation | None) -> Any:
    """The other run: the one that this step rests for, or the one that has its key; None when there is none yet."""
    kept = (attempt.kept or {}).get("run")
    if kept is None and automation is None:
        return None
    where, what = ("public_id", kept) if automation is None else ("event_key", _key(attempt, automation))
    return await attempt.tx.row(
        f"SELECT id, public_id, status, error, definition ->> 'name' AS name FROM meta.run WHERE {where} = $1",
        what,
    )


async def _start(attempt: Attempt, automation: Automation, record: str | None) -> None:
    number, row = parse_record_id(record) if record is not None else (None, None)
    depth = attempt.run.depth + 1
    new = NewRun(
        automation=automation,
        key=_key(attempt, automation),
        app=attempt.app.number,
        trigger=Trigger(action="call", source=attempt.run.id, actor=attempt.run.trigger.actor),
        table=number,
        record=row,
        depth=depth,
        failure=await guards.too_deep(attempt.tx, automation, depth, attempt.run.id),
        parent=attempt.run.number,
    )
    await runs.insert(attempt.tx, [new], sent=False)
    _hurry(attempt)


async def _again(attempt: Attempt, number: int) -> None:
    await runs.try_again(attempt.tx, number)
    _hurry(attempt)


def _hurry(attempt: Attempt) -> None:
    system = attempt.system
    attempt.tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))


def _seen(attempt: Attempt, config: RunAutomation, row: Any) -> Done | Rest:
    """What the other run's state means for this step."""
    output: dict[str, Any] = {"run": row["public_id"]}
    if not config.wait:
        return Done("started", output)
    if row["status"] in ("finished", "handled"):
        return Done("finished", output)
    if row["status"] != "failed":
        return Rest(why="run", until=attempt.context.now + _LOOK_AGAIN, output=output)
    failure = load_failure(row["error"])
    raise RuleBroken(
        N_("自动化「{name}」的那次运行失败了:{reason}"),
        code="other_failed",
        name=row["name"],
        reason=failure.message if failure else "",
    )


async def _fit(attempt: Attempt, automation: Automation, record: str | None) -> None:
    wanted = trigger_table(automation.definition.trigger)
    if wanted is None:
        return
    table = attempt.table(wanted)
    if record is None or parse_record_id(record)[0] != table.number:
        raise RuleBroken(
            N_("自动化「{name}」要「{table}」里的一条记录,这里给的不是"),
            code="wrong_table",
            name=automation.definition.name,
            table=table.name,
        )

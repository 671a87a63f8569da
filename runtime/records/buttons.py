"""Pressing buttons. A press is a row of the history, and an event that starts the button's automation for the record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec
from piccolo.querystring import QueryString

from runtime.access import Actor, Operation, hidden_fields, require
from runtime.catalog import App, Automation, Catalog, Field, Table
from runtime.definitions.automations import ButtonPressed
from runtime.definitions.fields import Button
from runtime.definitions.queries import Filter
from runtime.definitions.triggers import trigger_where
from runtime.errors import HuobiaoError, InvalidInput, NotFound, RuleBroken
from runtime.events.live import WAKE_RELAY
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.ids import parse_record_id
from runtime.records import history
from runtime.records.change import Change, Source
from runtime.records.work import Item, Work
from runtime.storage.database import Tx
from runtime.storage.query import Compiler
from runtime.system import System

State = Literal["waiting", "running", "finished", "failed", "nothing"]


class Pressed(msgspec.Struct, frozen=True, kw_only=True):
    """A press and what became of it.

    ``state``: ``waiting`` for its run, ``running``, ``finished``, ``failed``, or ``nothing`` (no run came of it: the
    automation was switched off, or its condition did not hold any more). ``error`` is the run's failure as stored JSON.
    """

    press: int
    state: State
    run: str | None = None
    error: str | None = None


def usable_by_button(automation: Automation, table: Table) -> bool:
    """Whether buttons of ``table`` can run the automation now."""
    trigger = automation.definition.trigger
    return automation.definition.enabled and isinstance(trigger, ButtonPressed) and trigger.table == table.id


async def press(
    system: System, actor: Actor, record: str, field_key: str, source: Source | None = None
) -> Pressed:
    """Press a button of a record: its automation starts in a moment.

    Raises:
        NotFound: no such record or button.
        NotAllowed: the actor may not edit records here.
        RuleBroken: the automation cannot run (``button_blocked``), is still running for this record (``still_running``),
            or the record does not meet a condition (``button_hidden``, ``condition_not_met``).
    """
    number, row = parse_record_id(record)
    async with system.db.transaction() as tx:
        catalog, (change_number,) = await system.catalogs.locked_for_changes(tx, 1)
        table = catalog.table_by_number(number)
        app = catalog.app_of(table)
        require(actor, Operation.EDIT_RECORDS, app.id)
        field, config = _button(actor, table, field_key)
        # two presses at once: the second waits here, and then sees the first one's event or run
        stored = await tx.row(
            f"SELECT * FROM {table.sql} WHERE id = $1 AND deleted_at IS NULL FOR UPDATE", row
        )
        if stored is None:
            raise NotFound(N_("没有这条记录,可能已被删除"))
        automation = _automation(app, table, field, config)
        await _check_conditions(tx, catalog, table, actor, row, field, config, automation)
        if await _under_way(tx, table, row, automation):
            raise RuleBroken(
                N_("「{automation}」正在为这条记录运行,等它完成再按"),
                code="still_running",
                automation=automation.definition.name,
            )
        change = Change(table=table.id, actor=actor, source=source or Source("ui"))
        work = Work(
            system=system,
            tx=tx,
            catalog=catalog,
            app=app,
            table=table,
            changes=(change,),
            context=Context(zone=app.zone, now=datetime.now(UTC), me=actor.person),
            items=[],
        )
        item = Item(
            index=0, action="press", change=change, row_id=row, version=stored["version"], row=stored,
            values={field: config.label or field.name}, automation=automation.id, change_id=change_number,
        )  # fmt: skip
        work.items.append(item)
        await history.write(work)
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
    return Pressed(press=item.history_id, state="waiting")


async def state_of(system: System, actor: Actor, record: str, field_key: str, pressed: int) -> Pressed:
    """What became of a press. Raises NotFound."""
    number, row = parse_record_id(record)
    catalog = await system.catalogs.current()
    table = catalog.table_by_number(number)
    require(actor, Operation.LOOK, table.app_id)
    field, _ = _button(actor, table, field_key)
    known = await system.db.row(
        "SELECT r.public_id, r.status, r.error::text AS error,"
        " EXISTS (SELECT 1 FROM meta.outbox o WHERE o.history_id = h.id) AS waiting"
        " FROM meta.history h LEFT JOIN meta.run r ON r.event_key ="
        " (SELECT d.id FROM meta.definition d WHERE d.public_id = $5)::text || ':' || h.id"
        " WHERE h.id = $1 AND h.table_id = $2 AND h.record_id = $3 AND h.action = 'press' AND h.after ? $4",
        pressed,
        number,
        row,
        field.id,
        getattr(field.config, "automation", ""),
    )
    if known is None:
        raise NotFound()
    if known["public_id"] is None:
        return Pressed(press=pressed, state="waiting" if known["waiting"] else "nothing")
    states: dict[str, State] = {"finished": "finished", "failed": "failed", "handled": "failed"}
    state = states.get(known["status"], "running")
    return Pressed(press=pressed, state=state, run=known["public_id"], error=known["error"])


def _button(actor: Actor, table: Table, key: str) -> tuple[Field, Button]:
    field = table.field(key)
    if field.id in hidden_fields(actor, table):
        raise NotFound()
    if not isinstance(field.config, Button):
        raise InvalidInput(
            N_("「{field}」不是按钮"), code="not_a_button", field=field.id, field_name=field.name
        )
    return field, field.config


def _automation(app: App, table: Table, field: Field, config: Button) -> Automation:
    found = next((one for one in app.automations if one.id == config.automation), None)
    if found is None:
        said = (
            N_("「{field}」要运行的自动化已被删除,请搭建者换一个")
            if config.automation
            else N_("「{field}」还没有选要运行的自动化")
        )
        raise RuleBroken(said, code="button_blocked", field=field.id, field_name=field.name)
    if not usable_by_button(found, table):
        said = (
            N_("自动化「{automation}」已停用,启用后才能按")
            if not found.definition.enabled
            else N_("自动化「{automation}」不是由这张表的按钮触发的")
        )
        raise RuleBroken(said, code="button_blocked", field=field.id, automation=found.definition.name)
    return found


async def _check_conditions(
    tx: Tx,
    catalog: Catalog,
    table: Table,
    actor: Actor,
    row: int,
    field: Field,
    config: Button,
    automation: Automation,
) -> None:
    """The record is one the actor may see and meets the button's condition, and the automation's own."""
    compiler = Compiler(catalog, table, Context(zone=catalog.app_of(table).zone), actor)
    if not await _meets(tx, compiler, row, None):
        raise NotFound(N_("没有这条记录,可能已被删除"))
    try:
        shown = await _meets(tx, compiler, row, config.where)
    except (NotFound, InvalidInput) as error:
        raise _unfit(field, error) from error
    if not shown:
        raise RuleBroken(
            N_("这条记录现在不能按「{field}」:不符合它的条件"),
            code="button_hidden",
            field=field.id,
            field_name=field.name,
        )
    if not await _meets(tx, compiler, row, trigger_where(automation.definition.trigger)):
        raise RuleBroken(
            N_("这条记录不符合自动化「{automation}」的触发条件,没有运行"),
            code="condition_not_met",
            automation=automation.definition.name,
        )


def _unfit(field: Field, error: HuobiaoError) -> RuleBroken:
    return RuleBroken(
        N_("「{field}」的显示条件已不适用:{reason}"),
        code="button_blocked",
        field=field.id,
        field_name=field.name,
        reason=error.message,
    )


async def _meets(tx: Tx, compiler: Compiler, row: int, where: Filter | None) -> bool:
    found = await tx.value(
        QueryString("SELECT 1 FROM {} t WHERE t.id = {} AND {}", compiler.source, row, compiler.where(where))
    )
    return found is not None


async def _under_way(tx: Tx, table: Table, row: int, automation: Automation) -> bool:
    """Whether the automation has an event or a run of this record that is not over; one statement, one moment."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT 1 FROM meta.outbox WHERE table_id = $1 AND record_id = $2"
            " AND payload ->> 'automation' = $3)"
            " OR EXISTS (SELECT 1 FROM meta.run WHERE automation_id = $4 AND table_id = $1 AND record_id = $2"
            " AND status IN ('held', 'queued', 'running', 'waiting'))",
            table.number,
            row,
            automation.id,
            automation.number,
        )
    )

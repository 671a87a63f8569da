"""Records whose moment has come: too long in a state, or so long before or after a date of theirs.

A moment is found by looking for what came due since the last look, and a little further back, for changes that were under
way then; the run's key keeps it from being found twice. What came due before the automation was switched on is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.automations.runs import NewRun, Trigger
from runtime.automations.schedules import local, read_time
from runtime.catalog import App, Automation, Catalog, Field, Table
from runtime.definitions.fields import SingleSelect
from runtime.definitions.triggers import DateReached, StateOverdue
from runtime.errors import InvalidInput
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.storage.computed import read_time as read_time_fields
from runtime.storage.database import Tx
from runtime.storage.query import Compiler, joined

LOOK_BACK = timedelta(minutes=10)
"""How far before the last look is looked again: a change that was stored for longer than that is not seen."""


class Window(NamedTuple):
    """Moments that count: later than ``after``, up to ``now``."""

    after: datetime
    now: datetime

    @classmethod
    def of(cls, since: datetime, done_until: datetime, now: datetime) -> Window:
        """What was not looked at for sure, from when the automation was switched on."""
        return cls(max(since, done_until - LOOK_BACK), now)


# ---- too long in a state ----


def limits_of(field: Field, trigger: StateOverdue) -> dict[int, int]:
    """Seconds by state after which a record is late, of the states that have such a limit."""
    config = field.config
    if not isinstance(config, SingleSelect):
        return {}
    if trigger.seconds is not None:
        return dict.fromkeys(trigger.states or tuple(field.choices_by_id), trigger.seconds)
    own = config.machine.limits if config.machine is not None else {}
    return {
        number: int(limit) for number, limit in own.items() if limit and (not trigger.states or number in trigger.states)
    }  # fmt: skip


async def overdue(
    tx: Tx, catalog: Catalog, table: Table, automation: Automation, trigger: StateOverdue, window: Window
) -> list[NewRun]:
    """Runs of records that became late within ``window`` and still are.

    Raises:
        NotFound, InvalidInput: the field or the condition does not fit the table (any more).
    """
    field = table.field(trigger.field)
    since = field.since_column
    if not isinstance(field.config, SingleSelect) or field.config.machine is None:
        raise InvalidInput(
            N_("「{field}」没有状态流转,不知道记录从什么时候起在这个状态"),
            code="no_since",
            field_name=field.name,
        )
    ways = [
        QueryString(
            f"(t.{field.column} = {{}} AND t.{since} > {{}} AND t.{since} <= {{}})",
            state,
            window.after - timedelta(seconds=seconds),
            window.now - timedelta(seconds=seconds),
        )
        for state, seconds in limits_of(field, trigger).items()
    ]
    if not ways:
        return []
    rows = await _rows(
        tx, catalog, table, trigger, window, QueryString("({})", joined(" OR ", ways)),
        f"t.{field.column} AS state, t.{since} AS since",
    )  # fmt: skip
    return [
        NewRun(
            automation=automation,
            key=f"{automation.number}:late:{row['id']}:{_stamp(row['since'])}",
            app=catalog.app_of(table).number,
            table=table.number,
            record=row["id"],
            trigger=Trigger(
                action="overdue", after={field.id: row["state"]}, output={"since": _iso(row["since"])}
            ),
        )
        for row in rows
    ]


# ---- before and after a date ----


def is_day(field: Field) -> bool | None:
    """Whether a field holds days (True) or moments (False); None where it holds no date."""
    found = fieldtypes.get(field.config).formula_type(field.config)
    return {"date": True, "datetime": False}.get(found or "")


def fits(catalog: Catalog, field: Field) -> bool:
    """Whether records can be looked for by the field: a date that is stored."""
    return is_day(field) is not None and field.id not in read_time_fields(catalog)


def due_at(trigger: DateReached, value: date | datetime, zone: ZoneInfo) -> datetime:
    """The moment a date leads to, in UTC."""
    sign = 1 if trigger.after else -1
    if trigger.unit in ("minute", "hour"):
        length = timedelta(**{f"{trigger.unit}s": trigger.amount})
        base = value if isinstance(value, datetime) else local(value, time(), zone)
        return base.astimezone(UTC) + sign * length
    there = value.astimezone(zone) if isinstance(value, datetime) else None
    day = (there.date() if there is not None else value) + timedelta(days=sign * _days(trigger))
    at = read_time(trigger.at) if trigger.at else (there.time() if there is not None else time())
    return local(day, at, zone)


def _days(trigger: DateReached) -> int:
    return trigger.amount * (7 if trigger.unit == "week" else 1)


async def reached(
    tx: Tx, catalog: Catalog, table: Table, automation: Automation, trigger: DateReached, window: Window
) -> list[NewRun]:
    """Runs of records whose moment lies within ``window``.

    Raises:
        NotFound, InvalidInput: the field or the condition does not fit the table (any more).
    """
    field = table.field(trigger.field)
    if not fits(catalog, field):
        raise InvalidInput(
            N_("「{field}」不是能用来计划的日期字段"), code="wrong_type", field_name=field.name
        )
    app = catalog.app_of(table)
    span = timedelta(days=_days(trigger)) if trigger.unit in ("day", "week") else timedelta(
        **{f"{trigger.unit}s": trigger.amount}
    )  # fmt: skip
    back = -span if trigger.after else span
    # a day more on either side for zones and times of day; what is due exactly is worked out below
    low, high = window.after + back - timedelta(days=2), window.now + back + timedelta(days=2)
    if is_day(field):
        bounds: tuple[Any, Any] = (low.date(), high.date())
    else:
        bounds = (low, high)
    between = QueryString(f"t.{field.column} >= {{}} AND t.{field.column} <= {{}}", *bounds)
    rows = await _rows(tx, catalog, table, trigger, window, between, f"t.{field.column} AS value")
    new = []
    for row in rows:
        due = due_at(trigger, row["value"], app.zone)
        if window.after < due <= window.now:
            new.append(_of_date(app, table, automation, field, row, due))
    return sorted(new, key=lambda one: one.trigger.output["due_at"])


def _of_date(app: App, table: Table, automation: Automation, field: Field, row: Any, due: datetime) -> NewRun:
    value = row["value"]
    shown = value.isoformat() if not isinstance(value, datetime) else _iso(value)
    stamp = _stamp(value) if isinstance(value, datetime) else value.isoformat()
    return NewRun(
        automation=automation,
        key=f"{automation.number}:date:{row['id']}:{stamp}",
        app=app.number,
        table=table.number,
        record=row["id"],
        trigger=Trigger(action="date", after={field.id: shown}, output={"due_at": _iso(due)}),
    )


async def _rows(
    tx: Tx,
    catalog: Catalog,
    table: Table,
    trigger: StateOverdue | DateReached,
    window: Window,
    part: QueryString,
    columns: str,
) -> Sequence[Any]:
    compiler = Compiler(catalog, table, Context(zone=catalog.app_of(table).zone, now=window.now))
    return await tx.fetch(
        QueryString(
            f"SELECT t.id, {columns} FROM {{}} t WHERE {{}} AND {{}} ORDER BY t.id",
            compiler.source,
            part,
            compiler.where(trigger.where),
        )
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _stamp(moment: datetime) -> str:
    """A moment for a key, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")

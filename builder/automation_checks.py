"""Whether an automation is sound: every problem at once, each by its path (``steps.2.config.set.0.value``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from builder.queries import check_filter, find_field
from builder.states import check_value
from builder.validation import Problems, check_description, check_name, clean_text
from runtime.automations.steps import kind_of
from runtime.automations.values import ITSELF
from runtime.catalog import App, Field, Table
from runtime.definitions import automations as defs
from runtime.definitions.automations import AutomationDef, Step
from runtime.definitions.fields import READONLY_TYPES, SingleSelect
from runtime.definitions.values import (
    Assignment,
    FieldValue,
    Literal_,
    Now,
    RecordUrl,
    StepOutput,
    TextValue,
    Value,
)
from runtime.i18n import N_
from runtime.ids import new_id
from runtime.storage.database import Database

MAX_STEPS = 100
MAX_DEPTH = 4
MAX_ATTEMPTS = 20
MAX_ASSIGNMENTS = 200
MAX_TEXT = 4000


class _Reach:
    """What a step can refer to: the trigger record, records made by steps before it, and those steps."""

    def __init__(self, app: App, trigger: Table | None, connectors: Mapping[str, str]) -> None:
        self.app = app
        self.connectors = connectors
        self.records: dict[str, Table | None] = {"trigger": trigger}
        self.steps: dict[str, Step] = {}
        self.ids: set[str] = set()

    def inner(self) -> _Reach:
        """What a step inside a branch can refer to; what it makes stays inside."""
        copy = _Reach(self.app, None, self.connectors)
        copy.records, copy.steps, copy.ids = dict(self.records), dict(self.steps), self.ids
        return copy

    def table(self, key: str) -> Table | None:
        """A table of the app by id or name."""
        return next((t for t in self.app.tables if key in (t.id, t.name)), None)


async def connector_kinds(db: Database, app_number: int) -> dict[str, str]:
    """``{public id: kind}`` of the app's connectors."""
    rows = await db.fetch(
        "SELECT public_id, kind FROM meta.connector WHERE app_id = $1 AND deleted_at IS NULL", app_number
    )
    return {row["public_id"]: row["kind"] for row in rows}


def check_automation(
    problems: Problems,
    app: App,
    definition: AutomationDef,
    connectors: Mapping[str, str],
    *,
    own: str | None = None,
) -> AutomationDef:
    """The automation as it will be stored: tables and fields by id, steps with ids."""
    taken = [a.definition.name for a in app.automations if a.id != own]
    trigger, table = _check_trigger(problems.at("trigger"), app, definition.trigger)
    reach = _Reach(app, table, connectors)
    count = _count(definition.steps)
    if count > MAX_STEPS:
        problems.at("steps").add(
            "too_many_steps", N_("步骤最多 {limit} 个,现在有 {count} 个"), limit=MAX_STEPS, count=count
        )
        return definition
    if definition.enabled and not count:
        problems.at("steps").add("no_steps", N_("还没有步骤,先加一个再启用"))
    return msgspec.structs.replace(
        definition,
        name=check_name(problems.at("name"), definition.name, taken=taken),
        description=check_description(problems.at("description"), definition.description),
        trigger=trigger,
        steps=_check_steps(problems.at("steps"), definition.steps, reach, 1),
    )


def _count(steps: tuple[Step, ...]) -> int:
    inner = [arm.steps for step in steps if isinstance(step.config, defs.Branch) for arm in step.config.arms]
    return len(steps) + sum(_count(part) for part in inner)


def _check_trigger(problems: Problems, app: App, trigger: defs.Trigger) -> tuple[defs.Trigger, Table | None]:
    table = next((t for t in app.tables if trigger.table in (t.id, t.name)), None)
    if table is None:
        problems.at("table").add("unknown_table", N_("选一张数据表"))
        return trigger, None
    given: dict[str, Any] = {
        "table": table.id,
        "where": check_filter(problems.at("where"), table, trigger.where, viewed=False),
    }
    if isinstance(trigger, defs.RecordUpdated):
        found = [find_field(problems.at("fields").at(i), table, key) for i, key in enumerate(trigger.fields)]
        given["fields"] = tuple(dict.fromkeys(f.id for f in found if f is not None))
    if isinstance(trigger, defs.StateMoved):
        field = find_field(problems.at("field"), table, trigger.field)
        if field is not None:
            given["field"] = field.id
            _check_moves(problems, field, trigger)
    return msgspec.structs.replace(trigger, **given), table


def _check_moves(problems: Problems, field: Field, trigger: defs.StateMoved) -> None:
    if not isinstance(field.config, SingleSelect):
        problems.at("field").add("wrong_type", N_("「{name}」应是单选字段"), field=field, name=field.name)
        return
    for part in ("sources", "targets"):
        for index, number in enumerate(getattr(trigger, part)):
            if number not in field.choices_by_id:
                problems.at(part).at(index).add(
                    "unknown_choice", N_("「{name}」里没有这个选项"), field=field, name=field.name
                )


def _check_steps(problems: Problems, steps: tuple[Step, ...], reach: _Reach, depth: int) -> tuple[Step, ...]:
    checked = []
    for index, step in enumerate(steps):
        here = problems.at(index)
        step = _check_step(here, step, reach, depth)
        reach.steps[step.id] = step
        if isinstance(step.config, defs.CreateRecord):
            reach.records[step.id] = reach.table(step.config.table)
        checked.append(step)
    return tuple(checked)


def _check_step(problems: Problems, step: Step, reach: _Reach, depth: int) -> Step:
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
    config = _check_config(problems.at("config"), step.config, reach, depth)
    return msgspec.structs.replace(step, id=step_id, name=name, config=config)


def _check_config(problems: Problems, config: defs.StepConfig, reach: _Reach, depth: int) -> defs.StepConfig:
    match config:
        case defs.OnlyIf():
            return defs.OnlyIf(_check_test(problems.at("test"), config.test, reach))
        case defs.Branch():
            return _check_branch(problems, config, reach, depth)
        case defs.ReserveLines() | defs.ReleaseLines():
            return _check_stock(problems.at("stock"), config, reach)
        case defs.UpdateRecord():
            table = _record(problems.at("of"), config.of, reach)
            if not config.set:
                problems.at("set").add("nothing_to_set", N_("选要修改的字段"))
            return msgspec.structs.replace(
                config, set=_check_set(problems.at("set"), config.set, table, reach)
            )
        case defs.CreateRecord():
            table = reach.table(config.table)
            if table is None:
                problems.at("table").add("unknown_table", N_("选一张数据表"))
                return config
            checked = _check_set(problems.at("set"), config.set, table, reach)
            _check_required(problems.at("set"), checked, table)
            return msgspec.structs.replace(config, table=table.id, set=checked)
        case defs.SendWecom():
            return _check_wecom(problems, config, reach)
        case defs.HttpPost():
            _check_connector(problems.at("connector"), config.connector, "http_webhook", reach)
            for key, value in config.body.items():
                _check_any(problems.at("body").at(key), value, reach)
            return config


def _check_test(problems: Problems, test: defs.Test, reach: _Reach) -> defs.Test:
    if isinstance(test, defs.RecordMeets):
        table = _record(problems.at("of"), test.of, reach)
        if table is None:
            return test
        where = check_filter(problems.at("where"), table, test.where, viewed=False)
        if where is None:
            problems.at("where").add("no_condition", N_("加一个条件"))
            return test
        return msgspec.structs.replace(test, where=where)
    step = reach.steps.get(test.step)
    if step is None:
        problems.at("step").add("unknown_step", N_("选前面的一个步骤"))
    elif test.outcome not in {o.key for o in kind_of(step.config).outcomes}:
        problems.at("outcome").add(
            "unknown_outcome", N_("那个步骤没有「{outcome}」这种结果"), outcome=test.outcome[:40]
        )
    return test


def _check_branch(problems: Problems, branch: defs.Branch, reach: _Reach, depth: int) -> defs.Branch:
    if depth >= MAX_DEPTH:
        problems.add("too_deep", N_("分支最多套 {limit} 层"), limit=MAX_DEPTH)
        return branch
    if not branch.arms:
        problems.at("arms").add("no_arms", N_("分支里至少要有一路"))
    arms = []
    for index, arm in enumerate(branch.arms):
        here = problems.at("arms").at(index)
        test = None if arm.test is None else _check_test(here.at("test"), arm.test, reach)
        if arm.test is None and index < len(branch.arms) - 1:
            here.at("test").add("never_reached", N_("没有条件的一路要放在最后,不然后面的永远走不到"))
        name = check_name(here.at("name"), arm.name) if clean_text(arm.name) else ""
        steps = _check_steps(here.at("steps"), arm.steps, reach.inner(), depth + 1)
        arms.append(defs.Arm(name, steps, test))
    return defs.Branch(tuple(arms))


def _check_stock(
    problems: Problems, config: defs.ReserveLines | defs.ReleaseLines, reach: _Reach
) -> defs.ReserveLines | defs.ReleaseLines:
    stock = next((s for s in reach.app.stocks if config.stock in (s.id, s.definition.name)), None)
    if stock is None:
        problems.add("unknown_stock", N_("选一个库存设置"))
        return config
    lines = reach.table(stock.definition.line_table)
    link = lines.by_id.get(stock.definition.line_order) if lines else None
    trigger = reach.records["trigger"]
    if link is not None and trigger is not None and getattr(link.config, "table", None) != trigger.id:
        problems.add(
            "stock_of_other_table",
            N_("库存「{stock}」的明细不属于「{table}」,不能在这里预占或释放"),
            stock=stock.definition.name,
            table=trigger.name,
        )
    return msgspec.structs.replace(config, stock=stock.id)


def _record(problems: Problems, of: str, reach: _Reach) -> Table | None:
    """The table of the record that ``of`` names."""
    if of not in reach.records:
        problems.add("unknown_record", N_("这条记录在这一步还没有,选触发的记录或前面步骤新建的记录"))
    return reach.records.get(of)


def _check_set(
    problems: Problems, assignments: tuple[Assignment, ...], table: Table | None, reach: _Reach
) -> tuple[Assignment, ...]:
    if table is None:
        return assignments
    if len(assignments) > MAX_ASSIGNMENTS:
        problems.add("too_many_values", N_("一步最多填 {limit} 个字段"), limit=MAX_ASSIGNMENTS)
        return assignments
    checked: dict[str, Assignment] = {}
    managed = {
        key for stock in reach.app.stocks for key in (stock.definition.reserved, stock.definition.line_status)
    }
    for index, assignment in enumerate(assignments):
        here = problems.at(index)
        field = find_field(here.at("field"), table, assignment.field)
        if field is None:
            continue
        if field.type in READONLY_TYPES or field.id in managed:
            here.at("field").add(
                "not_writable", N_("「{name}」由系统填写,不能修改"), field=field, name=field.name
            )
        elif field.id in checked:
            here.at("field").add("set_twice", N_("「{name}」填了两次"), field=field, name=field.name)
        value = _check_value(here.at("value"), assignment.value, field, reach)
        checked[field.id] = Assignment(field.id, value)
    return tuple(checked.values())


def _check_required(problems: Problems, assignments: tuple[Assignment, ...], table: Table) -> None:
    given = {assignment.field for assignment in assignments}
    for field in table.fields:
        if field.definition.required and field.definition.default is None and field.id not in given:
            problems.add("required_missing", N_("「{name}」必填,要给它一个值"), field=field, name=field.name)


def _check_value(problems: Problems, value: Value, field: Field, reach: _Reach) -> Value:
    if isinstance(value, Literal_):
        if field.type not in READONLY_TYPES:
            check_value(problems.at("value"), reach.app, field, value.value)
        return value
    if isinstance(value, Now) and field.type not in {"date", "datetime", "text", "long_text"}:
        problems.add("wrong_type", N_("「{name}」不是日期,不能填当时的时间"), field=field, name=field.name)
    value = _check_any(problems, value, reach)
    if isinstance(value, FieldValue):
        _check_fit(problems, value, field, reach)
    return value


def _check_fit(problems: Problems, value: FieldValue, field: Field, reach: _Reach) -> None:
    """Links take links to the same table; other fields take anything that is not a link but by its text."""
    table = reach.records.get(value.of)
    if value.field == ITSELF:
        if field.type == "link" and table is not None and getattr(field.config, "table", None) != table.id:
            problems.add(
                "wrong_type", N_("「{name}」要填关联到同一张数据表的记录"), field=field, name=field.name
            )
        return
    source = table.by_id.get(value.field) if table is not None else None
    if source is None:
        return
    if field.type == "link" and not (
        source.type == "link"
        and getattr(source.config, "table", None) == getattr(field.config, "table", None)
    ):
        problems.add("wrong_type", N_("「{name}」要填关联到同一张数据表的记录"), field=field, name=field.name)


def _check_any(problems: Problems, value: Value, reach: _Reach) -> Value:
    """A value that may stand anywhere; fields by id."""
    if isinstance(value, FieldValue):
        table = _record(problems.at("of"), value.of, reach)
        if table is None or value.field == ITSELF:
            return value
        field = find_field(problems.at("field"), table, value.field)
        return value if field is None else msgspec.structs.replace(value, field=field.id)
    if isinstance(value, StepOutput):
        step = reach.steps.get(value.step)
        if step is None:
            problems.at("step").add("unknown_step", N_("选前面的一个步骤"))
        elif value.key not in {o.key for o in kind_of(step.config).outputs}:
            problems.at("key").add("unknown_output", N_("那个步骤没有「{key}」这个结果"), key=value.key[:40])
    elif isinstance(value, RecordUrl):
        _record(problems.at("of"), value.of, reach)
    elif isinstance(value, TextValue):
        return _check_text(problems, value, reach)
    return value


def _check_text(problems: Problems, text: TextValue, reach: _Reach) -> TextValue:
    length = sum(len(part) for part in text.parts if isinstance(part, str))
    if length > MAX_TEXT:
        problems.add("text_too_long", N_("最多 {limit} 个字"), limit=MAX_TEXT)
    parts = [
        part if isinstance(part, str) else _check_any(problems.at("parts").at(index), part, reach)
        for index, part in enumerate(text.parts)
    ]
    return TextValue(cast(Any, tuple(parts)))


def _check_wecom(problems: Problems, config: defs.SendWecom, reach: _Reach) -> defs.SendWecom:
    _check_connector(problems.at("connector"), config.connector, "wecom_robot", reach)
    text = _check_text(problems.at("text"), config.text, reach)
    if not any(not isinstance(part, str) or part.strip() for part in text.parts):
        problems.at("text").add("empty_text", N_("写下要发的内容"))
    if len(config.mention) > 100 or any(not m.strip() or len(m) > 64 for m in config.mention):
        problems.at("mention").add("bad_mention", N_("要提醒的人填企业微信账号或手机号,最多 100 个"))
    return msgspec.structs.replace(config, text=text)


def _check_connector(problems: Problems, connector: str, kind: str, reach: _Reach) -> None:
    found = reach.connectors.get(connector)
    if found is None:
        problems.add("unknown_connector", N_("选一个连接,还没有就先新建一个"))
    elif found != kind:
        problems.add("wrong_connector", N_("这个连接不是这种用途的,换一个"))

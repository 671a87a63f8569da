"""The checks of steps over records: finding, counting, creating, changing, linking, moving, deleting."""

from __future__ import annotations

from typing import Any

import msgspec

from builder.automation_checks.conditions import check_where
from builder.automation_checks.reach import Reach, reached
from builder.automation_checks.values import check_required, check_set
from builder.queries import check_aggregate as check_number
from builder.queries import check_group, check_sorts, find_field
from builder.validation import Problems
from runtime.automations.steps.matching import MATCHABLE
from runtime.catalog import Field, Table
from runtime.definitions.fields import Link, SingleSelect
from runtime.definitions.queries import Aggregate, GroupLevel
from runtime.definitions.record_steps import (
    MOST_RECORDS,
    AggregateRecords,
    CreateRecord,
    DeleteRecord,
    FindRecords,
    LinkRecord,
    MoveState,
    UpdateRecord,
    UpsertRecord,
)
from runtime.definitions.values import Assignment, Literal_
from runtime.i18n import N_


def check_update(problems: Problems, config: UpdateRecord, reach: Reach) -> Any:
    """ "Update records"."""
    table, config = _aimed(problems, config, reach)
    if not config.set:
        problems.at("set").add("nothing_to_set", N_("选要修改的字段"))
    return msgspec.structs.replace(config, set=check_set(problems.at("set"), config.set, table, reach))


def check_create(problems: Problems, config: CreateRecord, reach: Reach) -> Any:
    """ "Create a record"."""
    table = _table(problems.at("table"), config.table, reach)
    if table is None:
        return config
    checked = check_set(problems.at("set"), config.set, table, reach)
    check_required(problems.at("set"), checked, table)
    return msgspec.structs.replace(config, table=table.id, set=checked)


def check_find(problems: Problems, config: FindRecords, reach: Reach) -> Any:
    """ "Find records"."""
    table = _table(problems.at("table"), config.table, reach)
    if table is None:
        return config
    if not 1 <= config.limit <= MOST_RECORDS:
        problems.at("limit").add(
            "out_of_range", N_("最多找几条应在 {low} 到 {high} 之间"), low=1, high=MOST_RECORDS
        )
    return msgspec.structs.replace(
        config,
        table=table.id,
        where=check_where(problems.at("where"), table, config.where, reach),
        sorts=check_sorts(problems.at("sorts"), table, config.sorts),
    )


def check_aggregate(problems: Problems, config: AggregateRecords, reach: Reach) -> Any:
    """ "Count records"."""
    table = _table(problems.at("table"), config.table, reach)
    if table is None:
        return config
    number = check_number(problems, table, Aggregate(config.fn, config.field))
    group = config.group
    if group is not None:
        group = check_group(problems.at("group"), table, GroupLevel(group)).field
    where = check_where(problems.at("where"), table, config.where, reach)
    return msgspec.structs.replace(config, table=table.id, where=where, field=number.field, group=group)


def check_upsert(problems: Problems, config: UpsertRecord, reach: Reach) -> Any:
    """ "Update or create a record"."""
    table = _table(problems.at("table"), config.table, reach)
    if table is None:
        return config
    match = _match(problems.at("match"), config.match, table, reach)
    set_ = check_set(problems.at("set"), config.set, table, reach)
    create = check_set(problems.at("create"), config.create, table, reach)
    _apart(problems, match, (("set", set_), ("create", create)), table)
    check_required(problems.at("create"), (*match, *set_, *create), table)
    return msgspec.structs.replace(config, table=table.id, match=match, set=set_, create=create)


def check_link(problems: Problems, config: LinkRecord, reach: Reach) -> Any:
    """ "Link by matching fields"."""
    near = reached(problems.at("of"), config.of, reach)
    link = find_field(problems.at("link"), near, config.link) if near is not None else None
    if link is None:
        return config
    if not isinstance(link.config, Link):
        problems.at("link").add("not_a_link", N_("「{name}」不是关联字段"), field=link, name=link.name)
        return config
    config = msgspec.structs.replace(config, link=link.id)
    table = reach.table(link.config.table)
    if table is None:
        return config
    match = _match(problems.at("match"), config.match, table, reach)
    set_ = config.set
    if config.missing == "create":
        set_ = check_set(problems.at("set"), config.set, table, reach)
        _apart(problems, match, (("set", set_),), table)
        check_required(problems.at("set"), (*match, *set_), table)
    return msgspec.structs.replace(config, match=match, set=set_)


def check_delete(problems: Problems, config: DeleteRecord, reach: Reach) -> Any:
    """ "Delete records"."""
    return _aimed(problems, config, reach)[1]


def check_move(problems: Problems, config: MoveState, reach: Reach) -> Any:
    """ "Move the state"."""
    table, config = _aimed(problems, config, reach)
    field = find_field(problems.at("field"), table, config.field) if table is not None else None
    if field is None:
        return config
    if not isinstance(field.config, SingleSelect) or field.config.machine is None:
        problems.at("field").add(
            "no_machine", N_("「{name}」没有设状态流转,用「更新记录」来改"), field=field, name=field.name
        )
    elif not config.to:
        problems.at("to").add("no_state", N_("选要流转到哪个状态"))
    elif config.to not in field.choices_by_id:
        problems.at("to").add("unknown_choice", N_("「{name}」里没有这个选项"), field=field, name=field.name)
    elif not any(t.target == config.to for t in field.config.machine.transitions):
        problems.at("to").warn(
            "no_way_in",
            N_("没有流转能到「{state}」"),
            field=field,
            state=field.choices_by_id[config.to].name,
        )
    return msgspec.structs.replace(config, field=field.id)


def linked_table(config: LinkRecord, reach: Reach) -> Table | None:
    """The table of the record that a link step finds or creates."""
    near = reach.records.get(config.of)
    link = near.by_id.get(config.link) if near is not None else None
    return reach.table(link.config.table) if link is not None and isinstance(link.config, Link) else None


def _table(problems: Problems, key: str, reach: Reach) -> Table | None:
    table = reach.table(key)
    if table is None:
        problems.add("unknown_table", N_("选一张数据表"), name=key[:80])
    return table


def _aimed(problems: Problems, config: Any, reach: Reach) -> tuple[Table | None, Any]:
    """The table of the records that a step is about, and its configuration with the link by id."""
    if config.every:
        if config.of not in reach.lists:
            problems.at("of").add("unknown_list", N_("选前面一个「查找记录」步骤"))
        return reach.lists.get(config.of), config
    table = reached(problems.at("of"), config.of, reach)
    if not config.via and config.of in reach.gone:
        problems.at("of").add("record_gone", N_("触发的记录已经删除,在回收站里,不能再修改它"))
    if not config.via or table is None:
        return table, config
    link = find_field(problems.at("via"), table, config.via)
    if link is None:
        return None, config
    if not isinstance(link.config, Link):
        problems.at("via").add("not_a_link", N_("「{name}」不是关联字段"), field=link, name=link.name)
        return None, config
    return reach.table(link.config.table), msgspec.structs.replace(config, via=link.id)


def _match(
    problems: Problems, match: tuple[Assignment, ...], table: Table, reach: Reach
) -> tuple[Assignment, ...]:
    if not match:
        problems.add("no_match", N_("选用来查找的字段"))
    checked = check_set(problems, match, table, reach)
    for index, one in enumerate(match):
        field = _field(table, one.field)
        if field is not None and field.type not in MATCHABLE:
            problems.at(index).at("field").add(
                "bad_match", N_("不能按「{name}」查找,换一个字段"), field=field, name=field.name
            )
        if one.how != "set":
            problems.at(index).at("how").add("bad_way", N_("用来查找的值不能加减"))
        elif isinstance(one.value, Literal_) and one.value.value in (None, "", []):
            problems.at(index).at("value").add("no_value", N_("填用来查找的值,空着什么也找不到"))
    return checked


def _apart(
    problems: Problems,
    match: tuple[Assignment, ...],
    parts: tuple[tuple[str, tuple[Assignment, ...]], ...],
    table: Table,
) -> None:
    """No field is set twice, by what is matched and by what is filled in."""
    taken = {one.field for one in match}
    for part, assignments in parts:
        for index, one in enumerate(assignments):
            field = _field(table, one.field)
            if field is not None and one.field in taken:
                problems.at(part).at(index).at("field").add(
                    "set_twice", N_("「{name}」填了两次"), field=field, name=field.name
                )
        taken |= {one.field for one in assignments}


def _field(table: Table, key: str) -> Field | None:
    return table.by_id.get(key) or table.by_name.get(key)

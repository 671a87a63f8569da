"""Checking conditions, sorts, groups and aggregates that a definition stores: do the fields exist, do the operators
and operands fit. What is given back names fields by id."""

from __future__ import annotations

from typing import get_args

import msgspec

from builder.validation import Problems, check_name
from runtime import fieldtypes
from runtime.catalog import Field, Table
from runtime.definitions.people import ME
from runtime.definitions.queries import (
    PERIODS,
    SYSTEM_FIELDS,
    Aggregate,
    Bucket,
    Condition,
    ConditionalBucket,
    Filter,
    Group,
    GroupLevel,
    PlaceBucket,
    Sort,
    TimeBucket,
)
from runtime.errors import InvalidInput
from runtime.fieldtypes.dates import DateTimeType
from runtime.fieldtypes.system import CreatedByType
from runtime.i18n import N_

MAX_DEPTH = 4
MAX_CONDITIONS = 100
MAX_GROUPS = 3
MAX_BUCKETS = 30
_SYSTEM_TYPES = {
    "$created_at": DateTimeType(),
    "$updated_at": DateTimeType(),
    "$created_by": CreatedByType(),
    "$updated_by": CreatedByType(),
}
_DATE_TYPES = frozenset({"date", "datetime", "created_time", "updated_time"})


def find_field(problems: Problems, table: Table, key: str) -> Field | None:
    """The field that ``key`` (id or name) means; None with a problem when the table has none."""
    found = table.by_id.get(key) or table.by_name.get(key)
    if found is None and not key:
        problems.add("no_field", N_("选一个字段"))
    elif found is None:
        problems.add(
            "unknown_field",
            N_("数据表「{table}」里没有字段「{name}」,可能已被删除"),
            table=table.name,
            name=key[:80],
        )
    return found


def check_filter(
    problems: Problems, table: Table, where: Filter | None, *, viewed: bool = True
) -> Filter | None:
    """The filter as it will be stored; an empty one is None. ``viewed``: somebody looks, so that it may ask for "me"."""
    if where is None:
        return None
    if not viewed and _asks_for_me(where):
        problems.add("no_me", N_("这里的结果不因谁在看而变,条件里不能用「我」,请选一个成员"))
    counted = _count(where)
    if counted > MAX_CONDITIONS:
        problems.add(
            "too_many_conditions",
            N_("条件最多 {limit} 个,现在有 {count} 个"),
            limit=MAX_CONDITIONS,
            count=counted,
        )
        return where
    if counted == 0:
        return None
    return _filter(problems, table, where, 1)


def _asks_for_me(where: Filter) -> bool:
    if isinstance(where, Condition):
        return ME in (where.value if isinstance(where.value, list | tuple) else [where.value])
    return any(_asks_for_me(item) for item in where.items)


def _count(where: Filter) -> int:
    return 1 if isinstance(where, Condition) else sum(_count(item) for item in where.items)


def _filter(problems: Problems, table: Table, where: Filter, depth: int) -> Filter:
    if isinstance(where, Condition):
        return _condition(problems, table, where)
    if depth > MAX_DEPTH:
        problems.add("too_deep", N_("条件组最多套 {limit} 层"), limit=MAX_DEPTH)
        return where
    items = tuple(
        _filter(problems.at("items").at(index), table, item, depth + 1)
        for index, item in enumerate(where.items)
    )
    return Group(where.conjunction, items)


def _condition(problems: Problems, table: Table, condition: Condition) -> Condition:
    if condition.field in SYSTEM_FIELDS:
        _system_condition(problems, condition)
        return condition
    field = find_field(problems.at("field"), table, condition.field)
    if field is None:
        return condition
    check_operand(problems, field, condition)
    return msgspec.structs.replace(condition, field=field.id)


def _system_condition(problems: Problems, condition: Condition) -> None:
    kind = _SYSTEM_TYPES.get(condition.field)
    if kind is None:
        problems.add("bad_operator", N_("「{name}」不能用来做条件"), name=condition.field)
        return
    try:
        kind.condition(None, "x", condition.op, condition.value, fieldtypes.Context())
    except InvalidInput as error:
        problems.at("value").add_error(error)


def check_operand(problems: Problems, field: Field, condition: Condition) -> None:
    """Whether the field's type knows the operator and can read the operand."""
    kind = fieldtypes.get(field.config)
    if field.type == "link":
        if condition.op not in kind.operators:
            problems.at("op").add_error(kind.unknown_operator(condition.op))
        return
    if condition.op == "in_period" and condition.value not in PERIODS:
        problems.at("value").add(
            "bad_operand", N_("不认识的时间段「{name}」"), field=field, name=str(condition.value)[:40]
        )
        return
    try:
        kind.condition(field.config, "x", condition.op, condition.value, fieldtypes.Context())
    except InvalidInput as error:
        place = "op" if error.error_code == "bad_operator" else "value"
        problems.at(place).add(error.error_code, error.message.msgid, field=field, **error.message.params)


def check_sorts(problems: Problems, table: Table, sorts: tuple[Sort, ...]) -> tuple[Sort, ...]:
    """The sorts as they will be stored."""
    checked = []
    for index, sort in enumerate(sorts):
        here = problems.at(index)
        if sort.field in SYSTEM_FIELDS:
            checked.append(sort)
            continue
        field = find_field(here, table, sort.field)
        if field is None:
            continue
        if not fieldtypes.get(field.config).sortable:
            here.add("not_sortable", N_("不能按「{name}」排序"), field=field, name=field.name)
        checked.append(msgspec.structs.replace(sort, field=field.id))
    if len({sort.field for sort in checked}) < len(checked):
        problems.add("sorted_twice", N_("同一个字段只能排序一次"))
    return tuple(checked)


def check_groups(problems: Problems, table: Table, groups: tuple[GroupLevel, ...]) -> tuple[GroupLevel, ...]:
    """The group levels as they will be stored."""
    if len(groups) > MAX_GROUPS:
        problems.add("too_many_groups", N_("最多分 {limit} 级"), limit=MAX_GROUPS)
    return tuple(check_group(problems.at(index), table, group) for index, group in enumerate(groups))


def check_group(problems: Problems, table: Table, group: GroupLevel) -> GroupLevel:
    """One group level: a field, or conditional buckets."""
    if group.buckets:
        return _buckets(problems, table, group)
    if group.field is None:
        problems.add("group_missing", N_("选一个字段来分组"))
        return group
    if group.field in SYSTEM_FIELDS:
        return group
    field = find_field(problems.at("field"), table, group.field)
    if field is None:
        return group
    if not fieldtypes.get(field.config).groupable:
        problems.at("field").add("not_groupable", N_("不能按「{name}」分组"), field=field, name=field.name)
    check_bucket(problems.at("bucket"), field, group.bucket)
    return msgspec.structs.replace(group, field=field.id)


def check_bucket(problems: Problems, field: Field, bucket: Bucket | None) -> None:
    """A time bucket needs a field that holds days or moments, one of places an address."""
    if bucket is None:
        return
    if bucket in get_args(PlaceBucket):
        if field.type != "location":
            problems.add("bad_bucket", N_("「{name}」不是地址,不能按省市分组"), field=field, name=field.name)
    elif bucket not in get_args(TimeBucket):
        problems.add("bad_bucket", N_("不认识的时间段「{name}」"), field=field, name=str(bucket)[:40])
    elif not is_date(field):
        problems.add("bad_bucket", N_("「{name}」不是日期,不能按时间分组"), field=field, name=field.name)


def is_date(field: Field) -> bool:
    """Whether the field's values are days or moments."""
    return field.type in _DATE_TYPES or getattr(field.config, "result", None) in {"date", "datetime"}


def _buckets(problems: Problems, table: Table, group: GroupLevel) -> GroupLevel:
    if len(group.buckets) > MAX_BUCKETS:
        problems.at("buckets").add("too_many_buckets", N_("条件分组最多 {limit} 个"), limit=MAX_BUCKETS)
    buckets: list[ConditionalBucket] = []
    for index, bucket in enumerate(group.buckets):
        here = problems.at("buckets").at(index)
        name = check_name(here.at("name"), bucket.name, taken=[b.name for b in buckets])
        where = check_filter(here.at("where"), table, bucket.where)
        buckets.append(ConditionalBucket(name, where or Group()))
    return msgspec.structs.replace(group, buckets=tuple(buckets))


def check_aggregate(problems: Problems, table: Table, aggregate: Aggregate) -> Aggregate:
    """A number over records: the function has to suit the field."""
    if aggregate.field is None:
        if aggregate.fn != "count":
            problems.at("field").add("field_missing", N_("选一个要计算的字段"))
        return aggregate
    field = find_field(problems.at("field"), table, aggregate.field)
    if field is None:
        return aggregate
    if aggregate.fn not in fieldtypes.get(field.config).aggregates:
        problems.at("fn").add("bad_aggregate", N_("「{name}」不能这样计算"), field=field, name=field.name)
    return msgspec.structs.replace(aggregate, field=field.id)

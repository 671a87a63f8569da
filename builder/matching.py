"""Look-ups and roll-ups without a link, while they are being edited: the table, what has to match, and the windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from builder.queries import find_field
from builder.validation import Problems
from runtime import fieldtypes
from runtime.catalog import App, Field, Table
from runtime.definitions.matching import Match, Pair, Window
from runtime.definitions.queries import SYSTEM_FIELDS, Sort
from runtime.i18n import N_, Message
from runtime.storage import matching

if TYPE_CHECKING:
    from builder.configs import Scope

MAX_PAIRS = 8
MAX_WINDOWS = 3
MAX_SORTS = 3
_MOST = {"hour": 100_000, "day": 40_000, "week": 5_000, "month": 1_200, "year": 100}
_KINDS = {
    "text": N_("文字"),
    "choice": N_("选项"),
    "number": N_("一个数字"),
    "boolean": N_("是或否"),
    "date": N_("一个日期"),
    "datetime": N_("一个日期时间"),
    "place": N_("地址"),
    "person": N_("成员"),
}


def with_ids(app: App, table: Table, given: Any) -> Any:
    """A match as JSON with tables and fields that are named replaced by their ids, as far as they are known."""
    if not isinstance(given, dict):
        return given
    target = find_table(app, given.get("table"))
    if target is None:
        return given
    answer = {**given, "table": target.id}
    for key in ("pairs", "windows"):
        rows = given.get(key)
        if isinstance(rows, list | tuple):
            answer[key] = [
                _row_with_ids(table, target, row) if isinstance(row, dict) else row for row in rows
            ]
    return answer


def find_table(app: App, key: Any) -> Table | None:
    """A table of the app by id or name."""
    return next((t for t in app.tables if key in (t.id, t.name)), None) if isinstance(key, str) else None


def _row_with_ids(table: Table, target: Table, row: dict[str, Any]) -> dict[str, Any]:
    answer = dict(row)
    for key, home in (("field", target), ("near", table)):
        named = row.get(key)
        field = (home.by_id.get(named) or home.by_name.get(named)) if isinstance(named, str) else None
        if field is not None:
            answer[key] = field.id
    return answer


def check_match(problems: Problems, scope: Scope, match: Match) -> tuple[Match, Table | None]:
    """The match as it will be stored, and the table it looks in; no table (with a problem) where there is none."""
    here = problems.at("match")
    target = next((t for t in scope.app.tables if t.id == match.table), None)
    if target is None:
        here.at("table").add("unknown_table", N_("选一张表,在它的记录里找"))
        return match, None
    if len(match.pairs) > MAX_PAIRS:
        here.at("pairs").add("too_many_pairs", N_("最多 {limit} 行匹配条件"), limit=MAX_PAIRS)
    if len(match.windows) > MAX_WINDOWS:
        here.at("windows").add("too_many_windows", N_("时间范围最多 {limit} 个"), limit=MAX_WINDOWS)
    for index, pair in enumerate(match.pairs):
        _check_pair(here.at("pairs").at(index), scope, target, pair)
    for index, window in enumerate(match.windows):
        _check_window(here.at("windows").at(index), scope, target, window)
    if not any(pair.op == "eq" for pair in match.pairs):
        # without it every record would have to be looked at for every other one
        here.at("pairs").add("nothing_equal", N_("至少要有一行「等于」:两边的哪个字段相同,才算匹配"))
    others = match.others and target.id == scope.table.id
    return msgspec.structs.replace(match, others=others), target


def _check_pair(problems: Problems, scope: Scope, target: Table, pair: Pair) -> None:
    far = _far(problems.at("field"), target, pair.field)
    near = _near(problems.at("near"), scope, pair.near)
    if far is None or near is None:
        return
    if not matching.comparable(far, near):
        problems.at("near").add(
            "not_comparable",
            N_("「{far}」是{one},「{near}」是{other},没法比较;可以先加一个公式字段,把它们变成同一种"),
            far=far.name,
            near=near.name,
            one=_kind(far),
            other=_kind(near),
        )
    elif not matching.comparable(far, near, pair.op):
        problems.at("op").add(
            "no_order", N_("「{name}」只能比较相同或不同;比大小要用数字或日期"), field=far, name=far.name
        )


def _check_window(problems: Problems, scope: Scope, target: Table, window: Window) -> None:
    most = _MOST[window.unit]
    if not 1 <= window.amount <= most:
        problems.at("amount").add("out_of_range", N_("应在 {low} 到 {high} 之间"), low=1, high=most)
    far = _far(problems.at("field"), target, window.field)
    near = None if window.near is None else _near(problems.at("near"), scope, window.near)
    for place, field in (("field", far), ("near", near)):
        if field is None:
            continue
        if not matching.is_dated(field):
            problems.at(place).add("not_a_date", N_("「{name}」不是日期"), field=field, name=field.name)
        elif window.unit == "hour" and matching.kind_of(field) == "date":
            problems.at("unit").add(
                "no_hours", N_("「{name}」只有日期,没有时间,不能按小时算"), field=field, name=field.name
            )


def _far(problems: Problems, target: Table, key: str) -> Field | None:
    field = find_field(problems, target, key) if key else None
    if not key:
        problems.add("field_missing", N_("选「{table}」的一个字段"), table=target.name)
    return _comparable(problems, field)


def _near(problems: Problems, scope: Scope, key: str) -> Field | None:
    field = find_field(problems, scope.table, key) if key else None
    if not key:
        problems.add("field_missing", N_("选「{table}」的一个字段"), table=scope.table.name)
    if field is not None and scope.old is not None and field.id == scope.old.id:
        problems.add("own_field", N_("不能引用自己"))
        return None
    return _comparable(problems, field)


def _comparable(problems: Problems, field: Field | None) -> Field | None:
    if field is None or matching.kind_of(field) is not None:
        return field
    problems.add(
        "not_for_match",
        N_("「{name}」是{kind}字段,不能用来匹配"),
        field=field,
        name=field.name,
        kind=Message(fieldtypes.get(field.config).label),
    )
    return None


def _kind(field: Field) -> Message:
    return Message(_KINDS[matching.kind_of(field) or "text"])


def check_sorts(problems: Problems, target: Table, sorts: tuple[Sort, ...]) -> tuple[Sort, ...]:
    """In which order far records stand: fields that keep still unless somebody changes the record."""
    if len(sorts) > MAX_SORTS:
        problems.add("too_many_sorts", N_("最多按 {limit} 个字段排序"), limit=MAX_SORTS)
    checked = []
    for index, sort in enumerate(sorts):
        here = problems.at(index).at("field")
        if sort.field in SYSTEM_FIELDS:
            if sort.field != "$created_at":
                here.add("not_sortable", N_("不能按「{name}」排序"), name=sort.field)
            checked.append(sort)
            continue
        field = find_field(here, target, sort.field)
        if field is None:
            continue
        if not fieldtypes.get(field.config).sortable or field.type == "link":
            here.add("not_sortable", N_("不能按「{name}」排序"), field=field, name=field.name)
        checked.append(msgspec.structs.replace(sort, field=field.id))
    return tuple(checked)

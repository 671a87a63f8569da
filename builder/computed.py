"""Look-ups, roll-ups and formulas while they are being edited."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from builder import matching
from builder.queries import check_filter
from builder.validation import Problems
from runtime import fieldtypes, formulas
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.fields import Formula, Link, Lookup, Rollup, StateTime
from runtime.i18n import N_
from runtime.storage.computed import far_fields, formula_fields
from runtime.storage.rollups import LISTS, MOST_LISTED, ORDERED, result_of, target_of

if TYPE_CHECKING:
    from builder.configs import Scope

C = TypeVar("C", Lookup, Rollup)


def with_ids(
    problems: Problems, catalog: Catalog, app: App, table: Table, name: str, options: dict[str, Any]
) -> dict[str, Any]:
    """Options of a computed field with fields that are named by their text replaced by ids."""
    if name == "formula":
        return options
    answer = dict(options)
    if name == "state_time":
        return _state_time_ids(table, answer)
    if answer.get("match") is not None:
        answer["link"] = None
        answer["match"] = match = matching.with_ids(app, table, answer["match"])
        target = matching.find_table(app, match.get("table") if isinstance(match, dict) else None)
    else:
        link = _by_key(table, options.get("link"))
        if link is None:
            return answer
        answer["link"] = link.id
        target = _target(catalog, link)
    far = _by_key(target, options.get("field")) if target is not None else None
    if far is not None:
        answer["field"] = far.id
    return answer


def _state_time_ids(table: Table, options: dict[str, Any]) -> dict[str, Any]:
    """The select, and the state, that are named by their text."""
    field = _by_key(table, options.get("field"))
    if field is None:
        return options
    state = options.get("state")
    named = next((c.id for c in field.choices_by_id.values() if c.name == state), state)
    return {**options, "field": field.id, "state": named}


def check_state_time(problems: Problems, scope: Scope, config: StateTime) -> StateTime:
    """A state time belongs to a single select of the same table; time spent also to one of its options."""
    field = scope.table.by_id.get(config.field)
    if field is None:
        problems.at("field").add("unknown_field", N_("选一个单选字段,它的状态流转记着时间"))
        return config
    if field.type != "single_select":
        problems.at("field").add("wrong_type", N_("「{name}」应是单选字段"), name=field.name)
    if config.shows != "time_spent":
        return msgspec.structs.replace(config, state=None)
    if config.state not in field.choices_by_id:
        problems.at("state").add("unknown_choice", N_("选一个状态,算记录一共在里面待了多久"))
    return config


def _by_key(table: Table, key: Any) -> Field | None:
    return (table.by_id.get(key) or table.by_name.get(key)) if isinstance(key, str) else None


def _target(catalog: Catalog, link: Field) -> Table | None:
    if not isinstance(link.config, Link):
        return None
    table_id = link.config.table
    return next((t for app in catalog.apps for t in app.tables if t.id == table_id), None)


def _far_table(problems: Problems, scope: Scope, config: C) -> tuple[C, Table | None]:
    """The table of the records that the field is about; None with a problem when there is none."""
    if config.match is not None:
        match, target = matching.check_match(problems, scope, config.match)
        return msgspec.structs.replace(config, match=match, link=None), target
    link = scope.table.by_id.get(config.link or "")
    target = _target(scope.catalog, link) if link is not None else None
    if target is None:
        problems.at("link").add("not_a_link", N_("先选一个关联字段,才能从关联的记录里取值"))
    return config, target


def check_lookup(problems: Problems, scope: Scope, config: Lookup) -> Lookup:
    """The link is one of this table (or the match is sound), the field is one of the far table and can be shown."""
    config, target = _far_table(problems, scope, config)
    if target is None:
        return config
    if not 0 <= config.limit <= MOST_LISTED:
        problems.at("limit").add("out_of_range", N_("应在 {low} 到 {high} 之间"), low=1, high=MOST_LISTED)
    field = target.by_id.get(config.field)
    if field is None:
        problems.at("field").add("unknown_field", N_("选「{table}」里要显示的字段"), table=target.name)
    elif field.type == "link":
        problems.at("field").add(
            "not_for_lookup",
            N_("「{name}」是关联字段,不能直接引用;换成它那边的具体字段"),
            field=field,
            name=field.name,
        )
    elif scope.old is not None and field.id == scope.old.id:
        problems.at("field").add("own_field", N_("不能引用自己"))
    return msgspec.structs.replace(
        config,
        where=check_filter(problems.at("where"), target, config.where, viewed=False),
        sorts=matching.check_sorts(problems.at("sorts"), target, config.sorts),
    )


def check_rollup(problems: Problems, scope: Scope, config: Rollup) -> Rollup:
    """As a look-up; the function suits the field, which decides what type the result has."""
    config, target = _far_table(problems, scope, config)
    if target is None:
        return config
    where = check_filter(problems.at("where"), target, config.where, viewed=False)
    if config.fn == "count":
        return msgspec.structs.replace(config, field=None, where=where, sorts=(), result="number")
    sorts = matching.check_sorts(problems.at("sorts"), target, config.sorts) if config.fn in ORDERED else ()
    field = target.by_id.get(config.field or "")
    if field is None:
        problems.at("field").add("unknown_field", N_("选「{table}」里要计算的字段"), table=target.name)
    elif not _can_roll_up(field, config.fn):
        problems.at("fn").add("bad_aggregate", N_("「{name}」不能这样计算"), field=field, name=field.name)
    elif scope.old is not None and field.id == scope.old.id:
        problems.at("field").add("own_field", N_("不能引用自己"))
    result = result_of(config.fn, field)
    return msgspec.structs.replace(config, where=where, sorts=sorts, result=result)


def _can_roll_up(field: Field, fn: str) -> bool:
    """Counts suit every field, sums and averages numbers, the least and the largest days as well."""
    kind = fieldtypes.get(field.config)
    if field.type == "link":
        return False
    if fn in ("first", "last", *LISTS):
        return kind.formula_type(field.config) is not None
    if fn.startswith("count") or fn == "share_filled":
        return "count_filled" in kind.aggregates and (fn in kind.aggregates or fn == "share_filled")
    suits = ("number", "date", "datetime") if fn in ("min", "max") else ("number",)
    return fn in kind.aggregates and kind.formula_type(field.config) in suits


def retyped(catalog: Catalog, config: Rollup) -> Rollup:
    """A roll-up with the type its result has now."""
    target = target_of(catalog, config.link, config.match)
    field = target.by_id.get(config.field or "") if target is not None else None
    return msgspec.structs.replace(config, result=result_of(config.fn, field))


def check_formula(problems: Problems, scope: Scope, config: Formula) -> Formula:
    """The source with fields by id, and the type of its result."""
    here = problems.at("source")
    if not 0 <= config.decimals <= 10:
        problems.at("decimals").add("out_of_range", N_("小数位数应在 {low} 到 {high} 之间"), low=0, high=10)
    try:
        # as typed, so that places in the message are places in what the person sees
        checked = recheck(scope.catalog, scope.table, config)
    except formulas.FormulaRejected as rejected:
        params = {**rejected.message.params, "start": rejected.start, "end": rejected.end}
        here.add(rejected.error_code, rejected.message.msgid, **params)
        return config
    checked = msgspec.structs.replace(checked, source=bound(scope.catalog, scope.table, config.source))
    if scope.old is not None and scope.old.id in dependencies_of(checked):
        here.add("cycle", N_("公式不能引用自己"))
    return checked


def recheck(catalog: Catalog, table: Table, config: Formula) -> Formula:
    """A formula with the type its result has now. Raises FormulaRejected."""
    try:
        checked = _checked(catalog, table, config.source, far="." in config.source)
    except formulas.FormulaRejected as rejected:
        if rejected.error_code != "formula_field":
            raise
        # with the fields behind links at hand, what is missing can be told better
        checked = _checked(catalog, table, config.source, far=True)
    result = {"number": "number", "boolean": "boolean", "date": "date", "datetime": "datetime"}
    return msgspec.structs.replace(config, result=result.get(checked.type.value, "text"))


def _checked(catalog: Catalog, table: Table, source: str, *, far: bool) -> formulas.CheckedFormula:
    paths = far_fields(catalog, table) if far else {}
    infos = {**{key: path.info for key, path in paths.items()}, **formula_fields(table)}
    return formulas.check(source, infos)


def bound(catalog: Catalog, table: Table, source: str) -> str:
    """A source as it is stored: fields by id, those of linked records by link and field. Raises FormulaRejected."""
    paths = {path.info.name: key for key, path in far_fields(catalog, table).items()} if "." in source else {}
    return formulas.bind(source, {**paths, **{field.name: field.id for field in table.fields}})


def dependencies_of(config: Formula) -> frozenset[str]:
    """Ids of the fields a stored formula reads."""
    return formulas.dependencies(formulas.parse(config.source))


def shown(table: Table, source: str, tables: Iterable[Table] = ()) -> str:
    """A stored source as people read it: every field by name; ``tables``: those that its links lead to."""
    names = path_names(table, tables) if "." in source else {}
    return formulas.unbind(source, {**names, **{field.id: field.name for field in table.fields}})


def path_names(table: Table, tables: Iterable[Table]) -> dict[str, str]:
    """What formulas of a table call the fields of linked records, by ``fld….fld…``."""
    by_id = {one.id: one for one in tables}
    return {
        f"{link.id}.{far.id}": f"{link.name}.{far.name}"
        for link in table.fields
        if isinstance(link.config, Link) and link.config.table in by_id
        for far in by_id[link.config.table].fields
    }

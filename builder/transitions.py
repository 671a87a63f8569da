"""One transition of a state machine: who may, what must hold, what it does."""

from __future__ import annotations

from typing import Any

import msgspec

from builder.computed import bound, recheck
from builder.queries import check_filter, find_field
from builder.validation import Problems, check_name, clean_text, has_control
from runtime import fieldtypes, formulas
from runtime.access import RANK
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.fields import READONLY_TYPES, Formula, Link
from runtime.definitions.people import ME
from runtime.definitions.states import CreateRecord, Effect, Fill, SetField, Transition
from runtime.fieldtypes import BadValue, Context
from runtime.i18n import N_
from runtime.records import defaults, validation

NOW = "$now"
MAX_EFFECTS = 20
MAX_FILLS = 100
REFUSAL_LENGTH = 200


class Place(msgspec.Struct, frozen=True):
    """Where a machine stands. ``own``: id of the select itself, if it exists already."""

    catalog: Catalog
    app: App
    table: Table
    own: str | None


def check_transition(problems: Problems, place: Place, transition: Transition) -> Transition:
    """The transition as it will be stored: fields by id, formulas by the ids of their fields."""
    label = clean_text(transition.label)
    if label:
        label = check_name(problems.at("label"), label)
    refusal = clean_text(transition.refusal)
    if len(refusal) > REFUSAL_LENGTH:
        problems.at("refusal").add("text_too_long", N_("最多 {limit} 个字"), limit=REFUSAL_LENGTH)
    if has_control(refusal, lines=True):
        problems.at("refusal").add("not_printable", N_("这里有看不见的控制字符,重新输入一遍"))
    members = _check_who(problems, place, transition)
    guard = check_filter(problems.at("guard"), place.table, transition.guard)
    if len(transition.effects) > MAX_EFFECTS:
        problems.at("effects").add("too_many_effects", N_("流转时做的事最多 {limit} 件"), limit=MAX_EFFECTS)
    effects = tuple(
        _check_effect(problems.at("effects").at(index), place, effect)
        for index, effect in enumerate(transition.effects[:MAX_EFFECTS])
    )
    return msgspec.structs.replace(
        transition,
        label=label,
        refusal=refusal,
        guard=guard,
        formula=_check_guard_formula(problems.at("formula"), place, transition.formula),
        roles=tuple(dict.fromkeys(transition.roles)),
        members=members,
        required=_check_required(problems.at("required"), place, transition.required),
        effects=effects,
    )


def _check_required(problems: Problems, place: Place, keys: tuple[str, ...]) -> tuple[str, ...]:
    required = []
    for index, key in enumerate(keys):
        field = find_field(problems.at(index), place.table, key)
        if field is not None:
            required.append(field.id)
            if field.id == place.own:
                problems.at(index).add("own_field", N_("状态字段本身不用要求填写"), field=field)
    return tuple(dict.fromkeys(required))


def _check_who(problems: Problems, place: Place, transition: Transition) -> tuple[str, ...]:
    for index, role in enumerate(transition.roles):
        if role not in RANK or role == "viewer":
            problems.at("roles").at(index).add("bad_role", N_("「{role}」不能流转状态"), role=role[:20])
    people = place.app.people
    members = []
    for index, key in enumerate(transition.members):
        person = people.by_id.get(key) or next((p for p in people.people if key in (p.email, p.name)), None)
        if person is None:
            problems.at("members").at(index).add("unknown_member", N_("没有这个人,可能账号已被删除"))
            continue
        members.append(person.id)
        if person.gone:
            problems.at("members").at(index).warn(
                "member_gone", N_("「{name}」已经不在这个应用里,做不了这一步"), name=person.name
            )
    if members and not transition.roles and all(people.by_id[key].gone for key in members):
        problems.at("members").warn("nobody_may", N_("能做这一步的人都已不在这个应用里,没有人能流转"))
    return tuple(dict.fromkeys(members))


def _check_guard_formula(problems: Problems, place: Place, given: str) -> str:
    if not given.strip():
        return ""
    try:
        config = recheck(place.catalog, place.table, Formula(source=given))
        source = bound(place.catalog, place.table, given)
    except formulas.FormulaRejected as rejected:
        _reject(problems, rejected)
        return given
    if config.result != "boolean":
        problems.add("not_yes_or_no", N_("这里的公式要得出「是」或「否」,如 {example}"), example="{数量}>0")
    return source


def _reject(problems: Problems, rejected: formulas.FormulaRejected) -> None:
    params = {**rejected.message.params, "start": rejected.start, "end": rejected.end}
    problems.add(rejected.error_code, rejected.message.msgid, **params)


def _check_effect(problems: Problems, place: Place, effect: Effect) -> Effect:
    if isinstance(effect, SetField):
        return _check_set_field(problems, place, effect)
    if isinstance(effect, CreateRecord):
        return _check_create(problems, place, effect)
    stock = next((s for s in place.app.stocks if effect.stock in (s.id, s.definition.name)), None)
    if stock is None:
        problems.at("stock").add("unknown_stock", N_("没有这个库存设置,可能已被删除"))
        return effect
    lines = next((t for t in place.app.tables if t.id == stock.definition.line_table), None)
    link = lines.by_id.get(stock.definition.line_order) if lines else None
    if link is not None and isinstance(link.config, Link) and link.config.table != place.table.id:
        problems.at("stock").add(
            "stock_of_other_table",
            N_("库存「{stock}」的明细不属于「{table}」,不能在这里预占或释放"),
            stock=stock.definition.name,
            table=place.table.name,
        )
    return msgspec.structs.replace(effect, stock=stock.id)


def _check_set_field(problems: Problems, place: Place, effect: SetField) -> SetField:
    field = find_field(problems.at("field"), place.table, effect.field)
    if field is None:
        return effect
    formula = ""
    if field.id == place.own:
        problems.at("field").add("own_field", N_("流转不能再改状态字段本身"), field=field)
    elif field.type in READONLY_TYPES or field.machine is not None:
        problems.at("field").add(
            "not_writable", N_("「{name}」不能由流转来填写"), field=field, name=field.name
        )
    elif effect.formula.strip():
        formula = _check_value_formula(problems.at("formula"), place, field, effect.formula)
    else:
        check_value(problems.at("value"), place.app, field, effect.value)
    return SetField(field.id, None if formula else effect.value, formula)


def _check_value_formula(problems: Problems, place: Place, field: Field, given: str) -> str:
    """A formula over what people fill in: it is worked out before the record is stored, and computed values only then."""
    if field.type in defaults.UNFIT:
        problems.add("not_for_type", N_("「{name}」不能用公式来填"), field=field, name=field.name)
        return given
    infos = validation.fields_of(place.table, None)
    ids = {place.table.by_id[key].name: key for key in infos}
    try:
        formulas.check(given, infos)
        return formulas.bind(given, ids)
    except formulas.FormulaRejected as rejected:
        _reject(problems, rejected)
        return given


def _check_create(problems: Problems, place: Place, effect: CreateRecord) -> CreateRecord:
    target = next((t for t in place.app.tables if effect.table in (t.id, t.name)), None)
    if target is None:
        problems.at("table").add("unknown_table", N_("没有这张数据表,可能已被删除"))
        return effect
    link = ""
    if effect.link:
        field = find_field(problems.at("link"), target, effect.link)
        if field is not None:
            link = field.id
            if not isinstance(field.config, Link) or field.config.table != place.table.id:
                problems.at("link").add(
                    "wrong_link",
                    N_("「{name}」不是指向「{table}」的关联"),
                    name=field.name,
                    table=place.table.name,
                )
    if len(effect.fields) > MAX_FILLS:
        problems.at("fields").add("too_many_fields", N_("最多填 {limit} 个字段"), limit=MAX_FILLS)
    fills = tuple(
        _check_fill(problems.at("fields").at(index), place, target, fill)
        for index, fill in enumerate(effect.fields[:MAX_FILLS])
    )
    given = {fill.field for fill in fills} | {link}
    for missing in target.fields:
        needed = missing.definition.required and missing.definition.default in (None, "")
        if needed and not missing.definition.default_formula and missing.id not in given:
            problems.at("fields").add(
                "required", N_("「{table}」的「{name}」是必填的,也要填"), table=target.name, name=missing.name
            )
    return CreateRecord(target.id, link, fills)


def _check_fill(problems: Problems, place: Place, target: Table, fill: Fill) -> Fill:
    field = find_field(problems.at("field"), target, fill.field)
    if field is None:
        return fill
    if field.readonly:
        problems.at("field").add(
            "not_writable", N_("「{name}」由系统填写,不能指定"), field=field, name=field.name
        )
    elif fill.source:
        source = find_field(problems.at("source"), place.table, fill.source)
        return Fill(field.id, source=source.id if source else fill.source)
    elif fill.formula.strip():
        here = problems.at("formula")
        try:
            recheck(place.catalog, place.table, Formula(source=fill.formula))
            return Fill(field.id, formula=bound(place.catalog, place.table, fill.formula))
        except formulas.FormulaRejected as rejected:
            _reject(here, rejected)
            return fill
    else:
        check_value(problems.at("value"), place.app, field, fill.value)
    return Fill(field.id, value=fill.value)


def check_value(problems: Problems, app: App, field: Field, value: Any) -> None:
    """Whether ``value`` (wire form, ``"$now"`` for days and moments, ``"$me"`` for people) can be put into ``field``."""
    if value == NOW:
        if field.type not in ("date", "datetime"):
            problems.add("bad_value", N_("「{name}」不是日期,不能填当时的时间"), field=field, name=field.name)
        return
    if value in (ME, [ME]):
        if field.type != "member":
            problems.add(
                "bad_value", N_("「{name}」不是成员字段,不能填操作的人"), field=field, name=field.name
            )
        return
    try:
        fieldtypes.get(field.config).parse(field.config, value, Context(zone=app.zone))
    except BadValue as bad:
        problems.add(bad.code, bad.message.msgid, field=field, **bad.message.params)

"""State machines on the write path: a record may only move along a declared transition, whatever wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from piccolo.querystring import QueryString

from runtime import fieldtypes, formulas
from runtime.access import ROLE_NAMES, Actor
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.fields import FieldDef, Formula
from runtime.definitions.people import ME
from runtime.definitions.queries import Condition, Group
from runtime.definitions.states import CreateRecord, SetField, StateMachine, Transition
from runtime.errors import HuobiaoError
from runtime.fieldtypes import BadValue, Context, member
from runtime.i18n import N_, Message
from runtime.ids import record_id
from runtime.records import defaults, links, validation
from runtime.records.work import Item, Work
from runtime.storage.computed import expression
from runtime.storage.query import Compiler

NOW = "$now"


async def check(work: Work) -> None:
    """Refuse moves that are not declared, not for this actor, or not complete; apply what a move sets."""
    for field in work.table.fields:
        machine = field.machine
        if machine is None:
            continue
        for item in work.of("create"):
            _start(work, item, field, machine)
        moving = [item for item in work.of("update") if field in item.values]
        linked = await _linked(work, field, machine, moving)
        for item in moving:
            _move(work, item, field, machine, linked)


Linked = Mapping[Field, Collection[int]]
"""By link field that moves ask for: the rows that it is filled in of, as stored."""


async def _linked(work: Work, field: Field, machine: StateMachine, items: Sequence[Item]) -> Linked:
    wanted: dict[Field, list[int]] = defaultdict(list)
    for item in items:
        transition = machine.find(item.old(field), item.values[field])
        for key in transition.required if transition is not None else ():
            needed = work.table.by_id.get(key)
            if needed is not None and needed.type == "link" and needed not in item.links:
                wanted[needed].append(item.row_id)
    return {one: await links.linked(work.tx, work.catalog, one, rows) for one, rows in wanted.items()}


def _start(work: Work, item: Item, field: Field, machine: StateMachine) -> None:
    state = item.values.get(field)
    if state is None:
        if machine.initial:
            item.values[field] = machine.initial[0]
        return
    if state in machine.initial or work.change.states_as_is:
        return
    names = [_name(field, choice) for choice in machine.initial]
    message = Message(
        N_("新记录的「{field}」只能是{states},不能直接是「{state}」"),
        {"field": field.name, "states": names, "state": _name(field, state)},
    )
    item.refuse("bad_initial_state", message, field)


def _move(work: Work, item: Item, field: Field, machine: StateMachine, linked: Linked) -> None:
    source, target = item.old(field), item.values[field]
    if target is None:
        item.refuse("move_refused", Message(N_("「{field}」不能清空"), {"field": field.name}), field)
        return
    if source is None:  # records from before the machine was drawn may enter anywhere
        item.moves.append((field, source, target, None))
        return
    if work.change.states_as_is:  # history brought in from elsewhere: no move, and nothing that a move does
        return
    transition = machine.find(source, target)
    if transition is None:
        item.refuse("move_refused", _no_way(field, machine, source, target), field)
        return
    reason = barred(work.app, field, transition, item.change.actor)
    if reason is not None:
        item.refuse("move_not_allowed", reason, field)
        return
    for required in transition.required:
        needed = work.table.by_id.get(required)
        if needed is not None and _is_empty(item, needed, linked):
            message = Message(
                N_("改成「{target}」之前要先填「{field}」"),
                {"target": _name(field, target), "field": needed.name},
            )
            item.refuse("required_for_move", message, needed)
    _set_fields(work, item, transition)
    item.moves.append((field, source, target, transition))


def _no_way(field: Field, machine: StateMachine, source: int, target: int) -> Message:
    known = [t for t in machine.allowed(source) if t.target in field.choices_by_id]
    params = {"source": _name(field, source), "target": _name(field, target)}
    if not known:
        return Message(
            N_("不能从「{source}」改成「{target}」:「{source}」没有出路。要继续走,让搭建者加一条流转"),
            params,
        )
    ways = [_name(field, t.target) for t in known]
    return Message(
        N_("不能从「{source}」改成「{target}」。从「{source}」可以去:{ways}"), {**params, "ways": ways}
    )


def barred(app: App, field: Field, transition: Transition, actor: Actor) -> Message | None:
    """Why the actor may not make a move, whatever the record holds; None where nothing of that kind forbids it."""
    if actor.kind in ("automation", "system"):
        return None
    ends = {"source": _name(field, transition.source), "target": _name(field, transition.target)}
    if transition.automations_only:
        return Message(N_("「{source}」到「{target}」这一步只由自动化来做"), ends)
    if not transition.roles and not transition.members:
        return None
    person = app.people.by_number.get(actor.person) if actor.person is not None else None
    if actor.role_in(app.id) in transition.roles or (person is not None and person.id in transition.members):
        return None
    return Message(
        N_("「{source}」到「{target}」这一步,你不能做;可以做的:{who}"),
        {**ends, "who": who_may(app, transition)},
    )


def who_may(app: App, transition: Transition) -> Message | str:
    """The roles and the people that may make a move, in words; those who have left are marked."""
    people = app.people.by_id
    shown: list[Message | str] = [
        Message(ROLE_NAMES[role]) for role in transition.roles if role in ROLE_NAMES
    ]
    for key in transition.members:
        person = people.get(key)
        if person is None or person.gone:
            shown.append(Message(N_("{name}(已不在)"), {"name": person.name if person else "?"}))
        else:
            shown.append(person.name)
    if not shown:
        return "?"
    words = shown[0]
    for one in shown[1:]:
        words = Message(N_("{one}、{other}"), {"one": words, "other": one})
    return words


def _is_empty(item: Item, field: Field, linked: Linked) -> bool:
    if field.type == "link":
        return not item.links[field] if field in item.links else item.row_id not in linked[field]
    return item.current(field) in (None, [], False)


def _set_fields(work: Work, item: Item, transition: Transition) -> None:
    for effect in transition.effects:
        field = work.table.by_id.get(effect.field) if isinstance(effect, SetField) else None
        if field is None or not isinstance(effect, SetField):
            continue
        if effect.formula:
            item.values[field] = _calculated(work, item, field, effect.formula)
            continue
        try:
            value = fixed(field, effect.value, work.context)
            item.values[field] = fieldtypes.get(field.config).parse(field.config, value, work.context)
        except BadValue as bad:
            item.refuse(bad.code, bad.message, field)


def fixed(field: Field, value: Any, context: Context) -> Any:
    """A value as an effect names it, in wire form: the moment of the move, or whoever makes it, in their places."""
    if value == NOW:
        return context.now
    if field.type == "member" and value in (ME, [ME]):
        return member.default_of(field.config, ME, context) if context.me is not None else None
    return value


def _calculated(work: Work, item: Item, field: Field, source: str) -> Any:
    """What a formula gives over the record as it will be, as the field stores it; None for an error."""
    infos = validation.fields_of(work.table, None)
    checked = formulas.check(source, infos, allow_missing=True)
    values: dict[str, Any] = {}
    for key in checked.fields:
        one = work.table.by_id.get(key)
        stored = None if one is None else item.current(one)
        if one is not None:
            values[key] = (
                None if stored is None else fieldtypes.get(one.config).formula_value(one.config, stored)
            )
    created = None if item.row is None else item.row["created_at"]
    who = "" if item.row is None else str(item.row["created_by"]).partition("|")[2]
    values |= {"$created_time": created, "$created_by": who}
    answer = formulas.evaluate(checked, values, now=work.context.now, zone=work.context.zone)
    return defaults.stored_of(field, answer, work.context)


def _name(field: Field, choice: int) -> str:
    found = field.choices_by_id.get(choice)
    return found.name if found else "?"


def reads_ahead(work: Work) -> bool:
    """Whether a move of the change has a condition, or creates a record: both read the record as it will be."""
    return any(
        transition is not None
        and (
            transition.guard is not None
            or bool(transition.formula)
            or any(isinstance(effect, CreateRecord) for effect in transition.effects)
        )
        for item in work.good
        for _, _, _, transition in item.moves
    )


async def check_guards(work: Work) -> None:
    """After storing: each transition's guard must hold on the record as it now is, else the move is refused.

    Guards are asked of the database in the same transaction, by the same compiler as every other filter and formula.
    """
    groups: dict[tuple[str, int, int], tuple[Transition, Field, list[Item]]] = {}
    for item in work.good:
        for field, source, target, transition in item.moves:
            if transition is not None and (transition.guard is not None or transition.formula):
                key = (field.id, source or 0, target)
                groups.setdefault(key, (transition, field, []))[2].append(item)
    compiler = Compiler(work.catalog, work.table, work.context)
    for transition, field, items in groups.values():
        ids = [item.row_id for item in items]
        held = await verdicts(work, compiler, transition, ids)
        for item in items:
            reason = held.get(item.row_id)
            if reason is not None:
                item.refuse("guard_refused", in_words(field, transition, reason), field)


async def verdicts(work: Work, compiler: Compiler, transition: Transition, rows: list[int]) -> dict[int, str]:
    """What holds back each of these rows: ``guard`` (its conditions are not met) or the code of an error of its formula."""
    where: Any = Condition("$id", "is_any_of", [record_id(work.table.number, row) for row in rows])
    try:
        passes, error = guard_sql(work.catalog, work.table, work.context, compiler, transition)
    except HuobiaoError:  # what it reads is gone
        return dict.fromkeys(rows, "#REF!")
    found = await work.tx.fetch(
        QueryString(
            "SELECT t.id, ({}) IS TRUE AS passes, {} AS error FROM {} t WHERE {}",
            passes,
            error,
            compiler.source,
            compiler.where(Group("and", (where,))),
        )
    )
    passed = {row["id"]: row for row in found}
    held = {}
    for row in rows:
        one = passed.get(row)
        if one is None or not one["passes"]:
            held[row] = (one["error"] if one is not None else None) or "guard"
    return held


def guard_sql(
    catalog: Catalog, table: Table, context: Context, compiler: Compiler, transition: Transition
) -> tuple[QueryString, QueryString]:
    """A transition's conditions over the row ``t``: whether they hold, and the error code of its formula (or NULL).

    Raises:
        NotFound, InvalidInput: they no longer fit the table.
    """
    parts = [] if transition.guard is None else [compiler.filter(transition.guard)]
    error = QueryString("NULL::text")
    if transition.formula:
        asked = Field(
            id="",
            number=0,
            version=0,
            position=0.0,
            table_id=table.id,
            definition=FieldDef("", Formula(transition.formula, "boolean")),
        )
        value, fault = expression(catalog, context, asked)
        parts.append(QueryString("({})::boolean", value))
        error = fault or error
    if not parts:
        return QueryString("TRUE"), error
    both = QueryString("(" + ") AND (".join(["{}"] * len(parts)) + ")", *parts)
    return both, error


def in_words(field: Field, transition: Transition, reason: str) -> Message:
    """Why a transition's conditions hold a record back. The refusal is said as its author wrote it."""
    ends = {"source": _name(field, transition.source), "target": _name(field, transition.target)}
    if reason != "guard":
        return Message(
            N_("「{source}」到「{target}」的条件公式算不出来({error}),让搭建者看一下状态流转"),
            {**ends, "error": reason},
        )
    if transition.refusal:
        return Message(transition.refusal, ends)
    return Message(N_("不满足「{source}」到「{target}」的条件"), ends)

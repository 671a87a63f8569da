"""State machines on the write path: a record may only move along a declared transition, whatever wrote it."""

from __future__ import annotations

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.catalog import Field
from runtime.definitions.queries import Condition, Group
from runtime.definitions.states import SetField, StateMachine, Transition
from runtime.fieldtypes import BadValue
from runtime.i18n import N_, Message
from runtime.ids import record_id
from runtime.records.work import Item, Work
from runtime.storage.query import Compiler


async def check(work: Work) -> None:
    """Refuse moves that are not declared, not for this actor, or not complete; apply what a move sets."""
    for field in work.table.fields:
        machine = field.machine
        if machine is None:
            continue
        for item in work.of("create"):
            _start(work, item, field, machine)
        for item in work.of("update"):
            if field in item.values:
                _move(work, item, field, machine)


def _start(work: Work, item: Item, field: Field, machine: StateMachine) -> None:
    state = item.values.get(field)
    if state is None:
        if machine.initial:
            item.values[field] = machine.initial[0]
        return
    if state in machine.initial or work.change.states_as_is:
        return
    names = "、".join(_name(field, choice) for choice in machine.initial)
    message = Message(
        N_("新记录的「{field}」只能是{states},不能直接是「{state}」"),
        {"field": field.name, "states": names, "state": _name(field, state)},
    )
    item.refuse("bad_initial_state", message, field)


def _move(work: Work, item: Item, field: Field, machine: StateMachine) -> None:
    source, target = item.old(field), item.values[field]
    if target is None:
        item.refuse("move_refused", Message(N_("「{field}」不能清空"), {"field": field.name}), field)
        return
    transition = machine.find(source, target) if source is not None else None
    if source is None:  # records from before the machine was drawn may enter anywhere
        item.moves.append((field, source, target, None))
        return
    if transition is None:
        ways = "、".join(_name(field, t.target) for t in machine.allowed(source)) or N_("没有可去的状态")
        message = Message(
            N_("不能从「{source}」改成「{target}」。从「{source}」可以去:{ways}"),
            {"source": _name(field, source), "target": _name(field, target), "ways": ways},
        )
        item.refuse("move_refused", message, field)
        return
    actor = work.change.actor
    role = actor.role_in(work.app.id)
    if transition.roles and role not in transition.roles and actor.kind not in ("automation", "system"):
        message = Message(
            N_("你的角色不能做「{source}」到「{target}」这一步"),
            {"source": _name(field, source), "target": _name(field, target)},
        )
        item.refuse("move_not_allowed", message, field)
        return
    for required in transition.required:
        needed = work.table.by_id.get(required)
        if needed is not None and _is_empty(item, needed):
            message = Message(
                N_("改成「{target}」之前要先填「{field}」"),
                {"target": _name(field, target), "field": needed.name},
            )
            item.refuse("required_for_move", message, needed)
    _set_fields(work, item, transition)
    item.moves.append((field, source, target, transition))


def _is_empty(item: Item, field: Field) -> bool:
    if field.type == "link":
        return not item.links.get(field, item.old_links.get(field, []))
    return item.current(field) in (None, [], False)


def _set_fields(work: Work, item: Item, transition: Transition) -> None:
    for effect in transition.effects:
        field = work.table.by_id.get(effect.field) if isinstance(effect, SetField) else None
        if field is None or not isinstance(effect, SetField):
            continue
        value = work.context.now if effect.value == "$now" else effect.value
        try:
            item.values[field] = fieldtypes.get(field.config).parse(field.config, value, work.context)
        except BadValue as bad:
            item.refuse(bad.code, bad.message, field)


def _name(field: Field, choice: int) -> str:
    found = field.choices_by_id.get(choice)
    return found.name if found else "?"


async def check_guards(work: Work) -> None:
    """After storing: each transition's guard must hold on the record as it now is, else the move is refused.

    Guards are asked of the database in the same transaction, by the same compiler as every other filter.
    """
    compiler = Compiler(work.catalog, work.table, work.context)
    guarded: dict[tuple[str, int, int], tuple[Transition, Field, list[Item]]] = {}
    for item in work.good:
        for field, source, target, transition in item.moves:
            if transition is not None and transition.guard is not None:
                key = (field.id, source or 0, target)
                guarded.setdefault(key, (transition, field, []))[2].append(item)
    for transition, field, items in guarded.values():
        assert transition.guard is not None  # noqa: S101
        ids = [record_id(work.table.number, item.row_id) for item in items]
        where = Group("and", (Condition("$id", "is_any_of", ids), transition.guard))
        rows = await work.tx.fetch(
            QueryString("SELECT t.id FROM {} t WHERE {}", compiler.source, compiler.where(where))
        )
        passed = {row["id"] for row in rows}
        for item in items:
            if item.row_id not in passed:
                words = transition.refusal or N_("不满足「{source}」到「{target}」的条件")
                message = Message(
                    words,
                    {"source": _name(field, transition.source), "target": _name(field, transition.target)},
                )
                item.refuse("guard_refused", message, field)

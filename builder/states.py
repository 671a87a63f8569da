"""State machines: whether one is sound, and what it would mean for the records there are.

Problems stop it from being stored (an unknown choice, the same transition twice, nowhere to start, an effect on a
field that is gone); warnings do not (a state that nobody can reach, one that nobody can leave).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import msgspec
from piccolo.querystring import QueryString

from builder.state_trial import Trial, try_out
from builder.transitions import Place, check_transition, check_value
from builder.validation import Problems
from builder.wire import decode
from runtime import access
from runtime.access import Actor, Operation
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.fields import Choice, SingleSelect
from runtime.definitions.states import StateKind, StateMachine, Transition
from runtime.errors import InvalidInput, Problem
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.records.moves import guard_sql
from runtime.storage.database import Tx
from runtime.storage.query import Compiler
from runtime.system import System

__all__ = ["Examined", "check_machine", "check_value", "examine", "measure", "number_choices"]

MAX_TRANSITIONS = 400
MIN_LIMIT = 60
MAX_LIMIT = 10 * 366 * 24 * 3600


def number_choices(given: Any, choices: tuple[Choice, ...]) -> Any:
    """A machine in JSON with choices that are named by text replaced by their numbers; unknown names stay as they are."""
    if not isinstance(given, dict):
        return given
    names = {choice.name: choice.id for choice in choices if not choice.archived}

    def number(value: Any) -> Any:
        return names.get(value, value) if isinstance(value, str) else value

    answer = dict(given)
    if isinstance(given.get("initial"), list):
        answer["initial"] = [number(item) for item in given["initial"]]
    for key, ends in (("transitions", ("source", "target")), ("states", ("choice",))):
        if isinstance(given.get(key), list):
            answer[key] = [
                {k: number(v) if k in ends else v for k, v in item.items()}
                if isinstance(item, dict)
                else item
                for item in given[key]
            ]
    return answer


def check_machine(
    problems: Problems,
    app: App,
    table: Table,
    choices: tuple[Choice, ...],
    machine: StateMachine,
    own: str | None,
    catalog: Catalog,
) -> StateMachine:
    """The machine as it will be stored. ``own``: id of the select itself, if it exists already."""
    place = Place(catalog, app, table, own)
    known = {choice.id: choice for choice in choices if not choice.archived}
    _check_initial(problems.at("initial"), machine, known)
    _check_states(problems.at("states"), machine, known)
    if len(machine.transitions) > MAX_TRANSITIONS:
        problems.at("transitions").add(
            "too_many_transitions", N_("流转最多 {limit} 条"), limit=MAX_TRANSITIONS
        )
        return machine
    seen: set[tuple[int, int]] = set()
    transitions = []
    for index, transition in enumerate(machine.transitions):
        here = problems.at("transitions").at(index)
        _check_ends(here, transition, known, seen)
        seen.add((transition.source, transition.target))
        transitions.append(check_transition(here, place, transition))
    checked = msgspec.structs.replace(machine, transitions=tuple(transitions))
    _warn_of_paths(problems, checked, known)
    return checked


def _check_initial(problems: Problems, machine: StateMachine, known: dict[int, Choice]) -> None:
    if not machine.initial:
        problems.add("no_initial_state", N_("还没有选新记录从哪个状态开始"))
    for index, number in enumerate(machine.initial):
        if number not in known:
            problems.at(index).add("unknown_choice", N_("起始状态里有已经不在的选项"))
    if len(set(machine.initial)) < len(machine.initial):
        problems.add("initial_twice", N_("起始状态重复了"))


def _check_states(problems: Problems, machine: StateMachine, known: dict[int, Choice]) -> None:
    seen: set[int] = set()
    for index, state in enumerate(machine.states):
        here = problems.at(index)
        if state.choice not in known:
            here.at("choice").add("unknown_choice", N_("这个状态对应的选项已经不在"))
        if state.choice in seen:
            here.at("choice").add("state_twice", N_("同一个选项写了两次"))
        if state.kind not in get_args(StateKind):
            here.at("kind").add("bad_state_kind", N_("不认识的状态类别「{kind}」"), kind=str(state.kind)[:20])
        if state.limit is not None and not MIN_LIMIT <= state.limit <= MAX_LIMIT:
            here.at("limit").add("bad_limit", N_("时限要在 1 分钟到 10 年之间"))
        seen.add(state.choice)


def _check_ends(
    problems: Problems, transition: Transition, known: dict[int, Choice], seen: set[tuple[int, int]]
) -> None:
    for end in ("source", "target"):
        if getattr(transition, end) not in known:
            problems.at(end).add("unknown_choice", N_("流转的一端是已经不在的选项"))
    if transition.source == transition.target:
        problems.at("target").add("same_state", N_("流转的两端不能是同一个状态"))
    if (transition.source, transition.target) in seen:
        source, target = known.get(transition.source), known.get(transition.target)
        problems.add(
            "transition_twice",
            N_("「{source} → {target}」已经有一条流转了"),
            source=source.name if source else transition.source,
            target=target.name if target else transition.target,
        )


def _warn_of_paths(problems: Problems, machine: StateMachine, known: dict[int, Choice]) -> None:
    reached = set(machine.initial) & set(known)
    frontier = list(reached)
    while frontier:
        for transition in machine.allowed(frontier.pop()):
            if transition.target in known and transition.target not in reached:
                reached.add(transition.target)
                frontier.append(transition.target)
    ends = {state.choice for state in machine.states if state.kind in ("done", "cancelled")}
    for number, choice in known.items():
        if number not in reached:
            problems.at("states").warn(
                "unreachable_state", N_("没有流转能到「{state}」,只有导入时才会出现"), state=choice.name
            )
        elif number not in ends and not machine.allowed(number):
            problems.at("states").warn(
                "no_way_out", N_("「{state}」没有出路,进去的记录就停在那里"), state=choice.name
            )


class StateCount(msgspec.Struct, frozen=True):
    """Records now in one state (``choice`` None: empty) and whether any transition leaves it."""

    choice: int | None
    records: int
    stuck: bool


class TransitionCount(msgspec.Struct, frozen=True):
    """Records in the transition's source, how many of them its conditions hold back, and moves of the last 30 days."""

    source: int
    target: int
    records: int
    held_back: int
    moves: int = 0


class MachineImpact(msgspec.Struct, frozen=True):
    """What a machine would mean for the records there are."""

    states: tuple[StateCount, ...]
    transitions: tuple[TransitionCount, ...]


async def measure(
    tx: Tx, catalog: Catalog, table: Table, field: Field, machine: StateMachine
) -> MachineImpact:
    """Count records per state and, for transitions with conditions, those that the conditions hold back."""
    rows = await tx.fetch(
        f"SELECT {field.column} AS choice, count(*) AS n FROM {table.sql} WHERE deleted_at IS NULL GROUP BY 1"
    )
    counts = {row["choice"]: row["n"] for row in rows}
    ends = {state.choice for state in machine.states if state.kind in ("done", "cancelled")}
    states = tuple(
        StateCount(number, records, number not in ends and not machine.allowed(number))
        for number, records in sorted(counts.items(), key=lambda item: (item[0] is None, item[0] or 0))
    )
    compiler = Compiler(catalog, table, Context(zone=catalog.app_of(table).zone))
    moves = await _moves(tx, table, field)
    transitions = []
    for transition in machine.transitions:
        records = counts.get(transition.source, 0)
        held = 0
        if (transition.guard is not None or transition.formula) and records:
            context = compiler.context
            where, _ = guard_sql(catalog, table, context, compiler, transition)
            query = _held_back(compiler, field, transition.source, where)
            held = int(await tx.value(query))
        done = moves.get((transition.source, transition.target), 0)
        transitions.append(TransitionCount(transition.source, transition.target, records, held, done))
    return MachineImpact(states, tuple(transitions))


async def _moves(tx: Tx, table: Table, field: Field) -> dict[tuple[int, int], int]:
    """How often each move was made in the last 30 days."""
    rows = await tx.fetch(
        "SELECT (before->>$2)::integer AS source, (after->>$2)::integer AS target, count(*) AS n FROM meta.history"
        " WHERE table_id = $1 AND at > now() - interval '30 days' AND action = 'update' AND after ? $2 AND before ? $2"
        " AND jsonb_typeof(before->$2) = 'number' AND jsonb_typeof(after->$2) = 'number' GROUP BY 1, 2",
        table.number,
        field.id,
    )
    return {(row["source"], row["target"]): row["n"] for row in rows}


def _held_back(compiler: Compiler, field: Field, source: int, where: Any) -> Any:
    return QueryString(
        f"SELECT count(*) FROM {{}} t WHERE t.deleted_at IS NULL AND t.{field.column} = {{}} AND ({{}}) IS NOT TRUE",
        compiler.source,
        source,
        where,
    )


class Examined(msgspec.Struct, frozen=True):
    """A machine that was looked at: as it would be stored (None when its shape is wrong), what is wrong, what it means."""

    machine: StateMachine | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    impact: MachineImpact | None
    trial: Trial | None = None


async def examine(
    system: System, actor: Actor, field_id: str, given: Mapping[str, Any], *, record: str | None = None
) -> Examined:
    """Check the machine that JSON spells for a single select and, when it is sound, count what it would mean.

    ``record``: also try it out on this one.

    Raises:
        InvalidInput: the field is no single select.
        NotFound: the table has no such record.
    """
    catalog = await system.catalogs.current()
    field = catalog.field(field_id)
    table = catalog.table(field.table_id)
    access.require(actor, Operation.BUILD, table.app_id)
    if not isinstance(field.config, SingleSelect):
        raise InvalidInput(N_("「{name}」应是单选字段"), code="wrong_type", name=field.name)
    problems = Problems()
    machine = decode(problems, number_choices(dict(given), field.config.choices), StateMachine)
    if machine is None:
        return Examined(None, tuple(problems.found), (), None)
    app = catalog.app_of(table)
    machine = check_machine(problems, app, table, field.config.choices, machine, field.id, catalog)
    impact = trial = None
    if not problems.found:
        async with system.db.transaction() as tx:
            impact = await measure(tx, catalog, table, field, machine)
            if record is not None:
                trial = await try_out(tx, catalog, table, field, machine, record)
    return Examined(machine, tuple(problems.found), tuple(problems.warned), impact, trial)

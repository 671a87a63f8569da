"""Where is it used: tables, fields, choices, connectors and stock definitions, told before they are deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from builder import columns
from builder.draft_uses import uses_in_drafts
from builder.references import Use, entries, formula_values, map_structs, uses_of
from runtime import access
from runtime.access import Actor, Operation
from runtime.catalog import App, Catalog, Field
from runtime.definitions.fields import SingleSelect, StateTime
from runtime.definitions.forms import Question
from runtime.definitions.queries import Condition
from runtime.definitions.record_steps import MoveState
from runtime.definitions.states import SetField
from runtime.definitions.step_tests import Compare
from runtime.definitions.values import Assignment, Literal_
from runtime.errors import NotFound, Problem, RuleBroken
from runtime.i18n import N_, Message
from runtime.system import System

# the empty place keeps the word for one apart from the heading over many, which is the same in Chinese
_KINDS = {
    "app": N_("应用{one}"),
    "table": N_("数据表{one}"),
    "field": N_("字段{one}"),
    "view": N_("视图{one}"),
    "automation": N_("自动化{one}"),
    "dashboard": N_("仪表盘{one}"),
    "workbench": N_("工作台{one}"),
    "form": N_("表单{one}"),
    "stock": N_("库存设置{one}"),
}


def kind_name(kind: str) -> Message:
    """What a kind of definition is called."""
    return Message(_KINDS[kind], {"one": ""})


def describe(use: Use) -> Message:
    """One use in words: 字段「小计」(订单明细)."""
    if use.draft:
        return Message(N_("自动化「{name}」没发布的草稿"), {"name": use.name})
    if use.machine:
        return Message(N_("「{name}」的状态流转({table})"), {"name": use.name, "table": use.table or ""})
    if use.path == "validation.formula":
        return Message(N_("「{name}」的校验规则({table})"), {"name": use.name, "table": use.table or ""})
    if use.kind == "table" and use.path.startswith("unique."):
        return Message(N_("「{name}」的不重复规则"), {"name": use.name})
    if use.path == "default_formula":
        return Message(N_("「{name}」的默认值公式({table})"), {"name": use.name, "table": use.table or ""})
    if use.kind == "field" and use.path.startswith("config.pairs."):
        return Message(N_("「{name}」能选哪些记录({table})"), {"name": use.name, "table": use.table or ""})
    if use.path.startswith("config.segments."):
        return Message(N_("「{name}」的编号规则({table})"), {"name": use.name, "table": use.table or ""})
    if use.table is not None:
        return Message(
            N_("{kind}「{name}」({table})"),
            {"kind": kind_name(use.kind), "name": use.name, "table": use.table},
        )
    return Message(N_("{kind}「{name}」"), {"kind": kind_name(use.kind), "name": use.name})


def as_problems(uses: list[Use], code: str = "in_use") -> list[Problem]:
    """Uses as entries of an error, one per definition; ``path`` is where in it."""
    seen: dict[tuple[str, bool, bool], Problem] = {}
    for use in uses:
        seen.setdefault(
            (use.id, use.machine, use.draft),
            Problem(
                code, describe(use), use.id if use.kind == "field" else None, None, f"{use.id}.{use.path}"
            ),
        )
    return list(seen.values())


def refuse_used(name: str, uses: list[Use]) -> None:
    """Refuse while anything uses it.

    Raises:
        RuleBroken: code ``in_use``; each use is one of ``problems``.
    """
    if uses:
        raise RuleBroken(
            N_("「{name}」正被用着,先在这些地方换掉它"), code="in_use", problems=as_problems(uses), name=name
        )


class ChoiceUse(msgspec.Struct, frozen=True):
    """Where a choice is used: how many records hold it, what names it, and formulas in which its text occurs."""

    records: int
    uses: tuple[Use, ...]
    formulas: tuple[Use, ...]


async def where_used(system: System, actor: Actor, target: str) -> list[Use]:
    """Every place that uses a table, field, stock definition or connector; for who may build, in drafts of automations too.

    A table is used where its fields are, too. Raises NotFound for what the actor may not know of.
    """
    catalog = await system.catalogs.current()
    app, ids = await _find(system, catalog, target)
    access.require(actor, Operation.LOOK, app.id)
    inside = ids - {target}
    uses = uses_of(app, ids)
    if access.allowed(actor, Operation.BUILD, app.id):
        uses += await uses_in_drafts(system.db, app, ids)
    return [use for use in uses if use.id not in inside and use.id not in ids]


async def _find(system: System, catalog: Catalog, target: str) -> tuple[App, set[str]]:
    for app in catalog.apps:
        for kind, entry, _ in entries(app):
            if entry.id == target:
                if kind == "table":
                    inner = {f.id for t in app.tables if t.id == target for f in t.fields}
                    views = {v.id for t in app.tables if t.id == target for v in t.views}
                    return app, {target} | inner | views
                return app, {target}
    app_id = await system.db.value(
        "SELECT d.public_id FROM meta.connector c JOIN meta.definition d ON d.id = c.app_id"
        " WHERE c.public_id = $1 AND c.deleted_at IS NULL",
        target,
    )
    if app_id is None:
        raise NotFound()
    return catalog.app(app_id), {target}


async def where_choice_used(system: System, actor: Actor, field_id: str, choice: int) -> ChoiceUse:
    """Where one choice of a select is used."""
    catalog = await system.catalogs.current()
    field = catalog.field(field_id)
    app = catalog.app_of(catalog.table(field.table_id))
    access.require(actor, Operation.LOOK, app.id)
    table = catalog.table(field.table_id)
    async with system.db.transaction() as tx:
        records = await columns.count_choice(tx, table, field, choice) if field.choices_by_id else 0
    uses, formulas = choice_uses(app, field, choice)
    return ChoiceUse(records, tuple(uses), tuple(formulas))


def choice_uses(app: App, field: Field, choice: int) -> tuple[list[Use], list[Use]]:
    """Definitions that name a choice, and formulas in which its text occurs."""
    name = field.choices_by_id[choice].name if choice in field.choices_by_id else ""
    uses: list[Use] = []
    formulas: list[Use] = []
    for kind, entry, table in entries(app):
        definition: Any = entry.definition  # type: ignore[attr-defined]
        shown = table.name if table else None
        if names_choice(definition, field.id, choice, name) or (
            entry.id == field.id and _in_machine(field, choice)
        ):
            uses.append(
                Use(kind, entry.id, definition.name, "", field.id, shown, machine=entry.id == field.id)
            )
        elif kind == "automation" and name and _in_formula(formula_values(definition), field.id, name):
            formulas.append(Use(kind, entry.id, definition.name, "steps", field.id, shown))
        elif kind == "field" and getattr(definition.config, "source", None) and name:
            source = definition.config.source
            if field.id in source and f'"{name}"' in source:
                formulas.append(Use(kind, entry.id, definition.name, "config.source", field.id, shown))
    return uses, formulas


def _in_formula(sources: Iterable[str], field_id: str, name: str) -> bool:
    return any(field_id in source and f'"{name}"' in source for source in sources)


def _in_machine(field: Field, choice: int) -> bool:
    machine = field.config.machine if isinstance(field.config, SingleSelect) else None
    if machine is None:
        return False
    ends = {end for t in machine.transitions for end in (t.source, t.target)}
    return choice in ends | set(machine.initial)


def names_choice(definition: Any, field_id: str, choice: int, name: str) -> bool:
    """Whether a condition, a fixed value, a default, a trigger or a stock definition names the choice."""
    found = False

    def look(value: Any) -> Any:
        nonlocal found
        found = found or choice_named_by(value, field_id, choice, name)
        return value

    map_structs(definition, look)
    return found


def choice_named_by(value: Any, field_id: str, choice: int, name: object) -> bool:
    """Whether one Struct itself, not what is inside it, names the choice by its number or its name."""
    if isinstance(value, Condition | SetField) and value.field == field_id:
        return _holds(value.value, choice, name)
    if isinstance(value, Question) and value.field == field_id:
        return _holds(value.default, choice, name)
    if isinstance(value, Assignment) and value.field == field_id and isinstance(value.value, Literal_):
        return _holds(value.value.value, choice, name)
    if isinstance(value, Compare) and getattr(value.left, "field", None) == field_id:
        return isinstance(value.right, Literal_) and _holds(value.right.value, choice, name)
    if isinstance(value, MoveState) and value.field == field_id:
        return value.to == choice
    if getattr(value, "field", None) == field_id and hasattr(value, "sources"):
        return choice in (*value.sources, *value.targets)
    if getattr(value, "field", None) == field_id and hasattr(value, "states"):
        return choice in value.states
    if isinstance(value, StateTime) and value.field == field_id:
        return value.state == choice
    return getattr(value, "line_status", None) == field_id and choice in value.choices


def _holds(value: Any, choice: int, name: object) -> bool:
    items = value if isinstance(value, list | tuple) else [value]
    return any(item in (name, choice) and item is not True for item in items)

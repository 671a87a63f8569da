"""Formulas while they are being written: checked, calculated on real records, and the functions there are."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from builder import drafts, formula_draft
from builder.api.shapes import Json
from builder.drafts import Result
from builder.formula_draft import NamedValue, Pretended
from runtime import formulas
from runtime.api.common import ProblemBody, TheActor, TheSystem, TheTranslator, problem_body


class FormulaIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A formula to look at. ``field``: the one being edited; ``record``: calculate it for this record; ``pretend``: a field
    that is still being made and may be named already; ``names``: other values it may use (with either there are no examples)."""

    source: str
    decimals: int = 2
    percent: bool = False
    field: str | None = None
    record: str | None = None
    pretend: Pretended | None = None
    names: tuple[NamedValue, ...] = ()


class DraftBody(msgspec.Struct, frozen=True, kw_only=True):
    """``problem`` with the characters from ``start`` to ``end`` it concerns, or ``result``: text, number, boolean, date or
    datetime. ``examples``: what it gives on records. ``uses_clock``: its value changes with time."""

    problem: ProblemBody | None
    start: int
    end: int
    result: str | None
    uses_clock: bool
    examples: tuple[Result, ...]


class ComputedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A look-up or roll-up to look at. ``field``: the one being edited; ``record``: compute it for this record."""

    type: Literal["lookup", "rollup"]
    options: Json
    field: str | None = None
    record: str | None = None


class ComputedDraftBody(msgspec.Struct, frozen=True, kw_only=True):
    """``problems`` by path, or ``result``: text, number, boolean, date or datetime. ``examples``: what it gives on records.
    ``uses_clock``: its value changes with time."""

    problems: tuple[ProblemBody, ...]
    result: str | None
    uses_clock: bool
    examples: tuple[Result, ...]


class ExampleBody(msgspec.Struct, frozen=True):
    """An expression and what it gives."""

    expression: str
    result: Any


class FunctionBody(msgspec.Struct, frozen=True, kw_only=True):
    """A function: names it answers to, its family, how it is written, what it does, where it differs from Excel."""

    name: str
    aliases: tuple[str, ...]
    family: str
    signature: str
    help: str
    differs: str | None
    examples: tuple[ExampleBody, ...]


class FunctionsAnswer(msgspec.Struct, frozen=True):
    """All functions, family by family."""

    functions: tuple[FunctionBody, ...]


@post("/tables/{table:str}/formula", status_code=HTTP_200_OK)
async def look_at_formula(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    table: FromPath[str],
    data: JSONBody[FormulaIn],
) -> DraftBody:
    """Check a formula over a table and calculate it on records. Changes nothing."""
    draft = await formula_draft.look_at(
        system,
        actor,
        table,
        data.source,
        decimals=data.decimals,
        percent=data.percent,
        own=data.field,
        record=data.record,
        pretend=data.pretend,
        names=data.names,
    )
    return DraftBody(
        problem=None if draft.problem is None else problem_body(draft.problem, translator),
        start=draft.start,
        end=draft.end,
        result=draft.result,
        uses_clock=draft.uses_clock,
        examples=draft.examples,
    )


@post("/tables/{table:str}/computed", status_code=HTTP_200_OK)
async def look_at_computed(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    table: FromPath[str],
    data: JSONBody[ComputedIn],
) -> ComputedDraftBody:
    """Check a look-up or roll-up over a table and compute it on records. Changes nothing."""
    draft = await drafts.look_at(
        system, actor, table, data.type, data.options, own=data.field, record=data.record
    )
    return ComputedDraftBody(
        problems=tuple(problem_body(problem, translator) for problem in draft.problems),
        result=draft.result,
        uses_clock=draft.uses_clock,
        examples=draft.examples,
    )


@get("/formula-functions", sync_to_thread=False)
def formula_functions(translator: TheTranslator) -> FunctionsAnswer:
    """The functions formulas know."""
    return FunctionsAnswer(
        tuple(
            FunctionBody(
                name=info.name,
                aliases=info.aliases,
                family=info.family_title.text(translator),
                signature=info.signature.text(translator),
                help=info.help.text(translator),
                differs=None if info.differs is None else info.differs.text(translator),
                examples=tuple(
                    ExampleBody(expression, _plain(result)) for expression, result in info.examples
                ),
            )
            for info in formulas.functions()
        )
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("error")
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


ROUTES = (look_at_formula, look_at_computed, formula_functions)

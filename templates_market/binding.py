"""Guessing which field of a table plays which part of a workbench template."""

from __future__ import annotations

import re
import unicodedata

import msgspec

from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.fields import Link
from runtime.errors import InvalidDefinition, Problem
from runtime.i18n import N_, Message
from templates_market.package import Binding, Template


class Guess(msgspec.Struct, frozen=True):
    """The field (or stock definition) proposed for a part, None where nothing fits; ``candidates`` are all that could."""

    part: str
    chosen: str | None
    candidates: tuple[str, ...]


def plain(text: str) -> str:
    """A name for comparing: half-width, lower case, without blanks and marks."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def guess(app: App, catalog: Catalog, table: Table, template: Template) -> tuple[Guess, ...]:
    """A proposal for every part; no field plays two required parts."""
    taken: set[str] = set()
    guesses = []
    for part, binding in template.bindings.items():
        if "stock" in binding.types:
            stocks = tuple(
                s.id for s in app.stocks if _order_table(catalog, s.definition.line_order) == table.id
            )
            guesses.append(Guess(part, stocks[0] if stocks else None, stocks))
            continue
        scored = sorted(((score(f, binding), f) for f in table.fields), key=lambda pair: -pair[0])
        fitting = [(points, f) for points, f in scored if points > 0]
        best = next((f.id for points, f in fitting if points >= 10 and f.id not in taken), None)
        if best is not None:
            taken.add(best)
        guesses.append(Guess(part, best, tuple(f.id for _, f in fitting)))
    return tuple(guesses)


def score(field: Field, binding: Binding) -> float:
    """How well a field fits a part: 0 not at all (a link must lead to one record); 10 and more by its name too."""
    if field.type not in binding.types or (isinstance(field.config, Link) and field.config.many):
        return 0
    points = 1 + (len(binding.types) - binding.types.index(field.type)) / 10
    name = plain(field.name)
    for rank, word in enumerate(binding.words):
        if name == plain(word):
            return points + 100 - rank
        if plain(word) in name:
            points = max(points, 30 - rank)
    if field.machine is not None and "single_select" in binding.types:
        points += 20
    return points


def _order_table(catalog: Catalog, line_order: str) -> str | None:
    config = catalog.field(line_order).config
    return config.table if isinstance(config, Link) else None


def check(
    app: App, catalog: Catalog, table: Table, template: Template, given: dict[str, str | None]
) -> dict[str, str]:
    """The bindings to use: what was given, else what is guessed.

    Raises:
        InvalidDefinition: a required part is missing or a field cannot play its part; ``problems`` has each, by part.
    """
    guesses = {g.part: g for g in guess(app, catalog, table, template)}
    chosen: dict[str, str] = {}
    problems = []
    for part, binding in template.bindings.items():
        value = given.get(part, guesses[part].chosen) if part in given else guesses[part].chosen
        if value is None or value == "":
            if binding.required:
                message = Message(N_("「{part}」还没有选字段"), {"part": binding.name.zh})
                problems.append(Problem("binding_missing", message, path=part))
            continue
        if value not in guesses[part].candidates:
            message = Message(N_("选的字段不能用作「{part}」"), {"part": binding.name.zh})
            problems.append(Problem("binding_unfit", message, path=part))
            continue
        chosen[part] = value
    if problems:
        raise InvalidDefinition(
            N_("绑定还差 {count} 项"), code="bindings", count=len(problems), problems=problems
        )
    return chosen

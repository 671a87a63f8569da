"""The template market over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.errors import InvalidInput
from runtime.i18n import N_
from templates_market import binding, installer, reader
from templates_market.package import Template


class BindingBody(msgspec.Struct, frozen=True):
    """A part of a workbench template in the caller's language."""

    part: str
    name: str
    required: bool
    types: tuple[str, ...]


class TemplateBody(msgspec.Struct, frozen=True):
    """A template in the caller's language. ``contents``: how many tables, automations … it brings."""

    slug: str
    version: str
    kind: str
    category: str
    category_name: str
    icon: str
    color: str
    name: str
    summary: str
    description: str
    contents: dict[str, int]
    bindings: tuple[BindingBody, ...]


class TemplateList(msgspec.Struct, frozen=True):
    """Templates in the market's order."""

    templates: tuple[TemplateBody, ...]


class GuessBody(msgspec.Struct, frozen=True):
    """The proposal for a part: ``chosen`` (null where nothing fits) out of ``candidates``."""

    part: str
    chosen: str | None
    candidates: tuple[str, ...]


class Guesses(msgspec.Struct, frozen=True):
    """Proposals for binding a template to a table."""

    table: str
    guesses: tuple[GuessBody, ...]


class InstallBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to install. An app: ``app_name``, ``with_records``. A workbench: ``table``, ``bindings`` (part → field id,
    null leaves an optional part out, parts not named are guessed), ``name``, ``roles``, ``scan``.
    """

    app_name: str = ""
    with_records: bool = True
    table: str | None = None
    bindings: dict[str, str | None] = {}
    name: str = ""
    roles: tuple[str, ...] | None = None
    scan: bool = True


def template_body(template: Template, language: str, category_name: str) -> TemplateBody:
    """A template as an answer."""
    return TemplateBody(
        slug=template.slug,
        version=template.version,
        kind=template.kind,
        category=template.category,
        category_name=category_name,
        icon=template.icon,
        color=template.color,
        name=template.name.of(language),
        summary=template.summary.of(language),
        description=template.description.of(language),
        contents=template.contents(),
        bindings=tuple(
            BindingBody(part, b.name.of(language), b.required, b.types)
            for part, b in template.bindings.items()
        ),
    )


@get("/templates")
async def list_templates(
    translator: TheTranslator, q: FromQuery[str] = "", category: FromQuery[str] = ""
) -> TemplateList:
    """Templates of the market, found by words in either language."""
    return TemplateList(
        tuple(
            template_body(
                t, translator.language, translator.gettext(reader.CATEGORIES.get(t.category, t.category))
            )
            for t in reader.search(q, category)
        )
    )


@get("/templates/{slug:str}")
async def read_template(translator: TheTranslator, slug: FromPath[str]) -> TemplateBody:
    """One template."""
    template = reader.find(slug)
    category = translator.gettext(reader.CATEGORIES.get(template.category, template.category))
    return template_body(template, translator.language, category)


@get("/templates/{slug:str}/guess")
async def guess_bindings(
    system: TheSystem, actor: TheActor, slug: FromPath[str], table: FromQuery[str]
) -> Guesses:
    """Which fields of a table would play which parts."""
    template = reader.find(slug)
    catalog = await system.catalogs.current()
    found = catalog.table(table)
    require(actor, Operation.LOOK, found.app_id)
    guesses = binding.guess(catalog.app_of(found), catalog, found, template)
    return Guesses(found.id, tuple(GuessBody(g.part, g.chosen, g.candidates) for g in guesses))


@post("/templates/{slug:str}/install")
async def install_template(
    system: TheSystem, actor: TheActor, slug: FromPath[str], data: JSONBody[InstallBody]
) -> installer.Installed:
    """Install a template: everything or nothing."""
    template = reader.find(slug)
    if template.kind == "app":
        return await installer.install_app(
            system, actor, template, name=data.app_name, with_records=data.with_records
        )
    if data.table is None:
        raise InvalidInput(N_("选一张要绑定的数据表"), code="needs_table")
    options: dict[str, Any] = {
        "bindings": data.bindings,
        "name": data.name,
        "roles": data.roles,
        "scan": data.scan,
    }
    return await installer.install_workbench(system, actor, template, data.table, **options)


ROUTES = (list_templates, read_template, guess_bindings, install_template)

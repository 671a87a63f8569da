"""``/apps/{app}/automations`` and ``/automations/{automation}``: definitions."""

from __future__ import annotations

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from builder import automation_versions, automations, usage
from builder.api.automation_versions import draft_seen
from builder.api.shapes import (
    DefinitionBody,
    Json,
    Order,
    Uses,
    problem_bodies,
    taken,
    use_bodies,
)
from builder.validation import Problems
from builder.wire import definition_json
from runtime.access import Operation, require
from runtime.api.common import ProblemBody, TheActor, TheSystem, TheTranslator


class AutomationsAnswer(msgspec.Struct, frozen=True):
    """The automations of an app, in their order."""

    automations: tuple[Json, ...]


class ProblemsAnswer(msgspec.Struct, frozen=True):
    """Problems by path."""

    problems: tuple[ProblemBody, ...]


@get("/apps/{app:str}/automations")
async def list_automations(system: TheSystem, actor: TheActor, app: FromPath[str]) -> AutomationsAnswer:
    """The automations of an app."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, app)
    return AutomationsAnswer(tuple(definition_json(entry) for entry in found.automations))


@post("/apps/{app:str}/automations")
async def create_automation(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: DefinitionBody
) -> Json:
    """Add an automation; tables and fields by id or name."""
    definition = automations.read_definition(Problems(), data)
    return definition_json(await automations.create(system, actor, app, definition))


@get("/automations/{automation:str}")
async def read_automation(system: TheSystem, actor: TheActor, automation: FromPath[str]) -> Json:
    """One automation."""
    found = (await system.catalogs.current()).automation(automation)
    require(actor, Operation.LOOK, found.app_id)
    return definition_json(found)


@patch("/automations/{automation:str}")
async def update_automation(
    system: TheSystem, actor: TheActor, automation: FromPath[str], data: DefinitionBody
) -> Json:
    """Change an automation: the keys given, each as a whole. With ``version``, refused when it has moved on since."""
    changes, version = taken(data)
    return definition_json(await automations.update(system, actor, automation, changes, version=version))


@delete("/automations/{automation:str}")
async def delete_automation(system: TheSystem, actor: TheActor, automation: FromPath[str]) -> None:
    """Put an automation into the trash."""
    await automations.delete(system, actor, automation)


@get("/automations/{automation:str}/uses")
async def automation_uses(
    system: TheSystem, actor: TheActor, translator: TheTranslator, automation: FromPath[str]
) -> Uses:
    """The buttons that run the automation."""
    return Uses(use_bodies(await usage.where_used(system, actor, automation), translator))


@post("/apps/{app:str}/automations/order", status_code=HTTP_204_NO_CONTENT)
async def order_automations(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[Order]
) -> None:
    """Put the automations of an app into this order."""
    await automations.reorder(system, actor, app, data.ids)


@get("/automations/{automation:str}/problems")
async def automation_problems(
    system: TheSystem, actor: TheActor, translator: TheTranslator, automation: FromPath[str]
) -> ProblemsAnswer:
    """What stands against publishing the draft, or, without one, against switching the automation on."""
    catalog = await system.catalogs.current()
    found = catalog.automation(automation)
    require(actor, Operation.LOOK, found.app_id)
    draft = await draft_seen(system, actor, found)
    problems = await automation_versions.draft_problems(system, catalog, found, draft)
    return ProblemsAnswer(problem_bodies(problems.found, translator))


ROUTES = (
    automation_problems,
    automation_uses,
    list_automations,
    create_automation,
    read_automation,
    update_automation,
    delete_automation,
    order_automations,
)

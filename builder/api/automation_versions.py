"""``/automations/{automation}/draft``, ``…/versions``, ``…/publish``, ``…/duplicate``: editing without touching what runs."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from builder import automation_versions as versions
from builder.api.shapes import Json, problem_bodies
from builder.wire import definition_json
from runtime.access import Actor, Operation, allowed, require
from runtime.api.common import ProblemBody, TheActor, TheSystem, TheTranslator, moment, plain
from runtime.catalog import Automation
from runtime.i18n import Translator
from runtime.system import System


class DraftBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is being edited. ``revision`` goes into the next change; ``base``: the version it began from, 0 for none.

    ``problems``: what stands against publishing it.
    """

    trigger: Any
    steps: Any
    revision: int
    base: int
    at: str
    by: str
    problems: tuple[ProblemBody, ...]


class DraftAnswer(msgspec.Struct, frozen=True):
    """The draft; null when everything is published."""

    draft: DraftBody | None


class DraftOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Trigger and steps as they are now. With ``revision``, refused when the draft has moved on (0: there was none)."""

    trigger: dict[str, Any]
    steps: list[dict[str, Any]]
    revision: int | None = None


class VersionBody(msgspec.Struct, frozen=True, kw_only=True):
    """A published version; ``current``: it is the one that runs. ``by``: empty for a program or a template."""

    number: int
    at: str
    by: str
    note: str
    current: bool
    trigger: Any
    steps: Any


class VersionsAnswer(msgspec.Struct, frozen=True):
    """Published versions, newest first."""

    versions: tuple[VersionBody, ...]


class PublishOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``note``: what is different, for those who read the list. ``version``: the definition's, refused when it has moved on.
    ``revision``: of the draft that was looked at, likewise. ``enable``: switch the automation on (or off) with it."""

    note: str = ""
    version: int | None = None
    revision: int | None = None
    enable: bool | None = None


class RestoreOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``revision``: of the draft that is to be replaced (0: there is none), refused when it has moved on."""

    revision: int | None = None


class CopyOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The copy's name; the automation's own with a number when left out."""

    name: str = ""


async def draft_seen(system: System, actor: Actor, automation: Automation) -> versions.Draft | None:
    """The draft, for who may build in the app; what is not published concerns nobody else."""
    if not allowed(actor, Operation.BUILD, automation.app_id):
        return None
    return await versions.draft_of(system.db, automation)


async def draft_body(
    system: System, automation_id: str, draft: versions.Draft | None, translator: Translator
) -> DraftBody | None:
    """A draft in the caller's language."""
    if draft is None:
        return None
    catalog = await system.catalogs.current()
    problems = await versions.draft_problems(system, catalog, catalog.automation(automation_id), draft)
    body = plain(draft.definition)
    return DraftBody(
        trigger=body["trigger"],
        steps=body.get("steps", []),
        revision=draft.revision,
        base=draft.base,
        at=moment(draft.at),
        by=draft.by,
        problems=tuple(problem_bodies(problems.found, translator)),
    )


@get("/automations/{automation:str}/draft")
async def read_draft(
    system: TheSystem, actor: TheActor, translator: TheTranslator, automation: FromPath[str]
) -> DraftAnswer:
    """What is edited and not published yet; null for who only looks."""
    found = (await system.catalogs.current()).automation(automation)
    require(actor, Operation.LOOK, found.app_id)
    draft = await draft_seen(system, actor, found)
    return DraftAnswer(await draft_body(system, automation, draft, translator))


@put("/automations/{automation:str}/draft")
async def save_draft(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    automation: FromPath[str],
    data: JSONBody[DraftOrder],
) -> DraftAnswer:
    """Keep trigger and steps without touching what runs; they need not be complete."""
    changes = {"trigger": data.trigger, "steps": data.steps}
    draft = await versions.save_draft(system, actor, automation, changes, revision=data.revision)
    return DraftAnswer(await draft_body(system, automation, draft, translator))


@delete("/automations/{automation:str}/draft")
async def drop_draft(
    system: TheSystem, actor: TheActor, automation: FromPath[str], revision: FromQuery[int | None] = None
) -> None:
    """Forget what is not published. With ``revision``, refused when the draft has moved on."""
    await versions.drop_draft(system, actor, automation, revision=revision)


@post("/automations/{automation:str}/publish", status_code=HTTP_200_OK)
async def publish(
    system: TheSystem, actor: TheActor, automation: FromPath[str], data: JSONBody[PublishOrder | None] = None
) -> Json:
    """Make the draft what runs. Runs under way end by the version they began with."""
    order = data or PublishOrder()
    found = await versions.publish(
        system,
        actor,
        automation,
        note=order.note,
        version=order.version,
        revision=order.revision,
        enable=order.enable,
    )
    return definition_json(found)


@get("/automations/{automation:str}/versions")
async def list_versions(system: TheSystem, actor: TheActor, automation: FromPath[str]) -> VersionsAnswer:
    """What ran when, and who published it; the newest 200."""
    found = await versions.versions_of(system, actor, automation)
    return VersionsAnswer(tuple(version_body(one, index == 0) for index, one in enumerate(found)))


def version_body(found: versions.Version, current: bool) -> VersionBody:
    """A version on the wire."""
    body = plain(found.definition)
    return VersionBody(
        number=found.number,
        at=moment(found.at),
        by=found.by,
        note=found.note,
        current=current,
        trigger=body["trigger"],
        steps=body.get("steps", []),
    )


@post("/automations/{automation:str}/versions/{number:int}/restore", status_code=HTTP_200_OK)
async def restore_version(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    automation: FromPath[str],
    number: FromPath[int],
    data: JSONBody[RestoreOrder | None] = None,
) -> DraftAnswer:
    """Make an old version the draft; publishing it makes it run again."""
    order = data or RestoreOrder()
    draft = await versions.restore(system, actor, automation, number, revision=order.revision)
    return DraftAnswer(await draft_body(system, automation, draft, translator))


@post("/automations/{automation:str}/duplicate", status_code=HTTP_201_CREATED)
async def duplicate(
    system: TheSystem, actor: TheActor, automation: FromPath[str], data: JSONBody[CopyOrder | None] = None
) -> Json:
    """A copy, switched off."""
    return definition_json(await versions.duplicate(system, actor, automation, (data or CopyOrder()).name))


ROUTES = (
    read_draft,
    save_draft,
    drop_draft,
    publish,
    list_versions,
    restore_version,
    duplicate,
)
